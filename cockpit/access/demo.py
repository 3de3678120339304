"""Demo accounts: one of each role, for an invented county and for nothing else."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.settings import settings
from cockpit.store.models import Meta


def allowed(db: Session) -> bool:
    """Tell whether demo accounts may be used: switched on, and the loaded county is invented."""
    if not settings().demo_accounts:
        return False
    county = db.scalar(select(Meta.value).where(Meta.key == "county"))
    return isinstance(county, dict) and county.get("invented") is True
