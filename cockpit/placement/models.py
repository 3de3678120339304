"""The models of placement: what each asks for, and how it is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["person-minutes", "minutes", "people", "sites", "money", "gini"]


@dataclass(frozen=True)
class Model:
    """A model as a page and the command line offer it."""

    id: str
    title: str  # msgid
    sense: Literal["min", "max"]
    needs: tuple[str, ...]  # parameters without which it cannot be solved
    takes: tuple[str, ...]  # parameters that have a default
    note: str  # msgid: what it does, in one sentence
    unit: Literal[
        "person-minutes", "minutes", "people", "sites", "money", "gini"
    ]  # of the objective


_ALL = (
    Model(
        "p-median",
        "p-median: fewest minutes",
        "min",
        ("p",),
        ("unreached",),
        "Opens a given number of sites so that all people together travel the fewest minutes.",
        "person-minutes",
    ),
    Model(
        "p-center",
        "p-center: nobody far",
        "min",
        ("p",),
        (),
        "Opens a given number of sites so that the longest way anybody has is as short as "
        "possible.",
        "minutes",
    ),
    Model(
        "lscp",
        "Cover everybody",
        "min",
        ("reach",),
        (),
        "Opens as few sites as possible so that everybody has one within reach.",
        "sites",
    ),
    Model(
        "lscp-b",
        "Cover everybody, with backup",
        "min",
        ("reach",),
        (),
        "Covers everybody with as few sites as possible and gives most people a second one.",
        "sites",
    ),
    Model(
        "mclp",
        "Cover most people",
        "max",
        ("p", "reach"),
        (),
        "Opens a given number of sites so that as many people as possible have one within reach.",
        "people",
    ),
    Model(
        "bclp",
        "Cover most people, with backup",
        "max",
        ("p", "reach"),
        ("backup",),
        "Opens a given number of sites so that many people have one within reach and many "
        "have two.",
        "people",
    ),
    Model(
        "p-dispersion",
        "p-dispersion: far apart",
        "max",
        ("p",),
        (),
        "Opens a given number of sites so that the two nearest to each other are as far "
        "apart as possible.",
        "minutes",
    ),
)
_GENERAL = (
    Model(
        "capacitated-p-median",
        "p-median with capacities",
        "min",
        ("p",),
        ("split", "load"),
        "Opens a given number of sites and sends everybody to one with room, in the fewest "
        "minutes altogether.",
        "person-minutes",
    ),
    Model(
        "capacitated-covering",
        "Cover most people, with capacities",
        "max",
        ("p", "reach"),
        ("split", "load"),
        "Opens a given number of sites and serves as many people as possible within reach "
        "and capacity.",
        "people",
    ),
    Model(
        "capacitated-set-covering",
        "Cover everybody, with capacities",
        "min",
        ("reach",),
        ("split", "load"),
        "Opens as few sites as possible that serve everybody within reach and capacity.",
        "sites",
    ),
    Model(
        "fixed-cost",
        "As many sites as pay for themselves",
        "min",
        (),
        ("rate",),
        "Weighs what sites cost against the minutes that they save.",
        "money",
    ),
    Model(
        "budget-p-median",
        "Fewest minutes for a budget",
        "min",
        ("budget",),
        (),
        "Spends a budget on the sites that make people travel the fewest minutes.",
        "person-minutes",
    ),
    Model(
        "budget-covering",
        "Cover most people for a budget",
        "max",
        ("budget", "reach"),
        (),
        "Spends a budget on the sites that have most people within reach.",
        "people",
    ),
    Model(
        "sizes",
        "Sites and their sizes for a budget",
        "max",
        ("sizes", "budget"),
        ("goal", "reach", "split"),
        "Chooses places and how large to build there, within a budget.",
        "people",
    ),
    Model(
        "moving",
        "Keep, close or move the sites of today",
        "min",
        (),
        ("p", "moving_cost", "closing_cost", "opening_cost"),
        "Weighs what moving or closing a site costs against the minutes that it saves.",
        "person-minutes",
    ),
    Model(
        "equity",
        "Fair for every township",
        "min",
        ("p",),
        ("goal", "reach", "group_weights", "rules", "most_gini"),
        "Opens the best of all fair plans with as many sites: floors for townships, a "
        "bounded Gini.",
        "person-minutes",
    ),
    Model(
        "least-gini",
        "Minutes shared most evenly",
        "min",
        ("p",),
        ("rules",),
        "Opens the given number of sites whose minutes have the lowest Gini.",
        "gini",
    ),
    Model(
        "lexicographic",
        "One goal after another",
        "min",
        ("p", "order"),
        ("reach", "rules"),
        "Opens the given number of sites that are best by the first goal, and of those the "
        "best by the next.",
        "person-minutes",
    ),
    Model(
        "phasing",
        "Which sites first: several years",
        "max",
        ("numbers",),
        ("goal", "reach", "people", "year_weights", "budgets"),
        "Plans several years at once: what is built stays.",
        "people",
    ),
    Model(
        "goal-seek",
        "Cheapest plan that meets all targets",
        "min",
        ("targets",),
        (),
        "Finds the cheapest sites that meet all targets, or targets that cannot hold together.",
        "money",
    ),
)
MODELS: dict[str, Model] = {model.id: model for model in (*_ALL, *_GENERAL)}
