#include "actors/mail_room.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <random>
#include <utility>

namespace baton {

namespace {

struct mail_room_config : caf::actor_system_config {
  mail_room_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", 1);
    set("logger.verbosity", caf::atom("quiet"));
  }
};

} // namespace

struct mail_room::impl {
  std::stop_source stopping;
  std::mt19937_64 random{std::random_device{}()}; ///< the alerter's alone
  mail_room_config settings;
  caf::actor_system system{settings};
  alerter_actor alerter_;

  impl(std::shared_ptr<outbox> box, send_fn send) {
    alerter_house house;
    house.box = std::move(box);
    house.make_postman = [this, send = std::move(send)] {
      return system.spawn<caf::detached>(
          postman,
          [send, stop = stopping.get_token()](const std::string& channel, const message& what) {
            return send(channel, what, stop);
          });
    };
    house.now = [] {
      return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
    };
    house.dice = [this] { return std::uniform_real_distribution<>{}(random); };
    alerter_ = system.spawn<caf::detached>(alerter, std::move(house));
  }

  ~impl() {
    stopping.request_stop();
    caf::anon_send_exit(alerter_, caf::exit_reason::kill);
    alerter_ = nullptr; // a handle keeps it alive, and the system waits for all
  }
};

mail_room::mail_room(std::shared_ptr<outbox> box, send_fn send)
    : impl_{std::make_unique<impl>(std::move(box), std::move(send))} {}

mail_room::~mail_room() = default;

void mail_room::look() {
  caf::anon_send(impl_->alerter_, look_again{});
}

bool mail_room::deliver(bool reminders, duration patience) {
  bool done = false;
  caf::scoped_actor self{impl_->system};
  self->request(impl_->alerter_, patience, ask_delivered{reminders})
      .receive([&](const ask_delivered& answer) { done = answer.done; }, [](const caf::error&) {});
  return done;
}

void mail_room::stop() {
  // In this order: what a send that was cut off says is not written down.
  caf::anon_send(impl_->alerter_, halt_order{});
  impl_->stopping.request_stop();
}

} // namespace baton
