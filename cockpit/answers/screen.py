"""The command-centre screen: its playlist and each scene, ready to be drawn."""

from __future__ import annotations

import hashlib
import time

from cockpit.answers import alerts, screen_builtin, screen_custom, screen_file, screen_lobby
from cockpit.answers import screen_words as words
from cockpit.answers.current import current_version
from cockpit.answers.release_store import published
from cockpit.answers.screen_fixed import fixed_words
from cockpit.answers.screen_places import Frame, frame_of
from cockpit.answers.screen_view import Json, SceneError, View
from cockpit.answers.sign_in import county_name
from cockpit.screen.reader import Playlist
from cockpit.screen.scenes import PUBLIC, TITLES, TOWNSHIP, TOWNSHIPS, Scene, in_turn, usual_scenes

__all__ = ["Frame", "SceneError", "View", "frame_of", "playlist", "scene", "turn_of"]

RELOAD_MINUTES = 6 * 60
"""A page that runs for days begins anew now and then: whatever a browser leaks is let go."""


def scenes_of(view: View) -> tuple[Scene, ...]:
    """Return the scenes of a view in their order: for the public those that it may see."""
    found = screen_file.playlist().scenes
    if view.public:
        found = tuple(s for s in found if s.builtin in PUBLIC)
        return found or tuple(s for s in usual_scenes() if s.builtin in PUBLIC)
    some = bool(screen_builtin.townships(view))
    return tuple(s for s in found if s.builtin != TOWNSHIPS or some)


def playlist(view: View) -> Json:
    """Return the scenes with their titles and seconds, the county, and the page's fixed words."""
    file, frame = screen_file.playlist(), frame_of(view)
    scenes = scenes_of(view)
    county = _county(view, file, frame)
    return {
        "version": view.version(frame.version) if frame is not None else "",
        "language": view.language, "lobby": view.public, "county": county,
        "scenes": [
            {"id": s.id, "title": _title(view, s), "seconds": s.seconds} for s in scenes
        ],
        "problems": [words.problem_text(p, view.language) for p in file.problems]
        if not view.public else [],
        "words": fixed_words(view),
        "weekdays": [view.say(day) for day in _WEEKDAYS],
        "reload_minutes": RELOAD_MINUTES,
    }  # fmt: skip


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _county(view: View, file: Playlist, frame: Frame | None) -> Json:
    if frame is None:
        return {"name": "", "invented": False, "title": view.say("Command centre"),
                "invented_words": ""}  # fmt: skip
    name = county_name(view.language)
    title = (
        file.title[view.language]
        if file.title
        else view.say("{county} command centre", county=name)
    )
    invented = screen_builtin.invented()
    return {
        "name": name, "invented": invented, "title": title,
        "invented_words": view.say("Invented county: all figures are made up") if invented else "",
    }  # fmt: skip


def _title(view: View, found: Scene) -> str:
    if found.title:
        return found.title[view.language]
    if found.builtin.startswith(TOWNSHIP):
        return screen_builtin.township_name(view, found.builtin.removeprefix(TOWNSHIP))
    return view.say(TITLES.get(found.builtin, found.id))


def playlist_mark(view: View) -> str:
    """Return what changes with the playlist, the language or what may be seen."""
    told = (screen_file.digest(screen_file.playlist()), view.language, view.public)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def version_of(view: View) -> str:
    """Return the version of the data as addresses of shapes have it; "" for an empty store."""
    version = current_version()
    return view.version(version) if version else ""


def scene(view: View, name: str, *, moment_s: float | None = None) -> Json:
    """
    Return a scene of the playlist, or one township's (``township:<code>``).

    Parameters
    ----------
    moment_s
        Seconds since 1970, which decide on the township in turn; None: now.

    Raises
    ------
    SceneError
        If there is no such scene, or it is not open to the public.
    """
    known = {s.id: s for s in scenes_of(view)}
    if name not in known and name.startswith(TOWNSHIP):
        known[name] = Scene(name, builtin=name)
    found = known.get(name)
    if found is None:
        if view.public and name in TITLES:
            raise SceneError("This scene is not open to the public.")
        raise SceneError("There is no scene {scene}.", scene=name[:60])
    made = _made(view, found, time.time() if moment_s is None else moment_s)
    made |= {"id": found.id, "seconds": found.seconds}
    if found.title:
        made["title"] = found.title[view.language]
    return made


def _made(view: View, found: Scene, moment_s: float) -> Json:
    if view.public:
        return screen_lobby.scene(view, found.builtin)
    if found.builtin == TOWNSHIPS:
        return screen_builtin.scene(view, f"{TOWNSHIP}{turn_of(view, moment_s)}")
    if found.builtin:
        return screen_builtin.scene(view, found.builtin)
    return screen_custom.scene(view, found, screen_file.path().name)


def turn_of(view: View, moment_s: float) -> str:
    """Return the code of the township that a loop of the playlist shows; "" without any."""
    codes = screen_builtin.townships(view)
    loop = sum(s.seconds for s in scenes_of(view))
    return codes[in_turn(moment_s, loop, len(codes))] if codes else ""


def living_mark(view: View) -> str:
    """Return what changes without a load: with releases for the public, else with alerts."""
    if not view.public:
        return str(alerts.head_of_ledger()[0])
    told = [(r.id, r.version, r.retracted is None) for r in published()]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:8]
