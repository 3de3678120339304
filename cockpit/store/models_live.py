"""Tables of what comes in live and of the alerts raised on it: feeds, rules, alerts, ledger."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import DDL, JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from cockpit.store.base import CODE, KEY, NUMBER, Base


class FeedSource(Base):
    """Somebody who may send rows: a department's system, a gateway of sensors, an exercise."""

    __tablename__ = "feed_source"
    __table_args__ = (CheckConstraint("kind in ('events', 'readings')", name="kind_known"),)

    id: Mapped[str] = mapped_column(KEY, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    dataset_id: Mapped[str] = mapped_column(ForeignKey("dataset.id"))
    batch_id: Mapped[int] = mapped_column(NUMBER, comment="of all its rows")
    token_hash: Mapped[str] = mapped_column(String(64), comment="sha256; the token is kept nowhere")
    created: Mapped[dt.datetime] = mapped_column(comment="UTC")
    disabled: Mapped[dt.datetime | None] = mapped_column(comment="UTC")


class FeedDelivery(Base):
    """One request of a source: how many rows were new, known already, refused."""

    __tablename__ = "feed_delivery"
    __table_args__ = ({"sqlite_autoincrement": True},)  # a number is never given twice

    seq: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey(FeedSource.id), index=True)
    received: Mapped[dt.datetime] = mapped_column(comment="UTC")
    n_new: Mapped[int] = mapped_column(comment="rows")
    n_known: Mapped[int] = mapped_column(comment="rows")
    n_refused: Mapped[int] = mapped_column(comment="rows")
    since: Mapped[dt.datetime | None] = mapped_column(
        comment="earliest time of the new rows, local time; empty: none"
    )


class FeedRefusal(Base):
    """A row that was not taken, and why."""

    __tablename__ = "feed_refusal"

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    delivery: Mapped[int] = mapped_column(NUMBER, index=True)
    position: Mapped[int] = mapped_column(comment="of the row in its request, 1 = first")
    row_id: Mapped[str] = mapped_column(Text, default="")
    template: Mapped[str] = mapped_column(Text, comment="sentence, in English")
    detail: Mapped[Any] = mapped_column(JSON, default=dict, comment="values of the sentence")


class AlertRule(Base):
    """When to warn: about what, from which value on, and who is told when nobody answers."""

    __tablename__ = "alert_rule"

    id: Mapped[str] = mapped_column(KEY, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text, default="")
    subject: Mapped[str] = mapped_column(
        Text, comment="sensor:<kind or id>, events:<theme or category>, indicator:<id>"
    )
    settings: Mapped[Any] = mapped_column(
        JSON, comment="thresholds in the unit of the subject, windows in hours"
    )
    enabled: Mapped[bool] = mapped_column(default=True)
    changed: Mapped[dt.datetime] = mapped_column(comment="UTC")
    changed_by: Mapped[str] = mapped_column(String(80), default="")


class Alert(Base):
    """
    One warning about one thing, from its opening to its end.

    Level, state and end are copies of what its ledger says, kept for quick lists; nothing else of
    it ever changes.
    """

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("rule_id", "subject", "opened"),
        CheckConstraint("level between 0 and 4", name="level_known"),
        CheckConstraint("state in ('open', 'closed')", name="state_known"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    rule_id: Mapped[str] = mapped_column(ForeignKey(AlertRule.id), index=True)
    kind: Mapped[str] = mapped_column(String(16), comment="threshold, aberration, fault")
    subject: Mapped[str] = mapped_column(KEY, comment="id of a sensor or code of a region")
    region_code: Mapped[str | None] = mapped_column(CODE, comment="where; regions may be reloaded")
    lon: Mapped[float | None] = mapped_column(comment="degrees")
    lat: Mapped[float | None] = mapped_column(comment="degrees")
    opened: Mapped[dt.datetime] = mapped_column(comment="local time of the data")
    level: Mapped[int] = mapped_column(comment="0 none, 1 blue, 2 yellow, 3 orange, 4 red; of now")
    state: Mapped[str] = mapped_column(String(8))
    closed: Mapped[dt.datetime | None] = mapped_column(comment="local time of the data")


class AlertEntry(Base):
    """One line of an alert's ledger: never changed, never deleted, chained by hash to the last."""

    __tablename__ = "alert_entry"
    __table_args__ = ({"sqlite_autoincrement": True},)

    seq: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey(Alert.id), index=True)
    at: Mapped[dt.datetime] = mapped_column(comment="local time of the data")
    written: Mapped[dt.datetime] = mapped_column(comment="UTC")
    who: Mapped[str] = mapped_column(String(80), comment="as typed, or the rule")
    action: Mapped[str] = mapped_column(String(16))
    level: Mapped[int] = mapped_column(comment="0 none, 1 blue, 2 yellow, 3 orange, 4 red")
    detail: Mapped[Any] = mapped_column(JSON, default=dict, comment="values in the subject's unit")
    previous: Mapped[str] = mapped_column(String(64), comment="hash of the line before")
    hash: Mapped[str] = mapped_column(String(64), unique=True, comment="sha256")


class AlertState(Base):
    """Where a rule stands with one sensor or region: what it has read, and its level."""

    __tablename__ = "alert_state"

    rule_id: Mapped[str] = mapped_column(ForeignKey(AlertRule.id), primary_key=True)
    subject: Mapped[str] = mapped_column(KEY, primary_key=True)
    at: Mapped[dt.datetime | None] = mapped_column(comment="local time of the newest value")
    level: Mapped[int] = mapped_column(default=0)
    state: Mapped[Any] = mapped_column(JSON, comment="of the machine; s since 1970")


_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the ledger of alerts cannot be rewritten'); END"

LEDGER_GUARDS: dict[str, tuple[str, ...]] = {
    "sqlite": (
        f"CREATE TRIGGER alert_entry_no_update BEFORE UPDATE ON alert_entry {_REFUSE}",
        f"CREATE TRIGGER alert_entry_no_delete BEFORE DELETE ON alert_entry {_REFUSE}",
        f"CREATE TRIGGER alert_no_delete BEFORE DELETE ON alert {_REFUSE}",
        # INSERT OR REPLACE deletes without asking the triggers of deletion.
        "CREATE TRIGGER alert_entry_no_replacing BEFORE INSERT ON alert_entry "
        "WHEN EXISTS (SELECT 1 FROM alert_entry WHERE seq = NEW.seq OR hash = NEW.hash) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger of alerts cannot be rewritten'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger of alerts cannot be rewritten'; END $$",
        "CREATE TRIGGER alert_entry_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON alert_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()",
        "CREATE TRIGGER alert_kept BEFORE DELETE OR TRUNCATE ON alert "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()",
    ),
}  # fmt: skip
"""What keeps the ledger as it was written, by kind of database."""

_OPENED = ("id", "rule_id", "kind", "subject", "region_code", "lon", "lat", "opened")

ALERT_GUARDS: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER alert_as_opened BEFORE UPDATE ON alert WHEN "
        + " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _OPENED)
        + f" {_REFUSE}",
        "CREATE TRIGGER alert_no_replacing BEFORE INSERT ON alert "
        "WHEN EXISTS (SELECT 1 FROM alert WHERE id = NEW.id OR (rule_id = NEW.rule_id "
        "AND subject = NEW.subject AND opened = NEW.opened)) "
        "BEGIN SELECT RAISE(ABORT, 'the ledger of alerts cannot be rewritten'); END",
    ),
    "postgresql": (
        "CREATE TRIGGER alert_as_opened BEFORE UPDATE ON alert FOR EACH ROW WHEN (("
        + ", ".join(f"OLD.{name}" for name in _OPENED)
        + ") IS DISTINCT FROM ("
        + ", ".join(f"NEW.{name}" for name in _OPENED)
        + ")) EXECUTE FUNCTION refuse_rewriting()",
    ),
}
"""What keeps an alert about what it was opened about: only level, state and end may change."""


def _guard(dialect: str, statements: tuple[str, ...]) -> None:
    for statement in statements:
        guard = DDL(statement)  # type: ignore[no-untyped-call]
        event.listen(Base.metadata, "after_create", guard.execute_if(dialect=dialect))


for _guards in (LEDGER_GUARDS, ALERT_GUARDS):
    for _dialect, _statements in _guards.items():
        _guard(_dialect, _statements)
