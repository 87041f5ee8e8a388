#include "bench/overhead/line.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace baton::overhead {

namespace {

constexpr std::size_t piece = 32 * 1024;

child_process spawn(const std::string& command) {
  auto got = child_process::spawn(command);
  if (!got)
    throw std::runtime_error{describe(got.error())};
  return std::move(*got);
}

} // namespace

ssh_line::ssh_line(const way& to) : session_{::ssh_new()} {
  const int yes = 1;
  const bool no = false;
  ::ssh_options_set(session_, SSH_OPTIONS_PROCESS_CONFIG, &no);
  ::ssh_options_set(session_, SSH_OPTIONS_HOST, to.address.c_str());
  ::ssh_options_set(session_, SSH_OPTIONS_PORT, &to.port);
  ::ssh_options_set(session_, SSH_OPTIONS_USER, to.user.c_str());
  ::ssh_options_set(session_, SSH_OPTIONS_KNOWNHOSTS, to.known_hosts.c_str());
  ::ssh_options_set(session_, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, to.known_hosts.c_str());
  ::ssh_options_set(session_, SSH_OPTIONS_NODELAY, &yes);
  ::ssh_options_set(session_, SSH_OPTIONS_CIPHERS_C_S, "aes256-gcm@openssh.com");
  ::ssh_options_set(session_, SSH_OPTIONS_CIPHERS_S_C, "aes256-gcm@openssh.com");
  ::ssh_set_blocking(session_, 0);
  if (::ssh_pki_import_privkey_file(to.identity.c_str(), nullptr, nullptr, nullptr, &key_)
      != SSH_OK)
    throw std::runtime_error{"cannot read " + to.identity};
}

ssh_line::~ssh_line() {
  // As Baton does: the peer sees the connection closed, nobody waits for its answer.
  if (const int fd = ::ssh_get_fd(session_); fd >= 0)
    ::shutdown(fd, SHUT_RDWR);
  ::ssh_key_free(key_);
  ::ssh_free(session_);
}

bool ssh_line::done(int rc, const char* what) {
  if (rc == SSH_OK)
    return true;
  if (rc == SSH_AGAIN || (stage_ == stage::proving && rc == SSH_AUTH_AGAIN))
    return false;
  throw std::runtime_error{std::string{"cannot "} + what + ": " + ::ssh_get_error(session_)};
}

bool ssh_line::pass() {
  switch (stage_) {
  case stage::connecting:
    if (!done(::ssh_connect(session_), "connect"))
      return false;
    if (::ssh_session_is_known_server(session_) != SSH_KNOWN_HOSTS_OK)
      throw std::runtime_error{"another host key"};
    stage_ = stage::proving;
    return true;
  case stage::proving:
    if (!done(::ssh_userauth_publickey(session_, nullptr, key_), "log in"))
      return false;
    channel_ = ::ssh_channel_new(session_);
    stage_ = stage::opening;
    return true;
  case stage::opening:
    if (!done(::ssh_channel_open_session(channel_), "open a channel"))
      return false;
    stage_ = stage::asking;
    return true;
  case stage::asking:
    if (!done(::ssh_channel_request_exec(channel_, "exec /bin/sh"), "start a shell"))
      return false;
    stage_ = stage::open;
    return true;
  case stage::open:
    break;
  }
  return false;
}

void ssh_line::go_on(const std::function<void(std::string_view)>& heard) {
  fresh_ = false;
  while (pass()) {
  }
  if (stage_ != stage::open)
    return;
  std::array<char, piece> bytes; // NOLINT: filled by read
  for (bool moved = true; moved;) {
    moved = false;
    while (!unsent_.empty()) {
      const auto sent =
          ::ssh_channel_write(channel_, unsent_.data(), static_cast<std::uint32_t>(unsent_.size()));
      if (sent < 0)
        throw std::runtime_error{std::string{"cannot write: "} + ::ssh_get_error(session_)};
      if (sent == 0)
        break;
      unsent_.erase(0, static_cast<std::size_t>(sent));
    }
    for (const int is_stderr : {0, 1}) {
      const auto got = ::ssh_channel_read_nonblocking(
          channel_, bytes.data(), static_cast<std::uint32_t>(bytes.size()), is_stderr);
      if (got < 0)
        throw std::runtime_error{std::string{"the shell ended: "} + ::ssh_get_error(session_)};
      if (got == 0)
        continue;
      moved = true;
      if (is_stderr == 0)
        heard({bytes.data(), static_cast<std::size_t>(got)});
    }
  }
}

pollfd ssh_line::waits() {
  const int fd = ::ssh_get_fd(session_);
  if (stage_ != stage::open) {
    // Else the first open would wait for our delayed acknowledgement.
    const int yes = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
  }
  const bool pending = (::ssh_get_poll_flags(session_) & SSH_WRITE_PENDING) != 0;
  return {fd, static_cast<short>(pending ? POLLIN | POLLOUT : POLLIN), 0};
}

local_line::local_line() : child_{spawn("exec /bin/sh")} {
  ::fcntl(child_.in.get(), F_SETFL, 0); // it reads all it is sent
}

void local_line::go_on(const std::function<void(std::string_view)>& heard) {
  fresh_ = false;
  std::array<char, piece> bytes; // NOLINT: filled by read
  for (bool moved = true; moved;) {
    moved = false;
    while (!unsent_.empty()) {
      const auto sent = ::write(child_.in.get(), unsent_.data(), unsent_.size());
      if (sent < 0)
        throw std::runtime_error{"the local shell does not read"};
      unsent_.erase(0, static_cast<std::size_t>(sent));
    }
    const auto got = ::read(child_.out.get(), bytes.data(), bytes.size());
    if (got == 0)
      throw std::runtime_error{"the local shell ended"};
    if (got > 0) {
      moved = true;
      heard({bytes.data(), static_cast<std::size_t>(got)});
    }
  }
}

pollfd local_line::waits() {
  return {child_.out.get(), POLLIN, 0};
}

} // namespace baton::overhead
