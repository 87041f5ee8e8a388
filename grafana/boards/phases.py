"""How long each phase takes, which of them fail, and why."""

from .parts import (BLUE, FLEET, GREY, PHASE, PHASES, RED, YELLOW, ask, bars, board, coloured,
                    graph, grown, grown_in_all, heatmap, mean, newest, quantile, stat, steps, table, total)

errors, took = "baton_errors_total", "baton_phase_duration_seconds"
since = newest("baton_phase_start_timestamp_seconds", "fleet", FLEET)

failing = [
    stat("In progress for", "How long the phase has been going on that a fleet is in. 0: none is.", "s",
         [ask(f"(time() - {since}) * ({since} > bool 0)", "{{fleet}}", now=True)], (4, 8),
         defaults=steps(GREY, (1, BLUE), (1800, YELLOW), (3600, RED))),
    bars("Where steps fail", "Failed steps of each phase, in the time shown.", "short",
         [ask(f"sort_desc({total(grown_in_all(errors, FLEET, PHASE), 'phase')})", "{{phase}}", now=True)], (7, 8),
         defaults={"decimals": 0}),
    bars("Why steps fail", "Failed steps by the code of the error, in the time shown.", "short",
         [ask(f"topk(10, {total(grown_in_all(errors, FLEET, PHASE), 'reason')})", "{{reason}}", now=True)], (6, 8),
         defaults={"decimals": 0}),
    table("Phase by phase", "How often steps of a phase failed, and why, in the time shown.", "short",
          [ask(f"{total(grown_in_all(errors, FLEET, PHASE), 'fleet, phase, reason')} > 0", table=True)], (7, 8),
          names={"fleet": "Fleet", "phase": "Phase", "reason": "Reason", "Value": "Steps"}, sorted_by="Steps"),
    graph("Errors by phase", "Steps that failed, by the phase they belong to.", "short",
          [ask(total(grown(errors, FLEET, PHASE), "phase"), "{{phase}}")], (12, 8), stacked_bars=True),
    graph("Phases", "Phases that ended, and those that failed. The difference of the two went well.", "short",
          [ask(total(grown("baton_actor_tasks_total", 'actor="phase"')), "ended"),
           ask(total(grown("baton_actor_task_failures_total", 'actor="phase"')), "failed")], (12, 8),
          overrides=coloured({"ended": BLUE, "failed": RED})),
]

lasting = [
    graph("Mean duration", "From the start of a phase to its end.", "s",
          [ask(mean(took, PHASE, by="phase"), "{{phase}}")], (12, 8)),
    graph("95 % are done within", "The duration that 95 of 100 phases do not exceed.", "s",
          [ask(quantile(0.95, took, PHASE, by="phase"), "{{phase}}")], (12, 8)),
    bars("Where the time goes", "Time that all runs spent in each phase, in the time shown.", "s",
         [ask(f"sort_desc({total(grown_in_all(took + '_sum', PHASE), 'phase')})", "{{phase}}", now=True)], (12, 8)),
    heatmap("Durations", "How many phases took how long: choose one phase above.", "s",
            [ask(total(grown(took + "_bucket", PHASE), "le"), "{{le}}", heatmap=True)], (12, 8)),
]

looks = [
    graph("Health checks", "Looks at what hosts serve (gates, guards, verifications), and those that found "
          "something not as it should be.", "short",
          [ask(total(grown("baton_health_checks_total", FLEET)), "looks"),
           ask(total(grown("baton_health_check_failures_total", FLEET)), "ill")], (8, 8),
          overrides=coloured({"looks": BLUE, "ill": RED})),
    graph("Health check duration", "Time of a look, with its steady window.", "s",
          [ask(quantile(0.5, "baton_health_check_duration_seconds"), "median"),
           ask(quantile(0.95, "baton_health_check_duration_seconds"), "95 %")], (8, 8)),
    graph("Snapshots", "Operations on snapshots, and those that failed.", "short",
          [ask(total(grown("baton_snapshots_total"), "operation"), "{{operation}}"),
           ask(total(grown("baton_snapshot_failures_total"), "operation"), "{{operation}} failed")], (8, 8)),
    graph("Snapshot duration", "Time of an operation on a snapshot.", "s",
          [ask(mean("baton_snapshot_duration_seconds", by="operation"), "{{operation}}")], (12, 8)),
    graph("Snapshots by driver", "Who keeps the snapshots: failures of each driver.", "short",
          [ask(total(grown("baton_snapshot_failures_total"), "driver"), "{{driver}}")], (12, 8),
          stacked_bars=True),
]

BOARD = board("baton-phases", "Baton / Phases", "How long each phase takes, which of them fail, and why.",
              [("What fails", failing), ("What takes time", lasting), ("Looks and snapshots", looks)],
              variables=[PHASES], time="now-7d")
