#include "runtime/ssh/host_session.hpp"

#include "runtime/fault.hpp"
#include "runtime/ssh/engine.hpp"

#include <algorithm>
#include <utility>

namespace baton::ssh {

namespace {
constexpr int refusals_max = 6;
constexpr std::chrono::milliseconds refusal_pause{50};
} // namespace

host_session::host_session(engine& owner, std::shared_ptr<listener> to_whom)
    : owner_(owner),
      listener_(std::move(to_whom)),
      open_max_(std::max<std::size_t>(owner.how.channels_per_session, 1)) {}

void host_session::open(const endpoint& to, std::chrono::milliseconds patience) {
  name_ = to.name;
  const auto weak = weak_from_this();
  connection::hooks on;
  on.ready = [weak] {
    if (const auto self = weak.lock()) {
      self->listener_->tell(transport_event::connected{});
      self->start_next();
    }
  };
  on.lost = [weak](const error& why) {
    if (const auto self = weak.lock())
      self->lose(why);
  };
  link_ =
      std::make_shared<connection>(owner_, connection::route{to, {}, {}}, patience, std::move(on));
  link_->start();
}

void host_session::close() {
  over_ = true;
  listener_->close();
  const auto self = shared_from_this();
  if (link_)
    link_->close();
  link_.reset();
  channels_.clear();
  open_.clear();
  queue_.clear();
  owner_.loop->cancel(paused_);
  owner_.sessions.erase(self);
}

void host_session::lose(error why) {
  if (std::exchange(over_, true))
    return;
  const auto self = shared_from_this();
  const auto channels = std::exchange(channels_, {});
  for (const auto& [id, one] : channels)
    one->lost(why);
  listener_->tell(transport_event::lost{std::move(why)});
  close();
}

void host_session::run(channel_id id, std::string command, std::chrono::milliseconds deadline) {
  if (over_)
    return; // `lost` was the last word
  auto made = std::make_shared<command_channel>(*owner_.loop, id, std::move(command),
                                                [weak = weak_from_this()](transport_event_t event) {
                                                  if (const auto self = weak.lock())
                                                    self->heard(std::move(event));
                                                });
  made->on_left([weak = weak_from_this(), id] {
    if (const auto self = weak.lock())
      self->settle(id);
  });
  made->limit(deadline);
  channels_.emplace(id, std::move(made));
  queue_.push_back(id);
  start_next();
}

void host_session::heard(transport_event_t event) {
  if (auto* end = std::get_if<transport_event::ended>(&event)) {
    if (end->why && end->why->target.empty()) {
      auto why = *end->why;
      why.target = name_;
      end->why = std::make_shared<const error>(std::move(why));
    }
  }
  listener_->tell(std::move(event));
}

// A channel was told over, or has left the connection: who waits may have its place.
void host_session::settle(channel_id id) {
  const auto found = channels_.find(id);
  if (over_ || found == channels_.end())
    return;
  const auto one = found->second;
  if (one->on_connection())
    return;
  open_.erase(id);
  if (one->had_channel()) {
    had_channels_ = true;
    refusals_ = 0;
  }
  if (!one->told()) {
    refused(*one);
    if (over_)
      return;
  }
  if (one->told())
    channels_.erase(id);
  start_next();
}

void host_session::refused(command_channel& one) {
  queue_.push_front(one.id());
  // Fewer than we thought are allowed: it waits for another's end.
  open_max_ = std::max<std::size_t>(open_.size(), 1);
  if (!open_.empty())
    return;
  // No other is open, but the host may still be putting away the last one.
  if (++refusals_ < refusals_max) {
    paused_ = owner_.loop->after(refusals_ * refusal_pause, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->paused_ = 0;
        self->start_next();
      }
    });
    return;
  }
  refusals_ = 0;
  if (had_channels_) {
    // Commands that outlived their channels hold the host's places: a fresh connection has them.
    lose(make_error(ec::connection_lost, one.refusal().what + "; the session is used up", name_));
  } else {
    one.stop(one.refusal());
  }
}

void host_session::start_next() {
  if (over_ || paused_ != 0 || !link_ || !link_->ready())
    return;
  while (!queue_.empty() && open_.size() < open_max_) {
    const auto found = channels_.find(queue_.front());
    queue_.pop_front();
    if (found == channels_.end() || found->second->told())
      continue;
    open_.insert(found->first);
    found->second->start(link_);
  }
}

command_channel* host_session::find(channel_id id) {
  const auto found = channels_.find(id);
  return found == channels_.end() ? nullptr : found->second.get();
}

void host_session::write(channel_id id, std::string bytes) {
  if (auto* one = find(id))
    one->write(std::move(bytes));
}

void host_session::write_end(channel_id id) {
  if (auto* one = find(id))
    one->write_end();
}

void host_session::credit(channel_id id, std::size_t bytes) {
  if (auto* one = find(id))
    one->credit(bytes);
}

void host_session::cancel(channel_id id) {
  if (auto* one = find(id))
    one->stop(make_error(ec::cancelled, "cancelled", name_));
}

} // namespace baton::ssh
