"""Write the sample county's raw files so that the same data always give the same bytes."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import xlsxwriter
from numpy.typing import NDArray

FIXED = dt.datetime(2025, 11, 15, 8, 0, 0)
FIXED_GDAL = "2025-11-15T08:00:00.000Z"


class RawFolder:
    """A folder of department files; every writer fixes the time stamps its format carries."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_GDAL})

    def path(self, name: str) -> Path:
        """Return the path of a file in the folder; an earlier file of that name is removed."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        return path

    def text_table(
        self, name: str, table: pd.DataFrame, *, encoding: str, separator: str = ","
    ) -> None:
        """Write CSV or TSV with Windows line ends, as department systems export it."""
        text = table.to_csv(index=False, sep=separator, lineterminator="\r\n")
        self.path(name).write_bytes(text.encode(encoding))

    def workbook(self, name: str, sheets: dict[str, pd.DataFrame]) -> None:
        """Write an XLSX workbook; empty cells stay empty."""
        book = xlsxwriter.Workbook(str(self.path(name)))
        book.set_properties({"title": "", "created": FIXED})
        head = book.add_format({"bold": True})
        for title, table in sheets.items():
            sheet = book.add_worksheet(title)
            sheet.write_row(0, 0, [str(column) for column in table.columns], head)
            for column, values in enumerate(table.to_dict("list").values()):
                whole = [None if value is None or value != value else value for value in values]  # noqa: PLR0124
                sheet.write_column(1, column, whole)
        book.close()

    def parquet(self, name: str, table: pd.DataFrame) -> None:
        """Write Parquet without pandas' notes on the index."""
        table.to_parquet(self.path(name), index=False, compression="zstd")

    def geojson(self, name: str, table: gpd.GeoDataFrame) -> None:
        """Write GeoJSON with five decimals of a degree, about one metre."""
        shapes = [
            round_coordinates(shape) for shape in table.geometry.__geo_interface__["features"]
        ]
        rows = table.drop(columns="geometry").to_dict("records")
        features = [
            {"type": "Feature", "properties": row, "geometry": shape}
            for row, shape in zip(rows, shapes, strict=True)
        ]
        text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
        self.path(name).write_text(text, encoding="utf-8")

    def layers(self, name: str, layers: dict[str, gpd.GeoDataFrame]) -> None:
        """Write a GeoPackage of several layers."""
        path = self.path(name)
        for layer, table in layers.items():
            pyogrio.write_dataframe(
                table, path, layer=layer, driver="GPKG", append=path.exists(), promote_to_multi=True
            )

    def flatgeobuf(self, name: str, table: gpd.GeoDataFrame) -> None:
        """Write FlatGeobuf in the order of the rows, without an index."""
        pyogrio.write_dataframe(
            table, self.path(name), driver="FlatGeobuf", layer_options={"SPATIAL_INDEX": "NO"}
        )

    def zipped_shapefile(self, name: str, table: gpd.GeoDataFrame, *, encoding: str) -> None:
        """Write a Shapefile into a zip, without the .cpg that would tell its encoding."""
        stem = Path(name).stem
        with tempfile.TemporaryDirectory() as workshop:
            pyogrio.write_dataframe(
                table, Path(workshop) / f"{stem}.shp", driver="ESRI Shapefile", encoding=encoding,
                layer_options={"DBF_DATE_LAST_UPDATE": FIXED_GDAL[:10]},
            )  # fmt: skip
            with zipfile.ZipFile(self.path(name), "w", zipfile.ZIP_DEFLATED) as archive:
                for suffix in (".shp", ".shx", ".dbf", ".prj"):
                    entry = zipfile.ZipInfo(stem + suffix, FIXED.timetuple()[:6])
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(entry, (Path(workshop) / f"{stem}{suffix}").read_bytes())

    def geotiff(
        self,
        name: str,
        heights: NDArray[np.int16],
        *,
        west: float,
        north: float,
        step: float,
        crs: str,
    ) -> None:
        """Write a raster of whole metres; row 0 lies in the north."""
        with rasterio.open(
            self.path(name), "w", driver="GTiff", dtype="int16", count=1, crs=crs,
            height=heights.shape[0], width=heights.shape[1], nodata=-32768,
            transform=rasterio.Affine(step, 0.0, west, 0.0, -step, north),
            compress="deflate", predictor=2,
        ) as raster:  # fmt: skip
            raster.write(heights, 1)

    def json(self, name: str, content: dict[str, Any]) -> None:
        """Write JSON with sorted keys."""
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, default=_plain)
        self.path(name).write_text(text + "\n", encoding="utf-8")


def round_coordinates(feature: dict[str, Any]) -> dict[str, Any]:
    """Return the geometry of a GeoJSON feature with five decimals."""
    geometry = feature["geometry"]
    return {"type": geometry["type"], "coordinates": _rounded(geometry["coordinates"])}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    return [_rounded(part) for part in value]


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    return str(value)


def toml_text(value: Any) -> str:
    """Return a value as TOML writes it: text, numbers, dates, lists and inline tables."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        inner = ", ".join(f"{toml_text(str(k))} = {toml_text(v)}" for k, v in value.items())
        return "{ " + inner + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_text(part) for part in value) + "]"
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)
