#include "tests/runtime/ssh/ssh_test.hpp"

#include <numeric>

namespace baton {

using command_test = session_test;

namespace {

std::string all_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<char>(i * 31 + i / 256);
  return bytes;
}

} // namespace

TEST_F(command_test, a_shell_is_written_to_and_read_from) {
  connect();
  const auto shell = link->run("exec /bin/sh", 20s);
  link->write(shell, "echo hello; echo oops >&2\n");
  ASSERT_TRUE(log.came(shell, "hello\n"));
  ASSERT_TRUE(log.came(shell, "oops\n"));
  link->write(shell, "exit 7\n");
  const auto end = log.end(*link, shell);
  EXPECT_EQ(7, end.status.value_or(-1));
  EXPECT_EQ("hello\n", log.out(shell));
  EXPECT_EQ("oops\n", log.err(shell));
}

TEST_F(command_test, death_by_a_signal_is_named) {
  connect();
  const auto id = link->run("kill -TERM $$", 20s);
  EXPECT_EQ("TERM", log.end(*link, id).signal);
  const auto other = link->run("kill -SEGV $$", 20s);
  EXPECT_EQ("SEGV", log.end(*link, other).signal);
}

TEST_F(command_test, bytes_of_every_kind_go_through_cat_unchanged) {
  connect();
  const auto bytes = all_bytes(3'000'000);
  const auto id = link->run("cat", 60s);
  link->write(id, bytes.substr(0, 70'001));
  link->write(id, bytes.substr(70'001));
  link->write_end(id);
  EXPECT_EQ(0, log.end(*link, id).status.value_or(-1));
  EXPECT_TRUE(bytes == log.out(id));
}

TEST_F(command_test, nothing_written_and_no_end_leaves_the_command_waiting_until_its_deadline) {
  connect();
  const auto id = link->run("cat", 400ms);
  const auto end = log.end(*link, id);
  ASSERT_TRUE(end.why);
  EXPECT_EQ(ec::timed_out, end.why->code);
  EXPECT_EQ("host", end.why->target);
}

TEST_F(command_test, a_slow_consumer_makes_the_host_wait_and_loses_nothing) {
  connect();
  const auto id = link->run("head -c 50000000 /dev/zero; echo end >&2", 120s);
  // Without credit no more than the first mebibyte is heard.
  ASSERT_TRUE(log.wait([&](auto& all) { return all.channels[id].size >= 1024 * 1024; }));
  EXPECT_FALSE(log.wait([&](auto& all) { return all.channels[id].size > 1024 * 1024; }, 300ms));
  // And the command is still writing: the host was made to wait.
  const auto other = link->run("pgrep -f 'head -c 5000000[0]' | wc -l", 20s);
  EXPECT_EQ(0, log.end(*link, other).status.value_or(-1));
  EXPECT_NE("0\n", log.out(other));
  EXPECT_EQ(0, log.end(*link, id).status.value_or(-1));
  EXPECT_EQ(50'000'000U, log.out(id).size());
  EXPECT_EQ("end\n", log.err(id));
}

TEST_F(command_test, output_that_waits_for_credit_comes_before_the_end) {
  connect();
  const auto id = link->run("head -c 2200000 /dev/zero", 60s);
  ASSERT_TRUE(log.wait([&](auto& all) { return all.channels[id].size >= 1024 * 1024; }));
  // The command has ended long ago; its rest lies in buffers.
  EXPECT_FALSE(log.wait([&](auto& all) { return all.channels[id].end.has_value(); }, 1s));
  EXPECT_EQ(0, log.end(*link, id).status.value_or(-1));
  EXPECT_EQ(2'200'000U, log.size(id));
}

TEST_F(command_test, a_grandchild_that_holds_the_channel_holds_up_nobody) {
  connect();
  const auto begun = std::chrono::steady_clock::now();
  const auto id = link->run("sleep 60 & echo started; exit 3", 30s);
  const auto end = log.end(*link, id);
  EXPECT_EQ(3, end.status.value_or(-1));
  EXPECT_EQ("started\n", log.out(id));
  EXPECT_LT(log.ended_at(id) - begun, 5s);
}

TEST_F(command_test, more_commands_than_channels_take_turns) {
  connect();
  std::vector<channel_id> ids;
  for (int i = 0; i < 30; ++i)
    ids.push_back(link->run("echo " + std::to_string(i) + "; exit " + std::to_string(i), 60s));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(static_cast<int>(i), log.end(*link, ids[i]).status.value_or(-1));
    EXPECT_EQ(std::to_string(i) + '\n', log.out(ids[i]));
  }
}

TEST_F(command_test, a_cancelled_channel_leaves_the_others_alone) {
  connect();
  const auto stays = link->run("exec /bin/sh", 30s);
  const auto goes = link->run("sleep 60", 30s);
  link->write(stays, "echo one\n");
  ASSERT_TRUE(log.came(stays, "one\n"));
  const auto asked = std::chrono::steady_clock::now();
  link->cancel(goes);
  const auto end = log.end(*link, goes);
  ASSERT_TRUE(end.why);
  EXPECT_EQ(ec::cancelled, end.why->code);
  EXPECT_LT(log.ended_at(goes) - asked, 1s);
  link->write(stays, "echo two; exit 0\n");
  EXPECT_EQ(0, log.end(*link, stays).status.value_or(-1));
  EXPECT_EQ("one\ntwo\n", log.out(stays));
  EXPECT_FALSE(log.lost());
}

// sshd hands our hang-up signal on, but not for root; then the commands live on, and hold the few
// places of the connection.
TEST_F(command_test, cancelled_commands_give_their_places_back_or_the_session_ends) {
  connect();
  int ended = 0;
  for (; ended < 15 && !log.lost(); ++ended) {
    const auto id = link->run("echo up; exec sleep 20", 30s);
    log.wait([&](auto& all) { return all.lost || all.channels[id].size > 0; });
    link->cancel(id);
    EXPECT_TRUE(log.wait([&](auto& all) { return all.lost || all.channels[id].end; }));
  }
  EXPECT_GE(ended, 8);
  if (log.lost()) {
    EXPECT_EQ(ec::connection_lost, log.lost()->code);
    EXPECT_TRUE(log.lost()->retryable);
    heard again;
    const auto fresh = transport->open(host.to(), again.sink(), 20s);
    const auto id = fresh->run("echo back", 20s);
    EXPECT_EQ(0, again.end(*fresh, id).status.value_or(-1));
  }
}

TEST_F(command_test, a_command_cancelled_before_its_turn_never_runs) {
  auto how = options();
  how.channels_per_session = 1;
  connect_with(how);
  const auto first = link->run("exec /bin/sh", 30s);
  const auto second = link->run("touch " + (folder / "ran").string(), 30s);
  link->cancel(second);
  EXPECT_EQ(ec::cancelled, log.end(*link, second).why->code);
  link->write(first, "exit 0\n");
  EXPECT_EQ(0, log.end(*link, first).status.value_or(-1));
  const auto third = link->run("true", 30s);
  EXPECT_EQ(0, log.end(*link, third).status.value_or(-1));
  EXPECT_FALSE(std::filesystem::exists(folder / "ran"));
}

TEST_F(command_test, nothing_is_heard_once_the_session_is_destroyed) {
  connect();
  link->run("yes", 30s);
  ASSERT_TRUE(log.wait([](auto& all) { return all.events > 5; }));
  link.reset();
  const auto events = log.events();
  EXPECT_FALSE(log.wait([&](auto& all) { return all.events != events; }, 200ms));
}

TEST_F(command_test, a_session_may_be_destroyed_from_its_own_sink) {
  transport.emplace(options());
  struct state {
    std::mutex mutex;
    std::condition_variable change;
    std::unique_ptr<session> link;
    int heard = 0;
  };
  const auto shared = std::make_shared<state>();
  auto sink = [shared](transport_event_t) {
    std::unique_ptr<session> gone;
    {
      const std::lock_guard lock{shared->mutex};
      ++shared->heard;
      gone = std::move(shared->link);
    }
    gone.reset();
    shared->change.notify_all();
  };
  std::unique_lock lock{shared->mutex};
  shared->link = transport->open(host.to(), sink, 20s);
  ASSERT_TRUE(shared->change.wait_for(lock, 20s, [&] { return shared->heard > 0; }));
  EXPECT_FALSE(shared->change.wait_for(lock, 200ms, [&] { return shared->heard > 1; }));
}

TEST_F(command_test, the_end_of_the_transport_is_heard_by_every_session) {
  connect();
  const auto id = link->run("sleep 60", 30s);
  link->write(id, "x");
  transport.reset();
  EXPECT_EQ(ec::cancelled, log.why_lost().code);
  EXPECT_TRUE(log.end(*link, id).why);
  EXPECT_FALSE(log.after_lost());
  link->run("true", 1s); // harmless
  link.reset();
}

TEST_F(ssh_test, a_host_that_allows_fewer_channels_is_used_with_fewer) {
  const loopback_sshd host{{.config = {"MaxSessions 2"}}};
  trust(host);
  ssh_transport transport{options()};
  heard log;
  const auto link = transport.open(host.to(), log.sink(), 20s);
  std::vector<channel_id> ids;
  for (int i = 0; i < 10; ++i)
    ids.push_back(link->run("echo ok", 60s));
  for (const auto id : ids)
    EXPECT_EQ(0, log.end(*link, id).status.value_or(-1));
}

TEST_F(ssh_test, a_noisy_login_is_passed_on_as_it_is) {
  loopback_sshd host;
  write_file(
      host.authorized_keys(),
      "command=\"echo 'Welcome!'; echo 'mind the step' >&2; eval \\\"$SSH_ORIGINAL_COMMAND\\\"\" "
          + host.public_key());
  trust(host);
  ssh_transport transport{options()};
  heard log;
  const auto link = transport.open(host.to(), log.sink(), 20s);
  const auto id = link->run("exec /bin/sh", 20s);
  link->write(id, "echo mine; exit 4\n");
  EXPECT_EQ(4, log.end(*link, id).status.value_or(-1));
  EXPECT_EQ("Welcome!\nmine\n", log.out(id));
  EXPECT_EQ("mind the step\n", log.err(id));
}

TEST_F(command_test, keys_are_exchanged_anew_in_the_midst_of_much_data) {
  const loopback_sshd other{{.config = {"RekeyLimit 1M"}}};
  trust(other);
  transport.emplace(options());
  link = transport->open(other.to(), log.sink(), 20s);
  const auto bytes = all_bytes(8'000'000);
  const auto id = link->run("cat", 60s);
  link->write(id, bytes);
  link->write_end(id);
  EXPECT_EQ(0, log.end(*link, id).status.value_or(-1));
  EXPECT_TRUE(bytes == log.out(id));
}

} // namespace baton
