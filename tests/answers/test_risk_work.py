"""Work in the background: once, the last question first, refusals told to whoever asked."""

from __future__ import annotations

import threading
import time

import pytest

from cockpit.answers.risk_options import checked, index_options
from cockpit.answers.risk_work import Desk
from geodata.errors import CockpitError, InputError


def test_work_is_done_once() -> None:
    desk, done = Desk(), []
    first = desk.ask("a", lambda: done.append(1) or 7)
    assert first.done.wait(10)
    assert desk.ask("a", lambda: done.append(2) or 8) is first
    assert first.result() == 7
    assert done == [1]


def test_the_question_asked_last_comes_first() -> None:
    desk, order = Desk(), []
    gate, begun = threading.Event(), threading.Event()
    desk.ask("first", lambda: begun.set() or gate.wait(10))
    assert begun.wait(10)
    works = [desk.ask(k, lambda k=k: order.append(k) or k) for k in ("old", "older", "new")]
    desk.ask("old", lambda: None)  # asked for again
    gate.set()
    assert all(work.done.wait(10) for work in works)
    assert order == ["old", "new", "older"]


def refused() -> None:
    raise InputError("The water rises by {rise} m.", rise=99)


def test_a_refusal_is_told_to_whoever_asks() -> None:
    work = Desk().ask("b", refused)
    assert work.done.wait(10)
    for _ in range(2):
        with pytest.raises(InputError, match="rises by 99 m"):
            work.result()


def test_a_fault_is_told_and_takes_no_later_work_along(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, tries = Desk(), []
    broken = desk.ask("c", lambda: tries.append(1) or 1 // 0)
    assert broken.done.wait(10)
    with pytest.raises(CockpitError, match="could not be worked out; the log of the server"):
        broken.result()
    later = desk.ask("d", lambda: 7)
    assert later.done.wait(10)
    assert later.result() == 7
    broken.begun -= 3600  # however long it took to fall
    assert desk.ask("c", lambda: 8) is broken  # not at every look of a page
    monkeypatch.setattr("cockpit.answers.risk_work._AGAIN_S", 0.0)
    again = desk.ask("c", lambda: 8)
    assert again.done.wait(10)
    assert (again.result(), tries) == (8, [1])


def test_work_asked_for_while_the_desk_is_cleared_is_done() -> None:
    desk, gate, begun = Desk(), threading.Event(), threading.Event()
    desk.ask("first", lambda: begun.set() or gate.wait(10))
    assert begun.wait(10)
    clearing = threading.Thread(target=desk.forget)
    clearing.start()
    while desk.knows("first"):
        time.sleep(0.01)
    new = desk.ask("new", lambda: 9)
    gate.set()
    assert new.done.wait(10)
    assert new.result() == 9
    clearing.join(10)


def test_forgetting_drops_what_waits() -> None:
    desk, gate = Desk(), threading.Event()
    desk.ask("first", lambda: gate.wait(10))
    waiting = desk.ask("second", lambda: 1)
    gate.set()
    desk.forget()
    assert desk.ask("first", lambda: 2) is not waiting


# ---------------------------------------------------------------- options as text


@pytest.mark.parametrize(
    "text",
    ["order.fire~equal~sum~", "order.fire~own~topsis~3.0", "a.b.c~ahp~sum~3.-2.1"],
)
def test_options_of_the_index_come_back_as_they_went(text: str) -> None:
    assert str(index_options(text)) == text
    assert checked("index", text) == text


@pytest.mark.parametrize(
    "text",
    [
        "order~equal~sum~",
        "order.order~equal~sum~",
        "order.fire~magic~sum~",
        "order.fire~own~sum~3",
        "order.fire~own~sum~0.0",
        "order.fire~own~sum~11.1",
        "order.fire~ahp~sum~10",
        "order.fire~own~sum~x.y",
        "nonsense",
    ],
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        index_options(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "21", "deep", "inf"])
def test_a_rise_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected above 0 and at most 20"):
        checked("impact", text)


def test_other_methods_have_no_options() -> None:
    assert checked("poisson", "anything") == "-"
    assert checked("impact", "2.50") == "2.5"
