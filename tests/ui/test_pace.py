"""Garbage is collected seldom, and Streamlit's runner is still built the way we rely on."""

from __future__ import annotations

import gc
import inspect
from unittest.mock import patch

from streamlit.runtime.scriptrunner import script_runner

from cockpit.ui.pace import Collector, collect_seldom


def test_collects_at_most_once_in_its_seconds() -> None:
    with patch("cockpit.ui.pace.time.monotonic") as clock, patch.object(gc, "collect") as collect:
        clock.return_value = 100.0
        collector = Collector(5.0)
        for now in (100.1, 104.9, 105.0, 105.1, 109.9, 110.0):
            clock.return_value = now
            collector.collect(2)
        assert collect.call_count == 2  # at 105.0 and at 110.0


def test_the_runner_collects_through_us() -> None:
    assert "gc.collect(" in inspect.getsource(script_runner)
    before = script_runner.gc
    try:
        collect_seldom(60)
        with patch.object(gc, "collect") as collect:
            script_runner.gc.collect(2)
        collect.assert_not_called()
    finally:
        script_runner.gc = before


def test_emojis_are_looked_for_once() -> None:
    from streamlit import string_util

    from cockpit.ui.pace import remember_emojis

    with patch.object(string_util, "extract_leading_emoji", wraps=None) as search:
        del search.cache_info  # a mock has every attribute
        search.side_effect = lambda text: ("", text)
        remember_emojis()
        assert [string_util.extract_leading_emoji("乡镇") for _ in range(3)] == [("", "乡镇")] * 3
        assert search.call_count == 1
