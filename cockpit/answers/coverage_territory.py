"""Travel times for a visitor of a part of the county: reckoned with all, telling of the part."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np

from cockpit.answers.reach import Reach
from cockpit.answers.twin import Twin, rows_by_code
from geodata.errors import InputError

AWAY = "辖区外"
AWAY_EN = "outside your area"
PLACE_AWAY = f"{AWAY} · {AWAY_EN}"
"""What a facility beyond the border is called: facilities have one name for all languages."""

_lock = threading.Lock()
_kept: dict[str, tuple[Reach, Reach]] = {}
_MOST_KEPT = 64


def veiled(reach: Reach, part: Twin) -> Reach:
    """
    Return travel times in which everything outside a part of the county has lost its name.

    Cells, people and facilities of the whole county stay and count, or supply and minutes would be
    wrong; but regions outside of the part have neither code nor name to be asked by, and facilities
    outside of it are not listed (``Reach.mine``). Its version is that of the part. The whole county
    gets its travel times as they are.

    Raises
    ------
    InputError
        If the travel times are of another version of the data.
    """
    if part.whole is None or part.whole_rows is None:
        return reach
    if part.whole.version != reach.version:
        raise InputError("The data were loaded anew; open the page again.")
    with _lock:
        found = _kept.get(part.version)
        if found is None or found[0] is not reach:
            for old in [k for k, (whole, _) in _kept.items() if whole.version != reach.version]:
                del _kept[old]
            while len(_kept) >= _MOST_KEPT:
                del _kept[next(iter(_kept))]
            found = (reach, _veiled(reach, part))
            _kept[part.version] = found
        return found[1]


def _veiled(reach: Reach, part: Twin) -> Reach:
    whole, rows = reach.twin, part.whole_rows
    away = np.ones(len(whole.regions), dtype=bool)
    away[rows] = False
    codes = {str(code): f"x{row}" for row, code in enumerate(whole.regions["code"]) if away[row]}
    facilities = reach.facilities.copy()
    inside = facilities["region_code"].isin(set(part.regions["code"])).to_numpy()
    facilities.loc[~inside, "name"] = PLACE_AWAY
    facilities.loc[~inside, "id"] = [f"x{row}" for row in np.flatnonzero(~inside)]
    facilities.loc[~inside, "outside"] = False  # nobody is told which of them lie abroad
    moved = facilities["region_code"].map(codes)
    facilities["region_code"] = facilities["region_code"].where(inside, moved)
    return replace(
        reach,
        twin=_twin(whole, part, away),
        facilities=facilities,
        notes=tuple(note for note in reach.notes if not note.values),
        mine=inside,
    )


def _twin(whole: Twin, part: Twin, away: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Twin:
    """Return the whole county with codes and names of the part alone, and of what it lies in."""
    regions = whole.regions.copy()
    top = whole.position(str(part.regions["code"].iat[0]))
    nameless = away.copy()
    nameless[whole.ancestors(top)] = False
    regions.loc[away, "code"] = [f"x{row}" for row in np.flatnonzero(away)]
    regions.loc[nameless, "name"] = AWAY
    regions.loc[nameless, "name_en"] = AWAY_EN
    regions.loc[nameless, "pinyin"] = ""
    regions.loc[away, "path"] = "x/"
    rows = rows_by_code(())
    rows.update({str(regions["code"].iat[row]): int(row) for row in np.flatnonzero(~away)})
    regions.attrs = {"rows": rows}
    return replace(whole, version=part.version, regions=regions)
