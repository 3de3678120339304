"""WEB-9, WEB-12, WEB-13, WEB-14: odd addresses, headers, faults in pages, no way out."""

from __future__ import annotations

import http.client
import json
import logging
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from cockpit.web.headers import content_policy
from tests.benchmarks.viewer import OFFICE
from tests.web.asgi import ask, cockpit_app

ROOT = Path(__file__).parents[2]
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' "
    # The one script inside Streamlit 1.67's start page: "window.prerenderReady = false".
    "'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "worker-src 'self' blob:; frame-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'self'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


def fetch(server: str, target: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """
    Send a request line as it stands, signed in: clients that tidy addresses would spoil the test.
    """
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=30)
    connection.putrequest(method, target, skip_accept_encoding=True)
    connection.putheader("Accept-Language", "en")
    connection.putheader("Cookie", OFFICE)
    connection.endheaders()
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply.status, {k.lower(): v for k, v in reply.getheaders()}, body


def script_of(server: str) -> str:
    """Return the address of one of Streamlit's own script files."""
    page = fetch(server, "/")[2].decode()
    found = re.search(r"static/js/[\w.\-]+\.js", page)
    assert found is not None
    return f"/{found.group()}"


# WEB-9 -----------------------------------------------------------------------------------------

ODD_PARTS = (
    "%00",
    "%0d%0aSet-Cookie:%20a=b",
    "' OR 1=1 --".replace(" ", "%20"),
    "%27%3BDROP%20TABLE%20region%3B--",
    "..%2f..%2fetc%2fpasswd",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "999999999999999999999999",
    "%F0%9F%92%A9" * 40,
    "%ff%fe",
)


@pytest.mark.parametrize("part", ODD_PARTS)
@pytest.mark.parametrize(
    "pattern",
    [
        "/layers/{}/village/529901.geojson",
        "/layers/tiny1/{}/529901.geojson",
        "/layers/tiny1/village/{}.geojson",
        "/layers/tiny1/features/{}.geojson",
        "/layers/tiny1/grid/529901/{}/0/0.geojson",
        "/download/tiny1/village/{}.csv",
        "/style/{}.json",
    ],
)
def test_odd_addresses_are_refused(tiny_server: str, pattern: str, part: str) -> None:
    status, headers, body = fetch(tiny_server, pattern.format(part))
    assert status in (400, 404)
    assert "set-cookie" not in headers
    assert len(body) < 400
    assert b"Traceback" not in body
    kind = headers.get("content-type", "").split(";")[0]
    assert kind in ("application/json", "text/plain", ""), "never a page"


@pytest.mark.parametrize(
    "target", ["/", "/map", "/layers/tiny1/village/529901.geojson", "/media/x"]
)
def test_long_queries_are_refused(tiny_server: str, target: str) -> None:
    for query in ("q=" + "a" * 10_000, "&".join(f"p{n}=1" for n in range(2_000))):
        status, _, body = fetch(tiny_server, f"{target}?{query}")
        assert (status, body) == (400, b"Bad address.\n")


def test_other_peoples_ids_are_not_found(tiny_server: str) -> None:
    assert fetch(tiny_server, "/media/" + "0" * 40 + ".csv")[0] == 404
    for method in ("PUT", "DELETE"):
        status = fetch(tiny_server, "/_stcore/upload_file/abc/def", method)[0]
        assert status in (400, 403, 404), method


def test_an_odd_view_in_the_address_still_opens_the_page(tiny_server: str) -> None:
    from tests.benchmarks.viewer import open_page

    for query in (
        "region=%27%20OR%201=1&indicator=%3Cscript%3E&lang=xx",
        "region=529901&level=../../etc&classes=-7&classes=999999999999999",
        "indicator=" + "a" * 3_000,
        "region=%00%01%02",
    ):
        run = open_page(tiny_server, "map", query)
        assert run.exceptions == [], query
        assert run.finished


# WEB-12 ----------------------------------------------------------------------------------------


def test_headers_stand_on_every_answer(tiny_server: str) -> None:
    targets = {
        "/": 200,
        "/overview": 307,
        "/map": 200,
        script_of(tiny_server): 200,
        "/_stcore/health": 200,
        "/_stcore/host-config": 200,
        "/healthz": 200,
        "/layers/tiny1/village/529901.geojson": 200,
        "/layers/old/village/529901.geojson": 404,
        "/download/tiny1/village/529901.csv": 200,
        "/style/dark.json": 200,
        "/media/none.png": 404,
        "/component/none/index.html": 404,
        "/static/none.js": 200,  # Streamlit's start page, for addresses that only its router knows
        "/layers/": 404,
        "/?" + "a" * 5_000: 400,
        "/%01": 400,
        "//evil.example/x": 400,
    }
    for target, expected in targets.items():
        status, headers, _ = fetch(tiny_server, target)
        assert status == expected, target
        assert {name: headers.get(name) for name in HEADERS} == HEADERS, target
    for method in ("HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
        _, headers, _ = fetch(tiny_server, "/healthz", method)
        assert {name: headers.get(name) for name in HEADERS} == HEADERS, method


def test_a_fault_in_a_route_has_headers_and_a_number(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_request: object) -> None:
        raise ZeroDivisionError("secret detail")

    app: Starlette = cockpit_app(Route("/layers/broken", broken))
    with caplog.at_level(logging.ERROR, "cockpit"):
        reply = ask(app, "/layers/broken", accept_language="en")
    assert reply.status == 500
    assert {name: reply.headers.get(name) for name in HEADERS} == HEADERS
    number = reply.json()["number"]
    assert reply.json()["error"] == f"Something went wrong here. Error number {number}."
    assert b"secret" not in reply.body
    assert f"error {number} at /layers/broken" in caplog.text
    assert "secret detail" in caplog.text


def test_an_official_map_service_is_let_through_by_its_host_alone() -> None:
    policy = content_policy("https://tiles.example.gov.cn")
    assert "img-src 'self' data: blob: https://tiles.example.gov.cn;" in policy
    assert "connect-src 'self' https://tiles.example.gov.cn;" in policy
    assert "script-src 'self' 'wasm-unsafe-eval' 'sha256-" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]


# WEB-13 ----------------------------------------------------------------------------------------

BROKEN_PAGE = """
from unittest.mock import patch
import runpy, sys

def fall(*_args, **_values):
    raise ZeroDivisionError("secret detail of the fault")

sys.path.insert(0, {root!r})
with patch("streamlit.navigation.page.StreamlitPage.run", fall):
    runpy.run_path({shell!r})
"""


def test_a_fault_in_a_page_is_a_sentence_with_a_number(
    tiny_server: str, tmp_path: Path, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from streamlit.testing.v1 import AppTest

    script = tmp_path / "broken.py"
    shell = ROOT / "cockpit" / "shell.py"
    script.write_text(BROKEN_PAGE.format(root=str(ROOT), shell=str(shell)), encoding="utf-8")
    from cockpit.answers import current
    from cockpit.store import session
    from cockpit.store.session import open_engine
    from tests import tiny

    engine = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    tiny.fill(engine)
    monkeypatch.setattr(session, "engine", lambda: engine)
    monkeypatch.setattr(current, "engine", lambda: engine)
    current.forget()
    with caplog.at_level(logging.ERROR, "cockpit"):
        page = AppTest.from_file(str(script), default_timeout=60).run()
    assert not page.exception
    shown = " ".join(error.value for error in page.error)
    number = re.search(r"[0-9A-F]{8}", shown)
    assert number is not None, shown
    assert "secret" not in shown
    assert f"error {number.group()} " in caplog.text
    assert "secret detail of the fault" in caplog.text
    current.forget()
    engine.dispose()


BROKEN_CALLBACK = """
import streamlit as st

def fall():
    raise ZeroDivisionError("secret detail of the fault")

st.button("Fall", on_click=fall)
"""


def test_a_fault_in_a_callback_is_a_sentence_with_a_number(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
    from streamlit.testing.v1 import AppTest

    from cockpit.ui import faults

    begin = ScriptRunner.__init__

    def as_served(self: ScriptRunner, *given: Any, **named: Any) -> None:
        """Hand faults over as ``streamlit_app.py`` does; the next test holds it to that."""
        begin(self, *given, **{**named, "on_script_error": faults.show})

    monkeypatch.setattr(ScriptRunner, "__init__", as_served)
    script = tmp_path / "page.py"
    script.write_text(BROKEN_CALLBACK, encoding="utf-8")
    page = AppTest.from_file(str(script), default_timeout=60).run()
    assert not page.error
    with caplog.at_level(logging.ERROR, "cockpit"):
        page.button[0].click().run()
    assert not page.exception
    (shown,) = (error.value for error in page.error)
    number = re.search(r"[0-9A-F]{8}", shown)
    assert number is not None, shown
    assert "secret" not in shown
    assert "ZeroDivisionError" not in shown
    assert f"error {number.group()} on a page" in caplog.text
    assert "secret detail of the fault" in caplog.text


def test_the_application_hands_faults_of_callbacks_to_us() -> None:
    served = (ROOT / "streamlit_app.py").read_text(encoding="utf-8")
    assert "on_script_error=faults.show" in served


def test_streamlit_is_told_to_show_no_details() -> None:
    import tomllib

    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["client"]["showErrorDetails"] == "none"
    assert config["browser"]["gatherUsageStats"] is False


# WEB-14: what a real browser asks for is in tests/browser/test_network.py ----------------------


def test_answers_name_no_other_host(tiny_server: str) -> None:
    for target in ("/layers/tiny1/village/529901.geojson", "/style/dark.json", "/healthz"):
        body = fetch(tiny_server, target)[2]
        assert b"http" not in body.lower(), target
    assert json.loads(fetch(tiny_server, "/style/light.json")[2])["sources"] == {}
