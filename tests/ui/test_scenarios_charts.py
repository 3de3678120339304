"""Charts of the page Scenarios: names as they are, and marks where something was searched."""

from __future__ import annotations

from dataclasses import replace

from cockpit.answers import siting_front
from cockpit.ui import scenarios_charts, scenarios_front, theme


def test_names_with_quotation_marks_stay_as_they_are_in_charts() -> None:
    bars = [scenarios_charts.Bars('"东"', [])]
    made = scenarios_charts.diverging(['"南" <门>'], bars, "minutes", theme.LIGHT)
    assert made["layout"]["yaxis"]["ticktext"] == ['"南" &lt;门&gt;']
    assert made["layout"]["annotations"][0]["text"] == '<b>"东"</b>'


def test_the_front_marks_the_numbers_that_were_searched() -> None:
    found = siting_front.FrontState(
        "a", "done", (), 0, "sites", 9, 9, 1.0, costs=(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
    )
    axis = scenarios_charts.front(found, "", [])["layout"]["xaxis"]
    assert axis["ticktext"] == ["0", "1", "2", "3", "4", "5", "6", "8", "10"]
    assert "已求解的新增站点数：0、1、2、3、4、5、6、8、10；" in scenarios_front._searched(found)
    every = replace(found, costs=(0.0, 1.0, 2.0))
    assert scenarios_front._searched(every) == ""
