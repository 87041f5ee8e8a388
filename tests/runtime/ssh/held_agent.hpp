#pragma once

#include "runtime/ssh/encoding.hpp"
#include "tests/support/temp_folder.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace baton {

/// Stands before a real ssh agent and hands everything on, but holds requests to sign back, as one
/// does that asks its owner first, until it is let go.
class held_agent {
public:
  explicit held_agent(std::string real) : real_{std::move(real)}, listener_{socket_at(nullptr)} {
    const auto at = address(socket());
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at);
    ::listen(listener_, 16);
    threads_.emplace_back([this] { accept_all(); });
  }
  held_agent(const held_agent&) = delete;
  held_agent& operator=(const held_agent&) = delete;
  ~held_agent() {
    let_go();
    ::shutdown(listener_, SHUT_RDWR); // wakes accept
    threads_.front().join();
    {
      const std::lock_guard lock{mutex_};
      for (const int one : clients_)
        ::shutdown(one, SHUT_RDWR);
    }
    for (std::size_t i = 1; i < threads_.size(); ++i)
      threads_[i].join();
    for (const int one : clients_)
      ::close(one);
    ::close(listener_);
  }

  std::string socket() const { return (folder_ / "held").string(); }

  void let_go() {
    const std::lock_guard lock{mutex_};
    free_ = true;
    change_.notify_all();
  }
  /// Waits until somebody wants a signature.
  bool is_asked() {
    std::unique_lock lock{mutex_};
    return change_.wait_for(lock, std::chrono::seconds{20}, [&] { return asked_; });
  }

private:
  static constexpr char sign_request = 13;

  static sockaddr_un address(const std::string& path) {
    sockaddr_un made{};
    made.sun_family = AF_UNIX;
    path.copy(made.sun_path, sizeof made.sun_path - 1);
    return made;
  }
  static int socket_at(const std::string* path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (path != nullptr) {
      const auto to = address(*path);
      ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
    return fd;
  }
  /// One message with its length before it; nothing at the end.
  static std::optional<std::string> read_message(int fd) {
    std::string bytes(4, '\0');
    if (::recv(fd, bytes.data(), 4, MSG_WAITALL) != 4)
      return {};
    std::string_view head = bytes;
    const auto size = *ssh::read_u32(head);
    bytes.resize(4 + size);
    if (::recv(fd, bytes.data() + 4, size, MSG_WAITALL) != static_cast<ssize_t>(size))
      return {};
    return bytes;
  }

  void accept_all() {
    for (int fd = 0; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      const std::lock_guard lock{mutex_};
      clients_.push_back(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }
  void serve(int client) {
    const int agent = socket_at(&real_);
    while (const auto request = read_message(client)) {
      if (request->size() > 4 && (*request)[4] == sign_request) {
        std::unique_lock lock{mutex_};
        asked_ = true;
        change_.notify_all();
        change_.wait(lock, [&] { return free_; });
      }
      ::send(agent, request->data(), request->size(), MSG_NOSIGNAL);
      const auto answer = read_message(agent);
      if (!answer || ::send(client, answer->data(), answer->size(), MSG_NOSIGNAL) < 0)
        break;
    }
    ::close(agent);
  }

  temp_folder folder_;
  std::string real_;
  int listener_;
  std::mutex mutex_;
  std::condition_variable change_;
  bool free_ = false;
  bool asked_ = false;
  std::vector<int> clients_;
  std::vector<std::thread> threads_;
};

} // namespace baton
