"""The page Scenarios, view by view."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cockpit.answers.layers import stamp
from cockpit.answers.scenarios import Comparison, Scenario
from cockpit.answers.siting_figures import Balance
from cockpit.answers.twin import Twin
from cockpit.ui import (
    coverage_parts,
    scenarios_cache,
    scenarios_charts,
    scenarios_choices,
    scenarios_front,
    scenarios_maps,
    scenarios_saved,
    scenarios_tables,
    state,
    theme,
)
from cockpit.ui.scenarios_charts import Bars
from cockpit.ui.scenarios_choices import FIGURE_TITLES, PART_TITLES, Choice
from cockpit.ui.way import plain
from cockpit.ui.words import language, number, say, say_error
from geodata.errors import CockpitError

_DOWNLOADS = (("Comparison (CSV)", "csv"), ("Comparison (XLSX)", "xlsx"))


def show(twin: Twin) -> None:
    """Show the views and the chosen one."""
    scenarios_choices.leave()
    scenarios_tables.styles()
    known = scenarios_cache.listing()
    choice = scenarios_choices.choose(known)
    if choice.view != "saved":
        scenarios_saved.say_result()
    if choice.view == "saved":
        scenarios_saved.show(twin, known)
    elif choice.view == "front":
        scenarios_front.show(twin, known)
    else:
        _compare(twin, known, choice)


def _compare(twin: Twin, known: Sequence[Scenario], choice: Choice) -> None:
    if not known:
        scenarios_saved.nothing_yet()
        return
    if len(choice.chosen) < 2:
        st.info(
            say("Choose two or more scenarios above to see them side by side.")
            if len(known) > 1
            else say("There is one scenario; save another one to see both side by side."),
            icon=":material/compare:",
        )
        return
    try:
        with st.spinner(say("Comparing the scenarios"), show_time=False):
            found = scenarios_cache.comparison(choice.chosen)
    except CockpitError as error:
        st.error(say_error(error), icon=":material/block:")
        return
    st.markdown(scenarios_tables.headline(found, choice.base))
    st.caption(plain(scenarios_choices.question_text(choice.chosen[0].question)))
    _changed(choice)
    scenarios_tables.kpis(found)
    _links(twin, choice)
    plans = _page(found)
    _maps(twin, found, choice, plans)
    _winners(twin, found, choice, plans)
    coverage_parts.notes(found.notes)


def _changed(choice: Choice) -> None:
    """Say which scenarios come out differently on the data of today."""
    for s in choice.chosen:
        opened = scenarios_cache.opened(s).found
        if opened is not None and not opened.same:
            st.caption(
                ":material/update: "
                + say(
                    "{name}: the data have changed since it was saved; {n} figures differ and are "
                    "shown as of today.",
                    name=plain(s.title),
                    n=number(len(opened.differs)),
                )
            )


def _links(twin: Twin, choice: Choice) -> None:
    ids = ",".join(str(s.id) for s in choice.chosen)
    files = [
        (say(title),
         f"/download/{stamp(twin.version)}/comparison.{ending}?ids={ids}&lang={language()}")
        for title, ending in _DOWNLOADS
    ]  # fmt: skip
    scenarios_saved.links(say("Take the table away:"), files)


def _page(found: Comparison) -> list[int]:
    """Show which plans are drawn at once, where they are more than fit; return them."""
    pages = scenarios_maps.pages(len(found.names))
    if len(pages) == 1:
        return list(pages[0])
    texts = [", ".join(found.names[k] for k in page) for page in pages]
    chosen = st.segmented_control(
        say("Drawn below"),
        list(range(len(pages))),
        format_func=lambda k: texts[k],
        required=True,
        **state.remembered("scenarios.page", 0, allowed=list(range(len(pages))), address="page"),
    )
    return list(pages[chosen or 0])


def _maps(twin: Twin, found: Comparison, choice: Choice, plans: Sequence[int]) -> None:
    base = say("today") if choice.base is None else plain(found.names[choice.base])
    st.subheader(say("What changes against {name}", name=base), anchor=False)
    scenarios_maps.show(twin, found, choice.base, plans)


def _winners(twin: Twin, found: Comparison, choice: Choice, plans: Sequence[int]) -> None:
    """Show who wins and who loses, as bars and as a table; the sums are the net change."""
    st.subheader(say("Who wins, who loses"), anchor=False)
    against = found.against(choice.base)
    with st.container(horizontal=True, gap="small"):
        by = _switch("scenarios.by", say("By"), PART_TITLES, "townships", "by")
        figure = _switch("scenarios.figure", say("In"), FIGURE_TITLES, "minutes", "in")
    parts = against.townships if by == "townships" else against.groups
    drawn = [k for k in plans if k != choice.base]
    changed = [part for part in parts if any(_moves(part.balances[k]) for k in drawn)]
    names = [scenarios_tables.part_name(twin, part) for part in changed]
    if not changed:
        st.info(say("Nobody's way changes."))
        return
    for some in [[k] for k in drawn] if state.on_telephone() else [drawn]:
        if not some:
            continue
        bars = [Bars(found.names[k], [part.balances[k] for part in changed]) for k in some]
        st.plotly_chart(
            scenarios_charts.diverging(names, bars, figure, theme.now()),
            theme=None,
            config=scenarios_charts.CONFIG,
            key=f"scenarios.bars.{some[0]}",
            alt=say("Winners and losers; the table below has the same figures"),
        )
    st.caption(_reading(figure, by, len(parts) - len(changed)))
    scenarios_tables.disagreements(twin, found, against)
    with st.expander(say("Winners and losers as a table"), icon=":material/table:"):
        scenarios_tables.changes(twin, found, against, parts, drawn)


def _moves(balance: Balance) -> bool:
    """Tell whether somebody's way changes; where that is not shown it may."""
    return balance.winners != 0 or balance.losers != 0


def _switch(name: str, label: str, titles: dict[str, str], usual: str, address: str) -> str:
    return str(
        st.segmented_control(
            label,
            list(titles),
            format_func=lambda key: say(titles[key]),
            required=True,
            label_visibility="collapsed",
            **state.remembered(name, usual, allowed=titles, address=address),
        )
    )


def _reading(figure: str, by: str, n_unchanged: int) -> str:
    space = "" if language() == "zh" else " "
    if figure == "people":
        text = say("Right (blue): people with shorter ways; left (orange): with longer ones; the "
                   "upright stroke: the difference.")  # fmt: skip
    else:
        text = say("Right (blue): person-minutes won; left (orange): lost; the upright stroke: the "
                   "net change.")  # fmt: skip
    if n_unchanged:
        text += space + say("In {n} others nothing changes.", n=number(n_unchanged))
    if by == "townships":
        text += space + say("The townships add up to the change of the whole region.")
    return text
