#include "metrics/families.hpp"

#include "messages/error.hpp"
#include "metrics/process_collector.hpp"

#include <algorithm>
#include <array>

namespace baton {

namespace {

const std::vector<double> run_seconds{5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600};
const std::vector<double> phase_seconds{0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800};
const std::vector<double> command_seconds{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600};
const std::vector<double> write_seconds{0.0005, 0.001, 0.0025, 0.005, 0.01,
                                        0.025,  0.05,  0.1,    0.5,   1};
const std::vector<double> send_seconds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

constexpr std::array statuses{status::success, status::partial_success, status::rolled_back,
                              status::failed, status::aborted};

/// Why a step may fail. A cancel is no error.
std::vector<std::string> step_reasons() {
  std::vector<std::string> made;
  for (int i = 0; i <= static_cast<int>(ec::usage); ++i)
    if (const auto code = static_cast<ec>(i); code != ec::cancelled)
      made.emplace_back(to_string(code));
  return made;
}

constexpr std::array actor_roles{"supervisor", "phase", "registry", "host", "keeper"};

constexpr std::array connect_reasons{ec::unreachable,      ec::timed_out,
                                     ec::connection_lost,  ec::host_key_unknown,
                                     ec::host_key_changed, ec::auth_failed};

} // namespace

std::string phase_label(std::string_view phase_id) {
  for (const std::string_view kind : {"guard", "rollback"})
    if (phase_id.starts_with(kind) && phase_id.substr(kind.size()).starts_with(':'))
      return std::string{kind};
  return std::string{phase_id};
}

run_families::run_families()
    : runs(all.counter("baton_runs_total", "Finished runs.", {"fleet", "status"})),
      errors(all.counter("baton_errors_total",
                         "Steps that failed, and phases whose looks found something ill, by why.",
                         {"fleet", "phase", "reason"})),
      rollbacks(all.counter("baton_rollbacks_total", "Rollbacks that were begun.", {"fleet"})),
      rollback_failures(all.counter("baton_rollback_failures_total",
                                    "Runs in which the rollback of a host failed.", {"fleet"})),
      run_duration(all.histogram("baton_run_duration_seconds",
                                 "Time from the request to the verdict.", run_seconds, {"status"})),
      phase_duration(all.histogram("baton_phase_duration_seconds",
                                   "Time from the start of a phase to its end.", phase_seconds,
                                   {"phase"})),
      queue_duration(all.histogram("baton_run_queue_duration_seconds",
                                   "Time from the request to the start of the run.", run_seconds)),
      in_progress(all.gauge("baton_runs_in_progress", "Runs without a verdict.")),
      last_success(all.gauge("baton_run_last_success_timestamp_seconds",
                             "When the last successful run ended, 0 if none did.", {"fleet"})),
      last_failure(all.gauge("baton_run_last_failure_timestamp_seconds",
                             "When the last run ended that was not successful, 0 if none did.",
                             {"fleet"})),
      phase_start(all.gauge("baton_phase_start_timestamp_seconds",
                            "When the phase in progress began, 0 if none is.", {"fleet"})),
      deployed_revision(all.gauge("baton_deployed_revision_info",
                                  "The commit that a host serves by the last verdict.",
                                  {"fleet", "host", "revision"})),
      host_up(
          all.gauge("baton_host_up", "Whether the last step on a host could reach it.", {"host"})),
      host_last_contact(all.gauge("baton_host_last_contact_timestamp_seconds",
                                  "When a step last ended on a host that was reached.", {"host"})),
      lease_held(all.gauge("baton_lease_held",
                           "Whether a run of this controller holds the lease of a host.",
                           {"host"})),
      ssh_command(all.histogram("baton_ssh_command_duration_seconds", "Time of a step on a host.",
                                command_seconds)),
      tasks(all.counter("baton_actor_tasks_total",
                        "Work done: runs by supervisors, phases by phases, steps by hosts.",
                        {"actor"})),
      task_failures(all.counter("baton_actor_task_failures_total", "Work that ended badly, by why.",
                                {"actor", "reason"})),
      task_duration(all.histogram("baton_actor_task_duration_seconds", "Time of a piece of work.",
                                  phase_seconds, {"actor"})),
      snapshots(all.counter("baton_snapshots_total", "Operations on snapshots.",
                            {"driver", "operation"})),
      snapshot_failures(all.counter("baton_snapshot_failures_total",
                                    "Operations on snapshots that failed.",
                                    {"driver", "operation"})),
      snapshot_duration(all.histogram("baton_snapshot_duration_seconds",
                                      "Time of an operation on a snapshot.", phase_seconds,
                                      {"operation"})),
      snapshots_retained(all.gauge("baton_snapshots_retained",
                                   "Snapshots of a host that Baton has made and that are there.",
                                   {"host"})),
      health_checks(all.counter("baton_health_checks_total",
                                "Looks at what a host serves: gates, guards, verifications.",
                                {"fleet"})),
      health_check_failures(all.counter("baton_health_check_failures_total",
                                        "Looks that found something not as it should be.",
                                        {"fleet"})),
      health_check_duration(all.histogram("baton_health_check_duration_seconds",
                                          "Time of a look, with its steady window.",
                                          phase_seconds)),
      notifications(all.counter("baton_notifications_total", "Messages that were sent or given up.",
                                {"channel"})),
      notification_failures(all.counter("baton_notification_failures_total",
                                        "Tries to send a message that failed, by why.",
                                        {"channel", "reason"})),
      notification_retries(all.counter("baton_notification_retries_total",
                                       "Failed tries to send a message that another one follows.",
                                       {"channel"})),
      notification_duration(all.histogram("baton_notification_duration_seconds",
                                          "Time of a try to send a message that worked.",
                                          send_seconds, {"channel"})) {
  queue_duration.at({});
  in_progress.at({});
  ssh_command.at({});
  health_check_duration.at({});
  for (const auto one : statuses)
    run_duration.at({{"status", std::string{to_string(one)}}});
  for (const auto* actor : {"supervisor", "phase", "host"}) {
    tasks.at({{"actor", actor}});
    task_duration.at({{"actor", actor}});
    for (const auto& reason : step_reasons())
      task_failures.at({{"actor", actor}, {"reason", reason}});
  }
  for (const auto* operation : {"create", "rollback", "delete"}) {
    snapshot_duration.at({{"operation", operation}});
    for (auto nth = snapshot_driver::script; nth <= snapshot_driver::lvm;
         nth = static_cast<snapshot_driver>(static_cast<int>(nth) + 1)) {
      const std::string driver{to_string(nth)};
      snapshots.at({{"driver", driver}, {"operation", operation}});
      snapshot_failures.at({{"driver", driver}, {"operation", operation}});
    }
  }
}

void run_families::know(const fleet& one) const {
  const metric_labels of_fleet{{"fleet", one.name}};
  for (const auto status : statuses)
    runs.at({{"fleet", one.name}, {"status", std::string{to_string(status)}}});
  for (const auto& family : {rollbacks, rollback_failures, health_checks, health_check_failures})
    family.at(of_fleet);
  for (const auto& family : {last_success, last_failure, phase_start})
    family.at(of_fleet);
  std::vector<std::string> phases{"pre_flight",   "secrets_sync", "snapshots", "tests",
                                  "verification", "guard",        "rollback",  "ending"};
  for (const auto& stage : one.stages)
    phases.push_back(stage.name);
  for (const auto& phase : phases) {
    phase_duration.at({{"phase", phase}});
    for (const auto& reason : step_reasons())
      errors.at({{"fleet", one.name}, {"phase", phase}, {"reason", reason}});
  }
  for (const auto& stage : one.stages)
    if (stage.snapshot)
      for (const auto& host : stage.hosts)
        snapshots_retained.at({{"host", host}});
  for (const auto& host : one.hosts)
    lease_held.at({{"host", host.reach.name}});
  for (const auto& channel : one.alerts.channels) {
    const metric_labels of_channel{{"channel", channel.name}};
    notifications.at(of_channel);
    notification_retries.at(of_channel);
    notification_duration.at(of_channel);
    for (int i = 0; i <= static_cast<int>(send_fault::gone); ++i)
      notification_failures.at({{"channel", channel.name},
                                {"reason", std::string{to_string(static_cast<send_fault>(i))}}});
  }
}

tally_families::tally_families()
    : log_messages(
        all.counter("baton_log_messages_total", "Lines of the log, written or not.", {"level"})),
      ssh_connects(
          all.counter("baton_ssh_connects_total", "Connections that were begun.", {"host"})),
      ssh_connect_failures(all.counter("baton_ssh_connect_failures_total",
                                       "Connections that never came to be, by why.",
                                       {"host", "reason"})),
      ssh_received(
          all.counter("baton_ssh_received_bytes_total", "Bytes of output heard from hosts.")),
      journal_writes(all.counter("baton_journal_writes_total", "Batches of events written.")),
      journal_write_failures(all.counter("baton_journal_write_failures_total",
                                         "Batches of events that could not be written.")),
      journal_write_duration(all.histogram("baton_journal_write_duration_seconds",
                                           "Time to make a batch of events durable.",
                                           write_seconds)),
      actor_restarts(all.counter("baton_actor_restarts_total",
                                 "Actors that were replaced because they broke.", {"actor"})) {
  for (const auto* level : {"debug", "info", "warning", "error"})
    log_messages.at({{"level", level}});
  ssh_received.at({});
  journal_writes.at({});
  journal_write_failures.at({});
  journal_write_duration.at({});
  for (const auto* actor : actor_roles)
    actor_restarts.at({{"actor", actor}});
}

void tally_families::know(const fleet& one) const {
  for (const auto& host : one.hosts) {
    ssh_connects.at({{"host", host.reach.name}});
    for (const auto code : connect_reasons)
      ssh_connect_failures.at(
          {{"host", host.reach.name}, {"reason", std::string{to_string(code)}}});
  }
}

process_families::process_families()
    : build(all.gauge("baton_build_info", "What this binary is, always 1.",
                      {"version", "revision", "compiler"})),
      ssh_sessions(all.gauge("baton_ssh_sessions", "Open connections to hosts.")),
      journal_size(all.gauge("baton_journal_size_bytes", "Size of the journal's files.")),
      runs_queued(
          all.gauge("baton_runs_queued", "Deployments that wait for a host that another owns.")),
      notifications_queued(all.gauge(
          "baton_notifications_queued",
          "Messages that wait to be sent; of reminders those that are due.", {"channel"})),
      channel_stopped(all.gauge("baton_notification_channel_stopped",
                                "1: the channel does not accept what Baton sends, and nothing is "
                                "sent there until something changes.",
                                {"channel"})),
      actors(all.gauge("baton_actors", "Actors that live in this process.")),
      actor_start(all.gauge("baton_actor_start_timestamp_seconds",
                            "When the youngest actor of a role began, 0 if none did.", {"actor"})),
      mailbox(all.gauge("baton_actor_mailbox_messages",
                        "Messages that waited when an actor of a role last took its next.",
                        {"actor"})) {
  ssh_sessions.at({});
  journal_size.at({});
  runs_queued.at({});
  actors.at({});
  for (const auto* actor : actor_roles) {
    actor_start.at({{"actor", actor}});
    mailbox.at({{"actor", actor}});
  }
}

void process_families::know(const fleet& one) const {
  for (const auto& channel : one.alerts.channels) {
    notifications_queued.at({{"channel", channel.name}});
    channel_stopped.at({{"channel", channel.name}});
  }
}

std::vector<family_words> all_families() {
  auto made = run_families{}.all.words();
  for (const auto& more :
       {tally_families{}.all.words(), process_families{}.all.words(), process_collector::words()})
    made.insert(made.end(), more.begin(), more.end());
  std::sort(made.begin(), made.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return made;
}

} // namespace baton
