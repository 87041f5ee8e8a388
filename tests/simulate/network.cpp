#include "tests/simulate/network.hpp"

#include "tests/simulate/machine.hpp"
#include "tests/simulate/world.hpp"

#include <algorithm>
#include <utility>

namespace baton::simulate {

namespace {

error plain_error(ec code, std::string what, const std::string& target) {
  auto made = baton::unexpected(code, std::move(what)).value();
  made.target = target;
  return made;
}

class simulated_session : public session {
public:
  explicit simulated_session(std::shared_ptr<connection> over) : over_{std::move(over)} {}
  ~simulated_session() override {
    if (over_)
      over_->close();
  }

  channel_id run(std::string, std::chrono::milliseconds) override {
    return over_ ? over_->run() : 1;
  }
  void write(channel_id channel, std::string bytes) override {
    if (over_)
      over_->write(channel, std::move(bytes));
  }
  void write_end(channel_id) override {}
  void credit(channel_id, std::size_t) override {}
  void cancel(channel_id channel) override {
    if (over_)
      over_->cancel(channel);
  }

private:
  std::shared_ptr<connection> over_; ///< null: of a dead process
};

} // namespace

connection::connection(world& in, machine& to, transport_sink sink, std::string name, bool is_local)
    : in_{in}, to_{to}, sink_{std::move(sink)}, name_{std::move(name)}, is_local_{is_local} {
  auto luck = in_.luck.of("line/" + name_);
  if (!is_local_) {
    latency_ = luck.one_in(5) ? luck.between(50, 250) : luck.between(1, 30);
    spread_ = luck.one_in(3) ? luck.between(1, 100) : 1;
  }
}

duration connection::takes() {
  if (is_local_)
    return duration{0};
  const auto mixed = dice{sent_++ * 2654435761U + static_cast<std::uint64_t>(latency_)}.draw();
  return duration{latency_ + static_cast<int>(mixed % static_cast<unsigned>(spread_ + 1))};
}

void connection::refuse(duration wait, const std::string& why, ec code) {
  is_dead_ = true;
  in_.clock.after(wait, [self = shared_from_this(), why, code] {
    self->to_client(transport_event::lost{plain_error(code, why, self->to_.name())});
  });
}

void connection::open(duration deadline) {
  if (!to_.is_reachable()) {
    to_.note_trouble();
    const bool at_once = to_.is_up() && to_.refuses_quickly();
    refuse(at_once ? takes() : deadline, to_.name() + " cannot be reached", ec::unreachable);
    return;
  }
  to_.connections.insert(this);
  const auto greeted = to_.heard_at(in_.clock.now() + takes() * 3);
  if (greeted - in_.clock.now() > deadline) {
    to_.note_trouble();
    to_.connections.erase(this);
    refuse(deadline, to_.name() + " does not answer", ec::unreachable);
    return;
  }
  in_.clock.after(greeted - in_.clock.now(), [self = shared_from_this()] {
    if (self->is_dead_)
      return;
    self->is_open_ = true;
    self->to_client(transport_event::connected{});
  });
  // Broken without a word before it was open: nobody answers until the deadline.
  in_.clock.after(deadline, [self = shared_from_this()] {
    if (self->is_dead_ && !self->is_open_)
      self->to_client(transport_event::lost{
          plain_error(ec::unreachable, self->to_.name() + " does not answer", self->to_.name())});
  });
}

void connection::to_client(transport_event_t what) {
  if (sink_)
    sink_(std::move(what));
}

void connection::to_client_at(duration when, transport_event_t what) {
  client_hears_ = std::max(client_hears_, when);
  in_.clock.after(client_hears_ - in_.clock.now(),
                  [self = shared_from_this(), what = std::move(what)]() mutable {
                    if (!self->is_dead_)
                      self->to_client(std::move(what));
                  });
}

void connection::close() {
  sink_ = nullptr;
  is_dead_ = true;
  servers_.clear();
  to_.connections.erase(this);
}

void connection::lose(bool tells) {
  if (is_dead_)
    return;
  is_dead_ = true;
  servers_.clear();
  to_.connections.erase(this);
  if (tells)
    in_.clock.after(takes(), [self = shared_from_this()] {
      self->to_client(transport_event::lost{
          plain_error(ec::connection_lost, "the connection to " + self->to_.name() + " broke",
                      self->to_.name())});
      self->is_open_ = true; // it was heard: nothing more is said
    });
}

channel_id connection::run() {
  const auto id = ++last_;
  servers_[id] =
      std::make_shared<control_server>(in_, to_, [weak = weak_from_this(), id](std::string bytes) {
        const auto self = weak.lock();
        if (!self || self->is_dead_)
          return;
        self->to_client_at(self->in_.clock.now() + self->takes(),
                           transport_event::output{id, false, std::move(bytes)});
      });
  return id;
}

void connection::write(channel_id channel, std::string bytes) {
  if (is_dead_)
    return;
  host_hears_ = std::max(host_hears_, to_.heard_at(in_.clock.now() + takes()));
  in_.clock.after(host_hears_ - in_.clock.now(),
                  [self = shared_from_this(), channel, bytes = std::move(bytes)] {
                    const auto server = self->servers_.find(channel);
                    if (!self->is_dead_ && server != self->servers_.end()) {
                      const auto alive = server->second;
                      alive->hear(bytes);
                    }
                  });
}

void connection::cancel(channel_id channel) {
  if (servers_.erase(channel) == 0)
    return;
  transport_event::ended end{channel, std::nullopt, "",
                             std::make_shared<const error>(
                                 plain_error(ec::cancelled, "the channel was closed", to_.name()))};
  to_client_at(in_.clock.now() + takes(), std::move(end));
}

simulated_transport::simulated_transport(world& in, std::string controller, std::string process)
    : in_{in}, controller_{std::move(controller)}, process_{std::move(process)} {}

std::unique_ptr<session> simulated_transport::open(const endpoint& to, transport_sink sink,
                                                   std::chrono::milliseconds deadline) {
  if (is_dead_)
    return std::make_unique<simulated_session>(nullptr);
  const bool is_local = to.name == "controller";
  auto& there = in_.at(is_local ? controller_ : to.name);
  const auto made = std::make_shared<connection>(
      in_, there, std::move(sink), process_ + "/" + to.name + "/" + std::to_string(count_++),
      is_local);
  all_.push_back(made);
  made->open(deadline);
  return std::make_unique<simulated_session>(made);
}

void simulated_transport::die() {
  is_dead_ = true;
  for (const auto& one : std::exchange(all_, {}))
    if (const auto alive = one.lock())
      alive->close();
}

} // namespace baton::simulate
