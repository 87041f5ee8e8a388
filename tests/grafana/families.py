"""Which families there are, and what a series of each looks like."""

import pathlib
import re

root = pathlib.Path(__file__).resolve().parents[2]

# Families whose series come from processes at work, and not from a journal: kind, and labels of one.
# Where a test has none of them it makes them up.
at_work = {
    "baton_actors": ("gauge", {}),
    "baton_actor_start_timestamp_seconds": ("gauge", {"actor": "host"}),
    "baton_actor_restarts_total": ("counter", {"actor": "host"}),
    "baton_actor_mailbox_messages": ("gauge", {"actor": "host"}),
    "baton_run_queue_duration_seconds": ("histogram", {}),
    "baton_runs_queued": ("gauge", {}),
    "baton_snapshots_retained": ("gauge", {"host": "beta"}),
    "baton_notifications_total": ("counter", {"channel": "telegram"}),
    "baton_notification_failures_total": ("counter", {"channel": "telegram", "reason": "refused"}),
    "baton_notification_retries_total": ("counter", {"channel": "telegram"}),
    "baton_notification_duration_seconds": ("histogram", {"channel": "telegram"}),
    "baton_notification_channel_stopped": ("gauge", {"channel": "slack"}),
    "baton_notifications_queued": ("gauge", {"channel": "telegram"}),
}

# Those of them that no Baton exports yet. One that is exported by now is a fault: it belongs out of here.
not_exported_yet = set()

# What Prometheus and node exporter tell of a Baton.
of_others = {"up", "node_textfile_mtime_seconds", "node_textfile_scrape_error"}


def exported():
    """The names of all families of the binary: tests/metrics holds the list to the code."""
    return set((root / "tests" / "metrics" / "family_names.txt").read_text().split())


def unknown(names):
    """Those of the names that nobody exports."""
    known = exported() | not_exported_yet | of_others
    return sorted(name for name in names
                  if name not in known and re.sub("_(bucket|sum|count)$", "", name) not in known)
