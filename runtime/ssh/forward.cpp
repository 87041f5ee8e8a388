#include "runtime/ssh/forward.hpp"

#include "runtime/fault.hpp"
#include "runtime/ssh/channel_close.hpp"
#include "runtime/ssh/connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace baton::ssh {

namespace {
constexpr std::size_t pending_max = 4 * piece_max;
} // namespace

forward::forward(std::shared_ptr<reactor> loop, std::shared_ptr<connection> bastion,
                 std::string host, std::uint16_t port)
    : loop_(std::move(loop)), bastion_(std::move(bastion)), host_(std::move(host)), port_(port) {}

forward::~forward() {
  end();
}

int forward::start() {
  std::array<int, 2> pair{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()) != 0)
    return -1;
  fd_ = pair[0];
  watch_ = loop_->watch(fd_, EPOLLIN, [this](std::uint32_t) {
    if (bastion_)
      bastion_->nudge(*this);
  });
  channel_ = ::ssh_channel_new(bastion_->libssh());
  callbacks_.userdata = this;
  // The bytes stay with libssh, which bounds them, until the socket takes them.
  callbacks_.channel_data_function = [](ssh_session, ssh_channel, void*, std::uint32_t, int,
                                        void* self) {
    auto& me = *static_cast<forward*>(self);
    me.bastion_->nudge(me);
    return 0;
  };
  callbacks_.channel_eof_function = [](ssh_session, ssh_channel, void* self) {
    auto& me = *static_cast<forward*>(self);
    me.eof_ = true;
    me.bastion_->nudge(me);
  };
  callbacks_.channel_close_function = callbacks_.channel_eof_function;
  ssh_callbacks_init(&callbacks_);
  ::ssh_set_channel_callbacks(channel_, &callbacks_);
  bastion_->add(shared_from_this());
  return pair[1];
}

rider::mood forward::pump() {
  if (channel_ == nullptr)
    return mood::gone;
  if (!open_) {
    const int rc = ::ssh_channel_open_forward(channel_, host_.c_str(), port_, "127.0.0.1", 0);
    if (rc == SSH_AGAIN)
      return mood::hungry;
    if (rc != SSH_OK) {
      why_ = make_error(ec::unreachable, "it says: " + error_text(bastion_->libssh()));
      end();
      return mood::gone;
    }
    open_ = true;
    bastion_->opened();
  }
  while (to_target() || to_host()) {
  }
  if (target_gone_ || (eof_ && for_target_.empty())) {
    end();
    return mood::gone;
  }
  loop_->rearm(watch_, (for_host_.empty() ? EPOLLIN : 0U) | (for_target_.empty() ? 0U : EPOLLOUT));
  return for_host_.empty() ? mood::idle : mood::hungry;
}

bool forward::to_target() {
  bool moved = false;
  if (for_target_.size() < pending_max) {
    std::array<char, piece_max> piece{};
    const int got = ::ssh_channel_poll(channel_, 0) > 0
                        ? ::ssh_channel_read_nonblocking(channel_, piece.data(), piece.size(), 0)
                        : 0;
    if (got > 0) {
      for_target_.append(piece.data(), static_cast<std::size_t>(got));
      moved = true;
    }
  }
  if (for_target_.empty() || target_gone_)
    return moved;
  const auto sent = ::send(fd_, for_target_.data(), for_target_.size(), MSG_NOSIGNAL);
  if (sent > 0) {
    for_target_.erase(0, static_cast<std::size_t>(sent));
    return true;
  }
  if (sent < 0 && errno != EAGAIN && errno != EINTR)
    target_gone_ = true;
  return moved;
}

bool forward::to_host() {
  if (target_gone_)
    return false;
  if (for_host_.empty() && ::ssh_channel_window_size(channel_) > 0) {
    std::array<char, piece_max> piece{};
    const auto most = std::min<std::size_t>(piece.size(), ::ssh_channel_window_size(channel_));
    const auto got = ::recv(fd_, piece.data(), most, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
      target_gone_ = true;
      return false;
    }
    if (got > 0)
      for_host_.assign(piece.data(), static_cast<std::size_t>(got));
  }
  // What libssh cannot send yet stays here, where it is bounded.
  if (for_host_.empty() || (::ssh_get_status(bastion_->libssh()) & SSH_WRITE_PENDING) != 0)
    return false;
  const int sent =
      ::ssh_channel_write(channel_, for_host_.data(), static_cast<std::uint32_t>(for_host_.size()));
  if (sent <= 0)
    return false;
  for_host_.erase(0, static_cast<std::size_t>(sent));
  return true;
}

void forward::close() {
  const auto self = shared_from_this();
  const auto bastion = bastion_;
  end();
  if (bastion) {
    bastion->remove(*this);
    bastion->wake();
  }
}

void forward::lost(const error& why) {
  why_ = make_error(ec::connection_lost, "the jump host was lost: " + why.what, why.target);
  channel_ = nullptr;
  end();
}

void forward::end() {
  if (channel_ != nullptr)
    close_channel(std::exchange(channel_, nullptr), &callbacks_);
  if (fd_ >= 0) {
    loop_->forget(watch_);
    ::close(std::exchange(fd_, -1));
  }
  bastion_.reset();
}

} // namespace baton::ssh
