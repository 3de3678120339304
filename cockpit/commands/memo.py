"""``python -m cockpit memo``: a scenario's decision memo, from the store or from a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from sqlalchemy.orm import Session

from cockpit.answers import memo as answers
from cockpit.answers import scenarios
from cockpit.answers.reach import current_reach
from cockpit.answers.scenario_files import read_scenario
from cockpit.answers.scenarios import Scenario
from cockpit.commands.output import replaced, require_writable
from cockpit.locale import translate
from cockpit.settings import settings
from cockpit.store.session import engine
from geodata.errors import DataFileError, InputError


def run(given: argparse.Namespace) -> int:
    """Make the memo and write it; return 0."""
    ending = given.output.suffix.lstrip(".").lower()
    if ending not in answers.FORMS:
        raise InputError(
            "{file}: unknown ending; expected one of {known}.",
            file=given.output.name, known=", ".join(answers.FORMS),
        )  # fmt: skip
    require_writable(given.output)
    reach = current_reach()
    if reach is None:
        raise DataFileError("Nothing is loaded yet; load a county first.")
    language = given.memo_language or given.lang
    with Session(engine()) as db:
        found = _scenario(db, given.scenario)
        made = answers.memo_of(db, reach, found, language)
    with replaced(given.output) as file:
        file.write_bytes(answers.FORMS[ending](made))
    print(translate("{file}: written.", given.lang, file=given.output.name))
    return 0


def _scenario(db: Session, asked: str) -> Scenario:
    """Return the scenario of a number in the store, or of a scenario file."""
    if asked.isascii() and asked.isdigit():
        return scenarios.scenario(db, int(asked), visitor=settings().visitor_class)
    return read_scenario(Path(asked).read_bytes())
