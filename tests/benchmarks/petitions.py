"""Labelled messages to a government and their scheme: for measuring alone, nothing ships."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cockpit.appeals.text import read

FOLDER = Path(__file__).parents[2] / "../shared/data/petitions_cn"
MISSING = not (FOLDER / "labelled_train.csv").is_file()


@dataclass(frozen=True)
class Petitions:
    """Cleaned subjects and texts with their class, and the words of the scheme by class."""

    subjects: list[str]
    texts: list[str]
    labels: list[str]
    scheme: dict[str, list[str]]


def petitions() -> Petitions:
    """Read the messages; the scheme's words are the names of its second and third level."""
    table = pd.read_csv(FOLDER / "labelled_train.csv", dtype=str).fillna("")
    levels = pd.read_csv(FOLDER / "taxonomy.csv", dtype=str).fillna("")
    scheme = {
        str(name): sorted({*part["二级分类"], *part["三级分类"]} - {""})
        for name, part in levels.groupby("一级分类")
    }
    subjects, _ = read(table["留言主题"].tolist())
    texts, _ = read(table["留言详情"].tolist())
    return Petitions(subjects, texts, table["一级分类"].tolist(), scheme)
