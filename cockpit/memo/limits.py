"""What a reader should bear in mind: each sentence only where it is true of the scenario."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from cockpit.memo.content import Items
from cockpit.memo.facts import Facts

Say = Callable[..., str]

_OLD = 365  # days after which data are said to be old


def limits(facts: Facts, say: Say) -> Items:
    """Return the risks and limits of this scenario."""
    found = (*_of_the_plan(facts, say), *_of_the_times(facts, say), *_of_the_data(facts, say))
    return Items(found)


def _of_the_plan(facts: Facts, say: Say) -> Iterator[str]:
    sheet, proof = facts.sheet, facts.proof
    losers = sheet.value("balance.losers")
    if losers > 0:
        n = sheet.people("balance.losers", say("People with longer ways"))
        yield say("{n} people have longer ways than today.", n=n)
    no_longer = sheet.value("balance.no_longer")
    if no_longer > 0:
        n = sheet.people("balance.no_longer", say("No longer covered"))
        yield say("{n} people who are covered today are not covered any more.", n=n)
    if sheet.value("then.unreached") > 0:
        n = sheet.people("then.unreached", say("People who reach no site"))
        yield say("{n} people reach no site even then.", n=n)
    if proof is not None and proof.own and not proof.proven:
        yield say("The plan is not proven to be the best; a better one may exist.")
    if not facts.with_room:
        yield say(
            "Room is not considered: everybody is taken to the nearest site, however many come."
        )
    else:
        yield say("The search counted room; the figures here take everybody to the nearest site.")
    if facts.sites and not facts.with_costs:
        yield say("What building, moving, closing and running sites costs is not considered.")
    if any(site.change != "closed" for site in facts.sites):
        yield say(
            "Whether land can be had where a site is new was not checked; a site stands for its "
            "cell, not for a plot."
        )


def _of_the_times(facts: Facts, say: Say) -> Iterator[str]:
    if facts.asked.straight:
        yield say("No roads are loaded: times in a straight line are too short where ways wind.")
    else:
        yield say("Times are without traffic, weather and waiting.")
    yield say(
        "All people of a cell are taken to be at its centre; within a cell ways are longer or "
        "shorter."
    )


def _of_the_data(facts: Facts, say: Say) -> Iterator[str]:
    for source in facts.sources:
        if source.as_of is None:
            yield say("Of these data nobody says how old they are: {what}.", what=say(source.what))
            continue
        days = (facts.made.date() - source.as_of).days
        if days > _OLD:
            yield say(
                "{what}: the data were {months} months old when the scenario was saved.",
                what=say(source.what), months=_months(source.as_of, facts.made.date()),
            )  # fmt: skip
    if facts.version_now != facts.data_version:
        yield say(
            "The data were loaded anew since the scenario was saved; all figures printed here are "
            "the same on them."
        )


def _months(first: dt.date, last: dt.date) -> int:
    """Return how many whole months lie between two days."""
    whole = 12 * (last.year - first.year) + last.month - first.month
    return whole - (last.day < first.day)
