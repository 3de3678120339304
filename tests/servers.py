"""Start Streamlit on a free port for a test or a benchmark, and end that very process again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import signing

ROOT = Path(__file__).parents[1]
COCKPIT = ROOT / "streamlit_app.py"


class ServerFailedError(Exception):
    """The server ended, or did not answer in time; the message holds its log."""


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    data: Path, log: Path, *, script: Path = COCKPIT, seconds: float = 90, **settings: str
) -> Iterator[str]:
    """
    Run a script on the store in ``data``; yield its address; end it afterwards.

    The office's cookie (tests/signing.py) is valid there.
    """
    _leave_when_told()
    if script == COCKPIT:
        signing.sign_in(data)
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    options = {
        "server.port": str(port),
        "server.address": "127.0.0.1",
        "server.headless": "true",
    }
    command += [f"--{name}={value}" for name, value in options.items()]
    environment = {
        **os.environ,
        "COCKPIT_DATA": str(data),
        "PYTHONPATH": str(ROOT),
        **settings,
    }
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
        _wait(process, f"{address}/_stcore/health", log, seconds)
        yield address
    finally:
        _end(process)


@contextmanager
def serving_copy(store: Path, folder: Path) -> Iterator[str]:
    """Run the cockpit on a copy of a store, made in ``folder``: other tests copy the store too."""
    with serving(Path(shutil.copytree(store, folder / "data")), folder / "server.log") as address:
        yield address


def _leave_when_told() -> None:
    """Let a SIGTERM end this process through its ``finally``s: the server must not outlive it."""
    main = threading.current_thread() is threading.main_thread()
    if main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def _wait(process: subprocess.Popen[bytes], address: str, log: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerFailedError(f"ended with {process.returncode}:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise ServerFailedError(f"no answer in {seconds} s:\n{log.read_text()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process that was started here, by its own id."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def make_sample(data: Path) -> None:
    """Make and load the sample county into a data folder, as ``make run`` does."""
    made = subprocess.run(
        [sys.executable, "-m", "cockpit", "demo", "--if-empty"],
        cwd=ROOT,
        env={**os.environ, "COCKPIT_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    if made.returncode != 0:
        raise ServerFailedError(made.stdout + made.stderr)
