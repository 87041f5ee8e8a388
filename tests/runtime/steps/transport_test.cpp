#include "rig.hpp"

#include "runtime/steps/local_transport.hpp"
#include "runtime/steps/upload.hpp"

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>

#include <sys/stat.h>
#include <unistd.h>

namespace baton::test {

using namespace std::chrono_literals;

/// A local session and what was heard of it.
class listener {
public:
  explicit listener(bool credits = true) : credits_{credits} {
    local_transport transport;
    session = transport.open(
        {}, [this](transport_event_t what) { hear(std::move(what)); }, 1s);
  }

  template <class Holds>
  bool until(Holds holds, std::chrono::milliseconds within = 20s) {
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, within, holds);
  }

  bool ended(channel_id id) {
    return until([&] { return ends.contains(id); });
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::map<channel_id, std::string> out;
  std::map<channel_id, std::string> err;
  std::map<channel_id, transport_event::ended> ends;
  std::function<void(std::string_view)> on_out;
  bool connected = false;
  std::unique_ptr<baton::session> session;

private:
  void hear(transport_event_t what) {
    std::unique_lock lock{mutex};
    if (auto* output = std::get_if<transport_event::output>(&what)) {
      EXPECT_FALSE(ends.contains(output->channel)) << "output after the end";
      EXPECT_LE(output->bytes.size(), 32u * 1024);
      (output->is_stderr ? err : out)[output->channel] += output->bytes;
      if (credits_)
        session->credit(output->channel, output->bytes.size());
      if (on_out && !output->is_stderr)
        on_out(output->bytes);
    } else if (auto* end = std::get_if<transport_event::ended>(&what)) {
      EXPECT_FALSE(ends.contains(end->channel)) << "two ends";
      ends.emplace(end->channel, *end);
    } else if (std::holds_alternative<transport_event::connected>(what)) {
      connected = true;
    }
    changed.notify_all();
  }

  bool credits_;
};

TEST(local_transport, tells_output_and_status) {
  listener heard;
  ASSERT_TRUE(heard.until([&] { return heard.connected; }));
  const auto id = heard.session->run("cat; echo err >&2; exit 3", 0ms);
  heard.session->write(id, "some ");
  heard.session->write(id, "bytes");
  heard.session->write_end(id);
  ASSERT_TRUE(heard.ended(id));
  EXPECT_EQ(heard.out[id], "some bytes");
  EXPECT_EQ(heard.err[id], "err\n");
  EXPECT_EQ(heard.ends.at(id).status, 3);
  EXPECT_EQ(heard.ends.at(id).signal, "");
  EXPECT_EQ(heard.ends.at(id).why, nullptr);
}

TEST(local_transport, names_the_signal) {
  listener heard;
  const auto id = heard.session->run("kill -TERM $$", 0ms);
  ASSERT_TRUE(heard.ended(id));
  EXPECT_EQ(heard.ends.at(id).status, std::nullopt);
  EXPECT_EQ(heard.ends.at(id).signal, "TERM");
}

TEST(local_transport, gives_many_channels_their_own) {
  listener heard;
  std::vector<channel_id> ids;
  for (int i = 0; i < 20; ++i)
    ids.push_back(heard.session->run("echo " + std::to_string(i), 0ms));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ASSERT_TRUE(heard.ended(ids[i]));
    EXPECT_EQ(heard.out[ids[i]], std::to_string(i) + "\n");
  }
}

TEST(local_transport, keeps_its_deadline_and_cancels) {
  listener heard;
  const auto began = clock::now();
  const auto late = heard.session->run("trap '' TERM HUP; sleep 300 & sleep 301", 200ms);
  const auto unwanted = heard.session->run("sleep 302", 0ms);
  ASSERT_TRUE(heard.ended(late));
  ASSERT_TRUE(heard.ends.at(late).why);
  EXPECT_EQ(heard.ends.at(late).why->code, ec::timed_out);
  heard.session->cancel(unwanted);
  heard.session->cancel(unwanted);
  ASSERT_TRUE(heard.ended(unwanted));
  EXPECT_EQ(heard.ends.at(unwanted).why->code, ec::cancelled);
  EXPECT_LT(clock::now() - began, 5s);
}

TEST(local_transport, does_not_wait_for_a_grandchild_that_keeps_the_pipe) {
  listener heard;
  const auto began = clock::now();
  const auto id = heard.session->run(
      "setsid sh -c 'echo $$; exec sleep 5' & sleep 0.2; echo over; exit 4", 0ms);
  ASSERT_TRUE(heard.ended(id));
  EXPECT_EQ(heard.ends.at(id).status, 4);
  EXPECT_NE(heard.out[id].find("over\n"), std::string::npos);
  EXPECT_LT(clock::now() - began, 4s);
}

TEST(local_transport, makes_the_command_wait_when_nobody_reads) {
  listener heard{false};
  const auto id = heard.session->run("exec yes", 0ms);
  ASSERT_TRUE(heard.until([&] { return heard.out[id].size() >= 1024 * 1024; }));
  EXPECT_FALSE(heard.until([&] { return heard.out[id].size() > 1024 * 1024; }, 100ms));
  heard.session->credit(id, 100);
  ASSERT_TRUE(heard.until([&] { return heard.out[id].size() == 1024 * 1024 + 100; }));
  heard.session->cancel(id);
  ASSERT_TRUE(heard.ended(id));
}

TEST(local_transport, survives_a_command_that_does_not_read) {
  listener heard;
  const auto id = heard.session->run("exec <&-; sleep 0.1; exit 5", 0ms);
  for (int i = 0; i < 20; ++i)
    heard.session->write(id, std::string(100000, 'x'));
  heard.session->write_end(id);
  ASSERT_TRUE(heard.ended(id));
  EXPECT_EQ(heard.ends.at(id).status, 5);
}

TEST(local_transport, gives_its_children_no_other_descriptors) {
  const int leaky = ::dup(0); // without close-on-exec
  listener heard;
  const auto other = heard.session->run("sleep 300", 0ms);
  const auto id = heard.session->run("ls /proc/self/fd; pwd", 0ms);
  ASSERT_TRUE(heard.ended(id));
  EXPECT_EQ(heard.out[id], "0\n1\n2\n3\n/\n"); // 3 is the folder that ls reads
  heard.session->cancel(other);
  ::close(leaky);
}

TEST(local_transport, is_silent_once_it_is_destroyed) {
  for (int i = 0; i < 20; ++i) {
    local_transport transport;
    std::atomic<bool> here{true};
    auto session = transport.open(
        {}, [&](transport_event_t) { EXPECT_TRUE(here); }, 1s);
    session->run("yes", 0ms);
    session->run("echo x", 0ms);
    session.reset();
    here = false;
  }
  // From inside its own sink.
  std::mutex mutex;
  std::condition_variable changed;
  std::unique_ptr<session> self;
  bool gone = false;
  local_transport transport;
  std::unique_lock lock{mutex};
  self = transport.open(
      {},
      [&](transport_event_t) {
        const std::lock_guard inner{mutex};
        EXPECT_FALSE(gone);
        self.reset();
        gone = true;
        changed.notify_all();
      },
      1s);
  EXPECT_TRUE(changed.wait_for(lock, 10s, [&] { return gone; }));
}

TEST(local_transport, carries_the_control_shell) {
  host_rig host{"dash"};
  listener heard;
  control_shell shell{{host.state().string(), {}, "controller"}};
  const auto id = heard.session->run("exec /bin/sh", 0ms);
  std::optional<expected<shell_facts>> facts;
  std::optional<expected<step_report>> report;
  {
    const std::lock_guard lock{heard.mutex};
    heard.on_out = [&](std::string_view bytes) { shell.feed(bytes); };
    heard.session->write(
        id, shell.bootstrap([&](expected<shell_facts> got) { facts = std::move(got); }));
  }
  ASSERT_TRUE(heard.until([&] { return facts.has_value(); }));
  ASSERT_TRUE(*facts) << describe(facts->error());
  {
    const std::lock_guard lock{heard.mutex};
    auto what = look("r1/1", "echo here");
    what.wait = 10s;
    heard.session->write(
        id, shell.start(what, [&](expected<step_report> got) { report = std::move(got); }));
  }
  ASSERT_TRUE(heard.until([&] { return report.has_value(); }));
  EXPECT_EQ((*report)->log, "here\n");
  heard.session.reset();
}

/// Runs an upload to its end, with `content` cut after `sent` bytes.
expected<void> put(const upload::options& what, std::string_view content) {
  listener heard;
  const auto id = heard.session->run("exec /bin/sh", 30s);
  std::optional<expected<void>> done;
  bool ready = false;
  upload file{what, [&] { ready = true; }, [&](expected<void> how) { done = std::move(how); }};
  {
    const std::lock_guard lock{heard.mutex};
    heard.on_out = [&](std::string_view bytes) { file.feed(bytes); };
    heard.session->write(id, file.bootstrap());
  }
  EXPECT_TRUE(heard.until([&] { return ready || done; }));
  for (std::size_t at = 0; ready && at < content.size(); at += 100000)
    heard.session->write(id, std::string{content.substr(at, 100000)});
  heard.session->write_end(id);
  EXPECT_TRUE(heard.until([&] { return done.has_value(); }));
  heard.session.reset();
  return *done;
}

TEST(upload, brings_any_bytes_whole) {
  host_rig host{"dash"};
  std::string content;
  for (int i = 0; i < 3'000'000; ++i)
    content += static_cast<char>(i * 7 + i / 256);
  for (const auto& bytes : {content, std::string{}, std::string(1, '\0')}) {
    const auto folder = host.folder() / "a folder's $(name)" / "deep";
    const auto done = put({folder.string(), "file '\"$x", bytes.size(), "rig"}, bytes);
    ASSERT_TRUE(done) << describe(done.error());
    std::ifstream file{folder / "file '\"$x", std::ios::binary};
    EXPECT_EQ((std::string{std::istreambuf_iterator<char>{file}, {}}), bytes);
    struct stat about {};
    ASSERT_EQ(::stat((folder / "file '\"$x").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0600U);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder}, {}), 1);
  }
}

TEST(upload, that_is_cut_leaves_the_old_file) {
  host_rig host{"dash"};
  ASSERT_TRUE(put({host.folder().string(), "file", 3, "rig"}, "old"));
  const auto done = put({host.folder().string(), "file", 10, "rig"}, "newer");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ec::step_failed);
  EXPECT_NE(done.error().what.find("5 of 10 bytes"), std::string::npos) << done.error().what;
  std::string text;
  std::ifstream{host.folder() / "file"} >> text;
  EXPECT_EQ(text, "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{host.folder()}, {}), 3)
      << "bin, home, file";
}

TEST(upload, to_where_nothing_can_be_says_why) {
  host_rig host{"dash"};
  std::ofstream{host.folder() / "file"};
  const auto done = put({(host.folder() / "file").string(), "x", 3, "rig"}, "abc");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ec::step_failed);
  EXPECT_NE(done.error().what.find("mkdir"), std::string::npos) << done.error().what;
}

TEST(upload, is_found_by_its_step_and_goes_with_it) {
  host_rig host{"dash"};
  conversation host_shell{host};
  const std::string id = "r 1/deploy/rig/1/0";
  const auto folder = step_files_folder(host_shell.facts()->state_dir, id);
  ASSERT_TRUE(put({folder, "secret", 5, "rig"}, "hush!"));
  auto what = effect(id, "cat \"$BATON_FILES/secret\"", host_shell.acquire("r 1")->fence);
  what.wait = 10s;
  EXPECT_EQ(host_shell.start(what)->log, "hush!");
  EXPECT_FALSE(std::filesystem::exists(folder));
  // Also when the step is refused.
  ASSERT_TRUE(
      put({step_files_folder(host_shell.facts()->state_dir, "r2/1"), "secret", 5, "rig"}, "hush!"));
  EXPECT_EQ(host_shell.start(effect("r2/1", "true", 4711))->state, step_state::refused);
  EXPECT_FALSE(std::filesystem::exists(step_files_folder(host_shell.facts()->state_dir, "r2/1")));
}

} // namespace baton::test
