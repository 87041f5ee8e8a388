#include "runtime/ssh/dialer.hpp"

#include "runtime/fault.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace baton::ssh {

namespace {

constexpr std::chrono::milliseconds head_start{250};

struct found_addresses {
  std::vector<socket_address> addresses;
  std::string why;
};

// In the order of getaddrinfo, the families taking turns (RFC 8305).
found_addresses look_up(const std::string& host, std::uint16_t port, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  found_addresses result;
  if (const int rc = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
      rc != 0) {
    result.why = ::gai_strerror(rc);
    return result;
  }
  std::vector<socket_address> first;
  std::vector<socket_address> second;
  for (const auto* one = list; one != nullptr; one = one->ai_next) {
    socket_address made;
    std::memcpy(&made.bytes, one->ai_addr, one->ai_addrlen);
    made.size = one->ai_addrlen;
    made.family = one->ai_family;
    (one->ai_family == list->ai_family ? first : second).push_back(made);
  }
  ::freeaddrinfo(list);
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size())
      result.addresses.push_back(first[i]);
    if (i < second.size())
      result.addresses.push_back(second[i]);
  }
  return result;
}

} // namespace

dialer::dialer(std::shared_ptr<reactor> loop, handler done)
    : loop_(std::move(loop)), done_(std::move(done)) {}

dialer::~dialer() {
  loop_->cancel(timer_);
  while (!open_.empty())
    drop(open_.begin()->first);
}

void dialer::start(helper_threads& helpers, const std::string& host, std::uint16_t port,
                   int family) {
  host_ = host;
  place_ = host + " port " + std::to_string(port);
  helpers.submit([weak = weak_from_this(), loop = loop_, host, port, family] {
    auto found = look_up(host, port, family);
    loop->post([weak, found = std::move(found)]() mutable {
      const auto self = weak.lock();
      if (!self)
        return;
      if (found.addresses.empty()) {
        self->name_failed_ = true;
        self->finish(fault(ec::unreachable, "cannot look up the host name " + self->host_ + ": "
                                                + (found.why.empty() ? "no address" : found.why)));
        return;
      }
      self->addresses_ = std::move(found.addresses);
      self->try_next();
    });
  });
}

void dialer::try_next() {
  loop_->cancel(timer_);
  while (next_ < addresses_.size()) {
    const auto& to = addresses_[next_++];
    const int fd = ::socket(to.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
      last_ = std::strerror(errno);
      continue;
    }
    const int yes = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&to.bytes), to.size) != 0
        && errno != EINPROGRESS) {
      last_ = std::strerror(errno);
      ::close(fd);
      continue;
    }
    open_[fd] = loop_->watch(fd, EPOLLOUT, [weak = weak_from_this(), fd](std::uint32_t) {
      if (const auto self = weak.lock())
        self->on_ready(fd);
    });
    if (next_ < addresses_.size())
      timer_ = loop_->after(head_start, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
          self->timer_ = 0;
          self->try_next();
        }
      });
    return;
  }
  give_up_if_over();
}

void dialer::on_ready(int socket) {
  int why = 0;
  socklen_t size = sizeof why;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &why, &size);
  if (why == 0) {
    loop_->forget(open_[socket]);
    open_.erase(socket);
    finish(socket);
    return;
  }
  last_ = std::strerror(why);
  drop(socket);
  if (next_ < addresses_.size())
    try_next();
  else
    give_up_if_over();
}

void dialer::drop(int socket) {
  loop_->forget(open_[socket]);
  open_.erase(socket);
  ::close(socket);
}

void dialer::give_up_if_over() {
  if (open_.empty())
    finish(fault(ec::unreachable, "cannot connect to " + place_ + ": " + last_));
}

void dialer::finish(expected<int> result) {
  loop_->cancel(timer_);
  while (!open_.empty())
    drop(open_.begin()->first);
  if (!done_) {
    if (result)
      ::close(*result);
    return;
  }
  // The handler may destroy this.
  const auto done = std::exchange(done_, nullptr);
  done(std::move(result));
}

} // namespace baton::ssh
