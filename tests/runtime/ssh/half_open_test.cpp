#include "runtime/steps/control_shell.hpp"
#include "tests/runtime/ssh/ssh_test.hpp"
#include "tests/runtime/ssh/valve.hpp"

#include <gmock/gmock.h>

#include <future>

namespace baton {

using testing::HasSubstr;

/// A session with a control shell, asked and waited for.
class asked_shell {
public:
  asked_shell(transport& over, const endpoint& to, const std::string& state)
      : shell_{{state, {}, to.name}} {
    link_ = over.open(
        to, [this](transport_event_t what) { hear(std::move(what)); }, 20s);
    const std::lock_guard lock{mutex_};
    channel_ = link_->run("exec /bin/sh", {});
    link_->write(channel_, shell_.bootstrap([this](expected<shell_facts> facts) {
      ready_.set_value(facts ? "" : describe(facts.error()));
    }));
  }
  ~asked_shell() { link_.reset(); }

  std::string why_not_ready() { return ready_.get_future().get(); }

  /// Sends a request; its answer.
  template <class T>
  expected<T> ask(const std::function<std::string(control_shell::callback<T>)>& request) {
    const auto answer = std::make_shared<std::promise<expected<T>>>();
    auto told = answer->get_future();
    {
      const std::lock_guard lock{mutex_};
      link_->write(channel_, request([answer](expected<T> got) { answer->set_value(got); }));
    }
    if (told.wait_for(20s) != std::future_status::ready)
      return unexpected(ec::timed_out, "no answer came");
    return told.get();
  }
  expected<step_report> poll(const std::string& id) {
    return ask<step_report>([&](auto answer) { return shell_.poll(id, 0, 4096, answer); });
  }
  control_shell& shell() { return shell_; }
  std::future<error> lost() { return lost_.get_future(); }

private:
  void hear(transport_event_t what) {
    if (auto* output = std::get_if<transport_event::output>(&what)) {
      link_->credit(output->channel, output->bytes.size());
      const std::lock_guard lock{mutex_};
      if (!output->is_stderr)
        shell_.feed(output->bytes);
    } else if (auto* lost = std::get_if<transport_event::lost>(&what)) {
      lost_.set_value(lost->why);
    }
  }

  std::recursive_mutex mutex_;
  control_shell shell_;
  std::promise<std::string> ready_;
  std::promise<error> lost_;
  channel_id channel_ = 0;
  std::unique_ptr<session> link_;
};

class half_open_test : public ssh_test {
protected:
  half_open_test() { trust(host); }

  std::string state() const { return (folder / "state").string(); }
  step_start build() const {
    step_start what;
    what.id = "r1/build";
    what.script = "echo begun; echo x >>" + (folder / "count").string() + "; while [ ! -e "
                  + (folder / "go").string() + " ]; do sleep 0.05; done; echo over";
    what.deadline = 60s;
    return what;
  }
  template <class Condition>
  static bool until(asked_shell& on, Condition condition) {
    for (const auto end = std::chrono::steady_clock::now() + 20s;
         std::chrono::steady_clock::now() < end;)
      if (const auto report = on.poll("r1/build"); report && condition(*report))
        return true;
    return false;
  }

  loopback_sshd host;
};

// The line is cut and nobody says so.
TEST_F(half_open_test, is_noticed_by_keepalive_and_the_step_is_taken_up_where_it_stands) {
  valve line{host.port(), valve::open};
  append(known_hosts(),
         "[127.0.0.1]:" + std::to_string(line.port()) + ' ' + host.host_key() + '\n');
  auto how = options();
  how.keepalive = 100ms;
  ssh_transport transport{how};
  auto through = host.to("vps");
  through.port = line.port();

  asked_shell first{transport, through, state()};
  ASSERT_EQ("", first.why_not_ready());
  const auto lease = first.ask<lease_report>([&](auto answer) {
    return first.shell().lease_acquire({"r1", "{}", 0}, answer);
  });
  ASSERT_TRUE(lease) << describe(lease.error());
  auto what = build();
  what.fence = lease->fence;
  ASSERT_TRUE(
      first.ask<step_report>([&](auto answer) { return first.shell().start(what, answer); }));
  ASSERT_TRUE(until(
      first, [](const auto& report) { return report.log.find("begun") != std::string::npos; }));

  line.cut();
  auto lost = first.lost();
  ASSERT_EQ(std::future_status::ready, lost.wait_for(20s));
  const auto why = lost.get();
  EXPECT_EQ(ec::connection_lost, why.code);
  EXPECT_TRUE(why.retryable);
  EXPECT_THAT(why.what, HasSubstr("has not answered"));

  asked_shell second{transport, host.to("vps"), state()};
  ASSERT_EQ("", second.why_not_ready());
  const auto known =
      second.ask<step_report>([&](auto answer) { return second.shell().start(what, answer); });
  ASSERT_TRUE(known) << describe(known.error());
  EXPECT_EQ(step_state::running, known->state);
  EXPECT_EQ("begun\n", known->log);
  write_file(folder / "go", "");
  EXPECT_TRUE(until(second, [](const auto& report) { return report.log == "begun\nover\n"; }));
  EXPECT_EQ("x\n", read_file(folder / "count")) << "the step was done twice";
}

// What streams is not touched by what comes and goes beside it.
TEST_F(half_open_test, a_channel_streams_on_while_other_channels_and_sessions_come_and_go) {
  ssh_transport transport{options()};
  heard log;
  const auto link = transport.open(host.to(), log.sink(), 20s);
  const auto build = link->run("while [ ! -e " + (folder / "go").string()
                                   + " ]; do echo line; sleep 0.01; done; echo over",
                               60s);
  ASSERT_TRUE(log.came(build, "line\n"));
  for (int i = 0; i < 5; ++i) {
    const auto look = link->run("echo well", 20s);
    EXPECT_EQ(0, log.end(*link, look).status.value_or(-1));
    const auto unwanted = link->run("cat", 20s);
    link->cancel(unwanted);
    EXPECT_TRUE(log.end(*link, unwanted).why);
    heard other;
    auto beside = transport.open(host.to(), other.sink(), 20s);
    const auto id = beside->run("yes", 20s);
    ASSERT_TRUE(other.came(id, "y\n"));
    beside.reset(); // in the midst of it
  }
  write_file(folder / "go", "");
  EXPECT_EQ(0, log.end(*link, build).status.value_or(-1));
  const auto out = log.out(build);
  ASSERT_TRUE(out.ends_with("line\nover\n"));
  EXPECT_EQ(std::string::npos, out.substr(0, out.size() - 5).find("over"));
  EXPECT_EQ(0U, (out.size() - 5) % 5) << "bytes were lost";
}

} // namespace baton
