"""What the page Data asks: the catalogue with its scores, findings to work through, conflicts."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.orm import Session, aliased

from cockpit.access import audit
from cockpit.access.classes import CLASSES, may_see
from cockpit.answers.downloads import foot
from cockpit.locale import translate
from cockpit.settings import settings
from cockpit.store.models import Batch, Conflict, Dataset, QualityIssue
from cockpit.store.sealed import Opener
from cockpit.store.session import engine
from geodata.errors import InputError
from loaders.export import escape_formula
from loaders.quality import DIMENSIONS, Count, QualityScore, Thresholds, by_department, light
from loaders.table import Dimension

SEVERITIES = ("error", "warning", "note")
CONFLICT_KINDS = ("value", "near", "only_left", "only_right")
STATUSES = ("open", "done", "accepted")
MOST_IN_A_FILE = 100_000
GEOMETRIES = 500
"""Findings with a place that are drawn at once; the list has them all."""


@dataclass(frozen=True)
class Entry:
    """One data set of the catalogue with its newest batch."""

    id: str
    title: str
    title_en: str
    kind: str
    department: str
    owner: str
    purpose: str
    data_class: str
    licence: str
    as_of: dt.date | None
    refresh_days: int | None
    version: int
    source: str
    sha256: str
    encoding: str
    rows_read: int
    rows_stored: int
    rows_bad: int
    loaded_at: dt.datetime | None
    matches: dict[str, str]  # standard column -> header of the file
    quality: QualityScore | None  # None before the first load
    open_findings: int
    late_days: int  # days past the expected delivery; 0: in time, or none expected

    @property
    def score(self) -> float:
        """Quality in all, 0 to 1; NaN before the first load."""
        return self.quality.total if self.quality else float("nan")

    @property
    def light(self) -> str:
        """Return good, watch or bad; a late delivery is never good."""
        if self.quality is None:
            return "watch"
        shown = light(self.score, thresholds())
        return "watch" if shown == "good" and self.late_days else shown


def thresholds() -> Thresholds:
    """Return the scores that part the lights, as the installation sets them."""
    return Thresholds(good=settings().quality_good, watch=settings().quality_watch)


@dataclass(frozen=True)
class Alarm:
    """Something a department should act on."""

    entry: Entry
    kind: str  # late, low
    days: int = 0  # late: days past the expected delivery
    dimension: Dimension | None = None  # low: the weakest dimension


@dataclass(frozen=True)
class Department:
    """A department's data sets in one line."""

    name: str
    datasets: int
    quality: QualityScore  # defects and chances of its data sets summed
    lowest: Entry
    open_findings: int
    late: int


@dataclass(frozen=True)
class FindingFilter:
    """Which findings; "" takes all of them."""

    dataset: str = ""
    rule: str = ""
    severity: str = ""
    department: str = ""
    status: str = "open"


@dataclass(frozen=True)
class FindingRow:
    """One finding as the visitor may see it; ``found`` and ``text`` are None above the class."""

    id: int
    dataset_id: str
    title: str
    title_en: str
    department: str
    data_class: str
    file: str
    row: int | None
    column: str
    rule: str
    dimension: str
    severity: str
    found: str | None
    expected: str
    values: dict[str, Any]
    text: str | None
    area_m2: float | None
    status: str


@dataclass(frozen=True)
class FindingPage:
    """One page of findings and how many there are in all."""

    rows: tuple[FindingRow, ...]
    total: int
    by_severity: dict[str, int]


@dataclass(frozen=True)
class ConflictRow:
    """Two sources of one fact that differ; values are None above the visitor's class."""

    id: int
    check_id: str
    kind: str
    key: str | None
    column: str
    left_title: str
    left_title_en: str
    left_value: str | None
    left_row: int | None
    right_title: str
    right_title_en: str
    right_value: str | None
    right_row: int | None
    status: str


@dataclass(frozen=True)
class ConflictPage:
    """One page of conflicts, how many there are in all, and how many of each kind."""

    rows: tuple[ConflictRow, ...]
    total: int
    by_kind: dict[str, int]


def catalogue(db: Session, today: dt.date) -> tuple[Entry, ...]:
    """Return every data set in the manifest's order with what is known of its newest batch."""
    open_now = dict(
        db.execute(
            select(QualityIssue.dataset_id, func.count())
            .where(QualityIssue.status == "open", QualityIssue.severity != "note")
            .group_by(QualityIssue.dataset_id)
        ).all()
    )
    query = (
        select(Dataset, Batch)
        .outerjoin(Batch, (Batch.dataset_id == Dataset.id) & Batch.current)
        .order_by(Dataset.position, Dataset.id)
    )
    return tuple(
        _entry(dataset, batch, open_now.get(dataset.id, 0), today)
        for dataset, batch in db.execute(query)
    )


def _entry(dataset: Dataset, batch: Batch | None, open_now: int, today: dt.date) -> Entry:
    return Entry(
        id=dataset.id,
        title=dataset.title,
        title_en=dataset.title_en,
        kind=dataset.kind,
        department=dataset.department,
        owner=dataset.owner,
        purpose=dataset.purpose,
        data_class=dataset.data_class,
        licence=dataset.licence,
        as_of=dataset.as_of,
        refresh_days=dataset.refresh_days,
        version=batch.version if batch else 0,
        source=batch.source if batch else "",
        sha256=batch.sha256 if batch else "",
        encoding=batch.encoding if batch else "",
        rows_read=batch.rows_read if batch else 0,
        rows_stored=batch.rows_stored if batch else 0,
        rows_bad=batch.rows_bad if batch else 0,
        loaded_at=batch.loaded_at if batch else None,
        matches=dict(batch.matches) if batch else {},
        quality=_quality(batch.quality, dataset) if batch else None,
        open_findings=open_now,
        late_days=_late_days(dataset, batch, today),
    )


def _quality(stored: dict[str, Any], dataset: Dataset) -> QualityScore:
    """Return a stored score as ``loaders.quality`` made it."""
    dimensions = {d: Count(**stored["dimensions"][d]) for d in DIMENSIONS}
    fields = {
        column: {d: Count(**counts[d]) for d in DIMENSIONS if d in counts}
        for column, counts in stored.get("fields", {}).items()
    }
    rows = int(stored.get("n_rows", 0))
    return QualityScore(
        dataset.id, dataset.department, rows, dimensions, fields, float(stored["total"])
    )


def _late_days(dataset: Dataset, batch: Batch | None, today: dt.date) -> int:
    """Return the days since the next delivery was due, counted from the date the data speak of."""
    since = dataset.as_of or (batch.loaded_at.date() if batch else None)
    if since is None or dataset.refresh_days is None:
        return 0
    return max(0, (today - since).days - dataset.refresh_days)


def alarms(entries: Iterable[Entry]) -> tuple[Alarm, ...]:
    """Return what departments should act on: lowest scores first, then the latest deliveries."""
    found = []
    for entry in entries:
        if entry.quality and light(entry.score, thresholds()) != "good":
            judged = {d: c.score for d, c in entry.quality.dimensions.items() if c.n}
            weakest = min(judged, key=lambda d: judged[d], default=None)
            found.append(Alarm(entry, "low", dimension=weakest))
        if entry.late_days:
            found.append(Alarm(entry, "late", days=entry.late_days))
    return tuple(sorted(found, key=lambda a: (a.kind != "low", a.entry.score, -a.days)))


def departments(entries: Sequence[Entry]) -> tuple[Department, ...]:
    """Return each department's score, weakest data set and open work, weakest first."""
    loaded = [entry for entry in entries if entry.quality]
    scores = by_department(entry.quality for entry in loaded if entry.quality)
    found = []
    for name, quality in scores.items():
        own = [entry for entry in loaded if entry.department == name]
        found.append(
            Department(
                name=name,
                datasets=len(own),
                quality=quality,
                lowest=min(own, key=lambda e: e.score),
                open_findings=sum(e.open_findings for e in own),
                late=sum(e.late_days > 0 for e in own),
            )
        )
    return tuple(sorted(found, key=lambda d: d.quality.total))


def findings(
    db: Session, wanted: FindingFilter, *, offset: int, limit: int, visitor: str
) -> FindingPage:
    """
    Return one page of findings, errors first, in the order of the file.

    What stood in the file is left out where the data set's class is above the visitor's: file, row,
    column and rule still tell its department what to mend.
    """
    where = _conditions(wanted)
    query = (
        select(QualityIssue, Dataset)
        .join(Dataset, Dataset.id == QualityIssue.dataset_id)
        .where(*where)
        .order_by(
            _severity_rank(),
            Dataset.position,
            QualityIssue.dataset_id,
            QualityIssue.row,
            QualityIssue.id,
        )
    )
    counts = db.execute(
        select(QualityIssue.severity, func.count())
        .join(Dataset, Dataset.id == QualityIssue.dataset_id)
        .where(*where)
        .group_by(QualityIssue.severity)
    ).all()
    by_severity = dict(counts)
    opener = Opener(db)
    return FindingPage(
        rows=tuple(
            _finding(issue, dataset, visitor, opener)
            for issue, dataset in db.execute(query.offset(offset).limit(limit))
        ),
        total=sum(by_severity.values()),
        by_severity={s: by_severity[s] for s in SEVERITIES if s in by_severity},
    )


def _severity_rank() -> ColumnElement[int]:
    return case({name: rank for rank, name in enumerate(SEVERITIES)}, value=QualityIssue.severity)


def _conditions(wanted: FindingFilter) -> list[ColumnElement[bool]]:
    pairs = (
        (QualityIssue.dataset_id, wanted.dataset),
        (QualityIssue.rule, wanted.rule),
        (QualityIssue.severity, wanted.severity),
        (Dataset.department, wanted.department),
        (QualityIssue.status, wanted.status),
    )
    return [column == value for column, value in pairs if value]


def _finding(issue: QualityIssue, dataset: Dataset, visitor: str, opener: Opener) -> FindingRow:
    open_to = may_see(visitor, dataset.data_class)
    table = "quality_issue"
    values = opener.json(table, "values", issue.id, issue.values) if open_to else {}
    return FindingRow(
        id=issue.id,
        dataset_id=issue.dataset_id,
        title=dataset.title,
        title_en=dataset.title_en,
        department=dataset.department,
        data_class=dataset.data_class,
        file=issue.file,
        row=issue.row,
        column=issue.column,
        rule=issue.rule,
        dimension=issue.dimension,
        severity=issue.severity,
        found=opener.text(table, "found", issue.id, issue.found) if open_to else None,
        expected=issue.expected,
        values=dict(values or {}),
        text=opener.text(table, "text", issue.id, issue.text) if open_to else None,
        area_m2=issue.area_m2,
        status=issue.status,
    )


def finding_rules(db: Session) -> tuple[str, ...]:
    """Return the rules that found something, the most frequent first."""
    query = select(QualityIssue.rule).group_by(QualityIssue.rule).order_by(func.count().desc())
    return tuple(db.execute(query).scalars())


def set_finding_status(db: Session, ids: Sequence[int], status: str, *, visitor: str) -> int:
    """Store the status of findings and commit; return how many there were."""
    return _set_status(db, QualityIssue, ids, status, visitor)


def set_conflict_status(db: Session, ids: Sequence[int], status: str, *, visitor: str) -> int:
    """Store the status of conflicts and commit; return how many there were."""
    return _set_status(db, Conflict, ids, status, visitor)


def _set_status(
    db: Session,
    table: type[QualityIssue] | type[Conflict],
    ids: Sequence[int],
    status: str,
    visitor: str,
) -> int:
    require_work(visitor)
    if status not in STATUSES:
        raise InputError(
            "There is no status {status}; expected one of {statuses}.",
            status=status,
            statuses=", ".join(STATUSES),
        )
    told = {"what": status, "ids": list(ids)[:100], "n": len(ids)}
    audit.record(db, audit.actor(), "load", f"work {table.__tablename__}", detail=told)
    done = db.execute(update(table).where(table.id.in_(list(ids))).values(status=status))
    db.commit()
    return int(done.rowcount)  # type: ignore[attr-defined]  # an update always has one


def require_work(visitor: str) -> None:
    """Refuse visitors from outside: work on the data is for the county's offices."""
    if CLASSES.index(visitor) < CLASSES.index("备用"):
        raise InputError("Only the county's offices can change data.")


def finding_shapes(
    db: Session, wanted: FindingFilter, *, visitor: str, limit: int = GEOMETRIES
) -> dict[str, Any]:
    """Return the findings that have a place as GeoJSON, largest area first, at most ``limit``."""
    query = (
        select(QualityIssue, Dataset)
        .join(Dataset, Dataset.id == QualityIssue.dataset_id)
        .where(*_conditions(wanted), QualityIssue.geometry.is_not(None))
        .order_by(QualityIssue.area_m2.desc(), QualityIssue.id)
        .limit(limit)
    )
    opener = Opener(db)
    features = [
        {
            "type": "Feature",
            "geometry": shapely.geometry.mapping(shapely.from_wkb(issue.geometry)),
            "properties": {
                "id": issue.id,
                "rule": issue.rule,
                "found": opener.text("quality_issue", "found", issue.id, issue.found),
                "area_m2": issue.area_m2,
                "severity": issue.severity,
            },
        }
        for issue, dataset in db.execute(query)
        if may_see(visitor, dataset.data_class)
    ]
    return {"type": "FeatureCollection", "features": features}


def conflicts(
    db: Session, *, kind: str, status: str, offset: int, limit: int, visitor: str
) -> ConflictPage:
    """
    Return one page of conflicts between two sources; "" takes every kind or status.

    Both values and the masked key are left out where either data set is above the visitor's class.
    """
    left, right = aliased(Dataset), aliased(Dataset)
    where = [
        column == value
        for column, value in ((Conflict.kind, kind), (Conflict.status, status))
        if value
    ]
    query = (
        select(Conflict, left, right)
        .join(left, left.id == Conflict.left_dataset)
        .join(right, right.id == Conflict.right_dataset)
        .where(*where)
        .order_by(
            Conflict.check_id,
            case({k: n for n, k in enumerate(CONFLICT_KINDS)}, value=Conflict.kind),
            Conflict.id,
        )
    )
    counts = select(Conflict.kind, func.count()).where(*where).group_by(Conflict.kind)
    by_kind = dict(db.execute(counts).all())
    rows = []
    opener = Opener(db)
    for conflict, one, other in db.execute(query.offset(offset).limit(limit)):
        open_to = may_see(visitor, one.data_class) and may_see(visitor, other.data_class)
        rows.append(
            ConflictRow(
                id=conflict.id,
                check_id=conflict.check_id,
                kind=conflict.kind,
                key=_opened(opener, conflict, "key") if open_to else None,
                column=conflict.column,
                left_title=one.title,
                left_title_en=one.title_en,
                left_value=_opened(opener, conflict, "left_value") if open_to else None,
                left_row=conflict.left_row,
                right_title=other.title,
                right_title_en=other.title_en,
                right_value=_opened(opener, conflict, "right_value") if open_to else None,
                right_row=conflict.right_row,
                status=conflict.status,
            )
        )
    in_order = {k: by_kind[k] for k in CONFLICT_KINDS if k in by_kind}
    return ConflictPage(tuple(rows), sum(by_kind.values()), in_order)


def _opened(opener: Opener, conflict: Conflict, column: str) -> str | None:
    return opener.text("conflict", column, conflict.id, getattr(conflict, column))


def findings_csv(wanted: FindingFilter, visitor: str, language: str) -> bytes:
    """Return all findings of a filter as CSV, worded in a language."""
    with Session(engine()) as db:
        page = findings(db, wanted, offset=0, limit=MOST_IN_A_FILE, visitor=visitor)

    def words(row: FindingRow) -> list[object]:
        hidden = translate("hidden: class {data_class}", language, data_class=row.data_class)
        shown = row.found is not None
        expected = translate(row.expected, language, **row.values) if shown else hidden
        title = row.title_en if language == "en" and row.title_en else row.title
        return [
            *(row.severity, title, row.department, row.file, row.row, row.column, row.rule),
            *(row.found if shown else hidden, expected, row.area_m2, row.status, row.text),
        ]

    header = (
        *("Severity", "Data set", "Department", "File", "Row", "Column", "Rule"),
        *("Found", "Expected", "Area, m²", "Status", "Text of the row"),
    )
    return as_csv([translate(h, language) for h in header], map(words, page.rows))


def as_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """
    Return rows as CSV in UTF-8 with a mark, which office programs open as Chinese text.

    A cell that a spreadsheet would take for a formula gets a leading quote; None is an empty cell.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([escape_formula(cell) for cell in header])
    writer.writerows([escape_formula(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + (text.getvalue() + foot()).encode()
