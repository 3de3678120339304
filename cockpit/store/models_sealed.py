"""Table of the keys that seal a store: which they are and how to know them again, never they."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from cockpit.store.base import Base


class SealKey(Base):
    """A key of the ring that this store knows; the key itself is in the key file alone."""

    __tablename__ = "seal_key"
    __table_args__ = (
        CheckConstraint("state in ('active', 'retired', 'kept', 'destroyed')", name="state_known"),
    )

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    cipher: Mapped[str] = mapped_column(String(8), comment="aes, sm4, or hmac of the blind index")
    state: Mapped[str] = mapped_column(
        String(12), comment="active, retired, kept for old backups, destroyed"
    )
    check: Mapped[str] = mapped_column(String(64), comment="keyed hash of the id, by this key")
    created: Mapped[dt.datetime] = mapped_column(comment="UTC")
    ended: Mapped[dt.datetime | None] = mapped_column(comment="UTC; no row uses it since")
