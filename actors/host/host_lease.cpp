#include "actors/host/host.hpp"
#include "runtime/fault.hpp"

#include <algorithm>
#include <utility>

/// A host's lease: taken, kept alive, given back, and taken again where a snapshot has rewound it.

namespace baton {

namespace {

/// For a host that a snapshot has rewound to be there again: it may boot.
constexpr duration boot_patience{180'000};
constexpr duration boot_poll{1'000};

} // namespace

void host_work::acquire(const std::string& id) {
  const auto run = find(id)->order.plan->run;
  if (known_fence(id)
      > 0) { // a run that is gone on with: it is to be had on, and not to be got anew
    keep(id);
    end(id, {});
    return;
  }
  const auto until =
      clock_.now() + (find(id)->order.resumed ? house_->reattach_patience : duration::zero());
  ask_lease(id, {run, 0, until}, [this, id](const taken_lease& got) {
    step_outcome outcome;
    outcome.facts["fence"] = std::to_string(got.fence);
    if (!got.from.empty())
      outcome.facts["taken_over"] = told_of(settings_.reach.to.name, got.from);
    outcome.facts["boot_id"] = link_.facts().boot_id;
    if (link_.facts().logind_kills)
      outcome.notes.push_back("systemd-logind ends running steps when the session ends: "
                              "`loginctl enable-linger` on "
                              + settings_.reach.to.name + " mends it");
    end(id, std::move(outcome));
  });
}

void host_work::ask_lease(const std::string& id, const lease_wish& wish,
                          const std::function<void(const taken_lease&)>& then) {
  link_.when_ready([this, id, wish, then](const expected<void>& how) {
    if (!find(id))
      return;
    if (!how) {
      ask_lease_again(id, wish, then, how.error(), find(id)->order.step.kind == step_kind::lease);
      return;
    }
    const lease_request what{wish.run, house_->owner, wish.fence_at_least, wish.again};
    // Who is stopped takes nothing from anybody any more.
    const auto judge = [this, id](const lease_owner& owner) {
      return house_->judge_owner && find(id) ? house_->judge_owner(owner) : succession::wait;
    };
    take_lease(link_, clock_, settings_.reach.to.name, what, judge,
               [this, id, wish, then](const expected<taken_lease>& got) {
                 if (!find(id))
                   return;
                 if (!got && got.error().code == ec::connection_lost && !wish.was_cut) {
                   auto same = wish; // asked twice by one run it is had once
                   same.was_cut = true;
                   ask_lease(id, same, then);
                   return;
                 }
                 if (!got) {
                   ask_lease_again(id, wish, then, got.error(), false);
                   return;
                 }
                 fences_[wish.run] = got->fence;
                 if (beating_.insert(wish.run).second)
                   beat(wish.run);
                 then(*got);
               });
  });
}

void host_work::ask_lease_again(const std::string& id, const lease_wish& wish,
                                const std::function<void(const taken_lease&)>& then,
                                const error& why, bool was_never_asked) {
  if (!why.retryable || clock_.now() >= wish.until) {
    auto outcome = failed_outcome(why);
    outcome.changed_nothing = was_never_asked;
    end(id, std::move(outcome));
    return;
  }
  clock_.later(boot_poll, [this, id, wish, then] {
    if (find(id))
      ask_lease(id, wish, then);
  });
}

/// Tells the host every so often that the owner lives.
void host_work::beat(const std::string& run) {
  clock_.later(house_->lease_beat, [this, run] {
    if (!beating_.count(run))
      return;
    tell_alive(run);
    beat(run);
  });
}

/// Over a new connection, where the old one is lost: who is not heard of is taken for dead.
void host_work::tell_alive(const std::string& run) {
  link_.when_ready([this, run](const expected<void>& how) {
    if (!how || beating_.count(run) == 0)
      return;
    const std::string owner = untold_->count(run) > 0 ? house_->owner : "";
    link_.send(link_.shell().lease_heartbeat(run, fences_[run], owner,
                                             [untold = untold_, run](const expected<void>& told) {
                                               // A lost lease is found by the next effect, which
                                               // the host refuses.
                                               if (told)
                                                 untold->erase(run);
                                             }));
  });
}

/// The lease of a run that this process has gone on with is its own from now on.
void host_work::keep(const std::string& id) {
  const auto run = find(id)->order.plan->run;
  fences_[run] = known_fence(id);
  if (!beating_.insert(run).second)
    return;
  untold_->insert(run);
  tell_alive(run);
  beat(run);
}

/// A look needs no lease, and would find a host in order that is another owner's by now.
void host_work::end_watch(const std::string& id, step_outcome outcome) {
  if (outcome.why)
    end(id, std::move(outcome));
  else
    end_if_ours(id, std::move(outcome));
}

void host_work::end_if_ours(const std::string& id, step_outcome outcome) {
  const auto fence = known_fence(id);
  const bool rewound = !facts_here(id, step_kind::restore_snapshot).empty();
  if (fence == 0 || rewound || !link_.ready()) {
    end(id, std::move(outcome));
    return;
  }
  auto& here = *find(id);
  here.watching.reset(); // what is asked now, nobody need wait for when it is stopped
  here.runner.reset();
  link_.send(link_.shell().lease_heartbeat(
      here.order.plan->run, fence, {},
      [this, id, outcome = std::move(outcome)](const expected<void>& ours) mutable {
        if (!ours && ours.error().code == ec::lease_lost)
          outcome.why = lost_to_another(settings_.reach.to.name);
        end(id, std::move(outcome));
      }));
}

void host_work::repeat_if_ours(const std::string& id) {
  auto& here = *find(id);
  here.has_repeated = true;
  here.runner.reset(); // who stops the order meanwhile ends it
  const auto again = [this, id] {
    if (!link_.ready()) {
      fail(id, make_error(ec::connection_lost,
                          "the connection to " + settings_.reach.to.name + " was lost",
                          settings_.reach.to.name));
      return;
    }
    link_.send(link_.shell().forget(id, [this, id](const expected<void>&) {
      if (find(id))
        build(id);
    }));
  };
  const auto fence = known_fence(id);
  if (fence == 0 || !link_.ready()) {
    again();
    return;
  }
  link_.send(link_.shell().lease_heartbeat(here.order.plan->run, fence, {},
                                           [this, id, again](const expected<void>& ours) {
                                             if (!find(id))
                                               return;
                                             if (!ours && ours.error().code == ec::lease_lost)
                                               fail(id, lost_to_another(settings_.reach.to.name));
                                             else
                                               again();
                                           }));
}

void host_work::release(const std::string& id) {
  const auto& order = find(id)->order;
  const auto run = order.plan->run;
  beating_.erase(run);
  // Without a fence nobody has heard that it was got, and it may have been got: see learn.cpp.
  const auto fence = known_fence(id);
  fences_.erase(run);
  link_.try_anew(); // it may be back by now, and nobody comes for the lease later
  give_back(id, run, fence, false);
}

/// A connection that was silent for long may be dead without anybody having noticed: one more try,
/// over a new one.
void host_work::give_back(const std::string& id, const std::string& run, std::uint64_t fence,
                          bool again) {
  with_link(id, [this, id, run, fence, again] {
    link_.send(link_.shell().lease_release(
        run, fence, [this, id, run, fence, again](const expected<void>& done) {
          if (!find(id))
            return;
          const auto code = done ? ec::internal : done.error().code;
          // The first time it was heard after all; or it never was ours.
          if (done || ((again || fence == 0) && code == ec::lease_lost))
            end(id, {});
          else if (!again && code == ec::connection_lost)
            clock_.later(duration::zero(),
                         [this, id, run, fence] { give_back(id, run, fence, true); });
          else
            fail(id, done.error());
        }));
  });
}

void host_work::with_link(const std::string& id, std::function<void()> then) {
  link_.when_ready([this, id, then = std::move(then)](const expected<void>& how) {
    if (!find(id))
      return;
    if (how)
      then();
    else
      fail(id, how.error());
  });
}

void host_work::with_fence(const std::string& id, const std::function<void(std::uint64_t)>& then) {
  const auto run = find(id)->order.plan->run;
  if (settings_.private_lease) {
    if (const auto ours = fences_.find(run); ours != fences_.end())
      then(ours->second);
    else
      ask_lease(id, {run, 0, clock_.now()}, [then](const taken_lease& got) { then(got.fence); });
    return;
  }
  if (const auto known = known_fence(id); known > 0) {
    keep(id);
    then(known);
  } else {
    fail(id, make_error(ec::lease_lost, "there is no lease for " + settings_.reach.to.name,
                        settings_.reach.to.name));
  }
}

/// That happens where a machine has two names in the fleet: both take the same lease at the same
/// moment, and one of them has to raise the fence over the other's.
void host_work::adopt_fence(const std::string& id, std::uint64_t refused) {
  find(id)->has_adopted = true;
  find(id)->runner.reset(); // who stops the order meanwhile ends it
  const auto run = find(id)->order.plan->run;
  with_link(id, [this, id, run, refused] {
    link_.send(
        link_.shell().lease_show([this, id, run, refused](const expected<lease_report>& now) {
          if (!find(id))
            return;
          if (!now) {
            fail(id, make_error(ec::lease_lost,
                                "the lease of " + settings_.reach.to.name
                                    + " cannot be read any more: " + now.error().what,
                                settings_.reach.to.name));
            return;
          }
          const bool ours = now->holder && now->holder->run == run && now->fence > refused;
          if (!ours) {
            fail(id, lost_to_another(settings_.reach.to.name));
            return;
          }
          fences_[run] = now->fence;
          link_.send(link_.shell().forget(id, [this, id](const expected<void>&) {
            if (find(id))
              build(id);
          }));
        }));
  });
}

/// The facts of the run's steps of this kind that concern this host.
std::vector<const host_work::step_facts*> host_work::facts_here(const std::string& id,
                                                                step_kind kind) {
  const auto& order = find(id)->order;
  std::vector<const step_facts*> found;
  for (const auto& [key, values] : *order.facts)
    if (key.first == kind && order.plan->units[key.second].host == settings_.reach.to.name)
      found.push_back(&values);
  return found;
}

/// The highest fence that this run is known to have had here; 0: none.
std::uint64_t host_work::known_fence(const std::string& id) {
  std::uint64_t known = 0;
  if (const auto ours = fences_.find(find(id)->order.plan->run); ours != fences_.end())
    known = ours->second;
  for (const auto* lease : facts_here(id, step_kind::lease))
    if (const auto fence = lease->find("fence"); fence != lease->end())
      known = std::max<std::uint64_t>(known, std::stoull(fence->second));
  return known;
}

/// Lease and fence of a rewound host are as old as the snapshot, and so is the machine that a
/// connection from before leads to. The lease was this run's when it was taken: whoever has it
/// instead, or has had it, came after that.
void host_work::retake(const std::string& id, std::function<void()> then) {
  const auto& order = find(id)->order;
  const auto run = order.plan->run;
  if (settings_.private_lease || facts_here(id, step_kind::restore_snapshot).empty()) {
    then();
    return;
  }
  const auto [raised, is_first] = rewound_.try_emplace(run, known_fence(id) + 1);
  if (is_first)
    link_.renew();
  if (known_fence(id) >= raised->second) {
    then();
    return;
  }
  const auto patience = std::min(boot_patience, order.step.deadline / 2);
  ask_lease(id, {run, raised->second, clock_.now() + patience, true},
            [then = std::move(then)](const taken_lease&) { then(); });
}

} // namespace baton
