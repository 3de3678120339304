"""A new rule from a JSON file or from options of ``alerts add``."""

from __future__ import annotations

import argparse
import json
from typing import Any

from geodata.errors import InputError

_PLAIN = ("id", "title", "title_en", "subject", "level", "method", "baseline", "unit", "mute_hours")
_RULE = ("aggregate", "window_hours", "hold", "clear_hold", "clear_margin")
_BEST = 1 << 20  # bytes of a rule's file


def plain_rule(given: argparse.Namespace) -> dict[str, Any]:
    """
    Return what was asked for as plain JSON: the file first, options over it.

    Raises
    ------
    InputError
        If the file cannot be read or holds no object, or a threshold is no number.
    """
    told = _read(given) if given.file else {}
    told |= _given(given, _PLAIN)
    rule = told.get("rule")
    rule = dict(rule) if isinstance(rule, dict) else {}
    if given.thresholds:
        rule["thresholds"] = list(thresholds(given.thresholds))
    rule |= _given(given, _RULE)
    if given.below:
        rule["above"] = False
    if given.own:
        told["own"] = True
    if rule:
        told["rule"] = rule
    if given.harm is not None:
        told["outcome"] = {
            "threshold": given.harm, "within_hours": given.within_hours, "above": not given.below,
        }  # fmt: skip
    if given.escalate_minutes is not None:
        told["escalation"] = {"minutes": given.escalate_minutes, "to": given.escalate_to}
    return told


def _given(given: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: getattr(given, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _read(given: argparse.Namespace) -> dict[str, Any]:
    name = given.file.name
    try:
        if given.file.stat().st_size > _BEST:
            raise InputError("{file} is no rule: expected one JSON object.", file=name)
        told = json.loads(given.file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError("{file} cannot be read: {reason}.", file=name,
                         reason=error.strerror or error) from None  # fmt: skip
    except (ValueError, RecursionError):  # not JSON, or not UTF-8
        raise InputError("{file} is no rule: expected one JSON object.", file=name) from None
    if not isinstance(told, dict):
        raise InputError("{file} is no rule: expected one JSON object.", file=name)
    return told


def thresholds(text: str) -> tuple[float | None, ...]:
    """Return thresholds written as "1,2,,4"; InputError for what is no number."""
    try:
        return tuple(None if part.strip() in ("", "-") else float(part) for part in text.split(","))
    except ValueError:
        raise InputError(
            "{text}: expected four thresholds, blue to red, empty for a colour not used.",
            text=text[:80],
        ) from None
