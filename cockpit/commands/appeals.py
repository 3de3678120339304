"""``python -m cockpit appeals``: topics, repeats and urgency of texts in plain files."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cockpit.answers.downloads import Cell, as_csv, as_xlsx, escaped
from cockpit.appeals import scheme
from cockpit.appeals.card import LEAST_LABELLED, LEAST_OF_CLASS, Card, learn_topics
from cockpit.appeals.masks import mask
from cockpit.appeals.model import load, save
from cockpit.appeals.repeats import repeats
from cockpit.appeals.text import LONGEST, TOO_LONG, read
from cockpit.appeals.urgency import LEVELS, all_urgencies
from cockpit.commands.output import replaced, require_writable
from cockpit.locale import translate
from geodata.errors import DataFileError, InputError
from loaders import places
from loaders.plain import find_column, read_plain, require_column
from loaders.rules import parse_time
from loaders.tables import RawTable, as_text

_TEXT = ("text", "诉求内容", "留言详情", "内容", "事件描述", "描述", "诉求", "正文", "content")
_SUBJECT = ("subject", "留言主题", "主题", "标题", "诉求标题", "title")
_LABEL = ("category", "label", "事件类别", "一级分类", "类别", "诉求类别", "分类", "topic")
_ID = ("id", "事件编号", "留言编号", "编号", "工单编号", "诉求编号")
_TIME = ("time", "reported", "受理时间", "留言时间", "上报时间", "时间", "日期", "date")
_REGION = ("region", "code", "区划代码", "村级代码", "行政区划代码")
_LON, _LAT = ("lon", "经度", "longitude", "lng", "x"), ("lat", "纬度", "latitude", "y")
_NO_TIME = np.datetime64("NaT", "s")
_METRES = 111_320.0  # of a degree of latitude

Table = list[list[Cell]]


@dataclass(frozen=True)
class Texts:
    """The rows of a file whose text could be read."""

    file: str
    raw: RawTable
    kept: NDArray[np.intp]  # rows of ``raw``
    ids: list[str]
    texts: list[str]
    subjects: list[str] | None
    too_long: list[str]  # ids

    def column(self, known: Sequence[str]) -> list[str] | None:
        """Return a column of the kept rows as text; None when the file has none of these."""
        at = find_column(self.raw.headers, known)
        return None if at is None else _strings(self.raw.table[at].iloc[self.kept])


def run(given: argparse.Namespace) -> int:
    """Do what is asked; return 0."""
    ending = given.output.suffix.lstrip(".").lower() if given.output else ""
    known = ("npz",) if given.act == "train" else ("csv", "xlsx")
    if given.output:
        if ending not in known:
            raise InputError(
                "{file}: unknown ending; expected one of {known}.",
                file=given.output.name, known=", ".join(known),
            )  # fmt: skip
        require_writable(given.output)
    acts: dict[str, Callable[[argparse.Namespace], int]] = {
        "train": _train,
        "classify": _classify,
        "repeats": _repeats,
    }
    return acts[given.act](given)


def _read(given: argparse.Namespace) -> Texts:
    file, raw = read_plain(given.file, kind="events")
    names = (given.text,) if given.text else _TEXT
    told = _strings(raw.table[require_column(raw, given.text or "text", "诉求内容", names, file)])
    at = find_column(raw.headers, _ID)
    ids = [str(r) for r in raw.rows] if at is None else _strings(raw.table[at])
    cleaned, state = read(told)
    kept = np.flatnonzero(state == 0).astype(np.intp)
    head = find_column(raw.headers, _SUBJECT)
    subjects = None if head is None else read(_strings(raw.table[head]))[0]
    return Texts(
        file, raw, kept,
        [ids[k] for k in kept], [cleaned[k] for k in kept],
        None if subjects is None else [subjects[k] for k in kept],
        [ids[k] for k in np.flatnonzero(state == TOO_LONG)],
    )  # fmt: skip


def _strings(column: pd.Series[Any]) -> list[str]:
    return [(as_text(v) or "") if pd.notna(v) else "" for v in column]


def _left_out(found: Texts, given: argparse.Namespace) -> None:
    if found.too_long and not given.json:
        print(translate(
            "Left out, more than {most} characters: {ids}.", given.lang,
            most=LONGEST, ids=", ".join(found.too_long[:10]),
        ))  # fmt: skip


# ---------------------------------------------------------------- train


def _train(given: argparse.Namespace) -> int:
    found = _read(given)
    labels = found.column((given.label,) if given.label else _LABEL)
    if labels is None:
        raise DataFileError("{file}: no column of labels; name one with --label.", file=found.file)
    words = _scheme(given.scheme) if given.scheme else scheme.words_of(sorted(set(labels) - {""}))
    time = _times(found)
    learned = learn_topics(found.texts, labels, time, scheme=words, subjects=found.subjects)
    if learned is None:
        raise InputError(
            "Too few labelled texts: expected {n} or more, {least} of each of two labels.",
            n=LEAST_LABELLED, least=LEAST_OF_CLASS,
        )  # fmt: skip
    model, card = learned
    if given.output:
        with replaced(given.output) as file:
            save(model, file)
    _left_out(found, given)
    _print_card(card, given, found)
    return 0


def _scheme(path: Path) -> dict[str, list[str]]:
    _, raw = read_plain(path, kind="events")
    columns = [_strings(raw.table[k]) for k in range(len(raw.headers))]
    found: dict[str, set[str]] = {}
    for label, *words in zip(*columns, strict=True):
        found.setdefault(label, set()).update(w for w in words if w)
    return {label: sorted(words) for label, words in found.items()}


def _times(found: Texts) -> NDArray[np.datetime64]:
    """Return the time of each row, NaT where it has none."""
    column = found.column(_TIME) or [""] * len(found.texts)
    known = {text: parse_time(text)[0] if text else None for text in set(column)}
    return np.array([known[t] or _NO_TIME for t in column], dtype="datetime64[s]")


def _print_card(card: Card, given: argparse.Namespace, found: Texts) -> None:
    plain = {
        "classes": dict(zip(card.classes, card.n, strict=True)),
        "macro_f1": card.macro_f1,
        "keyword_list_f1": card.baseline_f1,
        "new_wording_f1": card.new_wording_f1,
        "f1": dict(zip(card.classes, card.class_f1, strict=True)),
        "calibration_error": card.calibration_error,
        "unsure_below": card.unsure_below,
        "unsure_share": card.unsure_share,
        "right_when_sure": card.right_when_sure,
        "too_long": found.too_long,
    }
    if given.json:
        print(json.dumps(_finite(plain), ensure_ascii=False))
        return
    print(translate(
        "{n} texts of {classes} topics: macro-F1 {f1:.3f} ± {spread:.3f} in 5 folds, a keyword "
        "list {words:.3f} ± {words_spread:.3f}; calibration error {error:.3f}.", given.lang,
        n=sum(card.n), classes=len(card.classes), f1=card.macro_f1[0], spread=card.macro_f1[1],
        words=card.baseline_f1[0], words_spread=card.baseline_f1[1], error=card.calibration_error,
    ))  # fmt: skip
    if given.output:
        print(translate("{file}: written.", given.lang, file=given.output.name))


def _finite(value: Any) -> Any:
    """Return plain values with null for what JSON has no word for."""
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


# ---------------------------------------------------------------- classify


def _classify(given: argparse.Namespace) -> int:
    found = _read(given)
    if given.model:
        model = load(given.model)
        told = model.predict(found.texts, found.subjects)
        topics = [model.classes[k] for k in told.topic.tolist()]
        confidence, sure = told.confidence.round(3).tolist(), told.sure.tolist()
    else:
        words = scheme.by_words(found.texts)
        topics = [scheme.KINDS[k].name if k >= 0 else "" for k in words.kind.tolist()]
        confidence, sure = [None] * len(topics), words.sure.tolist()
    rows: Table = []
    for k, urgent in enumerate(all_urgencies(found.texts)):
        row: list[Cell] = [
            escaped(found.ids[k]), escaped(topics[k]), confidence[k], "yes" if sure[k] else "no",
            scheme.department_of(topics[k]) if topics[k] else "", LEVELS[urgent.level],
            "、".join(sign.words for sign in urgent.found),
        ]  # fmt: skip
        rows.append([*row, escaped(mask(found.texts[k]).text)] if given.texts else row)
    head = ["id", "topic", "confidence", "sure", "department", "urgency", "signs"]
    _left_out(found, given)
    return _give([*head, "text"] if given.texts else head, rows, given)


# ---------------------------------------------------------------- repeats


def _repeats(given: argparse.Namespace) -> int:
    found = _read(given)
    time = _times(found)
    bad = np.flatnonzero(np.isnat(time))
    if len(bad):
        raise DataFileError(
            "{file}, row {row}: no time; repeats are told by time.",
            file=found.file, row=int(found.raw.rows[found.kept[bad[0]]]),
        )  # fmt: skip
    codes = found.column(_REGION)
    village = np.full(len(time), -1)
    if codes is not None:
        village = pd.factorize(pd.Series(codes).replace("", None))[0]
    x, y = _metres(found)
    if x is None and (village < 0).all():
        raise DataFileError(
            "{file}: no place; repeats need a place code, or longitude and latitude.",
            file=found.file,
        )
    told = repeats(
        found.texts, time, village=village, x=x, y=y,
        days=given.days, near_m=given.near_m, alike=given.alike,
    )  # fmt: skip
    rows: Table = [
        [number, escaped(found.ids[k]), str(time[k]).replace("T", " "), round(float(like), 3)]
        for number, group in enumerate(told.groups, 1)
        for k, like in zip(group.rows.tolist(), group.alike.tolist(), strict=True)
    ]
    _left_out(found, given)
    return _give(["case", "id", "time", "alike"], rows, given)


def _metres(found: Texts) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Return metres east and north on a plane that fits a county; None without coordinates."""
    lon, lat = (found.column(known) for known in (_LON, _LAT))
    if lon is None or lat is None:
        return None, None
    east, north = (places.numbers_of(pd.Series(v, dtype=object)) for v in (lon, lat))
    middle = np.nanmean(north) if np.isfinite(north).any() else 0.0
    return east * _METRES * math.cos(math.radians(float(middle))), north * _METRES


def _give(head: list[str], rows: Table, given: argparse.Namespace) -> int:
    """Write or print rows."""
    if given.output:
        table: Table = [list(head), *rows]
        ending = given.output.suffix.lstrip(".").lower()
        body = as_csv(table) if ending == "csv" else as_xlsx(table, "appeals")
        with replaced(given.output) as file:
            file.write_bytes(body)
        if not given.json:
            print(translate("{file}: written.", given.lang, file=given.output.name))
            return 0
    if given.json:
        print(json.dumps([dict(zip(head, row, strict=True)) for row in rows], ensure_ascii=False))
        return 0
    print("\t".join(head))
    for row in rows:
        print("\t".join("" if v is None else str(v) for v in row))
    return 0
