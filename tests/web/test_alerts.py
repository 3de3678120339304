"""Routes of early warning: open alerts for screens, the ledger as files, nothing for outsiders."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from cockpit.answers import alert_watch, alerts
from cockpit.answers.alert_rules import StandingRule
from cockpit.risk.rules import Rule
from tests import conftest, watched
from tests.web.asgi import Reply, ask, cockpit_app

WATER = StandingRule(
    "water", "水位", "sensor:水位", Rule((2.0, 3.0, 4.0, 5.0)), "Water level", unit="m"
)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Starlette]:
    """One alert that stands (orange), one that has ended and was judged by somebody =1+1."""
    watched.store(tmp_path, {"A": "水位", "B": "水位"})
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    monkeypatch.setattr(alert_watch, "usual_rules", lambda *_: (WATER,))
    conftest._forget_store()
    watched.read("A", [1, 2.5, 4.5])
    watched.read("B", [1, 3.5, 1])
    alerts.evaluate()
    alerts.judge(2, "=1+1", "false", "+误报", visitor="备用")
    yield cockpit_app()
    conftest._forget_store()


def rows(reply: Reply) -> list[list[str]]:
    return list(csv.reader(io.StringIO(reply.table)))


def test_what_stands_open_for_a_screen(site: Starlette) -> None:
    reply = ask(site, "/download/alerts/open.json?lang=en")
    assert reply.status == 200
    assert reply.headers["cache-control"] == "private, no-store"
    told = reply.json()
    assert told["counts"] == {"blue": 0, "yellow": 0, "orange": 1, "red": 0}
    assert told["faults"] == 0
    (one,) = told["alerts"]
    assert (one["subject"], one["colour"], one["value"], one["limit"]) == ("A", "orange", 4.5, 4.0)
    assert one["title"] == "Water level"
    assert one["place"].startswith("Dongshan")
    assert one["why"] == "The value is 4.5; the limit is 4."


def test_the_ledger_as_a_table(site: Starlette) -> None:
    reply = ask(site, "/download/alerts/ledger.csv?lang=zh")
    header, first, second = rows(reply)
    assert header[:5] == ["预警信号", "演练", "规则", "类别", "颜色"]
    assert reply.headers["content-disposition"].endswith(".csv")
    told = {row[header.index("设备或区域")]: row for row in (first, second)}
    assert told["A"][header.index("颜色")] == "橙色"
    assert told["B"][header.index("研判结果")] == "误报"
    # What a spreadsheet would take for a formula is text.
    assert told["B"][header.index("研判人")] == "'=1+1"
    assert "'+误报" in told["B"]


def test_filters_of_the_ledger(site: Starlette) -> None:
    def subjects(query: str) -> list[str]:
        reply = ask(site, f"/download/alerts/ledger.csv?lang=en&{query}")
        header, *found = rows(reply)
        return sorted(row[header.index("Sensor or region")] for row in found)

    assert subjects("") == ["A", "B"]
    assert subjects("judged=yes") == ["B"]
    assert subjects("judged=no") == ["A"]
    assert subjects("judged=true") == []
    assert subjects("peak=3") == ["A"]
    assert subjects("rule=water&peak=2") == ["B"]
    assert subjects("rule=none") == []
    assert subjects("kind=fault") == []


def test_the_ledger_as_json_can_be_checked_elsewhere(site: Starlette) -> None:
    told = json.loads(ask(site, "/download/alerts/ledger.json").body)
    previous = ""
    for line in told["lines"]:
        body = {name: value for name, value in line.items() if name != "hash"}
        assert body["previous"] == previous
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest() == line["hash"]
        previous = line["hash"]
    assert told["head"] == {"seq": len(told["lines"]), "hash": previous}


def test_an_outsider_gets_nothing_internal(site: Starlette, visitor: Callable[[str], None]) -> None:
    visitor("公开")
    told = ask(site, "/download/alerts/open.json").json()
    assert (told["alerts"], told["faults"], set(told["counts"].values())) == ([], 0, {0})
    for ending in ("csv", "json"):  # not even how long it is, nor its seal
        reply = ask(site, f"/download/alerts/ledger.{ending}?lang=en")
        assert reply.status == 403
        assert reply.json() == {"error": "Nothing of early warning is open to you."}


@pytest.mark.parametrize(
    "address",
    ["ledger.csv?peak=9", "ledger.csv?judged=perhaps", "ledger.json?kind=x", "ledger.csv?peak=a"],
)
def test_addresses_that_no_page_makes(site: Starlette, address: str) -> None:
    reply = ask(site, f"/download/alerts/{address}")
    assert reply.status == 400
    assert "error" in reply.json()


def test_other_endings_are_not_there(site: Starlette) -> None:
    assert ask(site, "/download/alerts/ledger.exe").status == 404
