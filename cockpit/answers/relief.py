"""The county's relief as a picture: a hillshade of the stored elevation."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.settings import settings
from cockpit.store.models import Dataset, Raster

_WIDEST = 1600  # pixels: a screen, and well below a megabyte
_SUN_AZIMUTH, _SUN_HEIGHT = 315.0, 45.0  # degrees; light from the north-west, as atlases have it
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Relief:
    """A picture and where it lies."""

    png: bytes
    bounds: tuple[float, float, float, float]  # west, south, east, north in degrees


def relief_file(db: Session, visitor: str) -> Path | None:
    """Return the stored elevation raster; None when there is none that the visitor may see."""
    query = (
        select(Raster.file, Dataset.data_class)
        .join(Dataset, Dataset.id == Raster.dataset_id)
        .where(Raster.kind == "elevation")
        .order_by(Raster.dataset_id)
    )
    seen = [row.file for row in db.execute(query) if may_see(visitor, row.data_class)]
    return settings().data_folder / seen[0] if seen else None


def relief(file: Path) -> Relief:
    """
    Shade an elevation raster (metres, any reference system) lit from the north-west.

    The picture is black or white with transparency: shadows darken and slopes in the sun lighten
    whatever lies below, on a dark ground and on a light one. Cells without data are transparent.
    """
    from PIL import Image

    heights, bounds = heights_of(file)
    shade = hillshade(heights, bounds)
    dark = shade < 0
    grey = np.where(dark, 0, 255).astype(np.uint8)
    alpha = np.nan_to_num(np.abs(shade) * np.where(dark, 150, 70)).clip(0, 255).astype(np.uint8)
    file_bytes = io.BytesIO()
    Image.fromarray(np.dstack((grey, alpha)), mode="LA").save(file_bytes, "PNG", optimize=True)
    return Relief(file_bytes.getvalue(), bounds)


def relief_bounds(file: Path) -> tuple[float, float, float, float]:
    """Return west, south, east, north of the picture, in degrees."""
    return heights_of(file)[1]


def hillshade(
    heights: NDArray[np.float64], bounds: tuple[float, float, float, float]
) -> NDArray[np.float64]:
    """
    Return how much lighter (to 1) or darker (to -1) than level ground each cell is.

    Parameters
    ----------
    heights
        Metres, shape ``(rows, columns)``, north first; NaN where not known.
    bounds
        West, south, east, north in degrees.

    References
    ----------
    Horn, B. K. P. (1981), "Hill shading and the reflectance map", Proceedings of the IEEE 69(1),
    14-47.
    """
    rows, columns = heights.shape
    west, south, east, north = bounds
    cell_y = (north - south) / rows * _METRES_PER_DEGREE
    cell_x = (east - west) / columns * _METRES_PER_DEGREE * np.cos(np.radians((south + north) / 2))
    down, right = np.gradient(heights, cell_y, cell_x)
    azimuth, height = np.radians(_SUN_AZIMUTH), np.radians(_SUN_HEIGHT)
    # The surface's normal is (-right, down, 1) east, north, up: rows run south.
    light = (
        -right * np.sin(azimuth) * np.cos(height)
        + down * np.cos(azimuth) * np.cos(height)
        + np.sin(height)
    ) / np.sqrt(1 + right**2 + down**2)
    level = np.sin(height)
    relative: NDArray[np.float64] = np.where(
        light < level, light / level - 1, (light - level) / (1 - level)
    )
    return relative.clip(-1, 1)


def heights_of(
    file: Path,
) -> tuple[NDArray[np.float64], tuple[float, float, float, float]]:
    """Return heights in degrees, at most ``_WIDEST`` cells wide, and their bounds."""
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT

    with (
        rasterio.open(file) as source,
        WarpedVRT(
            source, crs="EPSG:4326", resampling=Resampling.bilinear, dtype="float32", nodata=-32768
        ) as warped,
    ):
        shrink = max(1.0, max(warped.width, warped.height) / _WIDEST)
        shape = (max(2, round(warped.height / shrink)), max(2, round(warped.width / shrink)))
        heights = warped.read(1, out_shape=shape, resampling=Resampling.bilinear).astype(float)
        box = warped.bounds
    heights[heights <= -32768] = np.nan
    return heights, (box.left, box.bottom, box.right, box.top)
