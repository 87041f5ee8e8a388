#pragma once

#include "runtime/child_process.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <libssh/libssh.h>
#include <poll.h>

namespace baton::overhead {

/// `exec /bin/sh` somewhere, without waiting: what is written is kept until it can go. Throws when
/// the other side ends or refuses.
class line {
public:
  line() = default;
  line(const line&) = delete;
  line& operator=(const line&) = delete;
  virtual ~line() = default;

  void write(std::string_view bytes) {
    unsent_ += bytes;
    fresh_ = true;
  }
  /// Something was written after the last `go_on`.
  bool fresh() const { return fresh_; }
  /// Does what can be done now; what came is given to `heard`.
  virtual void go_on(const std::function<void(std::string_view)>& heard) = 0;
  virtual pollfd waits() = 0;

protected:
  std::string unsent_;
  bool fresh_ = false;
};

/// How to reach a host.
struct way {
  std::string address;
  unsigned port = 22;
  std::string user;
  std::string identity;
  std::string known_hosts;
};

/// One libssh session with one channel.
class ssh_line : public line {
public:
  explicit ssh_line(const way& to);
  ~ssh_line() override;
  void go_on(const std::function<void(std::string_view)>& heard) override;
  pollfd waits() override;

private:
  enum class stage { connecting, proving, opening, asking, open };

  /// Whether a stage was passed.
  bool pass();
  /// Whether a call is through; throws when it failed.
  bool done(int rc, const char* what);

  ssh_session session_;
  ssh_key key_ = nullptr;
  ssh_channel channel_ = nullptr;
  stage stage_ = stage::connecting;
};

/// A shell of this machine.
class local_line : public line {
public:
  local_line();
  void go_on(const std::function<void(std::string_view)>& heard) override;
  pollfd waits() override;

private:
  child_process child_;
};

} // namespace baton::overhead
