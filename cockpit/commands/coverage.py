"""``python -m cockpit coverage``: every measure of a service, for people and for programs."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from functools import partial
from typing import Any

from cockpit.answers import coverage as answers
from cockpit.answers import coverage_json, coverage_tables
from cockpit.answers.coverage_results import Question
from cockpit.answers.downloads import as_csv, as_xlsx
from cockpit.answers.reach import Reach, current_reach
from cockpit.commands.output import replaced, require_writable
from cockpit.coverage.access import USUAL_DECAY
from cockpit.coverage.services import SERVICES
from cockpit.indicators import MEASURES
from cockpit.locale import translate
from cockpit.settings import settings
from geodata.errors import DataFileError, InputError

_WORST = 10
# Columns of the tables that fit a terminal.
_OF_VILLAGES = (1, 4, 6, 9, 11)  # name, people, uncovered, minutes, nearest
_OF_STANDARDS = (0, 4, 5, 8, 10)  # standard, value, light, people missing, to be confirmed


def run(given: argparse.Namespace) -> int:
    """Answer and print or write; return 0."""
    ending = given.output.suffix.lstrip(".").lower() if given.output else ""
    if given.output and ending not in ("json", "csv", "xlsx"):
        raise InputError(
            "{file}: unknown ending; expected one of {known}.",
            file=given.output.name, known="csv, json, xlsx",
        )  # fmt: skip
    if given.output:
        require_writable(given.output)
    reach = current_reach()
    if reach is None:
        raise DataFileError("Nothing is loaded yet; load a county first.")
    unit = _unit(reach, given.unit)
    answer = _all(reach, unit, given) if given.all else _one(reach, unit, given)
    if not given.output:
        answer.show(as_json=given.json)
        return 0
    with replaced(given.output) as file:
        file.write_bytes(answer.as_file(ending))
    print(translate("{file}: written.", given.lang, file=given.output.name))
    return 0


def _unit(reach: Reach, code: str) -> int:
    try:
        return reach.twin.position(code) if code else 0
    except KeyError:
        raise InputError("No region has the code {code}.", code=code) from None


class _Answer:
    """One answer in each of its forms."""

    def __init__(
        self,
        plain: Callable[[], Any],
        table: Callable[[], coverage_tables.Table],
        printed: Callable[[], None],
        name: str,
    ) -> None:
        self.plain, self.table, self.printed, self.name = plain, table, printed, name

    def show(self, *, as_json: bool) -> None:
        """Print JSON, or what a person reads."""
        if as_json:
            print(_json(self.plain()))
        else:
            self.printed()

    def as_file(self, ending: str) -> bytes:
        """Return the bytes of a file."""
        if ending == "json":
            return f"{_json(self.plain())}\n".encode()
        made = self.table()
        return as_csv(made) if ending == "csv" else as_xlsx(made, self.name)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _one(reach: Reach, unit: int, given: argparse.Namespace) -> _Answer:
    q = answers.question(
        reach,
        given.service,
        mode=given.mode,
        minutes=given.minutes,
        group=given.group,
        unit=unit,
        decay=USUAL_DECAY if given.decay is None else given.decay,
        visitor=settings().visitor_class,
        small_count=settings().small_count,
    )
    return _Answer(
        partial(coverage_json.everything, reach, q),
        partial(coverage_tables.village_table, reach, q, given.lang),
        partial(_print_one, reach, q, given.lang),
        str(reach.twin.regions["name"].iat[unit]),
    )


def _all(reach: Reach, unit: int, given: argparse.Namespace) -> _Answer:
    if any(x is not None for x in (given.mode, given.minutes, given.group, given.decay)):
        raise InputError(
            "Standards have their own mode, minutes, group and decay; leave these out."
        )
    checked = answers.health_check(
        reach, unit=unit, visitor=settings().visitor_class, small_count=settings().small_count
    )
    table = partial(coverage_tables.standard_table, checked, given.lang)
    return _Answer(
        partial(coverage_json.standards, reach, checked),
        table,
        lambda: _print_table(table(), right=(4, 8), kept=_OF_STANDARDS),
        str(reach.twin.regions["name"].iat[unit]),
    )


# ------------------------------------------------------------ to read


def _print_one(reach: Reach, q: Question, language: str) -> None:
    def say(template: str, **values: object) -> str:
        return translate(template, language, **values)

    found = answers.summary(reach, q)
    title = (
        f"{reach.twin.regions['name'].iat[q.unit]} · {say(SERVICES[q.service].title)} · "
        f"{say(f'Mode: {q.mode}')} · {say(MEASURES[q.group].title)}"
    )
    causes = answers.causes(reach, q)
    room = answers.capacity(reach, q)
    even = answers.equity(reach, q)
    rows = [
        [say("People"), _people(found.total)],
        [say("Covered within {minutes} min", minutes=f"{q.minutes:g}"), _share(found)],
        [say("Half of the people need at most"), _minutes(found.median, say)],
        [say("Nine in ten need at most"), _minutes(found.p90, say)],
        [say("People who reach none"), _people(found.unreached_people)],
        [say("Facilities"), f"{found.n_facilities:,}"],
        *(
            [f"{say('Cause')}: {say(causes.titles[code])}", _people(n)]
            for code, n in causes.people.items()
            if n
        ),
        [say("People who find room"), _people(room.served_people)],
        [say("Left over"), _people(room.left_over_people)],
        [say("Gini (E2SFCA)"), "-" if math.isnan(even.gini) else f"{even.gini:.3f}"],
    ]
    _print_table([[title, ""], *rows], right=(1,))
    _print_within(reach, q, language)
    worst = _worst(reach, q, language)
    if len(worst) > 1:
        _print_table(worst, right=(4, 6, 8, 9), kept=_OF_VILLAGES)
    for note in dict.fromkeys(
        say(n.template, **n.in_language(language)) for n in (*found.notes, *room.notes)
    ):
        print(note)


def _worst(reach: Reach, q: Question, language: str) -> coverage_tables.Table:
    """Return the table of villages, the worst first and cut."""
    header, *rows = coverage_tables.village_table(reach, q, language)
    order = {v.code: i for i, v in enumerate(answers.worst_villages(reach, q, _WORST))}
    return [header, *sorted((r for r in rows if r[0] in order), key=lambda r: order[str(r[0])])]


def _print_within(reach: Reach, q: Question, language: str) -> None:
    found = answers.within(reach, q)
    head = [
        translate("People within", language),
        *(translate("{n} min", language, n=f"{limit:g}") for limit in found.limits),
    ]
    rows = [
        [translate(MEASURES[group].title, language), *(f"{100 * share:.1f} %" for share in shares)]
        for group, shares in zip(found.groups, found.shares.tolist(), strict=True)
        if not math.isnan(shares[0])
    ]
    _print_table([head, *rows], right=tuple(range(1, len(head))))


def _people(people: float) -> str:
    return "-" if math.isnan(people) else f"{people:,.0f}"


def _share(found: answers.Summary) -> str:
    if math.isnan(found.share):
        return "-"
    return f"{found.covered_people:,.0f} ({100 * found.share:.1f} %)"


def _minutes(minutes: float, say: Callable[..., str]) -> str:
    if math.isnan(minutes):
        return "-"
    return say("no way") if math.isinf(minutes) else say("{n} min", n=f"{minutes:.1f}")


def _print_table(
    table: list[list[Any]], *, right: tuple[int, ...], kept: tuple[int, ...] | None = None
) -> None:
    """Print a header and rows; ``right`` columns are figures, ``kept`` those that are shown."""
    from rich.console import Console
    from rich.table import Table

    shown = kept or tuple(range(len(table[0])))
    drawn = Table()
    for i in shown:
        drawn.add_column(str(table[0][i]), justify="right" if i in right else "left")
    for row in table[1:]:
        drawn.add_row(*("" if row[i] is None else _cell(row[i]) for i in shown))
    Console().print(drawn, markup=False)


def _cell(value: Any) -> str:
    if isinstance(value, int | float):
        return f"{value:,}"
    return str(value)
