"""Tag rules mark the planted rows, and a changed rule marks others."""

import pandas as pd
import pytest

from cockpit.pools import marked, rule
from geodata.errors import InputError

# Four people: by hand, the first and the last are 60 and over and live alone.
PEOPLE = pd.DataFrame(
    {
        "age": [60.0, 82.0, 30.0, 71.0],
        "sex": ["f", "m", None, "f"],
        "status": ["insured", "left", "insured", None],
        "region_code": ["529901001", "529901001", "529901100", "529901100"],
        "in_household": [1.0, 3.0, 1.0, 1.0],
        "in_building": [2.0, 3.0, float("nan"), 1.0],
    }
)


def people(*parts: list[object]) -> list[bool]:
    return marked(PEOPLE, rule("person", parts)).tolist()


def test_all_conditions_must_hold() -> None:
    assert people(["age", ">=", 60], ["in_household", "=", 1]) == [True, False, False, True]


def test_a_changed_rule_marks_others() -> None:
    assert people(["age", ">=", 60]) == [True, True, False, True]
    assert people(["age", ">=", 80]) == [False, True, False, False]


def test_text_operators() -> None:
    assert people(["status", "in", "left, moved"]) == [False, True, False, False]
    assert people(["status", "contains", "sur"]) == [True, False, True, False]
    assert people(["region_code", "starts with", "529901100"]) == [False, False, True, True]


def test_an_empty_field_fulfils_nothing() -> None:
    assert people(["sex", "!=", "m"]) == [True, False, False, True]
    assert people(["in_building", "!=", 2]) == [False, True, False, True]
    assert people(["in_building", "<", 9]) == [True, True, False, True]


def test_a_pattern_is_plain_text() -> None:
    assert people(["status", "contains", "in.*ed"]) == [False] * 4


def test_a_column_of_empty_fields() -> None:
    table = PEOPLE.assign(status=None)
    assert not marked(table, rule("person", [["status", "contains", "x"]])).any()


@pytest.mark.parametrize(
    ("pool", "parts", "words"),
    [
        ("pet", [["age", ">", 1]], "There is no pool pet."),
        ("person", [], "A rule needs at least one condition."),
        (
            "organisation",
            [["age", ">", 1]],
            "There is no column age; expected one of kind, employees, region_code.",
        ),
        (
            "person",
            [["age", "contains", 1]],
            "age cannot be compared by contains; expected one of =, !=, >=, <=, >, <.",
        ),
        ("person", [["age", ">", "old"]], "age is compared with old; expected a number."),
        ("person", [["age", ">", "nan"]], "age is compared with nan; expected a number."),
    ],
)
def test_a_wrong_rule_is_refused(pool: str, parts: list[list[object]], words: str) -> None:
    with pytest.raises(InputError) as raised:
        rule(pool, parts)
    assert str(raised.value) == words
