"""What a version of a release has that the version before had not."""

from __future__ import annotations

import pandas as pd

from cockpit.answers.release_store import FIGURES, Change
from cockpit.store.models_release import Release


def changes_between(
    before: Release, now: Release, old: pd.DataFrame, new: pd.DataFrame
) -> tuple[Change, ...]:
    """
    Return what differs, as sentences: data, levels, classes, regions, noise, totals.

    Both tables are public figures; nothing of the exact ones is looked at.
    """
    return tuple(
        line
        for part in (_data, _levels, _classes, _noise)
        if (line := part(before, now)) is not None
    ) + _figures(now, old, new)


def _data(before: Release, now: Release) -> Change | None:
    if before.as_of == now.as_of:
        return None
    return Change(
        "The data are of {now}, no longer of {before}.",
        {"now": str(now.as_of or ""), "before": str(before.as_of or "")},
    )


def _levels(before: Release, now: Release) -> Change | None:
    if before.levels == now.levels:
        return None
    return Change(
        "Offered levels: {now}; before: {before}.",
        {"now": list(now.levels), "before": list(before.levels)},
    )


def _classes(before: Release, now: Release) -> Change | None:
    if before.classes == now.classes:
        return None
    return Change(
        "It has {now} classes; before it had {before}.",
        {"now": len(now.classes), "before": len(before.classes)},
    )


def _noise(before: Release, now: Release) -> Change | None:
    if before.epsilon == now.epsilon:
        return None
    return Change(
        "The noise is of epsilon {now}; before: {before}.",
        {"now": now.epsilon, "before": before.epsilon},
    )


def _figures(now: Release, old: pd.DataFrame, new: pd.DataFrame) -> tuple[Change, ...]:
    found: list[Change] = []
    gone, come = set(old["code"]) - set(new["code"]), set(new["code"]) - set(old["code"])
    if gone or come:
        found.append(
            Change(
                "{come} regions are new, {gone} are gone.", {"come": len(come), "gone": len(gone)}
            )
        )
    for class_id, title in now.classes:
        if class_id not in old.columns or old.empty or new.empty:
            continue
        was, is_now = old[class_id].iloc[0], new[class_id].iloc[0]  # the first is the whole county
        if not (pd.isna(was) or pd.isna(is_now)) and was != is_now:
            found.append(
                Change(
                    FIGURES,
                    {"class_title": title, "place": str(new["name"].iloc[0]),
                     "now": int(is_now), "before": int(was)},
                )
            )  # fmt: skip
    return tuple(found)
