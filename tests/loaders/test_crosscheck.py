"""Two registers with planted conflicts (D10)."""

import numpy as np
import pandas as pd
import pytest

from geodata.errors import InputError
from loaders.crosscheck import compare, nearly_same
from loaders.rules import identity_fault

DIGITS = "10X98765432"
WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def identity(birth: str, number: int) -> str:
    stem = f"529901{birth}{number:03d}"
    return stem + DIGITS[sum(int(d) * w for d, w in zip(stem, WEIGHTS, strict=True)) % 11]


def register() -> pd.DataFrame:
    """Return 300 people; twins and people of one name are among them."""
    rng = np.random.default_rng(20240501)
    births = pd.to_datetime("1950-01-01") + pd.to_timedelta(rng.integers(0, 25_000, 300), "D")
    births = births.to_series().reset_index(drop=True)
    births.iloc[1] = births.iloc[0]
    return pd.DataFrame(
        {
            "identity": [
                identity(b, n) for n, b in enumerate(births.dt.strftime("%Y%m%d"), start=1)
            ],
            "name": [f"李{'安平和顺康'[n % 5]}{n // 7}" for n in range(300)],
            "birth": births,
            "status": rng.choice(["在册", "参保"], 300),
            "row": np.arange(1, 301),
        }
    )


def planted() -> tuple[pd.DataFrame, pd.DataFrame]:
    police, roll = register(), register().sample(frac=1, random_state=7).reset_index(drop=True)
    roll["row"] = np.arange(1, 301)
    at = {number: roll.index[roll["identity"] == number][0] for number in police["identity"]}
    numbers = police["identity"].to_list()
    for k in range(3):  # three other states, two other names
        roll.loc[at[numbers[10 + k]], "status"] = "死亡"
    for k in range(2):
        roll.loc[at[numbers[20 + k]], "name"] = "王改名"
    one, two, three = numbers[30], numbers[31], numbers[32]
    roll.loc[at[one], "identity"] = one[:15] + str((int(one[15]) + 1) % 10) + one[16:]
    roll.loc[at[two], "identity"] = two[:4] + two[5] + two[4] + two[6:]  # 99-0-1: swapped 0 and 1
    roll.loc[at[three], "identity"] = identity(three[6:14], 999)  # another sequence: not near
    last = numbers[33]
    other = next(d for d in DIGITS if d != last[17])
    roll.loc[at[last], "identity"] = last[:17] + other
    return police, roll


def test_finds_the_planted_conflicts_and_no_others() -> None:
    police, roll = planted()
    result = compare(police, roll, key="identity", fields=("name", "status", "birth"))
    numbers = police["identity"].to_list()
    values = {(one.key, one.field) for one in result.of("value")}
    assert values == {
        *((numbers[10 + k], "status") for k in range(3)),
        *((numbers[20 + k], "name") for k in range(2)),
    }
    assert {one.key for one in result.of("near")} == {numbers[30], numbers[31], numbers[33]}
    assert [one.key for one in result.of("only_left")] == [numbers[32]]
    assert len(result.of("only_right")) == 1
    assert result.n_both == 296
    assert len(result.conflicts) == 5 + 3 + 2


def test_somebody_under_two_keys_is_found_on_either_side() -> None:
    police, roll = register(), register()
    double = roll.iloc[[5]].assign(row=301)
    number = double["identity"].iat[0]
    double["identity"] = identity(number[6:14], int(number[14:17]) + 600)
    result = compare(police, pd.concat([roll, double]), key="identity", fields=("name",))
    assert [(c.kind, c.left_row, c.right_row) for c in result.conflicts] == [("near", 6, 301)]
    result = compare(pd.concat([police, double]), roll, key="identity", fields=("name",))
    assert [(c.kind, c.left_row, c.right_row) for c in result.conflicts] == [("near", 301, 6)]


def test_a_conflict_shows_both_values_and_both_rows() -> None:
    police, roll = planted()
    result = compare(police, roll, key="identity", fields=("name",))
    (first, _) = result.of("value")
    assert first.left == police["name"].iat[20]
    assert first.right == "王改名"
    assert first.left_row == 21
    assert roll["name"].iat[first.right_row - 1] == "王改名"


def test_near_keys_are_shown_masked() -> None:
    police, roll = planted()
    near = compare(police, roll, key="identity", fields=()).of("near")[0]
    assert near.left == f"529901********{near.key[-4:]}"


def test_the_planted_numbers_are_real_ones() -> None:
    assert {identity_fault(number) for number in register()["identity"]} == {""}


def test_spelling_and_absence_are_no_conflict() -> None:
    left = pd.DataFrame({"key": [1, 2, 3], "v": ["Ａ１ ", None, "x"], "n": [1.0, 2.0, 3.0]})
    right = pd.DataFrame({"key": [3, 2, 1], "v": [None, "b", "A1"], "n": [3, 2, 1]})
    assert compare(left, right, key="key", fields=("v", "n")).conflicts == ()


def test_the_first_row_of_a_key_counts() -> None:
    left = pd.DataFrame({"key": ["a", "a"], "v": ["1", "2"]})
    right = pd.DataFrame({"key": ["a"], "v": ["1"]})
    assert compare(left, right, key="key", fields=("v",)).conflicts == ()


def test_hashed_keys_are_compared_by_their_masks() -> None:
    same = {"name": ["张三"], "birth": ["1980-01-01"]}
    left = pd.DataFrame({"key": ["af01"], "masked": ["529901********0011"], **same})
    right = pd.DataFrame({"key": ["90bc"], "masked": ["529901********0071"], **same})
    (near,) = compare(left, right, key="key", fields=("name",)).conflicts
    assert (near.kind, near.left, near.right) == (
        "near", "529901********0011", "529901********0071",
    )  # fmt: skip


def test_empty_registers_agree() -> None:
    none = register().iloc[:0]
    assert compare(none, none, key="identity", fields=("name",)).conflicts == ()
    one_sided = compare(register(), none, key="identity", fields=("name",))
    assert len(one_sided.of("only_left")) == 300


def test_a_missing_column_is_refused() -> None:
    message = r"^A source of the cross-check has no column pension\.$"
    with pytest.raises(InputError, match=message):
        compare(register(), register(), key="identity", fields=("pension",))


def test_keys_of_another_length_are_never_near() -> None:
    assert not nearly_same("12345", "1234")


def test_a_hundred_thousand_people_in_seconds() -> None:
    people = pd.concat([register()] * 350, ignore_index=True)
    people["identity"] = people["identity"] + people.index.astype(str)
    other = people.assign(status="x")
    result = compare(people, other, key="identity", fields=("name", "status"))
    assert len(result.of("value")) == len(people)
