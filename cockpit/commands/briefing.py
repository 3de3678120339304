"""``python -m cockpit briefing``: an issue of the one-page briefing, as a file."""

from __future__ import annotations

import argparse
import sys

from cockpit.answers import briefing as answers
from cockpit.commands.output import replaced, require_writable
from cockpit.locale import translate
from cockpit.memo.content import Language
from cockpit.settings import settings
from geodata.errors import InputError


def run(given: argparse.Namespace) -> int:
    """Make the issue and write it; return 0."""
    day = answers.day_of(given.date)
    if given.format not in answers.FORMS:
        raise InputError(
            "There is no form {form}; expected one of {known}.",
            form=given.format[:40], known=", ".join(answers.FORMS),
        )  # fmt: skip
    answers.kind_of(given.issue)
    require_writable(given.out)
    language: Language = "en" if (given.language or given.lang) == "en" else "zh"
    made = answers.issue(given.issue, settings().visitor_class, day)
    body = answers.file_of(made, language, given.format)
    with replaced(given.out) as file:
        file.write_bytes(body)
    if made.note:
        print(translate(made.note, given.lang), file=sys.stderr)
    print(translate("{file}: written.", given.lang, file=given.out.name))
    return 0
