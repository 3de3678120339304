"""Small tables that a visitor fills in row by row: targets, sizes, years."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from cockpit.ui import state
from cockpit.ui.words import say

UNIT_TITLES = {
    "covered": "%",
    "mean": "minutes",
    "worst": "minutes",
    "cost": "cost units",
    "sites": "sites",
}
WHOLE, EVERY = "whole", "every"
WHO_TITLES = {WHOLE: "all people together", EVERY: "every township for itself"}
OF_ALL = ("cost", "sites")  # these are of the whole county, never of a township
MOST_ROWS = 12
MOST_YEARS = 10
_FIRST = {"covered": 80.0, "mean": 10.0, "worst": 30.0, "cost": 10.0, "sites": 3.0}
_STEP = {"covered": 1.0, "mean": 0.5, "worst": 1.0, "cost": 1.0, "sites": 1.0}
_MOST = {"covered": 100.0, "mean": 600.0, "worst": 600.0, "cost": 1e12, "sites": 1e6}
_ONE_LINE: dict[str, Any] = {"horizontal": True, "vertical_alignment": "bottom", "gap": "small"}

Row = dict[str, Any]


def rows(name: str, default: Sequence[Row]) -> list[Row]:
    """Return the rows of a table as the visitor left them."""
    return [dict(row) for row in state.chosen(name, list(default))]


def _set(name: str, default: Sequence[Row], k: int, column: str) -> None:
    now = rows(name, default)
    if k < len(now):
        now[k][column] = state.widget_value(_cell(name, k, column))
        state.choose(name, now)


def _cell(name: str, k: int, column: str) -> str:
    """Return the name of a cell's widget; a table that lost a row begins anew."""
    return f"{name}.{state.chosen(name + '.round', 0)}.{k}.{column}"


def drop(name: str, default: Sequence[Row], k: int) -> None:
    """Take a row out."""
    now = rows(name, default)
    state.choose(name, now[:k] + now[k + 1 :])
    state.choose(f"{name}.round", state.chosen(f"{name}.round", 0) + 1)


def add(name: str, default: Sequence[Row], row: Row) -> None:
    """Put a row to the end."""
    state.choose(name, [*rows(name, default), dict(row)])


class Table:
    """One table on the page: its cells keep what the visitor enters."""

    def __init__(self, name: str, default: Sequence[Row]) -> None:
        self.name, self.default = name, default
        self.rows = rows(name, default)

    def keep(self, k: int, column: str) -> dict[str, Any]:
        """Return key and callback of the widget of one cell."""
        return {
            "key": state.widget_key(_cell(self.name, k, column)),
            "on_change": _set,
            "args": (self.name, self.default, k, column),
        }

    def number(self, k: int, column: str, label: str, **options: Any) -> float:
        """Show a number; return it."""
        low, high = options.pop("min_value", 0.0), options.pop("max_value", 1e12)
        first = min(max(type(low)(self.rows[k][column]), low), high)
        found = st.number_input(
            label, value=first, min_value=low, max_value=high, **options, **self.keep(k, column)
        )
        return float(found)

    def choice(self, k: int, column: str, label: str, titles: Mapping[Any, str], width: int) -> Any:
        """Show a list to choose from; return what is chosen."""
        options = list(titles)
        now = self.rows[k][column]
        return st.selectbox(
            label,
            options,
            index=options.index(now) if now in options else 0,
            format_func=lambda o: titles.get(o, str(o)),
            placeholder=label,
            width=width,
            **self.keep(k, column),
        )

    def drop_button(self, k: int, label: str) -> None:
        """Show the button that takes a row out."""
        st.button(
            "",
            icon=":material/delete:",
            type="tertiary",
            key=f"{self.name}.drop.{k}",
            help=label,
            on_click=drop,
            args=(self.name, self.default, k),
        )

    def add_button(self, label: str, row: Row, most: int = MOST_ROWS) -> None:
        """Show the button that puts a row to the end."""
        st.button(
            label,
            icon=":material/add:",
            type="tertiary",
            key=f"{self.name}.add",
            disabled=len(self.rows) >= most,
            on_click=add,
            args=(self.name, self.default, row),
        )


def target_rows(default: Sequence[Sequence[Any]]) -> list[Row]:
    """Return plain targets (kind, value, township's code) as rows, a bound for each kind."""
    return [
        {
            **_FIRST,
            "kind": kind,
            "who": code or WHOLE,
            kind: 100 * value if kind == "covered" else value,
        }
        for kind, value, code in default
    ]


def targets(
    name: str,
    default: Sequence[Sequence[Any]],
    kinds: Mapping[str, str],
    townships: Mapping[str, str],
) -> list[list[Any]]:
    """
    Show targets as a table; return them as plain lists: kind, value, township's code.

    ``kinds``: what each is called; ``townships``: names by code. A share is shown in per cent and
    returned as 0 to 1. "Every township for itself" is returned as one target for each.
    """
    table = Table(name, target_rows(default))
    found: list[list[Any]] = []
    for k in range(len(table.rows)):
        with st.container(**_ONE_LINE):
            found += _target(table, k, kinds, townships)
            table.drop_button(k, say("Drop this target"))
    table.add_button(say("One more target"), {**_FIRST, "kind": next(iter(kinds)), "who": WHOLE})
    return found


def _target(
    table: Table, k: int, kinds: Mapping[str, str], townships: Mapping[str, str]
) -> list[list[Any]]:
    kind = table.choice(k, "kind", say("Target {n}", n=k + 1), kinds, 290)
    value = table.number(
        k,
        kind,
        say(UNIT_TITLES[kind]),
        max_value=_MOST[kind],
        step=_STEP[kind],
        width=130,
        format="%.1f",
    )
    value = value / 100 if kind == "covered" else value
    if kind in OF_ALL:
        return [[kind, value, ""]]
    who = table.choice(
        k,
        "who",
        say("Whom it counts"),
        {**{w: say(t) for w, t in WHO_TITLES.items()}, **townships},
        210,
    )
    without = [townships[c] for c in table.rows[k].get("without", ()) if c in townships]
    if who == EVERY and without:
        st.caption(say("without {names}", names=say(", ").join(without)))
    return [[kind, value, code] for code in _codes({**table.rows[k], "who": who}, townships)]


def _codes(row: Row, townships: Mapping[str, str]) -> list[str]:
    """Return the townships of a row's targets; "" is the whole county."""
    if row["kind"] in OF_ALL or row["who"] == WHOLE:
        return [""]
    if row["who"] != EVERY:
        return [str(row["who"])]
    return [code for code in townships if code not in row.get("without", ())]


def drop_target(
    name: str, default: Sequence[Sequence[Any]], townships: Mapping[str, str], position: int
) -> None:
    """Drop one of the targets that ``targets`` returned; of "every township" that one alone."""
    first = target_rows(default)
    for k, row in enumerate(rows(name, first)):
        codes = _codes(row, townships)
        if position >= len(codes):
            position -= len(codes)
            continue
        if len(codes) == 1:
            drop(name, first, k)
        else:
            now = rows(name, first)
            now[k]["without"] = [*row.get("without", ()), codes[position]]
            state.choose(name, now)
        return


def sizes(name: str, default: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Show sizes as a table; return them as plain lists: name, capacity, cost."""
    table = Table(
        name, [dict(zip(("name", "capacity", "cost"), size, strict=True)) for size in default]
    )
    found: list[list[Any]] = []
    for k in range(len(table.rows)):
        with st.container(**_ONE_LINE):
            title = st.text_input(
                say("Size {n}", n=k + 1),
                value=str(table.rows[k]["name"]),
                max_chars=30,
                width=160,
                **table.keep(k, "name"),
            )
            room = table.number(
                k, "capacity", say("holds, people"), min_value=1.0, step=100.0, width=150,
                format="%.0f",
            )  # fmt: skip
            cost = table.number(k, "cost", say("costs"), step=0.1, width=140)
            table.drop_button(k, say("Drop this size"))
        found.append([str(title), room, cost])
    last = table.rows[-1] if table.rows else {"capacity": 500.0, "cost": 0.5}
    table.add_button(
        say("One more size"),
        {
            "name": say("Size {n}", n=len(table.rows) + 1),
            "capacity": 2 * float(last["capacity"]),
            "cost": 1.5 * float(last["cost"]),
        },
    )
    return found


def years(
    name: str, default: Sequence[int], label: Callable[[int], str], *, most: int = 100_000
) -> list[int]:
    """Show one number for each year; return them, e.g. the sites open at the end of each."""
    table = Table(name, [{"n": n} for n in default])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        found = [
            int(table.number(k, "n", label(k), min_value=0, max_value=most, step=1, width=120))
            for k in range(len(table.rows))
        ]
    with st.container(horizontal=True, gap="small"):
        last = found[-1] if found else 1
        table.add_button(say("One more year"), {"n": last + 1}, MOST_YEARS)
        st.button(
            say("One year fewer"),
            icon=":material/remove:",
            type="tertiary",
            key=f"{name}.fewer",
            disabled=len(found) < 2,
            on_click=drop,
            args=(name, table.default, len(found) - 1),
        )
    return found


def order(name: str, default: Sequence[str], titles: Mapping[str, str], label: str) -> list[str]:
    """Show goals to choose in their order: the first chosen is the most important."""
    found = st.multiselect(
        label,
        list(titles),
        format_func=lambda o: titles.get(o, o),
        placeholder=label,
        help=say("In the order in which you choose them; the first is never given up for a later."),
        **state.remembered(name, list(default), allowed=list(titles)),
    )
    if len(found) > 1:
        st.caption(" → ".join(titles[o] for o in found))
    return [str(o) for o in found]
