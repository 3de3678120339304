"""The county's figures as a table or a map file, for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import may_see
from cockpit.answers.twin import LEVELS, Twin
from cockpit.indicators import INDICATORS
from cockpit.locale import translate
from cockpit.store.models import Region
from geodata.errors import InputError
from loaders.export import escape_formulas

FORMATS = ("csv", "xlsx", "parquet", "geojson", "gpkg", "fgb")


def indicator_table(
    twin: Twin, level: str, *, under: str = "", indicators: Sequence[str] = (), visitor: str
) -> pd.DataFrame:
    """
    Return one row a region of a level, one column an indicator.

    Columns code, name, name_en, parent (code), then the indicators in their order; all that the
    county has and the visitor may see when none is named. Values that are not known are missing.

    Raises
    ------
    InputError
        For a level, region or indicator that there is not, or one above the visitor's class.
    """
    if level not in LEVELS:
        raise InputError("There is no level {level}; expected one of {known}.", level=level,
                         known=", ".join(LEVELS))  # fmt: skip
    try:
        top = twin.position(under) if under else 0
    except KeyError:
        raise InputError("No region has the code {code}.", code=under) from None
    rows = twin.below(top, level)
    regions = twin.regions.iloc[rows]
    parents = twin.regions["code"].to_numpy()[np.maximum(regions["parent"].to_numpy(), 0)]
    table = pd.DataFrame(
        {
            "code": regions["code"].to_numpy(),
            "name": regions["name"].to_numpy(),
            "name_en": regions["name_en"].to_numpy(),
            "parent": np.where(regions["parent"].to_numpy() < 0, "", parents),
        }
    )
    for key in indicators or [i.id for i in twin.indicators()]:
        if key not in INDICATORS or not twin.known(INDICATORS[key]):
            raise InputError("The county has no indicator {indicator}.", indicator=key)
        indicator = INDICATORS[key]
        if may_see(visitor, twin.class_of(indicator)):
            values = twin.values(indicator, rows)
            table[key] = values if indicator.per else np.round(values, 6)
        elif indicators:
            raise InputError("Indicator {indicator} is above your class.", indicator=key)
    return table


def titled(table: pd.DataFrame, language: str) -> pd.DataFrame:
    """Return the table with headers a person reads: title and unit in the language."""
    heads = {
        "code": "Code", "name": "Name", "name_en": "English name", "parent": "Parent code",
    }  # fmt: skip
    for key, indicator in INDICATORS.items():
        unit = translate(indicator.unit, language)
        heads[key] = f"{translate(indicator.title, language)} ({unit})"
    return table.rename(
        columns={k: translate(v, language) if k in ("code", "name", "name_en", "parent") else v
                 for k, v in heads.items()}
    )  # fmt: skip


def write_table(table: pd.DataFrame, path: Path, db: Session) -> None:
    """
    Write a table of regions; the file's ending tells the format (``FORMATS``).

    Map formats get the regions' polygons (EPSG:4326); regions without one are left out of them.
    Spreadsheet cells that a program would run as a formula get a leading quote.

    Raises
    ------
    InputError
        For another ending.
    """
    ending = path.suffix.lstrip(".").lower()
    if ending == "csv":
        escape_formulas(table).to_csv(path, index=False, encoding="utf-8-sig")
    elif ending == "xlsx":
        escape_formulas(table).to_excel(path, index=False, engine="xlsxwriter")
    elif ending == "parquet":
        table.to_parquet(path, index=False)
    elif ending in FORMATS:
        _with_shapes(table, db).to_file(path, driver=_DRIVERS[ending], engine="pyogrio")
    else:
        raise InputError(
            "{file}: unknown ending; expected one of {known}.",
            file=path.name,
            known=", ".join(FORMATS),
        )


_DRIVERS = {"geojson": "GeoJSON", "gpkg": "GPKG", "fgb": "FlatGeobuf"}


def _with_shapes(table: pd.DataFrame, db: Session) -> gpd.GeoDataFrame:
    found = db.execute(
        select(Region.code, Region.geometry).where(Region.geometry.is_not(None))
    ).all()
    shapes = {row[0]: row[1] for row in found}
    drawn = table[table["code"].isin(shapes)]
    geometry = shapely.from_wkb([shapes[code] for code in drawn["code"]])
    return gpd.GeoDataFrame(drawn, geometry=geometry, crs="EPSG:4326")
