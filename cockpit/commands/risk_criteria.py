"""``risk`` by criteria: the composite index of areas, and how it depends on its weights."""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cockpit.commands.risk_cases import Found
from cockpit.commands.risk_times import number
from cockpit.risk.composite import composite, topsis
from cockpit.risk.composite_sensitivity import sensitivity
from cockpit.risk.impact import FLOOD_DEPTH, HAZARD_CLASS, VULNERABILITY, impact
from cockpit.risk.impact_needs import needs_of
from cockpit.risk.weighting import Ahp, ahp, entropy, equal
from geodata.errors import InputError
from loaders.incidents import read_table

Floats = NDArray[np.float64]


def index(given: argparse.Namespace) -> Found:
    """Answer ``composite``: scores, their parts, and how ranks move with the weights."""
    file, ids, table = read_table(given.file)
    if table.shape[1] < 2:
        raise InputError("{file}: an index needs two columns of numbers or more.", file=file)
    names = [str(name) for name in table]
    rising = _rising(given.lower_is_worse, names)
    values = table.to_numpy(dtype=np.float64)
    judged = _comparisons(given, names) if given.comparisons else None
    weights = judged.weights if judged else _weights(given.weights, names, values)
    made = composite(values, weights, rising=rising)
    moved = sensitivity(made, rng=np.random.default_rng(given.seed))
    rows = pd.DataFrame({"id": ids, "score": made.score, "rank": made.ranks()})
    for place, name in enumerate(names):
        rows[f"from {name}"] = made.parts[:, place]
    if given.topsis:
        rows["topsis"] = topsis(values, weights, benefit=rising).closeness
    rows["rank_low"], rows["rank_high"] = moved.rank_low, moved.rank_high
    rows = rows.sort_values("rank", kind="stable")
    plain = {
        "weights": dict(zip(names, made.weights.tolist(), strict=True)),
        "consistency_ratio": judged.consistency_ratio if judged else None,
        "stay_in_top": moved.stay_in_top, "areas": rows,
        "changes": [
            {
                "criterion": names[c.criterion], "factor": c.factor,
                "mean_rank_change": c.mean_rank_change,
                "largest_rank_change": c.largest_rank_change, "stay_in_top": c.stay_in_top,
            }
            for c in moved.changes
        ],
    }  # fmt: skip
    top = rows.iloc[0]
    return Found(
        "The highest score is that of {id}: {score} of 100. With other weights, {share} of the "
        "areas at the top stay there.",
        {"id": top["id"], "score": f"{top['score']:.1f}", "share": f"{moved.stay_in_top:.0%}"},
        plain, rows,
    )  # fmt: skip


def _rising(lower: str, names: list[str]) -> list[bool]:
    falling = [part.strip() for part in lower.split(",") if part.strip()]
    for name in falling:
        _require_known(name, names)
    return [name not in falling for name in names]


def _require_known(name: str, names: list[str]) -> None:
    if name not in names:
        raise InputError(
            "There is no criterion {name}. Found: {known}.", name=name, known=", ".join(names)
        )


def _weights(text: str, names: list[str], values: Floats) -> Floats:
    if text == "equal":
        return equal(len(names))
    if text == "entropy":
        return entropy(values)
    chosen = dict.fromkeys(names, 0.0)
    for part in text.split(","):
        name, sign, amount = part.partition("=")
        if not sign:
            raise InputError(
                "--weights is {found}; expected equal, entropy, or pairs such as {example}.",
                found=text, example=f"{names[0]}=2,{names[1]}=1",
            )  # fmt: skip
        _require_known(name.strip(), names)
        chosen[name.strip()] = number(amount, "--weights")
    return np.array(list(chosen.values()))


def _comparisons(given: argparse.Namespace, names: list[str]) -> Ahp:
    file, ids, table = read_table(given.comparisons)
    rows = [str(one) for one in ids]
    if set(rows) != set(names) or set(map(str, table)) != set(names):
        raise InputError(
            "{file}: expected a row and a column for each criterion: {known}.", file=file,
            known=", ".join(names),
        )  # fmt: skip
    table.index = pd.Index(rows)
    return ahp(table.loc[names, names].to_numpy(dtype=np.float64), names=names)


def affected(given: argparse.Namespace) -> Found:
    """Answer ``impact``: people affected in each area and in all, in whole numbers that add up."""
    file, ids, table = read_table(given.file)
    _require_known(given.hazard, [str(name) for name in table])
    groups = [str(name) for name in table if name != given.hazard]
    if not groups:
        raise InputError("{file}: no column of people beside the hazard.", file=file)
    hazard = np.append(np.nan, table[given.hazard].to_numpy(dtype=np.float64))
    people = np.vstack([np.zeros(len(groups)), table[groups].to_numpy(dtype=np.float64)])
    parent = np.r_[-1, np.zeros(len(ids), dtype=np.intp)]
    made = impact(
        hazard, np.nan_to_num(people), parent, groups=groups, vulnerability=VULNERABILITY,
        curve=HAZARD_CLASS if given.hazard_classes else FLOOD_DEPTH,
    )  # fmt: skip
    needs = needs_of(made.affected, parent, parent >= 0, days=given.days)
    rows = pd.DataFrame({"id": np.append("", ids), "hazard": hazard, "affected": made.affected})
    for place, name in enumerate(groups):
        rows[f"affected {name}"] = made.by_group[:, place]
    for place, need in enumerate(needs.needs):
        rows[f"{need.id} ({need.unit})"] = needs.amounts[:, place]
    total, parts = rows.iloc[0], rows.iloc[1:].reset_index(drop=True)
    plain = {
        "days": given.days, "people": float(people.sum()), "affected": int(total["affected"]),
        "needs": {name: total[name] for name in rows if "(" in str(name)}, "areas": parts,
        "sources": {need.id: need.source for need in needs.needs},
    }  # fmt: skip
    return Found(
        "{affected} of {people} people are affected, in {n} of {all} areas.",
        {
            "affected": f"{total['affected']:,}", "people": f"{people.sum():,.0f}",
            "n": int((parts["affected"] > 0).sum()), "all": len(parts),
        },
        plain, parts,
    )  # fmt: skip
