#include "tests/runtime/ssh/valve.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace baton {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

bool send_all(int to, const char* bytes, std::size_t size) {
  for (std::size_t sent = 0; sent < size;) {
    const auto n = ::send(to, bytes + sent, size - sent, MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

} // namespace

valve::valve(std::uint16_t server_port, std::size_t bytes_max)
    : server_port_{server_port}, bytes_max_{bytes_max} {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  auto at = loopback(0);
  socklen_t size = sizeof at;
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&at), size) != 0
      || ::listen(listener_, 1) != 0
      || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    throw std::runtime_error{"no valve can be made"};
  port_ = ntohs(at.sin_port);
  thread_ = std::thread{[this] { relay(); }};
}

valve::~valve() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  ::eventfd_write(wake_, 1);
  thread_.join();
  ::close(listener_);
  ::close(wake_);
}

void valve::cut() {
  {
    const std::lock_guard lock{mutex_};
    cut_ = true;
  }
  ::eventfd_write(wake_, 1);
}

void valve::anew(std::size_t bytes_max) {
  {
    const std::lock_guard lock{mutex_};
    next_max_ = bytes_max;
    passed_ = 0;
    shut_ = false;
  }
  ::eventfd_write(wake_, 1);
}

bool valve::is_shut() {
  std::unique_lock lock{mutex_};
  return change_.wait_for(lock, std::chrono::seconds{30}, [&] { return shut_; });
}

std::size_t valve::passed() {
  const std::lock_guard lock{mutex_};
  return passed_;
}

void valve::relay() {
  for (;;) {
    relay_one();
    const std::lock_guard lock{mutex_};
    if (ending_ || !next_max_)
      return;
    bytes_max_ = *std::exchange(next_max_, {});
    eventfd_t count = 0;
    ::eventfd_read(wake_, &count);
  }
}

void valve::relay_one() {
  std::array<pollfd, 2> first{{{listener_, POLLIN, 0}, {wake_, POLLIN, 0}}};
  ::poll(first.data(), first.size(), -1);
  if (first[0].revents == 0)
    return;
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto to = loopback(server_port_);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0)
    while (carry(client, server)) {
    }
  ::close(client);
  ::close(server);
}

// Whether there is more to do.
bool valve::carry(int client, int server) {
  std::array<pollfd, 3> all{{{client, POLLIN, 0}, {server, POLLIN, 0}, {wake_, POLLIN, 0}}};
  {
    const std::lock_guard lock{mutex_};
    if (cut_)
      all[0].fd = -1;
    if (cut_ || shut_)
      all[1].fd = -1;
  }
  ::poll(all.data(), all.size(), -1);
  if (all[2].revents != 0) {
    const std::lock_guard lock{mutex_};
    if (ending_ || next_max_)
      return false;
    eventfd_t count = 0;
    ::eventfd_read(wake_, &count);
    return true;
  }
  std::array<char, 16384> piece{};
  if (all[0].revents != 0) {
    const auto got = ::recv(client, piece.data(), piece.size(), 0);
    return got > 0 && send_all(server, piece.data(), static_cast<std::size_t>(got));
  }
  const auto got = ::recv(server, piece.data(), piece.size(), 0);
  if (got <= 0)
    return false;
  const auto size = static_cast<std::size_t>(got);
  const auto through = std::min(size, bytes_max_ - passed());
  const bool good = send_all(client, piece.data(), through);
  const std::lock_guard lock{mutex_};
  if (next_max_)
    return false;
  passed_ += through;
  shut_ = through < size;
  change_.notify_all();
  return good;
}

} // namespace baton
