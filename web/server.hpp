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

/// Answers GET and HEAD over HTTP/1.1, on a thread of its own; a connection is for one request.
/// Limits: connections, all together and of one address, their idle time, the time of a request
/// with its answer, the size of its head; a body is not taken. What is above the limit of all
/// connections waits until one ends.
class web_server {
public:
  /// Called on the server's thread, one request at a time. What it throws is answered as 500.
  using handler = std::function<web_answer()>;

  struct options {
    listen_address at;
    unsigned connections_max = 256;
    unsigned connections_of_address_max = 128; ///< more are closed at once
    unsigned idle_seconds_max = 5;
    unsigned seconds_max = 20;             ///< of a connection, from its beginning to its end
    std::map<std::string, handler> routes; ///< by path, without the query
  };

  /// Errors: usage (no address of this machine), unreachable (in use, not permitted).
  static expected<std::unique_ptr<web_server>> start(options how);

  web_server(const web_server&) = delete;
  web_server& operator=(const web_server&) = delete;
  ~web_server(); ///< ends what is being answered, at once

  std::uint16_t port() const;
  std::string url() const; ///< `http://127.0.0.1:9000/`

private:
  struct impl;
  explicit web_server(std::unique_ptr<impl> made);
  std::unique_ptr<impl> impl_;
};

} // namespace baton
