"""Sentence catalogues: English is the key, each language folder holds gettext PO files."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent
LANGUAGES = ("zh", "en")
_FOLDERS = {"zh": "zh_CN", "en": "en"}


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return English sentence -> sentence of a language; for English only names of choices."""
    if language not in _FOLDERS:
        return {}
    found: dict[str, str] = {}
    for path in sorted((FOLDER / _FOLDERS[language]).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=_FOLDERS[language]):
                if message.id and message.string:
                    found[str(message.id)] = str(message.string)
    return found


def translate(template: str, language: str, **values: object) -> str:
    """
    Return a sentence in a language, filled with values.

    A sentence without translation comes in English: a test finds it before a visitor does.
    """
    sentence = catalogue(language).get(template, template)
    return sentence.format(**values) if values else sentence
