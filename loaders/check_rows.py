"""Rules over several columns or rows: places, parents, totals, duplicates, age."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.hierarchy import parent_by_prefix
from loaders import rules
from loaders.check_run import Rows, Run

BOX_MARGIN_DEGREES = 0.001  # about 100 m: borders of different sources never agree to the metre


def check_person(run: Run) -> None:
    """Compare date of birth and sex with what the identity number says."""
    numbers = run.typed["identity"]
    sound = np.flatnonzero(~run.bad)  # their numbers are right, so their digits can be trusted
    if not len(sound):
        return
    text = numbers[sound].astype("U18")
    if run.has("birth"):
        born = _births(text)
        given = run.typed["birth"][sound]
        other = ~np.isnat(given) & (given.astype("datetime64[D]") != born)
        run.report("identity.birth", "birth", sound[other])
    if run.has("sex"):
        odd = text.view(np.uint32).reshape(-1, 18)[:, 16] % 2 == 1
        told = np.where(odd, "m", "f").astype(object)
        sex = run.typed["sex"][sound]
        run.report("identity.sex", "sex", sound[pd.notna(sex) & (sex != told)])


def _births(numbers: NDArray[np.str_]) -> NDArray[np.datetime64]:
    letters = numbers.view(np.uint32).reshape(-1, 18)[:, 6:14].astype(np.int64) - ord("0")
    year = letters[:, :4] @ [1000, 100, 10, 1]
    month, day = letters[:, 4:6] @ [10, 1], letters[:, 6:] @ [10, 1]
    months = (year - 1970).astype("timedelta64[Y]").astype("timedelta64[M]")
    start = np.datetime64("1970-01") + months + (month - 1).astype("timedelta64[M]")
    return np.asarray(start.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]"))


def check_places(run: Run) -> None:
    """Half a place is none; a place outside the county's box is reported."""
    if not run.has("lon", "lat"):
        return
    lon, lat = run.typed["lon"], run.typed["lat"]
    half = np.isnan(lon) != np.isnan(lat)
    run.report("place.half", "lon", np.flatnonzero(half & ~run.bad & ~run.misplaced))
    lon[half] = lat[half] = np.nan
    if run.context.box is None:
        return
    west, south, east, north = run.context.box
    edge = BOX_MARGIN_DEGREES
    with np.errstate(invalid="ignore"):
        outside = (
            (lon < west - edge) | (lon > east + edge) | (lat < south - edge) | (lat > north + edge)
        )
    rows = np.flatnonzero(outside)
    # What happened somewhere else is not the county's, whatever code or address stands beside it.
    required = run.entry.kind == "events"
    required |= any(c.name == "lon" and c.required for c in run.columns)
    # Roads and the regions' middle points may lie beyond the border: marked, but kept as they are.
    kept = run.entry.kind in ("road_nodes", "regions")
    box = {"west": west, "south": south, "east": east, "north": north}
    run.report(
        "place.outside",
        "lon",
        rows,
        values={side: round(value, 4) for side, value in box.items()},
        found=[f"{lon[row]:.6f}, {lat[row]:.6f}" for row in rows],
        optional=kept or not required,
    )
    if not kept:
        lon[rows] = lat[rows] = np.nan


def check_order(run: Run) -> None:
    """Mark an end that comes before its beginning."""
    start, end = rules.ORDERED.get(run.entry.kind, ("", ""))
    if run.has(start, end):
        run.report("time.order", end, np.flatnonzero(run.typed[end] < run.typed[start]))


def check_parents(run: Run) -> None:
    """
    Look for the parent that a region names, or that its code tells, here or among the known codes.

    Without known codes nothing is said: the parents may stand in another file.
    """
    known = run.context.known_codes
    if known is None or run.entry.level == "county":
        return
    codes = run.typed["code"]
    everywhere = set(codes[~run.bad]) | known
    if run.scheme == "free":  # there a parent may also be named
        everywhere |= set(run.context.region_names.values())
    parents = run.typed["parent"] if run.has("parent") else np.full(run.n, None, dtype=object)
    rows, values = [], []
    for row in np.flatnonzero(~run.bad):
        parent = parents[row] or _told_parent(codes[row], run.scheme, everywhere)
        if parent and parent not in everywhere:
            rows.append(row)
            values.append({"parent": parent})
    column = "parent" if run.has("parent") else "code"
    run.report("code.orphan", column, np.array(rows, dtype=np.int64), values=values)


def _told_parent(code: str, scheme: str, known: set[str]) -> str:
    """Return the nearest known parent of a code; if none is known, the one it should have."""
    if scheme == "free":
        return ""
    direct = {9: 6, 12: 9, 15: 12}.get(len(code), 0)
    return parent_by_prefix(code, known) or code[:direct]


def check_totals(run: Run) -> None:
    """Leave out totals that stand beside their parts, so that nobody is counted twice."""
    for column, total in (("sex", "t"), ("age_band", "all")):
        if run.has(column, "code"):
            _leave_out_totals(run, column, total)


def _leave_out_totals(run: Run, column: str, total: str) -> None:
    values = run.typed[column]
    is_total = (values == total) & ~run.bad & ~run.dropped
    if not is_total.any() or is_total.all():
        return
    names = [n for n in ("code", "date", "kind", "sex", "age_band") if n != column and run.has(n)]
    key = _joint_key(run, names)
    n_keys = int(key.max()) + 1
    part = ~is_total & ~run.bad & ~run.dropped & pd.notna(values)
    persons = np.asarray(run.typed["persons"], dtype=float)
    sums = np.bincount(key[part], persons[part], minlength=n_keys)
    has_parts = np.bincount(key[part], minlength=n_keys) > 0
    extra = np.flatnonzero(is_total & has_parts[key])
    if not len(extra):
        return
    run.dropped[extra] = True
    run.note("total.extra", column, n=len(extra))
    other = extra[persons[extra] != sums[key[extra]]]
    run.report(
        "total.differs", "persons", other, values=[{"parts": int(sums[key[row]])} for row in other]
    )


def check_duplicates(run: Run) -> None:
    """Drop rows that say the same again, refuse those that say otherwise."""
    names = [name for name in rules.KEYS.get(run.entry.kind, ()) if run.has(name)]
    live = ~(run.bad | run.dropped)
    stand_in = rules.STAND_IN_KEYS.get(run.entry.kind, ())
    if stand_in and run.has(*stand_in):
        unkeyed = live.copy()
        if names:
            unkeyed &= pd.isna(run.typed[names[0]])
        _report_duplicates(run, list(stand_in), np.flatnonzero(unkeyed))
    if not names or not run.has(rules.KEYS[run.entry.kind][0]):
        return
    if stand_in:
        live &= pd.notna(run.typed[names[0]])
    _report_duplicates(run, names, np.flatnonzero(live))


def _report_duplicates(run: Run, names: list[str], rows: Rows) -> None:
    key = _joint_key(run, names)[rows]
    if not len(rows) or not pd.Series(key).duplicated().any():
        return
    order = np.argsort(key, kind="stable")
    starts = np.r_[True, key[order][1:] != key[order][:-1]]
    first_in_order = order[np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))]
    first = np.empty(len(rows), dtype=np.int64)
    first[order] = rows[first_in_order]
    later = np.flatnonzero(first != rows)
    same = _same_rows(run, rows[later], first[later])
    for rule, chosen in (("duplicate.same", later[same]), ("duplicate.conflict", later[~same])):
        at = np.sort(rows[chosen])
        before = dict(zip(rows[chosen].tolist(), first[chosen].tolist(), strict=True))
        run.report(
            rule,
            names[0],
            at,
            found=_key_texts(run, names, at),
            values=[{"first": int(run.row[before[int(row)]])} for row in at],
        )
    run.dropped[rows[later[same]]] = True


def _same_rows(run: Run, later: Rows, first: Rows) -> NDArray[np.bool_]:
    """Return which rows say in every column what the first one of their key says."""
    same = np.ones(len(later), dtype=bool)
    for values in run.typed.values():
        left, right = pd.Series(values[later]), pd.Series(values[first])
        equal = (left == right).fillna(False).to_numpy(dtype=bool)
        same &= equal | (left.isna() & right.isna()).to_numpy()
    return same


def _key_texts(run: Run, names: list[str], rows: Rows) -> list[str]:
    cells = [run.shown(name, rows) for name in names]
    return [" · ".join(filter(None, line)) for line in zip(*cells, strict=True)]


def _joint_key(run: Run, names: list[str]) -> Rows:
    """Give equal rows of some columns equal numbers, from 0 and without gap."""
    key = np.zeros(run.n, dtype=np.int64)
    for name in names:
        if name not in run.keys:
            run.keys[name] = pd.factorize(run.typed[name], use_na_sentinel=False)[0]
        own = run.keys[name]
        size = int(own.max(initial=0)) + 1
        if int(key.max(initial=0)) > 2**62 // size:
            key = pd.factorize(key)[0]
        key = key * size + own
    return pd.factorize(key)[0] if names else key


def check_age_of_data(run: Run) -> None:
    """Compare the newest date of the data (or of the manifest) with the promised rhythm."""
    refresh = run.entry.refresh_days
    if refresh is None:
        return
    newest = run.entry.date
    for name in ("date", "reported", "time"):
        if run.has(name) and not np.isnat(run.typed[name]).all():
            newest = pd.Timestamp(np.nanmax(run.typed[name])).date()
    if newest is not None and (age := (run.context.today - newest).days) > refresh:
        run.note("date.stale", "", refresh=refresh, age=age)
