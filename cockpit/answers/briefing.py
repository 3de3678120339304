"""Issues of the briefing: made from the overview, checked, kept, and laid out in three forms."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import shapely
from pyproj import Transformer
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cockpit.access import audit, watermark
from cockpit.access.classes import CLASSES, may_see
from cockpit.answers import overview as overviews
from cockpit.answers.briefing_facts import facts_of
from cockpit.answers.current import current_twin
from cockpit.answers.layers import region_shapes
from cockpit.answers.overview_parts import Overview
from cockpit.answers.twin import Twin
from cockpit.briefing.changes import differences
from cockpit.briefing.content import Page
from cockpit.briefing.docx import as_docx
from cockpit.briefing.facts import KINDS, Both, Facts, Kind, as_plain, digest, from_plain
from cockpit.briefing.html import as_html
from cockpit.briefing.pdf import fitted
from cockpit.briefing.text import KINDS_SAID, Land, Room, marked, write
from cockpit.locale import Named, translate
from cockpit.memo.content import Language
from cockpit.store.models_looks import Briefing
from cockpit.store.session import StoreError, engine, has_table, require_table
from cockpit.store.waiting import wait_for_writers
from geodata.errors import DataFileError, InputError

FORMS = ("html", "pdf", "docx")
"""Endings of the files that an issue is made as."""
_MOST_KEPT = 8
_UNKEPT = "This issue was not kept: the store takes no writing now."
_OTHER = "An issue of this day is kept already with other figures; this one was not kept."


@dataclass(frozen=True)
class Issue:
    """An issue with where it stands in the store."""

    facts: Facts
    kept: bool
    note: str = ""  # msgid: why it was not kept


def issue(kind: str, visitor: str, day: dt.date | None = None) -> Issue:
    """
    Return an issue for a visitor's class, made from the newest data and kept once.

    Parameters
    ----------
    kind
        "daily" or "weekly".
    visitor
        Highest data class that may be seen.
    day
        The day that the issue is of: that of the newest data, or one whose issue was kept. None:
        that of the newest data.

    Raises
    ------
    DataFileError
        If nothing has been loaded.
    InputError
        For another kind, a day that there is no issue of, or a figure that is not what counting
        again gives.
    """
    known = kind_of(kind)
    told = overviews.warm(visitor)
    county = current_twin()
    if told is None or county is None:
        raise DataFileError("Nothing is loaded yet; load a county first.")
    if day is not None and day != told.as_of.date():
        return _of_day(county, known, visitor, day, told.as_of.date())
    with Session(engine()) as db:
        facts = _facts(db, county, told, known, visitor)
        same, before = _kept_ones(db, facts)
    if same is not None and same.digest == digest(facts):
        return Issue(from_plain(same.figures), True)
    old = from_plain(before.figures) if before is not None else None
    facts = replace(
        facts, differences=differences(facts, old), before=None if old is None else old.as_of.date()
    )
    if same is not None:
        return Issue(facts, False, _OTHER)
    return _keep(facts)


_lock = threading.Lock()
_counted: OrderedDict[tuple[str, str], tuple[Overview, Facts]] = OrderedDict()


def _facts(db: Session, county: Twin, told: Overview, kind: Kind, visitor: str) -> Facts:
    """Return the facts of an overview, counted again once for each: that takes seconds."""
    key = (kind, visitor)
    with _lock:
        kept = _counted.get(key)
        if kept is not None and kept[0] is told:
            return kept[1]
    made = facts_of(db, county, told, kind, visitor)
    with _lock:
        _counted[key] = told, made
        while len(_counted) > _MOST_KEPT:
            _counted.popitem(last=False)
    return made


def kind_of(kind: str) -> Kind:
    """Return a kind of issue; InputError for a word that is none."""
    for one in KINDS:
        if one == kind:
            return one
    raise InputError(
        "There is no issue {kind}; expected one of {known}.", kind=kind[:40], known=", ".join(KINDS)
    )


def day_of(text: str) -> dt.date | None:
    """Return a day as it was written; None for none; InputError for what is no date."""
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputError(
            "{day}: not a date; expected year-month-day, such as 2025-10-31.", day=text[:20]
        ) from None


def _of_day(county: Twin, kind: Kind, visitor: str, day: dt.date, newest: dt.date) -> Issue:
    code = str(county.county["code"])
    with Session(engine()) as db:
        rows = _rows(db, code, kind, Briefing.as_of == day)
        seen = [row for row in rows if may_see(visitor, row.data_class)]
        if seen:
            best = max(seen, key=lambda row: CLASSES.index(row.data_class))
            return Issue(from_plain(best.figures), True)
    raise InputError(
        "There is no {kind} of {day}: the data speak of {newest}, and none of that day was kept.",
        kind=_named(KINDS_SAID[kind]), day=f"{day}", newest=f"{newest}",
    )  # fmt: skip


def _named(title: str) -> Named:
    return Named.of(translate(title, "zh"), title[:1].lower() + title[1:])


# ---------------------------------------------------------------- what is kept


def _rows(db: Session, county: str, kind: Kind, *where: object) -> list[Briefing]:
    """Return kept issues; none where the store is older than they."""
    if not has_table(db, Briefing.__tablename__):
        return []
    query = select(Briefing).where(Briefing.county == county, Briefing.kind == kind)
    return list(db.execute(query.where(*where)).scalars())  # type: ignore[arg-type]


def _kept_ones(db: Session, facts: Facts) -> tuple[Briefing | None, Briefing | None]:
    """Return the kept issue of the same day and class, and the newest one before it."""
    day = facts.as_of.date()
    rows = _rows(
        db, facts.county_code, facts.kind, Briefing.as_of <= day,
        Briefing.data_class == facts.data_class,
    )  # fmt: skip
    same = next((row for row in rows if row.as_of == day), None)
    earlier = [row for row in rows if row.as_of < day]
    return same, max(earlier, key=lambda row: row.as_of, default=None)


def _keep(facts: Facts) -> Issue:
    day = facts.as_of.date()
    row = Briefing(
        id=f"{facts.county_code}-{facts.kind}-{day}-{CLASSES.index(facts.data_class)}",
        county=facts.county_code, kind=facts.kind, as_of=day, data_class=facts.data_class,
        made=dt.datetime.now(dt.UTC).replace(tzinfo=None), who=_who(), data_version=facts.version,
        figures=as_plain(facts), digest=digest(facts),
    )  # fmt: skip
    try:
        with Session(engine()) as db:
            require_table(db, Briefing.__tablename__)
            wait_for_writers(db)
            if db.get(Briefing, row.id) is None:  # another may have kept it meanwhile
                db.add(row)
            db.commit()
    except (SQLAlchemyError, StoreError):
        return Issue(facts, False, _UNKEPT)
    return Issue(facts, True)


def _who() -> str:
    acting = audit.actor()
    return acting if isinstance(acting, str) else acting.account


# ---------------------------------------------------------------- laid out


def written(made: Issue, language: Language) -> Callable[[Room], Page]:
    """Return what writes an issue's page for a room, with the mark of the export, if any."""
    county = current_twin()
    if county is None:
        raise DataFileError("Nothing is loaded yet; load a county first.")
    land = _land(county)
    notes = (Both.of(made.note),) if made.note else ()
    facts = replace(made.facts, gaps=(*made.facts.gaps, *notes))
    mark = watermark.current()

    def write_it(room: Room) -> Page:
        page = write(facts, language, land, room)
        return page if mark is None else marked(page, mark.sentence)

    return write_it


def file_of(made: Issue, language: Language, ending: str) -> bytes:
    """
    Return an issue as a file; the same issue, language and mark give the same bytes.

    All forms say the same: what the sheet of paper has no room for is left out of the others too.

    Raises
    ------
    InputError
        For an ending that is none of ``FORMS``, or a page that does not fit its sheet.
    """
    if ending not in FORMS:
        raise InputError(
            "There is no form {form}; expected one of {known}.",
            form=ending[:40], known=", ".join(FORMS),
        )  # fmt: skip
    page, sheet = fitted(written(made, language))
    if ending == "pdf":
        return sheet
    return as_html(page) if ending == "html" else as_docx(page)


def name_of(made: Issue, language: Language, ending: str) -> str:
    """Return the name of an issue's file: county, kind and day."""
    facts = made.facts
    kind = translate(KINDS_SAID[facts.kind], language)
    return f"{facts.county[language]}-{kind}-{facts.as_of:%Y-%m-%d}.{ending}"


def _land(county: Twin) -> Land:
    """Return the townships in the county's metres; those without a shape are left out."""
    rows = np.flatnonzero((county.regions["level"] == "township").to_numpy())
    flat = Transformer.from_crs(4326, str(county.county["crs"]), always_xy=True)
    with Session(engine()) as db:
        shapes = region_shapes(db, county, rows, "")
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    moved = shapely.transform(
        shapes[there], lambda xy: np.column_stack(flat.transform(xy[:, 0], xy[:, 1]))
    )
    regions = county.regions.iloc[rows[there]]
    names = tuple(
        Both(str(name), str(english or name))
        for name, english in zip(regions["name"], regions["name_en"], strict=True)
    )
    return Land(moved, names)
