#pragma once

#include "messages/fleet.hpp"
#include "metrics/family.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Every metric family of Baton, in one place. The comment behind each says its labels and their
/// values. All label values that are known are made at 0 as soon as they are known: the first
/// increase of a series that was not there is none to Prometheus.
///
/// There are three kinds, by how long they last: what is folded from the journal, what processes
/// count and hand on to the next, and what is true of one process.

namespace baton {

/// The label `phase`: a phase's id; of all guards `guard`, of all rollbacks `rollback`.
std::string phase_label(std::string_view phase_id);

/// Folded from the journal's events, so they go on over restarts and count all processes' runs.
struct run_families {
  run_families();

  /// Makes the series of a fleet at 0.
  void know(const fleet& one) const;

  family_registry all;

  counter_family runs;              ///< fleet; status = success partial_success rolled_back …
  counter_family errors;            ///< fleet; phase; reason = the error codes; a failed step each
  counter_family rollbacks;         ///< fleet
  counter_family rollback_failures; ///< fleet; runs in which one failed
  histogram_family run_duration;    ///< status
  histogram_family phase_duration;  ///< phase
  histogram_family queue_duration;  ///< none; from the request to the run's first event
  gauge_family in_progress;         ///< none
  gauge_family last_success;        ///< fleet; 0: never
  gauge_family last_failure;        ///< fleet; any status but success; 0: never
  gauge_family phase_start;         ///< fleet; of the oldest phase in progress, 0: none
  gauge_family deployed_revision;   ///< fleet; host; revision = commit. One per fleet and host

  gauge_family host_up;           ///< host; whether the last step there reached it
  gauge_family host_last_contact; ///< host
  gauge_family lease_held;        ///< host; 1: by a run of this controller
  histogram_family ssh_command;   ///< none; steps on hosts, from start to end

  counter_family tasks;           ///< actor = supervisor (runs), phase (phases), host (steps)
  counter_family task_failures;   ///< actor; reason
  histogram_family task_duration; ///< actor

  counter_family
      snapshots; ///< driver = script btrfs proxmox zfs lvm; operation = create rollback delete
  counter_family snapshot_failures;       ///< driver; operation
  histogram_family snapshot_duration;     ///< operation
  gauge_family snapshots_retained;        ///< host; Baton's own, as its last step there counted
  counter_family health_checks;           ///< fleet; gates, guards, verifications, looks
  counter_family health_check_failures;   ///< fleet
  histogram_family health_check_duration; ///< none

  counter_family notifications;           ///< channel; messages that were sent or given up
  counter_family notification_failures;   ///< channel; reason = timed_out throttled …; tries
  counter_family notification_retries;    ///< channel; failed tries that another one follows
  histogram_family notification_duration; ///< channel; of the try that worked
};

/// What processes have counted outside of the journal's events, all of them together: kept in the
/// journal's folder, as far as they came to their end.
struct tally_families {
  tally_families();
  void know(const fleet& one) const;

  family_registry all;

  counter_family log_messages;             ///< level = debug info warning error
  counter_family ssh_connects;             ///< host
  counter_family ssh_connect_failures;     ///< host; reason = unreachable timed_out auth_failed …
  counter_family ssh_received;             ///< none
  counter_family journal_writes;           ///< none
  counter_family journal_write_failures;   ///< none
  histogram_family journal_write_duration; ///< none
  counter_family actor_restarts;           ///< actor = supervisor registry phase host keeper
};

/// Of this process alone: they begin with it.
struct process_families {
  process_families();
  void know(const fleet& one) const;

  family_registry all;

  gauge_family build;                ///< version; revision; compiler
  gauge_family ssh_sessions;         ///< none
  gauge_family journal_size;         ///< none
  gauge_family runs_queued;          ///< none; of the state folder
  gauge_family notifications_queued; ///< channel; messages that wait, no reminders of later
  gauge_family channel_stopped;      ///< channel; 1: nothing is sent there until something changes
  gauge_family actors;               ///< none
  gauge_family actor_start; ///< actor, as of actor_restarts; the youngest one's, 0: none yet
  gauge_family mailbox;     ///< actor; messages that waited when one last took its next
};

/// All families that an exposition can hold, sorted by name; those of the process collector too.
std::vector<family_words> all_families();

} // namespace baton
