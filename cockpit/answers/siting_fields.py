"""What a page asks for each model of placement: fields with defaults from the ground."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from cockpit.answers.coverage_supply import room
from cockpit.answers.siting_ground import UNREACHED_MINUTES, Ground
from cockpit.answers.siting_problem import candidate_sites, new_capacity
from cockpit.answers.siting_rules import Rules
from cockpit.placement import moves
from geodata.errors import InputError

Kind = Literal["count", "minutes", "money", "share", "choice", "numbers", "sizes", "order",
               "targets"]  # fmt: skip

NEW, ALL = "new", "p"
"""How many sites: new ones where those of today stay, otherwise all."""

USUAL_NEW = 3
RATE_OF = 1000.0  # person-minutes that the page's price is for


@dataclass(frozen=True)
class Field:
    """
    One thing that a model asks for.

    ``count``, ``minutes``, ``money``, ``share`` (0 to 1): a number, None where it may be left out
    and is. ``choice``: a key of ``choices``. ``order``: keys of ``choices``, the first first.
    ``numbers``: whole numbers, one a year. ``sizes``: rows of name, people served and cost.
    ``targets``: rows of kind (of ``choices``), value and township's code ("" for the county).
    """

    id: str
    title: str  # msgid
    kind: Kind
    default: Any
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[tuple[str, str], ...] = ()  # key and msgid
    help: str = ""  # msgid


GOALS = (("p-median", "Fewest minutes"), ("covering", "Most people covered"))
SPLIT = (
    ("parts", "The people of a cell may go to different sites"),
    ("whole", "All people of a cell go to one site"),
)
ORDER = (
    ("covered", "People within reach"),
    ("mean", "Minutes of all together"),
    ("worst", "The longest way of anybody"),
    ("lowest_share", "The township with the lowest share covered"),
)
TARGET_KINDS = (
    ("covered", "Share of people covered, at least"),
    ("mean", "Mean minutes, at most"),
    ("worst", "Longest way, at most (minutes)"),
    ("cost", "Cost, at most"),
    ("sites", "New sites, at most"),
)

# ---------------------------------------------------------------- what a page asks


@dataclass(frozen=True)
class _Page:
    """What defaults hang on."""

    ground: Ground
    rules: Rules

    @property
    def keeps(self) -> bool:
        """Tell whether the facilities of today stay, so that new sites are asked for."""
        return self.rules.existing == "keep" and self.ground.n_facilities > 0

    @property
    def kept(self) -> int:
        """Return how many facilities certainly stay."""
        today = set(self.ground.sites[: self.ground.n_facilities])
        if self.keeps:
            return len(today - set(self.rules.forbidden))
        return len(today & set(self.rules.must))

    @property
    def n_candidates(self) -> int:
        named = {s for s in self.rules.must if s.startswith("c:")}
        found = {self.ground.sites[k] for k in candidate_sites(self.ground, self.rules)[0]}
        return len(found | named)

    def covered_share(self, township: int | None = None) -> float:
        """Return the share of people covered today, of a township or of all; 0: not to be told."""
        ground, q = self.ground, self.ground.q
        here = slice(None) if township is None else ground.townships == township
        people = ground.people[here]
        if q.sensitive or not people.sum() > 0 or not ground.n_facilities:
            return 0.0
        seconds = ground.matrix(range(ground.n_facilities))[here].min(axis=1)
        return float(people[seconds <= limit_seconds(q.minutes)].sum() / people.sum())


def limit_seconds(minutes: float) -> int:
    """Return the whole seconds that are within some minutes; those of 7.1 minutes are 426."""
    return int(np.floor(minutes * 60 + 1e-6))


def reach_of(minutes: float) -> float:
    """Return a limit in the minutes of a problem: those are rounded to 32 bits, and so is it."""
    return float(np.float32(limit_seconds(minutes)) / np.float32(60))


def fields(model: str, ground: Ground, rules: Rules) -> tuple[Field, ...]:
    """
    Return what a model asks for, with defaults from the ground.

    The reach is that of the question and is not asked for again.

    Raises
    ------
    InputError
        If there is no such model.
    """
    return _FIELDS[known_model(model)](_Page(ground, rules))


def defaults(model: str, ground: Ground, rules: Rules) -> dict[str, Any]:
    """Return the values that a page begins with, by field."""
    return {field.id: field.default for field in fields(model, ground, rules)}


def known_model(model: str) -> str:
    """Return the model; refuse one that there is not."""
    if model not in _FIELDS:
        raise InputError(
            "There is no model {model}; choose one of {models}.",
            model=model, models=", ".join(_FIELDS),
        )  # fmt: skip
    return model


def _number(page: _Page) -> Field:
    must = sum(s.startswith("c:") for s in page.rules.must)
    if page.keeps:
        low = 0 if page.kept else 1
        high = max(page.n_candidates, low)
        usual = min(max(USUAL_NEW, must), high)
        return Field(NEW, "New sites", "count", usual, max(low, must), high, 1,
                     help="Beside the facilities of today, which stay.")  # fmt: skip
    today = page.ground.n_facilities
    high = max(today + page.n_candidates, 1)
    return Field(
        ALL, "Sites in all", "count", min(today or USUAL_NEW, high), max(1, page.kept + must), high,
        1, help="Facilities of today that stay, and new sites; as many as today to begin with.",
    )  # fmt: skip


def _roomy(page: _Page) -> Field:
    """Ask for a number of sites that holds everybody, where one does."""
    field, ground = _number(page), page.ground
    held = np.nan_to_num(room(ground.reach, ground.q), nan=np.inf).sum() if page.keeps else 0.0
    each = new_capacity(ground, page.rules)
    missing = float(ground.people.sum() - held)
    needed = math.ceil(missing / each * 1.1) if missing > 0 and each > 0 else 0
    return replace(field, default=int(min(max(needed, field.default), field.high or 0)))


def _new_only(page: _Page) -> tuple[Field, ...]:
    field = _number(page)
    if not page.keeps:
        return (field,)
    high = max(float(field.high or 0), 2.0)
    return (
        Field(
            NEW, "New sites", "count", min(max(int(field.default), 2), high),
            max(2, field.low or 0), high, 1, help="They are kept apart from each other.",
        ),
    )  # fmt: skip


def _budget(page: _Page) -> Field:
    rules = page.rules
    spent = page.kept * rules.kept_cost
    first = USUAL_NEW if page.keeps else max(page.ground.n_facilities - page.kept, USUAL_NEW)
    return Field(
        "budget", "Budget", "money", spent + first * max(rules.new_cost, 1.0), 0.0, None,
        max(rules.new_cost, 1.0),
        help="In the unit of the costs; facilities of today that stay are paid from it, too.",
    )  # fmt: skip


def _backup(_: _Page) -> Field:
    return Field("backup", "Weight of a second site", "share", 0.5, 0, 1, 0.05,
                 help="0: only the first site within reach counts; 1: only the second."
                 )  # fmt: skip


def _split(_: _Page) -> Field:
    return Field("split", "Sharing sites", "choice", "parts", choices=SPLIT)


def _goal(default: str) -> Field:
    return Field("goal", "What is best", "choice", default, choices=GOALS)


def _rate(page: _Page) -> Field:
    """Ask for a price; at first the one at which a handful of single sites would pay."""
    ground, most = page.ground, UNREACHED_MINUTES * 60
    sites = candidate_sites(ground, page.rules)[0]
    cost = ground.matrix(np.concatenate((np.arange(ground.n_facilities), sites)))
    opened = np.arange(cost.shape[1]) < ground.n_facilities
    if not opened.any():
        saved = ground.people @ ground.minutes(cost)
        usual = float(np.median(saved)) / 5 if saved.size else 0.0
    else:
        now = moves.served(cost, opened)
        found = moves.gains(cost, ground.people, now, "minutes", most)[~opened] / 60
        usual = float(np.sort(found)[-min(5, len(found)) :][0]) if len(found) else 0.0
    price = max(page.rules.new_cost, 1.0) * RATE_OF / usual if usual > 0 else 1.0
    return Field(
        "rate", "Price of 1,000 person-minutes", "money", float(f"{price:.2g}"), 0.0, None, None,
        help="What 1,000 person-minutes are worth, in the unit of the costs of sites.",
    )  # fmt: skip


def _sizes(page: _Page) -> Field:
    usual, cost = new_capacity(page.ground, page.rules), max(page.rules.new_cost, 1.0)
    people = float(page.ground.people.sum())
    middle = usual if np.isfinite(usual) else float(max(round(people / 20), 1))
    rows: list[tuple[str, float, float]] = [
        ("S", middle / 2, 0.6 * cost),
        ("M", middle, cost),
        ("L", 2 * middle, 1.8 * cost),
    ]
    return Field("sizes", "Sizes", "sizes", [[n, _round(c), _round(m)] for n, c, m in rows],
                 help="Name, people served, and cost of each size that can be built.")  # fmt: skip


def _round(value: float) -> float:
    return float(f"{value:.3g}")


def _moving(page: _Page) -> tuple[Field, ...]:
    help_ = "Person-minutes it must save at least: what a saved minute of one person is worth."
    each = float(f"{max(page.ground.people.sum(), 1) / max(page.ground.n_facilities, 1):.1g}")
    titles = (
        ("moving_cost", "Moving a site costs", 5 * each),
        ("closing_cost", "Closing a site costs", 5 * each),
        ("opening_cost", "Opening a site costs", 10 * each),
    )
    asked = _number(_Page(page.ground, _freed(page.rules)))
    return (
        asked,
        *(Field(i, t, "minutes", d, 0.0, None, each, help=help_) for i, t, d in titles),
    )


def _freed(rules: Rules) -> Rules:
    return rules if rules.existing == "free" else Rules(**{**rules.to_plain(), "existing": "free"})


def _equity(page: _Page) -> tuple[Field, ...]:
    lowest = min(
        (page.covered_share(t) for t in range(len(page.ground.township_rows))
         if page.ground.people[page.ground.townships == t].sum() > 0),
        default=0.0,
    )  # fmt: skip
    return (
        _number(page),
        _goal("p-median"),
        Field(
            "floor", "Every township covered at least", "share", np.floor(lowest * 100) / 100, 0.0,
            1.0, 0.01, help="Share of its people within reach; at first the lowest of today.",
        ),
        Field("worst", "Longest way of anybody", "minutes", None, 0.0, UNREACHED_MINUTES, 1.0,
              help="Left empty: no bound."),
        Field(
            "most_gini", "Gini of the minutes at most", "share", None, 0.0, 1.0, 0.01,
            help="0: all have the same way. Left empty: no bound; with one the search is long.",
        ),
    )  # fmt: skip


def _numbers(page: _Page) -> Field:
    first = 0 if page.keeps else page.ground.n_facilities
    high = page.n_candidates + (0 if page.keeps else page.ground.n_facilities)
    usual = [min(first + k, max(high, 1)) for k in (1, 2, 3)]
    title = "New sites by the end of each year" if page.keeps else "Sites by the end of each year"
    return Field(
        "numbers", title, "numbers", usual, 0 if page.keeps else 1, high,
        1, help="New sites where today's stay, otherwise all; what is built stays.",
    )  # fmt: skip


def _targets(page: _Page) -> Field:
    share = page.covered_share()
    goal = min(np.ceil((share + 0.05) * 20) / 20, 1.0) if share else 0.8
    return Field("targets", "Targets", "targets", [["covered", float(goal), ""]],
                 choices=TARGET_KINDS,
                 help="Kind, value, and township; without a township the whole unit.")  # fmt: skip


def _order(_: _Page) -> Field:
    return Field("order", "Goals, the most important first", "order", ["covered", "mean"],
                 choices=ORDER)  # fmt: skip


_FIELDS: dict[str, Callable[[_Page], tuple[Field, ...]]] = {
    "p-median": lambda page: (_number(page),),
    "mclp": lambda page: (_number(page),),
    "bclp": lambda page: (_number(page), _backup(page)),
    "p-center": lambda page: (_number(page),),
    "p-dispersion": _new_only,
    "lscp": lambda _: (),
    "lscp-b": lambda _: (),
    "budget-covering": lambda page: (_budget(page),),
    "budget-p-median": lambda page: (_budget(page),),
    "fixed-cost": lambda page: (_rate(page),),
    "sizes": lambda page: (_sizes(page), _budget(page), _goal("covering"), _split(page)),
    "capacitated-covering": lambda page: (_number(page), _split(page)),
    "capacitated-p-median": lambda page: (_roomy(page), _split(page)),
    "capacitated-set-covering": lambda page: (_split(page),),
    "equity": _equity,
    "lexicographic": lambda page: (_number(page), _order(page)),
    "least-gini": lambda page: (_number(page),),
    "moving": _moving,
    "phasing": lambda page: (_numbers(page), _goal("covering")),
    "goal-seek": lambda page: (_targets(page),),
}
