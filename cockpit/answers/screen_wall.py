"""Walls: the region and the scene that several screens follow, chosen on one of them."""

from __future__ import annotations

import re

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from cockpit.access import audit, clock
from cockpit.access.visitor import Visitor
from cockpit.answers.current import current_twin
from cockpit.answers.screen_view import Json, SceneError
from cockpit.screen.scenes import TOWNSHIP
from cockpit.store.catalogue import begin_writing
from cockpit.store.models_looks import Wall
from cockpit.store.session import engine, has_table, require_table

MOST_WALLS = 50
"""Walls that are kept; the one that was not touched for longest makes room."""
_NAME = re.compile(r"[\w-]{1,40}")
_SCENE = re.compile(r"[A-Za-z0-9_-]{1,40}")


class WallError(SceneError):
    """A name, a region or a scene that no wall of ours has."""


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


def choose(
    who: Visitor, wall: str, *, select_code: str | None = None, scene: str | None = None
) -> int:
    """
    Let the screens of a wall follow a region or a scene; return the number of the change.

    "" lets go of what was chosen; None leaves it. Written into the audit trail.

    Raises
    ------
    WallError
        If the name is none, nothing is chosen, or there is no such region or scene.
    """
    if not _NAME.fullmatch(wall):
        raise WallError("The name of a wall has 1 to 40 letters, digits, - and _.")
    if select_code is None and scene is None:
        raise WallError("Choose a region or a scene.")
    _require_region(select_code)
    _require_scene(scene)
    with Session(engine()) as db:
        require_table(db, Wall.__tablename__)
    with Session(engine()) as db:
        begin_writing(db.connection())
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
        db.commit()
    return seq


def _require_region(code: str | None) -> None:
    county = current_twin()
    if not code:
        return
    if county is None or code not in county.regions.attrs["rows"]:
        raise WallError("There is no region {code}.", code=code[:40])


def _require_scene(scene: str | None) -> None:
    if scene and not _SCENE.fullmatch(scene.removeprefix(TOWNSHIP)):
        raise WallError("There is no scene {scene}.", scene=scene[:60])


def _make_room(db: Session) -> None:
    if (db.scalar(select(func.count()).select_from(Wall)) or 0) >= MOST_WALLS:
        oldest = select(Wall.id).order_by(Wall.changed).limit(1).scalar_subquery()
        db.execute(delete(Wall).where(Wall.id == oldest))
