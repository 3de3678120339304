"""Road networks with places for benchmarks: Porto Alegre, and the sample county."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.answers.reach import Reach, reach_for
from cockpit.answers.twin import twin
from cockpit.store.models import Dataset
from cockpit.store.session import open_engine
from geodata.network import Roads, TravelTimes
from loaders.files import Limits
from loaders.roads import read_osm

DATA = Path(__file__).parents[3] / "shared" / "data" / "region_porto_alegre"


def porto_alegre(backend: str = "auto") -> tuple[TravelTimes, NDArray[np.intp]] | None:
    """Return travel times between the 1,227 hexagons of Porto Alegre; None without the data."""
    if not DATA.is_dir():
        return None
    edges, nodes = read_osm(DATA / "poa_osm.pbf", "poa_osm.pbf", limits=Limits())
    cells = pd.read_csv(DATA / "poa_hexgrid.csv")[["lon", "lat"]].to_numpy(float)
    position = pd.Series(np.arange(len(nodes)), index=nodes["id"])

    def text(column: str) -> NDArray[np.object_]:
        return np.asarray(edges[column].fillna("").astype(object).to_numpy(), dtype=object)

    roads = Roads(
        node_lonlat=nodes[["lon", "lat"]].to_numpy(float),
        node_elevation=np.full(len(nodes), np.nan),
        u=position[edges["u"]].to_numpy(np.intp),
        v=position[edges["v"]].to_numpy(np.intp),
        length_m=edges["length_m"].to_numpy(float),
        road_class=text("class"),
        surface=text("surface"),
        access=text("access"),
        oneway=edges["oneway"].to_numpy(np.int8),
        maxspeed_kmh=edges["maxspeed"].to_numpy(float),
        bridge=edges["bridge"].notna().to_numpy(),
        closed=np.zeros(len(edges), dtype=bool),
        names=text("name"),
        geometry=edges.geometry.to_numpy(),
    )
    times = TravelTimes(roads, cells, crs="EPSG:31982", backend=backend)  # type: ignore[arg-type]
    return times, np.arange(len(cells))


def sample_reach(folder: Path) -> Reach:
    """Return what coverage needs of the sample county in a data folder, nothing computed yet."""
    with Session(open_engine(f"sqlite:///{folder / 'county.sqlite'}")) as db:
        county = twin(db)
        assert county is not None
        every = db.execute(select(Dataset.id)).scalars().all()
        return reach_for(county, db, allowed=every)
