"""Who is signed in while tests run: an office that may do nearly everything, and its cookie."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from cockpit.access import clock
from cockpit.access.sessions import COOKIE as COOKIE  # noqa: PLC0414 -- the name with its value
from cockpit.access.visitor import Visitor
from cockpit.settings import settings
from cockpit.store.catalogue import begin_writing
from cockpit.store.models_access import StoredAccount, StoredSession
from cockpit.store.session import open_engine, require_table
from cockpit.ui import visitor
from cockpit.web import visitors

NOW, VISITOR = visitor.now, visitors.visitor
"""As a running cockpit asks; ``conftest`` puts the office in their place."""
ROLES = ("leader", "planner", "steward")
VALUE = secrets.token_urlsafe(32)
"""Of the office's cookie, in every store of this run: browsers tell hosts apart, not ports."""


def office(*_: Any) -> Visitor:
    """Return somebody of the office, cleared as the setting says, who has said what for."""
    return Visitor(
        account="office",
        name="办公室",
        roles=ROLES,
        clearance=settings().visitor_class,
        session="test",
        purpose="tests",
    )


def sign_in(data: Path) -> None:
    """Let the office's cookie be valid in the store of a data folder; nothing without a store."""
    if (data / "county.sqlite").exists():
        add_person(data, "office", ROLES, "备用", purpose="tests", cookie=VALUE)


def add_person(
    data: Path,
    name: str,
    roles: Sequence[str],
    clearance: str,
    *,
    purpose: str = "",
    territory: str = "",
    cookie: str = "",
) -> str:
    """Add an account to the store of a data folder and sign it in; return the cookie's value."""
    value = cookie or secrets.token_urlsafe(32)
    engine = open_engine(f"sqlite:///{data / 'county.sqlite'}")
    now = clock.utc_now()
    with Session(engine) as db:
        require_table(db, "visitor_session")
    with Session(engine) as db, db.begin():
        begin_writing(db.connection())  # a server on the same store writes too
        db.merge(
            StoredAccount(
                id=name, display=f"{name}的同志", roles=list(roles), clearance=clearance,
                territory=territory, demo=False, created=now,
            )
        )  # fmt: skip
        db.merge(
            StoredSession(
                id=name, cookie_hash=hashlib.sha256(value.encode()).hexdigest(),
                account_id=name, created=now, last_seen=now,
                expires=now + dt.timedelta(hours=8), purpose=purpose,
            )
        )  # fmt: skip
    engine.dispose()
    return value
