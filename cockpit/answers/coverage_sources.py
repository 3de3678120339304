"""Where a standard's figure comes from: a moved limit never stands as the official one."""

from __future__ import annotations

from cockpit.coverage.standards import Standard, is_moved, official
from cockpit.locale import translate


def source_text(standard: Standard, language: str) -> str:
    """
    Return the source of a standard as it stands beside the figure.

    Where the limit is not that of the list, its document is named with the limit that it really
    has; a document of one's own stands before it.
    """
    own = translate(standard.source, language)
    if not is_moved(standard):
        return own
    first = official(standard)
    values = {
        "limit": _limit(first, language), "source": translate(first.source, language),
    }  # fmt: skip
    if standard.source == first.source:
        return translate("changed here; official: {limit}, {source}", language, **values)
    return translate("{own} (official: {limit}, {source})", language, own=own, **values)


def _limit(standard: Standard, language: str) -> str:
    unit = translate(standard.unit, language) if standard.unit else ""
    digits = 0 if standard.limit == round(standard.limit) else 1
    limit = f"{standard.limit:,.{digits}f} {unit}".strip()
    if standard.or_minutes is None:
        return limit
    return translate("{limit} or {n} minutes", language, limit=limit, n=f"{standard.or_minutes:g}")
