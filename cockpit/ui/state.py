"""What the visitor chose: widgets, lasting copies, the address. Only here: session_state."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T")

LONGEST_ADDRESS = 4096  # characters in all; a longer address is not one of ours
LONGEST_VALUE = 200
_KEEP, _WIDGET, _WRITTEN, _PAGE = "keep.", "widget.", "state.written", "state.page"


def arrive() -> None:
    """Before the page is known: a link to another page drops the address, not the choice."""
    st.session_state["state.arrived"] = True


def begin(page: str) -> None:
    """Note which page runs: without a choice in the address, arrival keeps what was before."""
    st.session_state["state.arrived"] = st.session_state.get(_PAGE) != page
    st.session_state[_PAGE] = page


def read(
    name: str,
    default: T,
    *,
    allowed: Collection[T] | None = None,
    address: str = "",
    check: Callable[[T], bool] | None = None,
    write: bool = True,
) -> T:
    """
    Return what the visitor chose for ``name`` ("subject.name").

    A new value in the address wins over the lasting copy, and that over the default; a value that
    is not allowed is ignored. With ``address`` the choice is written there, unless it is the
    default.
    ``default`` gives the type: str, int, bool, or list of str (a repeated name in the address).
    """

    def fits(value: Any) -> bool:
        parts = value if isinstance(default, list) else [value]
        return all((allowed is None or p in allowed) and (check is None or check(p)) for p in parts)

    kept = st.session_state.get(_KEEP + name, default)
    value: Any = kept if fits(kept) else default
    if address:
        value = _from_address(address, value, default, fits)
    st.session_state[_KEEP + name] = value
    if address and write:
        _write(address, value, default)
    return value  # type: ignore[no-any-return]  # fits() holds it to the default's type


def choose(name: str, value: object) -> None:
    """Set a choice from a callback; the next ``read`` returns it."""
    st.session_state[_KEEP + name] = value


def chosen(name: str, default: T) -> T:
    """Return a choice without reading the address."""
    return st.session_state.get(_KEEP + name, default)  # type: ignore[no-any-return]


def remembered(
    name: str,
    default: Any,
    *,
    allowed: Collection[Any] | None = None,
    address: str = "",
    check: Callable[[Any], bool] | None = None,
    then: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """
    Return ``key``, ``on_change`` and ``args`` of a widget whose value outlives its page.

    Use as ``st.selectbox(label, options, **state.remembered("coverage.reach_km", 3))``. ``then``
    runs after a change.
    """
    value = read(name, default, allowed=allowed, address=address, check=check)
    key = _WIDGET + name
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return {"key": key, "on_change": _changed, "args": (name, then)}


def on_telephone() -> bool:
    """Tell whether the visitor's browser calls itself a telephone's."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


def widget_value(name: str) -> Any:
    """Return the state of a widget made with ``widget_key``; None before its first run."""
    return st.session_state.get(_WIDGET + name)


def widget_key(name: str) -> str:
    """Return the key of a widget that reports through a callback (map, table, chart)."""
    return _WIDGET + name


def forget_widget(name: str) -> None:
    """Clear a widget's own state, e.g. a search box after a result was taken."""
    st.session_state.pop(_WIDGET + name, None)


def _changed(name: str, then: Callable[[], None] | None) -> None:
    st.session_state[_KEEP + name] = st.session_state[_WIDGET + name]
    if then is not None:
        then()


def _from_address(address: str, value: Any, default: Any, fits: Callable[[Any], bool]) -> Any:
    written: dict[str, list[str]] = st.session_state.setdefault(_WRITTEN, {})
    found = _address_values(address)
    if found == written.get(address, []):
        return value
    arrived = st.session_state.get("state.arrived", True)
    if not found:  # gone from the address: another page's link, or the way back to the default
        written.pop(address, None)
        return value if arrived else default
    written[address] = found
    parsed = _parse(found, default)
    return parsed if parsed is not None and fits(parsed) else value


def _address_values(address: str) -> list[str]:
    params = st.query_params
    if address not in params:
        return []
    if sum(len(k) + len(v) for k in params for v in params.get_all(k)) > LONGEST_ADDRESS:
        return []
    return [v for v in params.get_all(address) if v.isprintable() and len(v) <= LONGEST_VALUE]


def _parse(found: list[str], default: Any) -> Any:
    if isinstance(default, list):
        return [v for v in found if v]
    text = found[0]
    if isinstance(default, bool):
        return {"1": True, "0": False}.get(text)
    if isinstance(default, int):
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    return text


def _write(address: str, value: Any, default: Any) -> None:
    if isinstance(value, list):
        text = [str(v) for v in value] or ([""] if default else [])
    else:
        text = [str(int(value)) if isinstance(value, bool) else str(value)]
    wanted = [] if value == default else text
    st.session_state.setdefault(_WRITTEN, {})[address] = wanted
    now = st.query_params.get_all(address) if address in st.query_params else []
    if wanted == now:
        return
    if wanted:
        st.query_params[address] = wanted
    else:
        del st.query_params[address]
