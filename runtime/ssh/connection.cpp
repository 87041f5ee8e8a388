#include "runtime/ssh/connection.hpp"

#include "runtime/fault.hpp"
#include "runtime/ssh/engine.hpp"
#include "runtime/ssh/forward.hpp"
#include "runtime/ssh/proxy_command.hpp"

#include <algorithm>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace baton::ssh {

namespace {

using std::chrono::milliseconds;

constexpr int turns_max = 64; // before other sessions have their turn
constexpr int silent_max = 3;

} // namespace

connection::connection(engine& owner, route how, milliseconds patience, hooks on)
    : owner_(owner), route_(std::move(how)), on_(std::move(on)), patience_(patience) {
  to_.name = route_.to.name;
}

connection::~connection() {
  close();
}

error connection::trouble(ec code, std::string what) const {
  return make_error(code, std::move(what), route_.to.name);
}

bool connection::broken() const {
  return (::ssh_get_status(session_.get()) & (SSH_CLOSED | SSH_CLOSED_ERROR)) != 0
         || ::ssh_is_connected(session_.get()) == 0 || ::ssh_get_fd(session_.get()) < 0;
}

void connection::step() {
  if (stepping_ || !session_)
    return;
  const auto self = shared_from_this();
  stepping_ = true;
  bool more = true;
  for (int i = 0; more && session_ && i < turns_max; ++i)
    more = turn();
  stepping_ = false;
  if (!session_)
    return;
  arm();
  if (more)
    wake();
}

// One round of reading, writing and going on; whether another may find something to do.
bool connection::turn() {
  const auto before = state_;
  if (quick_ack_) {
    // The first answers are short, and sshd waits for our acknowledgement with the next.
    const int yes = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
  }
  const bool io = event_ && ::ssh_event_dopoll(event_.get(), 0) >= 0;
  if (state_ == state::exchanging)
    exchange();
  else if (state_ == state::proving)
    prove();
  bool moved = io;
  if (state_ == state::ready) {
    moved = pump_riders() || moved;
    if (session_ && broken())
      fail_by_libssh(error_text(session_.get()));
  }
  return session_ && (moved || state_ != before);
}

void connection::add(const std::shared_ptr<rider>& one) {
  riders_.insert(one);
  nudge(*one);
}

void connection::nudge(rider& one) {
  if (one.queued)
    return;
  one.queued = true;
  const bool first = work_.empty();
  work_.push_back(one.shared_from_this());
  if (first)
    wake();
}

void connection::wake() {
  if (stepping_ || !session_)
    return;
  owner_.loop->post([weak = weak_from_this()] {
    if (const auto self = weak.lock())
      self->step();
  });
}

void connection::remove(rider& one) {
  riders_.erase(one.shared_from_this());
}

bool connection::pump_riders() {
  // Any call of libssh may have read and written, not only the poll of this turn: its counters
  // tell.
  if (const auto traffic = socket_counter_.in_bytes + socket_counter_.out_bytes;
      traffic != pumped_at_) {
    pumped_at_ = traffic;
    for (auto& one : std::exchange(hungry_, {}))
      nudge(*one);
  }
  const bool moved = !work_.empty();
  const auto now = std::exchange(work_, {});
  for (const auto& one : now) {
    one->queued = false;
    if (!session_ || !riders_.contains(one))
      continue;
    switch (one->pump()) {
    case rider::mood::idle:
      break;
    case rider::mood::hungry:
      hungry_.push_back(one);
      break;
    case rider::mood::gone:
      riders_.erase(one);
      break;
    }
  }
  return moved;
}

void connection::arm() {
  const bool write = (::ssh_get_poll_flags(session_.get()) & SSH_WRITE_PENDING) != 0;
  owner_.loop->rearm(watch_, write ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void connection::watch_life() {
  life_timer_ = owner_.loop->after(owner_.how.keepalive, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->life_timer_ = 0;
      self->check_life();
    }
  });
}

void connection::check_life() {
  if (state_ != state::ready)
    return;
  const bool alive = socket_counter_.in_bytes != seen_bytes_;
  seen_bytes_ = socket_counter_.in_bytes;
  silent_ = alive ? 0 : silent_ + 1;
  if (silent_ > silent_max) {
    const auto silence =
        std::chrono::duration_cast<std::chrono::seconds>(silent_max * owner_.how.keepalive);
    fail(trouble(ec::connection_lost,
                 where(to_) + " has not answered for " + std::to_string(silence.count()) + " s"));
    return;
  }
  if (!alive) {
    // The first call only takes in the answer to the one before.
    ::ssh_send_keepalive(session_.get());
    ::ssh_send_keepalive(session_.get());
    step();
  }
  if (state_ == state::ready)
    watch_life();
}

void connection::doubt(milliseconds patience) {
  if (state_ != state::ready || retry_timer_ != 0)
    return;
  ::ssh_send_keepalive(session_.get());
  ::ssh_send_keepalive(session_.get());
  wake();
  retry_timer_ =
      owner_.loop->after(patience, [weak = weak_from_this(), seen = socket_counter_.in_bytes] {
        const auto self = weak.lock();
        if (!self)
          return;
        self->retry_timer_ = 0;
        if (self->socket_counter_.in_bytes == seen)
          self->fail(
              self->trouble(ec::connection_lost, where(self->to_) + " does not answer any more"));
      });
}

void connection::fail_by_libssh(const std::string& text) {
  auto why =
      trouble(ec::connection_lost, "the ssh connection to " + where(to_) + " broke: " + text);
  add_cause(why);
  fail(std::move(why));
}

// What the way to the host has to say; the connection itself only saw its end close.
void connection::add_cause(error& why) const {
  if (forward_ && forward_->why())
    why.cause = std::make_shared<const error>(*forward_->why());
  else if (const auto said = proxy_ ? proxy_->said() : ""; !said.empty())
    why.cause = std::make_shared<const error>(
        make_error(why.code, "its ProxyCommand says: " + said, route_.to.name));
}

void connection::fail(error why) {
  if (state_ == state::over)
    return;
  const auto self = shared_from_this();
  why.target = route_.to.name;
  state_ = state::over;
  const auto riders = std::exchange(riders_, {});
  for (const auto& one : riders)
    one->lost(why);
  const auto lost = std::move(on_.lost);
  tear_down();
  on_ = {};
  owner_.loop->cancel(deadline_timer_);
  if (lost)
    lost(why);
}

void connection::close() {
  state_ = state::over;
  on_ = {};
  const auto riders = std::exchange(riders_, {});
  for (const auto& one : riders)
    one->lost(make_error(ec::cancelled, "closed", route_.to.name));
  tear_down();
  owner_.loop->cancel(deadline_timer_);
}

void connection::tear_down() {
  auto& loop = *owner_.loop;
  loop.cancel(retry_timer_);
  loop.cancel(life_timer_);
  loop.forget(watch_);
  dialer_.reset();
  login_.reset();
  work_.clear();
  hungry_.clear();
  if (event_ && session_)
    ::ssh_event_remove_session(event_.get(), session_.get());
  event_.reset();
  // Frees without a word to the peer, so without waiting for it.
  session_.reset();
  fd_ = -1;
  ticket_.reset();
  bastion_ticket_.reset();
  if (forward_) {
    forward_->close();
    forward_.reset();
  }
  proxy_.reset();
  if (const auto bastion = std::exchange(bastion_, nullptr))
    owner_.released(bastion);
}

} // namespace baton::ssh
