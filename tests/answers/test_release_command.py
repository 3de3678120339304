"""``python -m cockpit release``: the same acts in plain sentences and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.__main__ import main
from cockpit.answers import release_store
from tests import released


@pytest.fixture(autouse=True)
def here(tiny_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with released.own_copy(tiny_store, tmp_path, monkeypatch) as folder:
        yield folder


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["--lang", "en", "release", *arguments]) == code
    out = capsys.readouterr()
    return (out.err if code else out.out).strip()


MAKE = ("make", "age-3", "--down-to", "village", "--epsilon", "1/2", "--reason", "公众关心")


def test_from_expecting_to_retracting(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "list") == "Nothing has been released yet."
    lines = told(capsys, "expect", "age-3", "--epsilon", "0.5").splitlines()
    assert [line.split(":")[0] for line in lines] == ["county", "township", "village"]
    assert told(capsys, "budget") == f"Privacy budget {_year(capsys)}: 0 of ε 1 spent, 1 left."
    release = "people-by-age-3-2025"
    assert told(capsys, *MAKE).startswith(f"{release} is made, as a draft.")
    assert (
        told(capsys, "list") == f"{release}: Residents by age, three bands; a draft, epsilon 0.5."
    )
    assert told(capsys, "publish", release) == f"{release} is public now, as version 1."
    (one,) = json.loads(told(capsys, "list", "--json"))
    assert (one["id"], one["version"], one["state"]) == (release, 1, "published")
    assert one["sha256"] == release_store.find(release).digest
    said = told(capsys, "retract", release, "--reason", "村界有误")
    assert said == f"{release} is retracted; its notice stays."
    spends = json.loads(told(capsys, "budget", "--json"))
    assert (spends["spent"], spends["left"], spends["hard_stop"]) == ("0.5", "0.5", "2")
    assert spends["spends"][0]["state"] == "retracted"


def _year(capsys: pytest.CaptureFixture[str]) -> int:
    return int(json.loads(told(capsys, "budget", "--json"))["year"])


def test_refusals_are_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "publish", "nothing", code=1) == "There is no release nothing."
    assert (
        told(capsys, "expect", "low_income", code=1) == "There is no table low_income to release."
    )
    said = told(capsys, *MAKE[:4], "--epsilon", "1.5", "--reason", "x", code=1)
    assert said == "The release asks for epsilon 1.5, but 1 of 1 is left this year."
    said = told(capsys, *MAKE[:4], "--epsilon", "nan", "--reason", "x", code=1)
    assert said == "Epsilon is nan; expected a number above 0, at most 2."


def test_gaps_and_discarding(capsys: pytest.CaptureFixture[str]) -> None:
    assert "figures would be hidden" in told(capsys, "expect", "households")
    told(capsys, *MAKE)
    said = told(capsys, "discard", "people-by-age-3-2025")
    assert said == "people-by-age-3-2025 is discarded; what it spent stays spent."
    assert told(capsys, "list") == "Nothing has been released yet."
    tables = json.loads(told(capsys, "tables", "--json"))
    assert {"noisy", "suppressed"} == {one["kind"] for one in tables}
