"""Sums of the yearly privacy budget, in fractions: nothing drifts, nothing is rounded."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from geodata.errors import CockpitError, InputError

YEARLY = Fraction(1)
"""Epsilon a year for all partitions of the same people (a county may set another)."""
HARD_STOP = Fraction(2)
"""No setting allows more than this in a year."""
SHARES = (Fraction(1, 10), Fraction(2, 10), Fraction(3, 10), Fraction(4, 10))
"""How a release's epsilon is split over county, township, village and grid."""


class BudgetError(CockpitError):
    """A release that would overspend the privacy budget of the year."""


def epsilon_of(value: str | int | Decimal | Fraction) -> Fraction:
    """
    Return an epsilon as an exact fraction.

    Raises
    ------
    InputError
        If it is no number above 0, finite, or more than ``HARD_STOP``. Floats are refused as
        numbers that drift: 0.1 is no tenth.
    """
    try:
        exact = _exact(value)
    except (ValueError, InvalidOperation, OverflowError, ZeroDivisionError, TypeError) as error:
        raise InputError(
            "Epsilon is {value}; expected a number above 0, at most {most}.",
            value=value,
            most=HARD_STOP,
        ) from error
    if not 0 < exact <= HARD_STOP:
        raise InputError(
            "Epsilon is {value}; expected a number above 0, at most {most}.",
            value=value,
            most=HARD_STOP,
        )
    return exact


def _exact(value: str | int | Decimal | Fraction) -> Fraction:
    if isinstance(value, bool | float):
        raise TypeError
    return Fraction(value)


def spent(entries: Iterable[str | int | Decimal | Fraction]) -> Fraction:
    """
    Return what releases took together: partitions of the same people add up (composition).

    References
    ----------
    Dwork, C. and Roth, A. (2014), "The Algorithmic Foundations of Differential Privacy", theorem
    3.16: sequential composition.
    """
    return sum((epsilon_of(entry) for entry in entries), Fraction(0))


def take(
    entries: Iterable[str | int | Decimal | Fraction],
    asked: str | int | Decimal | Fraction,
    *,
    yearly: str | int | Decimal | Fraction = YEARLY,
) -> Fraction:
    """
    Return what remains of the year after a release takes ``asked``; refuse what is not there.

    Parameters
    ----------
    entries
        Epsilon of every release of the year so far, retracted ones too: what was seen is seen.
    asked
        Epsilon of the new release.
    yearly
        Budget of the year; above ``HARD_STOP`` it is refused. Exactly the rest may be taken.

    Raises
    ------
    BudgetError
        If the rest of the year is smaller than ``asked``.
    InputError
        If a number is no epsilon.
    """
    allowed, used, wanted = epsilon_of(yearly), spent(entries), epsilon_of(asked)
    rest = allowed - used
    if wanted > rest:
        raise BudgetError(
            "The release asks for epsilon {asked}, but {rest} of {allowed} is left this year.",
            asked=written(wanted),
            rest=written(max(rest, Fraction(0))),
            allowed=written(allowed),
        )
    return rest - wanted


def written(epsilon: Fraction) -> str:
    """Return an epsilon as text that ``epsilon_of`` reads back to the same: "0.25" or "1/3"."""
    for digits in range(16):
        scaled = epsilon * 10**digits
        if scaled.denominator == 1:
            return f"{scaled.numerator / 10**digits:.{digits}f}"
    return str(epsilon)


def split(
    epsilon: Fraction, shares: tuple[Fraction, ...] = SHARES, *, levels: int = len(SHARES)
) -> tuple[Fraction, ...]:
    """
    Return the epsilon of each level; together exactly ``epsilon``.

    With fewer ``levels`` than shares, those that are measured share it in the same proportions.

    Raises
    ------
    InputError
        If a share is not above 0, or fewer shares than levels are given.
    """
    used = shares[:levels]
    if len(used) < levels or not used or not all(share > 0 for share in used):
        raise InputError(
            "The shares of the levels are {shares}; expected {n} numbers above 0.",
            shares=", ".join(str(share) for share in shares),
            n=levels,
        )
    total = sum(used)
    return tuple(epsilon * share / total for share in used)
