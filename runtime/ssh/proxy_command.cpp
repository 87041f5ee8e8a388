#include "runtime/ssh/proxy_command.hpp"

#include "runtime/fault.hpp"
#include "runtime/process.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace baton::ssh {

namespace {
constexpr std::size_t said_max = 4096;
constexpr int last_pieces_max = 1024; // more than a pipe holds
} // namespace

proxy_command::~proxy_command() {
  loop_->forget(watch_);
}

expected<int> proxy_command::start(const std::string& command) {
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return fault(ec::internal, std::string{"no socket pair: "} + std::strerror(errno));
  descriptor ours{pair[0]};
  const descriptor theirs{pair[1]};
  const char* shell = std::getenv("SHELL");
  auto child = child_process::spawn_on(
      theirs.get(), shell != nullptr && *shell != '\0' ? shell : "/bin/sh", "exec " + command);
  if (!child)
    return tl::unexpected{std::move(child.error())};
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  child_.emplace(std::move(*child));
  watch_ = loop_->watch(child_->err.get(), EPOLLIN, [this](std::uint32_t) { listen(); });
  return ours.release();
}

bool proxy_command::listen() {
  std::array<char, 4096> piece{};
  const auto got = ::read(child_->err.get(), piece.data(), piece.size());
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
    loop_->forget(watch_);
  if (got <= 0)
    return false;
  said_.append(piece.data(), static_cast<std::size_t>(got));
  if (said_.size() > said_max)
    said_.erase(0, said_.size() - said_max);
  return true;
}

std::string proxy_command::said() {
  // Its last words may have come with the end of the connection, behind many others.
  for (int n = 0; watch_ != 0 && n < last_pieces_max && listen(); ++n)
    ;
  return last_lines(said_);
}

} // namespace baton::ssh
