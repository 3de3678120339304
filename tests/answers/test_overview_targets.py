"""A file of targets as nobody means it: one clear sentence each, and never a fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.answers import overview_targets as targets
from cockpit.locale import translate
from cockpit.settings import settings

KNOWN = ("events", "aged")
SOUND = '[targets.aged]\nvalue = 300\nbetter = "lower"\n'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    found = tmp_path / "targets.toml"
    monkeypatch.setenv("COCKPIT_TARGETS", str(found))
    settings.cache_clear()
    yield found
    monkeypatch.undo()
    settings.cache_clear()


def sentences(language: str = "en") -> list[str]:
    return [translate(t, language, **dict(v)) for t, v in targets.read(KNOWN).gaps]


def test_a_number_beyond_all_numbers_is_told_and_the_rest_counts(file: Path) -> None:
    file.write_text(f'[targets.events]\nvalue = {"9" * 400}\nbetter = "lower"\n{SOUND}')
    assert list(targets.read(KNOWN).by_id) == ["aged"]
    assert sentences() == [
        f"Targets: targets.toml, [targets.events] value: found {'9' * 79}…; "
        "expected 0, 1.5, 90 …. It is left out."
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"[targets.events]\nvalue = {'9' * 5000}\n{SOUND}", "a number in it is too long"),
        (f"[targets]\nevents = {'[' * 100_000}{']' * 100_000}\n",
         "its lists lie too deep in each other"),
        ("#" * (targets.MOST_BYTES + 1), "it is larger than 256 KiB"),
    ],
    ids=["digits", "deep", "large"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(file: Path, text: str, told: str) -> None:
    file.write_text(text)
    assert sentences() == [f"Targets: targets.toml cannot be read: {told}. No target is taken."]
    assert sentences("zh")[0].startswith("目标设置 targets.toml 无法读取：")
    assert not targets.read(KNOWN).by_id


def test_thousands_of_unknown_entries_are_told_in_a_few_sentences(file: Path) -> None:
    file.write_text("".join(f"[targets.x{k}]\nvalue = 1\n" for k in range(5000)) + SOUND)
    told = sentences()
    assert len(told) == targets.MOST_TOLD + 1
    assert told[0].startswith(
        "Targets: targets.toml, [targets.x0]: found x0; expected events, aged"
    )
    assert told[-1] == (
        "Targets: 4990 more entries of targets.toml cannot be used and are left out."
    )
    assert list(targets.read(KNOWN).by_id) == ["aged"]


def test_an_endless_name_is_cut(file: Path) -> None:
    file.write_text(f"[targets.{'x' * 9000}]\nvalue = 1\n")
    (told,) = sentences()
    assert len(told) < 300
