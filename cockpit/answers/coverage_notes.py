"""Remarks that stand beside coverage figures: what was assumed, what was left out, and who."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cockpit.answers.coverage_masks import mask_notes, masked
from cockpit.answers.coverage_results import Question
from cockpit.answers.reach import Note, Reach, mode_notes, outside_notes
from cockpit.coverage.services import service_of

__all__ = ["Note", "network_notes", "notes_of", "unlimited"]


def notes_of(reach: Reach, q: Question) -> tuple[Note, ...]:
    """
    Return what everybody should know who reads a figure of this question.

    Of facilities only those of the service are named.
    """
    kinds = service_of(q.service).kinds
    found = [
        *q.notes,
        *mask_notes(masked(reach, q.group, q.small_count), q.small_count),
        *network_notes(reach, (q.mode,), kinds),
    ]
    if not len(reach.of_kinds(kinds)):
        sentence = "There is no facility of this service in the data, so nobody reaches one."
        found.append(Note(sentence))
    return tuple(found)


def network_notes(reach: Reach, modes: Iterable[str], kinds: Collection[str]) -> tuple[Note, ...]:
    """
    Return remarks on the data and the network, of facilities only those of some kinds.

    Modes share most remarks; the first of a kind is enough.
    """
    others = {note.template for note in outside_notes(reach.facilities)}
    told: dict[str, Note] = {}
    for mode in modes:
        for note in mode_notes(reach, mode, kinds):
            told.setdefault(note.template, note)
    return (
        *(note for note in reach.notes if note.template not in others),
        *outside_notes(reach.facilities.iloc[reach.of_kinds(kinds)]),
        *told.values(),
    )


def unlimited(n_missing: int, n: int, *, per_unit: bool) -> tuple[Note, ...]:
    """
    Return the remark that facilities count as unlimited; nothing when all have a limit.

    ``per_unit``: whether somebody says how many people a unit of supply can serve.
    """
    if not n_missing:
        return ()
    if not per_unit:
        return (
            Note(
                "Nobody says how many people a facility of this service can serve; "
                "all count as unlimited."
            ),
        )
    return (
        Note(
            "{n} of {all} facilities do not tell their capacity; they count as unlimited.",
            {"n": n_missing, "all": n},
        ),
    )
