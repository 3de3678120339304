"""Tables of public figures: releases, their figures and margins, and the privacy budget spent."""

# ruff: noqa: S608 -- the SQL of the triggers is put together from names in this file alone

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    CheckConstraint,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column

from cockpit.store.base import CODE, KEY, NUMBER, Base

MILLION = 1_000_000
"""The ledger counts epsilon in millionths: whole numbers add up without rounding."""
HARD_STOP = 2 * MILLION
"""Millionths of epsilon a county can spend in a year; the database itself holds it."""
STATES = ("draft", "published", "retracted", "discarded")


class Release(Base):
    """
    One version of a public table, from its making on.

    It belongs to no data set and outlives the data it was made from, so there is no foreign key to
    what a load replaces. Only its state ever changes.
    """

    __tablename__ = "release"
    __table_args__ = (
        UniqueConstraint("series", "version"),
        CheckConstraint("kind in ('noisy', 'suppressed')", name="kind_known"),
        CheckConstraint(
            "state in ('draft', 'published', 'retracted', 'discarded')", name="state_known"
        ),
        CheckConstraint(
            "(version is null) = (state in ('draft', 'discarded'))", name="version_once_published"
        ),
    )

    id: Mapped[str] = mapped_column(KEY, primary_key=True)
    series: Mapped[str] = mapped_column(KEY, comment="what the versions have in common")
    version: Mapped[int | None] = mapped_column(comment="1, 2, ... in the series; empty: a draft")
    state: Mapped[str] = mapped_column(String(12))
    county: Mapped[str] = mapped_column(CODE, comment="code of the county")
    title: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(12), comment="noisy or suppressed")
    partition: Mapped[str] = mapped_column(KEY, comment="id of the way people are divided")
    classes: Mapped[Any] = mapped_column(JSON, comment="list of [id, title (English msgid)]")
    levels: Mapped[Any] = mapped_column(JSON, comment="levels offered, the highest first")
    not_offered: Mapped[Any] = mapped_column(JSON, comment="level to the reason, in English")
    epsilon: Mapped[str] = mapped_column(String(32), comment="exact: 0.25 or 1/3; 0: no noise")
    epsilon_by_level: Mapped[Any] = mapped_column(JSON, comment="level to exact epsilon, as text")
    unit: Mapped[str] = mapped_column(String(24), comment="English msgid")
    data_version: Mapped[str] = mapped_column(String(64))
    as_of: Mapped[dt.date | None] = mapped_column(comment="date the data speak of")
    source_class: Mapped[str] = mapped_column(String(4), comment="class of the exact figures")
    reason: Mapped[str] = mapped_column(Text, comment="why these figures are made public")
    licence: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
    made: Mapped[dt.datetime] = mapped_column(comment="UTC")
    made_by: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64), comment="sha256 of regions and figures")
    published: Mapped[dt.datetime | None] = mapped_column(comment="UTC")
    published_by: Mapped[str] = mapped_column(String(80), default="")
    ended: Mapped[dt.datetime | None] = mapped_column(comment="UTC; retracted or discarded")
    ended_by: Mapped[str] = mapped_column(String(80), default="")
    end_note: Mapped[str] = mapped_column(Text, default="", comment="why it was retracted")


class ReleasePlace(Base):
    """A region as it was called when a release was made."""

    __tablename__ = "release_place"

    release_id: Mapped[str] = mapped_column(ForeignKey(Release.id), primary_key=True)
    code: Mapped[str] = mapped_column(CODE, primary_key=True)
    position: Mapped[int] = mapped_column(comment="parents before children")
    level: Mapped[str] = mapped_column(String(12))
    parent: Mapped[str] = mapped_column(CODE, default="", comment="code; empty for the county")
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="")


class ReleaseFigure(Base):
    """One public figure."""

    __tablename__ = "release_figure"

    release_id: Mapped[str] = mapped_column(ForeignKey(Release.id), primary_key=True)
    code: Mapped[str] = mapped_column(CODE, primary_key=True)
    class_id: Mapped[str] = mapped_column(KEY, primary_key=True)
    count: Mapped[int | None] = mapped_column(comment="in the release's unit; empty: hidden")


class ReleaseMargin(Base):
    """How far a noisy figure may be off: 95 of 100 lie within."""

    __tablename__ = "release_margin"

    release_id: Mapped[str] = mapped_column(ForeignKey(Release.id), primary_key=True)
    level: Mapped[str] = mapped_column(String(12), primary_key=True)
    class_id: Mapped[str] = mapped_column(KEY, primary_key=True)
    margin: Mapped[int] = mapped_column(comment="in the release's unit, to both sides")


class ReleaseChange(Base):
    """What is different from the version before."""

    __tablename__ = "release_change"

    release_id: Mapped[str] = mapped_column(ForeignKey(Release.id), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    template: Mapped[str] = mapped_column(Text, comment="sentence, in English")
    detail: Mapped[Any] = mapped_column(JSON, comment="values of the sentence")


class PrivacySpend(Base):
    """Epsilon taken from the budget of a year, once for each noisy release that was drawn."""

    __tablename__ = "privacy_spend"
    __table_args__ = (
        CheckConstraint("millionths > 0", name="above_nothing"),
        {"sqlite_autoincrement": True},  # a number is never given twice
    )

    seq: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    county: Mapped[str] = mapped_column(CODE)
    year: Mapped[int] = mapped_column(comment="UTC, of the drawing")
    millionths: Mapped[int] = mapped_column(comment="millionths of epsilon")
    release_id: Mapped[str] = mapped_column(ForeignKey(Release.id), unique=True)
    at: Mapped[dt.datetime] = mapped_column(comment="UTC")
    who: Mapped[str] = mapped_column(String(80))


# ---------------------------------------------------------------- what never changes

_KEPT = ("release_place", "release_figure", "release_margin", "release_change", "privacy_spend")
_FIXED = (
    "id", "series", "county", "title", "title_en", "kind", "partition", "unit", "data_version",
    "as_of", "epsilon", "source_class", "reason", "licence", "note", "made", "made_by", "digest",
)  # fmt: skip
_FIXED_JSON = ("classes", "levels", "not_offered", "epsilon_by_level")
_SAID = "'a release is never rewritten'"
_SPENT = "'the privacy budget of the year is used up'"
_REFUSE = f"BEGIN SELECT RAISE(ABORT, {_SAID}); END"
# draft -> published or discarded; published -> retracted; what was said on the way stays.
_STEP = (
    "NOT ((OLD.state = 'draft' AND NEW.state IN ('published', 'discarded'))"
    " OR (OLD.state = 'published' AND NEW.state = 'retracted' AND NEW.version = OLD.version"
    " AND NEW.published = OLD.published AND NEW.published_by = OLD.published_by))"
)


def _sqlite() -> tuple[str, ...]:
    return (
        *(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {_REFUSE}"
          for table in _KEPT for act in ("UPDATE", "DELETE")),
        f"CREATE TRIGGER release_no_delete BEFORE DELETE ON release {_REFUSE}",
        "CREATE TRIGGER release_as_made BEFORE UPDATE ON release WHEN "
        + " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in (*_FIXED, *_FIXED_JSON))
        + f" OR {_STEP} {_REFUSE}",
        # INSERT OR REPLACE deletes without asking the triggers of deletion.
        "CREATE TRIGGER release_no_replacing BEFORE INSERT ON release WHEN NEW.state <> 'draft' "
        f"OR EXISTS (SELECT 1 FROM release WHERE id = NEW.id) {_REFUSE}",
        *(f"CREATE TRIGGER {table}_drafts_only BEFORE INSERT ON {table} WHEN NOT EXISTS "
          "(SELECT 1 FROM release WHERE id = NEW.release_id AND state = 'draft') OR EXISTS "
          f"(SELECT 1 FROM {table} WHERE release_id = NEW.release_id AND {same}) {_REFUSE}"
          for table, same in (
              ("release_place", "code = NEW.code"),
              ("release_figure", "code = NEW.code AND class_id = NEW.class_id"),
              ("release_margin", "level = NEW.level AND class_id = NEW.class_id"),
              ("release_change", "position = NEW.position"),
              ("privacy_spend", "release_id = NEW.release_id"),
          )),
        "CREATE TRIGGER privacy_spend_no_replacing BEFORE INSERT ON privacy_spend WHEN EXISTS "
        f"(SELECT 1 FROM privacy_spend WHERE seq = NEW.seq) {_REFUSE}",
        "CREATE TRIGGER privacy_spend_within BEFORE INSERT ON privacy_spend WHEN "
        "NEW.year <> CAST(substr(NEW.at, 1, 4) AS INTEGER) OR NEW.millionths + (SELECT "
        "coalesce(sum(millionths), 0) FROM privacy_spend WHERE county = NEW.county "
        f"AND year = NEW.year) > {HARD_STOP} BEGIN SELECT RAISE(ABORT, {_SPENT}); END",
    )  # fmt: skip


def _postgresql() -> tuple[str, ...]:
    fixed = [f"{{0}}.{name}" for name in _FIXED] + [f"{{0}}.{name}::text" for name in _FIXED_JSON]
    old, new = (", ".join(fixed).replace("{0}", side) for side in ("OLD", "NEW"))
    said = f"RAISE EXCEPTION {_SAID};"
    return (
        "CREATE FUNCTION refuse_rereleasing() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {said} END $$",
        "CREATE FUNCTION drafts_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NOT EXISTS (SELECT 1 FROM release WHERE id = NEW.release_id AND state = 'draft') "
        f"THEN {said} END IF; RETURN NEW; END $$",
        "CREATE FUNCTION within_budget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "LOCK TABLE privacy_spend IN SHARE ROW EXCLUSIVE MODE; "
        "IF NEW.year <> extract(year FROM NEW.at) OR NEW.millionths + (SELECT "
        "coalesce(sum(millionths), 0) FROM privacy_spend WHERE county = NEW.county "
        f"AND year = NEW.year) > {HARD_STOP} THEN RAISE EXCEPTION {_SPENT}; END IF; "
        "RETURN NEW; END $$",
        *(f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
          "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rereleasing()" for table in _KEPT),
        "CREATE TRIGGER release_kept BEFORE DELETE OR TRUNCATE ON release "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rereleasing()",
        f"CREATE TRIGGER release_as_made BEFORE UPDATE ON release FOR EACH ROW WHEN (({old}) "
        f"IS DISTINCT FROM ({new}) OR {_STEP}) EXECUTE FUNCTION refuse_rereleasing()",
        "CREATE TRIGGER release_begun BEFORE INSERT ON release FOR EACH ROW "
        "WHEN (NEW.state <> 'draft') EXECUTE FUNCTION refuse_rereleasing()",
        *(f"CREATE TRIGGER {table}_drafts_only BEFORE INSERT ON {table} "
          "FOR EACH ROW EXECUTE FUNCTION drafts_only()"
          for table in _KEPT),
        "CREATE TRIGGER privacy_spend_within BEFORE INSERT ON privacy_spend "
        "FOR EACH ROW EXECUTE FUNCTION within_budget()",
    )  # fmt: skip


RELEASE_GUARDS: dict[str, tuple[str, ...]] = {"sqlite": _sqlite(), "postgresql": _postgresql()}
"""What keeps published figures and the ledger of the budget as written, by kind of database."""

for _dialect, _statements in RELEASE_GUARDS.items():
    for _statement in _statements:
        _ddl = DDL(_statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
        event.listen(Base.metadata, "after_create", _ddl.execute_if(dialect=_dialect))
