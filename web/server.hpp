#pragma once

#include "messages/error.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace baton {

struct web_answer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8"; ///< Content-Type
  std::string body;
};

/// Where a server listens. `host` is a numeric address, IPv4 or IPv6, without brackets.
struct listen_address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0; ///< 0: any that is free
};

/// `127.0.0.1:9000`, `[::1]:9000`, `:9000` (loopback). Error usage.
expected<listen_address> parse_listen_address(const std::string& text);

/// Answers GET and HEAD over HTTP/1.1, on a thread of its own. Limits: connections, their idle
/// time, the size of a request's head; a body is not taken.
class web_server {
public:
  /// Called on the server's thread, one request at a time. What it throws is answered as 500.
  using handler = std::function<web_answer()>;

  struct options {
    listen_address at;
    unsigned connections_max = 64;
    unsigned idle_seconds_max = 30;
    std::map<std::string, handler> routes; ///< by path, without the query
  };

  /// Errors: usage (no address of this machine), unreachable (in use, not permitted).
  static expected<std::unique_ptr<web_server>> start(options how);

  web_server(const web_server&) = delete;
  web_server& operator=(const web_server&) = delete;
  ~web_server(); ///< ends what is being answered

  std::uint16_t port() const;
  std::string url() const; ///< `http://127.0.0.1:9000/`

private:
  struct impl;
  explicit web_server(std::unique_ptr<impl> made);
  std::unique_ptr<impl> impl_;
};

} // namespace baton
