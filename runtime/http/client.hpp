#pragma once

#include "messages/error.hpp"
#include "messages/time.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace baton {

struct http_request {
  std::string url;                              ///< http or https; nothing else is asked
  duration deadline = std::chrono::seconds{10}; ///< for all of it, redirects too
  std::size_t body_max = 1u << 20;              ///< the rest of an answer is not fetched
  int redirects_max = 0;                        ///< 0: a redirect is the answer
};

struct http_answer {
  int status = 0;
  std::string body;
  bool cut = false; ///< there was more than `body_max`
  duration took{0};
};

/// Asks over HTTP, and whether a port takes connections: any number at once, on one thread of its
/// own (libcurl's multi interface), each on a fresh connection. All members may be called from any
/// thread, also from a callback, and return at once.
///
/// Each callback is called exactly once, on that thread, within its deadline; it must not block or
/// throw. Errors: timed_out, unreachable (name, connection, TLS), usage (no such URL); the text has
/// neither the URL's user nor its password. Destroying the client ends what is under way with
/// `cancelled` before it returns; do not destroy it from a callback.
class http_client {
public:
  using answer_callback = std::function<void(expected<http_answer>)>;
  using connect_callback = std::function<void(expected<duration>)>;

  http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;
  ~http_client();

  void get(http_request what, answer_callback answer);

  /// Connects and closes; answers how long that took. `host` is a name or address, IPv6 with or
  /// without brackets. Never through a proxy.
  void connect(std::string_view host, std::string_view port, duration deadline,
               connect_callback answer);

private:
  class loop;
  std::unique_ptr<loop> loop_;
};

} // namespace baton
