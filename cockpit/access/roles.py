"""Roles: what each may do, and the highest data class it may be cleared for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from cockpit.access.classes import CLASSES
from geodata.errors import InputError

ACTS: dict[str, str] = {
    "look": "Look at figures and maps",
    "export": "Download tables, maps and memos",
    "decide": "Acknowledge and judge alerts",
    "plan": "Save scenarios and search for plans",
    "rules": "Change the rules of early warning",
    "load": "Load, correct and destroy data",
    "release": "Release public figures",
    "accounts": "Manage accounts",
    "audit": "Read the audit trail",
}
"""What can be done, and its name (a msgid)."""


@dataclass(frozen=True)
class Role:
    """A role; ``clearance`` is the highest class that an account with it can be given."""

    id: str
    title: str
    clearance: str
    acts: frozenset[str]


def _role(name: str, title: str, clearance: str, *acts: str) -> Role:
    return Role(name, title, clearance, frozenset(acts))


ROLES: dict[str, Role] = {
    role.id: role
    for role in (
        _role("public", "Public visitor", "公开", "look"),
        _role("screen", "Screen", "备用", "look"),
        _role("leader", "Leader", "敏感", "look", "export", "decide"),
        _role("planner", "Planner", "敏感", "look", "export", "decide", "plan", "rules"),
        _role("steward", "Data steward", "秘密", "look", "export", "load", "release"),
        _role("auditor", "Auditor", "公开", "look", "audit"),
        _role("administrator", "Administrator", "公开", "look", "accounts"),
    )
}
"""By id. Whoever gives rights or checks traces needs no data for it: 公开 is their clearance."""

APART: tuple[tuple[str, Collection[str]], ...] = (
    ("auditor", ("administrator", "screen", "leader", "planner", "steward")),
    ("administrator", ("auditor", "screen", "leader", "planner", "steward")),
    ("screen", ("leader", "planner", "steward", "auditor", "administrator")),
)
"""Roles that nobody holds together: who gives rights, who uses them and who checks are three."""


def require_roles(roles: Collection[str]) -> None:
    """Raise ``InputError`` unless an account may hold these roles together."""
    for role in roles:
        if role not in ROLES or role == "public":
            raise InputError("There is no role {role}.", role=role[:40])
    if not roles:
        raise InputError("An account needs at least one role.")
    for one, others in APART:
        both = sorted(set(others) & set(roles))
        if one in roles and both:
            raise InputError(
                "The roles {one} and {other} cannot be held by the same person.",
                one=one,
                other=both[0],
            )


def acts_of(roles: Iterable[str]) -> frozenset[str]:
    """Return everything that the roles allow; unknown roles allow nothing."""
    return frozenset(act for role in roles if role in ROLES for act in ROLES[role].acts)


def clearance_of(roles: Iterable[str]) -> str:
    """Return the highest class that an account with these roles can be given."""
    known = [ROLES[role].clearance for role in roles if role in ROLES]
    return max(known, key=CLASSES.index, default=CLASSES[0])
