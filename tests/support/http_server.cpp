#include "tests/support/http_server.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstdlib>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace baton {

namespace {

sockaddr_in loopback() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool receive(int socket, std::string& into) {
  std::array<char, 4096> piece{};
  const auto n = ::recv(socket, piece.data(), piece.size(), 0);
  if (n <= 0)
    return false;
  into.append(piece.data(), static_cast<std::size_t>(n));
  return true;
}

std::size_t announced(const std::string& head) {
  const auto at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
}

} // namespace

std::string http_server::visit::path() const {
  const auto begin = head.find(' ') + 1;
  return head.substr(begin, head.find(' ', begin) - begin);
}

void http_server::visit::answer(int status, std::string_view text, std::string_view headers) const {
  std::string all = "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Length: "
                    + std::to_string(text.size()) + "\r\nConnection: close\r\n";
  ((all += headers) += "\r\n") += text;
  send(all);
}

bool http_server::visit::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void http_server::visit::hold() const {
  std::string ignored;
  while (receive(socket, ignored)) {
  }
}

http_server::http_server(std::function<void(const visit&)> handler)
    : handler_{std::move(handler)}, listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  auto address = loopback();
  auto* generic = reinterpret_cast<sockaddr*>(&address); // NOLINT: the sockets' own way
  socklen_t size = sizeof address;
  if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 128) != 0
      || ::getsockname(listener_, generic, &size) != 0)
    throw std::runtime_error("no port on 127.0.0.1");
  port_ = ntohs(address.sin_port);
  door_ = std::jthread{[this] { serve(); }};
}

http_server::~http_server() {
  ::shutdown(listener_, SHUT_RDWR);
  door_.join();
  ::close(listener_);
  {
    const std::scoped_lock lock{mutex_};
    for (const int socket : open_)
      ::shutdown(socket, SHUT_RDWR);
  }
  for (auto& guest : guests_)
    guest.join();
  for (const int socket : open_)
    ::close(socket);
}

std::string http_server::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string{path};
}

void http_server::serve() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0)
      return;
    ++visits_;
    const std::scoped_lock lock{mutex_};
    open_.push_back(socket);
    guests_.emplace_back([this, socket] { attend(socket); });
  }
}

void http_server::attend(int socket) {
  std::string head;
  auto end = std::string::npos;
  while ((end = head.find("\r\n\r\n")) == std::string::npos)
    if (!receive(socket, head))
      return;
  auto body = head.substr(end + 4);
  head.resize(end + 4);
  while (body.size() < announced(head) && receive(socket, body)) {
  }
  handler_({socket, head, body});
  ::shutdown(socket, SHUT_RDWR);
}

} // namespace baton
