"""How a benchmark prints: one line a figure, the budget beside it."""

from __future__ import annotations


def line(what: str, value: float, unit: str, budget: float, *, at_least: bool = False) -> bool:
    """Print a figure and its budget; return whether it is kept."""
    kept = value >= budget if at_least else value <= budget
    bound = "at least" if at_least else "at most"
    verdict = "ok" if kept else "MISSED"
    print(f"{what:<62} {value:10.2f} {unit:<5} ({bound} {budget:g}) {verdict}")
    return kept


def note(what: str, value: float, unit: str) -> None:
    """Print a figure that has no budget: the plain way beside ours."""
    print(f"{what:<62} {value:10.2f} {unit}")
