"""``python -m cockpit feed``: who may send rows to this cockpit."""

from __future__ import annotations

import argparse
import datetime as dt

from cockpit.answers import feeds_sources as answers
from cockpit.answers.feeds import FeedState, feeds_state
from cockpit.answers.feeds_county import zone
from cockpit.locale import translate
from cockpit.store.settled import settle_now
from geodata.errors import InputError

_HIGHEST = "秘密"  # whoever runs commands has the store itself


def run(given: argparse.Namespace) -> int:
    """Do what was asked; return 0."""
    if given.act == "add":
        token = answers.add_source(
            given.id, kind=given.kind, title=given.title, data_class=given.data_class,
            exercise=given.exercise,
        )  # fmt: skip
        _print_token(given, token)
    elif given.act == "token":
        _print_token(given, answers.new_token(given.id))
    elif given.act in ("disable", "enable"):
        answers.switch(given.id, on=given.act == "enable")
        on = "The feed {id} is switched on." if given.act == "enable" else (
            "The feed {id} is switched off."
        )  # fmt: skip
        print(translate(on, given.lang, id=given.id))
    elif given.act == "remove":
        _remove(given)
    elif given.act == "settle":
        version = settle_now()
        print(translate("The county's figures are of data version {v} now.", given.lang, v=version))
    else:
        _list(given.lang)
    return 0


def _print_token(given: argparse.Namespace, token: str) -> None:
    print(token)
    said = "This is the token of feed {id}. It is shown this once: keep it safe."
    print(translate(said, given.lang, id=given.id))


def _remove(given: argparse.Namespace) -> None:
    source = answers.source_of(given.id)
    if not given.yes:
        raise InputError(
            "This deletes the feed {id} ({title}) with all its rows. To go on, add --yes.",
            id=source.id, title=source.title,
        )  # fmt: skip
    gone = answers.remove_source(given.id)
    print(translate("The feed {id} is gone, with {n} rows.", given.lang, id=given.id, n=gone))


def _list(language: str) -> None:
    def say(template: str, **values: object) -> str:
        return translate(template, language, **values)

    states = feeds_state(_HIGHEST)
    if not states:
        print(say("There are no live feeds."))
    for one in states:
        kind = say("Events" if one.kind == "events" else "Readings")
        last = "-"
        if one.last is not None:
            local = one.last.replace(tzinfo=dt.UTC).astimezone(zone())
            last = f"{local:%Y-%m-%d %H:%M:%S}"
        said = say(
            "{id}: {title} ({kind}, {data_class}), {state}. Last delivery: {last}. Today: {n} "
            "new, {refused} refused.",
            id=one.id, title=one.title, kind=kind, data_class=one.data_class,
            state=say(_state(one)), last=last, n=one.n_today, refused=one.refused_today,
        )  # fmt: skip
        print(said)


def _state(one: FeedState) -> str:
    if one.disabled:
        return "switched off"
    if one.stale:
        return "has stopped" if one.last else "never came"
    return "in order" if one.last else "waited for"
