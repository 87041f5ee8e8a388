#include "runtime/ssh/command_channel.hpp"

#include "runtime/fault.hpp"
#include "runtime/ssh/channel_close.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace baton::ssh {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t credit_max = 1024 * 1024;
// After the exit status: how long to wait for more output, and for the end of file, before a
// grandchild is taken to hold the channel. Not counted while we keep the host waiting.
constexpr milliseconds grace_quiet{300};
constexpr milliseconds grace_max{3000};
// After a channel was stopped the host must show within this that it lives.
constexpr milliseconds doubt_patience{5000};

} // namespace

command_channel::command_channel(reactor& loop, channel_id id, std::string command, teller tell)
    : loop_(loop),
      id_(id),
      command_(std::move(command)),
      tell_(std::move(tell)),
      credit_(credit_max) {}

command_channel::~command_channel() {
  left_ = nullptr;
  loop_.cancel(deadline_);
  end();
}

void command_channel::limit(milliseconds deadline) {
  if (deadline.count() <= 0)
    return;
  deadline_ = loop_.after(deadline, [this, deadline] {
    deadline_ = 0;
    stop(make_error(ec::timed_out, "`" + command_.substr(0, 80) + "` did not end within "
                                       + std::to_string(deadline.count()) + " ms"));
  });
}

void command_channel::start(std::shared_ptr<connection> link) {
  link_ = std::move(link);
  channel_ = ::ssh_channel_new(link_->libssh());
  if (channel_ == nullptr) {
    stop(make_error(ec::internal, "libssh has no memory for a channel"));
    return;
  }
  // Called in the midst of libssh's work: they note and tell, and call nothing of libssh.
  callbacks_.userdata = this;
  callbacks_.channel_data_function = [](ssh_session, ssh_channel, void* data, std::uint32_t size,
                                        int is_stderr, void* self) {
    std::size_t taken = 0;
    static_cast<command_channel*>(self)->hear(static_cast<const char*>(data), size, is_stderr != 0,
                                              taken);
    return static_cast<int>(taken);
  };
  callbacks_.channel_eof_function = [](ssh_session, ssh_channel, void* self) {
    auto& me = *static_cast<command_channel*>(self);
    me.eof_ = true;
    me.nudge();
  };
  callbacks_.channel_close_function = [](ssh_session, ssh_channel, void* self) {
    auto& me = *static_cast<command_channel*>(self);
    me.closed_ = true;
    me.nudge();
  };
  callbacks_.channel_exit_status_function = [](ssh_session, ssh_channel, int status, void* self) {
    auto& me = *static_cast<command_channel*>(self);
    me.status_ = status;
    me.linger();
    me.nudge();
  };
  callbacks_.channel_exit_signal_function = [](ssh_session, ssh_channel, const char* signal, int,
                                               const char*, const char*, void* self) {
    auto& me = *static_cast<command_channel*>(self);
    me.signal_ = signal != nullptr && *signal != '\0' ? signal : "unknown";
    me.linger();
    me.nudge();
  };
  ssh_callbacks_init(&callbacks_);
  ::ssh_set_channel_callbacks(channel_, &callbacks_);
  step_ = step::opening;
  link_->add(shared_from_this());
}

void command_channel::write(std::string bytes) {
  if (told_ || end_wanted_)
    return;
  if (out_.empty())
    out_ = std::move(bytes);
  else
    out_ += bytes;
  nudge();
}

void command_channel::write_end() {
  end_wanted_ = true;
  nudge();
}

void command_channel::credit(std::size_t bytes) {
  credit_ = std::min(credit_max, credit_ + std::min(bytes, credit_max));
  nudge();
}

void command_channel::stop(error why) {
  if (told_)
    return;
  const auto self = shared_from_this();
  tell_end({}, {}, std::make_shared<const error>(std::move(why)));
  if (step_ == step::running && channel_ != nullptr && link_ && link_->ready())
    // As when a terminal goes away: else the command might live on and keep one of the few
    // sessions that sshd allows on a connection.
    ::ssh_channel_request_send_signal(channel_, "HUP");
  if (link_ && link_->ready()) {
    link_->doubt(doubt_patience);
    nudge();
  }
}

rider::mood command_channel::pump() {
  if (step_ == step::opening)
    if (const auto how = open(); step_ != step::requesting)
      return how;
  if (told_) {
    end();
    return mood::gone;
  }
  if (step_ == step::requesting)
    if (const auto how = request(); step_ != step::running)
      return how;
  if (step_ != step::running)
    return mood::gone;
  drain();
  if (finished()) {
    if (status_ || !signal_.empty())
      tell_end(signal_.empty() ? status_ : std::nullopt, signal_, nullptr);
    else
      tell_end({}, {},
               std::make_shared<const error>(make_error(
                   ec::connection_lost, "the host closed the channel of `" + command_.substr(0, 80)
                                            + "` without saying how the command ended")));
    end();
    return mood::gone;
  }
  send();
  return out_.empty() ? mood::idle : mood::hungry;
}

rider::mood command_channel::open() {
  const int rc = ::ssh_channel_open_session(channel_);
  if (rc == SSH_AGAIN)
    return mood::hungry;
  if (rc != SSH_OK) {
    const auto text = error_text(link_->libssh());
    if (link_->broken())
      return mood::hungry; // the connection says so itself
    refusal_ =
        make_error(ec::unreachable, where(link_->to()) + " refused to open a channel: " + text);
    end();
    return mood::gone;
  }
  link_->opened();
  had_channel_ = true;
  step_ = step::requesting;
  return mood::hungry;
}

rider::mood command_channel::request() {
  const int rc = ::ssh_channel_request_exec(channel_, command_.c_str());
  if (rc == SSH_AGAIN)
    return mood::hungry;
  if (rc == SSH_OK) {
    step_ = step::running;
    return mood::idle;
  }
  const auto text = error_text(link_->libssh());
  if (link_->broken())
    return mood::hungry;
  tell_end({}, {},
           std::make_shared<const error>(make_error(
               ec::unreachable, where(link_->to()) + " refused to run a command: " + text)));
  end();
  return mood::gone;
}

void command_channel::send() {
  while (sent_ < out_.size() && !closed_) {
    // What libssh cannot send yet would only pile up in it.
    const std::size_t window = ::ssh_channel_window_size(channel_);
    if (window == 0 || (::ssh_get_status(link_->libssh()) & SSH_WRITE_PENDING) != 0)
      return;
    const auto size = std::min({out_.size() - sent_, window, piece_max});
    const int taken =
        ::ssh_channel_write(channel_, out_.data() + sent_, static_cast<std::uint32_t>(size));
    if (taken <= 0)
      break;
    sent_ += static_cast<std::size_t>(taken);
  }
  if (sent_ == out_.size() || closed_) {
    out_.clear();
    sent_ = 0;
  } else if (sent_ > credit_max) {
    out_.erase(0, std::exchange(sent_, 0));
  }
  if (end_wanted_ && out_.empty() && !end_sent_ && !closed_) {
    end_sent_ = true;
    ::ssh_channel_send_eof(channel_);
  }
}

void command_channel::hear(const char* bytes, std::size_t size, bool is_stderr,
                           std::size_t& taken) {
  auto& before = unread_of_[is_stderr ? 1 : 0];
  if (told_) {
    taken = size;
    return;
  }
  // libssh shows again what was left of this stream.
  const auto fresh = size - std::min(before, size);
  if (unread_.empty()) {
    taken = std::min(fresh, credit_);
    emit(bytes, taken, is_stderr);
  }
  if (const auto left = fresh - taken; left > 0) {
    if (!unread_.empty() && unread_.back().is_stderr == is_stderr)
      unread_.back().size += left;
    else
      unread_.push_back({is_stderr, left});
    before += left;
  }
}

void command_channel::drain() {
  while (!unread_.empty() && credit_ > 0) {
    auto& first = unread_.front();
    std::array<char, piece_max> piece{};
    const auto size = std::min({first.size, credit_, piece.size()});
    const int got = ::ssh_channel_read_nonblocking(
        channel_, piece.data(), static_cast<std::uint32_t>(size), first.is_stderr ? 1 : 0);
    if (got <= 0)
      return;
    const auto count = static_cast<std::size_t>(got);
    unread_of_[first.is_stderr ? 1 : 0] -= count;
    const bool is_stderr = first.is_stderr;
    first.size -= count;
    if (first.size == 0)
      unread_.pop_front();
    emit(piece.data(), count, is_stderr);
  }
}

void command_channel::emit(const char* bytes, std::size_t size, bool is_stderr) {
  credit_ -= size;
  for (std::size_t at = 0; at < size; at += piece_max)
    tell_(transport_event::output{id_, is_stderr,
                                  std::string{bytes + at, std::min(piece_max, size - at)}});
  if (status_ || !signal_.empty())
    linger();
}

void command_channel::linger() {
  const auto now = reactor::clock::now();
  if (grace_end_ == reactor::clock::time_point{})
    grace_end_ = now + grace_max;
  loop_.cancel(grace_);
  const auto quiet = now + grace_quiet;
  grace_ = loop_.at(std::min(quiet, std::max(grace_end_, now)), [this] {
    grace_ = 0;
    if (credit_ == 0 || !unread_.empty()) {
      // The host waits for us: that is not its silence.
      grace_end_ = {};
      linger();
      return;
    }
    grace_over_ = true;
    nudge();
  });
}

bool command_channel::finished() const {
  if (!unread_.empty())
    return false;
  return closed_ || ((status_ || !signal_.empty()) && (eof_ || grace_over_));
}

void command_channel::tell_end(std::optional<int> status, std::string signal,
                               std::shared_ptr<const error> why) {
  if (std::exchange(told_, true))
    return;
  loop_.cancel(deadline_);
  loop_.cancel(grace_);
  tell_(transport_event::ended{id_, status, std::move(signal), std::move(why)});
  settle_later();
}

void command_channel::lost(const error& why) {
  const auto self = shared_from_this();
  channel_ = nullptr;
  step_ = step::over;
  // What is known before the end of the connection is not lost with it.
  if (unread_.empty() && (status_ || !signal_.empty()))
    tell_end(signal_.empty() ? status_ : std::nullopt, signal_, nullptr);
  else
    tell_end({}, {}, std::make_shared<const error>(why));
  end();
}

void command_channel::end() {
  step_ = step::over;
  if (told_)
    loop_.cancel(deadline_);
  loop_.cancel(grace_);
  if (channel_ != nullptr)
    close_channel(std::exchange(channel_, nullptr), &callbacks_);
  link_.reset();
  settle_later();
}

void command_channel::settle_later() {
  if (left_)
    loop_.post(left_);
}

void command_channel::nudge() {
  if (link_ && step_ != step::over)
    link_->nudge(*this);
}

} // namespace baton::ssh
