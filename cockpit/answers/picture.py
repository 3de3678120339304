"""The Map as a picture for a slide or a report: what is asked for, and the sheet it makes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access import territory, watermark
from cockpit.access.classes import TITLES
from cockpit.answers import map as maps
from cockpit.answers import overlays, picture_words
from cockpit.answers.layers import region_shapes
from cockpit.answers.map import MapAnswer
from cockpit.answers.twin import LEVELS, Twin
from cockpit.breaks import SCHEMES, Scheme
from cockpit.locale import translate
from cockpit.look import tokens as look
from cockpit.look.marks import PLACES
from cockpit.memo.words import NO_FIGURE, date, number
from cockpit.picture import FORMATS, Legend, Mark, MarkShape, Name, Outline, Picture, Row, Sheet
from cockpit.picture.shapes import Shapes
from cockpit.store.models import Dataset
from geodata.errors import CockpitError, InputError

MOST_REGIONS = 20_000
"""More would be a speckle on paper, and take the server seconds."""

_MOST_NAMES = 60
_NOT_WATER = ("roads", "facilities", "buildings", "labels", "relief")

GROUPS: Mapping[str, tuple[str, MarkShape, tuple[str, ...]]] = {
    "health": ("Health", "cross", ("hospital", "health_centre", "clinic", "pharmacy")),
    "school": (
        "Education",
        "square",
        ("kindergarten", "primary_school", "junior_school", "senior_school"),
    ),
    "care": ("Care for older people", "diamond", ("care_home", "day_care")),
    "rescue": (
        "Rescue and safety",
        "triangle",
        ("fire_station", "ambulance_post", "police_station", "shelter"),
    ),
    "public": ("Public services", "circle", ()),
}
"""Title (msgid), shape and kinds of what facilities are for; the last takes all other kinds."""


@dataclass(frozen=True)
class Asked:
    """What a picture is asked to show, as the page's address has it."""

    indicator: str
    level: str
    scheme: Scheme = "quantile"
    n_classes: int = 5
    manual: tuple[float, ...] = ()
    ramp: str = "blue"
    few: int = maps.FEW_CASES
    layers: tuple[str, ...] = ()
    picked: tuple[str, ...] = ()
    theme: str = "light"
    form: str = "slide"

    def __post_init__(self) -> None:
        fine = (
            self.scheme in SCHEMES
            and 3 <= self.n_classes <= 7
            and self.ramp in look.RAMPS
            and self.few in maps.FEW_CHOICES
            and self.theme in ("light", "dark")
            and self.form in FORMATS
            and self.level in LEVELS
        )
        if not fine:
            raise InputError("There is no such picture.")


def sheet_of(
    db: Session,
    twin: Twin,
    unit: int,
    asked: Asked,
    *,
    visitor: str,
    small_count: int,
    language: str,
) -> Sheet:
    """
    Return the sheet of a unit's map: the same classes, colours and figures as on the page.

    Masks, classes and territory are the visitor's, as on the page: ``twin`` is the part that the
    visitor may see. Buildings, relief and columns stay on the screen.

    Raises
    ------
    InputError
        As ``map_answer``; also for more than ``MOST_REGIONS``, or none.
    """
    answer = maps.map_answer(
        twin, asked.indicator, unit, asked.level, scheme=asked.scheme, n_classes=asked.n_classes,
        manual=asked.manual, visitor=visitor, small_count=small_count,
    )  # fmt: skip
    if not 0 < len(answer.rows) <= MOST_REGIONS:
        raise InputError(
            "A picture shows from 1 to {most} regions; here are {n}.",
            most=MOST_REGIONS,
            n=len(answer.rows),
        )
    tokens = look.of(asked.theme)
    drawn = _Drawn(db, twin, answer, asked, unit, tokens, visitor, language)
    title = translate(answer.indicator.title, language)
    name = picture_words.named(twin, answer.unit, language)
    return Sheet(
        title=f"{name} · {title}",
        sentence=picture_words.sentence(twin, answer, asked.few, language),
        stamps=_stamps(twin, answer, language),
        picture=drawn.picture(),
        legend=legend_of(answer, asked, language),
        foot=_foot(db, twin, answer, language),
    )


def colours_of(answer: MapAnswer, ramp: str, tokens: look.Tokens) -> tuple[str, ...]:
    """Return one colour a class, as the page has them."""
    n = len(answer.breaks.cuts)
    return look.ramp("change" if answer.breaks.diverging else ramp, n, tokens) if n else ()


def legend_of(answer: MapAnswer, asked: Asked, language: str) -> Legend:
    """Return the legend: classes with their limits and numbers, then what has no colour."""
    tokens = look.of(asked.theme)

    def say(template: str, **values: object) -> str:
        return translate(template, language, **values)

    colours = colours_of(answer, asked.ramp, tokens)
    rows = [
        Row(colour, text, number(n))
        for colour, text, n in zip(
            colours, picture_words.limits(answer), answer.breaks.counts, strict=True
        )
    ]
    masked, few = int(answer.masked.sum()), int(answer.few(asked.few).sum())
    missing = answer.breaks.n_missing - masked
    if masked:
        rows.append(Row(tokens.masked, say("not shown"), number(masked)))
    if few:
        words = picture_words.few_words(answer, asked.few, language)
        rows.append(Row(colours[len(colours) // 2], words, number(few), "unsure"))
    if missing:
        rows.append(Row("", say("no data"), number(missing), "none"))
    unit = say(answer.indicator.unit)
    title = say(answer.indicator.title) + (f"（{unit}）" if language == "zh" else f" ({unit})")
    notes = (say("In brackets: number of regions."),)
    marks: tuple[tuple[MarkShape, str, str], ...] = ()
    if "facilities" in asked.layers:
        marks = tuple(
            (shape, _place_colour(group, tokens), say(words))
            for group, (words, shape, _kinds) in GROUPS.items()
        )
    return Legend(title, tuple(rows), notes, marks)


def _place_colour(group: str, tokens: look.Tokens) -> str:
    return PLACES[group][2 if tokens.name == "dark" else 1]


def _stamps(twin: Twin, answer: MapAnswer, language: str) -> tuple[str, ...]:
    stamps = [translate(TITLES[twin.class_of(answer.indicator)], language)]
    if twin.county.get("invented"):
        stamps.append(translate("Sample county, invented", language))
    return tuple(stamps)


def _foot(db: Session, twin: Twin, answer: MapAnswer, language: str) -> tuple[str, ...]:
    """Return where the figures come from: sources, date, class, version, review, export."""

    def say(template: str, **values: object) -> str:
        return translate(template, language, **values)

    ids = {s for m in answer.indicator.measures for s in twin.sources.get(m, ())}
    between = "；" if language == "zh" else "; "
    sources = between.join(_sources(db, ids, language)) or NO_FIGURE
    invented = bool(twin.county.get("invented"))
    review = (
        say("invented county, no review number needed")
        if invented
        else say("map review number {number}", number=twin.county.get("review_number") or NO_FIGURE)
    )
    facts = (
        say("Data as of {date}", date=date(twin.date, language)),
        say("Class: {data_class}", data_class=say(TITLES[twin.class_of(answer.indicator)])),
        say("data version {version}", version=territory.data_version(twin.version)[:12]),
        review,
    )
    mark = watermark.current()
    return (
        say("Sources: {sources}", sources=sources),
        " · ".join(facts),
        *((mark.sentence,) if mark is not None else ()),
    )


def _sources(db: Session, ids: set[str], language: str) -> list[str]:
    """Return data sets with department and date, in the order of the catalogue."""
    query = select(Dataset).where(Dataset.id.in_(ids)).order_by(Dataset.position)
    made = []
    for one in db.execute(query).scalars():
        title = one.title_en if language == "en" and one.title_en else one.title
        day = date(one.as_of, language) if one.as_of else ""
        more = [part for part in (translate(one.department, language), day) if part]
        made.append(
            f"{title}（{'，'.join(more)}）" if language == "zh" else f"{title} ({', '.join(more)})"
        )
    return made


@dataclass(frozen=True)
class _Drawn:
    """A picture in the making."""

    db: Session
    twin: Twin
    answer: MapAnswer
    asked: Asked
    unit: int
    tokens: look.Tokens
    visitor: str
    language: str

    def picture(self) -> Picture:
        answer, twin, tokens = self.answer, self.twin, self.tokens
        shapes = self._flat(region_shapes(self.db, twin, answer.rows, twin.path(answer.unit)))
        colours = colours_of(answer, self.asked.ramp, tokens)
        classes = answer.breaks.class_of(answer.values)
        fills = [
            tokens.masked if masked else "" if k < 0 else colours[k]
            for k, masked in zip(classes.tolist(), answer.masked.tolist(), strict=True)
        ]
        picked = self.asked.picked or self._alone()
        codes = twin.regions["code"].to_numpy()[answer.rows].tolist()
        return Picture(
            shapes,
            fills,
            tokens,
            unsure=answer.few(self.asked.few),
            outlines=[*self._water(shapes), *self._roads(shapes), *self._borders()],
            marks=self._places(),
            names=self._names(),
            scale_words=translate("{n} km", self.language, n="{n}"),
            north=translate("N", self.language),
            chosen=[codes.index(code) for code in picked if code in codes],
        )

    def _alone(self) -> tuple[str, ...]:
        """Return the code of a leaf, which is shown among its neighbours."""
        if self.unit == self.answer.unit:
            return ()
        return (str(self.twin.regions["code"].iat[self.unit]),)

    def _flat(self, shapes: Shapes) -> Shapes:
        flat = Transformer.from_crs(4326, str(self.twin.county["crs"]), always_xy=True)
        made: Shapes = shapely.transform(
            shapes, lambda xy: np.column_stack(flat.transform(xy[:, 0], xy[:, 1]))
        )
        return made

    def _features(self, layer: bytes) -> tuple[Shapes, list[dict[str, Any]]]:
        """Return shapes in metres and properties of a GeoJSON layer."""
        found = json.loads(layer)["features"]
        shapes = shapely.from_geojson([json.dumps(f["geometry"]) for f in found])
        flat = self._flat(np.asarray(shapes, dtype=object))
        return flat, [f["properties"] for f in found]

    def _water(self, around: Shapes) -> Iterable[Outline]:
        names = set(overlays.feature_layers(self.db, self.visitor)) - set(_NOT_WATER)
        for name in sorted(names.intersection(self.asked.layers)):
            layer = overlays.features(self.db, self.twin, name, visitor=self.visitor)
            shapes = _clipped(self._features(layer)[0], around)
            flat = shapely.get_dimensions(shapes) == 2
            colour = self.tokens.map_water
            yield Outline(shapes[flat], colour, 0.5, 0.8, filled=True)
            yield Outline(shapes[~flat], colour, 1.5, 0.95)

    def _roads(self, around: Shapes) -> Iterable[Outline]:
        if "roads" not in self.asked.layers:
            return
        try:
            layer = overlays.roads(self.db, self.twin, self.answer.unit, visitor=self.visitor)
        except CockpitError:  # roads are not open to the visitor: the page leaves them out, too
            return
        shapes, properties = self._features(layer)
        clipped = _clipped(shapes, around)
        for shape, row in zip(clipped, properties, strict=True):
            rank = int(row["w"])
            wide, strong = (2.0, 0.75) if rank <= 2 else (1.2, 0.6) if rank <= 4 else (0.7, 0.45)
            one = np.array([shape], dtype=object)
            yield Outline(one, self.tokens.map_road, wide, strong)

    def _borders(self) -> Iterable[Outline]:
        """Yield the outlines of the levels above the shown one: stronger the higher."""
        own = str(self.twin.regions["level"].iat[self.answer.unit])
        first, last = LEVELS.index(own), LEVELS.index(self.answer.level)
        for level in LEVELS[first:last][::-1]:
            shapes = self._of_level(level)[1]
            wide, strong = (1.8, 0.8) if level == own else (1.0, 0.45)
            yield Outline(shapes, self.tokens.map_border, wide, strong)

    def _of_level(self, level: str) -> tuple[list[int], Shapes]:
        rows = self.twin.below(self.answer.unit, level)
        path = self.twin.path(self.answer.unit)
        return rows.tolist(), self._flat(region_shapes(self.db, self.twin, rows, path))

    def _names(self) -> list[Name]:
        """Return the names of the finest level that fits, those of large regions first."""
        if "labels" not in self.asked.layers:
            return []
        own = LEVELS.index(str(self.twin.regions["level"].iat[self.answer.unit]))
        levels = LEVELS[own : LEVELS.index(self.answer.level) + 1][::-1]
        for level in levels:
            if len(self.twin.below(self.answer.unit, level)) <= _MOST_NAMES:
                rows, shapes = self._of_level(level)
                order = np.argsort(-shapely.area(shapes), kind="stable").tolist()
                inside = [(k, shapely.point_on_surface(shapes[k])) for k in order if shapes[k]]
                return [
                    Name(p.x, p.y, picture_words.named(self.twin, rows[k], self.language), 12)
                    for k, p in inside
                    if not p.is_empty
                ]
        return []

    def _places(self) -> list[Mark]:
        if "facilities" not in self.asked.layers:
            return []
        try:
            layer = overlays.facilities(self.db, self.twin, self.answer.unit, visitor=self.visitor)
        except CockpitError:  # as with roads
            return []
        shapes, properties = self._features(layer)
        known = {kind: group for group, (_, _, kinds) in GROUPS.items() for kind in kinds}
        size = 3.0 if len(properties) > 200 else 5.0
        marks = []
        for point, row in zip(shapes, properties, strict=True):
            group = known.get(row["k"], "public")
            colour = _place_colour(group, self.tokens)
            big = 1.6 if row["k"] == "hospital" else 1.0
            marks.append(Mark(point.x, point.y, colour, GROUPS[group][1], size=size * big))
        return sorted(marks, key=lambda mark: mark.size)


def _clipped(shapes: Shapes, around: Shapes) -> Shapes:
    """Return shapes without what lies outside of the rectangle around others."""
    there = around[~(shapely.is_missing(around) | shapely.is_empty(around))]
    clipped: Shapes = shapely.clip_by_rect(shapes, *shapely.total_bounds(there).tolist())
    return clipped
