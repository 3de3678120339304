"""Heights of the ground from a GeoTIFF: what it covers, and the height at any point."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
from numpy.typing import ArrayLike, NDArray
from rasterio.errors import RasterioError
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from geodata import crs as systems
from geodata.errors import AskFirst, DataFileError
from loaders.files import Opened
from loaders.places import Reading
from loaders.table import LoadedTable

Floats = NDArray[np.float64]
HEIGHTS = (-500.0, 9000.0)  # metres: below the Dead Sea, above Everest


def load(source: Opened, path: Path, reading: Reading) -> LoadedTable:
    """
    Check a GeoTIFF and hand on its path; the heights stay in the file.

    Parameters
    ----------
    source
        The file, unpacked where it was packed.
    path
        The file that was given.

    Raises
    ------
    DataFileError
        If it is no GeoTIFF, has no reference system, too many pixels, or is packed.
    AskFirst
        If it does not cover any part of the county and nobody has confirmed it.
    """
    if source.kind != "geotiff":
        raise DataFileError(
            "{file}: not a readable {type} file.", file=reading.file, type="GeoTIFF"
        )
    if source.path != path:
        raise DataFileError("{file}: unpack elevation before loading it.", file=reading.file)
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            extra = _facts(raster, path, reading)
    except (RasterioError, ValueError) as error:
        raise DataFileError(
            "{file}: not a readable {type} file.", file=reading.file, type="GeoTIFF"
        ) from error
    return LoadedTable(
        dataset=reading.entry,
        table=pd.DataFrame({"row": pd.Series(dtype="int64")}),
        findings=(),
        matches={},
        sha256=source.sha256,
        n_rows=0,
        extra=extra,
    )


def _facts(raster: Any, path: Path, reading: Reading) -> dict[str, object]:
    declared = reading.entry.crs or (raster.crs.to_string() if raster.crs else "")
    if not declared:
        raise DataFileError(
            "{file}: no coordinate reference system; name it as crs in the manifest.",
            file=reading.file,
        )
    if raster.width * raster.height > reading.context.limits.pixels:
        raise DataFileError(
            "{file}: has more than {limit} cells.",
            file=reading.file,
            limit=reading.context.limits.pixels,
        )
    bounds = transform_bounds(declared, "EPSG:4326", *raster.bounds)
    _ask_about_cover(bounds, reading)
    return {
        "path": str(path),
        "crs": declared,
        "bounds": bounds,  # west, south, east, north in degrees
        "shape": (raster.height, raster.width),
    }


def _ask_about_cover(bounds: systems.Box, reading: Reading) -> None:
    box = reading.box
    apart = bounds[0] > box[2] or bounds[2] < box[0] or bounds[1] > box[3] or bounds[3] < box[1]
    if apart and "place" not in reading.entry.confirmed:
        raise AskFirst(
            "{file}: covers {found}, no part of the county ({box}).",
            file=reading.file,
            question="place",
            found=f"{bounds[0]:.4g} - {bounds[2]:.4g} E, {bounds[1]:.4g} - {bounds[3]:.4g} N",
            box=f"{box[0]:.4g} - {box[2]:.4g} E, {box[1]:.4g} - {box[3]:.4g} N",
        )


def sample_elevation(path: Path | str, lon: ArrayLike, lat: ArrayLike) -> Floats:
    """
    Return the height of the ground at points, between pixel centres by bilinear interpolation.

    Parameters
    ----------
    path
        A GeoTIFF whose first band is heights in metres.
    lon, lat
        Degrees, EPSG:4326, shape ``(n,)``.

    Returns
    -------
    ndarray
        Metres, shape ``(n,)``. NaN outside the raster, and where the pixel a point lies in has
        no height. Next to such pixels, and within half a pixel of the border, the height of the
        point's own pixel.

    Raises
    ------
    DataFileError
        If the file cannot be read.
    """
    file = Path(path).name
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            name = raster.crs.to_string() if raster.crs else systems.WGS84
            x, y = systems.from_lon_lat(lon, lat, name)
            a, b, c, d, e, f = (~raster.transform)[:6]
            column, row = a * x + b * y + c, d * x + e * y + f
            return _sampled(raster, np.asarray(column), np.asarray(row))
    except RasterioError as error:
        raise DataFileError(
            "{file}: not a readable {type} file.", file=file, type="GeoTIFF"
        ) from error


def _sampled(raster: Any, column: Floats, row: Floats) -> Floats:
    heights = np.full(len(column), np.nan)
    inside = (column >= 0) & (column < raster.width) & (row >= 0) & (row < raster.height)
    if not inside.any():
        return heights
    column, row = column[inside], row[inside]
    # Only the part of the raster that the points need, one pixel wider for the interpolation.
    left, top = max(0, int(column.min()) - 1), max(0, int(row.min()) - 1)
    right = min(raster.width, int(column.max()) + 2)
    bottom = min(raster.height, int(row.max()) + 2)
    window = Window(left, top, right - left, bottom - top)
    band = raster.read(1, window=window, masked=True).astype(np.float64)
    grid = band.filled(np.nan)
    grid[(grid < HEIGHTS[0]) | (grid > HEIGHTS[1])] = np.nan
    heights[inside] = bilinear(grid, column - left, row - top)
    return heights


def bilinear(grid: Floats, column: Floats, row: Floats) -> Floats:
    """
    Interpolate a grid between its pixel centres.

    ``column`` and ``row`` count from the upper left corner of the grid, so the first pixel's
    centre is at (0.5, 0.5). Where one of the four neighbours is missing, the own pixel's value.
    """
    own = grid[row.astype(int), column.astype(int)]
    x, y = column - 0.5, row - 0.5
    left = np.clip(np.floor(x).astype(int), 0, max(grid.shape[1] - 2, 0))
    top = np.clip(np.floor(y).astype(int), 0, max(grid.shape[0] - 2, 0))
    right, bottom = np.minimum(left + 1, grid.shape[1] - 1), np.minimum(top + 1, grid.shape[0] - 1)
    u, v = np.clip(x - left, 0.0, 1.0), np.clip(y - top, 0.0, 1.0)
    upper = grid[top, left] * (1 - u) + grid[top, right] * u
    lower = grid[bottom, left] * (1 - u) + grid[bottom, right] * u
    mixed = upper * (1 - v) + lower * v
    heights: Floats = np.where(np.isnan(own) | np.isnan(mixed), own, mixed)
    return heights
