"""Where things stand: one look in the morning, and the first one when something is wrong."""

from .parts import (BLUE, FLEET, GREEN, GREY, ORANGE, RED, STATUS_COLOURS, YELLOW, ask, bars, board, coloured,
                    column, graph, grown, grown_in_all, mean, newest, of, quantile, stat, steps, table,
                    to_board, total)

SUCCESS = 'status="success"'
runs = "baton_runs_total"
since = newest("baton_phase_start_timestamp_seconds", "fleet", FLEET)


def ended(how):
    """When the last such run of each fleet ended, in milliseconds; nothing where there was none."""
    return f"({newest(f'baton_run_last_{how}_timestamp_seconds', 'fleet', FLEET)} > 0) * 1000"


now = [
    stat("Runs in progress", "Runs without a verdict, those of a Baton that died included.", "short",
         [ask(total(of("baton_runs_in_progress")), "runs", now=True)], (3, 4), defaults=steps(GREY, (1, BLUE))),
    stat("Runs that wait", "Runs in a queue, because others own some of their hosts.", "short",
         [ask(total(of("baton_runs_queued")), "runs", now=True)], (3, 4),
         defaults=steps(GREY, (1, YELLOW), (5, ORANGE))),
    stat("Phase in progress for", "How long the phase has been going on that a fleet is in. 0: none is.", "s",
         [ask(f"(time() - {since}) * ({since} > bool 0)", "{{fleet}}", now=True)], (4, 4),
         defaults=steps(GREY, (1, BLUE), (1800, YELLOW), (3600, RED))),
    stat("Last success", "When the last run of each fleet ended in success.", "dateTimeFromNow",
         [ask(ended("success"), "{{fleet}}", now=True)], (4, 4), defaults={"noValue": "never"} | steps(GREEN)),
    stat("Last failure", "When the last run of each fleet ended that was not a success.", "dateTimeFromNow",
         [ask(ended("failure"), "{{fleet}}", now=True)], (4, 4), defaults={"noValue": "never"} | steps(ORANGE)),
    stat("Hosts out of reach", "Hosts that the last step could not reach.", "short",
         [ask(total(f"{newest('baton_host_up', 'host')} == bool 0"), "hosts", now=True)], (3, 4),
         defaults=steps(GREEN, (1, RED)), links=[to_board("baton-hosts", "Hosts")]),
    stat("Messages that wait", "Alerts of Baton's own that are still to be sent; of reminders those that are due.", "short",
         [ask(total(of("baton_notifications_queued")), "messages", now=True)], (3, 4),
         defaults=steps(GREY, (1, YELLOW), (10, RED)), links=[to_board("baton-internals", "Internals")]),
]

verdicts = [
    stat("Success ratio", "The part of the runs in the time shown that ended in success.", "percentunit",
         [ask(f"{total(grown_in_all(runs, FLEET, SUCCESS))} / {total(grown_in_all(runs, FLEET))}",
              "success", now=True)], (4, 8),
         defaults={"noValue": "no run"} | steps(RED, (0.5, ORANGE), (0.9, GREEN))),
    bars("Verdicts", "How the runs in the time shown ended.", "short",
         [ask(f"sort_desc({total(grown_in_all(runs, FLEET), 'status')})", "{{status}}", now=True)], (6, 8),
         defaults={"decimals": 0}, overrides=coloured(STATUS_COLOURS)),
    graph("Runs by verdict", "Runs that ended, by their status.", "short",
          [ask(total(grown(runs, FLEET), "status"), "{{status}}")], (14, 8), stacked_bars=True,
          overrides=coloured(STATUS_COLOURS)),
    graph("Run duration", "From the request to the verdict.", "s",
          [ask(quantile(0.5, "baton_run_duration_seconds"), "median"),
           ask(quantile(0.95, "baton_run_duration_seconds"), "95 %")], (8, 8)),
    graph("Time in the queue", "How long runs waited for hosts that others own.", "s",
          [ask(mean("baton_run_queue_duration_seconds"), "mean"),
           ask(quantile(0.95, "baton_run_queue_duration_seconds"), "95 %")], (8, 8)),
    graph("Rollbacks", "Rollbacks that were begun, and runs in which the rollback of a host failed: "
          "the second is where a person is needed.", "short",
          [ask(total(grown("baton_rollbacks_total", FLEET)), "begun"),
           ask(total(grown("baton_rollback_failures_total", FLEET)), "failed")], (8, 8), stacked_bars=True,
          overrides=coloured({"begun": ORANGE, "failed": RED})),
]

serving = newest("baton_deployed_revision_info", "fleet, host, revision", FLEET)
deployed = [
    table("What each host serves", "The commit that each host serves by the last verdict.", "short",
          [ask(serving, table=True)], (14, 9), hidden=("Value",),
          names={"fleet": "Fleet", "host": "Host", "revision": "Commit"},
          overrides=[column("Host", links=[
              {"title": "This host", "url": "/d/baton-hosts?var-host=${__value.raw}&${__url_time_range}"}])]),
    bars("Hosts by commit", "On how many hosts each commit is: after a good run of a fleet there is one.", "short",
         [ask(f"sort_desc(count by (fleet, revision) ({serving}))", "{{fleet}} {{revision}}", now=True)], (10, 9),
         defaults={"decimals": 0, "min": 0}),
]

wrong = [
    graph("Errors by reason", "Steps that failed, by the code of the error.", "short",
          [ask(f"topk(10, {total(grown('baton_errors_total', FLEET), 'reason')})", "{{reason}}")], (12, 8),
          stacked_bars=True),
    graph("Errors by phase", "Steps that failed, by the phase they belong to.", "short",
          [ask(total(grown("baton_errors_total", FLEET), "phase"), "{{phase}}")], (12, 8), stacked_bars=True),
]
for one in wrong:
    one["links"] = [to_board("baton-phases", "Phases")]

BOARD = board("baton-overview", "Baton / Overview", "What is deployed where, what is going on, what went wrong.",
              [("Now", now), ("Runs", verdicts), ("What is deployed", deployed), ("What goes wrong", wrong)])
