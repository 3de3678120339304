"""Topics of petitions beside a keyword list, and 100,000 appeals read in one go.

Run: python -m tests.benchmarks.bench_appeals
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd

from cockpit.answers import appeals, appeals_lists
from cockpit.answers.happenings import Happenings
from cockpit.answers.twin import Twin
from cockpit.appeals.trial import cross_validate
from geodata.synthetic.quiet import QuietWorld, quiet_world
from tests.benchmarks.figures import line
from tests.benchmarks.petitions import MISSING, petitions

REPEATS = 5
N_EVENTS = 100_000
FIRST_SECONDS, AFTER_SECONDS = 30.0, 5.0
"""The first is made as the server starts (``cockpit.web.lifespan``), before anybody asks; the
second is what the first visitor after a live event waits for besides the page. Both are our own."""
_YEARS = 9
_FILLERS = (
    "昨天",
    "今天上午",
    "上周以来",
    "多次反映",
    "麻烦尽快",
    "我们这里",
    "居民",
    "附近",
    "一直",
    "又",
)


def main() -> None:
    """Print macro-F1 with its spread, then seconds for 100,000 events."""
    if MISSING:
        print("Skipped: ../shared/data/petitions_cn is not there.")
    else:
        _quality()
    _speed()


def _quality() -> None:
    data = petitions()
    model, keywords, errors = [], [], []
    for repeat in range(REPEATS):
        trial = cross_validate(
            data.texts, data.labels, subjects=data.subjects, scheme=data.scheme,
            rng=np.random.default_rng(repeat),
        )  # fmt: skip
        model.append(trial.macro_f1)
        keywords.append(trial.baseline_f1)
        errors.append(trial.calibration_error)
    for name, found in (("model", model), ("keyword list", keywords)):
        folds = np.concatenate(found)
        means = np.array([f.mean() for f in found])
        print(
            f"macro-F1 of the {name}: {folds.mean():.3f} in {len(folds)} folds, spread over folds "
            f"{folds.std(ddof=1):.3f}, over {REPEATS} repeats {means.std(ddof=1):.3f}"
        )
    print(f"calibration error {np.mean(errors):.3f}")
    gap = float(np.concatenate(model).mean() - np.concatenate(keywords).mean())
    line("macro-F1 above the keyword list", gap, "", 0.10, at_least=True)


def _speed() -> None:
    known, texts = many_events(quiet_world(), np.random.default_rng(1))
    start = time.process_time()
    read = appeals.appeals_of(known, texts)
    first = time.process_time() - start
    print(f"{len(known)} events, {len(read)} of them appeals; the first two bars are our own:")
    line("all made of them, once at the server's start", first, "s", FIRST_SECONDS)
    start = time.process_time()
    again = appeals.appeals_of(known, texts, learned=read)
    after = time.process_time() - start
    line("the same after a live event, the model kept", after, "s", AFTER_SECONDS)
    asked = appeals_lists.Asked(str(known.twin.regions["code"].iat[0]))
    start = time.process_time()
    everything_on_the_page(again, asked)
    line("all that the page asks of them", time.process_time() - start, "s", 3.0)


def everything_on_the_page(known: appeals.Appeals, asked: appeals_lists.Asked) -> None:
    """Ask what a first visit asks."""
    chosen = appeals_lists.picked(known, asked)
    appeals_lists.counts(known, asked)
    appeals_lists.weeks(known, chosen)
    appeals_lists.topic_counts(known, chosen)
    appeals_lists.places(known, chosen, asked.unit, "village", "备用")
    appeals_lists.rising_topics(known, asked)
    appeals_lists.cases(known, chosen, "备用", most=50)
    rows = appeals_lists.urgent_rows(known, chosen, 200)
    appeals_lists.lines(known, rows.tolist(), "备用")


def many_events(world: QuietWorld, rng: np.random.Generator) -> tuple[Happenings, list[str]]:
    """Return 100,000 everyday events with words thrown in: hardly two texts are the same."""
    years = [world.events(rng) for _ in range(_YEARS)]
    table = pd.concat(years, ignore_index=True).sample(
        N_EVENTS, random_state=1, replace=False
    ).sort_values("reported", kind="stable")  # fmt: skip
    words = np.array(_FILLERS)[rng.integers(0, len(_FILLERS), (len(table), 2))]
    numbers = rng.integers(1, 999, len(table))
    texts = [
        f"{a}{text.rstrip('。')}，{b}{n}号门口。"
        for (a, b), text, n in zip(words, table["text"], numbers.tolist(), strict=True)
    ]
    return _happenings(world, table), texts


def _happenings(world: QuietWorld, table: pd.DataFrame) -> Happenings:
    county = _county(world)
    category, categories = pd.factorize(table["category"], sort=True)
    channel, channels = pd.factorize(table["channel"], sort=True)
    ids = np.empty(len(table), dtype=object)
    ids[:] = [f"events:{k}" for k in range(len(table))]
    first_grid = 1 + len(world.village_codes)
    return Happenings(
        "bench.1", county, ids, category.astype(np.int16), channel.astype(np.int16),
        table["reported"].to_numpy().astype("datetime64[s]"), table["lon"].to_numpy(),
        table["lat"].to_numpy(), (first_grid + table["grid"].to_numpy()).astype(np.intp),
        np.zeros(len(table), dtype=np.bool_), tuple(categories), tuple(channels), "备用",
        ("events",),
    )  # fmt: skip


def _county(world: QuietWorld) -> Twin:
    """Return county, villages and grids with their residents."""
    codes = ["0", *world.village_codes, *world.grid_codes]
    n_villages, n_grids = len(world.village_codes), len(world.grid_codes)
    names = ["县", *world.county.names.villages, *world.grid_codes]
    above = np.concatenate([[-1], np.zeros(n_villages), 1 + world.village]).astype(int)
    paths = ["0/"] + [f"0/{code}/" for code in world.village_codes]
    paths += [f"{paths[1 + v]}{c}/" for v, c in zip(world.village, world.grid_codes, strict=True)]
    regions = pd.DataFrame({
        "code": codes, "name": names, "name_en": "", "parent": above, "path": paths,
        "level": ["county"] + ["village"] * n_villages + ["grid"] * n_grids,
    })  # fmt: skip
    regions.attrs["rows"] = {code: row for row, code in enumerate(codes)}
    of_village = np.bincount(world.village, weights=world.people, minlength=n_villages)
    people = np.concatenate([[world.people.sum()], of_village, world.people]).astype(float)
    facts: dict[str, Any] = {"crs": "EPSG:4545", "code": "0", "name": "县"}
    return Twin("bench", facts, regions, {"people": people}, None, None, {"people": "备用"}, {})


if __name__ == "__main__":
    main()
