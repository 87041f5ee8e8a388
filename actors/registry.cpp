#include "actors/registry.hpp"

#include "actors/host/host.hpp"
#include "runtime/snapshots/snapshot_jobs.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include <utility>

namespace baton {

namespace {

using registry_self = registry_actor::stateful_pointer<registry_state>;

std::string key_of(const find_target& asked) {
  // The controller keeps the steps of each run in a folder of its own.
  if (asked.target == controller_name)
    return asked.target + "/" + asked.run;
  return asked.outside_snapshots ? asked.target + "/outside/" + asked.run : asked.target;
}

host_settings settings_of(const registry_state& state, const find_target& asked) {
  host_settings settings;
  settings.reach.to.name = asked.target;
  settings.reach.connect_deadline = state.of->deadlines.connect;
  if (asked.target == controller_name) {
    settings.is_controller = true;
    settings.private_lease = true;
    settings.reach.state_dir = state.house->controller_dir + "/" + asked.run;
    return settings;
  }
  if (const auto* host = find_host(*state.of, asked.target)) {
    settings.reach.to = host->reach;
    settings.reach.state_dir = host->state_dir;
  }
  if (asked.outside_snapshots) {
    settings.private_lease = true;
    settings.reach.state_dir = outside_folder(asked.run, asked.target);
  }
  return settings;
}

} // namespace

registry_actor::behavior_type registry(registry_self self, std::shared_ptr<const fleet> of,
                                       std::shared_ptr<const host_house> house) {
  self->state.of = std::move(of);
  self->state.house = std::move(house);
  self->set_down_handler([self](const caf::down_msg& down) {
    auto& hosts = self->state.hosts;
    for (auto at = hosts.begin(); at != hosts.end(); ++at) {
      if (at->second.address() == down.source) {
        self->state.house->watch->broke(actor_role::host);
        hosts.erase(at);
        return;
      }
    }
  });
  return {
      [self](const find_target& asked) -> host_actor {
        tell_mailbox(*self->state.house->watch, actor_role::registry, self);
        auto& known = self->state.hosts[key_of(asked)];
        if (!known) {
          self->state.house->watch->began(actor_role::host);
          known = self->spawn<caf::monitored>(host_worker, settings_of(self->state, asked),
                                              self->state.house, registry_actor{self});
        }
        return known;
      },
  };
}

} // namespace baton
