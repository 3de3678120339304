"""Small tables that a visitor fills in row by row: targets, sizes, years."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from cockpit.ui import state
from cockpit.ui.words import say

TARGET_TITLES = {
    "covered": "Share of people within a limit",
    "mean": "Mean minutes",
    "worst": "Longest way of anybody",
    "cost": "Cost of all sites",
    "sites": "Number of sites",
}
BOUND_TITLES = {
    "covered": "at least, %",
    "mean": "at most, minutes",
    "worst": "at most, minutes",
    "cost": "at most",
    "sites": "at most",
}
WHOLE, EVERY = "whole", "every"
WHO_TITLES = {WHOLE: "all people together", EVERY: "every township for itself"}
MOST_ROWS = 12
MOST_YEARS = 10
_FIRST_BOUND = {"covered": 80.0, "mean": 10.0, "worst": 30.0, "cost": 10.0, "sites": 10.0}
_STEP = {"covered": 1.0, "mean": 0.5, "worst": 1.0, "cost": 1.0, "sites": 1.0}
_MOST = {"covered": 100.0, "mean": 600.0, "worst": 600.0, "cost": 1e12, "sites": 1e6}
_ONE_LINE = {"horizontal": True, "vertical_alignment": "bottom", "gap": "small"}

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


def first_target(reach: float, kind: str = "covered") -> Row:
    """Return a new row of the table of targets."""
    return {"kind": kind, "reach": reach, "who": WHOLE, **_FIRST_BOUND}


def targets(
    name: str, default: Sequence[Row], townships: Mapping[int, str], kinds: Sequence[str]
) -> list[list[Any]]:
    """
    Show targets as a table; return them as plain lists: kind, value, reach, township.

    ``townships``: the names by their number in the problem. "Every township for itself" gives one
    target for each.
    """
    table = Table(name, default)
    found: list[list[Any]] = []
    for k in range(len(table.rows)):
        with st.container(**_ONE_LINE):
            found += _target(table, k, townships, kinds)
            table.drop_button(k, say("Drop this target"))
    reach = float(table.rows[-1]["reach"]) if table.rows else float(default_reach(default))
    table.add_button(say("One more target"), first_target(reach, kinds[0]))
    return found


def default_reach(default: Sequence[Row]) -> float:
    """Return the limit with which a table of targets begins."""
    return float(default[0]["reach"]) if default else 15.0


def _target(
    table: Table, k: int, townships: Mapping[int, str], kinds: Sequence[str]
) -> list[list[Any]]:
    kind = table.choice(
        k, "kind", say("Target {n}", n=k + 1), {t: say(TARGET_TITLES[t]) for t in kinds}, 240
    )
    value = table.number(
        k, kind, say(BOUND_TITLES[kind]), max_value=_MOST[kind], step=_STEP[kind], width=140
    )
    reach = None
    if kind == "covered":
        reach = table.number(
            k, "reach", say("within, minutes"), max_value=600.0, step=5.0, width=130
        )
        value /= 100
    if kind in ("cost", "sites"):
        return [[kind, value, None, None]]
    who = table.choice(
        k, "who", say("of"), {**{w: say(t) for w, t in WHO_TITLES.items()}, **townships}, 210
    )
    groups = list(townships) if who == EVERY else [None if who == WHOLE else who]
    return [[kind, value, reach, group] for group in groups]


def sizes(name: str, default: Sequence[Row]) -> list[list[Any]]:
    """Show sizes as a table; return them as plain lists: name, capacity, cost."""
    table = Table(name, default)
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


def years(name: str, default: Sequence[Row], label: Callable[[int], str]) -> list[int]:
    """Show one number for each year; return them, e.g. the sites open at the end of each."""
    table = Table(name, default)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        found = [
            int(table.number(k, "n", label(k), min_value=0, max_value=100_000, step=1, width=120))
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
            args=(name, default, len(found) - 1),
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
