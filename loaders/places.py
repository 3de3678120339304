"""Where rows lie: coordinates to longitude and latitude, shapes mended or refused, doubts asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata import crs as systems
from geodata.errors import AskFirst, DataFileError
from loaders.manifest import Dataset, Manifest
from loaders.rules import mask_text
from loaders.table import Dimension, Finding, ReadContext, Severity

Geometries = NDArray[np.object_]
Floats = NDArray[np.float64]
WORLD: systems.Box = (-180.0, -90.0, 180.0, 90.0)
PAIRS_FOR_OFFSET = 5  # fewer pairs may all be moved houses

_WANTED = {
    "regions": ("Polygon", "MultiPolygon"),
    "road_edges": ("LineString", "MultiLineString"),
}
"""Kinds whose shapes are all of one family."""


@dataclass(frozen=True)
class Reading:
    """What one reading needs at every step."""

    entry: Dataset
    manifest: Manifest
    context: ReadContext
    file: str

    @property
    def box(self) -> systems.Box:
        """Where places ought to be: the county with a margin, or China, or the world."""
        known = self.context.box or self.manifest.county.box
        if known:
            return systems.widened(known)
        return systems.CHINA_BOX if self.manifest.county.code_scheme == "cn" else WORLD

    def finding(
        self,
        row: int | None,
        column: str,
        rule: str,
        dimension: Dimension,
        severity: Severity,
        found: str,
        expected: str,
        *,
        text: str = "",
        **values: object,
    ) -> Finding:
        """Return a finding about this data set, masked; of persons without the row's text."""
        # Regions have codes as long as old identity numbers, and no persons.
        regions = self.entry.kind == "regions"
        return Finding(
            dataset=self.entry.id,
            file=self.file,
            row=row,
            column=column,
            rule=rule,
            dimension=dimension,
            severity=severity,
            found=mask_text(found, codes=regions)[:200],
            expected=expected,
            values=values,
            text="" if self.entry.kind == "persons" else mask_text(text, codes=regions)[:2000],
        )


def row_text(table: pd.DataFrame, position: int) -> str:
    """Return a row as text, its shape left out."""
    cells = table.iloc[position].drop(labels=["geometry", "row"], errors="ignore")
    return " | ".join("" if pd.isna(cell) else str(cell) for cell in cells)


# ---------------------------------------------------------------- points


def place_points(table: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """
    Return the table with ``lon`` and ``lat`` in degrees, EPSG:4326, its offset undone.

    What is no number stays as it is, for the checks to name. Degrees with minutes and seconds are
    understood.

    Raises
    ------
    AskFirst
        If more than half of the points lie outside the county, or lie off known places by more
        than 150 m, and nobody has confirmed it.
    """
    if not {"lon", "lat"} <= set(table.columns):
        return table
    x, y = numbers_of(table["lon"]), numbers_of(table["lat"])
    declared = reading.entry.crs or systems.WGS84
    good = np.isfinite(x) & np.isfinite(y)
    if not good.any():
        return table
    lon, lat = _to_degrees(x, y, declared, reading)
    _ask_about_box(x[good], y[good], lon[good], lat[good], declared, reading)
    _ask_about_offset(table, lon, lat, reading)
    changed = declared != systems.WGS84 or reading.entry.offset != ""
    placed = table.copy()
    for name, before, after in (("lon", x, lon), ("lat", y, lat)):
        column = table[name]
        if good.sum() == column.notna().sum() == len(column):
            placed[name] = after
        elif changed or not pd.api.types.is_numeric_dtype(column):
            texts = column.astype("object").where(column.notna(), None)
            understood = np.isfinite(before) & (good if changed else np.isfinite(before))
            texts[understood] = [repr(float(value)) for value in after[understood]]
            placed[name] = texts
    return placed


_DMS = re.compile(
    r"(?P<d>\d{1,3})\s*[°度]\s*(?P<m>\d{1,2}(?:\.\d+)?)\s*['′’分]?\s*"
    r"(?:(?P<s>\d{1,2}(?:\.\d+)?)\s*[\"″”秒]?)?\s*(?P<h>[NSEWnsew]?)"
)


def numbers_of(column: pd.Series[Any]) -> Floats:
    """Return a column as numbers; NaN where there is none. Reads 113°45′12″ as well."""
    if pd.api.types.is_numeric_dtype(column):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    found = pd.to_numeric(column, errors="coerce")
    numbers = found.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    odd = np.flatnonzero(np.isnan(numbers) & column.notna().to_numpy(dtype=bool))
    for place in odd.tolist():
        match = _DMS.fullmatch(str(column.iloc[place]).strip())
        if match:
            degrees = float(match["d"]) + float(match["m"]) / 60 + float(match["s"] or 0) / 3600
            numbers[place] = -degrees if match["h"] in ("S", "W", "s", "w") else degrees
    return np.asarray(numbers)


def _to_degrees(x: Floats, y: Floats, declared: str, reading: Reading) -> tuple[Floats, Floats]:
    lon, lat = (x, y) if declared == systems.WGS84 else systems.to_lon_lat(x, y, declared)
    return systems.undo_offset(lon, lat, reading.entry.offset)


def _ask_about_box(
    x: Floats, y: Floats, lon: Floats, lat: Floats, declared: str, reading: Reading
) -> None:
    """Ask when more than half of the places lie outside the box."""
    if "place" in reading.entry.confirmed:
        return
    box = reading.box
    if systems.share_inside(lon, lat, box) >= 0.5:
        return
    guess = systems.guess_crs(
        x, y, box, declared=declared, candidates=(reading.manifest.county.crs,)
    )
    raise _question(guess, x, y, box, declared, reading.file)


def _question(
    guess: systems.Guess, x: Floats, y: Floats, box: systems.Box, declared: str, file: str
) -> AskFirst:
    values: dict[str, object] = {
        "file": file,
        "question": "place",
        "declared": declared,
        "found": f"{np.nanmedian(x):.6g}, {np.nanmedian(y):.6g}",
        "box": f"{box[0]:.4g} - {box[2]:.4g} E, {box[1]:.4g} - {box[3]:.4g} N",
        "guess": ", ".join(guess.crs[:3]),
    }
    match guess.reason:
        case "swapped":
            template = (
                "{file}: places such as {found} lie outside the county ({box}). Longitude and "
                "latitude have probably changed places."
            )
        case "degrees":
            template = (
                "{file}: places such as {found} lie outside the county ({box}) in {declared}. "
                "They are probably degrees ({guess})."
            )
        case "metres":
            template = (
                "{file}: places such as {found} lie outside the county ({box}) in {declared}. "
                "They are probably metres ({guess})."
            )
        case "zone":
            template = (
                "{file}: places such as {found} lie outside the county ({box}) in {declared}. "
                "They fit into the county in {guess}."
            )
        case _:
            template = (
                "{file}: places such as {found} lie outside the county ({box}) in {declared}. "
                "No known system brings them there."
            )
    return AskFirst(template, **values)


def _ask_about_offset(table: pd.DataFrame, lon: Floats, lat: Floats, reading: Reading) -> None:
    """Ask when places that we know already lie elsewhere by more than surveying explains."""
    reference = reading.context.reference
    if not reference or "offset" in reading.entry.confirmed:
        return
    for key in ("code", "id", "name"):
        if key not in table.columns:
            continue
        names = table[key].astype("object")
        there_too = names.isin(list(reference)).to_numpy(dtype=bool)
        known = there_too & np.isfinite(lon) & np.isfinite(lat)
        if known.sum() < PAIRS_FOR_OFFSET:
            continue
        there = np.array([reference[name] for name in names[known]], dtype=np.float64)
        guess = systems.offset_guess(np.column_stack([lon[known], lat[known]]), there)
        if guess.ask:
            raise _offset_question(guess, reading.file)
        return


def _offset_question(guess: systems.OffsetGuess, file: str) -> AskFirst:
    if guess.offset:
        return AskFirst(
            "{file}: known places lie {shift} m from where they are. That is probably the offset "
            "{offset}.",
            file=file,
            question="offset",
            shift=round(guess.shift_m),
            offset={"gcj02": "GCJ-02", "bd09": "BD-09"}[guess.offset],
        )
    return AskFirst(
        "{file}: known places lie {shift} m from where they are.",
        file=file,
        question="offset",
        shift=round(guess.shift_m),
    )


# ---------------------------------------------------------------- shapes


def place_shapes(
    table: pd.DataFrame, geometry: Geometries, declared: str, reading: Reading
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """
    Return the table with shapes in EPSG:4326, and what was wrong with them.

    Rows without a usable shape are left out with an error; self-crossing shapes are repaired with
    a warning; heights are dropped.

    Parameters
    ----------
    table
        Standard columns and ``row``, index from 0.
    geometry
        Shapes as they stand in the file, row by row, None where there is none.
    declared
        Their reference system; "" if the file names none.

    Raises
    ------
    AskFirst
        If more than half of the shapes lie outside the county and nobody has confirmed it.
    DataFileError
        If there is no reference system and the coordinates do not look like degrees.
    """
    shapes = shapely.force_2d(geometry)
    findings: list[Finding] = []
    keep = _usable(shapes, table, reading, findings)
    table, shapes = table[keep].reset_index(drop=True), shapes[keep]
    if len(table) == 0:
        return gpd.GeoDataFrame(table, geometry=[], crs=systems.WGS84), findings
    if not declared:
        declared = _assume_degrees(shapes, reading, findings)
    centre = _centres(shapes)
    placed = _transform(shapes, declared, reading.entry.offset)
    there = _centres(placed)
    _ask_about_box(centre[:, 0], centre[:, 1], there[:, 0], there[:, 1], declared, reading)
    _ask_about_offset(table, there[:, 0], there[:, 1], reading)
    placed, keep = _mended(placed, table, reading, findings)
    table = table[keep].reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry=placed[keep], crs=systems.WGS84), findings


def _centres(shapes: Geometries) -> Floats:
    bounds = shapely.bounds(shapes)
    return np.column_stack([(bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2])


def _usable(
    shapes: Geometries, table: pd.DataFrame, reading: Reading, findings: list[Finding]
) -> NDArray[np.bool_]:
    """Return which rows have a shape of finite coordinates; list the others."""
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    bounds = shapely.bounds(shapes)
    # 1e9 m is 80 times the earth's width: no system has such coordinates
    wild = ~missing & ~(np.isfinite(bounds).all(axis=1) & (np.abs(bounds) < 1e9).all(axis=1))
    counts = shapely.get_num_coordinates(shapes)
    coordinates = shapely.get_coordinates(shapes)
    owner = np.repeat(np.arange(len(shapes)), counts)
    wild[np.unique(owner[~np.isfinite(coordinates).all(axis=1)])] = True
    for place in np.flatnonzero(missing).tolist():
        findings.append(
            reading.finding(
                int(table["row"].iloc[place]), "geometry", "geometry.missing", "completeness",
                "error", "", "a shape that can be read", text=row_text(table, place),
            )
        )  # fmt: skip
    for place in np.flatnonzero(wild & ~missing).tolist():
        findings.append(
            reading.finding(
                int(table["row"].iloc[place]), "geometry", "geometry.number", "validity",
                "error", _shown(shapes[place]), "coordinates on the earth",
                text=row_text(table, place),
            )
        )  # fmt: skip
    usable: NDArray[np.bool_] = ~(missing | wild)
    return usable


def _shown(shape: Any) -> str:
    points = shapely.get_coordinates(shape)
    odd = points[~(np.isfinite(points) & (np.abs(points) < 1e9)).all(axis=1)]
    return f"{odd[0][0]:g}, {odd[0][1]:g}" if len(odd) else shapely.get_type_id(shape).__str__()


def _assume_degrees(shapes: Geometries, reading: Reading, findings: list[Finding]) -> str:
    centre = _centres(shapes)
    if systems.share_inside(centre[:, 0], centre[:, 1], reading.box) >= 0.9:
        findings.append(
            reading.finding(
                None, "geometry", "crs.missing", "place", "warning", "",
                "a reference system; taken as longitude and latitude",
            )
        )  # fmt: skip
        return systems.WGS84
    raise DataFileError(
        "{file}: no coordinate reference system; name it as crs in the manifest.",
        file=reading.file,
    )


def _transform(shapes: Geometries, declared: str, offset: str) -> Geometries:
    name = systems.known_crs(declared).to_string()
    if name in (systems.WGS84, "EPSG:4490", "OGC:CRS84") and not offset:
        return shapes

    def move(points: Floats) -> Floats:
        lon, lat = systems.to_lon_lat(points[:, 0], points[:, 1], name)
        return np.column_stack(systems.undo_offset(lon, lat, offset))

    moved: Geometries = shapely.transform(shapes, move)
    return moved


def _mended(
    shapes: Geometries, table: pd.DataFrame, reading: Reading, findings: list[Finding]
) -> tuple[Geometries, NDArray[np.bool_]]:
    """Repair what crosses itself, keep the wanted family of shapes, list the rest."""
    keep = np.ones(len(shapes), dtype=bool)
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    crossing = finite & ~shapely.is_valid(shapes)
    shapes = shapes.copy()
    for place in np.flatnonzero(crossing).tolist():
        reason = shapely.is_valid_reason(shapes[place])
        shapes[place] = shapely.make_valid(shapes[place])
        findings.append(
            reading.finding(
                int(table["row"].iloc[place]), "geometry", "geometry.repaired", "validity",
                "warning", reason, "a shape that does not cross itself; repaired",
            )
        )  # fmt: skip
    wanted = _WANTED.get(reading.entry.kind)
    for place in range(len(shapes)):
        shape = shapes[place]
        if wanted and shape.geom_type not in wanted:
            shape = _of_family(shape, wanted)
            shapes[place] = shape
        if shape is None or shape.is_empty or not finite[place]:
            keep[place] = False
            findings.append(
                reading.finding(
                    int(table["row"].iloc[place]), "geometry", "geometry.type", "validity",
                    "error", "" if shape is None else shape.geom_type, "one of {types}",
                    text=row_text(table, place), types=", ".join(wanted or ("Polygon",)),
                )
            )  # fmt: skip
    return shapes, keep


def _of_family(shape: Any, wanted: tuple[str, ...]) -> Any:
    """Return the parts of a collection that are of the wanted family, or None."""
    parts = [p for p in shapely.get_parts(shape, return_index=False) if not p.is_empty]
    flat = [q for p in parts for q in shapely.get_parts(p)]
    good = [p for p in flat if p.geom_type in wanted]
    if not good:
        return None
    return shapely.union_all(good) if wanted[0] == "Polygon" else shapely.multilinestrings(good)


def shapes_of_wkt(column: pd.Series[Any]) -> Geometries:
    """Return shapes from well-known text; None where it cannot be read."""
    texts = column.astype("object").where(column.notna(), None).to_numpy()
    return np.asarray(shapely.from_wkt(texts, on_invalid="ignore"), dtype=object)


def shapes_of_h3(codes: pd.Series[Any]) -> Geometries:
    """Return the hexagons of H3 indices; None where the text is no index."""
    shapes = []
    for code in codes:
        good = isinstance(code, str) and h3.is_valid_cell(code)
        shapes.append(
            shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(code)])
            if good
            else None
        )
    return np.array(shapes, dtype=object)
