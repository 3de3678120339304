"""Walls: the region and the scene that several screens follow, chosen on one of them."""

from __future__ import annotations

import datetime as dt
import re
import threading
import time
from collections import OrderedDict

from sqlalchemy import delete, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from cockpit.access import audit, clock
from cockpit.access.visitor import Visitor
from cockpit.answers.current import current_twin
from cockpit.answers.screen import scenes_of
from cockpit.answers.screen_builtin import townships
from cockpit.answers.screen_view import Json, SceneError, View
from cockpit.screen.scenes import TOWNSHIP
from cockpit.store.catalogue import begin_writing
from cockpit.store.models_looks import Wall
from cockpit.store.session import StoreError, engine, has_table, require_table
from cockpit.store.waiting import waiting_at_most
from geodata.errors import CockpitError

MOST_WALLS = 50
"""Walls that are kept; the one that was not touched for longest makes room."""
IN_USE = dt.timedelta(hours=1)
"""A wall touched within this makes room for nobody."""
MOST_A_SECOND = 2
"""Choices of one session: a hand is not faster, and each is an entry in the audit trail."""
WAIT_SECONDS = 3.0
"""How long a choice waits for a load that holds the store; whoever chose stands and looks."""
_MOST_COUNTED = 512
_NAME = re.compile(r"[\w-]{1,40}")

_lock = threading.Lock()
_chosen: OrderedDict[str, tuple[float, ...]] = OrderedDict()
"""When a session has chosen within the last second."""


class WallError(SceneError):
    """A name, a region or a scene that no wall of ours has."""


class WallBusyError(CockpitError):
    """Too many choices in a second, or too many walls."""


def nothing() -> Json:
    """Return what a screen follows that is on no wall."""
    return {"select": "", "scene": "", "seq": 0}


def followed(wall: str) -> Json:
    """Return what the screens of a wall follow now; nothing for one that nobody has used."""
    if not _NAME.fullmatch(wall):
        return nothing()
    with Session(engine()) as db:
        if not has_table(db, Wall.__tablename__):
            return nothing()
        row = db.get(Wall, wall)
        if row is None:
            return nothing()
        return {"select": row.selection, "scene": row.scene, "seq": row.seq}


def is_name(wall: str) -> bool:
    """Tell whether a wall may be called so."""
    return _NAME.fullmatch(wall) is not None


def choose(
    who: Visitor, wall: str, *, select_code: str | None = None, scene: str | None = None
) -> int:
    """
    Let the screens of a wall follow a region or a scene; return the number of the change.

    "" lets go of what was chosen; None leaves it. Written into the audit trail, unless the wall
    follows just that already.

    Raises
    ------
    WallError
        If the name is none, nothing is chosen, or there is no such region or scene.
    WallBusyError
        If the session has chosen twice within a second, or every wall there may be is in use.
    StoreError
        If others write into the store for longer than somebody at a wall waits.
    """
    if not is_name(wall):
        raise WallError("The name of a wall has 1 to 40 letters, digits, - and _.")
    if select_code is None and scene is None:
        raise WallError("Choose a region or a scene.")
    _count(who)
    _require_region(select_code)
    _require_scene(who, scene)
    now = followed(wall)
    if select_code in (None, now["select"]) and scene in (None, now["scene"]):
        return int(now["seq"])
    with Session(engine()) as db:
        require_table(db, Wall.__tablename__)
    try:
        with (
            engine().connect() as connection,
            Session(connection) as db,
            waiting_at_most(db, WAIT_SECONDS),
        ):
            begin_writing(db.connection())
            seq = _written(db, who, wall, select_code, scene)
            db.commit()
    except OperationalError as error:
        raise StoreError(
            "Data are being written into the store just now. Try again in a moment."
        ) from error
    return seq


def _written(
    db: Session, who: Visitor, wall: str, select_code: str | None, scene: str | None
) -> int:  # fmt: skip
    row = db.get(Wall, wall)
    if row is None:
        _make_room(db)
        row = Wall(id=wall, seq=0, selection="", scene="")
        db.add(row)
    row.selection = row.selection if select_code is None else select_code
    row.scene = row.scene if scene is None else scene
    row.seq, row.changed, row.who = row.seq + 1, clock.utc_now(), who.account
    seq, detail = row.seq, {"select": row.selection, "scene": row.scene}
    db.flush()
    audit.record(db, who, "decide", f"wall {wall}", detail=detail)
    return seq


def _count(who: Visitor) -> None:
    """Count a choice of a session; refuse the third within a second."""
    key, now = who.session or who.account, time.monotonic()
    with _lock:
        lately = tuple(t for t in _chosen.pop(key, ()) if now - t < 1.0)
        busy = len(lately) >= MOST_A_SECOND
        _chosen[key] = lately if busy else (*lately, now)
        while len(_chosen) > _MOST_COUNTED:
            _chosen.popitem(last=False)
    if busy:
        raise WallBusyError("That was too fast for the wall. Try again in a second.")


def forget() -> None:
    """Count from the beginning: a test."""
    with _lock:
        _chosen.clear()


def _require_region(code: str | None) -> None:
    county = current_twin()
    if not code:
        return
    if county is None or code not in county.regions.attrs["rows"]:
        raise WallError("There is no region {code}.", code=code[:40])


def _require_scene(who: Visitor, scene: str | None) -> None:
    if not scene:
        return
    view = View(who.data_class, "zh")
    places = {f"{TOWNSHIP}{code}" for code in townships(view)}
    if scene not in places | {s.id for s in scenes_of(view)}:
        raise WallError("There is no scene {scene}.", scene=scene[:60])


def _make_room(db: Session) -> None:
    """Drop the wall that was not touched for longest, but none that people stand before."""
    if (db.scalar(select(func.count()).select_from(Wall)) or 0) < MOST_WALLS:
        return
    idle = Wall.changed < clock.utc_now() - IN_USE
    oldest = db.scalar(select(Wall.id).where(idle).order_by(Wall.changed).limit(1))
    if oldest is None:
        raise WallBusyError(
            "{n} walls are in use, and there may be no more. Use the name of one of them.",
            n=MOST_WALLS,
        )
    db.execute(delete(Wall).where(Wall.id == oldest))
