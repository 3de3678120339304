"""Store the regions of a county: tree, polygons, heights, and what the geometry audit found."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, insert, select

from cockpit.store import models as m
from cockpit.store.bulk import insert_frame
from cockpit.store.catalogue import add_bad, newest_batch_id, store_findings, table_of
from cockpit.store.regions import RegionTable, build_regions
from cockpit.store.sealed import findings_sealed
from geodata.audit import GeometryFinding, audit
from loaders.elevation import sample_elevation
from loaders.manifest import Manifest
from loaders.table import Finding, LoadedTable


def store_regions(
    connection: Connection, manifest: Manifest, loaded: list[LoadedTable], raster: Path | None
) -> list[Finding]:
    """Build the tree, store it and what is wrong with it; return the findings about the tree."""
    made = build_regions(loaded, manifest)
    batches = {item.dataset.id: newest_batch_id(connection, item.dataset.id) for item in loaded}
    frame = made.frame.copy()
    first = next(iter(batches.values()))
    frame["batch_id"] = [batches.get(d, first) for d in frame["dataset"]]
    if raster is not None:
        frame["elevation_m"] = sample_elevation(raster, frame["lon"], frame["lat"])
    shapes = np.asarray(frame.geometry, dtype=object)
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(geometry=shapely.to_wkb(shapes))
    insert_frame(connection, table_of(m.Region), table)
    found = [f for group in made.findings.values() for f in group]
    for dataset, group in made.findings.items():
        store_findings(connection, batches[dataset], group)
        add_bad(connection, batches[dataset], len(group))
    _audit_levels(connection, manifest, made, batches)
    return found


def _audit_levels(
    connection: Connection, manifest: Manifest, made: RegionTable, batches: dict[str, int]
) -> None:
    """Audit the polygons of every region data set that came with them."""
    # A long border that is straight in degrees bends in metres, where a neighbour's corner on it
    # does not: without points in between every such place would look like a gap.
    dense = made.frame.set_geometry(made.frame.geometry.segmentize(_DENSE_DEGREES))
    metres = dense.to_crs(manifest.county.crs)
    by_level = dict(iter(metres.groupby("level")))
    levels = [level for level in ("county", "township", "village", "grid") if level in by_level]
    for above, level in zip([None, *levels], levels, strict=False):
        layer = by_level[level]
        given = layer[(layer["dataset"] != "") & layer.geometry.notna()]
        if given.empty or level == "county":
            continue
        parents = None
        if above is not None and not by_level[above].geometry.isna().all():
            parents = by_level[above][["code", "geometry"]]
        faults = audit(
            given[["code", "parent_code", "geometry"]].rename(columns={"parent_code": "parent"}),
            parents=parents,
            sliver_width_m=SLIVER_WIDTH_M,
        )
        dataset = given["dataset"].iat[0]
        _store_geometry_findings(
            connection, batches[dataset], dataset, faults, manifest, of_regions=True
        )


def audit_layer(
    connection: Connection, manifest: Manifest, loaded: LoadedTable, batch: int
) -> None:
    """Audit a layer whose areas should meet; what lies outside the county is an orphan."""
    layer = gpd.GeoDataFrame(
        {"code": loaded.table["id"] if "id" in loaded.table else loaded.table["row"].astype(str)},
        geometry=loaded.table.geometry, crs=loaded.table.geometry.crs,
    ).to_crs(manifest.county.crs)  # fmt: skip
    faults = audit(layer, sliver_width_m=SLIVER_WIDTH_M)
    outline = connection.execute(
        select(m.Region.geometry).where(m.Region.level == "county")
    ).scalar()
    if outline is not None:
        county = gpd.GeoSeries([shapely.from_wkb(outline)], crs="EPSG:4326")
        parents = gpd.GeoDataFrame({"code": ["county"]}, geometry=county.to_crs(layer.crs))
        away = audit(layer.assign(parent="county"), parents=parents)
        faults += [fault for fault in away if fault.kind == "orphan"]
    _store_geometry_findings(
        connection, batch, loaded.dataset.id, faults, manifest, of_regions=False
    )


def _store_geometry_findings(
    connection: Connection,
    batch: int,
    dataset: str,
    faults: list[GeometryFinding],
    manifest: Manifest,
    *,
    of_regions: bool,
) -> None:
    if not faults:
        return
    shapes = gpd.GeoSeries([fault.geometry for fault in faults], crs=manifest.county.crs)
    wkb = shapely.to_wkb(np.asarray(shapes.to_crs("EPSG:4326"), dtype=object))
    rows = [
        {
            "batch_id": batch, "dataset_id": dataset, "file": "", "row": None, "column": "geometry",
            "rule": f"geometry.{fault.kind}", "dimension": "place", "severity": "warning",
            "found": ", ".join(fault.codes), "expected": GEOMETRY_EXPECTED[fault.kind],
            "values": {"area_m2": round(fault.area_m2, 1)}, "text": "",
            "region_code": fault.codes[0] if of_regions and fault.codes else None,
            "geometry": shape,
            "area_m2": fault.area_m2, "status": "open",
        }
        for fault, shape in zip(faults, wkb, strict=True)
    ]  # fmt: skip
    connection.execute(insert(m.QualityIssue), findings_sealed(connection, rows))


SLIVER_WIDTH_M = 10.0
"""No village, grid or zone is narrower than this on average."""
_DENSE_DEGREES = 0.005  # about 500 m: the bend encloses less than 1 m2

GEOMETRY_EXPECTED = {
    "overlap": "no overlap with a neighbour; {area_m2} m² lie in both",
    "gap": "no gap between neighbours; {area_m2} m² lie in none",
    "sliver": "no sliver; {area_m2} m² are very thin",
    "duplicate": "an area that stands once; {area_m2} m² stand twice",
    "self_crossing": "a border that does not cross itself",
    "orphan": "an area inside its parent; {area_m2} m² lie in none",
}
