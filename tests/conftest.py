"""A county in a folder of its own, and a running server on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Before anything of ours reads its settings: no test may touch the tester's own county.
_SCRATCH = tempfile.TemporaryDirectory(prefix="cockpit-tests-")
os.environ["COCKPIT_DATA"] = _SCRATCH.name
for _name in (
    "DATABASE",
    "VISITOR_CLASS",
    "SMALL_COUNT",
    "TILE_ABOVE",
    "BASEMAP_TILES",
    "LANGUAGE",
):
    os.environ.pop(f"COCKPIT_{_name}", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share a server or the sample county on one worker: each is made once."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if names & {"live_server", "sample_store"}:
            item.add_marker(pytest.mark.xdist_group("sample"))
        elif "tiny_server" in names:
            item.add_marker(pytest.mark.xdist_group("tiny"))


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(data: Path, log: Path, **settings: str) -> Iterator[str]:
    """Run the cockpit on the store in ``data``; yield its address; end it afterwards."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py")]
    options = {
        "server.port": str(port),
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
    }
    command += [f"--{name}={value}" for name, value in options.items()]
    environment = {**os.environ, "COCKPIT_DATA": str(data), **settings}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(process, address, log)
        yield address
    finally:
        _end(process)


def _wait(process: subprocess.Popen[bytes], address: str, log: Path, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the server ended with {process.returncode}:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the server did not answer in {seconds} s:\n{log.read_text()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process that was started here, by its own id."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def tiny_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the tiny county (tests/tiny.py)."""
    from cockpit.store.session import open_engine
    from tests import tiny

    folder = tmp_path_factory.mktemp("tiny")
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    tiny.fill(engine)
    engine.dispose()
    return folder


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the sample county, made and loaded as a visitor would."""
    folder = tmp_path_factory.mktemp("sample")
    made = subprocess.run(
        [sys.executable, "-m", "cockpit", "demo"],
        cwd=ROOT,
        env={**os.environ, "COCKPIT_DATA": str(folder)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


@pytest.fixture(scope="session")
def tiny_server(tiny_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a cockpit that shows the tiny county."""
    with serving(tiny_store, tmp_path_factory.mktemp("log") / "server.log") as address:
        yield address


@pytest.fixture(scope="session")
def live_server(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a cockpit that shows the sample county."""
    with serving(sample_store, tmp_path_factory.mktemp("log") / "server.log") as address:
        yield address
