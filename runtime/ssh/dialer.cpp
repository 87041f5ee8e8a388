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

// In the order of getaddrinfo, the families taking turns (RFC 8305).
// With AI_NUMERICHOST without asking anybody.
found_addresses look_up(const std::string& host, std::uint16_t port, int family, int flags = 0) {
  if (host.empty())
    return {};
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
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

void dialer::start(helper_threads& helpers, place to) {
  to_ = std::move(to);
  if (auto found = look_up(to_.host, to_.port, to_.family, AI_NUMERICHOST);
      to_.from.empty() && !found.addresses.empty()) {
    loop_->post([weak = weak_from_this(), found = std::move(found)] {
      if (const auto self = weak.lock())
        self->looked_up(found, {});
    });
    return;
  }
  helpers.submit([weak = weak_from_this(), loop = loop_, to = to_] {
    auto found = look_up(to.host, to.port, to.family);
    auto from = look_up(to.from, 0, to.family);
    loop->post([weak, found = std::move(found), from = std::move(from)]() mutable {
      if (const auto self = weak.lock())
        self->looked_up(std::move(found), std::move(from));
    });
  });
}

void dialer::looked_up(found_addresses to, found_addresses from) {
  const auto refuse = [this](const std::string& what, const std::string& name,
                             const std::string& why) {
    finish(fault(ec::unreachable, "cannot look up the " + what + ' ' + name + ": "
                                      + (why.empty() ? "no address" : why)));
  };
  if (to.addresses.empty()) {
    name_failed_ = true;
    refuse("host name", to_.host, to.why);
  } else if (from.addresses.empty() && !to_.from.empty()) {
    refuse("BindAddress", to_.from, from.why);
  } else {
    addresses_ = std::move(to.addresses);
    from_ = std::move(from.addresses);
    try_next();
  }
}

// Whether it may go on: a socket that must come from an address of ours does.
bool dialer::bind(int socket, int family) {
  if (to_.from.empty())
    return true;
  for (const auto& one : from_)
    if (one.family == family) {
      if (::bind(socket, reinterpret_cast<const sockaddr*>(&one.bytes), one.size) == 0)
        return true;
      last_ = "BindAddress " + to_.from + ": " + std::strerror(errno);
      return false;
    }
  last_ = "BindAddress " + to_.from + " is of another address family";
  return false;
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
    if (!bind(fd, to.family)) {
      ::close(fd);
      continue;
    }
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
    finish(fault(ec::unreachable, "cannot connect to " + to_.host + " port "
                                      + std::to_string(to_.port) + ": " + last_));
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
