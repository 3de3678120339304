"""How the plan came about, what proves it, and what data it rests on: the words of a memo."""

from __future__ import annotations

import math
from collections.abc import Callable

from cockpit.memo.content import Block, Items, Text, Tile
from cockpit.memo.content import Facts as FactList
from cockpit.memo.facts import Facts, FrontWord, Proof, Source
from cockpit.memo.words import date, inside, number, percent

Say = Callable[..., str]

UNIT_TITLES = {
    "person-minutes": "{n} person-minutes",
    "minutes": "{n} minutes",
    "people": "{n} people",
    "sites": "{n} sites",
    "money": "{n} of the planner's cost units",
    "gini": "{n} (Gini coefficient)",
}
_DECIMALS = {"minutes": 1, "money": 2, "gini": 4}

BASIS_TITLES = {
    "numbers": (
        "The bound can be recomputed from the numbers in the certificate, without the solver."
    ),
    "both": (
        "Numbers in the certificate prove a weaker bound; this one rests on the log of the solver "
        "HiGHS."
    ),
    "solver": (
        "The bound rests on the log of the solver HiGHS; sites, rules and objective are recomputed "
        "in the check."
    ),
}

PARAMETER_TITLES = {
    "p": "sites in all: {value}",
    "reach": "limit: {value} minutes",
    "unreached": "an unreached person counts as {value} minutes",
    "backup": "weight of a second site: {value}",
    "budget": "budget: {value}",
    "rate": "worth of a person-minute: {value}",
    "moving_cost": "cost of moving: {value}",
    "closing_cost": "cost of closing: {value}",
    "opening_cost": "cost of opening: {value}",
    "most_gini": "highest Gini coefficient: {value}",
    "goal": "goal: {value}",
}


def about(facts: Facts, say: Say) -> FactList:
    """Return county, class, date, data version and author."""
    county = facts.county
    name = county.name if county.whole else f"{county.name} · {county.unit}"
    rows = [
        (say("County"), say("{name} (invented)", name=name) if county.invented else name),
        (say("Data class"), facts.data_class),
        (say("Scenario saved"), date(facts.made.date(), facts.language)),
        (say("Data version"), facts.data_version[:12]),
        (say("Author"), facts.author),
    ]
    if facts.version_now != facts.data_version:
        rows.insert(4, (say("Counted again on data version"), facts.version_now[:12]))
    return FactList(tuple(rows))


# ---------------------------------------------------------------- proof


def tile(facts: Facts, say: Say) -> Tile:
    """Return how far the plan is from the best, as a headline figure."""
    proof, label = facts.proof, say("Distance from the best plan")
    if facts.front is not None:
        return _front_tile(facts.front, label, say)
    if proof is None:
        return Tile(label, say("not known"), say("made by hand"))
    if not proof.own:
        label = say("Share of the best plan found")
        return Tile(label, _standing(facts, proof, say), say("made by hand"))
    if proof.proven:
        return Tile(label, say("none"), say("proven"))
    gap = _gap(facts, proof, say)
    return Tile(label, say("at most {share}", share=gap), say("bound proven"))


def _front_tile(front: FrontWord, label: str, say: Say) -> Tile:
    beside = say("a point of the front")
    if front.proven:
        return Tile(label, say("none"), beside)
    if math.isnan(front.gap):
        return Tile(label, say("not known"), beside)
    return Tile(label, say("at most {share}", share=_rounded_up(front.gap)), beside)


def _front(front: FrontWord, say: Say) -> str:
    """Say that the plan is a point of the front, and what the search said of it."""
    first = say("The plan is a point of the front of cost, coverage and equity.")
    told = {"floor": percent(front.floor), "n": number(front.bound)}
    if math.isnan(front.bound):
        second = say("How far it is from the best is not shown.")
    elif front.floor > 0:
        second = say("At this cost and with at least {floor} covered in every township no plan "
                     "covers more than {n} people, as the search found.", **told)  # fmt: skip
    else:
        second = say("At this cost no plan covers more than {n} people, as the search found.",
                     **told)  # fmt: skip
    third = say("There is no certificate with which that could be checked again.")
    return say("{first} {second} {third}", first=first, second=second, third=third)


def proof(facts: Facts, say: Say) -> list[Block]:
    """Return objective, bound, gap, what they rest on, and how to check them."""
    found = facts.proof
    if facts.front is not None:
        return [Text(_front(facts.front, say))]
    if found is None:
        return [
            Text(
                say("The plan was made by hand. No best plan was sought, so how far it is from the "
                    "best is not known."),
                "loud",
            )
        ]  # fmt: skip
    blocks: list[Block] = []
    if not found.own:
        blocks.append(Text(_by_hand(facts, found, say), "loud"))
    blocks.append(Text(_verdict(facts, found, say)))
    if found.hidden:
        return [
            *blocks,
            Text(say("Objective and bound are not shown: they would tell a count that is not."),
                 "quiet"),
        ]  # fmt: skip
    bounded = "" if math.isnan(found.bounded) else number(found.bounded, _decimals(found))
    rows = [
        (say("Objective"), _amount(facts, found, found.objective, found.counted, say)),
        (say("Bound"), _bound(facts, found, bounded, say)),
        (say("Gap"), _gap(facts, found, say)),
        (say("What the bound rests on"), say(BASIS_TITLES[found.basis])),
        (say("Certificate (sha256)"), found.sha256),
        (
            say("How to check"),
            say("Save the certificate that the scenario file carries as plan.json and run: "
                "python -m cockpit verify plan.json. A changed byte is refused."),
        ),
    ]  # fmt: skip
    return [*blocks, FactList(tuple(rows))]


def _by_hand(facts: Facts, proof: Proof, say: Say) -> str:
    if math.isnan(proof.reached):
        return say(
            "The plan was made by hand, or changed after the search: objective and bound below are "
            "those of the best plan found, not of this one."
        )
    return say(
        "The plan was made by hand, or changed after the search. It reaches {own}, {share} of the "
        "best plan found; objective and bound below are that plan's.",
        own=_with_unit(proof, proof.reached, say), share=_standing(facts, proof, say),
    )  # fmt: skip


def _standing(facts: Facts, proof: Proof, say: Say) -> str:
    """Return what this plan reaches of the best found: 100 % when it is as good."""
    pair = (proof.reached, proof.objective)
    if math.isnan(proof.reached) or not all(value > 0 for value in pair):
        return say("not known")
    counted = (proof.reached, proof.counted)
    if proof.unit != "people":  # less is better
        pair, counted = (pair[1], pair[0]), (counted[1], counted[0])
    facts.sheet.plain(
        say("Share of the best plan found (%)"),
        100 * pair[0] / pair[1], 100 * counted[0] / counted[1], 1,
    )  # fmt: skip
    return percent(pair[0] / pair[1])


def _verdict(facts: Facts, proof: Proof, say: Say) -> str:
    if proof.own:
        if proof.proven:
            return say("Proven: under these rules no plan is better.")
        share = _gap(facts, proof, say)
        return say("No plan under these rules is better by more than {share}.", share=share)
    if proof.proven:
        return say("The best plan found is proven: under these rules no plan is better.")
    return say(
        "No plan under these rules is better than the best one found by more than {share}.",
        share=_gap(facts, proof, say),
    )


def _gap(facts: Facts, proof: Proof, say: Say) -> str:
    """Write the gap so that it never looks smaller than it is: rounded up, 0 only when proven."""
    if proof.proven:
        return "0%"
    bound = proof.bound if math.isnan(proof.bounded) else proof.bounded
    again = abs(proof.counted - bound) / max(abs(proof.counted), 1e-12)
    facts.sheet.plain(say("Gap (%)"), 100 * proof.gap, 100 * again, 2)
    return _rounded_up(proof.gap)


def _rounded_up(gap: float) -> str:
    return f"{number(math.ceil(gap * 1e4 - 1e-9) / 100, 2)}%"


def _bound(facts: Facts, proof: Proof, bounded: str, say: Say) -> str:
    words = _with_unit(proof, proof.bound, say)
    if bounded:
        facts.sheet.plain(say("Bound"), proof.bound, proof.bounded, _decimals(proof))
    return words


def _amount(facts: Facts, proof: Proof, said: float, counted: float, say: Say) -> str:
    facts.sheet.plain(say("Objective"), said, counted, _decimals(proof))
    return _with_unit(proof, said, say)


def _decimals(proof: Proof) -> int:
    return _DECIMALS.get(proof.unit, 0)


def _with_unit(proof: Proof, value: float, say: Say) -> str:
    return say(UNIT_TITLES[proof.unit], n=number(value, _decimals(proof)))


# ---------------------------------------------------------------- method and data


def method(facts: Facts, say: Say) -> list[Block]:
    """Return the model in plain words, the rules in force, and the data."""
    found = facts.proof
    blocks: list[Block] = []
    if found is not None:
        blocks.append(
            Text(say("Model: {title}. {note}", title=say(found.title), note=say(found.note)))
        )
        told = [
            say(title, value=_plain(found.parameters[name]))
            for name, title in PARAMETER_TITLES.items()
            if found.parameters.get(name) is not None
        ]
        if told:
            blocks.append(Text(say("Asked for: {values}.", values=say(", ").join(told))))
    if facts.rules:
        lead = (
            say("Rules saved with the scenario; a plan made by hand need not follow them:")
            if facts.by_hand
            else say("Rules in force:")
        )
        blocks += [Text(lead), Items(facts.rules)]
    blocks.append(Text(_ways(facts, say)))
    blocks.append(FactList(tuple(_source(source, facts, say) for source in facts.sources)))
    if facts.class_why:
        blocks.append(Text(facts.class_why, "quiet"))
    if facts.notes:
        blocks.append(Items(facts.notes))
    return blocks


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _ways(facts: Facts, say: Say) -> str:
    cells = facts.sheet.plain(say("Cells"), facts.n_cells, facts.n_cells_counted)
    roads = (
        say("in a straight line, for no roads are loaded")
        if facts.asked.straight
        else say("by the fastest way on the roads")
    )
    return say(
        "Times run between the centre of each of {n} cells and the nearest site, {roads}, {mode}, "
        "in whole seconds. Whoever reaches no site within {most} minutes counts as {most} minutes "
        "in means and sums.",
        n=cells, roads=roads, mode=inside(facts.asked.mode), most=f"{facts.most_minutes:g}",
    )  # fmt: skip


def _source(source: Source, facts: Facts, say: Say) -> tuple[str, str]:
    titles = say(", ").join(source.titles)
    if source.as_of is None:
        return say(source.what), say("{titles} (no date given)", titles=titles)
    when = date(source.as_of, facts.language)
    return say(source.what), say("{titles} (as of {date})", titles=titles, date=when)
