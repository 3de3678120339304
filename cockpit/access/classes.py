"""Data classes 公开, 备用, 敏感, 秘密: their order, their joins, and masks for small counts."""

from __future__ import annotations

from collections.abc import Iterable

CLASSES = ("公开", "备用", "敏感", "秘密")
TITLES = {
    "公开": "Public",
    "备用": "Internal",
    "敏感": "Sensitive",
    "秘密": "Secret",
}  # English msgids


def highest(parts: Iterable[str]) -> str:
    """Return the highest class of the parts; of no part 公开."""
    return max(parts, key=CLASSES.index, default=CLASSES[0])


def may_see(visitor: str, data_class: str) -> bool:
    """Tell whether a visitor cleared up to ``visitor`` may see ``data_class``."""
    return CLASSES.index(data_class) <= CLASSES.index(visitor)
