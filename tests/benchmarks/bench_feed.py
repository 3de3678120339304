"""A thousand readings a second into a running cockpit while twenty viewers look on.

Run: python -m tests.benchmarks.bench_feed [data folder]; without a folder the sample county is made
"""

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import func, select

from cockpit.answers import feeds_sources
from cockpit.store import models as m
from cockpit.store.session import open_engine
from tests.benchmarks.figures import line, note
from tests.benchmarks.viewer import Crowd, crowd
from tests.servers import COCKPIT, make_sample, serving

VIEWERS, RERUNS, THINK_S = 20, 12, 1.5
READINGS_A_SECOND, SECONDS = 1_000, 20
BATCHES = ((100, 4), (10, 20), (1, 40))
"""Readings in a request, and gateways that send them, each by one connection that stays open."""
BEGIN = dt.datetime(2026, 1, 1)
INDICATORS = ("people", "density", "age_60_plus_share", "households", "floating", "age_0_14")


def _view(viewer: int, run: int) -> str:
    return f"level=grid&indicator={INDICATORS[(viewer + run) % len(INDICATORS)]}"


@dataclass
class Sent:
    """What senders met."""

    new: int = 0
    bad: int = 0  # answers other than 200, and rows refused
    seconds: list[float] = field(default_factory=list)  # of each request
    begun: float = 0.0
    ended: float = 0.0

    def share(self, part: float) -> float:
        """Return the time below which that share of the requests stayed."""
        times = sorted(self.seconds)
        return times[min(len(times) - 1, int(part * len(times)))] if times else float("nan")


class Gateway(threading.Thread):
    """Sends batches at a steady pace, never two at once; what is late follows at once."""

    def __init__(
        self, address: str, token: str, sensor: str, number: int, batch: int, of: int, sent: Sent
    ) -> None:
        super().__init__(daemon=True)
        parts = urlsplit(address)
        self._link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._sensor, self._number, self._of = sensor, number, of
        self._batch, self._sent = batch, sent

    def _bodies(self) -> Iterator[bytes]:
        """Yield requests; no two gateways send the same time of a sensor."""
        at = BEGIN + dt.timedelta(days=self._batch, milliseconds=self._number)
        while True:
            rows = []
            for _ in range(self._batch):
                at += dt.timedelta(seconds=1)
                row = {"sensor": self._sensor, "time": at.isoformat(), "value": 1.0 + at.second}
                rows.append(row)
            yield json.dumps(rows if self._batch > 1 else rows[0]).encode()

    def run(self) -> None:
        """Send until the time is over."""
        every = self._batch * self._of / READINGS_A_SECOND
        begun = time.perf_counter()
        for number, body in enumerate(self._bodies()):
            due = begun + number * every
            now = time.perf_counter()
            if due - begun >= SECONDS or now - begun >= 1.5 * SECONDS:
                return
            if due > now:
                time.sleep(due - now)
            start = time.perf_counter()
            self._link.request("POST", "/feed/bench", body, self._headers)
            answer = self._link.getresponse()
            found = json.loads(answer.read())
            self._sent.seconds.append(time.perf_counter() - start)
            self._sent.new += found.get("new", 0)
            self._sent.bad += len(found.get("refused", [])) + (answer.status != 200)
            self._sent.ended = max(self._sent.ended, time.perf_counter())


def _feed(
    address: str, token: str, sensors: list[str], batch: int, of: int
) -> tuple[Sent, list[Gateway]]:
    sent = Sent(begun=time.perf_counter())
    senders = [
        Gateway(address, token, sensors[k % len(sensors)], k, batch, of, sent) for k in range(of)
    ]
    for one in senders:
        one.start()
    return sent, senders


def _watched(address: str) -> Crowd:
    return asyncio.run(crowd(address, "map", _view, viewers=VIEWERS, reruns=RERUNS, think=THINK_S))


@contextmanager
def _store() -> Iterator[tuple[Path, str, list[str]]]:
    """Yield a data folder of our own with a feed, its token, and the ids of the sensors."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        if len(sys.argv) > 1:
            shutil.copytree(sys.argv[1], folder)
        else:
            make_sample(folder)
        engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
        token = feeds_sources.add_source("bench", kind="readings", bind=engine)
        with engine.connect() as connection:
            sensors = list(
                connection.execute(select(m.Sensor.id).where(m.Sensor.kind == "水位")).scalars()
            )
        engine.dispose()
        yield folder, token, sensors


def _stored(folder: Path) -> int:
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    with engine.connect() as connection:
        found = connection.execute(
            select(func.count()).select_from(m.Reading).where(m.Reading.time >= BEGIN)
        ).scalar_one()
    engine.dispose()
    return int(found)


def main() -> None:
    """Print what was accepted, how long requests took, and reruns with and without the feed."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with _store() as (folder, token, sensors):
        accepted = 0
        with serving(folder, folder / "server.log", script=COCKPIT) as address:
            asyncio.run(crowd(address, "map", _view, viewers=1, reruns=6, think=0))
            time.sleep(10)  # what the server makes after its start, before anyone asks
            for batch, of in BATCHES:
                alone = _watched(address)  # in turn: the machine has other work too
                sent, senders = _feed(address, token, sensors, batch, of)
                beside = _watched(address)
                for one in senders:
                    one.join()
                accepted += sent.new
                took = max(sent.ended - sent.begun, 1e-9)
                wanted = READINGS_A_SECOND if batch > 1 else 0  # one by one: just told
                line(
                    f"accepted a second, {batch} in a request, {of} gateways", sent.new / took,
                    "", wanted, at_least=True,
                )  # fmt: skip
                note("p50 of a request", 1e3 * sent.share(0.5), "ms")
                note("p95 of a request", 1e3 * sent.share(0.95), "ms")
                note("rows or requests refused", sent.bad, "")
                note("p50 of a rerun, 20 viewers", 1e3 * beside.seconds(0.5), "ms")
                note("p95 of a rerun, 20 viewers", 1e3 * beside.seconds(0.95), "ms")
                note("p50 of a rerun just before, without a feed", 1e3 * alone.seconds(0.5), "ms")
                note("p95 of a rerun just before, without a feed", 1e3 * alone.seconds(0.95), "ms")
                note("errors of the viewers", beside.errors + alone.errors, "")
        note("accepted rows that are not stored", accepted - _stored(folder), "")


if __name__ == "__main__":
    main()
