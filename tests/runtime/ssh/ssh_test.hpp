#pragma once

#include "runtime/ssh/ssh_transport.hpp"
#include "tests/runtime/ssh/listener_log.hpp"
#include "tests/runtime/ssh/valve.hpp"
#include "tests/support/loopback_sshd.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace baton {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

/// A known_hosts file and a transport that reads that and no ssh config of whoever runs the test.
class ssh_test : public testing::Test {
protected:
  ssh_test() {
    write_file(known_hosts(), "");
    write_file(config(), "");
  }

  std::string known_hosts() const { return (folder / "known_hosts").string(); }
  std::string config() const { return (folder / "ssh_config").string(); }

  ssh_options options() const {
    ssh_options how;
    how.config_file = config();
    how.known_hosts = {known_hosts()};
    how.agent_socket = "none";
    return how;
  }

  void trust(const loopback_sshd& host) { append(known_hosts(), host.known_hosts_line() + '\n'); }

  static void append(const std::string& file, const std::string& text) {
    write_file(file, read_file(file) + text);
  }

  temp_folder folder;
};

/// One session to a host that is known, for tests of what happens on it.
class session_test : public ssh_test {
protected:
  session_test() { trust(host); }

  void connect(milliseconds deadline = 20s) { connect_with(options(), deadline); }
  void connect_with(ssh_options how, milliseconds deadline = 20s) {
    transport.emplace(std::move(how));
    link = transport->open(host.to(), log.sink(), deadline);
    ASSERT_TRUE(log.connected()) << log.why_lost().what;
  }

  /// A command over a new session that goes through the valve.
  channel_id run_through(const valve& between) {
    auto to = host.to();
    to.port = between.port();
    append(known_hosts(), "[127.0.0.1]:" + std::to_string(to.port) + ' ' + host.host_key() + '\n');
    transport.emplace(options());
    log = heard{};
    link = transport->open(to, log.sink(), 60s);
    return link->run("echo hello", 60s);
  }

  /// What the server says in all for that, from its banner on; 0 when it does not end well.
  std::size_t bytes_of_a_command() {
    valve between{host.port(), valve::open};
    const auto id = run_through(between);
    const bool good = log.end(*link, id).status.value_or(-1) == 0;
    const auto all = between.passed();
    link.reset();
    transport.reset();
    return good ? all : 0;
  }

  loopback_sshd host;
  heard log;
  std::optional<ssh_transport> transport;
  std::unique_ptr<session> link;
};

} // namespace baton
