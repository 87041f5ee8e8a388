"""The rules of grafana/rules as data, and a copy of them for tests that cannot wait for hours."""

import copy
import re

import yaml
from families import root

folder = root / "grafana" / "rules"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def load_all():
    return {path.name: yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yaml"))}


def all_rules():
    return [rule for file in load_all().values() for group in file["groups"] for rule in group["rules"]]


def alerts():
    return {rule["alert"]: rule for rule in all_rules() if "alert" in rule}


def recorded():
    return {rule["record"]: rule for rule in all_rules() if "record" in rule}


def with_recorded(expr):
    """The query with every recorded name written out."""
    for name, rule in recorded().items():
        if name in expr:
            expr = expr.replace(name, f"({with_recorded(rule['expr'])})")
    return expr


def parts():
    """(rule, query): what every rule asks, without what it is compared with. None is empty when all is well."""
    for rule in all_rules():
        name = rule.get("alert") or rule["record"]
        if rule["expr"].startswith("absent("):
            yield f"rule {name}", rule["expr"].removeprefix("absent(").removesuffix(")")
            continue
        for nth, part in enumerate(re.split(r"\b(?:and|unless)(?: on \([^)]*\))? ", with_recorded(rule["expr"]))):
            yield f"rule {name} {nth + 1}", re.sub(r"\s+(?:[<>]|[<>=]=)\s+[\d.]+\s*$", "", part.strip())


def seconds(length):
    return sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"(\d+)([smhd])", length))


def hurried(length):
    """A minute becomes a second, and all else in proportion."""
    return f"{max(1, seconds(length) // 60)}s"


def in_a_hurry():
    """The files of the rules for tests that cannot wait: {name: contents}.

    Every `for`, and every look back of what they ask (`[15m]`), is 60 times as short. Nothing else is
    changed: what they compare it with, what they say.
    """
    def shorter(text):
        return re.sub(r"\[(\d+[smhd])\]", lambda found: f"[{hurried(found[1])}]", text)

    made = copy.deepcopy(load_all())
    for file in made.values():
        for group in file["groups"]:
            for rule in group["rules"]:
                rule["expr"] = shorter(rule["expr"])
                if "for" in rule:
                    rule["for"] = hurried(rule["for"])
    return made
