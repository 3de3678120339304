"""The sample county 青岚县 (Qinglan): invented, deterministic, with planted truths to be found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from geodata.synthetic import departments, files, world
from geodata.synthetic.writers import RawFolder


def make_county(
    folder: Path, *, seed: int = 20240501, progress: Callable[[str], None] | None = None
) -> Path:
    """
    Write the raw files of the sample county and return the path of its ``county.toml``.

    The same seed gives the same bytes. ``truth.json`` beside the manifest holds what was
    planted: totals, hot spots, the outbreak, badly served villages, mistakes in each file.

    Parameters
    ----------
    folder
        Made when missing; files of the same names are replaced.
    seed
        Any whole number from 0 on.
    progress
        Called with the name of each step that begins.
    """
    tell = progress or (lambda _step: None)
    county = world.build(seed, tell)
    tell("files")
    entries, truth = files.write_all(county, folder)
    path = files.write_manifest(folder, entries, departments.CROSSCHECKS, seed)
    RawFolder(folder).json("truth.json", truth)
    return path
