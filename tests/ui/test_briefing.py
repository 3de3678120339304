"""The window of the briefing on the page Overview: twelve files, for who may take them away."""

from __future__ import annotations

import dataclasses
import re

import pytest
from streamlit.testing.v1 import AppTest

from tests import signing


def page() -> AppTest:
    found = AppTest.from_string("from cockpit.ui import briefing\nbriefing.panel()").run(timeout=60)
    assert not found.exception
    return found


def addresses(found: AppTest) -> list[str]:
    return re.findall(r'href="(.*?)"', "".join(str(e.proto.body) for e in found.get("html")))


def test_both_issues_in_three_forms_and_two_languages() -> None:
    found = addresses(page())
    assert len(set(found)) == 12
    assert "/download/briefing/daily.pdf?lang=zh" in found
    assert "/download/briefing/weekly.docx?lang=en" in found


@pytest.mark.parametrize("who", [{"territory": "529901001"}, {"roles": ("screen",)}])
def test_nothing_for_who_may_not_have_it(
    monkeypatch: pytest.MonkeyPatch, who: dict[str, object]
) -> None:
    visitor = dataclasses.replace(signing.office(), **who)  # type: ignore[arg-type]
    monkeypatch.setattr("cockpit.ui.visitor.now", lambda: visitor)
    assert addresses(page()) == []
