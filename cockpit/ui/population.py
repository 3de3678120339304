"""What the page Population shows: unit, tiles, pyramid, households, groups, change, comparison."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from cockpit.answers import population as answers
from cockpit.answers.population import Changes, GroupCount, Parts, Unit
from cockpit.indicators import INDICATORS
from cockpit.population import BANDS, AgeSex, Change, dependency, median_age
from cockpit.settings import settings
from cockpit.ui import charts, population_charts, way
from cockpit.ui import population_choices as choices
from cockpit.ui.words import (
    NO_FIGURE,
    compact,
    date,
    department_of,
    language,
    name_of,
    number,
    say,
    signed,
    with_unit,
)
from loaders.catalog import HOUSEHOLD_TYPES

HOUSEHOLD_TITLES = {
    "single": "One person",
    "couple": "Couple",
    "two_generation": "Two generations",
    "three_generation": "Three generations",
    "other": "Other households",
}
GROUP_TITLES = {
    "living_alone_60": "60 and over, living alone",
    "left_behind_child": "Left-behind children",
    "low_income": "On minimum living allowance",
    "disabled": "People with disabilities",
    "unsupported": "Without support, cared for by the state",
}
BY_TITLES = {"township": "By township", "village": "By village", "grid": "By grid"}
PARTS_TITLES = {
    "township": "The {n} townships of {name} as a table",
    "village": "The {n} villages of {name} as a table",
    "grid": "The {n} grids of {name} as a table",
}


# ---------------------------------------------------------------- tiles and sentences


def tiles(unit: Unit) -> None:
    """Show the unit's headline figures, each with its unit."""
    usual = unit.people.get("usual")
    shown = [
        name
        for name in (
            "people",
            "age_0_14_share",
            "age_60_plus_share",
            "dependency",
            "households",
            "floating",
        )
        if not math.isnan(unit.figures.get(name, math.nan))
    ]
    with st.container(horizontal=True, gap="small", key="ct-tiles"):
        for name in shown:
            indicator = INDICATORS[name]
            value = unit.figures[name]
            whole = indicator.additive and indicator.decimals == 0
            st.metric(
                say(indicator.title),
                compact(value) if whole else with_unit(value, _short(indicator.unit), 1),
                delta=_beside_county(unit, name),
                delta_color="gray",
                delta_arrow="off",
                height="stretch",
                border=True,
                help=with_unit(value, indicator.unit, indicator.decimals),
            )
    if usual is not None:
        st.markdown(sentence(unit))


def _short(unit: str) -> str:
    return "%" if unit == "%" else ""


def _beside_county(unit: Unit, name: str) -> str | None:
    """Return what a tile's figure is compared with: the earlier date, or the county."""
    if name == "people":
        return _change_text(unit)
    county = unit.ancestors[0]
    if county.code == unit.place.code or county.level != "county":
        return None  # a visitor of a part of the county is not told the county's figures
    theirs = choices.unit_of(county.code, **choices.asked()).figures.get(name, math.nan)
    if INDICATORS[name].additive:
        part = 100 * unit.figures[name] / theirs if theirs else math.nan
        return say("{share}% of the county's", share=number(part, 1))
    return say("county: {value}", value=with_unit(theirs, _short(INDICATORS[name].unit), 1))


def _change_text(unit: Unit) -> str | None:
    value = unit.figures.get("change", math.nan)
    if math.isnan(value) or unit.date_before is None:
        return None
    return say("{change}% since {date}", change=signed(value, 1), date=date(unit.date_before))


def sentence(unit: Unit) -> str:
    """Return in words what tiles and pyramid show."""
    usual = unit.people["usual"]
    name = way.plain(name_of(unit.place))
    if not usual.has_ages:
        return say(
            "{name} has {people} residents ({date}); their ages are not in the data.",
            name=name,
            people=number(usual.total),
            date=date(unit.dates["usual"]),
        )
    ages = dependency(usual.ages)
    return say(
        "{name} has {people} residents ({date}): {children}% are under 15, {older}% are 60 and "
        "over; half of them are younger than {median}.",
        name=name,
        people=number(usual.total),
        date=date(unit.dates["usual"]),
        children=number(ages.share(ages.children), 1),
        older=number(ages.share(ages.older), 1),
        median=number(median_age(usual.ages), 1),
    )


def no_people(unit: Unit) -> None:
    """Say that a unit has no count of people, and what to do."""
    st.info(
        say(
            "No count of residents is stored for {name}. Load a population table, or go up a "
            "level.",
            name=way.plain(name_of(unit.place)),
        )
    )


# ---------------------------------------------------------------- structure


def structure(unit: Unit) -> None:
    """Show the pyramid with its table, and households and groups beside it."""
    left, right = st.columns([3, 2], gap="medium")
    with left, st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = choices.kind(unit)
            other_code = choices.beside(unit)
        other = choices.unit_of(other_code, **choices.asked()) if other_code else None
        pyramid(unit, chosen, other)
    with right:
        with st.container(border=True):
            households(unit)
        if unit.groups:
            with st.container(border=True):
                groups(unit)


def pyramid(unit: Unit, chosen: str, other: Unit | None) -> None:
    """Show one pyramid by five-year bands, its sentence, and the table that says the same."""
    people = unit.people.get(chosen)
    if people is None or not people.has_pyramid:
        st.markdown(f"**{say(choices.KIND_TITLES[chosen])}**")
        total = people.total if people else None
        st.info(
            say(
                "{people} people, counted without age or sex: there is no pyramid to draw.",
                people=number(total),
            )
        )
        return
    against = other.people.get(chosen) if other else None
    if against is not None and not against.has_pyramid:
        against = None
    st.markdown(f"**{way.plain(pyramid_title(people, against, other))}**")
    figure = population_charts.pyramid(people, against)
    st.plotly_chart(
        figure,
        theme=None,
        config=population_charts.CONFIG,
        key="population.pyramid",
        alt=pyramid_title(people, against, other),
    )
    notes = [say("Men left, women right, by five-year age bands.")]
    if against is not None and other is not None:
        notes.append(
            say(
                "Shares of all people of known age; the line is {name}.",
                name=way.plain(name_of(other.place)),
            )
        )
    if people.unplaced:
        notes.append(
            say("{n} people of unknown age or sex are not drawn.", n=number(people.unplaced))
        )
    st.caption(("" if language() == "zh" else " ").join(notes))
    with st.expander(say("The same as a table")):
        st.dataframe(age_table(people, against), hide_index=True, height=320)


def pyramid_title(people: AgeSex, against: AgeSex | None, other: Unit | None) -> str:
    """Return the finding of a pyramid: how old its people are, beside those of another unit."""
    older = dependency(people.ages)
    share = older.share(older.older)
    if against is None or other is None:
        return say(
            "{share}% are 60 and over; the median age is {median}",
            share=number(share, 1),
            median=number(median_age(people.ages), 1),
        )
    theirs = dependency(against.ages)
    return say(
        "60 and over: {share}% here, {other}% in {name}",
        share=number(share, 1),
        other=number(theirs.share(theirs.older), 1),
        name=name_of(other.place),
    )


def age_table(people: AgeSex, against: AgeSex | None) -> pd.DataFrame:
    """Return the pyramid as a table, oldest first, with a last row that sums it."""
    unknown = people.total - int(people.ages.sum())
    men, women = [*people.male, people.table[0, -1]], [*people.female, people.table[1, -1]]
    both = [*people.ages, unknown]
    table = pd.DataFrame(
        {
            say("Age"): [*BANDS, say("age not known")],
            say("Men"): men,
            say("Women"): women,
            say("Both"): both,
        }
    ).iloc[::-1]
    if not unknown:
        table = table.iloc[1:]
    if against is not None:
        shares = [*_shares(people), math.nan], [*_shares(against), math.nan]
        n = len(table)
        table[say("Share, %")] = np.round(shares[0][::-1][-n:], 2)
        table[say("Share there, %")] = np.round(shares[1][::-1][-n:], 2)
    total = {
        column: table[column].sum() if k else say("Total") for k, column in enumerate(table.columns)
    }
    return pd.concat([table, pd.DataFrame([total])], ignore_index=True)


def _shares(people: AgeSex) -> list[float]:
    return [float(x) for x in 100 * people.ages / max(int(people.ages.sum()), 1)]


def households(unit: Unit) -> None:
    """Show the households by type, their mean size, and the same as a sentence."""
    found = unit.households
    st.markdown(f"**{say('Households')}**")
    if found is None or not found.total:
        st.caption(say("No households are stored here."))
        return
    largest = HOUSEHOLD_TYPES[int(found.counts.argmax())]
    st.plotly_chart(
        charts.bars(
            [say(HOUSEHOLD_TITLES[t]) for t in HOUSEHOLD_TYPES],
            found.counts.tolist(),
            [
                f"{number(count)} · {number(share, 1)}%"
                for count, share in zip(found.counts.tolist(), found.shares, strict=True)
            ],
            each=44,
        ),
        theme=None,
        config=population_charts.CONFIG,
        key="population.households",
        alt=say("Households"),
    )
    st.caption(
        say(
            "{n} households, {size} residents each; most often: {type}.",
            n=number(found.total),
            size=number(found.mean_size, 2),
            type=say(HOUSEHOLD_TITLES[largest]),
        )
    )


def groups(unit: Unit) -> None:
    """Show the groups that need care; small counts as fewer than the smallest shown."""
    st.markdown(f"**{say('People who need care')}**")
    table = pd.DataFrame(
        {
            say("Group"): [say(GROUP_TITLES[c.group]) for c in unit.groups],
            say("Persons"): [count_text(c) for c in unit.groups],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            say("Persons"): st.column_config.TextColumn(alignment="right", width="small")
        },
    )
    if any(c.persons is None for c in unit.groups):
        st.caption(
            say(
                "Counts below {n} are not shown, nor those that would give them away.",
                n=settings().small_count,
            )
        )


def count_text(count: GroupCount) -> str:
    """Return a group's count in words: the figure, "fewer than 10", or that it is not shown."""
    if count.persons is not None:
        return number(count.persons)
    if count.few:
        return say("fewer than {n}", n=settings().small_count)
    return say("not shown")


# ---------------------------------------------------------------- change


def change(unit: Unit, found: Changes | None) -> None:
    """Show which parts and which ages made the residents more or fewer."""
    if found is None:
        st.info(
            say(
                "Only one date is stored. Load a population table of an earlier date to see the "
                "change."
            )
        )
        return
    usual, before = unit.people["usual"], unit.before
    assert before is not None  # noqa: S101 - changes_of has looked
    total = usual.total - before.total
    words = (
        "{name} had {before} residents on {date_before} and {after} on {date}: {change} "
        "({percent}%)."
    )
    st.markdown(
        say(
            words,
            name=way.plain(name_of(unit.place)),
            before=number(before.total),
            after=number(usual.total),
            date_before=date(found.date_before),
            date=date(found.date),
            change=signed(total),
            percent=signed(100 * total / before.total if before.total else None, 1),
        )
    )
    columns = st.columns(2 if found.by_age and found.by_part else 1, gap="medium")
    if found.by_part is not None:
        with columns[0], st.container(border=True):
            labels = [name_of(place) for place in found.parts]
            _change_panel(
                "part",
                say(BY_TITLES[found.parts[0].level]),
                labels,
                found.by_part,
            )
    if found.by_age is not None:
        with columns[-1], st.container(border=True):
            labels = [say("age not known") if a == "all" else a for a in found.by_age.labels]
            _change_panel("age", say("By age"), labels, found.by_age, by_size=False)
    elif found.by_part is not None:
        st.caption(say("By age: the earlier count has no ages."))


def _change_panel(
    key: str, title: str, labels: list[str], found: Change, *, by_size: bool = True
) -> None:
    fewer = int((found.persons < 0).sum())
    st.markdown(
        "**"
        + say(
            "{title}: {more} grew, {fewer} shrank",
            title=title,
            more=int((found.persons > 0).sum()),
            fewer=fewer,
        )
        + "**"
    )
    order = np.argsort(found.persons) if by_size else np.arange(len(labels))
    keep = [int(k) for k in order if found.before[k] or found.after[k]]
    st.plotly_chart(
        population_charts.changes([labels[k] for k in keep], [int(found.persons[k]) for k in keep]),
        theme=None,
        config=population_charts.CONFIG,
        key=f"population.change.{key}",
        alt=title,
    )
    with st.expander(say("The same as a table")):
        st.dataframe(change_table(labels, found), hide_index=True)


def change_table(labels: list[str], found: Change) -> pd.DataFrame:
    """Return the parts of a change with a last row that sums them."""
    table = pd.DataFrame(
        {
            say("Part"): labels,
            say("Before"): found.before,
            say("After"): found.after,
            say("Change"): found.persons,
            say("Change, %"): np.round(found.own_percent, 1),
            say("Share of the change, points"): np.round(found.points, 2),
        }
    )
    total = [
        say("Total"),
        found.before.sum(),
        found.after.sum(),
        found.total,
        round(found.percent, 1),
        round(found.percent, 2),
    ]
    return pd.concat(
        [table, pd.DataFrame([dict(zip(table.columns, total, strict=True))])], ignore_index=True
    )


# ---------------------------------------------------------------- side by side


def compare(unit: Unit) -> None:
    """Show 2 to 4 units: small pyramids on one scale, and their figures in one table."""
    units = [choices.unit_of(code, **choices.asked()) for code in choices.compared(unit)]
    if len(units) < 2:
        st.info(say("Choose at least one more unit to compare with."))
        return
    drawn = [u.people.get("usual") for u in units]
    top = population_charts.common_top([p for p in drawn if p is not None])
    columns = st.columns(len(units))
    for k, (column, one, people) in enumerate(zip(columns, units, drawn, strict=True)):
        with column, st.container(border=True):
            st.markdown(f"**{way.plain(name_of(one.place))}**")
            if people is None or not people.has_pyramid:
                st.caption(say("No ages are stored here."))
                continue
            st.plotly_chart(
                population_charts.small_pyramid(people, top),
                theme=None,
                config=population_charts.CONFIG,
                key=f"population.small.{k}.{one.place.code}",
                alt=pyramid_title(people, None, None),
            )
            st.caption(pyramid_title(people, None, None))
    table = compare_table(units)
    right = st.column_config.TextColumn(alignment="right")
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config=dict.fromkeys(table.columns[1:], right),
    )
    st.caption(say("Pyramids show shares of all people of known age, on one scale."))


def compare_table(units: list[Unit]) -> pd.DataFrame:
    """Return the figures of units beside each other, one row a figure, one column a unit."""
    rows = [name for name in answers.FIGURES if any(name in one.figures for one in units)]
    table = {
        say("Figure"): [
            f"{say(INDICATORS[name].title)} ({say(INDICATORS[name].unit)})" for name in rows
        ]
    }
    for one in units:
        heading = name_of(one.place)
        if heading in table:  # two villages may share a name
            heading = f"{heading} {one.place.code}"
        table[heading] = [number(one.figures.get(name), INDICATORS[name].decimals) for name in rows]
    return pd.DataFrame(table)


# ---------------------------------------------------------------- parts, sources


def parts_table(unit: Unit, parts: Parts) -> pd.DataFrame:
    """Return the regions below a unit with figures; the last row is the unit itself."""
    columns: dict[str, list[Any]] = {
        say("Name"): [name_of(place) for place in parts.places] + [say("Total")],
        say("Code"): [place.code for place in parts.places] + [unit.place.code],
    }
    for name, values in parts.figures.items():
        indicator = INDICATORS[name]
        columns[f"{say(indicator.title)} ({say(indicator.unit)})"] = [
            None if math.isnan(v) else round(v, indicator.decimals)
            for v in (*values.tolist(), unit.figures[name])
        ]
    own = {count.group: count for count in unit.groups}
    for group, counts in parts.groups.items():
        columns[say(GROUP_TITLES[group])] = [count_text(c) for c in (*counts, own[group])]
    return pd.DataFrame(columns)


def parts(unit: Unit, found: Parts | None) -> None:
    """Show the table of the regions below, whose figures sum to the unit's, and its download."""
    if found is None:
        return
    name = way.plain(name_of(unit.place))
    title = say(PARTS_TITLES[found.level], n=len(found.places), name=name)
    with st.expander(title):
        st.dataframe(parts_table(unit, found), hide_index=True)
        address = f"/download/{choices.asked()['version']}/{found.level}/{unit.place.code}"
        with st.container(horizontal=True):
            for ending in ("csv", "xlsx"):
                st.link_button(
                    say("Download {ending}", ending=ending.upper()),
                    f"{address}.{ending}?lang={language()}",
                    icon=":material/download:",
                )


def source(unit: Unit) -> None:
    """Say which data sets the figures come from, of which date, and where to trace them."""
    named = [
        f"{way.plain(name_or(s.title, s.title_en))} "
        f"({way.plain(department_of(s.department)) or NO_FIGURE}, {date(s.as_of)})"
        for s in unit.sources
    ]
    st.caption(say("Sources: {sources}", sources=say("; ").join(named) or NO_FIGURE))


def name_or(title: str, title_en: str) -> str:
    """Return the English title for English readers where there is one."""
    return title_en if language() == "en" and title_en else title
