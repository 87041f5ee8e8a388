// How a connection comes to be: see the drawing above the class.

#include "runtime/ssh/connection.hpp"

#include "runtime/fault.hpp"
#include "runtime/ssh/engine.hpp"
#include "runtime/ssh/forward.hpp"
#include "runtime/ssh/proxy_command.hpp"
#include "runtime/ssh/verify.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace baton::ssh {

namespace {

using std::chrono::milliseconds;

constexpr int attempts_max = 5; // at an address that never let us in
constexpr int attempts_welcome = 20;
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

void connection::start() {
  const auto weak = weak_from_this();
  owner_.look_up(route_.to, for_others(), [weak](const expected<resolved_endpoint>& to) {
    if (const auto self = weak.lock(); self && self->state_ == state::resolving)
      self->resolved(to);
  });
}

void connection::start_clock() {
  if (deadline_timer_ != 0)
    return;
  deadline_ = reactor::clock::now() + patience_;
  deadline_timer_ = owner_.loop->at(deadline_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->deadline_timer_ = 0;
      self->fail(self->trouble(ec::timed_out, "no ssh connection to " + self->to_.name
                                                  + " in time: it was still " + self->doing()));
    }
  });
}

void connection::stop_clock() {
  if (deadline_timer_ == 0)
    return;
  owner_.loop->cancel(deadline_timer_);
  patience_ = deadline_ - reactor::clock::now();
}

void connection::extend(milliseconds patience) {
  if (state_ == state::ready || state_ == state::over)
    return;
  const bool running = deadline_timer_ != 0;
  stop_clock();
  patience_ = std::max<reactor::clock::duration>(patience_, patience);
  if (running)
    start_clock();
}

std::string connection::doing() const {
  switch (state_) {
  case state::jumping:
    return "waiting for the jump host " + to_.jumps.back();
  case state::dialing:
    return "connecting to " + where(to_);
  case state::exchanging:
    return "waiting for the ssh server at " + where(to_) + " to answer";
  case state::proving:
    return "waiting for " + where(to_) + ", or the ssh agent, to accept a key";
  case state::resolving:
  case state::waiting:
  case state::ready:
  case state::over:
    break;
  }
  return "waiting";
}

void connection::resolved(expected<resolved_endpoint> to) {
  if (!to) {
    fail(to.error());
    return;
  }
  to_ = std::move(*to);
  if (to_.name.empty())
    to_.name = to_.asked;
  if (route_.jumps) {
    to_.jumps = *route_.jumps;
    to_.proxy_command.clear();
  }
  if (to_.jumps.empty())
    wait_turn();
  else
    go_through_bastion();
}

void connection::go_through_bastion() {
  state_ = state::jumping;
  start_clock();
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
  bastion_ = owner_.bastion(std::move(how),
                            std::chrono::ceil<milliseconds>(deadline_ - reactor::clock::now()));
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
  stop_clock();
  address_ = to_.host + ':' + std::to_string(to_.port);
  if (for_others()) {
    admitted();
  } else if (!bastion_) {
    ticket_ = owner_.starts.enter(address_, owner_.how.starts_per_address, [this] { admitted(); });
  } else {
    const auto by = where(bastion_->to());
    address_ += " via " + by;
    bastion_ticket_ = owner_.through.enter(by, owner_.how.starts_per_bastion, [this] {
      ticket_ =
          owner_.starts.enter(address_, owner_.how.starts_per_address, [this] { admitted(); });
    });
  }
}

void connection::admitted() {
  start_clock();
  if (bastion_)
    open_forward();
  else if (!to_.proxy_command.empty())
    start_proxy_command();
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
  dialer_->start(owner_.names, {to_.host, to_.port, to_.family, to_.bind_address});
}

void connection::start_proxy_command() {
  state_ = state::dialing;
  proxy_ = std::make_unique<proxy_command>(owner_.loop);
  auto fd = proxy_->start(to_.proxy_command);
  if (fd)
    begin_session(*fd);
  else
    fail(std::move(fd.error()));
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
  const auto known =
      on_.key_seen ? std::vector<std::string>{} : owner_.hosts_of(to_).types(known_hosts_name(to_));
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
    add_cause(why);
    fail(std::move(why));
    return;
  }
  auto why = trouble(ec::unreachable, "the ssh server at " + where(to_)
                                          + " ended the connection while "
                                            "it was being made: "
                                          + text);
  add_cause(why);
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
  const auto found = owner_.hosts_of(to_).check(known_hosts_name(to_), offered);
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
    if (broken())
      not_let_in();
    break;
  case login::progress::failed:
    not_let_in();
    break;
  }
}

void connection::not_let_in() {
  auto why = login_->why(broken() ? std::optional{error_text(session_.get())} : std::nullopt);
  if (why.code == ec::unreachable)
    dropped(std::move(why)); // the line broke, and nobody has said no
  else
    fail(std::move(why));
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

void connection::dropped(error why) {
  const auto delay = back_off(attempts_++);
  const auto most = owner_.welcome.contains(address_) ? attempts_welcome : attempts_max;
  stop_clock();
  patience_ -= delay;
  if (attempts_ >= most || patience_ <= patience_.zero()) {
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

} // namespace baton::ssh
