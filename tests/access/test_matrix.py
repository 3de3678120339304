"""The matrix says what the rules say, cell by cell."""

from __future__ import annotations

import pytest

from cockpit.access import matrix
from cockpit.access.classes import CLASSES, may_see
from cockpit.access.matrix import Right, Things
from cockpit.access.roles import ACTS, ROLES
from cockpit.access.rules import PAGES, RouteRule, may_ask, may_open

ROUTES = {
    "/free": RouteRule(),
    "/map/{parent}": RouteRule(("map",), unit="parent"),
    "/risk": RouteRule(("risk",)),
    "/take": RouteRule(("map", "risk"), "export", narrow=True),
    "/forgotten": None,
}
FREE = ("open", "village", "datasets", "algorithms", "/free")
THINGS = Things(
    ROUTES,
    layers=(("rivers", "公开"), ("pipes", "备用"), ("shelters", "敏感")),
    indicators=(("people", "备用"), ("low_income", "敏感")),
)


@pytest.fixture(scope="module")
def rights() -> dict[tuple[str, str, str, str, str], Right]:
    found = matrix.matrix(THINGS)
    by_key = {(r.role, r.territory, r.kind, r.subject, r.data_class): r for r in found}
    assert len(by_key) == len(found)
    return by_key


def test_every_thing_stands_there_for_everybody(
    rights: dict[tuple[str, str, str, str, str], Right],
) -> None:
    # 7 roles x 2 territories x ((pages + 5 routes) x 4 classes + 3 layers + 2 indicators + acts)
    each = (len(PAGES) + 5) * 4 + 5 + len(ACTS)
    assert len(rights) == len(ROLES) * 2 * each


def test_cells_worked_out_by_hand(rights: dict[tuple[str, str, str, str, str], Right]) -> None:
    def why(*key: str) -> str:
        role, territory, kind, subject, data_class = key
        return rights[role, territory, kind, subject, data_class].why

    assert why("public", "county", "page", "map", "公开") == matrix.NO_ROLE
    assert why("public", "county", "page", "open", "公开") == matrix.YES
    assert why("public", "county", "page", "open", "备用") == matrix.NOTHING
    assert why("leader", "county", "page", "open", "备用") == matrix.NOTHING
    assert why("leader", "county", "route", "/free", "敏感") == matrix.NOTHING
    assert why("leader", "county", "page", "map", "备用") == matrix.YES
    assert why("leader", "county", "page", "map", "敏感") == matrix.ASKED
    assert why("leader", "county", "page", "map", "秘密") == matrix.NO_CLASS
    assert why("steward", "county", "page", "map", "秘密") == matrix.ASKED
    assert why("leader", "part", "page", "risk", "公开") == matrix.NO_PART
    assert why("leader", "part", "page", "release", "公开") == matrix.NO_ROLE
    assert why("screen", "county", "route", "/take", "公开") == matrix.NO_ACT
    assert why("leader", "part", "route", "/take", "公开") == matrix.YES
    assert why("leader", "part", "route", "/risk", "公开") == matrix.NO_PART
    assert why("auditor", "county", "route", "/risk", "公开") == matrix.NO_ROLE
    assert why("steward", "county", "route", "/forgotten", "公开") == matrix.NO_ROLE
    assert why("auditor", "county", "layer", "rivers", "公开") == matrix.NO_ROLE
    assert why("screen", "part", "layer", "shelters", "敏感") == matrix.NO_CLASS
    assert why("planner", "part", "indicator", "low_income", "敏感") == matrix.ASKED
    assert why("administrator", "county", "act", "accounts", "公开") == matrix.YES
    assert why("administrator", "county", "act", "export", "公开") == matrix.NO_ACT


def test_the_matrix_says_what_the_rules_do(
    rights: dict[tuple[str, str, str, str, str], Right],
) -> None:
    for right in rights.values():
        who = matrix.visitor_of(right.role, right.territory)
        open_ = {
            "page": lambda r, w: may_open(w, r.subject),
            "route": lambda r, w: (rule := ROUTES[r.subject]) is not None and may_ask(w, rule),
            "layer": lambda _, w: may_open(w, "map"),
            "indicator": lambda _, w: may_open(w, "map"),
            "act": lambda r, w: w.may(r.subject),
        }[right.kind](right, who)
        free = right.subject in FREE and right.data_class != "公开"
        seen = may_see(who.data_class, right.data_class)
        assert right.allowed == (open_ and seen and not free), right
        assert right.why in matrix.WHY


def test_whoever_gives_rights_or_checks_traces_sees_no_data(
    rights: dict[tuple[str, str, str, str, str], Right],
) -> None:
    for right in rights.values():
        if right.role in ("public", "auditor", "administrator") and right.allowed:
            assert right.data_class == CLASSES[0]


def test_pages_and_classes_of_one_visitor() -> None:
    who = matrix.visitor_of("screen", "part")
    assert set(matrix.open_pages(who)) >= {"map", "population", "account"}
    assert "risk" not in matrix.open_pages(who)
    assert matrix.open_classes(matrix.visitor_of("leader", "county")) == (
        ("公开", False), ("备用", False), ("敏感", True),
    )  # fmt: skip
