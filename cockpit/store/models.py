"""Tables of the checked store; every column that measures something says its unit and class."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from cockpit.store import (  # noqa: F401 -- whoever makes all tables makes these too
    models_access,
    models_audit,
    models_live,
    models_looks,
    models_release,
    models_sealed,
)
from cockpit.store.base import CODE, KEY, NUMBER
from cockpit.store.base import Base as Base  # noqa: PLC0414 -- tables and base from one place
from cockpit.store.models_audit import when_made


class Meta(Base):
    """Facts about the store itself: county settings, data version."""

    __tablename__ = "meta"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


STORE_ID = "store_id"
"""Fact of the store: its random name, which every copy of it has and no other store."""
_NAMED = {
    "sqlite": "INSERT INTO meta (key, value) "
    "VALUES ('store_id', '\"' || lower(hex(randomblob(16))) || '\"')",
    "postgresql": "INSERT INTO meta (key, value) "
    "VALUES ('store_id', to_json(gen_random_uuid()::text))",
}
for _dialect, _statement in _NAMED.items():
    when_made(Meta, _statement, _dialect)


class Dataset(Base):
    """One entry of the catalogue; its newest batch holds the rows in use."""

    __tablename__ = "dataset"

    id: Mapped[str] = mapped_column(String(48), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(String(24))
    department: Mapped[str] = mapped_column(Text, default="")
    owner: Mapped[str] = mapped_column(Text, default="")
    purpose: Mapped[str] = mapped_column(Text, default="")
    data_class: Mapped[str] = mapped_column(String(4), comment="公开, 备用, 敏感, 秘密")
    licence: Mapped[str] = mapped_column(Text, default="")
    as_of: Mapped[dt.date | None] = mapped_column(comment="date the data speak of")
    refresh_days: Mapped[int | None] = mapped_column(comment="expected days between deliveries")
    position: Mapped[int] = mapped_column(default=0, comment="order in the manifest")


class Batch(Base):
    """One loading of one data set: which file, which bytes, how good."""

    __tablename__ = "batch"

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey(Dataset.id), index=True)
    version: Mapped[int] = mapped_column(comment="1, 2, ... within the data set")
    current: Mapped[bool] = mapped_column(comment="its rows are those in use")
    source: Mapped[str] = mapped_column(
        Text, comment="file name or database address without password"
    )
    sha256: Mapped[str] = mapped_column(String(64), comment="of the file's bytes")
    entry: Mapped[Any] = mapped_column(JSON, comment="manifest entry as used")
    matches: Mapped[Any] = mapped_column(JSON, comment="standard column to header of the file")
    uploaded: Mapped[bool] = mapped_column(
        default=False, comment="came through the page; its file is kept in the data folder"
    )
    encoding: Mapped[str] = mapped_column(String(32), default="")
    rows_read: Mapped[int] = mapped_column(comment="rows in the source")
    rows_stored: Mapped[int] = mapped_column(comment="rows of the source that were stored")
    rows_bad: Mapped[int] = mapped_column(comment="rows with an error, not stored")
    quality: Mapped[Any] = mapped_column(
        JSON, comment="scores by dimension, field and in all, 0 to 1"
    )
    loaded_at: Mapped[dt.datetime] = mapped_column(comment="UTC")


class QualityIssue(Base):
    """A finding: file, row, found and expected."""

    __tablename__ = "quality_issue"

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey(Batch.id), index=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey(Dataset.id), index=True)
    file: Mapped[str] = mapped_column(Text)
    row: Mapped[int | None] = mapped_column(comment="data row, 1 is the first below the header")
    column: Mapped[str] = mapped_column(String(48))
    rule: Mapped[str] = mapped_column(String(48))
    dimension: Mapped[str] = mapped_column(String(16))
    severity: Mapped[str] = mapped_column(String(8), comment="error, warning, note")
    found: Mapped[str] = mapped_column(Text)
    expected: Mapped[str] = mapped_column(Text, comment="sentence template in English")
    values: Mapped[Any] = mapped_column(JSON)
    text: Mapped[str] = mapped_column(Text, comment="the bad row, identity numbers masked; sealed")
    region_code: Mapped[str | None] = mapped_column(CODE)
    geometry: Mapped[bytes | None] = mapped_column(LargeBinary, comment="WKB, EPSG:4326: where")
    area_m2: Mapped[float | None] = mapped_column(comment="m2 of a geometry finding")
    status: Mapped[str] = mapped_column(String(12), default="open", comment="open, done, accepted")


class Conflict(Base):
    """Two sources of the same fact that do not agree."""

    __tablename__ = "conflict"

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    check_id: Mapped[str] = mapped_column(String(48), index=True)
    kind: Mapped[str] = mapped_column(String(16), comment="value, only_left, only_right, near")
    key: Mapped[str] = mapped_column(Text, comment="masked key of the person or thing; sealed")
    column: Mapped[str] = mapped_column(String(48))
    left_value: Mapped[str] = mapped_column(Text, comment="sealed")
    right_value: Mapped[str] = mapped_column(Text, comment="sealed")
    left_row: Mapped[int | None]
    right_row: Mapped[int | None]
    left_dataset: Mapped[str] = mapped_column(ForeignKey(Dataset.id))
    right_dataset: Mapped[str] = mapped_column(ForeignKey(Dataset.id))
    status: Mapped[str] = mapped_column(String(12), default="open")


class _Sourced:
    """Columns of every row that came from a file."""

    batch_id: Mapped[int] = mapped_column(ForeignKey(Batch.id), index=True)
    source_row: Mapped[int | None] = mapped_column(
        comment="data row of the source; empty: computed"
    )


class Region(_Sourced, Base):
    """County, township, village or grid."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(CODE, primary_key=True)
    level: Mapped[str] = mapped_column(
        String(12), index=True, comment="county, township, village, grid"
    )
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"), index=True)
    path: Mapped[str] = mapped_column(
        Text, comment="codes from the county down to this one, each ended by /"
    )
    position: Mapped[int] = mapped_column(comment="order within the county, parents first")
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text, default="")
    pinyin: Mapped[str] = mapped_column(
        Text, default="", comment="full and initials, for the search"
    )
    made: Mapped[bool] = mapped_column(default=False, comment="cut by the cockpit, in no source")
    is_leaf: Mapped[bool] = mapped_column(comment="has no region below it; counts are kept here")
    geometry: Mapped[bytes | None] = mapped_column(LargeBinary, comment="WKB, EPSG:4326")
    lon: Mapped[float | None] = mapped_column(comment="degrees; population-weighted centre")
    lat: Mapped[float | None] = mapped_column(comment="degrees; population-weighted centre")
    area_km2: Mapped[float | None] = mapped_column(comment="km2 in the county's projected system")
    elevation_m: Mapped[float | None] = mapped_column(comment="m above sea level at the centre")


class Population(_Sourced, Base):
    """Persons of one region, date, kind, sex and age band, as counted or moved there."""

    __tablename__ = "population"
    __table_args__ = (CheckConstraint("persons >= 0", name="persons_not_negative"),)

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    # No index on the batch here: with a million rows it costs more than the scan that it spares.
    batch_id: Mapped[int] = mapped_column(ForeignKey(Batch.id))
    region_code: Mapped[str] = mapped_column(ForeignKey(Region.code))
    date: Mapped[dt.date]
    kind: Mapped[str] = mapped_column(String(12), comment="usual, registered, floating")
    sex: Mapped[str] = mapped_column(String(1), comment="m, f, t (both)")
    age_band: Mapped[str] = mapped_column(String(5), comment="00-04 to 85+, all")
    persons: Mapped[int] = mapped_column(comment="persons")
    moved: Mapped[bool] = mapped_column(
        comment="moved to a leaf from the region the source counted"
    )


class Household(_Sourced, Base):
    """Households of one region, date and type."""

    __tablename__ = "household"
    __table_args__ = (CheckConstraint("households >= 0", name="households_not_negative"),)

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey(Region.code))
    date: Mapped[dt.date]
    type: Mapped[str] = mapped_column(String(20))
    households: Mapped[int] = mapped_column(comment="households")
    moved: Mapped[bool]


class Vulnerable(_Sourced, Base):
    """Persons of one region, date and group that need special care (class 敏感)."""

    __tablename__ = "vulnerable"
    __table_args__ = (CheckConstraint("persons >= 0", name="persons_not_negative"),)

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey(Region.code))
    date: Mapped[dt.date]
    group: Mapped[str] = mapped_column(String(24))
    persons: Mapped[int] = mapped_column(comment="persons; class 敏感")
    moved: Mapped[bool]


class Building(_Sourced, Base):
    """A building (房)."""

    __tablename__ = "building"

    id: Mapped[str] = mapped_column(KEY, primary_key=True)
    region_code: Mapped[str | None] = mapped_column(ForeignKey(Region.code), index=True)
    use: Mapped[str] = mapped_column(Text, default="")
    levels: Mapped[float | None] = mapped_column(comment="storeys")
    footprint_m2: Mapped[float | None] = mapped_column(comment="m2")
    dwellings: Mapped[float | None] = mapped_column(comment="dwellings")
    lon: Mapped[float] = mapped_column(comment="degrees")
    lat: Mapped[float] = mapped_column(comment="degrees")


class Organisation(_Sourced, Base):
    """An organisation (组织)."""

    __tablename__ = "organisation"

    code: Mapped[str] = mapped_column(KEY, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text, default="")
    building_id: Mapped[str | None] = mapped_column(ForeignKey(Building.id), index=True)
    region_code: Mapped[str | None] = mapped_column(ForeignKey(Region.code), index=True)
    employees: Mapped[float | None] = mapped_column(comment="persons")


class Person(_Sourced, Base):
    """A person (人) of a register, without name and number: keyed by a keyed hash (class 敏感)."""

    __tablename__ = "person"

    dataset_id: Mapped[str] = mapped_column(ForeignKey(Dataset.id), primary_key=True)
    key: Mapped[str] = mapped_column(KEY, primary_key=True, comment="HMAC-SHA-256 of the number")
    masked: Mapped[str] = mapped_column(Text, comment="first 6 of the number; class 敏感, sealed")
    name_key: Mapped[str | None] = mapped_column(KEY, comment="HMAC-SHA-256 of the name")
    sex: Mapped[str | None] = mapped_column(String(1))
    birth: Mapped[str | None] = mapped_column(
        Text, comment="a date as ISO 8601; class 敏感, sealed"
    )
    region_code: Mapped[str | None] = mapped_column(ForeignKey(Region.code), index=True)
    building_id: Mapped[str | None] = mapped_column(ForeignKey(Building.id), index=True)
    household: Mapped[str | None] = mapped_column(KEY)
    status: Mapped[str | None] = mapped_column(Text)


class Tag(Base):
    """A rule that marks things of a pool, such as "aged and living alone"."""

    __tablename__ = "tag"

    id: Mapped[str] = mapped_column(String(48), primary_key=True)
    pool: Mapped[str] = mapped_column(String(16), comment="person, building, event, organisation")
    title: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text, default="")
    rule: Mapped[Any] = mapped_column(
        JSON, comment="list of [column, operator, value], all must hold"
    )


class Facility(_Sourced, Base):
    """A place that serves people."""

    __tablename__ = "facility"

    id: Mapped[str] = mapped_column(KEY, primary_key=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey(Dataset.id))
    region_code: Mapped[str | None] = mapped_column(ForeignKey(Region.code), index=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(24), index=True)
    capacity: Mapped[float | None] = mapped_column(comment="beds or places")
    staff: Mapped[float | None] = mapped_column(comment="persons")
    referral_level: Mapped[str] = mapped_column(Text, default="")
    organisation_code: Mapped[str] = mapped_column(KEY, default="")
    open_from: Mapped[dt.date | None]
    open_to: Mapped[dt.date | None]
    lon: Mapped[float] = mapped_column(comment="degrees")
    lat: Mapped[float] = mapped_column(comment="degrees")


class RoadNode(_Sourced, Base):
    """A node of the road network."""

    __tablename__ = "road_node"

    id: Mapped[str] = mapped_column(KEY, primary_key=True)
    lon: Mapped[float] = mapped_column(comment="degrees")
    lat: Mapped[float] = mapped_column(comment="degrees")
    elevation_m: Mapped[float | None] = mapped_column(comment="m")


class RoadEdge(_Sourced, Base):
    """A road between two nodes."""

    __tablename__ = "road_edge"

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    u: Mapped[str] = mapped_column(ForeignKey(RoadNode.id))
    v: Mapped[str] = mapped_column(ForeignKey(RoadNode.id))
    road_class: Mapped[str] = mapped_column(String(24))
    name: Mapped[str] = mapped_column(Text, default="")
    oneway: Mapped[int] = mapped_column(comment="1 u to v only, -1 v to u only, 0 both")
    maxspeed_kmh: Mapped[float | None] = mapped_column(comment="km/h")
    surface: Mapped[str] = mapped_column(Text, default="")
    access: Mapped[str] = mapped_column(Text, default="")
    bridge: Mapped[bool] = mapped_column(default=False)
    closed: Mapped[bool] = mapped_column(default=False)
    length_m: Mapped[float] = mapped_column(comment="m")
    geometry: Mapped[bytes] = mapped_column(LargeBinary, comment="WKB, EPSG:4326")


class Feature(_Sourced, Base):
    """A thing of another map layer: a river, a zone."""

    __tablename__ = "feature"

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey(Dataset.id), index=True)
    layer: Mapped[str] = mapped_column(String(48), index=True)
    key: Mapped[str] = mapped_column(Text, default="")
    name: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(Text, default="")
    geometry: Mapped[bytes] = mapped_column(LargeBinary, comment="WKB, EPSG:4326")


class Event(_Sourced, Base):
    """Something that happened (事)."""

    __tablename__ = "event"

    id: Mapped[str] = mapped_column(KEY, primary_key=True)
    dataset_id: Mapped[str] = mapped_column(ForeignKey(Dataset.id))
    channel: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text, default="", comment="class 敏感, sealed")
    region_code: Mapped[str | None] = mapped_column(ForeignKey(Region.code), index=True)
    building_id: Mapped[str | None] = mapped_column(ForeignKey(Building.id), index=True)
    lon: Mapped[float | None] = mapped_column(comment="degrees")
    lat: Mapped[float | None] = mapped_column(comment="degrees")
    reported: Mapped[dt.datetime] = mapped_column(index=True, comment="local time")
    closed: Mapped[dt.datetime | None] = mapped_column(comment="local time")
    status: Mapped[str] = mapped_column(Text, default="")
    delivery: Mapped[int | None] = mapped_column(
        index=True, comment="of a live feed that brought it; empty: a load"
    )


class Sensor(_Sourced, Base):
    """A device that measures."""

    __tablename__ = "sensor"

    id: Mapped[str] = mapped_column(KEY, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text, default="")
    lon: Mapped[float] = mapped_column(comment="degrees")
    lat: Mapped[float] = mapped_column(comment="degrees")
    region_code: Mapped[str | None] = mapped_column(ForeignKey(Region.code))


class Reading(Base):
    """A measured value; its unit is the sensor's."""

    __tablename__ = "reading"

    sensor_id: Mapped[str] = mapped_column(ForeignKey(Sensor.id), primary_key=True)
    time: Mapped[dt.datetime] = mapped_column(primary_key=True, comment="local time")
    value: Mapped[float] = mapped_column(comment="in the sensor's unit")
    batch_id: Mapped[int] = mapped_column(ForeignKey(Batch.id))


class Raster(_Sourced, Base):
    """A grid of values kept as a file in the data folder: elevation."""

    __tablename__ = "raster"

    dataset_id: Mapped[str] = mapped_column(ForeignKey(Dataset.id), primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    file: Mapped[str] = mapped_column(Text, comment="relative to the data folder")


class Scenario(Base):
    """
    A saved plan: which sites, under which rules, and what they were worth on the day.

    It belongs to no data set: loading data anew neither deletes nor changes it, so there is no
    foreign key to what a load replaces.
    """

    __tablename__ = "scenario"
    __table_args__ = (
        UniqueConstraint("name", "version"),
        CheckConstraint("version >= 1", name="version_from_one"),
    )

    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(comment="1, 2, ... within the name")
    author: Mapped[str] = mapped_column(String(80), comment="who saved it, as typed")
    note: Mapped[str] = mapped_column(Text, default="")
    saved_at: Mapped[dt.datetime] = mapped_column(comment="UTC")
    data_version: Mapped[str] = mapped_column(String(64), comment="of the data of the figures")
    county: Mapped[str] = mapped_column(CODE, comment="code of the county")
    question: Mapped[Any] = mapped_column(
        JSON, comment="service, mode, minutes (limit), group, unit (region code)"
    )
    rules: Mapped[Any] = mapped_column(
        JSON, comment="m of spacing, people, costs in the planner's own unit"
    )
    layout: Mapped[Any] = mapped_column(JSON, comment="facilities closed and moved, cells added")
    model: Mapped[str] = mapped_column(String(32), default="", comment="empty: made by hand")
    parameters: Mapped[Any] = mapped_column(JSON, default=dict, comment="of the model")
    certificate: Mapped[str] = mapped_column(
        Text, default="", comment="JSON as the solver sealed it; empty: made by hand"
    )
    figures: Mapped[Any] = mapped_column(
        JSON,
        comment="people, minutes, person-minutes as saved; small counts masked; class: data_class",
    )
    data_class: Mapped[str] = mapped_column(
        String(4), comment="highest class of group, facilities, roads and zones; 公开 to 秘密"
    )
    digest: Mapped[str] = mapped_column(String(64), comment="sha256 of the content")
    archived: Mapped[bool] = mapped_column(default=False, comment="kept but not listed")


class Run(Base):
    """
    A search for a plan that has ended, with its proof: the trace of what was computed.

    One row a question: asked again, the better proof stays. Like scenarios, runs outlive the data
    they were made from.
    """

    __tablename__ = "run"

    key: Mapped[str] = mapped_column(KEY, primary_key=True, comment="sha256 of what was asked")
    ended_at: Mapped[dt.datetime] = mapped_column(comment="UTC")
    data_version: Mapped[str] = mapped_column(String(64), comment="of the data it searched in")
    county: Mapped[str] = mapped_column(CODE, comment="code of the county")
    question: Mapped[Any] = mapped_column(
        JSON, comment="service, mode, minutes (limit), group, unit (region code)"
    )
    rules: Mapped[Any] = mapped_column(
        JSON, comment="m of spacing, people, costs in the planner's own unit"
    )
    model: Mapped[str] = mapped_column(String(32))
    parameters: Mapped[Any] = mapped_column(JSON, comment="of the model")
    objective: Mapped[float] = mapped_column(comment="in the unit of the model's objective")
    bound: Mapped[float] = mapped_column(comment="no plan is better; in the same unit")
    gap: Mapped[float] = mapped_column(comment="share of the objective, 0 to 1 and more")
    seconds: Mapped[float] = mapped_column(comment="s of searching")
    certificate: Mapped[str] = mapped_column(Text, comment="JSON as the solver sealed it")
    data_class: Mapped[str] = mapped_column(
        String(4), comment="highest class of group, facilities, roads and zones; 公开 to 秘密"
    )
