"""Remarks that stand beside coverage figures: what was assumed, what was left out, and who."""

from __future__ import annotations

from cockpit.answers.coverage_results import Question
from cockpit.answers.reach import Note, Reach, mode_notes, outside_notes
from cockpit.coverage.services import service_of

__all__ = ["Note", "notes_of", "unlimited"]


def notes_of(reach: Reach, q: Question) -> tuple[Note, ...]:
    """
    Return what everybody should know who reads a figure of this question.

    Of facilities only those of the service are named.
    """
    kinds = service_of(q.service).kinds
    own = reach.facilities.iloc[reach.of_kinds(kinds)]
    others = {note.template for note in outside_notes(reach.facilities)}
    found = [
        *q.notes,
        *(note for note in reach.notes if note.template not in others),
        *outside_notes(own),
        *mode_notes(reach, q.mode, kinds),
    ]
    if not len(own):
        sentence = "There is no facility of this service in the data, so nobody reaches one."
        found.append(Note(sentence))
    return tuple(found)


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
