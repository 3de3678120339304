"""Tables of the audit trail: its chain, its checkpoints, what is kept how long, what is gone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import DDL, JSON, CheckConstraint, String, Table, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from cockpit.store.base import KEY, NUMBER, Base

FIRST = "0" * 64
"""What stands for the hash before the first entry."""


class AuditEntry(Base):
    """
    One thing somebody did: never changed, never deleted, chained by hash to the entry before.

    ``payload`` is what the hash seals; the columns before it repeat parts of it, to be searched.
    """

    __tablename__ = "audit_entry"

    seq: Mapped[int] = mapped_column(NUMBER, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(27), index=True, comment="UTC, ISO 8601 with microsec.")
    who: Mapped[str] = mapped_column(String(80), index=True, comment="name; or terminal:<login>")
    account: Mapped[str] = mapped_column(KEY, default="", comment="empty: no account")
    session_id: Mapped[str] = mapped_column(KEY, default="")
    roles: Mapped[str] = mapped_column(String(80), default="", comment="comma list")
    act: Mapped[str] = mapped_column(String(24), index=True)
    subject: Mapped[str] = mapped_column(Text, comment="what it was done to")
    data_class: Mapped[str] = mapped_column(String(4), comment="公开, 备用, 敏感, 秘密")
    payload: Mapped[str] = mapped_column(Text, comment="canonical JSON, all of it")
    previous: Mapped[str] = mapped_column(String(64), unique=True, comment="hash of the one before")
    hash: Mapped[str] = mapped_column(String(64), unique=True, comment="sha256, hex")


class AuditHead(Base):
    """Number and hash of the newest entry; its one row is also what writers queue for."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(NUMBER)
    hash: Mapped[str] = mapped_column(String(64))


class AuditCheckpoint(Base):
    """A signed statement of how many entries there were, and of their Merkle tree's root."""

    __tablename__ = "audit_checkpoint"

    size: Mapped[int] = mapped_column(NUMBER, primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Text, comment="canonical JSON that is signed")
    signature: Mapped[str] = mapped_column(String(128), comment="Ed25519, hex")
    peaks: Mapped[Any] = mapped_column(JSON, comment="roots of the full subtrees, hex")


class RetentionRule(Base):
    """How long a data set, or rows of the cockpit's own, may be kept."""

    __tablename__ = "retention_rule"

    subject: Mapped[str] = mapped_column(KEY, primary_key=True, comment="data set, or own:<what>")
    keep_days: Mapped[int | None] = mapped_column(comment="days after the data's date")
    keep_until: Mapped[dt.date | None] = mapped_column(comment="last day")
    note: Mapped[str] = mapped_column(Text, default="", comment="which law or order asks for it")
    changed: Mapped[dt.datetime] = mapped_column(comment="UTC")
    changed_by: Mapped[str] = mapped_column(String(80), default="")


class Tombstone(Base):
    """What was destroyed, told without telling what it said."""

    __tablename__ = "tombstone"

    id: Mapped[str] = mapped_column(KEY, primary_key=True)
    subject: Mapped[str] = mapped_column(KEY, index=True)
    body: Mapped[str] = mapped_column(Text, comment="canonical JSON: rule, rows, digest, time")
    files_gone: Mapped[bool] = mapped_column(default=False, comment="kept files deleted as well")


_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the audit trail cannot be rewritten'); END"

AUDIT_GUARDS: dict[str, tuple[str, ...]] = {
    "sqlite": (
        f"CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry {_REFUSE}",
        f"CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry {_REFUSE}",
        # INSERT OR REPLACE deletes without asking the triggers of deletion.
        "CREATE TRIGGER audit_entry_no_replacing BEFORE INSERT ON audit_entry "
        "WHEN EXISTS (SELECT 1 FROM audit_entry WHERE seq >= NEW.seq OR hash = NEW.hash "
        "OR previous = NEW.previous) "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail cannot be rewritten'); END",
        f"CREATE TRIGGER audit_checkpoint_no_update BEFORE UPDATE ON audit_checkpoint {_REFUSE}",
        f"CREATE TRIGGER audit_checkpoint_no_delete BEFORE DELETE ON audit_checkpoint {_REFUSE}",
        "CREATE TRIGGER audit_checkpoint_no_replacing BEFORE INSERT ON audit_checkpoint "
        "WHEN EXISTS (SELECT 1 FROM audit_checkpoint WHERE size >= NEW.size) "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail cannot be rewritten'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION refuse_audit_rewriting() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail cannot be rewritten'; END $$",
        "CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_rewriting()",
        "CREATE TRIGGER audit_checkpoint_kept BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON audit_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_rewriting()",
    ),
}  # fmt: skip
"""What keeps the trail as it was written, by kind of database."""

HEAD_ROW = (
    "INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, "
    "'0000000000000000000000000000000000000000000000000000000000000000')"
)


def when_made(model: type[Base], statement: str, dialect: str | None = None) -> None:
    """Run a statement after a table was made from its model, on one kind of database or all."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - mapped classes have tables, not joins
    ddl = DDL(statement)  # type: ignore[no-untyped-call]
    event.listen(table, "after_create", ddl.execute_if(dialect=dialect) if dialect else ddl)


when_made(AuditHead, HEAD_ROW)
for _dialect, _statements in AUDIT_GUARDS.items():
    for _statement in _statements:
        _guarded = AuditCheckpoint if " audit_checkpoint" in _statement else AuditEntry
        when_made(_guarded, _statement, _dialect)
