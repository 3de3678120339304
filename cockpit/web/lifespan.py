"""What happens before the first visitor: imports, the county, a frozen heap, first layers."""

from __future__ import annotations

import gc
import importlib
import logging
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from cockpit.access import audit_checkpoints, first_start, retention
from cockpit.access.classes import CLASSES
from cockpit.access.visitor import WITHOUT_PURPOSE
from cockpit.answers import (
    alert_watch,
    coverage_check,
    open_catalogue,
    overview,
    reach,
    risk,
    screen,
    sealing,
)
from cockpit.answers.appeals import current_appeals
from cockpit.answers.coverage_question import question
from cockpit.answers.current import current_twin
from cockpit.answers.happenings import current_happenings
from cockpit.answers.siting import Rules, ground_of, pose
from cockpit.coverage.services import SERVICES
from cockpit.screen.scenes import usual_scenes
from cockpit.settings import ROOT, settings
from cockpit.store.session import engine
from cockpit.web import layers
from geodata.errors import CockpitError

log = logging.getLogger("cockpit")

# What the first page run would otherwise import while a visitor waits.
_HEAVY = ("pandas", "pyarrow", "shapely", "plotly.graph_objects", "pydeck", "mapclassify")


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Warm up, serve, and leave nothing behind. An empty store is no reason not to start."""
    await run_in_threadpool(warm)
    await run_in_threadpool(greet)
    # Streamlit collects garbage after every script run; what is here now will live as long as the
    # process, so the collector need not walk it: 18 ms a rerun instead of 124.
    gc.collect()
    gc.freeze()
    ended = threading.Event()
    threading.Thread(target=warm_more, args=(ended,), name="warm", daemon=True).start()
    guards = [
        threading.Thread(target=work, args=(engine(), ended), name=name, daemon=True)
        for name, work in (("checkpoints", audit_checkpoints.watch), ("retention", retention.watch))
    ]
    for guard in guards:
        guard.start()
    yield
    ended.set()
    for guard in guards:  # the last entries are signed before the process ends
        await run_in_threadpool(guard.join, 10)
    layers.clear()


def greet() -> None:
    """Print the code that makes the first administrator, while there is none."""
    try:
        told = first_start.announce()
    except (CockpitError, SQLAlchemyError) as error:  # the pages will say it too
        log.warning("accounts: %s", error)
        return
    if told:
        print(f"\n  {told}\n", flush=True)  # noqa: T201 -- the console, and no log file


def warm() -> None:
    """Import what pages need and read the county."""
    sealing.at_start()
    for name in _HEAVY:
        importlib.import_module(name)
    current_twin()
    # An eighth of a second for 12,000 events, two for 100,000. Later it would run beside the pages
    # of the first visitors, several of which need it, and make all of them wait longer.
    warm_events()


def warm_events() -> None:
    """Read the events as visitors see them and as the rules of warning do."""
    try:
        for data_class in {settings().visitor_class, CLASSES[-1]}:
            current_happenings(data_class)
    except CockpitError as error:  # a page will say it to the visitor; the server goes on
        log.warning("events: %s", error)


def warm_more(ended: threading.Event) -> None:
    """Make what pages want first, while the server already answers."""
    warm_appeals()  # first: its page can show nothing before it
    warm_risk()
    warm_layers()
    # From here on for good: what feeds bring is judged by the rules of warning as it comes.
    threading.Thread(target=alert_watch.watch, args=(ended,), name="alerts", daemon=True).start()
    warm_screen()
    warm_travel()
    warm_overview()
    warm_open()
    warm_solvers(ended)
    gc.collect()  # as in lifespan: these stay too
    gc.freeze()


def warm_risk() -> None:
    """Read the events and draw the cells beside them: what the page Risk opens with."""
    visitor = settings().visitor_class
    try:
        known = current_happenings(visitor)
        if known is None or not len(known):
            return
        cells = risk.places_of(known.twin, "cell", visitor)
        risk.answer(known, cells, "poisson", risk.question(known), visitor=visitor)
        log.info("events of version %s are ready", known.version)
    except CockpitError as error:  # a page will say it to the visitor; the server goes on
        log.warning("events: %s", error)


def warm_appeals() -> None:
    """Read the texts of appeals and learn their topics: five seconds for 60,000."""
    try:
        known = current_appeals(settings().visitor_class)
        if known is not None:
            log.info("appeals of version %s are ready", known.version)
    except CockpitError as error:  # a visitor of this class sees none; the server goes on
        log.info("appeals: %s", error)


def warm_open() -> None:
    """Make the files of open data that are not made yet: ten seconds for all of a county."""
    try:
        log.info("%d data sets are open", len(open_catalogue.open_datasets()))
    except (CockpitError, OSError) as error:  # a visitor will read why; the server goes on
        log.warning("open data: %s", error)


def warm_layers() -> None:
    """Make the layers that the map opens with, while the server already answers."""
    county = current_twin()
    if county is None:
        return
    for level in ("township", "village", "grid"):
        rows = county.below(0, level)
        if 0 < len(rows) <= settings().tile_above:
            layers.make_regions(county, level, str(county.regions["code"].iat[0]))
    log.info("layers of version %s are ready", county.version)


def warm_travel() -> None:
    """Join cells and facilities to the roads, and ask for the nearest of every service once."""
    try:
        county = reach.current_reach()
        if county is not None:
            coverage_check.health_check(county, visitor=settings().visitor_class)
            log.info("travel times of version %s are ready", county.version)
            warm_placement(county)
    except CockpitError as error:  # a page will say it to the visitor; the server goes on
        log.warning("travel times: %s", error)


def warm_overview() -> None:
    """Work out what the first page says, for the class that most visitors have."""
    try:
        if overview.warm(settings().visitor_class) is not None:
            log.info("the overview is ready")
    except CockpitError as error:  # a page will say it to the visitor; the server goes on
        log.warning("overview: %s", error)


def warm_screen() -> None:
    """
    Work out the built-in scenes once, as a wall asks for them: seconds that it would stand empty.

    The travel times that they need are the ones that ``warm_travel`` goes on with.
    """
    view = screen.View(WITHOUT_PURPOSE, "zh")
    if screen.frame_of(view) is None:
        return
    for scene in usual_scenes():
        try:
            screen.scene(view, scene.id)
        except CockpitError as error:  # the wall will say it; the others go on
            log.info("screen: %s", error)
    log.info("the scenes of the screen are ready")


def warm_placement(county: reach.Reach) -> None:
    """Work out the ways between cells that the page Placement opens with: seconds to minutes."""
    service = next((s.id for s in SERVICES.values() if len(county.of_kinds(s.kinds))), None)
    if service is not None:
        q = question(county, service, visitor=settings().visitor_class)
        pose(ground_of(county, q), Rules())
        log.info("ways between cells of version %s are ready", county.version)


# Gently: whoever looks at a page comes first.
_COMPILE = (
    "import os; getattr(os, 'nice', lambda _: 0)(10); "
    "from cockpit.placement.solve import warm; warm()"
)


def warm_solvers(ended: threading.Event) -> None:
    """
    Compile the solvers' inner loops, which a fresh installation has to do once.

    In a process of its own: compiling takes half a minute in which pages would hang. What it leaves
    on the disk is then read in a fraction of a second.
    """
    with subprocess.Popen([sys.executable, "-c", _COMPILE], cwd=ROOT) as child:
        while child.poll() is None:
            if ended.wait(0.2):
                child.terminate()
                return
    from cockpit.placement.solve import warm

    warm()
    log.info("the solvers are ready")
