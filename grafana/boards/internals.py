"""Baton itself: its actors, its journal, its messages, its process."""

from .parts import (BLUE, GREEN, GREY, ORANGE, RED, YELLOW, ask, board, coloured, graph, grown, grown_in_all, mean,
                    of, quantile, rate, stat, steps, table, total)

# The textfile way has the same names, but those of node exporter's own process. Only a Baton that is
# scraped itself is meant.
OURS = f"and on (job, instance) {of('baton_build_info')} unless on (job, instance) {of('node_textfile_scrape_error')}"
TEXTFILE = 'file=~"(.*/)?baton[^/]*[.]prom"'
write = "baton_journal_write_duration_seconds"

state = [
    stat("Up", "Whether Prometheus could ask for the numbers, by instance.", "short",
         [ask(f"{of('up')} and on (job, instance) {of('baton_build_info')}", "{{instance}}", now=True)], (4, 5),
         defaults={"mappings": [{"type": "value", "options": {
             "0": {"text": "down", "color": RED, "index": 0}, "1": {"text": "up", "color": GREEN, "index": 1}}}]}),
    stat("Age of the text file", "Since when nobody has written the file that node exporter reads. Between runs "
         "it grows: that is in order.", "s",
         [ask(f"time() - {of('node_textfile_mtime_seconds', TEXTFILE)}", "{{file}}", now=True)], (5, 5),
         defaults={"noValue": "no such file"} | steps(GREY)),
    stat("Actors", "Actors that are alive.", "short", [ask(total(of("baton_actors")), "actors", now=True)], (3, 5)),
    stat("Restarts", "Actors that died and were replaced, in the time shown.", "short",
         [ask(total(grown_in_all("baton_actor_restarts_total")), "restarts", now=True)], (3, 5),
         defaults={"decimals": 0} | steps(GREEN, (1, ORANGE), (3, RED))),
    stat("Writes that failed", "Batches of events that the journal did not take, in the time shown.", "short",
         [ask(total(grown_in_all("baton_journal_write_failures_total")), "writes", now=True)], (3, 5),
         defaults={"decimals": 0} | steps(GREEN, (1, RED))),
    table("Build", "Which Baton tells these numbers.", "short",
          [ask(f"max by (instance, version, revision, compiler) ({of('baton_build_info')})", table=True)], (6, 5),
          hidden=("Value",), names={"instance": "Instance", "version": "Version", "revision": "Commit",
                                    "compiler": "Compiler"}),
]

actors = [
    graph("Mailboxes", "Messages that wait for an actor: one that grows belongs to an actor that is stuck.", "short",
          [ask(f"max by (actor) ({of('baton_actor_mailbox_messages')})", "{{actor}}")], (8, 8)),
    graph("Work", "Work done: runs by supervisors, phases by phases, steps by hosts.", "short",
          [ask(total(grown("baton_actor_tasks_total"), "actor"), "{{actor}}"),
           ask(total(grown("baton_actor_task_failures_total"), "actor"), "{{actor}} failed")], (8, 8)),
    graph("Work that failed", "Work that ended badly, by why.", "short",
          [ask(f"topk(10, {total(grown('baton_actor_task_failures_total'), 'reason')})", "{{reason}}")], (8, 8),
          stacked_bars=True),
    graph("Time of a piece of work", "Mean, by actor.", "s",
          [ask(mean("baton_actor_task_duration_seconds", by="actor"), "{{actor}}")], (8, 8)),
    graph("Actors over time", "Actors that are alive.", "short",
          [ask(total(of("baton_actors"), "instance"), "{{instance}}")], (8, 8)),
    graph("Age of the actors", "Since when the youngest actor of each kind has been there.", "s",
          [ask(f"time() - max by (actor) ({of('baton_actor_start_timestamp_seconds')})", "{{actor}}")], (8, 8)),
]

journal = [
    graph("Write duration", "Time to make a batch of events durable: an fsync, most of it.", "s",
          [ask(quantile(0.5, write), "median"), ask(quantile(0.95, write), "95 %"),
           ask(quantile(0.99, write), "99 %")], (8, 8)),
    graph("Writes", "Batches of events written, and those that could not be.", "short",
          [ask(total(grown("baton_journal_writes_total")), "written"),
           ask(total(grown("baton_journal_write_failures_total")), "failed")], (8, 8),
          overrides=coloured({"written": BLUE, "failed": RED})),
    graph("Size", "Size of the journal's files.", "bytes",
          [ask(f"max by (instance) ({of('baton_journal_size_bytes')})", "{{instance}}")], (8, 8)),
]

messages = [
    graph("Messages", "Alerts of Baton's own that were sent or given up.", "short",
          [ask(total(grown("baton_notifications_total"), "channel"), "{{channel}}")], (6, 8), stacked_bars=True),
    graph("Messages that failed", "Tries that failed, by channel and why; and those of them that another one "
          "followed.", "short",
          [ask(total(grown("baton_notification_failures_total"), "channel, reason"), "{{channel}}: {{reason}}"),
           ask(total(grown("baton_notification_retries_total"), "channel"), "{{channel}}: tried again")], (6, 8)),
    graph("Waiting messages", "Alerts of Baton's own that are still to be sent; of reminders those that are due.", "short",
          [ask(f"max by (channel) ({of('baton_notifications_queued')})", "{{channel}}"),
           ask(f"max by (channel) ({of('baton_notification_channel_stopped')}) > 0",
               "{{channel}}: 1, it is stopped")], (6, 8)),
    graph("Time to send", "How long a channel takes to accept a message: 95 of 100 are faster.", "s",
          [ask(quantile(0.95, "baton_notification_duration_seconds", by="channel"), "{{channel}}")], (6, 8)),
]

process = [
    graph("CPU", "Processors that Baton keeps busy.", "short",
          [ask(f"{rate('process_cpu_seconds_total')} {OURS}", "{{instance}}")], (6, 8)),
    graph("Memory", "Memory of Baton's process that is really in use.", "bytes",
          [ask(f"{of('process_resident_memory_bytes')} {OURS}", "{{instance}}")], (6, 8)),
    graph("Open files", "Open files, and how many there may be.", "short",
          [ask(f"{of('process_open_fds')} {OURS}", "{{instance}}"),
           ask(f"{of('process_max_fds')} {OURS}", "{{instance}} at most")], (6, 8)),
    graph("Threads", "Threads of Baton's process.", "short",
          [ask(f"{of('process_threads')} {OURS}", "{{instance}}")], (6, 8)),
    graph("Running for", "Since when Baton's process has been there.", "s",
          [ask(f"time() - {of('process_start_time_seconds')} {OURS}", "{{instance}}")], (12, 8)),
    graph("Log lines", "Lines of the log, written or not, by level.", "short",
          [ask(total(grown("baton_log_messages_total"), "level"), "{{level}}")], (12, 8), stacked_bars=True,
          overrides=coloured({"debug": GREY, "info": BLUE, "warning": YELLOW, "error": RED})),
]

BOARD = board("baton-internals", "Baton / Internals",
              "Baton itself: its actors, its journal, its messages, its process.",
              [("State", state), ("Actors", actors), ("Journal", journal), ("Messages of Baton's own", messages),
               ("Process", process)])
