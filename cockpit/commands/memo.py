"""``python -m cockpit memo``: a scenario's decision memo, from the store or from a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from cockpit.answers import memo as answers
from cockpit.answers.reach import Reach, current_reach
from cockpit.commands.output import replaced, require_writable
from cockpit.locale import translate
from cockpit.memo.content import Memo
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
    made = _memo(reach, given.scenario, language)
    with replaced(given.output) as file:
        file.write_bytes(answers.FORMS[ending](made))
    print(translate("{file}: written.", given.lang, file=given.output.name))
    return 0


def _memo(reach: Reach, asked: str, language: str) -> Memo:
    """Return the memo of a scenario's number in the store, or of a scenario file."""
    if asked.isascii() and asked.isdigit():
        return answers.memo_of_number(reach, int(asked), language)
    return answers.memo_of_file(reach, Path(asked).read_bytes(), language)
