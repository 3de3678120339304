"""Scenes from a TOML file: what is right is taken, what is wrong is said in its place."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cockpit.breaks import MOST_CLASSES, SCHEMES, Scheme
from cockpit.coverage.services import SERVICES
from cockpit.indicators import INDICATORS
from cockpit.look import tokens
from cockpit.risk.themes import THEMES
from cockpit.screen.scenes import (
    LEAST_SECONDS,
    MOST_SECONDS,
    SECONDS,
    SIDES,
    TITLES,
    TOWNSHIP,
    MapSpec,
    PanelSpec,
    Problem,
    Scene,
    usual_scenes,
)

MOST_BYTES = 256 * 1024
MOST_SCENES = 40
MOST_TURNS = 200
"""Places in the order: every scene of the file and a large county's townships, and some again."""
MOST_PANELS = 9
LEVELS = ("township", "village", "grid")
KINDS: Mapping[str, tuple[str, ...]] = {
    "figures": ("indicators", "region"),
    "ranking": ("indicators", "level", "most", "region"),
    "pyramid": ("region",),
    "coverage": ("service",),
    "standards": ("most",),
    "villages": ("service", "most"),
    "events": ("theme", "days"),
    "themes": (),
    "alerts": ("most",),
    "sensors": ("most",),
    "feeds": (),
}
"""Kinds of panels, and the entries that each of them reads beside title, side and kind."""
_NEEDS: Mapping[str, str] = {
    "figures": "indicators", "ranking": "indicators", "coverage": "service", "villages": "service",
}  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")

BROKEN = "{file} cannot be read: {reason}. The built-in scenes are shown."
TOO_DEEP = (
    "{file} cannot be read: its lists lie too deep in each other. The built-in scenes are shown."
)
WRONG = "{file}, scene {scene}, {entry}: found {found}; expected {expected}."
WRONG_NEAR = (
    "{file}, scene {scene}, {entry}: found {found}; expected {expected}. Did you mean {near}?"
)
MISSING = "{file}, scene {scene}, {entry}: nothing is there; expected {expected}."
MORE = "{file}: {n} more entries are wrong."
_MOST_TOLD = 20


@dataclass(frozen=True)
class Playlist:
    """The scenes in their order, and what is wrong with the file as a whole."""

    scenes: tuple[Scene, ...]
    problems: tuple[Problem, ...] = ()
    title: Mapping[str, str] | None = None  # of the screen; None: the county's name


class _WrongError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.template)
        self.problem = problem


def playlist_of(body: bytes, file: str) -> Playlist:
    """
    Return the playlist of a file.

    An unreadable file gives the built-in scenes and says why. A scene whose map or panel is wrong
    is there with the problem in that place; an unknown scene in the order is left out and told.

    Parameters
    ----------
    body
        The bytes of the file, UTF-8 TOML.
    file
        Its name, for the sentences.
    """
    try:
        if len(body) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES // 1024} KiB")
        told = tomllib.loads(body.decode("utf-8"))
        return _Reader(file).playlist(told)
    except RecursionError:  # in tomllib, or in writing out what was found
        return Playlist(usual_scenes(), (Problem(TOO_DEEP, {"file": file}),))
    except ValueError as error:  # tomllib's own errors, and bytes that are no UTF-8
        reason = str(error).rstrip(".")
    return Playlist(usual_scenes(), (Problem(BROKEN, {"file": file, "reason": reason}),))


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    # ------------------------------------------------------------ the file

    def playlist(self, told: Mapping[str, Any]) -> Playlist:
        for key in told.keys() - {"screen", "scenes"}:
            self.problems.append(self._one_of("-", key, key, ("screen", "scenes")))
        screen = self._table("-", "screen", told.get("screen", {}))
        scenes = self._table("-", "scenes", told.get("scenes", {}))
        for key in screen.keys() - {"order", "title", "seconds"}:
            self.problems.append(self._one_of("-", key, key, ("order", "title", "seconds")))
        usual = self._noted("-", "screen.seconds", screen.get("seconds"), self._seconds, 0)
        made = {s.id: replace(s, seconds=usual or s.seconds) for s in usual_scenes()}
        for name, entry in list(scenes.items())[:MOST_SCENES]:
            scene = self._scene(str(name), entry, usual)
            if scene is not None:
                made[scene.id] = scene
        title = self._noted("-", "screen.title", screen.get("title"), self._title, {})
        order = self._order(screen.get("order"), made, [str(n) for n in scenes], usual)
        builtin = tuple(made[name] for name in TITLES)
        return Playlist(order or builtin, self._told(), title or None)

    def _told(self) -> tuple[Problem, ...]:
        """Return what is wrong, as many as somebody reads: a file may be of another program."""
        told, rest = self.problems[:_MOST_TOLD], len(self.problems) - _MOST_TOLD
        return (*told, Problem(MORE, {"file": self.file, "n": rest})) if rest > 0 else tuple(told)

    def _order(
        self, order: Any, made: Mapping[str, Scene], own: list[str], usual: int
    ) -> tuple[Scene, ...]:  # fmt: skip
        if order is None:  # the built-in ones, then those of the file
            names = [*TITLES, *(n for n in own if n not in TITLES)]
            return tuple(made[n] for n in names if n in made)
        if not isinstance(order, list):
            self.problems.append(self._wrong("-", "screen.order", order, "a list of scenes"))
            return ()
        found = []
        if len(order) > MOST_TURNS:
            long = self._wrong("-", "screen.order", len(order), "at most {high} scenes")
            self.problems.append(Problem(WRONG, {**long.values, "high": MOST_TURNS}))
        for name in order[:MOST_TURNS]:
            if isinstance(name, str) and name.startswith(TOWNSHIP) and len(name) <= 60:
                found.append(Scene(name, seconds=usual or SECONDS["townships"], builtin=name))
            elif isinstance(name, str) and name in made:
                found.append(made[name])
            elif not (isinstance(name, str) and name in own):  # that one has said it itself
                self.problems.append(self._one_of("-", "screen.order", name, tuple(made)))
        return tuple(found)

    # ------------------------------------------------------------ one scene

    def _scene(self, name: str, entry: Any, usual: int) -> Scene | None:
        if not _NAME.fullmatch(name):
            expected = "letters, digits, - and _, at most 40"
            self.problems.append(self._wrong("-", "scenes", name, expected))
            return None
        if not isinstance(entry, dict):
            self.problems.append(self._wrong("-", f"scenes.{name}", entry, "a table"))
            return None
        known = ("title", "seconds", "scene", "map", "panels")
        for key in entry.keys() - set(known):
            self.problems.append(self._one_of(name, key, key, known))
        title = self._noted(name, "title", entry.get("title"), self._title, {})
        builtin = self._noted(name, "scene", entry.get("scene"), self._builtin, "")
        first = usual if usual else SECONDS.get(builtin, 30)
        seconds = self._noted(name, "seconds", entry.get("seconds"), self._seconds, first)
        return Scene(
            name, title, seconds, builtin,
            None if builtin else self._map(name, entry.get("map")),
            () if builtin else self._panels(name, entry.get("panels", [])),
        )  # fmt: skip

    def _map(self, name: str, entry: Any) -> MapSpec | Problem | None:
        if entry is None:
            return None
        known = (
            "indicator", "level", "classification", "classes", "ramp", "heights", "focus", "turn",
        )  # fmt: skip
        try:
            if not isinstance(entry, dict):
                raise _WrongError(self._wrong(name, "map", entry, "a table"))
            for key in entry.keys() - set(known):
                raise _WrongError(self._one_of(name, f"map.{key}", key, known))
            scheme: Scheme = self._choice(
                name, "map.classification", entry.get("classification", "quantile"),
                [s for s in SCHEMES if s != "manual"],
            )  # fmt: skip
            return MapSpec(
                self._choice(name, "map.indicator", entry.get("indicator"), INDICATORS),
                self._choice(name, "map.level", entry.get("level", "village"), LEVELS),
                scheme,
                self._number(name, "map.classes", entry.get("classes", 5), 2, MOST_CLASSES),
                self._choice(name, "map.ramp", entry.get("ramp", "blue"), tokens.RAMPS),
                self._heights(name, entry.get("heights", ""), entry.get("indicator")),
                self._code(name, "map.focus", entry.get("focus", "")),
                self._bool(name, "map.turn", entry.get("turn", True)),
            )
        except _WrongError as error:
            return error.problem

    def _heights(self, name: str, value: Any, indicator: Any) -> str:
        if isinstance(value, bool):
            return str(indicator) if value else ""
        return str(self._choice(name, "map.heights", value, INDICATORS)) if value else ""

    def _panels(
        self, name: str, entries: Any
    ) -> tuple[PanelSpec | tuple[str, Problem], ...]:  # fmt: skip
        if not isinstance(entries, list):
            return (("left", self._wrong(name, "panels", entries, "a list of tables")),)
        found: list[PanelSpec | tuple[str, Problem]] = []
        for number, entry in enumerate(entries[:MOST_PANELS], start=1):
            side = entry.get("side") if isinstance(entry, dict) else None
            place = side if isinstance(side, str) and side in SIDES else "left"
            try:
                found.append(self._panel(name, f"panels[{number}]", entry))
            except _WrongError as error:
                found.append((place, error.problem))
        return tuple(found)

    def _panel(self, name: str, at: str, entry: Any) -> PanelSpec:
        if not isinstance(entry, dict):
            raise _WrongError(self._wrong(name, at, entry, "a table"))
        kind: str = self._choice(name, f"{at}.kind", entry.get("kind"), KINDS)
        known = ("kind", "side", "title", *KINDS[kind])
        for key in entry.keys() - set(known):
            raise _WrongError(self._one_of(name, f"{at}.{key}", key, known))
        if kind in _NEEDS and entry.get(_NEEDS[kind], "") in ("", []):
            told = ", ".join((INDICATORS if _NEEDS[kind] == "indicators" else SERVICES).keys())
            raise _WrongError(Problem(MISSING, {
                "file": self.file, "scene": name, "entry": f"{at}.{_NEEDS[kind]}",
                "expected": _short(told),
            }))  # fmt: skip
        return PanelSpec(
            kind,
            self._choice(name, f"{at}.side", entry.get("side", "left"), SIDES),
            self._title(name, f"{at}.title", entry["title"]) if "title" in entry else {},
            self._indicators(name, f"{at}.indicators", entry.get("indicators", [])),
            self._optional(name, f"{at}.service", entry.get("service", ""), SERVICES),
            self._optional(name, f"{at}.theme", entry.get("theme", ""), THEMES),
            self._choice(name, f"{at}.level", entry.get("level", "township"), LEVELS),
            self._number(name, f"{at}.days", entry.get("days", 30), 7, 366),
            self._number(name, f"{at}.most", entry.get("most", 8), 1, 30),
            self._code(name, f"{at}.region", entry.get("region", "")),
        )

    def _indicators(self, name: str, at: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise _WrongError(self._wrong(name, at, value, "a list of indicators"))
        return tuple(self._choice(name, at, one, INDICATORS) for one in value[:8])

    # ------------------------------------------------------------ single values

    def _noted(self, scene: str, entry: str, value: Any, read: Any, otherwise: Any) -> Any:
        """Return a value, or note what is wrong with it and go on with another."""
        if value is None:
            return otherwise
        try:
            return read(scene, entry, value)
        except _WrongError as error:
            self.problems.append(error.problem)
            return otherwise

    def _table(self, scene: str, entry: str, value: Any) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        self.problems.append(self._wrong(scene, entry, value, "a table"))
        return {}

    def _builtin(self, scene: str, entry: str, value: Any) -> str:
        if isinstance(value, str) and value.startswith(TOWNSHIP) and len(value) <= 60:
            return value
        return str(self._choice(scene, entry, value, TITLES))

    def _title(self, scene: str, entry: str, value: Any) -> Mapping[str, str]:
        if isinstance(value, str):
            value = {"zh": value, "en": value}
        fits = isinstance(value, dict) and value.keys() <= {"zh", "en"} and value
        if not fits or not all(isinstance(t, str) and 0 < len(t) <= 60 for t in value.values()):
            expected = "a text in zh and en, at most 60 characters"
            raise _WrongError(self._wrong(scene, entry, value, expected))
        one = next(iter(value.values()))
        return {"zh": value.get("zh", one), "en": value.get("en", one)}

    def _seconds(self, scene: str, entry: str, value: Any) -> int:
        return self._number(scene, entry, value, LEAST_SECONDS, MOST_SECONDS)

    def _number(self, scene: str, entry: str, value: Any, low: int, high: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            made = self._wrong(scene, entry, value, "a whole number of {low} to {high}")
            raise _WrongError(Problem(WRONG, {**made.values, "low": low, "high": high}))
        return value

    def _bool(self, scene: str, entry: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise _WrongError(self._wrong(scene, entry, value, "true or false"))
        return value

    def _code(self, scene: str, entry: str, value: Any) -> str:
        if not isinstance(value, str) or len(value) > 40 or not value.isprintable():
            raise _WrongError(self._wrong(scene, entry, value, "the code of a region, as a text"))
        return value

    def _optional(self, scene: str, entry: str, value: Any, known: Iterable[str]) -> str:
        return "" if value == "" else str(self._choice(scene, entry, value, known))

    def _choice(self, scene: str, entry: str, value: Any, known: Iterable[str]) -> Any:
        if not isinstance(value, str) or value not in known:
            raise _WrongError(self._one_of(scene, entry, value, tuple(known)))
        return value

    # ------------------------------------------------------------ words

    def _one_of(self, scene: str, entry: str, value: Any, known: tuple[str, ...]) -> Problem:
        """Say which values there are, and which of them is nearest to what was found."""
        if value is None:
            return Problem(MISSING, {
                "file": self.file, "scene": scene, "entry": entry,
                "expected": _short(", ".join(known)),
            })  # fmt: skip
        near = difflib.get_close_matches(str(value), known, n=1, cutoff=0.5)
        made = self._wrong(scene, entry, value, _short(", ".join(known)))
        return Problem(WRONG_NEAR, {**made.values, "near": near[0]}) if near else made

    def _wrong(self, scene: str, entry: str, value: Any, expected: str) -> Problem:
        return Problem(WRONG, {
            "file": self.file, "scene": scene, "entry": entry, "found": _short(repr(value), 60),
            "expected": expected,
        })  # fmt: skip


def _short(text: str, most: int = 160) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
