"""Feeds and replays on the command line: what is printed, what is refused, in which exit code."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from cockpit.__main__ import main
from cockpit.answers import feeds_county, feeds_sources
from cockpit.commands import replay
from cockpit.store import models as m
from cockpit.store.catalogue import table_of
from cockpit.store.models_live import FeedSource
from cockpit.store.session import engine, open_engine
from geodata.errors import DataFileError
from tests import feeding
from tests.conftest import _forget_store

OK, REFUSED, SOME_REFUSED = 0, 1, 4


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let commands work on a store of their own, with 30 readings of January 2025."""
    with feeding.store(tmp_path) as made:
        rows = [
            {"sensor_id": "W1", "time": dt.datetime(2025, 1, day), "value": 1.5, "batch_id": 1}
            for day in range(1, 31)
        ]
        with made.begin() as connection:
            connection.execute(insert(table_of(m.Reading)), rows)
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    _forget_store()
    feeds_county.forget()
    yield tmp_path
    feeds_county.forget()
    _forget_store()


@pytest.fixture
def other(here: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of another store of the same county, without readings."""
    folder = tmp_path_factory.mktemp("other")
    shutil.copy(here / "county.sqlite", folder)
    address = f"sqlite:///{folder / 'county.sqlite'}"
    bind = open_engine(address)
    with bind.begin() as connection:
        connection.execute(table_of(m.Reading).delete())
    bind.dispose()
    return address


def _n(address: str) -> int:
    bind = open_engine(address)
    with bind.connect() as connection:
        found = connection.execute(select(func.count()).select_from(m.Reading)).scalar_one()
    bind.dispose()
    return int(found)


def test_a_feed_is_made_listed_and_removed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feed", "list"]) == OK
    assert capsys.readouterr().out == "There are no live feeds.\n"
    assert main(["feed", "add", "gateway", "--kind", "readings", "--title", "水文站网"]) == OK
    token, said = capsys.readouterr().out.splitlines()
    assert said == "This is the token of feed gateway. It is shown this once: keep it safe."
    assert feeds_sources.authorised("gateway", token).title == "水文站网"
    assert main(["--lang", "zh", "feed", "list"]) == OK
    assert capsys.readouterr().out == (
        "gateway：水文站网（读数，备用），等待首次来数。最近来数：-。今日新增 0 条，退回 0 条。\n"
    )
    assert main(["feed", "disable", "gateway"]) == OK
    assert main(["feed", "list"]) == OK
    assert "switched off. Last delivery: -." in capsys.readouterr().out
    assert main(["feed", "enable", "gateway"]) == OK
    assert main(["feed", "remove", "gateway"]) == REFUSED
    assert capsys.readouterr().err == (
        "This deletes the feed gateway (水文站网) with all its rows. To go on, add --yes.\n"
    )
    assert main(["feed", "remove", "gateway", "--yes"]) == OK
    assert capsys.readouterr().out == "The feed gateway is gone, with 0 rows.\n"
    with engine().connect() as connection:
        assert connection.execute(select(FeedSource.id)).all() == []


def test_a_new_token_ends_the_old_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["feed", "add", "gateway", "--kind", "events", "--class", "敏感"])
    main(["feed", "token", "gateway"])
    first, _, second, _ = capsys.readouterr().out.splitlines()
    assert first != second
    assert feeds_sources.authorised("gateway", second).id == "gateway"
    assert main(["feed", "disable", "nobody"]) == REFUSED
    assert capsys.readouterr().err == "There is no feed nobody.\n"


def test_a_period_goes_into_another_store(
    here: Path, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["replay", "--readings-feed", "again", "--into", other, "--start", "2025-01-10",
            "--end", "2025-01-20"]  # fmt: skip
    assert main(call) == OK
    assert "10 rows sent in" in (out := capsys.readouterr().out)
    assert "10 new, 0 known, 0 refused, 0 marked." in out
    assert main(["--lang", "zh", *call]) == OK
    assert "新增 0 条，已有 10 条，退回 0 条，存疑 0 条。" in capsys.readouterr().out
    assert _n(other) == 10


def test_rows_that_are_refused_end_in_an_exit_code_of_their_own(
    here: Path, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bind = open_engine(other)
    with bind.begin() as connection:
        connection.execute(table_of(m.Sensor).delete().where(m.Sensor.id == "W1"))
    bind.dispose()
    assert main(["replay", "--readings-feed", "again", "--into", other]) == SOME_REFUSED
    told = capsys.readouterr().err.splitlines()
    assert told[0] == (
        "W1 2025-01-01T00:00:00: sensor is W1; expected a sensor of the sensor register."
    )
    assert told[-1] == "... and 20 more."


def test_an_exercise_ends_now_in_a_data_set_that_says_so(here: Path, other: str) -> None:
    assert main(["replay", "--readings-feed", "drill", "--into", other, "--shift"]) == OK
    bind = open_engine(other)
    with bind.connect() as connection:
        title = connection.execute(
            select(m.Dataset.title).where(m.Dataset.id == "drill")
        ).scalar_one()
        last = connection.execute(select(func.max(m.Reading.time))).scalar_one()
    bind.dispose()
    assert title == "drill（演练）"
    assert 0 <= (feeds_county.clock() - last).total_seconds() < 120


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([], "Name the feed that takes the rows: --events-feed or --readings-feed.\n"),
        (["--readings-feed", "a"],
         "No token for feed a; set COCKPIT_TOKEN_A or give --token a=TOKEN.\n"),
        (["--readings-feed", "a", "--token", "a=x", "--to", "http://10.1.2.3:8501"],
         "http://10.1.2.3:8501 would get the token in the clear; use https beyond this machine.\n"),
        (["--readings-feed", "a", "--token", "a=x", "--to", "ftp://here"],
         "ftp://here is no address such as http://127.0.0.1:8501.\n"),
        (["--readings-feed", "a", "--token", "a=x", "--to", "http://127.0.0.1:1"],
         "http://127.0.0.1:1 does not answer as a cockpit does (ConnectionRefusedError).\n"),
        (["--readings-feed", "a", "--most", "0"], "A request has 1 to 5000 rows.\n"),
        (["--readings-feed", "a", "--speed", "0.5", "--shift"],
         "An exercise cannot be slower than what happened: its times end now.\n"),
        (["--readings-feed", "a", "--token", "a=x", "--start", "gestern"],
         "gestern is no time; expected one such as 2025-10-01.\n"),
    ],
)  # fmt: skip
def test_a_replay_that_cannot_be_is_refused_with_a_sentence(
    here: Path, more: list[str], words: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delenv("COCKPIT_TOKEN_A", raising=False)
    assert main(["replay", *more]) == REFUSED
    assert capsys.readouterr().err == words


def test_a_period_does_not_go_into_its_own_store(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = engine().url.render_as_string(hide_password=False)
    assert main(["replay", "--readings-feed", "a", "--into", own]) == REFUSED
    assert capsys.readouterr().err == (
        "A period is not replayed into the store that it comes from.\n"
    )


def test_times_are_not_shifted_into_a_feed_that_is_no_exercise(
    here: Path, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", "--readings-feed", "real", "--into", other]) == OK
    capsys.readouterr()
    assert main(["replay", "--readings-feed", "real", "--into", other, "--shift"]) == REFUSED
    assert capsys.readouterr().err == (
        "The feed real is no exercise; times are shifted only for a feed made with --exercise.\n"
    )
    assert _n(other) == 30


def test_a_period_without_rows_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["replay", "--readings-feed", "a", "--token", "a=x", "--start", "2030-01-01"]
    assert main(call) == OK
    assert capsys.readouterr().out == "Nothing is stored of this period.\n"


def test_a_running_cockpit_gets_the_rows(tiny_store: Path, tiny_server: str) -> None:
    bind = open_engine(f"sqlite:///{tiny_store / 'county.sqlite'}")
    tokens = {"drill": feeds_sources.add_source("drill", kind="events", exercise=True, bind=bind)}
    row = {"id": "T1", "category": "盗窃", "reported": "2025-11-15T08:00", **feeding.INSIDE}
    try:
        with closing(replay.Server(tiny_server, tokens, "en")) as server:
            assert server.is_exercise("drill")
            tally = replay.Tally()
            server.send("drill", [row, {**row, "id": "T2", "lon": "106.8"}], tally)
            server.send("drill", [row], tally)
        with bind.connect() as connection:
            stored = connection.execute(select(m.Event.id, m.Event.region_code)).all()
        wrong = replay.Server(tiny_server, {"drill": "x" * 43}, "en")
        with closing(wrong), pytest.raises(DataFileError) as raised:
            wrong.send("drill", [row], tally)
    finally:
        feeds_sources.remove_source("drill", bind)
        bind.dispose()
    assert stored == [("drill:T1", "529901001001001")]
    assert (tally.new, tally.known, tally.refused) == (1, 1, 1)
    assert tally.sentences == [
        "T2: lon is the text 106.8; expected a number, without quotation marks."
    ]
    assert str(raised.value) == (
        f"{tiny_server} refused the feed drill: There is no such feed, or this is not its token."
    )
