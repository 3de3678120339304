"""Tables of what is shown: the selection that the screens of a wall share, and kept briefings."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Date, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cockpit.store.base import CODE, KEY, Base


class Wall(Base):
    """What the screens of one wall follow: the region chosen on one of them, and a scene."""

    __tablename__ = "wall"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, comment="name of the wall")
    seq: Mapped[int] = mapped_column(default=0, comment="changes, counted")
    selection: Mapped[str] = mapped_column(CODE, default="", comment="code of a region; empty none")
    scene: Mapped[str] = mapped_column(String(80), default="", comment="id of a scene; empty none")
    changed: Mapped[dt.datetime] = mapped_column(comment="UTC")
    who: Mapped[str] = mapped_column(Text, default="", comment="account that chose")


class Briefing(Base):
    """
    One issue of the briefing as it was made: its figures, not its words.

    The next issue compares itself with it, and the same issue made again has the same figures. It
    outlives the data it was made from, so there is no foreign key to what a load replaces.
    """

    __tablename__ = "briefing"
    __table_args__ = (UniqueConstraint("county", "kind", "as_of", "data_class"),)

    id: Mapped[str] = mapped_column(KEY, primary_key=True)
    county: Mapped[str] = mapped_column(CODE, comment="code")
    kind: Mapped[str] = mapped_column(String(12), comment="daily, weekly")
    as_of: Mapped[dt.date] = mapped_column(Date, comment="local date of the data")
    data_class: Mapped[str] = mapped_column(String(4), comment="highest class of its parts")
    made: Mapped[dt.datetime] = mapped_column(comment="UTC")
    who: Mapped[str] = mapped_column(Text, default="", comment="account that made it")
    data_version: Mapped[str] = mapped_column(String(64))
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, comment="id of a figure to its value")
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the figures")
