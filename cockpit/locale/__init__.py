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


class Named(str):
    """
    A name that has another form in English, for errors, which are made before one is asked for.

    It reads as its Chinese form wherever nobody knows of the language.
    """

    __slots__ = ("en",)
    en: str

    @classmethod
    def of(cls, name: str, english: str) -> Named:
        """Return a name with its English form; without one, the name serves both."""
        made = cls(name)
        made.en = english or name
        return made


def translate(template: str, language: str, **values: object) -> str:
    """
    Return a sentence in a language, filled with values.

    A sentence without translation comes in English: a test finds it before a visitor does.
    """
    sentence = catalogue(language).get(template, template)
    told = {k: v.en if isinstance(v, Named) and language == "en" else v for k, v in values.items()}
    return sentence.format(**told) if told else sentence
