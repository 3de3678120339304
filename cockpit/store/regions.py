"""Make the tree of regions: parents, a missing county, areas around points, cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pypinyin import Style, lazy_pinyin

from geodata import areal, hierarchy
from geodata.errors import DataFileError
from loaders.manifest import Manifest
from loaders.table import Finding, LoadedTable

LEVELS = hierarchy.LEVELS
WGS84 = "EPSG:4326"


@dataclass(frozen=True)
class RegionTable:
    """
    All regions of a county, ready for the table ``region``.

    ``frame`` has the columns of the table but ``batch_id`` and, for each region, ``dataset`` (""
    when the cockpit made it) and ``source_row``. ``findings`` are about the tree, by data set.
    """

    frame: gpd.GeoDataFrame
    findings: dict[str, list[Finding]] = field(default_factory=dict)


def build_regions(loaded: list[LoadedTable], manifest: Manifest) -> RegionTable:
    """
    Join region data sets into one tree and make what is missing.

    The county itself is made when no data set brings it (union of the highest level). Regions with
    points and ``areas = "voronoi"`` get the areas around them inside their parents. Where the
    manifest asks for cells, regions of the named level that have no polygons below are cut.

    Raises
    ------
    DataFileError
        If no data set has regions, or one level's data sets repeat a code.
    """
    regions, findings = _joined(loaded, manifest)
    regions = _with_county(regions, manifest)
    regions, orphans = _with_parents(regions, manifest)
    for dataset, found in orphans.items():
        findings.setdefault(dataset, []).extend(found)
    regions = _with_areas(regions, loaded, manifest)
    regions = _with_cells(regions, manifest)
    return RegionTable(_finished(regions, manifest), findings)


_COLUMNS = [
    "code",
    "level",
    "parent",
    "name",
    "name_en",
    "lon",
    "lat",
    "dataset",
    "source_row",
    "made",
]


def _joined(
    loaded: list[LoadedTable], manifest: Manifest
) -> tuple[gpd.GeoDataFrame, dict[str, list[Finding]]]:
    parts: list[pd.DataFrame] = []
    findings: dict[str, list[Finding]] = {}
    for item in sorted(loaded, key=lambda one: LEVELS.index(one.dataset.level or "grid")):
        table = item.table
        part = pd.DataFrame({"code": table["code"].astype(str)})
        # One file may hold all levels: then the length of the code tells each.
        told = [hierarchy.level_of_code(code) or "grid" for code in part["code"]]
        part["level"] = item.dataset.level or told
        for column in ("parent", "name", "name_en"):
            part[column] = _text(table, column)
        for column in ("lon", "lat"):
            part[column] = table[column].astype(float) if column in table else np.nan
        part["dataset"], part["source_row"], part["made"] = item.dataset.id, table["row"], False
        has_shape = isinstance(table, gpd.GeoDataFrame)
        part["geometry"] = np.asarray(table.geometry, dtype=object) if has_shape else None
        parts.append(part)
    if not parts:
        raise DataFileError(
            "The manifest of {county} names no regions.", county=manifest.county.name
        )
    joined = pd.concat(parts, ignore_index=True)
    rank = joined["level"].map({level: n for n, level in enumerate(LEVELS)})
    joined = joined.iloc[np.argsort(rank, kind="stable")].reset_index(drop=True)
    twice = joined["code"].duplicated()
    for row in np.flatnonzero(twice):
        one = joined.iloc[row]
        findings.setdefault(str(one["dataset"]), []).append(
            _finding(one, "code.duplicate", "uniqueness", "a code that no other region has")
        )
    return gpd.GeoDataFrame(joined[~twice].reset_index(drop=True), crs=WGS84), findings


def _text(table: pd.DataFrame, column: str) -> pd.Series[Any]:
    if column not in table:
        return pd.Series("", index=table.index)
    return table[column].fillna("").astype(str)


def _finding(one: pd.Series[Any], rule: str, dimension: Any, expected: str) -> Finding:
    return Finding(
        dataset=str(one["dataset"]), file="", row=int(one["source_row"]), column="code", rule=rule,
        dimension=dimension, severity="error", found=str(one["code"]), expected=expected,
        text=f"{one['code']},{one['name']},{one['parent']}",
    )  # fmt: skip


def _with_county(regions: gpd.GeoDataFrame, manifest: Manifest) -> gpd.GeoDataFrame:
    if (regions["level"] == "county").any():
        return regions
    top = min(regions["level"], key=LEVELS.index)
    shapes = np.asarray(regions.geometry[regions["level"] == top], dtype=object)
    outline = _outline(shapes[~shapely.is_missing(shapes)])
    county = pd.DataFrame(
        {
            "code": [manifest.county.code], "level": ["county"], "parent": [""],
            "name": [manifest.county.name], "name_en": [manifest.county.name_en], "lon": [np.nan],
            "lat": [np.nan], "dataset": [""], "source_row": [None], "made": [True],
            "geometry": [outline],
        }
    )  # fmt: skip
    return _joined_frames(county, regions)


def _joined_frames(first: pd.DataFrame, second: pd.DataFrame) -> gpd.GeoDataFrame:
    """Put two tables of regions under each other; shapes are taken as they are, in EPSG:4326."""
    shapes = [np.asarray(frame["geometry"], dtype=object) for frame in (first, second)]
    bare = [pd.DataFrame(frame).drop(columns="geometry") for frame in (first, second)]
    joined = pd.concat(bare, ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry=np.concatenate(shapes), crs=WGS84)


def _outline(shapes: Any) -> Any:
    """Return the union of neighbours, without hair cracks where borders do not quite meet."""
    if not len(shapes):
        return None
    closed = shapely.union_all(shapely.buffer(shapes, 2e-5, join_style="mitre"))
    return shapely.buffer(closed, -2e-5, join_style="mitre")


def _with_parents(
    regions: gpd.GeoDataFrame, manifest: Manifest
) -> tuple[gpd.GeoDataFrame, dict[str, list[Finding]]]:
    """Give every region its parent; take out those that have none, with a finding each."""
    scheme = manifest.county.code_scheme
    county = regions.loc[regions["level"] == "county", "code"].iat[0]
    findings: dict[str, list[Finding]] = {}
    while True:
        regions["parent"] = _told_parents(regions, county, scheme)
        wrong = hierarchy.faults(regions, scheme=scheme)
        if not wrong:
            return regions, findings
        for fault in wrong:
            one = regions.iloc[fault.row]
            findings.setdefault(str(one["dataset"]), []).append(
                _finding(one, fault.kind, "consistency", "a region whose parent is known")
            )
        keep = ~np.isin(np.arange(len(regions)), [fault.row for fault in wrong])
        regions = regions[keep].reset_index(drop=True)


def _told_parents(regions: gpd.GeoDataFrame, county: str, scheme: hierarchy.Scheme) -> list[str]:
    """Return the parent that is given, or told by the code, or by the place, or else the county."""
    known = dict.fromkeys(regions["code"])
    names = _names_of_upper(regions)
    levels = [level for level in LEVELS if (regions["level"] == level).any()]
    parents: list[str] = []
    by_place = _parents_by_place(regions, levels)
    for code, level, given, placed in zip(
        regions["code"], regions["level"], regions["parent"], by_place, strict=True
    ):
        told = hierarchy.normalise_code(given, scheme) if given else ""
        if level == "county":
            parents.append("")
        elif told in known:
            parents.append(told)
        elif given and (level, given) in names:
            parents.append(names[level, given])
        elif given:
            parents.append(told)  # unknown: becomes a finding
        elif scheme == "cn" and (stem := hierarchy.parent_by_prefix(code, known)):
            # A village whose township is unknown is an orphan, not a child of the county.
            direct = hierarchy.CODE_DIGITS.get(levels[levels.index(level) - 1], len(stem))
            parents.append(stem if len(stem) >= direct else code[:direct])
        else:
            parents.append(placed or (county if levels.index(level) == 1 else ""))
    return parents


def _names_of_upper(regions: gpd.GeoDataFrame) -> dict[tuple[str, str], str]:
    """Return (level, name of a region of a higher level) to its code; the nearest level wins."""
    found: dict[tuple[str, str], str] = {}
    for level in LEVELS[1:]:
        above = LEVELS[: LEVELS.index(level)]
        for upper in above:
            for code, name in regions.loc[regions["level"] == upper, ["code", "name"]].itertuples(
                index=False
            ):
                found[level, name] = code
    return found


def _parents_by_place(regions: gpd.GeoDataFrame, levels: list[str]) -> list[str]:
    points = _inner_points(regions)
    found = [""] * len(regions)
    for above, level in pairwise(levels):
        rows = np.flatnonzero(regions["level"] == level)
        areas = regions[regions["level"] == above]
        places = hierarchy.parents_by_place(points[rows], np.asarray(areas.geometry, dtype=object))
        for row, place in zip(rows, places, strict=True):
            found[row] = areas["code"].iat[place] if place >= 0 else ""
    return found


def _inner_points(regions: gpd.GeoDataFrame) -> Any:
    shapes = np.asarray(regions.geometry, dtype=object)
    points = shapely.point_on_surface(shapes)
    bare = shapely.is_missing(shapes) & regions["lon"].notna().to_numpy()
    points[bare] = shapely.points(regions.loc[bare, "lon"], regions.loc[bare, "lat"])
    return points


def _with_areas(
    regions: gpd.GeoDataFrame, loaded: list[LoadedTable], manifest: Manifest
) -> gpd.GeoDataFrame:
    """Draw areas around the points of data sets that ask for it, inside each parent."""
    asked = [item.dataset.id for item in loaded if item.dataset.areas == "voronoi"]
    if not asked:
        return regions
    metres = regions.to_crs(manifest.county.crs)
    rows_of = {code: row for row, code in enumerate(regions["code"])}
    shapes = np.array(metres.geometry, dtype=object)
    drawn = regions["dataset"].isin(asked) & regions["lon"].notna() & shapely.is_missing(shapes)
    points = gpd.GeoSeries(gpd.points_from_xy(regions["lon"], regions["lat"]), crs=WGS84).to_crs(
        manifest.county.crs
    )
    for parent, rows in regions[drawn].groupby("parent").groups.items():
        within = shapes[rows_of[str(parent)]]
        shapes[rows] = areal.voronoi_areas(np.asarray(points.iloc[rows], dtype=object), within)
    back = gpd.GeoSeries(shapes, crs=manifest.county.crs).to_crs(WGS84)
    return regions.assign(geometry=np.asarray(back, dtype=object)).set_geometry(
        "geometry", crs=WGS84
    )


def _with_cells(regions: gpd.GeoDataFrame, manifest: Manifest) -> gpd.GeoDataFrame:
    """Cut regions into cells where the manifest asks and nothing finer with an area is there."""
    cells = manifest.cells
    if cells is None:
        return regions
    finer = LEVELS[LEVELS.index(cells.under) + 1 :]
    has_shape = ~shapely.is_missing(np.asarray(regions.geometry, dtype=object))
    divided = set(regions.loc[regions["level"].isin(finer) & has_shape, "parent"])
    cut = regions[(regions["level"] == cells.under) & has_shape & ~regions["code"].isin(divided)]
    metres = cut[["code", "geometry"]].to_crs(manifest.county.crs)
    made = (
        areal.square_cells(metres, cells.size_m)
        if cells.shape == "square"
        else areal.h3_cells(cut[["code", "geometry"]], cells.resolution)
    ).to_crs(WGS84)
    stem = dict(zip(cut["code"], zip(cut["name"], cut["name_en"], strict=True), strict=True))
    number = made.groupby("parent").cumcount() + 1
    part = pd.DataFrame(
        {
            "code": made["code"],
            "level": "grid",
            "parent": made["parent"],
            "name": [f"{stem[p][0]} {n}" for p, n in zip(made["parent"], number, strict=True)],
            "name_en": [
                f"{stem[p][1] or stem[p][0]} {n}"
                for p, n in zip(made["parent"], number, strict=True)
            ],
            "lon": np.nan, "lat": np.nan, "dataset": "", "source_row": None, "made": True,
            "geometry": np.asarray(made.geometry, dtype=object),
        }
    )  # fmt: skip
    return _joined_frames(regions, part)


def _finished(regions: gpd.GeoDataFrame, manifest: Manifest) -> gpd.GeoDataFrame:
    """Order parents first, and add path, leaf, area, centre and pinyin."""
    tree = hierarchy.build(regions, scheme=manifest.county.code_scheme)
    out = regions.assign(
        parent_code=[tree.parent(code) for code in tree.codes],
        path=["/".join(tree.path(code)) + "/" for code in tree.codes],
        is_leaf=tree.is_leaf,
        pinyin=[
            _pinyin(name, name_en)
            for name, name_en in zip(regions["name"], regions["name_en"], strict=True)
        ],
    )
    shapes = np.asarray(out.geometry, dtype=object)
    area = np.asarray(out.geometry.to_crs(manifest.county.crs).area) / 1e6
    out["area_km2"] = np.where(shapely.is_missing(shapes), np.nan, area)
    points = _inner_points(out)
    known = ~shapely.is_missing(points)
    out.loc[known, "lon"], out.loc[known, "lat"] = (
        shapely.get_x(points[known]),
        shapely.get_y(points[known]),
    )
    out = out.iloc[np.lexsort((np.arange(len(out)), tree.depth))].reset_index(drop=True)
    out["position"] = np.arange(len(out))
    return out


def _pinyin(name: str, name_en: str) -> str:
    """Return what the search matches: full pinyin, initials, and the English name."""
    full = lazy_pinyin(name)
    first = lazy_pinyin(name, style=Style.FIRST_LETTER)
    return f"{''.join(full)} {''.join(first)} {name_en}".lower().strip()
