"""Scenarios in the store: saved under a name, in versions, listed by who may see them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.access.classes import CLASSES, highest, may_see
from cockpit.answers.coverage_results import Question
from cockpit.answers.reach import Reach
from cockpit.answers.siting_figures import Figures, plain
from cockpit.answers.siting_layout import Layout, layout_from_plain
from cockpit.answers.siting_rules import Rules, rules_from_plain
from cockpit.coverage.services import service_of
from cockpit.placement.plan import read_certificate
from cockpit.settings import settings
from cockpit.store import models as m
from cockpit.store.session import StoreError, has_table, require_table
from geodata.errors import CockpitError, InputError

LONGEST_NAME, LONGEST_NOTE = 80, 2_000
"""Characters."""

_TRIES = 20  # people who save the same name at the same moment
_CONTENT = (
    "county", "data_version", "question", "rules", "layout", "model", "parameters", "certificate",
    "figures",
)  # fmt: skip
_ROADS = ("road_nodes", "road_edges", "roads_osm")


class NoScenarioError(CockpitError):
    """There is no such scenario."""


class ScenarioRefusedError(CockpitError):
    """The visitor's class does not reach a scenario."""


@dataclass(frozen=True)
class Scenario:
    """A saved plan as it was saved; ``figures`` are those of its own data version."""

    id: int
    name: str
    version: int  # 1, 2, ... within the name
    author: str
    note: str
    saved_at: dt.datetime  # UTC, without zone
    data_version: str
    county: str  # code
    question: Mapping[str, Any]  # service, mode, minutes, group, unit (code of the region)
    rules: Rules
    layout: Layout
    model: str  # "": made by hand
    parameters: Mapping[str, Any]
    certificate: str  # JSON; "": made by hand
    figures: Mapping[str, Any]  # as siting_figures.plain has them; None: masked
    data_class: str
    digest: str  # sha256 of the content
    archived: bool

    @property
    def title(self) -> str:
        """Return the name, with the version from the second on."""
        return self.name if self.version == 1 else f"{self.name} ({self.version})"


def content_of(s: Scenario) -> dict[str, Any]:
    """Return what a scenario says: all but who saved it, when and under which name."""
    return {
        "county": s.county,
        "data_version": s.data_version,
        "question": dict(s.question),
        "rules": s.rules.to_plain(),
        "layout": s.layout.to_plain(),
        "model": s.model,
        "parameters": dict(s.parameters),
        "certificate": s.certificate,
        "figures": dict(s.figures),
    }


def digest_of(content: Mapping[str, Any]) -> str:
    """Return the sha256 of plain values: sorted keys, no blanks, the same on every machine."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


# ---------------------------------------------------------------- saving


def save(
    db: Session,
    found: Figures,
    rules: Rules,
    *,
    name: str,
    author: str,
    note: str = "",
    model: str = "",
    parameters: Mapping[str, Any] | None = None,
    certificate: str = "",
    replaces: int | None = None,
    at_least: str = CLASSES[0],
) -> Scenario:
    """
    Store a plan with its figures; commit, and return it as stored.

    A name that is taken gets the next version: nothing is ever written over. All in one
    transaction, so a save that is killed leaves nothing.

    Parameters
    ----------
    found
        Figures of the plan; their ``ground`` says question, county and data version.
    name, author
        1 to 80 printable characters each; blanks around them do not count.
    note
        At most 2,000 characters; may have lines.
    model, parameters, certificate
        Of a plan that a solver found; empty for one made by hand.
    replaces
        Id of a scenario that is archived once this one is stored: it gets another name, say.
    at_least
        Lowest data class it gets: that of the file it came from.

    Raises
    ------
    InputError
        For a name, author or note that cannot be, or a certificate that was changed.
    NoScenarioError
        If the scenario to replace is not there.
    """
    reach = found.ground.reach
    if certificate:
        read_certificate(certificate)
    content = {
        "county": str(reach.twin.county["code"]),
        "data_version": reach.version,
        "question": plain_question(reach, found.q),
        "rules": rules.to_plain(),
        "layout": found.layout.to_plain(),
        "model": model,
        "parameters": dict(parameters or {}),
        "certificate": certificate,
        "figures": plain(found),
    }
    values = {
        **content,
        "name": _line(name, "Give the scenario a name of 1 to {most} characters on one line."),
        "author": _line(author, "Say who saves the scenario, in 1 to {most} characters."),
        "note": _note(note),
        "saved_at": dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0),
        "data_class": highest([at_least, class_of(db, found, rules)]),
        "digest": digest_of(content),
        "archived": False,
    }
    return _stored(db, values, replaces)


def _line(text: str, sentence: str) -> str:
    line = text.strip()
    if not (0 < len(line) <= LONGEST_NAME and line.isprintable()):
        raise InputError(sentence, most=LONGEST_NAME)
    return line


def _note(text: str) -> str:
    note = "\n".join(text.strip().splitlines())
    if len(note) > LONGEST_NOTE or not note.replace("\n", "").replace("\t", "").isprintable():
        raise InputError(
            "The note has {n} characters; expected at most {most}, all of them printable.",
            n=len(note), most=LONGEST_NOTE,
        )  # fmt: skip
    return note


def plain_question(reach: Reach, q: Question) -> dict[str, Any]:
    """Return a question as plain values, the unit by its code: rows change with the data."""
    unit = str(reach.twin.regions["code"].iat[q.unit])
    return {
        "service": q.service, "mode": q.mode, "minutes": float(q.minutes), "group": q.group,
        "unit": unit,
    }  # fmt: skip


def class_of(db: Session, found: Figures, rules: Rules) -> str:
    """Return the highest class of what a plan is made from: groups, facilities, roads, zones."""
    q, twin = found.ground.q, found.ground.reach.twin
    groups = {q.group, *(part.id for part in found.groups)}
    facilities = (
        select(m.Dataset.data_class)
        .join(m.Facility, m.Facility.dataset_id == m.Dataset.id)
        .where(m.Facility.kind.in_(service_of(q.service).kinds))
        .distinct()
    )
    roads = select(m.Dataset.data_class).where(m.Dataset.kind.in_(_ROADS)).distinct()
    zones = (
        select(m.Dataset.data_class)
        .join(m.Feature, m.Feature.dataset_id == m.Dataset.id)
        .where(m.Feature.id.in_(rules.zones))
        .distinct()
    )
    used = [c for query in (facilities, roads) for c in db.execute(query).scalars()]
    return highest(
        [
            *(twin.classes.get(group, CLASSES[0]) for group in groups),
            # What the visitor may not see was not used.
            *(c for c in used if may_see(q.visitor, c)),
            *db.execute(zones).scalars(),
        ]
    )


def _stored(db: Session, values: Mapping[str, Any], replaces: int | None) -> Scenario:
    with _writing(db):
        require_table(db, m.Scenario.__tablename__)
    for _ in range(_TRIES):
        # Nothing is read before the insert: SQLite writes in no transaction that began with the
        # state before somebody else's save.
        db.commit()
        try:
            with _writing(db):
                return _read(_row(db, _inserted(db, values, replaces)))
        except IntegrityError:  # somebody else's save of this name came first: the next version
            continue
    raise StoreError("The scenario could not be saved: too many save {name} at once. Try again.",
                     name=values["name"])  # fmt: skip


def _inserted(db: Session, values: Mapping[str, Any], replaces: int | None) -> int:
    table = m.Scenario.__table__
    newest = select(func.coalesce(func.max(table.c.version), 0) + 1).where(
        table.c.name == values["name"]
    )
    made = insert(m.Scenario).values(version=newest.scalar_subquery(), **values)
    number = db.execute(made.returning(m.Scenario.id)).scalar_one()
    audit.record(
        db, audit.actor(), "decide", f"scenario {number}", data_class=values["data_class"],
        detail={"what": "saved", "name": values["name"], "digest": values["digest"]},
    )  # fmt: skip
    if replaces is not None:
        _archive(db, _row(db, replaces), archived=True)
    return number


@contextmanager
def _writing(db: Session) -> Iterator[None]:
    """Commit what is written inside, all or nothing; say when the store takes no writing."""
    try:
        yield
        db.commit()
    except OperationalError as error:
        db.rollback()
        raise StoreError(
            "The store cannot be written just now: {reason}. Try again in a minute.",
            reason=error.orig,
        ) from error
    except BaseException:
        db.rollback()
        raise


# ---------------------------------------------------------------- reading


def scenarios(db: Session, *, visitor: str, county: str | None = None) -> tuple[Scenario, ...]:
    """
    Return the newest version of each name that a visitor may see, the last saved first.

    Those of the county in the store, or of another whose code is given; archived ones not.
    """
    code = _county(db) if county is None else county
    return _newest(_rows(db, m.Scenario.county == code, ~m.Scenario.archived), visitor)


def _newest(rows: Sequence[m.Scenario], visitor: str) -> tuple[Scenario, ...]:
    newest: dict[str, m.Scenario] = {}
    for row in rows:
        if may_see(visitor, row.data_class) and (
            row.name not in newest or newest[row.name].version < row.version
        ):
            newest[row.name] = row
    return tuple(_read(r) for r in sorted(newest.values(), key=lambda r: r.id, reverse=True))


def versions(db: Session, name: str, *, visitor: str) -> tuple[Scenario, ...]:
    """Return all versions of a name that a visitor may see, archived ones too, newest first."""
    rows = [r for r in _rows(db, m.Scenario.name == name) if may_see(visitor, r.data_class)]
    return tuple(_read(r) for r in sorted(rows, key=lambda r: r.version, reverse=True))


def scenario(db: Session, id: int, *, visitor: str) -> Scenario:  # noqa: A002 -- as the address
    """
    Return one scenario.

    Raises
    ------
    NoScenarioError
        If there is none of that number.
    ScenarioRefusedError
        If the visitor's class does not reach it.
    InputError
        If what is stored is not what was saved.
    """
    row = _row(db, id)
    _require_open(row, visitor)
    # The stored values themselves: rules may have got more names since.
    if digest_of({name: getattr(row, name) for name in _CONTENT}) != row.digest:
        raise InputError(
            "Scenario {name} was changed in the store after it was saved: its sha256 differs.",
            name=row.name,
        )
    return _read(row)


def archive(db: Session, id: int, *, visitor: str | None = None, archived: bool = True) -> None:  # noqa: A002
    """
    Take a scenario off the list, with the versions before it; ``archived=False`` puts it back.

    Nothing is deleted: ``versions`` and ``scenario`` have it still. ``visitor`` is the highest
    class of who asks; None: that of the installation.
    """
    row = _row(db, id)
    _require_open(row, settings().visitor_class if visitor is None else visitor)
    with _writing(db):
        audit.record(
            db, audit.actor(), "decide", f"scenario {id}", data_class=row.data_class,
            detail={"what": "archived" if archived else "put back", "name": row.name},
        )  # fmt: skip
        _archive(db, row, archived=archived)


def _archive(db: Session, row: m.Scenario, *, archived: bool) -> None:
    which = m.Scenario.version <= row.version if archived else m.Scenario.id == row.id
    db.execute(
        update(m.Scenario).where(m.Scenario.name == row.name, which).values(archived=archived)
    )


def _rows(db: Session, *where: Any) -> Sequence[m.Scenario]:
    if not has_table(
        db, m.Scenario.__tablename__
    ):  # loaded by an older version of the cockpit: nobody has saved any
        return ()
    return db.execute(select(m.Scenario).where(*where).order_by(m.Scenario.id)).scalars().all()


def _row(db: Session, number: int) -> m.Scenario:
    found = _rows(db, m.Scenario.id == number)
    if not found:
        raise NoScenarioError("There is no scenario number {id}.", id=number)
    return found[0]


def _require_open(row: m.Scenario, visitor: str) -> None:
    if not may_see(visitor, row.data_class):
        raise ScenarioRefusedError("Scenario number {id} is not open to you.", id=row.id)


def _county(db: Session) -> str:
    stored = db.execute(select(m.Meta.value).where(m.Meta.key == "county")).scalar()
    return str((stored or {}).get("code", ""))


def _read(row: m.Scenario) -> Scenario:
    return Scenario(
        row.id, row.name, row.version, row.author, row.note, row.saved_at, row.data_version,
        row.county, row.question, rules_from_plain(row.rules), layout_from_plain(row.layout),
        row.model, row.parameters, row.certificate, row.figures, row.data_class, row.digest,
        row.archived,
    )  # fmt: skip
