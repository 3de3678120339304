"""The county as travel sees it: cells with people, facilities, roads, and the times between."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.current import current_twin
from cockpit.answers.twin import Twin
from cockpit.indicators import MEASURES
from cockpit.settings import settings
from cockpit.store.models import Batch, Dataset, Facility, Meta, Region, RoadEdge, RoadNode
from cockpit.store.session import engine
from geodata.network import MODES, UNREACHED, Mode, Roads, TravelTimes, configured
from geodata.network.engine import Cost, Numbers, Towards
from geodata.network.solvers import load, save

_SWEEPS = 512  # arrays of one number a cell
_MATRICES = 24  # of 3,000 cells and 250 facilities 1.5 MB each
_DISK_BYTES = 500_000_000
_NOT_A_GROUP = {"people_before", "people_aged"}
_TOWN_DENSITY = 1500.0
"""Residents per km² from which a village counts as town where codes do not say it: the density
criterion of the statistical definition of urban areas used in the census of 2000."""


@dataclass(frozen=True)
class Note:
    """A remark on an answer: an English template and its values, names in English where known."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    values_en: Mapping[str, object] = field(default_factory=dict)

    def in_language(self, language: str) -> dict[str, object]:
        """Return the values as a reader of that language knows them."""
        return {**self.values, **(self.values_en if language == "en" else {})}


@dataclass(frozen=True)
class Reach:
    """
    Cells, facilities and travel times of one data version.

    Cells are the leaves of the region tree in the order of ``rows``; a facility's place in
    ``travel`` follows those of the cells (``places_of``).
    """

    twin: Twin
    rows: NDArray[np.intp]  # (n_cells,) rows of twin.regions
    lonlat: NDArray[np.float64]  # (n_cells, 2) degrees; NaN: a cell without place
    groups: Mapping[str, NDArray[np.float64]]  # measure -> (n_cells,) persons, 0 where not counted
    villages: NDArray[np.intp]  # (n_cells,) rows of twin.regions; the cell's own when it is one
    townships: NDArray[np.intp]
    town: NDArray[np.bool_]  # (n_cells,) in town, not in the country
    facilities: pd.DataFrame  # id, name, kind, capacity, staff, referral_level, ..., outside
    roads: Roads | None
    edge_ids: NDArray[np.int64]  # id in the store of each edge
    travel: TravelTimes
    standards: Mapping[str, Mapping[str, Any]]  # the county's own changes, from its manifest
    keep: Path | None = None
    notes: tuple[Note, ...] = ()
    mine: NDArray[np.bool_] | None = None
    """(n_facilities,) which may be listed, by a visitor of a part of the county; None: all."""
    _sweeps: OrderedDict[Any, Numbers] = field(default_factory=OrderedDict)
    _matrices: OrderedDict[Any, NDArray[np.uint16]] = field(default_factory=OrderedDict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def version(self) -> str:
        """Version of the stored data."""
        return self.twin.version

    @property
    def has_roads(self) -> bool:
        """False: times are those of straight lines."""
        return self.roads is not None

    @property
    def cells(self) -> NDArray[np.intp]:
        """Places of the cells in ``travel``."""
        return np.arange(len(self.rows))

    @property
    def codes(self) -> NDArray[np.object_]:
        """Codes of the cells."""
        codes: NDArray[np.object_] = self.twin.regions["code"].to_numpy(dtype=object)[self.rows]
        return codes

    def of_kinds(self, kinds: Collection[str]) -> NDArray[np.intp]:
        """Return the rows of the facilities of some kinds."""
        return np.flatnonzero(self.facilities["kind"].isin(kinds).to_numpy())

    def places_of(self, facilities: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the places of facilities in ``travel``."""
        return len(self.rows) + facilities

    def inside(self, unit: int) -> NDArray[np.intp]:
        """Return the cells in a region (a row of ``twin.regions``)."""
        paths = self.twin.regions["path"].iloc[self.rows]
        return np.flatnonzero(paths.str.startswith(self.twin.path(unit)).to_numpy())

    def seconds(
        self, kinds: Sequence[str], mode: str, towards: Towards = "facility"
    ) -> NDArray[np.uint16]:
        """
        Return whole seconds between every cell and the facilities of some kinds.

        Shape ``(n_cells, n)`` with the facilities in the order of ``of_kinds``, ``UNREACHED`` where
        there is no way. Kept by content in memory and on disk.
        """
        key = (tuple(kinds), mode, towards)
        with self._lock:
            if key not in self._matrices:
                self._matrices[key] = self._read_or_made(key)
                while len(self._matrices) > _MATRICES:
                    self._matrices.popitem(last=False)
            self._matrices.move_to_end(key)
            return self._matrices[key]

    def _read_or_made(self, key: tuple[tuple[str, ...], str, Towards]) -> NDArray[np.uint16]:
        kinds, mode, towards = key
        there = self.places_of(self.of_kinds(kinds))
        file = None
        if self.keep is not None:
            told = repr((self.travel.version, there.tolist(), mode, towards))
            file = self.keep / f"seconds-{hashlib.sha256(told.encode()).hexdigest()[:24]}.npy"
            kept = load(file)
            if kept is not None and kept.shape == (len(self.rows), len(there)):
                return kept.astype(np.uint16, copy=False)
        made: NDArray[Any]
        if towards == "facility":
            made = self.travel.matrix(mode, self.cells, there)
        else:
            made = np.ascontiguousarray(self.travel.matrix(mode, there, self.cells).T)
        seconds: NDArray[np.uint16] = made.astype(np.uint16, copy=False)
        if file is not None:
            save(file, seconds)
            _forget_oldest(file.parent)
        return seconds

    def nearest_seconds(
        self,
        kinds: Sequence[str],
        mode: str,
        towards: Towards = "facility",
        *,
        cost: Cost = "time",
        closed: frozenset[int] = frozenset(),
    ) -> Numbers:
        """Return whole seconds (or metres) between every cell and its nearest facility: a sweep."""
        key = (tuple(kinds), mode, towards, cost, closed)
        with self._lock:
            if key not in self._sweeps:
                targets = self.places_of(self.of_kinds(kinds))
                self._sweeps[key] = self.travel.nearest(
                    mode, self.cells, targets, towards=towards, cost=cost, closed=closed
                )
                while len(self._sweeps) > _SWEEPS:
                    self._sweeps.popitem(last=False)
            self._sweeps.move_to_end(key)
            return self._sweeps[key]


_kept: dict[tuple[str, frozenset[str]], Reach] = {}
_kept_lock = threading.Lock()


def current_reach(visitor: str | None = None) -> Reach | None:
    """
    Return the newest county as travel sees it, from the data sets that a visitor may see.

    ``visitor`` is the highest class; None: that of the installation. Made once for a data version
    and what may be seen, by one thread while the others wait. None when nothing has been loaded.
    """
    highest = settings().visitor_class if visitor is None else visitor
    county = current_twin()
    if county is None:
        return None
    with _kept_lock, Session(engine()) as db:
        allowed = frozenset(
            dataset
            for dataset, kind, its_class in db.execute(
                select(Dataset.id, Dataset.kind, Dataset.data_class)
            )
            if kind in ("facilities", "road_nodes", "road_edges", "roads_osm")
            and may_see(highest, its_class)
        )
        key = (county.version, allowed)
        if key not in _kept:
            for old in [k for k in _kept if k[0] != county.version]:
                del _kept[old]
            _kept[key] = reach_for(
                county, db, allowed=allowed, keep=settings().data_folder / "cache"
            )
        return _kept[key]


def forget() -> None:
    """Drop what is kept: a test changed the store behind our back."""
    with _kept_lock:
        _kept.clear()


def reach_for(
    twin: Twin, db: Session, *, allowed: Collection[str], keep: Path | None = None
) -> Reach:
    """Read facilities and roads of the allowed data sets and join them to the county's cells."""
    batches = db.execute(select(Batch.id).where(Batch.dataset_id.in_(allowed))).scalars().all()
    regions = twin.regions
    rows = np.flatnonzero(regions["is_leaf"].to_numpy())
    lonlat = regions[["lon", "lat"]].to_numpy(dtype=float)[rows]
    facilities = _facilities(db, batches, _day(twin))
    facilities["outside"] = _outside(db, facilities)
    roads, edge_ids = _roads(db, batches)
    modes = _modes(db)
    places = np.vstack((lonlat, facilities[["lon", "lat"]].to_numpy(dtype=float)))
    travel = TravelTimes(roads, places, crs=str(twin.county["crs"]), modes=modes, keep=keep)
    villages, townships = _above(twin, rows, "village"), _above(twin, rows, "township")
    return Reach(
        twin,
        rows,
        lonlat,
        _groups(twin, rows),
        villages,
        townships,
        _town(twin, villages),
        facilities,
        roads,
        edge_ids,
        travel,
        _stored(db, "standards"),
        keep,
        _notes(twin, rows, lonlat, facilities, roads),
    )


def _stored(db: Session, key: str) -> dict[str, Any]:
    found = db.execute(select(Meta.value).where(Meta.key == key)).scalar()
    return dict(found or {})


def _modes(db: Session) -> dict[str, Mode]:
    return configured(_stored(db, "travel"), MODES)


def _day(twin: Twin) -> dt.date | None:
    """Return the day the county's figures are of: facilities closed by then do not count."""
    told = twin.county.get("as_of")
    return dt.date.fromisoformat(told) if told else twin.date


def _groups(twin: Twin, rows: NDArray[np.intp]) -> dict[str, NDArray[np.float64]]:
    known = [
        m.id
        for m in MEASURES.values()
        if m.unit == "persons" and m.id not in _NOT_A_GROUP and not np.isnan(twin.measures[m.id][0])
    ]
    ids = dict.fromkeys(("people", *known))
    return {m: np.nan_to_num(twin.measures[m][rows]) for m in ids}


def _above(twin: Twin, rows: NDArray[np.intp], level: str) -> NDArray[np.intp]:
    """Return the region of a level that each row lies in; the row's own when none is."""
    levels = twin.regions["level"].to_numpy()
    parents = twin.regions["parent"].to_numpy()
    found = rows.copy()
    here = rows.copy()
    while (here >= 0).any():
        there = here >= 0
        hit = there & (levels[here] == level)
        found[hit] = here[hit]
        here = np.where(there & ~hit, parents[here], -1)
    return found


def _town(twin: Twin, villages: NDArray[np.intp]) -> NDArray[np.bool_]:
    """
    Tell which cells lie in town.

    Twelve-digit codes say it: 001 to 199 at their end are residents' committees, 200 to 399
    villagers' committees. Elsewhere the density of the village decides.
    """
    codes = twin.regions["code"].astype(str).to_numpy()[villages]
    if twin.county.get("code_scheme") == "cn":
        said = np.array([len(c) == 12 and c.isdigit() for c in codes])
        if said.all():
            return np.array([int(c[9:]) < 200 for c in codes])
    with np.errstate(divide="ignore", invalid="ignore"):
        density = twin.measures["people"][villages] / twin.measures["area_km2"][villages]
    result: NDArray[np.bool_] = density >= _TOWN_DENSITY
    return result


_FACILITY_COLUMNS = (
    "id", "name", "kind", "capacity", "staff", "referral_level", "region_code", "lon", "lat",
)  # fmt: skip


def _facilities(db: Session, batches: Sequence[int], day: dt.date | None) -> pd.DataFrame:
    """Return the facilities that are open on a day, in the order of their ids."""
    query = (
        select(*(getattr(Facility, c) for c in _FACILITY_COLUMNS))
        .where(Facility.batch_id.in_(batches))
        .order_by(Facility.id)
    )
    if day is not None:
        query = query.where(
            (Facility.open_from.is_(None)) | (Facility.open_from <= day),
            (Facility.open_to.is_(None)) | (Facility.open_to >= day),
        )
    table = pd.DataFrame(db.execute(query).all(), columns=list(_FACILITY_COLUMNS))
    for column in ("capacity", "staff", "lon", "lat"):
        table[column] = table[column].astype(float)
    return table


def _outside(db: Session, facilities: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which facilities lie outside the county's border; none where it has no shape."""
    wkb = db.execute(select(Region.geometry).where(Region.level == "county")).scalar()
    if wkb is None:
        return np.zeros(len(facilities), dtype=bool)
    county = shapely.from_wkb(wkb)
    shapely.prepare(county)
    result: NDArray[np.bool_] = ~shapely.intersects_xy(
        county, facilities["lon"].to_numpy(), facilities["lat"].to_numpy()
    )
    return result


_EDGE_COLUMNS = (
    "id", "u", "v", "length_m", "road_class", "surface", "access", "oneway", "maxspeed_kmh",
    "bridge", "closed", "name", "geometry",
)  # fmt: skip


def _roads(db: Session, batches: Sequence[int]) -> tuple[Roads | None, NDArray[np.int64]]:
    """Return the roads and their ids in the store; None without any."""
    query = (
        select(*(getattr(RoadEdge, c) for c in _EDGE_COLUMNS))
        .where(RoadEdge.batch_id.in_(batches))
        .order_by(RoadEdge.id)
    )
    rows = db.execute(query).all()
    if not rows:
        return None, np.empty(0, dtype=np.int64)
    column = dict(zip(_EDGE_COLUMNS, zip(*rows, strict=True), strict=True))
    nodes = db.execute(
        select(RoadNode.id, RoadNode.lon, RoadNode.lat, RoadNode.elevation_m).order_by(RoadNode.id)
    ).all()
    number = {node[0]: i for i, node in enumerate(nodes)}
    roads = Roads(
        node_lonlat=np.array([(n[1], n[2]) for n in nodes], dtype=float),
        node_elevation=np.array([n[3] for n in nodes], dtype=float),
        u=np.array([number[u] for u in column["u"]], dtype=np.intp),
        v=np.array([number[v] for v in column["v"]], dtype=np.intp),
        length_m=np.array(column["length_m"], dtype=float),
        road_class=_texts(column["road_class"]),
        surface=_texts(column["surface"]),
        access=_texts(column["access"]),
        oneway=np.array(column["oneway"], dtype=np.int8),
        maxspeed_kmh=np.array(column["maxspeed_kmh"], dtype=float),
        bridge=np.array(column["bridge"], dtype=bool),
        closed=np.array(column["closed"], dtype=bool),
        names=_texts(column["name"]),
        geometry=shapely.from_wkb(np.array(column["geometry"], dtype=object)),
    )
    return roads, np.array(column["id"], dtype=np.int64)


def _texts(values: Sequence[Any]) -> NDArray[np.object_]:
    result = np.empty(len(values), dtype=object)
    result[:] = [value or "" for value in values]
    return result


def _notes(
    twin: Twin,
    rows: NDArray[np.intp],
    lonlat: NDArray[np.float64],
    facilities: pd.DataFrame,
    roads: Roads | None,
) -> tuple[Note, ...]:
    """Return what everybody who reads a figure of travel should know."""
    notes = []
    if roads is None:
        notes.append(Note("No roads are loaded: times are those of straight lines times 1.3."))
    nowhere = np.isnan(lonlat).any(axis=1)
    if nowhere.any():
        sentence = "Cells without a place, so that nobody there can be reached: {n} ({names})."
        notes.append(_about(twin, rows[nowhere], sentence))
    return (*notes, *outside_notes(facilities))


def _about(twin: Twin, rows: NDArray[np.intp], template: str) -> Note:
    """Return a remark that counts and names regions."""
    picked = twin.regions.iloc[rows]
    english = picked["name_en"].where(picked["name_en"] != "", picked["name"])
    return Note(
        template,
        {"n": len(rows), "names": listed(picked["name"].tolist())},
        {"names": listed(english.tolist(), "en")},
    )


def outside_notes(facilities: pd.DataFrame) -> tuple[Note, ...]:
    """Return the remark on facilities beyond the county's border; nothing when there is none."""
    outside = facilities.loc[facilities["outside"], "name"].tolist()
    if not outside:
        return ()
    sentence = (
        "Facilities outside the county's border, which count for whoever reaches them: "
        "{n} ({names})."
    )
    names = {"names": listed(outside, "en")}
    return (Note(sentence, {"n": len(outside), "names": listed(outside)}, names),)


def mode_notes(reach: Reach, mode: str, kinds: Collection[str] | None = None) -> tuple[Note, ...]:
    """
    Return remarks on the network of a mode: cells and facilities off it, parts not joined.

    Only facilities of some kinds are named; of all when None.
    """
    if reach.mine is not None:  # they would count and name what lies outside of the part
        return _on_foot(reach, mode)
    n_cells = len(reach.rows)
    off = reach.travel.off_network(mode)
    parts = reach.travel.parts(mode)
    notes = []
    for chosen, template in (
        (off[off < n_cells], "Cells that no road comes near enough to: {n} ({names})."),
        (
            parts.outside[parts.outside < n_cells],
            "Cells that meet only roads joined to no others: {n} ({names}).",
        ),
    ):
        placed = chosen[~np.isnan(reach.lonlat[chosen]).any(axis=1)]
        if len(placed):
            notes.append(_about(reach.twin, reach.rows[placed], template))
    far = np.union1d(off[off >= n_cells], parts.outside[parts.outside >= n_cells]) - n_cells
    if kinds is not None:
        far = np.intersect1d(far, reach.of_kinds(kinds))
    notes.extend(_on_foot(reach, mode))
    if len(far):
        told = reach.facilities["name"].to_numpy()[far]
        notes.append(
            Note(
                "Facilities where no road of the network leads: {n} ({names}).",
                {"n": len(far), "names": listed(told)},
                {"names": listed(told, "en")},
            )
        )
    return tuple(notes)


def _on_foot(reach: Reach, mode: str) -> tuple[Note, ...]:
    if not reach.has_roads or mode not in ("walk", "older"):
        return ()
    sentence = (
        "On foot, times follow roads and paths: nobody is sent straight across country but "
        "for the way to the nearest road."
    )
    return (Note(sentence),)


def listed(names: Sequence[Any] | NDArray[Any], language: str = "zh", most: int = 5) -> str:
    """Return the first few names as a language joins them, and an ellipsis where there are more."""
    told = [str(name) for name in names]
    if language == "zh":
        return "、".join(told[:most]) + ("等" if len(told) > most else "")
    return ", ".join(told[:most]) + (" …" if len(told) > most else "")


def _forget_oldest(folder: Path) -> None:
    """Delete what was written longest ago once the kept files exceed half a gigabyte."""
    found = []
    for file in folder.glob("*.npy"):
        with suppress(FileNotFoundError):  # another process tidies up too
            found.append((file.stat().st_mtime, file.stat().st_size, file))
    total = 0
    for _, size, file in sorted(found, reverse=True):
        total += size
        if total > _DISK_BYTES:
            file.unlink(missing_ok=True)


def minutes(seconds: Numbers) -> NDArray[np.float64]:
    """Return minutes, inf where there is no way."""
    nothing = UNREACHED if seconds.dtype == np.uint16 else np.iinfo(seconds.dtype).max
    return np.where(seconds == nothing, np.inf, seconds / 60)
