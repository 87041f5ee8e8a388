"""The parts of a dashboard: queries over what is chosen in the variables, panels, the board around them.

A board is rows of panels; where each stands follows from their widths and heights.
"""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
CHOSEN = ('job=~"$job"', 'instance=~"$instance"')
FLEET, HOST, PHASE = 'fleet=~"$fleet"', 'host=~"$host"', 'phase=~"$phase"'

GREEN, YELLOW, ORANGE, RED, BLUE, GREY = "green", "yellow", "orange", "red", "blue", "#8e8e8e"
STATUS_COLOURS = {"success": GREEN, "partial_success": YELLOW, "rolled_back": ORANGE, "failed": RED,
                  "aborted": GREY}


# --- queries

def of(name, *more):
    """The series of a family that are chosen."""
    return f"{name}{{{', '.join(CHOSEN + more)}}}"


def rate(name, *more):
    return f"rate({of(name, *more)}[$__rate_interval])"


def grown(name, *more):
    """By how much a counter has grown, at each point of a graph."""
    return f"increase({of(name, *more)}[$__rate_interval])"


def grown_in_all(name, *more):
    """By how much a counter has grown over all of the time that is shown."""
    return f"increase({of(name, *more)}[$__range])"


def total(expr, by=""):
    return f"sum by ({by}) ({expr})" if by else f"sum({expr})"


def newest(name, by, *more):
    """One value for each `by`: the same host or fleet may be told of by several instances."""
    return f"max by ({by}) ({of(name, *more)})"


def quantile(at, name, *more, by=""):
    return f"histogram_quantile({at}, {total(rate(name + '_bucket', *more), ', '.join(filter(None, ['le', by])))})"


def mean(name, *more, by=""):
    return f"{total(rate(name + '_sum', *more), by)} / {total(rate(name + '_count', *more), by)}"


def ask(expr, legend="", now=False, table=False, heatmap=False):
    """A query of a panel. `now`: the last value alone; `table`: as rows; `heatmap`: buckets."""
    made = {"datasource": DATASOURCE, "expr": expr, "legendFormat": legend,
            "instant": now or table, "range": not (now or table)}
    if table or heatmap:
        made["format"] = "table" if table else "heatmap"
    return made


# --- panels

def panel(kind, title, description, unit, asked, size, options=None, defaults=None, overrides=None,
          links=(), transformations=None):
    width, height = size
    made = {"type": kind, "title": title, "description": description, "datasource": DATASOURCE,
            "gridPos": {"w": width, "h": height},
            "fieldConfig": {"defaults": {"unit": unit} | (defaults or {}), "overrides": overrides or []},
            "options": options or {}, "targets": asked}
    if links:
        made["links"] = list(links)
    if transformations:
        made["transformations"] = transformations
    return made


def steps(*pairs):
    """Thresholds: steps(GREEN, (1, RED)) is green below 1."""
    return {"thresholds": {"mode": "absolute", "steps": [
        {"color": pairs[0], "value": None},
        *({"color": colour, "value": value} for value, colour in pairs[1:])]},
        "color": {"mode": "thresholds"}}


def words(**by_value):
    """words(up=(1, "yes", GREEN)): a value is shown as a word in a colour."""
    return {"mappings": [{"type": "value", "options": {
        str(value): {"text": text, "color": colour, "index": index}
        for index, (value, text, colour) in enumerate(by_value.values())}}]}


def coloured(names):
    """Series of these names have these colours."""
    return [{"matcher": {"id": "byName", "options": name},
             "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}]}
            for name, colour in names.items()]


def _last():
    return {"calcs": ["lastNotNull"], "fields": "", "values": False}


def stat(title, description, unit, asked, size=(4, 4), **more):
    return panel("stat", title, description, unit, asked, size,
                 {"reduceOptions": _last(), "colorMode": "value", "graphMode": "none",
                  "justifyMode": "auto", "orientation": "auto", "textMode": "auto"}, **more)


def bars(title, description, unit, asked, size=(8, 8), **more):
    """The longest first is what the query has to see to: sort_desc."""
    return panel("bargauge", title, description, unit, asked, size,
                 {"reduceOptions": _last(), "displayMode": "gradient", "orientation": "horizontal",
                  "showUnfilled": True, "valueMode": "color"}, **more)


def graph(title, description, unit, asked, size=(8, 8), stacked_bars=False, defaults=None, **more):
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 10, "showPoints": "auto",
              "spanNulls": False, "stacking": {"mode": "none", "group": "A"}}
    if stacked_bars:
        custom |= {"drawStyle": "bars", "fillOpacity": 80, "stacking": {"mode": "normal", "group": "A"}}
    return panel("timeseries", title, description, unit, asked, size,
                 {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
                  "tooltip": {"mode": "multi", "sort": "desc"}},
                 defaults={"min": 0, "custom": custom} | (defaults or {}), **more)


def heatmap(title, description, unit, asked, size=(12, 8)):
    return panel("heatmap", title, description, unit, asked, size,
                 {"calculate": False, "cellGap": 1, "legend": {"show": True},
                  "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64, "exponent": 0.5,
                            "fill": "dark-orange", "reverse": False},
                  "yAxis": {"axisPlacement": "left", "unit": unit}, "rowsFrame": {"layout": "auto"},
                  "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": False},
                  "filterValues": {"le": 1e-9}, "exemplars": {"color": "rgba(255,0,255,0.7)"}})


def timeline(title, description, asked, size=(24, 8), **more):
    return panel("state-timeline", title, description, "short", asked, size,
                 {"showValue": "never", "mergeValues": True, "rowHeight": 0.85, "alignValue": "center",
                  "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
                  "tooltip": {"mode": "single", "sort": "none"}}, **more)


def table(title, description, unit, asked, size=(12, 8), hidden=(), names=None, joined_by=None,
          sorted_by=None, overrides=None):
    """Rows of labels and values. Several queries become one table by the label `joined_by`."""
    changes = [{"id": "joinByField", "options": {"byField": joined_by, "mode": "outer"}}] if joined_by else []
    drop = {name: True for name in ("Time", *(f"Time {nth}" for nth in range(1, len(asked) + 1)), *hidden)}
    changes.append({"id": "organize", "options": {"excludeByName": drop, "renameByName": names or {},
                                                  "indexByName": {}}})
    options = {"showHeader": True, "cellHeight": "sm",
               "footer": {"show": False, "reducer": ["sum"], "countRows": False}}
    if sorted_by:
        options["sortBy"] = [{"displayName": sorted_by, "desc": True}]
    return panel("table", title, description, unit, asked, size, options,
                 {"custom": {"align": "auto", "filterable": True, "cellOptions": {"type": "auto"}}},
                 overrides=overrides, transformations=changes)


def column(name, **properties):
    """How a column of a table is shown: unit, mappings …"""
    return {"matcher": {"id": "byName", "options": name},
            "properties": [{"id": key.replace("__", "."), "value": value}
                           for key, value in properties.items()]}


def link(title, url, tooltip=""):
    return {"type": "link", "title": title, "url": url, "tooltip": tooltip, "icon": "external link",
            "tags": [], "asDropdown": False, "includeVars": False, "keepTime": False, "targetBlank": False}


def to_board(uid, title, **variables):
    """A link to another board, with what is chosen here."""
    kept = "".join(f"&var-{name}={value}" for name, value in variables.items())
    chosen = "&".join(f"${{{name}:queryparam}}" for name in ("datasource", "job", "instance", "fleet"))
    return link(title, f"/d/{uid}?${{__url_time_range}}&{chosen}{kept}")


# --- the board

def variable(name, label, query):
    return {"name": name, "label": label, "type": "query", "datasource": DATASOURCE,
            "query": {"query": query, "refId": "variable"}, "definition": query,
            "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".+",
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
            "hide": 0, "regex": "", "options": []}


def label_values(name, label, *more):
    return f"label_values({of(name, *more)}, {label})"


VARIABLES = [
    {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
     "refresh": 1, "hide": 0, "includeAll": False, "multi": False, "regex": "", "options": []},
    variable("job", "Job", "label_values(baton_build_info, job)"),
    variable("instance", "Instance", 'label_values(baton_build_info{job=~"$job"}, instance)'),
    variable("fleet", "Fleet", label_values("baton_runs_total", "fleet")),
]
HOSTS = variable("host", "Host", label_values("baton_lease_held", "host"))
PHASES = variable("phase", "Phase", label_values("baton_phase_duration_seconds_count", "phase"))


def note(name, colour, gauge, text):
    """A mark at the very moment that a gauge tells: one for each run that ended."""
    return {"name": name, "enable": True, "hide": False, "iconColor": colour, "datasource": DATASOURCE,
            "expr": f"max by (fleet) ({of(gauge, FLEET)} > 0) * 1000", "useValueForTime": True,
            "titleFormat": "{{fleet}}", "textFormat": text, "tagKeys": "", "step": "30s"}


NOTES = [
    note("Deployments", GREEN, "baton_run_last_success_timestamp_seconds", "a run ended in success"),
    note("Deployments that went wrong", RED, "baton_run_last_failure_timestamp_seconds",
         "a run ended, and not in success"),
]


def place(rows):
    """Panels from left to right, each row of them under the one before it."""
    made, top = [], 0
    for title, panels in rows:
        made.append({"type": "row", "title": title, "collapsed": False, "panels": [],
                     "gridPos": {"h": 1, "w": 24, "x": 0, "y": top}})
        left, top, height = 0, top + 1, 0
        for one in panels:
            at = one["gridPos"]
            if left + at["w"] > 24:
                left, top, height = 0, top + height, 0
            one["gridPos"] = {"h": at["h"], "w": at["w"], "x": left, "y": top}
            left, height = left + at["w"], max(height, at["h"])
            made.append(one)
        top += height
    for number, one in enumerate(made, 1):
        one["id"] = number
        for letter, target in zip("ABCDEFGHIJ", one.get("targets", [])):
            target["refId"] = letter
    return made


def board(uid, title, description, rows, variables=(), time="now-24h"):
    everything = {"type": "dashboards", "tags": ["baton"], "title": "Baton", "asDropdown": False,
                  "icon": "external link", "includeVars": True, "keepTime": True, "targetBlank": False,
                  "tooltip": "the other dashboards, with what is chosen here", "url": ""}
    return {
        "id": None, "uid": uid, "title": title, "description": description, "tags": ["baton"],
        "schemaVersion": 39, "version": 1, "editable": False, "graphTooltip": 1, "fiscalYearStartMonth": 0,
        "liveNow": False, "timezone": "browser", "refresh": "30s", "weekStart": "",
        "time": {"from": time, "to": "now"}, "timepicker": {}, "links": [everything],
        "annotations": {"list": NOTES}, "templating": {"list": [*VARIABLES, *variables]},
        "panels": place(rows),
    }
