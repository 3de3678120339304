"""``python -m cockpit release``: public figures and the privacy budget."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from cockpit.access import audit
from cockpit.answers import release as answers
from cockpit.answers import release_acts as acts
from cockpit.answers.current import current_twin
from cockpit.answers.release import Asked
from cockpit.answers.release_store import NOISY
from cockpit.answers.release_tables import TableKind, table_kind, tables
from cockpit.answers.twin import Twin
from cockpit.locale import translate
from cockpit.release.budget import written
from geodata.errors import InputError


def run(given: argparse.Namespace) -> int:
    """Do what was asked; return 0."""
    told = _ACTS[given.act](given)
    if given.json:
        print(json.dumps(told[1], ensure_ascii=False, indent=2, default=str))
    else:
        print("\n".join(told[0]))
    return 0


Told = tuple[Sequence[str], Any]
"""Lines to read, and the same as plain values."""


def _county() -> Twin:
    found = current_twin()
    if found is None:
        raise InputError("No county has been loaded yet.")
    return found


def _say(given: argparse.Namespace, template: str, **values: object) -> str:
    return translate(template, given.lang, **values)


def _title(given: argparse.Namespace, thing: Any) -> str:
    return str(thing.title_en if given.lang == "en" else thing.title)


def _list(given: argparse.Namespace) -> Told:
    waiting, every = acts.drafts(), acts.released()
    lines = [
        _say(given, "{id}: {title}; a draft, epsilon {epsilon}.",
             id=one.id, title=_title(given, one), epsilon=written(one.epsilon))
        for one in waiting
    ]  # fmt: skip
    for one in every:
        said = "{id}: {title}; version {version}, published {day}."
        if one.retracted is not None:
            said = "{id}: {title}; version {version}, published {day}, retracted."
        lines.append(
            _say(given, said, id=one.id, title=_title(given, one), version=one.version,
                 day=f"{one.published:%Y-%m-%d}")
        )  # fmt: skip
    plain: list[dict[str, Any]] = [
        {"id": one.id, "state": "draft", "epsilon": written(one.epsilon)} for one in waiting
    ]
    plain += [
        {"id": one.id, "series": one.series, "version": one.version,
         "state": "published" if one.retracted is None else "retracted",
         "published": one.published.isoformat(), "epsilon": f"{one.epsilon:g}",
         "sha256": one.digest}
        for one in every
    ]  # fmt: skip
    return lines or [_say(given, "Nothing has been released yet.")], plain


def _tables(given: argparse.Namespace) -> Told:
    found = tables(_county())
    return (
        [f"{one.id}: {_title(given, one)}" for one in found],
        [{"id": one.id, "kind": one.kind, "title": _title(given, one)} for one in found],
    )


def _budget(given: argparse.Namespace) -> Told:
    found = acts.budget()
    lines = [
        _say(given, "Privacy budget {year}: {spent} of ε {allowed} spent, {left} left.",
             year=found.year, spent=written(found.spent), allowed=written(found.allowed),
             left=written(found.left))
    ]  # fmt: skip
    lines += [
        _say(given, "{at}: {epsilon} for {release} by {who}.",
             at=f"{s.at:%Y-%m-%d %H:%M}", epsilon=written(s.epsilon), release=s.release, who=s.who)
        for s in found.spends
    ]  # fmt: skip
    plain = {
        "year": found.year, "allowed": written(found.allowed), "spent": written(found.spent),
        "left": written(found.left), "hard_stop": written(found.hard_stop),
        "spends": [
            {"at": s.at.isoformat(), "epsilon": written(s.epsilon), "release": s.release,
             "who": s.who, "state": s.state} for s in found.spends
        ],
    }  # fmt: skip
    return lines, plain


def _asked(given: argparse.Namespace) -> tuple[Twin, TableKind, Asked]:
    county = _county()
    kind = table_kind(county, given.table)
    if kind.kind == NOISY:
        return county, kind, Asked(given.table, given.down_to, answers.epsilon_from(given.epsilon))
    return county, kind, Asked(given.table, given.down_to)


def _expect(given: argparse.Namespace) -> Told:
    county, kind, asked = _asked(given)
    exact = acts.exact(county, asked.table)
    if asked.lowest not in exact.levels():
        raise InputError("There is no level {level}.", level=asked.lowest)
    if kind.kind != NOISY:
        gaps = answers.gaps(exact, asked, acts.beside(county, exact, asked))
        said = "{level}: {hidden} of {n} figures would be hidden."
        return (
            [_say(given, said, level=p.level, hidden=p.hidden, n=p.figures) for p in gaps],
            [{"level": p.level, "figures": p.figures, "hidden": p.hidden} for p in gaps],
        )
    plans = answers.expected(exact, asked, answers.area_of(county))
    said = "{level}: ± {margin} persons; {offered}."
    return (
        [
            _say(given, said, level=p.level, margin=p.margin,
                 offered=_say(given, "offered" if p.offered else "not offered: too noisy"))
            for p in plans
        ],
        [{"level": p.level, "margin": p.margin, "offered": p.offered} for p in plans],
    )  # fmt: skip


def _make(given: argparse.Namespace) -> Told:
    county, _, asked = _asked(given)
    made = acts.make(county, asked, reason=given.reason, note=given.note, who=audit.terminal())
    said = "{release} is made, as a draft. Look at it on the page Release, then publish it."
    return [_say(given, said, release=made)], {"id": made, "epsilon": written(asked.epsilon)}


def _publish(given: argparse.Namespace) -> Told:
    version = acts.publish(given.id, who=audit.terminal())
    said = "{release} is public now, as version {version}."
    return [_say(given, said, release=given.id, version=version)], {
        "id": given.id, "version": version
    }  # fmt: skip


def _discard(given: argparse.Namespace) -> Told:
    acts.discard(given.id, who=audit.terminal())
    said = "{release} is discarded; what it spent stays spent."
    return [_say(given, said, release=given.id)], {"id": given.id, "state": "discarded"}


def _retract(given: argparse.Namespace) -> Told:
    acts.retract(given.id, reason=given.reason, who=audit.terminal())
    said = "{release} is retracted; its notice stays."
    return [_say(given, said, release=given.id)], {"id": given.id, "state": "retracted"}


_ACTS = {
    "list": _list, "tables": _tables, "budget": _budget, "expect": _expect, "make": _make,
    "publish": _publish, "discard": _discard, "retract": _retract,
}  # fmt: skip
