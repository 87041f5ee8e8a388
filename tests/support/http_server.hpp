#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace baton {

/// A server on 127.0.0.1 that does with each connection what a test wants. A thread per connection;
/// all of them end with it.
class http_server {
public:
  /// One connection, after the request's head was read.
  struct visit {
    int socket;
    std::string head; ///< the request with all of its headers
    std::string body; ///< what `Content-Length` announces
    std::string path() const;
    /// The whole answer at once.
    void answer(int status, std::string_view body, std::string_view headers = "") const;
    /// Any bytes; false when the peer is gone.
    bool send(std::string_view bytes) const;
    /// Until the peer or the server goes.
    void hold() const;
  };

  explicit http_server(std::function<void(const visit&)> handler);
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  ~http_server();

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path) const;
  int visits() const { return visits_; }

private:
  void serve();
  void attend(int socket);

  std::function<void(const visit&)> handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> visits_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::jthread> guests_;
  std::jthread door_;
};

} // namespace baton
