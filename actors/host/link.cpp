#include "actors/host/link.hpp"

#include "runtime/fault.hpp"
#include "runtime/process.hpp"

#include <utility>

namespace baton {

namespace {

/// A pending request without any answer for so long means: the peer is gone or wedged.
constexpr duration silence_max{30'000};
constexpr duration watch_interval{5'000};
constexpr duration suspect_connect{800};
constexpr duration suspect_pause{10'000};
/// For the control shell to say that it is ready, once the channel is open.
constexpr duration ready_slack{5'000};
constexpr std::size_t noise_max = 1024;
/// So often a connection may break before it could be used, each time after a longer pause.
constexpr int openings_max = 3;
constexpr duration opening_pause{200};

} // namespace

link::link(std::shared_ptr<transport> over, options how, timers clock,
           std::function<void(std::function<void()>)> post)
    : over_{std::move(over)},
      how_{std::move(how)},
      clock_{std::move(clock)},
      post_{std::move(post)} {}

link::~link() {
  alive_.reset();
  session_.reset(); // nothing is heard any more
  if (shell_)
    shell_->lost(make_error(ec::cancelled, "the connection was closed", how_.to.name));
}

const char* link::shell_command() const {
  return how_.to.sudo ? "exec sudo -n /bin/sh" : "exec /bin/sh";
}

void link::when_ready(std::function<void(expected<void>)> then) {
  if (state_ == state::ready) {
    then({});
    return;
  }
  if (refused_with_ && clock_.now() < refuse_until_) {
    then(tl::unexpected<error>{*refused_with_});
    return;
  }
  waiting_.push_back(std::move(then));
  if (state_ == state::closed)
    open();
}

duration link::patience() const {
  return suspected_ ? suspect_connect : how_.connect_deadline;
}

void link::open() {
  state_ = state::opening;
  const auto generation = ++generation_;
  std::weak_ptr<int> alive = alive_;
  session_ = over_->open(
      how_.to,
      [this, alive, generation, post = post_](transport_event_t what) {
        post([this, alive, generation, what = std::move(what)]() mutable {
          if (!alive.expired())
            on_event(generation, std::move(what));
        });
      },
      patience());
}

bool link::open_again(const error& why) {
  if (state_ != state::opening || why.code != ec::connection_lost || suspected_
      || ++broken_openings_ >= openings_max)
    return false;
  const auto generation = ++generation_;
  session_.reset();
  if (auto shell = std::move(shell_))
    shell->lost(why);
  clock_.later(broken_openings_ * opening_pause,
               [this, alive = std::weak_ptr<int>{alive_}, generation] {
                 if (!alive.expired() && generation == generation_ && state_ == state::opening)
                   open();
               });
  return true;
}

void link::on_event(std::uint64_t generation, transport_event_t what) {
  if (generation != generation_ || state_ == state::closed)
    return;
  last_heard_ = clock_.now();
  if (std::holds_alternative<transport_event::connected>(what)) {
    on_connected();
  } else if (auto* output = std::get_if<transport_event::output>(&what)) {
    session_->credit(output->channel, output->bytes.size());
    if (output->is_stderr) {
      if (output->channel == control_)
        keep_noise(output->bytes);
    } else if (output->channel == control_) {
      if (state_ == state::opening)
        keep_noise(output->bytes); // `This account is currently not available.`
      shell_->feed(output->bytes);
      if (shell_ && shell_->broken())
        drop(*shell_->broken());
    } else if (auto found = channels_.find(output->channel); found != channels_.end()) {
      found->second.on_output(output->bytes);
    }
  } else if (auto* ended = std::get_if<transport_event::ended>(&what)) {
    on_ended(*ended);
  } else if (auto* lost = std::get_if<transport_event::lost>(&what)) {
    if (!open_again(lost->why))
      drop(lost->why);
  }
}

void link::on_connected() {
  shell_ = std::make_unique<control_shell>(
      control_shell::options{how_.state_dir, random_nonce(), how_.to.name});
  shell_->on_step_over([this](const std::string& id) {
    if (on_step_over)
      on_step_over(id);
  });
  noise_.clear();
  not_ready_.reset();
  clock_.later(patience() + ready_slack,
               [this, alive = std::weak_ptr<int>{alive_}, generation = generation_] {
                 if (!alive.expired() && generation == generation_ && state_ == state::opening)
                   drop(make_error(ec::unreachable,
                                   "the shell on " + how_.to.name
                                       + " did not become ready; does its login hang?",
                                   how_.to.name));
               });
  control_ = session_->run(shell_command(), duration::zero());
  const auto generation = generation_;
  send(shell_->bootstrap([this, generation](const expected<shell_facts>& facts) {
    if (generation != generation_ || state_ != state::opening)
      return;
    if (!facts)
      not_ready_ = facts.error(); // the shell may end before we come to say it
    std::weak_ptr<int> alive = alive_;
    // Not from inside the shell's callback: what follows may destroy it.
    post_([this, alive, generation, facts] {
      if (alive.expired() || generation != generation_ || state_ != state::opening)
        return;
      if (!facts) {
        drop(facts.error());
        return;
      }
      facts_ = *facts;
      state_ = state::ready;
      broken_openings_ = 0;
      suspected_ = false;
      refused_with_.reset();
      watch(generation_);
      settle(std::exchange(waiting_, {}), {});
    });
  }));
}

/// Notices a peer that has stopped answering.
void link::watch(std::uint64_t generation) {
  std::weak_ptr<int> alive = alive_;
  clock_.later(watch_interval, [this, alive, generation] {
    if (alive.expired() || generation != generation_ || state_ != state::ready)
      return;
    if (shell_->pending() > 0 && clock_.now() - last_heard_ > silence_max) {
      drop(make_error(ec::connection_lost, how_.to.name + " has stopped answering", how_.to.name));
      return;
    }
    watch(generation);
  });
}

void link::keep_noise(std::string_view bytes) {
  noise_ += bytes;
  if (noise_.size() > 2 * noise_max)
    noise_.erase(0, noise_.size() - noise_max);
}

error link::shell_ended(const transport_event::ended& how) const {
  // Asking sudo again and again would help nobody, and might lock the account.
  const bool by_sudo = how_.to.sudo && state_ == state::opening;
  auto what = (by_sudo ? "sudo on " : "the shell on ") + how_.to.name + " ended"
              + (how.signal.empty() ? "" : " by SIG" + how.signal)
              + (how.status ? " with status " + std::to_string(*how.status) : "");
  if (const auto said = last_lines(noise_); !said.empty())
    what += ": " + said;
  if (by_sudo)
    what += "; it must run /bin/sh without a password (NOPASSWD in sudoers)";
  else if (state_ == state::opening)
    what += "; a login must lead to /bin/sh: ssh " + how_.to.name
            + " 'exec /bin/sh' </dev/null must come back silently";
  return make_error(by_sudo ? ec::auth_failed : ec::connection_lost, std::move(what), how_.to.name);
}

void link::on_ended(const transport_event::ended& what) {
  if (what.channel == control_) {
    if (what.why && !not_ready_ && open_again(*what.why))
      return; // not the shell has ended, but its connection
    drop(not_ready_ ? *not_ready_ : what.why ? *what.why : shell_ended(what));
    return;
  }
  auto found = channels_.find(what.channel);
  if (found == channels_.end())
    return;
  auto hooks = std::move(found->second);
  channels_.erase(found);
  hooks.on_end(what);
}

void link::send(std::string bytes) {
  if (session_ && !bytes.empty())
    session_->write(control_, std::move(bytes));
}

channel_id link::open_channel(channel_hooks hooks, duration deadline) {
  const auto id = session_->run(shell_command(), deadline);
  channels_[id] = std::move(hooks);
  return id;
}

void link::write(channel_id channel, std::string bytes) {
  if (session_)
    session_->write(channel, std::move(bytes));
}

void link::write_end(channel_id channel) {
  if (session_)
    session_->write_end(channel);
}

void link::close(channel_id channel) {
  channels_.erase(channel);
  if (session_)
    session_->cancel(channel);
}

void link::settle(const std::vector<ready_callback>& waiting, const expected<void>& how) {
  for (const auto& then : waiting)
    then(how);
}

void link::drop(const error& why) {
  if (state_ == state::closed)
    return;
  state_ = state::closed;
  broken_openings_ = 0;
  ++generation_;
  session_.reset();
  if (suspected_) {
    refused_with_ = why;
    refuse_until_ = clock_.now() + suspect_pause;
  }
  auto shell = std::move(shell_);
  auto channels = std::exchange(channels_, {});
  const auto waiting = std::exchange(waiting_, {}); // who asks from here on asks for the next one
  if (shell)
    shell->lost(why);
  transport_event::ended end{0, std::nullopt, "", std::make_shared<const error>(why)};
  for (auto& [id, hooks] : channels) {
    end.channel = id;
    hooks.on_end(end);
  }
  settle(waiting, tl::unexpected<error>{why});
}

void link::renew() {
  drop(make_error(ec::connection_lost, how_.to.name + " was rewound", how_.to.name));
}

void link::suspect() {
  suspected_ = true;
  const auto generation = generation_;
  std::weak_ptr<int> alive = alive_;
  // Not at once: this may be called from inside an answer of the shell.
  post_([this, alive, generation] {
    if (alive.expired() || generation != generation_)
      return;
    drop(make_error(ec::unreachable, how_.to.name + " does not answer", how_.to.name));
    refused_with_.reset(); // the next one may try, briefly
  });
}

} // namespace baton
