"""The four pools on the page Data: a building's residents and events, and tags by rules."""

from __future__ import annotations

import re

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from cockpit.access.classes import TITLES, may_see
from cockpit.answers import pools as answers
from cockpit.answers.pools import BuildingStory, TagCount
from cockpit.pools import OPERATORS, POOLS
from cockpit.settings import settings
from cockpit.store import session as store
from cockpit.ui import cache, state, visitor
from cockpit.ui.data import title_of, today
from cockpit.ui.way import plain
from cockpit.ui.words import moment, name_of, number, say, say_error
from geodata.errors import CockpitError

SEX_TITLES = {"m": "male", "f": "female"}
POOL_TITLES = {
    "person": "People",
    "building": "Buildings",
    "event": "Events",
    "organisation": "Organisations",
}


def show_pools() -> None:
    """Show the pools and their links, one building's story, and the tags."""
    with Session(store.engine()) as db:
        sizes = answers.pool_sizes(db)
    with st.container(horizontal=True, gap="small"):
        for size in sizes:
            st.metric(
                say(POOL_TITLES[size.pool]),
                number(size.rows),
                delta=None
                if size.pool == "building"
                else say("{n} linked to a building", n=number(size.at_buildings)),
                delta_color="off",
                delta_arrow="off",
                height="stretch",
                border=True,
            )
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True):
        _buildings()
    with right, st.container(border=True):
        _tags()


def story_of(building: str) -> BuildingStory:
    """Return who lives in a building and what happened there, as the visitor may see it."""
    with Session(store.engine()) as db:
        return answers.building_story(
            db,
            building,
            today=today(),
            visitor=cache.visitor_class(),
            small=settings().small_count,
        )


def _buildings() -> None:
    st.markdown(f"**{say('Who lives here, what happened here?')}**")
    text = st.text_input(
        say("Building number, use, village or code"),
        max_chars=64,
        **state.remembered("data.building_text", ""),
    )
    with Session(store.engine()) as db:
        hits = answers.find_buildings(db, str(text or ""))
    if not hits:
        st.info(say("No building is like this. Try the beginning of its number."))
        return
    names = {hit.id: f"{hit.id} · {name_of(_Named(hit))} · {hit.use}".strip(" ·") for hit in hits}
    building = st.selectbox(
        say("Building"),
        list(names),
        format_func=lambda b: names[b],
        placeholder=say("Building"),
        **state.remembered("data.building", next(iter(names)), allowed=names, address="building"),
    )
    show_story(story_of(str(building)))


class _Named:
    """A building's region under the names that ``name_of`` reads."""

    def __init__(self, hit: answers.BuildingHit) -> None:
        self.name, self.name_en = hit.region_name, hit.region_name_en


def show_story(story: BuildingStory) -> None:
    """Show one building: facts, residents, events, organisations."""
    facts = [
        say("{n} storeys", n=number(story.levels)),
        say("{n} dwellings", n=number(story.dwellings)),
        f"{story.lon:.5f}, {story.lat:.5f}",
    ]
    st.caption(" · ".join(facts))
    if story.n_residents is None:
        count = say("fewer than {n}", n=settings().small_count)
    else:
        count = number(story.n_residents)
    st.markdown(say("Registered residents: {n}", n=count))
    if story.residents:
        st.dataframe(
            pd.DataFrame(
                {
                    say("Identity number"): [r.masked for r in story.residents],
                    say("Sex"): [say(SEX_TITLES[r.sex]) if r.sex else "" for r in story.residents],
                    say("Age"): [r.age for r in story.residents],
                    say("Household"): [r.household for r in story.residents],
                    say("Status"): [r.status for r in story.residents],
                }
            ),
            hide_index=True,
        )
    else:
        with Session(store.engine()) as db:
            data_class = answers.persons_class(db)
        if not may_see(cache.visitor_class(), data_class):
            st.caption(
                say("Who they are is of class {data_class}.", data_class=say(TITLES[data_class]))
            )
    st.markdown(say("Events: {n}", n=number(len(story.events))))
    if story.events:
        st.dataframe(
            pd.DataFrame(
                {
                    say("Reported"): [moment(e[0]) for e in story.events],
                    say("Category"): [e[1] for e in story.events],
                    say("Status"): [e[2] for e in story.events],
                    say("Words"): [e[3] for e in story.events],
                }
            ),
            hide_index=True,
            height="content" if len(story.events) < 9 else 320,
        )
    st.markdown(say("Organisations: {n}", n=number(len(story.organisations))))
    for name, kind, employees in story.organisations:
        st.markdown(
            f"- {plain(name)} · {plain(kind)} · {say('{n} employees', n=number(employees))}"
        )


def _tags() -> None:
    st.markdown(f"**{say('Tags')}**")
    st.caption(say("A tag is a rule over a pool. Change the rule and it marks other rows at once."))
    with Session(store.engine()) as db:
        found = answers.tags(db, today=today(), visitor=cache.visitor_class())
    if found:
        st.dataframe(tag_table(found), hide_index=True)
    else:
        st.info(say("No tag yet. Make the first one below."))
    by_id = {tag.id: tag for tag in found}
    chosen = st.selectbox(
        say("Tag"),
        ["", *by_id],
        format_func=lambda t: title_of(by_id[t]) if t else say("a new tag"),
        placeholder=say("a new tag"),
        **state.remembered("data.tag", "", allowed=["", *by_id]),
    )
    _edit(by_id.get(str(chosen or "")))


def tag_table(found: tuple[TagCount, ...]) -> pd.DataFrame:
    """Return tags with their rules and how many rows they mark."""
    return pd.DataFrame(
        {
            say("Tag"): [title_of(t) for t in found],
            say("Pool"): [say(POOL_TITLES[t.pool]) for t in found],
            say("Rule"): [say(" and ").join(f"{c} {o} {v}" for c, o, v in t.rule) for t in found],
            say("Marks"): [say("hidden") if t.marked is None else number(t.marked) for t in found],
            say("of"): [number(t.of) for t in found],
        }
    )


def _edit(tag: TagCount | None) -> None:
    """Show the form for one tag; a wrong rule is told where it stands."""
    pool = tag.pool if tag else "building"
    if tag is None:
        pool = str(
            st.selectbox(
                say("Pool"),
                list(POOLS),
                format_func=lambda p: say(POOL_TITLES[p]),
                placeholder=say("Pool"),
                **state.remembered("data.tag_pool", "building", allowed=list(POOLS)),
            )
        )
    with st.form(f"tag.{tag.id if tag else 'new'}.{pool}", border=False):
        title = st.text_input(say("Title"), value=tag.title if tag else "", max_chars=60)
        operators = list(dict.fromkeys(o for kind in OPERATORS.values() for o in kind))
        parts = st.data_editor(
            pd.DataFrame(
                [(c, o, str(v)) for c, o, v in tag.rule] if tag else [],
                columns=["column", "operator", "value"],
                dtype="str",
            ),
            num_rows="dynamic",
            hide_index=True,
            column_config={
                "column": st.column_config.SelectboxColumn(
                    say("Column"), options=list(POOLS[pool]), required=True
                ),
                "operator": st.column_config.SelectboxColumn(
                    say("Comparison"), options=operators, required=True
                ),
                "value": st.column_config.TextColumn(say("Value"), required=True),
            },
        )
        with st.container(horizontal=True):
            save = st.form_submit_button(say("Save tag"), type="primary")
            drop = st.form_submit_button(say("Delete tag"), disabled=tag is None)
    if save:
        _save(tag.id if tag else "", pool, title, parts.dropna().to_numpy().tolist())
    if drop and tag is not None:
        visitor.require("load")
        with Session(store.engine()) as db:
            answers.delete_tag(db, tag.id, visitor=cache.visitor_class())
        state.choose("data.tag", "")
        st.rerun()


def _save(tag_id: str, pool: str, title: str, parts: list[list[str]]) -> None:
    taken = tag_id or _new_id(title)
    try:
        visitor.require("load")
        with Session(store.engine()) as db:
            answers.save_tag(db, taken, pool, title.strip(), parts, visitor=cache.visitor_class())
    except CockpitError as error:
        st.error(plain(say_error(error)))
        return
    state.choose("data.tag", taken)
    st.rerun()


def _new_id(title: str) -> str:
    """Return an id for a tag: what is plain letters in its title, and a number that tells it."""
    import zlib

    letters = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:30]
    return (
        f"tag_{letters}_{zlib.crc32(title.encode()):08x}"
        if letters
        else (f"tag_{zlib.crc32(title.encode()):08x}")
    )
