"""The models of placement as a page asks them: fields with defaults, and what the solver gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cockpit.answers.siting_ground import UNREACHED_MINUTES, Ground
from cockpit.answers.siting_problem import Posed, candidate_sites, new_capacity
from cockpit.answers.siting_rules import Rules
from cockpit.placement import moves
from cockpit.placement.models import MODELS
from geodata.errors import InputError

Kind = Literal["count", "minutes", "money", "share", "choice", "numbers", "sizes", "order",
               "targets"]  # fmt: skip
Unit = Literal["person-minutes", "minutes", "people", "sites", "money", "gini", "share"]

NEW, ALL = "new", "p"
"""How many sites: new ones where those of today stay, otherwise all."""

USUAL_NEW = 3
MOST_YEARS = 10
_RATE = 1000.0  # person-minutes that the page's price is for


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


_GOALS = (("p-median", "Fewest minutes"), ("covering", "Most people covered"))
_SPLIT = (
    ("parts", "The people of a cell may go to different sites"),
    ("whole", "All people of a cell go to one site"),
)
_ORDER = (
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

_OFFERED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Fewest minutes", ("p-median",)),
    ("Cover most people", ("mclp", "bclp")),
    ("Nobody far away", ("p-center", "p-dispersion")),
    ("Cover everybody", ("lscp", "lscp-b")),
    ("Within a budget", ("budget-covering", "budget-p-median", "fixed-cost", "sizes")),
    (
        "Room at the sites",
        ("capacitated-covering", "capacitated-p-median", "capacitated-set-covering"),
    ),
    ("Fairness", ("equity", "lexicographic", "least-gini")),
    ("Keep, close or move", ("moving",)),
    ("Several years", ("phasing",)),
    ("Meet targets", ("goal-seek",)),
)


def offered() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the models in groups, in the order in which planners think of them."""
    return _OFFERED


def unit(model: str, parameters: Mapping[str, Any]) -> Unit:
    """Return what a model's objective counts, which may depend on its goal."""
    if model == "lexicographic":
        units: dict[str, Unit] = {"worst": "minutes", "lowest_share": "share", "covered": "people"}
        return units.get(parameters["order"][-1], "person-minutes")
    if "goal" in parameters:
        return "people" if parameters["goal"] == "covering" else "person-minutes"
    return MODELS[model].unit


def maximises(model: str, parameters: Mapping[str, Any]) -> bool:
    """Tell whether more of the objective is better."""
    if model in ("lexicographic", "equity", "phasing", "sizes"):
        return unit(model, parameters) in ("people", "share")
    return MODELS[model].sense == "max"


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
    return _FIELDS[_known(model)](_Page(ground, rules))


def defaults(model: str, ground: Ground, rules: Rules) -> dict[str, Any]:
    """Return the values that a page begins with, by field."""
    return {field.id: field.default for field in fields(model, ground, rules)}


def _known(model: str) -> str:
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
    return Field("split", "Sharing sites", "choice", "parts", choices=_SPLIT)


def _goal(default: str) -> Field:
    return Field("goal", "What is best", "choice", default, choices=_GOALS)


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
    price = max(page.rules.new_cost, 1.0) * _RATE / usual if usual > 0 else 1.0
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
    first = page.kept if not page.keeps else 0
    high = page.n_candidates + (0 if page.keeps else page.ground.n_facilities)
    usual = [min(max(first, 0) + k, max(high, 1)) for k in (1, 2, 3)]
    return Field(
        "numbers", "Sites by the end of each year", "numbers", usual, 0 if page.keeps else 1, high,
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
                 choices=_ORDER)  # fmt: skip


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
    "capacitated-p-median": lambda page: (_number(page), _split(page)),
    "capacitated-set-covering": lambda page: (_split(page),),
    "equity": _equity,
    "lexicographic": lambda page: (_number(page), _order(page)),
    "least-gini": lambda page: (_number(page),),
    "moving": _moving,
    "phasing": lambda page: (_numbers(page), _goal("covering")),
    "goal-seek": lambda page: (_targets(page),),
}


# ---------------------------------------------------------------- what the solver gets


def parameters(
    model: str, ground: Ground, posed: Posed, given: Mapping[str, Any]
) -> dict[str, Any]:
    """
    Return the parameters of the solver for the values of a page.

    Parameters
    ----------
    posed
        The problem, as ``siting.pose`` made it.
    given
        A value for each field; None or missing where a bound is left out.

    Raises
    ------
    InputError
        If a value is missing, is no number, or cannot be.
    """
    return _TAKEN[_known(model)](_Given(ground, posed, given))


@dataclass(frozen=True)
class _Given:
    ground: Ground
    posed: Posed
    values: Mapping[str, Any]

    @property
    def kept(self) -> int:
        """Return how many facilities of today must stay."""
        problem = self.posed.problem
        return int((problem.must & problem.existing).sum())

    @property
    def moves_today(self) -> bool:
        problem = self.posed.problem
        return bool((problem.existing & ~problem.must & ~problem.forbidden).any())

    def reach(self) -> float:
        """Return the limit of the question; where it is too long, all ways look the same."""
        if self.ground.q.minutes >= UNREACHED_MINUTES:
            raise InputError(
                "Plans of coverage need a limit below {most} minutes; longer ways all count as "
                "that many.",
                most=f"{UNREACHED_MINUTES:g}",
            )
        return reach_of(self.ground.q.minutes)

    def amount(self, name: str, *, most: float = np.inf) -> float:
        value = self.values.get(name)
        good = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not good or not 0 <= float(value) <= most or float(value) == np.inf:  # type: ignore[arg-type]
            raise _wrong(name, value, most)
        return float(value)  # type: ignore[arg-type]

    def bound(self, name: str, *, most: float = np.inf) -> float | None:
        return None if self.values.get(name) is None else self.amount(name, most=most)

    def whole(self, name: str, value: Any) -> int:
        good = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not good or not 0 <= float(value) < np.inf or float(value) != int(value):
            raise InputError("{name} is {value}; expected a whole number, 0 or more.",
                             name=name, value=value)  # fmt: skip
        return int(value)

    def number(self) -> dict[str, int]:
        """Return sites in all: those asked for, or new ones and those that stay."""
        return {"p": self.in_all(NEW if NEW in self.values else ALL, self.values)}

    def in_all(self, name: str, values: Mapping[str, Any]) -> int:
        return self.whole(name, values.get(name)) + (self.kept if name == NEW else 0)

    def choice(self, name: str, known: Sequence[tuple[str, str]]) -> str:
        value = self.values.get(name)
        if value not in dict(known):
            raise InputError("{name} is {value}; expected one of {known}.",
                             name=name, value=value, known=", ".join(dict(known)))  # fmt: skip
        return str(value)

    def split(self) -> dict[str, bool]:
        return {"split": self.choice("split", _SPLIT) == "parts"}

    def goal(self) -> dict[str, Any]:
        goal = self.choice("goal", _GOALS)
        return {"goal": goal, "reach": self.reach() if goal == "covering" else None}


def _wrong(name: str, value: Any, most: float) -> InputError:
    if np.isfinite(most):
        return InputError("{name} is {value}; expected 0 to {most}.", name=name, value=value,
                          most=f"{most:g}")  # fmt: skip
    return InputError("{name} is {value}; expected a number, 0 or more.", name=name, value=value)


def _take_number(given: _Given) -> dict[str, Any]:
    return given.number()


def _take_cover(given: _Given) -> dict[str, Any]:
    return {**given.number(), "reach": given.reach()}


def _take_sizes(given: _Given) -> dict[str, Any]:
    rows = given.values.get("sizes")
    if not isinstance(rows, Sequence) or any(len(row) != 3 for row in rows):
        raise InputError("A size is a name, the people it serves and what it costs.")
    sizes = [[str(n), _plain("sizes", c), _plain("sizes", m)] for n, c, m in rows]
    budget = given.amount("budget")
    return {"sizes": sizes, "budget": budget, **given.goal(), **given.split()}


def _plain(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise _wrong(name, value, np.inf) from error


def _take_moving(given: _Given) -> dict[str, Any]:
    if not given.moves_today:
        raise InputError(
            "Here facilities of today close or move, but the rules keep them all; let them close "
            "in the rules."
        )
    costs = {f"{name}_cost": given.amount(f"{name}_cost") for name in
             ("moving", "closing", "opening")}  # fmt: skip
    return {"p": given.in_all(ALL, given.values), **costs}


def _take_equity(given: _Given) -> dict[str, Any]:
    ground, reach = given.ground, given.reach()
    floor = given.bound("floor", most=1.0)
    worst = given.bound("worst")
    there = np.bincount(ground.townships, ground.people) > 0
    rules: list[list[Any]] = [
        ["covered", floor, reach, int(t)] for t in np.flatnonzero(there) if floor
    ]
    if worst is not None:
        rules.append(["worst", reach_of(worst), None, None])
    return {**given.number(), **given.goal(), "rules": rules,
            "most_gini": given.bound("most_gini", most=1.0)}  # fmt: skip


def _take_order(given: _Given) -> dict[str, Any]:
    order = given.values.get("order")
    if not isinstance(order, Sequence) or not order or not set(order) <= set(dict(_ORDER)):
        raise InputError("{name} is {value}; expected one of {known}.", name="order", value=order,
                         known=", ".join(dict(_ORDER)))  # fmt: skip
    return {**given.number(), "order": list(order), "reach": given.reach()}


def _take_years(given: _Given) -> dict[str, Any]:
    numbers = given.values.get("numbers")
    if not isinstance(numbers, Sequence) or not 0 < len(numbers) <= MOST_YEARS:
        raise InputError("Say how many sites there are at the end of each of 1 to {most} years.",
                         most=MOST_YEARS)  # fmt: skip
    more = 0 if given.moves_today else given.kept
    return {"numbers": [given.whole("numbers", n) + more for n in numbers], **given.goal()}


def _take_targets(given: _Given) -> dict[str, Any]:
    rows = given.values.get("targets")
    if not isinstance(rows, Sequence) or any(len(row) != 3 for row in rows):
        raise InputError("A target is a kind, a value and a township.")
    return {"targets": [_target(given, *row) for row in rows]}


def _target(given: _Given, kind: Any, value: Any, code: Any) -> list[Any]:
    if kind not in dict(TARGET_KINDS):
        raise InputError("There is no kind of target {kind}.", kind=kind)
    number = _plain("targets", value)
    if kind == "worst":
        number = reach_of(number)
    if kind == "sites" and not given.moves_today:
        number += given.kept
    if kind == "cost":
        number += _kept_cost(given)
    reach = given.reach() if kind == "covered" else None
    return [kind, number, reach, _township(given.ground, code)]


def _kept_cost(given: _Given) -> float:
    """Return what the facilities that stay cost: a target is about what is spent beside them."""
    problem = given.posed.problem
    return float(problem.site_cost[problem.must & problem.existing].sum())


def _township(ground: Ground, code: Any) -> int | None:
    if code in (None, ""):
        return None
    codes = ground.reach.twin.regions["code"].to_numpy()[ground.township_rows]
    found = np.flatnonzero(codes == str(code))
    if not found.size:
        raise InputError("No region has the code {code}.", code=code)
    return int(found[0])


_TAKEN: dict[str, Callable[[_Given], dict[str, Any]]] = {
    "p-median": _take_number,
    "mclp": _take_cover,
    "bclp": lambda given: {**_take_cover(given), "backup": given.amount("backup", most=1.0)},
    "p-center": _take_number,
    "p-dispersion": lambda given: (
        {"p": given.whole(NEW, given.values[NEW])} if NEW in given.values else given.number()
    ),
    "lscp": lambda given: {"reach": given.reach()},
    "lscp-b": lambda given: {"reach": given.reach()},
    "budget-covering": lambda given: {"budget": given.amount("budget"), "reach": given.reach()},
    "budget-p-median": lambda given: {"budget": given.amount("budget")},
    "fixed-cost": lambda given: {"rate": given.amount("rate") / _RATE},
    "sizes": _take_sizes,
    "capacitated-covering": lambda given: {**_take_cover(given), **given.split()},
    "capacitated-p-median": lambda given: {**given.number(), **given.split()},
    "capacitated-set-covering": lambda given: {"reach": given.reach(), **given.split()},
    "equity": _take_equity,
    "lexicographic": _take_order,
    "least-gini": _take_number,
    "moving": _take_moving,
    "phasing": _take_years,
    "goal-seek": _take_targets,
}
