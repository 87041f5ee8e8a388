#pragma once

#include "runtime/ssh/libssh.hpp"
#include "runtime/ssh/reactor.hpp"
#include "runtime/ssh/rider.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace baton::ssh {

class connection;

/// A way through a jump host: a channel of its session to `host:port`, and a socket pair of which
/// one end is the target's connection. On the reactor's thread.
class forward final : public rider {
public:
  forward(std::shared_ptr<reactor> loop, std::shared_ptr<connection> bastion, std::string host,
          std::uint16_t port);
  ~forward() override;

  /// Begins; gives the target's end, which is the caller's, or -1.
  int start();

  /// Why there is no way through, once that is known: the target only sees its end close.
  const std::optional<error>& why() const noexcept { return why_; }

  /// The target does not need it any more.
  void close();

  mood pump() override;
  void lost(const error& why) override;

private:
  bool to_target();
  bool to_host();
  void end();

  std::shared_ptr<reactor> loop_;
  std::shared_ptr<connection> bastion_;
  std::string host_;
  std::uint16_t port_;
  std::optional<error> why_;
  ssh_channel channel_ = nullptr;
  ssh_channel_callbacks_struct callbacks_{};
  bool open_ = false;
  bool eof_ = false;
  bool target_gone_ = false;
  int fd_ = -1;
  reactor::watch_id watch_ = 0;
  std::string for_target_;
  std::string for_host_;
};

} // namespace baton::ssh
