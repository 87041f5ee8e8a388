#pragma once

#include "messages/endpoint.hpp"
#include "tests/support/temp_folder.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace baton {

/// Writes a file, mode 0600, making its folder; throws when it cannot.
void write_file(const std::filesystem::path& file, const std::string& text);
std::string read_file(const std::filesystem::path& file);

/// Runs a program without a shell, its output thrown away; throws unless it ends well.
void must_run(const std::vector<std::string>& words);

/// Makes a key pair FILE, FILE.pub.
void make_key(const std::string& file, const std::string& passphrase = {},
              const std::string& type = "ed25519");

/// A port of 127.0.0.1 on which nobody listens right now.
std::uint16_t free_port();

/// A real sshd on a high port of 127.0.0.1, with host key, user key and configuration of its own in
/// a temporary folder, run by whoever runs the test. Ends with the object, with all its children.
class loopback_sshd {
public:
  struct setup {
    std::vector<std::string> config = {}; ///< lines of sshd_config; they win over the usual ones
    std::string host_key_type = "ed25519";
    std::string authorized_key = {}; ///< a public key line; empty: a key of its own
    std::uint16_t port = 0;          ///< 0: a free one
  };

  loopback_sshd() : loopback_sshd(setup{}) {}
  explicit loopback_sshd(setup how);
  loopback_sshd(const loopback_sshd&) = delete;
  loopback_sshd& operator=(const loopback_sshd&) = delete;
  ~loopback_sshd();

  /// Full endpoint: 127.0.0.1, this port and user, the user key.
  endpoint to(const std::string& name = "host") const;

  std::uint16_t port() const noexcept { return port_; }
  const std::string& user() const noexcept { return user_; }
  const std::string& key() const noexcept { return key_; }
  std::string public_key() const; ///< the user key's line
  std::string host_key() const;   ///< `type base64`
  std::string host_key_file() const { return (folder_ / "host_key").string(); }
  std::string known_hosts_line() const; ///< `[127.0.0.1]:port type base64`
  /// $HOME of what runs there: the start files of the user running the tests stay out of it.
  std::string home() const { return (folder_ / "home").string(); }
  std::string authorized_keys() const { return (folder_ / "authorized_keys").string(); }
  std::string log() const; ///< what sshd wrote
  const temp_folder& folder() const noexcept { return folder_; }

  /// Signals sshd and everything it started: SIGSTOP, SIGCONT, SIGKILL.
  void signal(int number) const;
  /// Whether a process that it has started has this word on its command line.
  bool runs(const std::string& word) const;
  /// The listener alone.
  pid_t pid() const noexcept { return pid_; }
  void stop();
  void start();

private:
  void wait_until_it_listens() const;

  temp_folder folder_;
  setup how_;
  std::string user_;
  std::string key_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

/// An ssh-agent of its own; ends with the object.
class loopback_agent {
public:
  loopback_agent();
  loopback_agent(const loopback_agent&) = delete;
  loopback_agent& operator=(const loopback_agent&) = delete;
  ~loopback_agent();

  std::string socket() const { return (folder_ / "agent").string(); }
  void add(const std::string& key_file, const std::string& passphrase = {}) const;
  void signal(int number) const;

private:
  temp_folder folder_;
  pid_t pid_ = -1;
};

} // namespace baton
