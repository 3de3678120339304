"""``python -m cockpit alerts``: early warning for people and programs at a terminal."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from cockpit.answers import alert_tables as tables
from cockpit.answers import alerts
from cockpit.answers.alert_new import choices, new_rule
from cockpit.answers.alert_scores import FEW_JUDGED, Precision, RuleScore
from cockpit.answers.alert_stories import Story
from cockpit.answers.alert_trial import Tried
from cockpit.answers.current import current_twin
from cockpit.answers.downloads import as_csv
from cockpit.commands.alerts_new import plain_rule, thresholds
from cockpit.commands.output import replaced, require_writable
from cockpit.locale import translate
from cockpit.settings import settings
from geodata.errors import InputError

_DONE, _REFUSED = 0, 1
Run = Callable[[argparse.Namespace], int]


def run(given: argparse.Namespace) -> int:
    """Do what is asked; return 0, or 1 for a ledger that is not in order."""
    acts: dict[str, Run] = {
        "look": _look, "list": _list, "verify": _verify, "export": _export, "scores": _scores,
        "rules": _rules, "switch": _switch, "try": _try, "add": _add,
    }  # fmt: skip
    return acts.get(given.act, _act)(given)


def _visitor() -> str:
    return settings().visitor_class


def _json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _say(given: argparse.Namespace, template: str, **values: object) -> str:
    return translate(template, given.lang, **values)


def _table(header: list[str], rows: list[list[str]], right: tuple[int, ...] = ()) -> None:
    from rich.console import Console
    from rich.table import Table

    made = Table()
    for k, name in enumerate(header):
        made.add_column(name, justify="right" if k in right else "left")
    for row in rows:
        made.add_row(*row)
    Console(width=None).print(made, markup=False)


# ---------------------------------------------------------------- looking and listing


def _look(given: argparse.Namespace) -> int:
    found = alerts.evaluate()
    if given.json:
        now = found.now.isoformat() if found.now else None
        _json({**asdict(found), "now": now, "seconds": round(found.seconds, 3)})
    elif found.now is None:
        print(_say(given, "There are no events and no readings yet."))
    else:
        print(
            _say(
                given,
                "{rules} rules read up to {now}: {opened} alerts opened, {lines} lines written.",
                rules=found.rules, now=f"{found.now:%Y-%m-%d %H:%M}", opened=found.opened,
                lines=found.lines,
            )
        )  # fmt: skip
    return _DONE


def _list(given: argparse.Namespace) -> int:
    county = current_twin()
    wanted = alerts.LedgerFilter(rule=given.rule)
    found = (
        alerts.ledger(_visitor(), wanted).stories
        if given.all
        else tuple(s for s in alerts.open_alerts(_visitor()) if given.rule in ("", s.rule.id))
    )
    found = tuple(s for s in found if max(s.level, s.peak if given.all else 0) >= given.level)
    if given.json:
        _json([tables.plain_story(s, county, given.lang) for s in found[: given.most]])
        return _DONE
    titles = (
        "Alert",
        "Colour",
        "Rule",
        "Sensor or region",
        "Township and village",
        "Opened",
        "Closed",
        "Reason",
    )
    rows = [
        [
            str(s.id),
            _say(given, "Sensor fault") if s.kind == "fault" else tables.level_word(
                s.peak if given.all else s.level, given.lang
            ),
            _titled(given, s), s.subject, tables.place_of(s, county, given.lang),
            f"{s.opened:%Y-%m-%d %H:%M}", f"{s.closed:%Y-%m-%d %H:%M}" if s.closed else "",
            tables.why_words(s, given.lang),
        ]
        for s in found[: given.most]
    ]  # fmt: skip
    if rows:
        _table([_say(given, t) for t in titles], rows, right=(0,))
    print(_say(given, "{n} alerts.", n=len(found)))
    return _DONE


def _titled(given: argparse.Namespace, found: Story) -> str:
    """Return the title of an alert's rule; an exercise is called one."""
    title = tables.title_of(found, given.lang)
    return _say(given, "exercise: {title}", title=title) if found.exercise else title


def _act(given: argparse.Namespace) -> int:
    who: dict[str, Any] = {"visitor": _visitor()}
    if given.act == "acknowledge":
        alerts.acknowledge(given.alert, given.who, given.words, **who)
    elif given.act == "mute":
        alerts.mute(given.alert, given.who, given.words, hours=given.hours, **who)
    elif given.act == "unmute":
        alerts.unmute(given.alert, given.who, given.words, **who)
    elif given.act == "escalate":
        alerts.escalate(given.alert, given.who, given.words, to=given.to, **who)
    else:
        when = _moment(given.happened) if given.happened else None
        alerts.judge(given.alert, given.who, given.verdict, given.words, happened=when, **who)
    print(_say(given, "Alert {id}: written down.", id=given.alert))
    return _DONE


def _moment(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise InputError(
            "{text} is no time; expected one like 2025-06-20T18:00.", text=text[:40]
        ) from None


# ---------------------------------------------------------------- the ledger


def _verify(given: argparse.Namespace) -> int:
    number, _, seal = given.head.partition(":")
    if given.head and not (number.isascii() and number.isdigit() and seal):
        raise InputError("{text} is no line of a ledger; expected NUMBER:SEAL.",
                         text=given.head[:80])  # fmt: skip
    found = alerts.verify_ledger(head=(int(number), seal) if given.head else None)
    if given.json:
        why = str(found.why) if found.why else None
        _json({"sound": found.sound, "lines": found.n, "head": found.head,
               "broken": found.broken, "why": why, "unplaced": found.unplaced})  # fmt: skip
    elif found.why is None:
        print(_say(given, "The ledger is in order: {n} lines, the last sealed {seal}.",
                   n=found.n, seal=found.head or "-"))  # fmt: skip
        if found.unplaced:
            print(_say(given, tables.UNPLACED, n=found.unplaced))
        print(_say(given, tables.CUT_OFF), "(--head)")
    else:
        print(translate(found.why.template, given.lang, **found.why.values))
    return _DONE if found.sound else _REFUSED


def _export(given: argparse.Namespace) -> int:
    ending = given.file.suffix.lstrip(".").lower()
    if ending not in ("csv", "json"):
        raise InputError(
            "{file}: unknown ending; expected one of {known}.",
            file=given.file.name, known="csv, json",
        )  # fmt: skip
    require_writable(given.file)
    found = alerts.ledger(_visitor(), alerts.LedgerFilter(rule=given.rule)).stories
    body = (
        tables.ledger_json(found)
        if ending == "json"
        else as_csv(tables.ledger_table(found, current_twin(), given.lang))
    )
    with replaced(given.file) as file:
        file.write_bytes(body)
    print(_say(given, "{file}: {n} alerts.", file=given.file.name, n=len(found)))
    return _DONE


def _scores(given: argparse.Namespace) -> int:
    found = alerts.scores(_visitor())
    if given.json:
        _json({rule: _plain_score(score) for rule, score in found.items()})
        return _DONE
    titles = {r.id: r.title_en if given.lang == "en" and r.title_en else r.title
              for r in alerts.rules_in(_visitor())}  # fmt: skip
    header = ("Rule", "Alerts", "In time", "Judged", "Precision", "Lead time, hours")
    rows = [
        [titles[rule], str(score.alerts), str(score.in_time), str(score.people.decided),
         _share(given, score.people), _figure(score.people.lead_median_hours)]
        for rule, score in found.items()
    ]  # fmt: skip
    _table([_say(given, t) for t in header], rows, right=(1, 2, 3, 4, 5))
    return _DONE


def _share(given: argparse.Namespace, found: Precision) -> str:
    if not found.decided:
        return "-"
    low, high = found.interval
    told = f"{100 * found.share:.0f} % ({100 * low:.0f}-{100 * high:.0f} %)"
    few = _say(given, "few judged") if found.decided < FEW_JUDGED else ""
    return f"{told} {few}".strip()


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f}"


def _plain_score(score: RuleScore) -> dict[str, Any]:
    def plain(found: Precision) -> dict[str, Any]:
        low, high = found.interval
        return {
            "true": found.true, "false": found.false, "unknown": found.unknown,
            "precision": _number(found.share), "low": _number(low), "high": _number(high),
            "lead_hours": _number(found.lead_median_hours),
        }  # fmt: skip

    return {
        "alerts": score.alerts, "in_time": score.in_time, "faults": score.faults,
        "exercises": score.exercises,
        "people": plain(score.people), "proposed": plain(score.proposed),
    }  # fmt: skip


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


# ---------------------------------------------------------------- rules


def _rules(given: argparse.Namespace) -> int:
    found = alerts.rules_in(_visitor())
    if given.json:
        _json([
            {"id": r.id, "title": r.title, "title_en": r.title_en, "subject": r.subject,
             "enabled": r.enabled, "changed": r.changed.isoformat() + "Z",
             "changed_by": r.changed_by, **r.settings()}
            for r in found
        ])  # fmt: skip
        return _DONE
    header = ("Rule", "Title", "Watches", "Thresholds, blue to red", "Unit", "Switched on")
    rows = [
        [r.id, r.title_en if given.lang == "en" and r.title_en else r.title, r.subject,
         " / ".join("-" if t is None else f"{t:g}" for t in r.rule.thresholds),
         _say(given, r.unit) if r.unit else "",
         _say(given, "yes") if r.enabled else _say(given, "no")]
        for r in found
    ]  # fmt: skip
    _table([_say(given, t) for t in header], rows)
    return _DONE


def _switch(given: argparse.Namespace) -> int:
    alerts.switch_rule(given.rule, given.who, on=given.state == "on", visitor=_visitor())
    state = "Rule {id} is switched on." if given.state == "on" else "Rule {id} is switched off."
    print(_say(given, state, id=given.rule))
    return _DONE


def _try(given: argparse.Namespace) -> int:
    rule = next((r for r in alerts.rules_in(_visitor()) if r.id == given.rule), None)
    if rule is None:
        raise alerts.NoRuleError("There is no rule {id}.", id=given.rule[:64])
    changed: dict[str, Any] = {
        "thresholds": thresholds(given.thresholds) if given.thresholds else None,
        "hold": given.hold, "clear_margin": given.clear_margin,
    }  # fmt: skip
    told = {name: value for name, value in changed.items() if value is not None}
    found = alerts.try_on_past(replace(rule, rule=replace(rule.rule, **told)), visitor=_visitor())
    if given.json:
        _json(_trial(found))
    else:
        _trial_table(given, found)
    return _DONE


def _add(given: argparse.Namespace) -> int:
    """Try a new rule on the past year and store it: switched off, unless --on is given."""
    visitor = _visitor()
    rule = replace(new_rule(plain_rule(given), choices(visitor)), enabled=given.on)
    found = alerts.try_on_past(rule, visitor=visitor)
    stored = alerts.add_rule(rule, given.who, visitor=visitor)
    if given.json:
        _json({"id": stored.id, "enabled": stored.enabled, "past": _trial(found)})
        return _DONE
    _trial_table(given, found)
    state = (
        "Rule {id} is added and switched on."
        if stored.enabled
        else "Rule {id} is added, switched off; alerts switch {id} on starts it."
    )
    print(_say(given, state, id=stored.id))
    return _DONE


def _trial_table(given: argparse.Namespace, found: Tried) -> None:
    figures = _trial(found)
    titles = {
        "alarms": "Alarms", "blue": "Blue", "yellow": "Yellow", "orange": "Orange", "red": "Red",
        "hits": "True alarm", "false_alarms": "False alarm", "undecided": "Cannot be told",
        "missed": "Missed", "precision": "Precision", "recall": "Recall",
        "lead_hours": "Lead time, hours", "false_a_year": "False alarms a year and place",
    }  # fmt: skip
    rows = [
        [_say(given, title), "-" if figures[key] is None else f"{figures[key]:.4g}"]
        for key, title in titles.items()
        if key in figures
    ]
    _table([_say(given, "In the past year"), ""], rows, right=(1,))


def _trial(found: Tried) -> dict[str, Any]:
    by_level = found.by_level()
    figures: dict[str, Any] = {
        "from": found.first.isoformat(), "to": found.last.isoformat(),
        "alarms": len(found.alarms), "blue": by_level[1], "yellow": by_level[2],
        "orange": by_level[3], "red": by_level[4],
    }  # fmt: skip
    if found.trial is not None:
        figures |= {
            name: _number(float(getattr(found.trial, name)))
            for name in ("hits", "false_alarms", "undecided", "missed", "precision", "recall",
                         "lead_hours", "false_a_year")
        }  # fmt: skip
    return figures
