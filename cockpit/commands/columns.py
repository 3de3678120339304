"""``python -m cockpit columns``: classes of stored columns, and personal fields without use."""

from __future__ import annotations

import argparse

from cockpit.access.classes import CLASSES
from cockpit.access.columns import COLUMNS
from cockpit.answers.sealing import sealed_store
from cockpit.answers.unneeded import unneeded_fields
from cockpit.locale import translate
from cockpit.store.sealed import SEALED

OK, FOUND = 0, 4


def run(given: argparse.Namespace) -> int:
    """Print what was asked for; return 4 when a personal field has no use."""
    if not given.unused:
        _classes(given.lang)
    found = unneeded_fields(sealed_store())
    for one in found:
        told = "{title} ({dataset}): {field}, called {header}. {why}"
        if one.n is not None:
            told = "{title} ({dataset}): {n} texts of the channel {header}. {why}"
        print(
            translate(
                told, given.lang, title=one.title, dataset=one.dataset_id, field=one.field,
                header=one.header or "-", why=translate(one.why, given.lang),
                n=f"{one.n or 0:,}",
            )
        )  # fmt: skip
    if not found:
        print(translate("Every personal field that is stored has a use.", given.lang))
    return FOUND if found else OK


def _classes(language: str) -> None:
    for table in dict.fromkeys(table for table, _ in COLUMNS):
        for data_class in CLASSES:
            names = [
                translate("{column} (sealed)", language, column=column)
                if table in SEALED and column in SEALED[table].columns
                else column
                for (other, column), c in COLUMNS.items()
                if other == table and c == data_class
            ]
            if names:
                print(f"{table} {data_class}: {', '.join(names)}")
