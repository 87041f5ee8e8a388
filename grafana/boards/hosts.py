"""Each machine: whether it can be reached, whose lease is on it, what it serves, how fast it answers.

Written for three hosts and for a thousand: lists are of the worst ten, or of the hosts chosen above.
"""

from .parts import (BLUE, FLEET, GREEN, GREY, HOST, HOSTS, ORANGE, RED, YELLOW, ask, bars, board, column, graph,
                    grown, grown_in_all, newest, of, quantile, rate, stat, steps, table, timeline, total, words)

UP = words(no=(0, "out of reach", RED), yes=(1, "reached", GREEN))
LEASE = words(no=(0, "free", GREY), yes=(1, "held", BLUE))
up, lease = newest("baton_host_up", "host", HOST), newest("baton_lease_held", "host", HOST)
contact = newest("baton_host_last_contact_timestamp_seconds", "host", HOST)
kept = newest("baton_snapshots_retained", "host", HOST)
serves = newest("baton_deployed_revision_info", "host, revision", FLEET, HOST)

counts = [
    stat("Hosts", "Hosts of the fleets that this Baton knows.", "short",
         [ask(f"count({lease})", "hosts", now=True)], (4, 4)),
    stat("Reached", "The part of them that the last step reached.", "percentunit",
         [ask(f"avg({up})", "reached", now=True)], (4, 4), defaults=steps(RED, (0.9, ORANGE), (1, GREEN))),
    stat("Out of reach", "Hosts that the last step could not reach.", "short",
         [ask(total(f"{up} == bool 0"), "hosts", now=True)], (4, 4), defaults=steps(GREEN, (1, RED))),
    stat("Leases", "Hosts whose lease a run of this controller holds.", "short",
         [ask(total(lease), "held", now=True)], (4, 4), defaults=steps(GREY, (1, BLUE))),
    stat("Connections", "SSH sessions that are open now.", "short",
         [ask(total(of("baton_ssh_sessions")), "sessions", now=True)], (4, 4)),
    stat("Snapshots", "Snapshots that are kept on all hosts.", "short",
         [ask(total(kept), "snapshots", now=True)], (4, 4), defaults=steps(GREY)),
]

each = [
    table("Each host", "What is known of the hosts that are chosen above. `Reached` and `Last contact` are those of "
          "the last step: between runs nobody asks the hosts.", "short",
          [ask(up, table=True), ask(contact + " * 1000", table=True), ask(lease, table=True), ask(kept, table=True),
           ask(serves, table=True)], (24, 10), joined_by="host", hidden=("Value #E",),
          names={"host": "Host", "Value #A": "Reached", "Value #B": "Last contact", "Value #C": "Lease",
                 "Value #D": "Snapshots", "revision": "Commit"},
          overrides=[column("Reached", custom__cellOptions={"type": "color-text"}, **UP),
                     column("Last contact", unit="dateTimeFromNow"), column("Lease", **LEASE)]),
    timeline("Reached over time", "Whether the last step reached each of the hosts that are chosen above.",
             [ask(up, "{{host}}")], defaults=UP),
]

reach = [
    bars("Not heard of for the longest", "Since when no step has reached a host: the ten that come first.", "s",
         [ask(f"topk(10, time() - {contact})", "{{host}}", now=True)]),
    bars("Hosts that refuse most", "Connections that never came to be, in the time shown: the ten that come first.",
         "short", [ask(f"topk(10, {total(grown_in_all('baton_ssh_connect_failures_total', HOST), 'host')})",
                       "{{host}}", now=True)], defaults={"decimals": 0}),
    bars("Most snapshots", "Hosts with the most snapshots: more than `keep` says are those that could not be "
         "deleted.", "short", [ask(f"topk(10, {kept})", "{{host}}", now=True)],
         defaults={"decimals": 0} | steps(GREEN, (5, YELLOW), (10, RED))),
    graph("Connections begun", "Connections to hosts, and those that never came to be.", "short",
          [ask(total(grown("baton_ssh_connects_total", HOST)), "begun"),
           ask(total(grown("baton_ssh_connect_failures_total", HOST)), "failed")], (12, 8)),
    graph("Why connections fail", "Connections that never came to be, by why.", "short",
          [ask(total(grown("baton_ssh_connect_failures_total", HOST), "reason"), "{{reason}}")], (12, 8),
          stacked_bars=True),
]

speed = [
    graph("Step duration", "From the start of a step on a host to its end.", "s",
          [ask(quantile(0.5, "baton_ssh_command_duration_seconds"), "median"),
           ask(quantile(0.95, "baton_ssh_command_duration_seconds"), "95 %"),
           ask(quantile(0.99, "baton_ssh_command_duration_seconds"), "99 %")], (8, 8)),
    graph("Steps", "Steps that ended on hosts, a second.", "ops",
          [ask(total(rate("baton_ssh_command_duration_seconds_count")), "steps")], (8, 8)),
    graph("Output of hosts", "Bytes that were heard from hosts, a second.", "Bps",
          [ask(total(rate("baton_ssh_received_bytes_total")), "received")], (8, 8)),
    graph("Sessions over time", "SSH sessions that are open.", "short",
          [ask(total(of("baton_ssh_sessions")), "sessions")], (12, 8)),
    graph("Hosts over time", "Hosts that are known, and those out of reach.", "short",
          [ask(f"count({lease})", "known"), ask(total(f"{up} == bool 0"), "out of reach")], (12, 8)),
]

BOARD = board("baton-hosts", "Baton / Hosts",
              "Whether each host can be reached, whose it is, what it serves, and how fast it answers.",
              [("All of them", counts), ("One by one", each), ("Reach", reach), ("Speed", speed)],
              variables=[HOSTS])
