#include "metrics/run_fold.hpp"

#include "rules/outbox.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace baton {

namespace {

double seconds_of(duration length) {
  return std::max(0.0, static_cast<double>(length.count()) / 1000.0);
}

double seconds_of(time_point at) {
  return static_cast<double>(at.time_since_epoch().count()) / 1000.0;
}

/// Errors that say that the host itself was not reached.
bool is_out_of_reach(ec code) {
  return code == ec::unreachable || code == ec::connection_lost || code == ec::host_key_unknown
         || code == ec::host_key_changed || code == ec::auth_failed;
}

bool is_look(step_kind kind) {
  return kind == step_kind::gate || kind == step_kind::guard || kind == step_kind::verify
         || kind == step_kind::verify_checks || kind == step_kind::look;
}

const char* snapshot_operation(step_kind kind) {
  switch (kind) {
  case step_kind::create_snapshot:
    return "create";
  case step_kind::restore_snapshot:
    return "rollback";
  case step_kind::delete_snapshot:
    return "delete";
  default:
    return nullptr;
  }
}

/// Of the stage that a host belongs to.
std::string snapshot_driver_of(const plan& in, const std::string& host) {
  for (const auto& stage : in.stages)
    if (stage.snapshot
        && std::find(stage.hosts.begin(), stage.hosts.end(), host) != stage.hosts.end())
      return std::string{to_string(stage.snapshot->driver)};
  return "script";
}

bool found_ill(const step_outcome& outcome) {
  const auto failed = [](const check_answer& one) { return !one.ok; };
  return outcome.why.has_value() || (outcome.view && outcome.view->healthy == false)
         || std::any_of(outcome.checks.begin(), outcome.checks.end(), failed);
}

} // namespace

struct run_fold::counter_of {
  const run_families& to;
  run_fold& in;
  const record& what;
  open_run& run;

  const std::string& fleet() const { return run.plan->fleet.name; }

  /// A piece of an actor's work is done.
  void work(const char* actor, duration took, std::optional<ec> why) const {
    to.tasks.at({{"actor", actor}}).Increment();
    to.task_duration.at({{"actor", actor}}).Observe(seconds_of(took));
    if (why && *why != ec::cancelled)
      to.task_failures.at({{"actor", actor}, {"reason", std::string{to_string(*why)}}}).Increment();
  }

  void operator()(const event::run_requested& begun) const {
    to.queue_duration.at({}).Observe(seconds_of(what.at - begun.plan->requested_at));
  }

  void operator()(const event::phase_started& started) const {
    run.phases[started.phase] = what.at;
  }

  void operator()(const event::step_started& started) const {
    run.steps[{started.phase, started.kind, started.of, started.attempt}] = {what.at,
                                                                             started.target};
  }

  void operator()(const event::step_ended& ended) const {
    const auto begun = run.steps.extract({ended.phase, ended.kind, ended.of, ended.attempt});
    if (!begun)
      return; // of a journal that somebody has cut
    const auto took = what.at - begun.mapped().at;
    const auto& target = begun.mapped().target;
    const auto why = ended.outcome.why ? std::optional{ended.outcome.why->code} : std::nullopt;
    work("host", took, why);
    if (target != controller_name) {
      to.ssh_command.at({}).Observe(seconds_of(took));
      note_contact(target, why);
    }
    if (why && *why != ec::cancelled) {
      run.failures[ended.phase] = *why;
      note_error(ended.phase, *why);
    }
    if (is_look(ended.kind))
      note_look(took, found_ill(ended.outcome));
    if (const auto* operation = snapshot_operation(ended.kind))
      note_snapshot(operation, unit_host(ended.of), took, ended.outcome);
    if (!why && (ended.kind == step_kind::lease || ended.kind == step_kind::release_lease))
      to.lease_held.at({{"host", target}}).Set(ended.kind == step_kind::lease ? 1 : 0);
  }

  void operator()(const event::phase_ended& ended) const {
    const auto begun = run.phases.extract(ended.phase);
    const auto took = begun ? what.at - begun.mapped() : duration{0};
    if (begun)
      to.phase_duration.at({{"phase", phase_label(ended.phase)}}).Observe(seconds_of(took));
    std::optional<ec> why;
    if (ended.outcome == phase_outcome::failed) {
      const auto known = run.failures.find(ended.phase);
      // No step of it failed: its looks were answered, and what they saw was ill.
      why = known == run.failures.end() ? ec::unhealthy : known->second;
      if (known == run.failures.end())
        note_error(ended.phase, *why);
    }
    work("phase", took, why);
  }

  void operator()(const event::rollback_started&) const {
    to.rollbacks.at({{"fleet", fleet()}}).Increment();
  }

  void operator()(const event::run_finished& finished) const {
    const auto& verdict = *finished.result;
    if (!verdict.status)
      return; // unfinished: it goes on some day
    const std::string how{to_string(*verdict.status)};
    const auto took = what.at - run.requested_at;
    to.runs.at({{"fleet", fleet()}, {"status", how}}).Increment();
    to.run_duration.at({{"status", how}}).Observe(seconds_of(took));
    const bool good = *verdict.status == status::success;
    (good ? to.last_success : to.last_failure).at({{"fleet", fleet()}}).Set(seconds_of(what.at));
    if (!verdict.rollback_failed.empty())
      to.rollback_failures.at({{"fleet", fleet()}}).Increment();
    work("supervisor", took,
         good ? std::nullopt : std::optional{verdict.why ? verdict.why->code : ec::internal});
    for (const auto& [host, line] : verdict.hosts)
      if (line.serves != serves::unknown)
        note_revision(host, line.commit);
  }

  template <class Other>
  void operator()(const Other&) const {}

  const std::string& unit_host(unit_id of) const {
    static const std::string nobody;
    return of < run.plan->units.size() ? run.plan->units[of].host : nobody;
  }

  void note_contact(const std::string& host, std::optional<ec> why) const {
    const bool reached = !why || !is_out_of_reach(*why);
    to.host_up.at({{"host", host}}).Set(reached ? 1 : 0);
    auto& contact = to.host_last_contact.at({{"host", host}});
    if (reached)
      contact.Set(seconds_of(what.at));
  }

  void note_error(const std::string& phase, ec why) const {
    to.errors
        .at({{"fleet", fleet()},
             {"phase", phase_label(phase)},
             {"reason", std::string{to_string(why)}}})
        .Increment();
  }

  void note_look(duration took, bool ill) const {
    to.health_checks.at({{"fleet", fleet()}}).Increment();
    to.health_check_duration.at({}).Observe(seconds_of(took));
    if (ill)
      to.health_check_failures.at({{"fleet", fleet()}}).Increment();
  }

  void note_snapshot(const char* operation, const std::string& host, duration took,
                     const step_outcome& outcome) const {
    const metric_labels labels{{"driver", snapshot_driver_of(*run.plan, host)},
                               {"operation", operation}};
    to.snapshots.at(labels).Increment();
    to.snapshot_duration.at({{"operation", operation}}).Observe(seconds_of(took));
    if (outcome.why)
      to.snapshot_failures.at(labels).Increment();
    if (const auto retained = outcome.facts.find("retained"); retained != outcome.facts.end())
      to.snapshots_retained.at({{"host", host}})
          .Set(std::strtod(retained->second.c_str(), nullptr));
  }

  /// One series for a host: the one before it goes.
  void note_revision(const std::string& host, const std::string& revision) const {
    auto& shown = in.revisions_[{fleet(), host}];
    const auto labels = [&](const std::string& of) {
      return metric_labels{{"fleet", fleet()}, {"host", host}, {"revision", of}};
    };
    if (!shown.empty() && shown != revision)
      to.deployed_revision.remove(labels(shown));
    if (!revision.empty())
      to.deployed_revision.at(labels(revision)).Set(1);
    shown = revision;
  }
};

/// Events of no run: what became of messages.
struct run_fold::message_counter {
  const run_families& to;

  void operator()(const event::message_sent& sent) const {
    to.notifications.at({{"channel", sent.channel}}).Increment();
    to.notification_duration.at({{"channel", sent.channel}}).Observe(seconds_of(sent.took));
  }
  void operator()(const event::message_failed& failed) const {
    note(failed.channel, failed.reason);
    auto& retries = to.notification_retries.at({{"channel", failed.channel}});
    if (!stops_channel(failed.reason))
      retries.Increment();
  }
  void operator()(const event::message_given_up& lost) const {
    to.notifications.at({{"channel", lost.channel}}).Increment();
    note(lost.channel, lost.reason);
  }
  template <class Other>
  void operator()(const Other&) const {}

  void note(const std::string& channel, send_fault why) const {
    to.notification_failures.at({{"channel", channel}, {"reason", std::string{to_string(why)}}})
        .Increment();
  }
};

void run_fold::apply(const run_families& to, const record& what) {
  std::visit(message_counter{to}, what.what);
  if (const auto* begun = std::get_if<event::run_requested>(&what.what)) {
    to.know(begun->plan->fleet);
    runs_.try_emplace(what.run, open_run{begun->plan, begun->plan->requested_at, {}, {}, {}});
  }
  const auto run = runs_.find(what.run);
  if (run == runs_.end())
    return;
  const auto of = run->second.plan;
  std::visit(counter_of{to, *this, what, run->second}, what.what);
  const auto* finished = std::get_if<event::run_finished>(&what.what);
  if (finished && finished->result->status)
    runs_.erase(run);
  to.in_progress.at({}).Set(static_cast<double>(runs_.size()));
  to.phase_start.at({{"fleet", of->fleet.name}}).Set(oldest_phase(of->fleet.name));
}

/// When the phase began that has been in progress for longest; a run that is refused meanwhile does
/// not hide the one that is stuck. 0: none.
double run_fold::oldest_phase(const std::string& fleet) const {
  std::optional<time_point> oldest;
  for (const auto& [id, run] : runs_)
    if (run.plan->fleet.name == fleet)
      for (const auto& [phase, began] : run.phases)
        oldest = std::min(oldest.value_or(began), began);
  return oldest ? seconds_of(*oldest) : 0;
}

std::vector<std::string> run_fold::open_runs() const {
  std::vector<std::string> made;
  for (const auto& [id, run] : runs_)
    made.push_back(id);
  return made;
}

} // namespace baton
