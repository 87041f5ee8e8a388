#include "runtime/ssh/connection.hpp"

#include "runtime/fault.hpp"
#include "runtime/ssh/engine.hpp"
#include "runtime/ssh/forward.hpp"
#include "runtime/ssh/verify.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace baton::ssh {

namespace {

using std::chrono::milliseconds;

constexpr int turns_max = 64;   // before other sessions have their turn
constexpr int depth_max = 8;    // jump hosts in a chain
constexpr int attempts_max = 5; // at an address that never let us in
constexpr int attempts_welcome = 20;
constexpr int silent_max = 3;
constexpr milliseconds back_off_first{100};
constexpr milliseconds back_off_max{2000};

milliseconds back_off(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto full = std::min(back_off_max, back_off_first * (1 << std::min(attempt, 5)));
  return milliseconds{
      std::uniform_int_distribution<std::int64_t>{full.count() / 2, full.count()}(random)};
}

// What serves many hosts at once should use the cheapest cipher both sides have.
constexpr const char* ciphers = "aes256-gcm@openssh.com,aes128-gcm@openssh.com,"
                                "chacha20-poly1305@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr";

void set_nonblocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

} // namespace

connection::connection(engine& owner, route how, reactor::clock::time_point deadline, hooks on)
    : owner_(owner),
      route_(std::move(how)),
      on_(std::move(on)),
      begun_(reactor::clock::now()),
      deadline_(deadline) {
  to_.name = route_.to.name;
}

connection::~connection() {
  close();
}

void connection::start() {
  extend(deadline_);
  const auto weak = weak_from_this();
  owner_.look_up(route_.to, [weak](const expected<resolved_endpoint>& to) {
    if (const auto self = weak.lock(); self && self->state_ == state::resolving)
      self->resolved(to);
  });
}

void connection::extend(reactor::clock::time_point deadline) {
  if (state_ == state::ready || state_ == state::over)
    return;
  deadline_ = std::max(deadline_, deadline);
  owner_.loop->cancel(deadline_timer_);
  deadline_timer_ = owner_.loop->at(deadline_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->deadline_timer_ = 0;
      const auto waited =
          std::chrono::duration_cast<milliseconds>(reactor::clock::now() - self->begun_);
      self->fail(self->trouble(ec::timed_out, "no ssh connection to " + self->to_.name + " within "
                                                  + std::to_string(waited.count())
                                                  + " ms: it was still " + self->doing()));
    }
  });
}

std::string connection::doing() const {
  switch (state_) {
  case state::resolving:
    return "asking the ssh config";
  case state::waiting:
    return attempts_ > 0 ? "being dropped (" + std::to_string(attempts_) + " times)"
                         : "waiting for its turn";
  case state::jumping:
    return "waiting for the jump host " + to_.jumps.back();
  case state::dialing:
    return "connecting to " + where(to_);
  case state::exchanging:
    return "waiting for the ssh server at " + where(to_) + " to answer";
  case state::proving:
    return "waiting for " + where(to_) + ", or the ssh agent, to accept a key";
  case state::ready:
  case state::over:
    break;
  }
  return "open";
}

error connection::trouble(ec code, std::string what) const {
  return make_error(code, std::move(what), route_.to.name);
}

void connection::resolved(expected<resolved_endpoint> to) {
  if (!to) {
    fail(to.error());
    return;
  }
  to_ = std::move(*to);
  if (to_.name.empty())
    to_.name = to_.asked;
  if (route_.jumps)
    to_.jumps = *route_.jumps;
  if (to_.jumps.empty())
    wait_turn();
  else
    go_through_bastion();
}

void connection::go_through_bastion() {
  state_ = state::jumping;
  auto hop = parse_hop(to_.jumps.back(), owner_.how);
  if (!hop) {
    hop.error().target = to_.name;
    fail(std::move(hop.error()));
    return;
  }
  route how{std::move(*hop), {}, route_.chain};
  // The hops before the last one are the way to it; alone, its own ssh config says the way.
  if (to_.jumps.size() > 1)
    how.jumps = std::vector<std::string>(to_.jumps.begin(), to_.jumps.end() - 1);
  bastion_ = owner_.bastion(std::move(how), deadline_);
  if (!bastion_) {
    fail(trouble(ec::config_invalid, "the jump hosts of " + to_.name + " go in a circle at "
                                         + to_.jumps.back() + ": mend ProxyJump or `jump`"));
    return;
  }
  owner_.when_ready(bastion_, weak_from_this(), [this](const error* why) {
    if (state_ != state::jumping)
      return;
    if (why == nullptr) {
      wait_turn();
      return;
    }
    auto mine = trouble(why->code, "the jump host " + to_.jumps.back() + " of " + to_.name
                                       + " cannot be used");
    mine.retryable = why->retryable;
    mine.cause = std::make_shared<const error>(*why);
    fail(std::move(mine));
  });
}

void connection::wait_turn() {
  if (bastion_ && bastion_->over()) {
    go_through_bastion();
    return;
  }
  state_ = state::waiting;
  address_ = to_.host + ':' + std::to_string(to_.port);
  if (!bastion_) {
    ticket_ = owner_.starts.enter(address_, owner_.how.starts_per_address, [this] { admitted(); });
    return;
  }
  const auto by = where(bastion_->to());
  address_ += " via " + by;
  bastion_ticket_ = owner_.through.enter(by, owner_.how.starts_per_bastion, [this] {
    ticket_ = owner_.starts.enter(address_, owner_.how.starts_per_address, [this] { admitted(); });
  });
}

void connection::admitted() {
  if (bastion_)
    open_forward();
  else
    dial();
}

void connection::dial() {
  state_ = state::dialing;
  dialer_ = std::make_shared<dialer>(owner_.loop, [this](expected<int> fd) {
    const auto failed = dialer_->name_failed();
    dialer_.reset();
    if (fd) {
      direct_ = true;
      begin_session(*fd);
      return;
    }
    auto why = trouble(fd.error().code, fd.error().what);
    if (failed && to_.guessed)
      why.what = to_.name + ": `" + to_.asked
                 + "` is not in your ssh config and cannot be looked up (" + fd.error().what
                 + "): set `address`, or add it to the ssh config";
    fail(std::move(why));
  });
  dialer_->start(owner_.helpers, to_.host, to_.port, to_.family);
}

void connection::open_forward() {
  if (bastion_->over()) {
    ticket_.reset();
    bastion_ticket_.reset();
    go_through_bastion();
    return;
  }
  state_ = state::dialing;
  forward_ = std::make_shared<forward>(owner_.loop, bastion_, to_.host, to_.port);
  const int fd = forward_->start();
  if (fd < 0) {
    fail(trouble(ec::internal, "no socket pair for the way through " + to_.jumps.back()));
    return;
  }
  begin_session(fd);
}

void connection::begin_session(int fd) {
  fd_ = fd;
  state_ = state::exchanging;
  session_.reset(::ssh_new());
  if (!session_) {
    ::close(fd);
    fail(trouble(ec::internal, "libssh has no memory for a session"));
    return;
  }
  auto* session = session_.get();
  const bool no = false;
  const unsigned port = to_.port;
  const auto known = on_.key_seen ? std::vector<std::string>{}
                                  : owner_.hosts_in(to_.known_hosts).types(known_hosts_name(to_));
  const auto algorithms = host_key_algorithms(known);
  // Without this libssh would read the ssh config in its own, different way.
  ::ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &no);
  bool fine = ::ssh_options_set(session, SSH_OPTIONS_HOST, to_.host.c_str()) == SSH_OK
              && ::ssh_options_set(session, SSH_OPTIONS_PORT, &port) == SSH_OK
              && ::ssh_options_set(session, SSH_OPTIONS_USER, to_.user.c_str()) == SSH_OK
              && ::ssh_options_set(session, SSH_OPTIONS_HOSTKEYS, algorithms.c_str()) == SSH_OK
              && ::ssh_options_set(session, SSH_OPTIONS_CIPHERS_C_S, ciphers) == SSH_OK
              && ::ssh_options_set(session, SSH_OPTIONS_CIPHERS_S_C, ciphers) == SSH_OK;
  const auto text = error_text(session);
  fine = ::ssh_options_set(session, SSH_OPTIONS_FD, &fd) == SSH_OK && fine;
  if (!fine) {
    ::close(fd);
    fail(trouble(ec::config_invalid, "libssh cannot take " + where(to_) + ": " + text));
    return;
  }
  ::ssh_set_blocking(session, 0);
  socket_counter_ = {};
  raw_counter_ = {};
  ::ssh_set_counters(session, &socket_counter_, &raw_counter_);
  quick_ack_ = direct_;
  watch_ = owner_.loop->watch(fd_, EPOLLIN | EPOLLOUT, [weak = weak_from_this()](std::uint32_t) {
    if (const auto self = weak.lock())
      self->step();
  });
  step();
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

void connection::exchange() {
  const int rc = ::ssh_connect(session_.get());
  if (::ssh_get_fd(session_.get()) == fd_)
    set_nonblocking(fd_); // libssh has made it blocking
  if (!event_) {
    event_.reset(::ssh_event_new());
    ::ssh_event_add_session(event_.get(), session_.get());
  }
  if (rc == SSH_OK) {
    check_host_key();
    return;
  }
  const auto text = error_text(session_.get());
  if (rc == SSH_AGAIN && !broken())
    return;
  if (forward_ && forward_->why()) {
    auto why = trouble(ec::unreachable,
                       "the jump host " + to_.jumps.back() + " cannot reach " + where(to_));
    why.cause = std::make_shared<const error>(*forward_->why());
    fail(std::move(why));
    return;
  }
  auto why = trouble(ec::unreachable, "the ssh server at " + where(to_)
                                          + " ended the connection while "
                                            "it was being made: "
                                          + text);
  // A reset or a close is what a server at its MaxStartups does; a word of refusal is not.
  if (text.find("Socket error") != std::string::npos)
    dropped(std::move(why));
  else
    fail(std::move(why));
}

void connection::check_host_key() {
  ssh_key raw = nullptr;
  if (::ssh_get_server_publickey(session_.get(), &raw) != SSH_OK) {
    fail(
        trouble(ec::unreachable, where(to_) + " shows no host key: " + error_text(session_.get())));
    return;
  }
  const key_ptr key{raw};
  const auto offered = public_part(key.get());
  const auto found = owner_.hosts_in(to_.known_hosts).check(known_hosts_name(to_), offered);
  if (on_.key_seen) {
    const auto seen = std::move(on_.key_seen);
    close();
    seen(to_, offered, found);
    return;
  }
  if (auto fine = verify(found, offered, to_); !fine) {
    fail(std::move(fine.error()));
    return;
  }
  state_ = state::proving;
  login_ = std::make_unique<login>(*owner_.loop, owner_.identities, to_, deadline_,
                                   owner_.how.agent_deadline, [this] { step(); });
}

void connection::prove() {
  switch (login_->step(session_.get())) {
  case login::progress::done:
    become_ready();
    break;
  case login::progress::again:
    if (broken()) {
      const auto text = error_text(session_.get());
      fail(login_->why(text));
    }
    break;
  case login::progress::failed:
    fail(login_->why(broken() ? error_text(session_.get()) : ""));
    break;
  }
}

void connection::become_ready() {
  state_ = state::ready;
  login_.reset();
  owner_.loop->cancel(deadline_timer_);
  ticket_.reset();
  bastion_ticket_.reset();
  owner_.welcome.insert(address_);
  watch_life();
  if (on_.ready)
    on_.ready();
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

void connection::dropped(error why) {
  const auto delay = back_off(attempts_++);
  const auto most = owner_.welcome.contains(address_) ? attempts_welcome : attempts_max;
  if (attempts_ >= most || reactor::clock::now() + delay >= deadline_) {
    if (attempts_ > 1)
      why.what += " (" + std::to_string(attempts_) + " attempts)";
    fail(std::move(why));
    return;
  }
  owner_.starts.dropped(address_);
  const auto bastion = bastion_;
  tear_down();
  bastion_ = bastion;
  state_ = state::waiting;
  retry_timer_ = owner_.loop->after(delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->retry_timer_ = 0;
      self->wait_turn();
    }
  });
}

void connection::fail_by_libssh(const std::string& text) {
  auto why =
      trouble(ec::connection_lost, "the ssh connection to " + where(to_) + " broke: " + text);
  if (forward_ && forward_->why())
    why.cause = std::make_shared<const error>(*forward_->why());
  fail(std::move(why));
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
  if (auto bastion = std::exchange(bastion_, nullptr))
    owner_.released(std::move(bastion));
}

} // namespace baton::ssh
