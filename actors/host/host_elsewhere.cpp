#include "actors/host/host.hpp"

#include <algorithm>
#include <memory>
#include <utility>

/// Some steps change hosts that they do not run on: a sync from the controller, a snapshot by
/// another machine, and the one that rewinds its own host from outside. There no fence is checked
/// with their start, so each of those hosts is asked before whether it is the run's.

namespace baton {

namespace {

/// The hosts that a step changes beside the folder which its fence guards.
std::vector<std::string> changed_elsewhere(const work_order& order, bool outside) {
  const auto& step = order.step;
  const auto& host = order.plan->units[step.of].host;
  switch (step.kind) {
  case step_kind::sync_secrets: {
    if (step.target == host && host != controller_name)
      return {};
    auto all = order.plan->hosts;
    std::erase(all, step.target);
    return all;
  }
  case step_kind::create_snapshot:
  case step_kind::restore_snapshot:
  case step_kind::delete_snapshot:
    return outside || step.target != host ? std::vector{host} : std::vector<std::string>{};
  default:
    return {};
  }
}

struct asking_whose {
  std::size_t open = 0;
  std::string lost;
};

} // namespace

void host_work::tell_whose(const whose_question& asked, std::function<void(whose_answer)> answer) {
  link_.when_ready(
      [this, run = asked.run, answer = std::move(answer)](const expected<void>& how) mutable {
        if (!how) {
          answer({false});
          return;
        }
        link_.send(link_.shell().lease_show(
            [run = std::move(run), answer = std::move(answer)](const expected<lease_report>& now) {
              answer({now && (!now->holder || now->holder->run != run)});
            }));
      });
}

void host_work::with_those_elsewhere(const std::string& id, const std::function<void()>& then) {
  const auto& order = find(id)->order;
  const auto hosts = changed_elsewhere(order, settings_.private_lease && !settings_.is_controller);
  if (hosts.empty()) {
    then();
    return;
  }
  const auto state = std::make_shared<asking_whose>();
  state->open = hosts.size();
  for (const auto& host : hosts)
    others_.whose(host, {order.plan->run}, [this, id, host, state, then](bool is_lost) {
      if (is_lost)
        state->lost = host;
      if (--state->open > 0 || !find(id))
        return;
      if (state->lost.empty()) {
        then();
        return;
      }
      auto outcome = failed_outcome(lost_to_another(state->lost));
      outcome.changed_nothing = true;
      end(id, std::move(outcome));
    });
}

} // namespace baton
