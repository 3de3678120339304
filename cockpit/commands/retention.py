"""``python -m cockpit retention``: how long data may be kept, and what has expired."""

from __future__ import annotations

import argparse

from cockpit.access.retention import Kept
from cockpit.access.retention_rules import OWN_TITLES
from cockpit.answers import retention
from cockpit.locale import translate

OK = 0


def run(given: argparse.Namespace) -> int:
    """List, set or destroy."""
    match given.act:
        case "list":
            _list(given.lang)
        case "set":
            _set(given)
        case _:
            _run(given)
    return OK


def _list(language: str) -> None:
    for one in retention.kept():
        print(f"{one.subject:<24} {_length(one, language)}  {_end(one, language)}".rstrip())


def _length(one: Kept, language: str) -> str:
    if one.rule.keep_until is not None:
        return translate("until {date}", language, date=one.rule.keep_until)
    if one.rule.keep_days is not None:
        return translate("{n} days", language, n=one.rule.keep_days)
    return translate("without end", language)


def _end(one: Kept, language: str) -> str:
    if one.expired:
        return translate("{n} rows have expired", language, n=f"{one.expired:,}")
    if one.expires is not None:
        return translate("expires after {date}", language, date=one.expires)
    return ""


def _set(given: argparse.Namespace) -> None:
    retention.set_rule(given.subject, keep_days=given.days, keep_until=given.until, note=given.note)
    one = next(one for one in retention.kept() if one.subject == given.subject)
    print(f"{one.subject}: {_length(one, given.lang)}")


def _run(given: argparse.Namespace) -> None:
    expired = [one for one in retention.kept() if one.expired]
    if not expired:
        print(translate("Nothing has expired.", given.lang))
    if given.dry_run:
        for one in expired:
            sentence = "{title}: {n} rows would be destroyed."
            print(
                translate(sentence, given.lang, title=_title(one, given.lang), n=f"{one.expired:,}")
            )
        return
    stones = {stone.body["subject"]: stone for stone in retention.run()}
    for one in expired:
        n = sum(stones[one.subject].rows.values()) if one.subject in stones else one.expired
        print(
            translate(
                "{title}: {n} rows were destroyed.",
                given.lang,
                title=_title(one, given.lang),
                n=f"{n:,}",
            )
        )


def _title(one: Kept, language: str) -> str:
    if one.subject in OWN_TITLES:
        return translate(one.title, language)
    return f"{one.title} ({one.subject})"
