#pragma once

#include "messages/error.hpp"
#include "runtime/ssh/helper_threads.hpp"
#include "runtime/ssh/reactor.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <sys/socket.h>

namespace baton::ssh {

struct socket_address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  int family = 0;
};

struct found_addresses {
  std::vector<socket_address> addresses;
  std::string why; ///< when there are none
};

/// Opens a TCP connection: looks the name up on a helper thread, then tries its addresses in turn,
/// each a quarter of a second after the one before, until one answers. Destroying it gives up. On
/// the reactor's thread only.
class dialer : public std::enable_shared_from_this<dialer> {
public:
  /// A connected, non-blocking socket without delay, which is the caller's; or why not.
  using handler = std::function<void(expected<int> socket)>;

  dialer(std::shared_ptr<reactor> loop, handler done);
  dialer(const dialer&) = delete;
  dialer& operator=(const dialer&) = delete;
  ~dialer();

  struct place {
    std::string host;
    std::uint16_t port;
    int family;       ///< AF_UNSPEC, AF_INET or AF_INET6
    std::string from; ///< an address of this machine; empty: any
  };

  /// `done` is called later, never from within this.
  void start(helper_threads& helpers, place to);

  /// Whether the name could not be looked up, when it failed.
  bool name_failed() const noexcept { return name_failed_; }

private:
  void looked_up(found_addresses to, found_addresses from);
  void try_next();
  bool bind(int socket, int family);
  void on_ready(int socket);
  void drop(int socket);
  void finish(expected<int> result);
  void give_up_if_over();

  std::shared_ptr<reactor> loop_;
  handler done_;
  place to_;
  std::vector<socket_address> addresses_;
  std::vector<socket_address> from_; ///< of this machine; empty: any
  std::size_t next_ = 0;
  std::map<int, reactor::watch_id> open_;
  std::string last_;
  reactor::timer timer_ = 0;
  bool name_failed_ = false;
};

} // namespace baton::ssh
