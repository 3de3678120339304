"""The catalogue of open data: what there is, what it says, and the files of every version."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from cockpit.answers import open_kept
from cockpit.answers.open_columns import OpenColumn, columns_of, key_of
from cockpit.answers.open_county import WHOLES
from cockpit.answers.open_files import LAYOUT, MEDIA_TYPES
from cockpit.answers.open_kept import KeptVersion, kept, kept_before
from cockpit.answers.open_licence import licence_of
from cockpit.answers.open_package import About
from cockpit.answers.open_releases import (
    release_columns,
    release_table,
    series_in_order,
    told_at,
)
from cockpit.answers.open_sources import (
    CountyName,
    Loading,
    Source,
    county_name,
    open_sources,
    region_sources_all_open,
)
from cockpit.answers.open_tables import OpenTable, read, region_shapes
from cockpit.answers.release_store import Published, RetractedError
from cockpit.locale import translate
from cockpit.settings import settings
from cockpit.store.session import data_version, engine
from geodata.errors import CockpitError

DATA, RELEASE = "data", "release"
FORMATS = ("csv", "xlsx", "geojson", "gpkg", "parquet", "datapackage", "zip")


class NoOpenDataError(CockpitError):
    """There is no such open data set, version or file; a closed one is not told from none."""


@dataclass(frozen=True)
class OpenFile:
    """A file to download; ``href`` begins with a slash. Size and hash: as it is uncompressed."""

    format: str
    name: str
    href: str
    bytes: int
    sha256: str
    media_type: str


@dataclass(frozen=True)
class OpenVersion:
    """One version with its files; a retracted one has none, but says when and why."""

    version: int
    updated: dt.datetime
    formats: tuple[OpenFile, ...]
    retracted: dt.datetime | None = None
    notice: str = ""
    folder: Path | None = None


@dataclass(frozen=True)
class OpenDataset:
    """
    One open data set in its newest version; ``versions`` has all of them, the newest first.

    Texts without ending are Chinese, those with ``_en`` English. ``kind`` is the kind of data set,
    or "noisy" or "suppressed" for a release. ``retracted`` is told when no version is left.
    """

    id: str
    version: int
    title: str
    title_en: str
    description: str
    description_en: str
    group: str  # data, release
    kind: str
    dictionary: tuple[OpenColumn, ...]
    key: str
    licence: str
    licence_en: str
    licence_uri: str
    department: str
    department_en: str
    as_of: dt.date | None
    updated: dt.datetime
    refresh_days: int | None
    formats: tuple[OpenFile, ...]
    versions: tuple[OpenVersion, ...]
    rows: int
    bbox: tuple[float, float, float, float] | None
    levels: tuple[str, ...] = ()
    epsilon: float = 0.0
    margins: str = ""
    margins_en: str = ""
    note: str = ""
    retracted: dt.datetime | None = None
    retraction: str = ""

    def file(self, form: str) -> OpenFile | None:
        """Return the newest version's file of a format."""
        return next((file for file in self.formats if file.format == form), None)


@dataclass(frozen=True)
class Catalogue:
    """All open data with the name of the county; ``stamp`` changes when anything of it does."""

    county: CountyName
    datasets: tuple[OpenDataset, ...]
    stamp: str

    def find(self, dataset: str) -> OpenDataset:
        """Return one data set; ``NoOpenDataError`` when there is none, or none that is open."""
        for one in self.datasets:
            if one.id == dataset:
                return one
        raise NoOpenDataError("There is no open data set {dataset}.", dataset=dataset[:64])


_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")  # ids stand in addresses and file names


@dataclass(frozen=True)
class _Now:
    """What is open in the store now; ``whole``: no boundary comes from a closed data set."""

    version: str  # of the stored data
    county: CountyName
    sources: tuple[Source, ...]
    whole: bool

    @property
    def open_ids(self) -> frozenset[str]:
        return frozenset(source.id for source in self.sources)

    @property
    def regions(self) -> frozenset[str]:
        return frozenset(source.id for source in self.sources if source.kind == "regions")

    @property
    def state(self) -> str:
        """What files depend on beside their own delivery: rows can be settled anew without one."""
        return f"{LAYOUT} {self.version} {self.whole}"


_lock = threading.Lock()
_last: dict[Any, Any] = {}


def open_datasets() -> tuple[OpenDataset, ...]:
    """
    Return everything that is open now: releases first, then data sets in the catalogue's order.

    What the store says is read at every call (a few ms), so that a data set whose class was raised
    is gone at once; the files are made at the first call after a change.
    """
    return catalogue().datasets


def catalogue() -> Catalogue:
    """Return the open data of the store as it is now."""
    with Session(engine()) as db:
        version = data_version(db)
        if not version:
            return Catalogue(CountyName(), (), "")
        sources = open_sources(db)
        now = _Now(version, county_name(db), sources, region_sources_all_open(db, sources))
    releases = series_in_order()
    key = (str(settings().data_folder), now, _told(releases))
    with _lock:
        if _last.get("key") != key:
            _last["made"] = _catalogue(now, releases)
            _last["key"] = key
        made: Catalogue = _last["made"]
    return made


def forget() -> None:
    """Drop what is kept in memory: a test changed the store behind our back."""
    with _lock:
        _last.clear()
    open_kept.forget()


def _told(releases: Iterable[tuple[Published, ...]]) -> tuple[Any, ...]:
    return tuple(
        (one.id, one.version, one.digest, one.title, one.retracted, one.retraction_note, one.note)
        for series in releases
        for one in series
    )


def _catalogue(now: _Now, releases: tuple[tuple[Published, ...], ...]) -> Catalogue:
    named = [series for series in releases if _ID.fullmatch(series[0].series)]
    taken = {series[0].series for series in named}  # a release goes before a data set of its name
    datasets = (
        *(_of_series(series, now) for series in named),
        *(
            _of_source(source, now)
            for source in now.sources
            if _ID.fullmatch(source.id) and source.id not in taken
        ),
    )
    stamp = max((one.updated for one in datasets), default=dt.datetime.min).isoformat()
    return Catalogue(now.county, datasets, stamp)


# ---------------------------------------------------------------- data sets

_SAYS = {
    "regions": "Boundaries of regions with their codes and names.",
    "facilities": "Places that serve people, with their kind and where they are.",
    "road_edges": "Roads, piece by piece, with their class.",
    "roads_osm": "Roads, piece by piece, with their class.",
    "features": "Things of a map layer, such as rivers.",
    "sensors": "Devices that measure, and where they stand; their readings are not in it.",
}


def _of_source(source: Source, now: _Now) -> OpenDataset:
    needs = frozenset({source.id}) | (now.regions if source.kind == "regions" else frozenset())

    def make() -> OpenTable:
        with Session(engine()) as db:
            return read(db, source, now.open_ids, with_made=now.whole)

    about = _about_source(source, now.county)
    identity = _identity(source, source.now, now.county)
    files = kept(identity, about, make, state=now.state, needs=needs)
    versions = [_version(source.id, source.now.version, source.now.loaded, files)]
    for past in source.past:
        before = kept_before(_identity(source, past, now.county), now.open_ids)
        if before is not None:
            versions.append(_version(source.id, past.version, past.loaded, before))
    licence = licence_of(source.licence)
    return OpenDataset(
        id=source.id, version=source.now.version, title=source.title, title_en=source.title_en,
        description=about.description, description_en=about.description_en, group=DATA,
        kind=source.kind, dictionary=columns_of(source.kind), key=key_of(source.kind),
        licence=_licence_title(licence.text, "zh"), licence_en=_licence_title(licence.text, "en"),
        licence_uri=licence.uri, department=source.department,
        department_en=translate(source.department, "en"), as_of=source.as_of,
        updated=source.now.loaded, refresh_days=source.refresh_days, formats=versions[0].formats,
        versions=tuple(versions), rows=files.rows, bbox=files.bbox,
    )  # fmt: skip


def _identity(source: Source, loading: Loading, county: CountyName) -> str:
    return "|".join(
        ("data", county.code, source.id, str(loading.version), str(loading.batch), loading.sha256,
         loading.loaded.isoformat())
    )  # fmt: skip


def _about_source(source: Source, county: CountyName) -> About:
    licence, says = licence_of(source.licence), _SAYS[source.kind]
    return About(
        source.id, source.now.version, source.title, source.title_en, translate(says, "zh"),
        translate(says, "en"), _licence_title(licence.text, "zh"), licence.uri, source.department,
        county.name, str(source.as_of or ""), source.now.loaded.isoformat(),
    )  # fmt: skip


def _licence_title(text: str, language: str) -> str:
    return translate(text or "Open licence of the county", language)


def _version(dataset: str, number: int, updated: dt.datetime, files: KeptVersion) -> OpenVersion:
    return OpenVersion(
        number,
        updated,
        tuple(
            OpenFile(
                file.format, file.name, f"/open/data/{dataset}/{number}/{file.name}", file.bytes,
                file.sha256, MEDIA_TYPES[file.format],
            )
            for file in files.files
        ),
        folder=files.folder,
    )  # fmt: skip


# ---------------------------------------------------------------- releases


def _of_series(series: tuple[Published, ...], now: _Now) -> OpenDataset:
    """Return a series of releases by its newest version that stands, or the newest of all."""
    alive = [one for one in series if one.retracted is None]
    newest = alive[0] if alive else series[0]
    versions, current = [], None
    for one in series:
        updated = told_at(one.published)
        if one.retracted is not None:
            versions.append(
                OpenVersion(one.version, updated, (), told_at(one.retracted), one.retraction_note)
            )
            continue
        files = _release_files(one, now)
        current = files if one is newest else current
        versions.append(_version(one.series, one.version, updated, files))
    return _told_release(newest, now.county, tuple(versions), current)


def _release_files(release: Published, now: _Now) -> KeptVersion:
    def make() -> OpenTable:
        with Session(engine()) as db:
            shapes = region_shapes(db, now.regions, with_made=now.whole)
        return release_table(release, shapes)

    identity = f"release|{now.county.code}|{release.id}|{release.digest}"
    about = _about_release(release, now.county)
    return kept(identity, about, make, state=now.state, needs=now.regions)


def _about_release(release: Published, county: CountyName) -> About:
    licence = licence_of(release.licence)
    return About(
        release.series, release.version, release.title, release.title_en,
        _release_words(release, "zh"), _release_words(release, "en"),
        _licence_title(licence.text, "zh"), licence.uri, "", county.name,
        str(release.as_of or ""), told_at(release.published).isoformat(), release.note,
    )  # fmt: skip


_LEVELS = {"county": "County", "township": "Townships", "village": "Villages", "grid": "Grids"}
_MOST_NAMED = 6  # classes that a sentence can name


def _release_words(release: Published, language: str) -> str:
    """Return what the figures are, for which regions, and how persons are protected."""
    noisy = (
        "Each figure is a little off on purpose, so that nobody can find out about one person; "
        "the margin beside it tells how far it may be off."
    )
    hidden = "Small figures, and those that would give them away, are hidden."
    between = "、" if language == "zh" else ", "
    levels = [translate(_LEVELS[name], language) for name in release.levels if name in _LEVELS]
    what = translate(
        "{what}, for {levels}.",
        language,
        what=_classes_words(release, language),
        levels=between.join(levels if language == "zh" else [name.lower() for name in levels]),
    )
    protected = translate(noisy if release.kind == "noisy" else hidden, language)
    return what + ("" if language == "zh" else " ") + protected


def _classes_words(release: Published, language: str) -> str:
    titles = [
        translate(title, language)
        for class_id, title in zip(release.classes, release.class_titles, strict=True)
        if class_id not in WHOLES
    ]
    if len(titles) > _MOST_NAMED:
        return translate(
            "{n} classes, from {first} to {last}",
            language,
            n=len(titles),
            first=titles[0],
            last=titles[-1],
        )
    return ("、" if language == "zh" else "; ").join(titles)


def _told_release(
    release: Published,
    county: CountyName,
    versions: tuple[OpenVersion, ...],
    now: KeptVersion | None,
) -> OpenDataset:
    about, licence = _about_release(release, county), licence_of(release.licence)
    current = next(v for v in versions if v.version == release.version)
    margins = "" if release.kind != "noisy" else (
        "± is the margin within which 95 of 100 figures lie."
    )  # fmt: skip
    return OpenDataset(
        id=release.series, version=release.version, title=release.title, title_en=release.title_en,
        description=about.description, description_en=about.description_en, group=RELEASE,
        kind=release.kind, dictionary=release_columns(release), key=key_of(RELEASE),
        licence=about.licence, licence_en=_licence_title(licence.text, "en"),
        licence_uri=licence.uri, department=county.name, department_en=county.name_en,
        as_of=release.as_of, updated=current.updated, refresh_days=None, formats=current.formats,
        versions=versions, rows=now.rows if now else 0, bbox=now.bbox if now else None,
        levels=release.levels, epsilon=release.epsilon,
        margins=translate(margins, "zh") if margins else "", margins_en=margins,
        note=release.note, retracted=current.retracted, retraction=current.notice,
    )  # fmt: skip


# ---------------------------------------------------------------- files


def find_file(dataset: str, version: int, name: str) -> tuple[OpenFile, Path]:
    """
    Return a listed file and where it lies.

    Raises
    ------
    NoOpenDataError
        If it is not listed now: no such data set, version or file, or no longer open.
    RetractedError
        If the version was retracted; the sentence has the notice.
    """
    version_of = {v.version: v for v in catalogue().find(dataset).versions}
    found = version_of.get(version)
    if found is not None and found.retracted is not None:
        raise RetractedError(
            "Version {version} of this data set was retracted on {date}. {notice}",
            version=version, date=found.retracted.date(), notice=found.notice,
        )  # fmt: skip
    for file in found.formats if found else ():
        if file.name == name and found is not None and found.folder is not None:
            return file, found.folder / name
    raise NoOpenDataError("There is no open file at this address.")
