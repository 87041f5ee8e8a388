#pragma once

#include "runtime/ssh/options.hpp"
#include "runtime/transport.hpp"

#include <memory>

namespace baton::ssh {

class engine;

/// Sessions over SSH: libssh in non-blocking mode on one thread, which this object owns. Strict
/// about host keys, knows the user's ssh config, jump hosts and agent. Thousands of sessions are
/// fine. Thread-safe; sinks are called on the transport's thread.
class transport final : public baton::transport {
public:
  explicit transport(options how = {});
  /// Closes every session without waiting for any peer; each hears `lost` (cancelled).
  /// Must not run on the transport's own thread.
  ~transport() override;

  /// Never fails itself: what is wrong with `to` is heard as `lost`.
  std::unique_ptr<session> open(const endpoint& to, transport_sink sink,
                                std::chrono::milliseconds deadline) override;

private:
  std::shared_ptr<engine> engine_;
};

} // namespace baton::ssh

namespace baton {
using ssh_transport = ssh::transport;
using ssh_options = ssh::options;
} // namespace baton
