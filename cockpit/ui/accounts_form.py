"""The rights of an account: roles, class and territory asked for, with their effect in words."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from cockpit.access.classes import CLASSES
from cockpit.access.roles import clearance_of, require_roles
from cockpit.access.visitor import WITHOUT_PURPOSE
from cockpit.answers.twin import Twin
from cockpit.ui import accounts_words as words
from cockpit.ui import state
from cockpit.ui.way import plain
from cockpit.ui.words import name_of, say
from geodata.errors import CockpitError


@dataclass(frozen=True)
class Rights:
    """What was chosen; ``possible`` tells whether an account may have it."""

    roles: tuple[str, ...]
    clearance: str
    territory: str
    possible: bool


def ask(twin: Twin | None, name: str, now: Rights) -> Rights:
    """Ask for roles, class and territory of the form ``name``, ``now`` at first; say the effect."""
    roles = tuple(
        st.multiselect(
            say("Roles"),
            words.GIVEN,
            default=[r for r in now.roles if r in words.GIVEN],
            format_func=words.role,
            placeholder=say("Choose one or more roles"),
            key=state.widget_key(f"{name}.roles"),
            help=say(
                "Who gives rights, who uses data and who checks traces are different people: "
                "administrator, auditor and screen are held alone."
            ),
        )
    )
    possible = _may_be_held(roles)
    left, right = st.columns(2, gap="small")
    with left:
        clearance = _clearance(name, roles, now.clearance)
    with right:
        territory = _territory(twin, name, now.territory)
    if possible:
        _preview(twin, roles, clearance, territory)
    return Rights(roles, clearance, territory, possible)


def _may_be_held(roles: tuple[str, ...]) -> bool:
    try:
        require_roles(roles)
    except CockpitError as error:
        if roles:
            st.error(words.refusal(error), icon=":material/block:")
        else:
            st.caption(words.refusal(error))
        return False
    return True


def _clearance(name: str, roles: tuple[str, ...], now: str) -> str:
    """Ask for the class, not above what the roles allow; of a new account at first up to 备用."""
    highest = clearance_of(roles)
    open_to_roles = CLASSES[: CLASSES.index(highest) + 1]
    first = min(now or WITHOUT_PURPOSE, highest, key=CLASSES.index)
    return str(
        st.selectbox(
            say("Data up to class"),
            open_to_roles,
            index=open_to_roles.index(first),
            format_func=words.data_class,
            placeholder=say("Data up to class"),
            key=state.widget_key(f"{name}.clearance.{highest}"),
        )
        or first
    )


def _territory(twin: Twin | None, name: str, now: str) -> str:
    """Ask for a township and a village of it by name; "" is the whole county."""
    if twin is None:
        st.caption(say("Territories can be chosen once a county is loaded."))
        return now
    rows: dict[str, int] = twin.regions.attrs["rows"]
    way = (
        [str(twin.regions["code"].iat[r]) for r in twin.ancestors(rows[now])] if now in rows else []
    )
    if now and now not in rows:
        st.warning(say("The territory {code} is not in the loaded county.", code=plain(now)))
    town = _pick(twin, 0, say("Territory"), say("The whole county"), _at(way, 1), f"{name}.town")
    if not town:
        return ""
    village = _pick(
        twin, rows[town], say("Village or community"), say("All of it"), _at(way, 2),
        f"{name}.village.{town}",
    )  # fmt: skip
    return village or town


def _at(way: list[str], place: int) -> str:
    return way[place] if len(way) > place else ""


def _pick(twin: Twin, unit: int, title: str, all_of_it: str, now: str, name: str) -> str:
    """Ask for one of the regions right below a unit; "" for none of them."""
    codes, names = twin.regions["code"], {"": all_of_it}
    for row in twin.children(unit):
        names[str(codes.iat[row])] = name_of(twin.regions.iloc[row])
    options = list(names)
    chosen = st.selectbox(
        title,
        options,
        index=options.index(now) if now in names else 0,
        format_func=lambda code: names.get(code, code),
        placeholder=title,
        key=state.widget_key(name),
    )
    return str(chosen or "")


def _preview(twin: Twin | None, roles: tuple[str, ...], clearance: str, territory: str) -> None:
    with st.container(border=True):
        st.markdown(f"**{say('What this account will see')}**")
        for sentence in words.preview(twin, roles, clearance, territory):
            st.markdown(plain(sentence))
