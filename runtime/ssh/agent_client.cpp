#include "runtime/ssh/agent_client.hpp"

#include "runtime/fault.hpp"
#include "runtime/ssh/encoding.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace baton::ssh {

namespace {

constexpr char list_keys = 11;
constexpr char keys_answer = 12;
constexpr std::size_t answer_max = 256 * 1024;
constexpr std::uint32_t keys_max = 1024;

} // namespace

agent_request::agent_request(reactor& loop, std::string socket, const std::string& message,
                             reactor::clock::time_point deadline, answer_handler done)
    : loop_(loop), socket_(std::move(socket)), done_(std::move(done)) {
  put_string(out_, message);
  deadline_ = loop_.at(deadline, [this] {
    deadline_ = 0;
    fail("gave no answer in time");
  });
  again_ = loop_.after({}, [this] {
    again_ = 0;
    connect();
  });
}

agent_request::~agent_request() {
  close();
}

void agent_request::close() {
  loop_.cancel(deadline_);
  loop_.cancel(again_);
  if (fd_ >= 0) {
    loop_.forget(watch_);
    ::close(std::exchange(fd_, -1));
  }
}

void agent_request::connect() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.size() >= sizeof address.sun_path)
    return fail("has too long a socket name");
  socket_.copy(address.sun_path, sizeof address.sun_path - 1);
  fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0)
    return fail(std::string{"has no socket: "} + std::strerror(errno));
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int why = errno;
    ::close(std::exchange(fd_, -1));
    if (why != EAGAIN)
      return fail(std::string{"cannot be reached: "} + std::strerror(why));
    // Its queue is full: a local socket says so instead of waiting.
    again_ = loop_.after(std::chrono::milliseconds{20}, [this] {
      again_ = 0;
      connect();
    });
    return;
  }
  watch_ = loop_.watch(fd_, EPOLLIN | EPOLLOUT, [this](std::uint32_t events) { on_ready(events); });
}

void agent_request::on_ready(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0 && !out_.empty()) {
    const auto sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
      return fail(std::string{"hung up: "} + std::strerror(errno));
    if (sent > 0)
      out_.erase(0, static_cast<std::size_t>(sent));
    if (out_.empty())
      loop_.rearm(watch_, EPOLLIN);
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0)
    return;
  std::array<char, 8192> piece{};
  const auto got = ::recv(fd_, piece.data(), piece.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (got <= 0)
    return fail("hung up");
  in_.append(piece.data(), static_cast<std::size_t>(got));
  std::string_view rest = in_;
  if (const auto answer = read_string(rest))
    return finish(std::string{*answer});
  if (in_.size() > answer_max)
    return fail("gave an endless answer");
}

void agent_request::fail(const std::string& why) {
  finish(fault(ec::auth_failed, "the ssh agent at " + socket_ + ' ' + why));
}

void agent_request::finish(expected<std::string> answer) {
  close();
  // The handler may destroy this.
  const auto done = std::move(done_);
  done(std::move(answer));
}

std::string agent_list_message() {
  return std::string(1, list_keys);
}

expected<std::vector<agent_key>> parse_agent_list(std::string_view answer) {
  const auto broken = [] {
    return fault(ec::auth_failed, "the ssh agent does not list its keys (is it locked?)");
  };
  if (answer.empty() || answer.front() != keys_answer)
    return broken();
  answer.remove_prefix(1);
  const auto count = read_u32(answer);
  if (!count || *count > keys_max)
    return broken();
  std::vector<agent_key> keys;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto blob = read_string(answer);
    const auto comment = read_string(answer);
    if (!blob || !comment)
      return broken();
    std::string_view inside = *blob;
    agent_key made;
    made.key.type = read_string(inside).value_or("");
    made.key.blob = *blob;
    made.comment = *comment;
    keys.push_back(std::move(made));
  }
  return keys;
}

} // namespace baton::ssh
