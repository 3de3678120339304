"""Partitions: nobody in two classes, one person changes one count by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.indicators import MEASURES
from cockpit.locale import catalogue
from cockpit.release.partitions import BANDS, PARTITIONS, Partition, band_measure, covered_by
from geodata.errors import InputError
from loaders.catalog import VULNERABLE_GROUPS

SEXES = ("m", "f")
ALL = [*PARTITIONS.values(), covered_by("clinic")]
Person = tuple[str, int, bool]  # sex, first year of the age band / 5, floating


def table_of(people: list[Person], *, share: float = 0.37) -> dict[str, np.ndarray]:
    """Return the measures of one leaf where these people live, as the county's figures count."""
    ages = np.array([5 * age for _, age, _ in people])
    men = np.array([sex == "m" for sex, _, _ in people], dtype=bool)
    counted = {
        "people": len(people),
        "male": men.sum(),
        "female": (~men).sum(),
        "floating": sum(floating for _, _, floating in people),
        "age_0_14": (ages < 15).sum(),
        "age_15_59": ((ages >= 15) & (ages < 60)).sum(),
        **{f"age_{low}_plus": (ages >= low).sum() for low in (60, 65, 80)},
        "covered:clinic": share * len(people),
    }
    for k, band in enumerate(BANDS):
        for sex in (*SEXES, "t"):
            own = men if sex == "m" else ~men if sex == "f" else np.zeros(len(people), bool)
            counted[band_measure(sex, band)] = (own & (ages == 5 * k)).sum()
    return {name: np.array([float(value)]) for name, value in counted.items()}


persons = st.tuples(st.sampled_from(SEXES), st.integers(0, 17), st.booleans())


@pytest.mark.parametrize("partition", ALL, ids=lambda p: p.id)
@given(people=st.lists(persons, max_size=12), one=persons, share=st.floats(0, 1))
def test_one_person_more_changes_one_count_by_one(
    partition: Partition, people: list[Person], one: Person, share: float
) -> None:
    """Sensitivity 1, which the noise is made for; and everybody is in exactly one class."""
    before = partition.counts(table_of(people, share=share))
    after = partition.counts(table_of([*people, one], share=share))
    assert before.sum() == len(people)
    assert np.abs(after - before).sum() == 1
    assert before.dtype == np.int64
    assert before.shape == (1, len(partition.classes))


def test_ages_by_hand() -> None:
    people = [("m", 0, False), ("f", 3, True), ("f", 12, False), ("m", 13, False), ("f", 17, True)]
    table = table_of(people)
    assert PARTITIONS["age-3"].counts(table).tolist() == [[1, 1, 3]]
    assert PARTITIONS["age-5"].counts(table).tolist() == [[1, 1, 1, 1, 1]]
    assert PARTITIONS["sex-age"].counts(table).tolist() == [[1, 0, 1, 0, 1, 2]]
    assert PARTITIONS["kind"].counts(table).tolist() == [[2, 3]]
    assert PARTITIONS["sex"].counts(table).tolist() == [[2, 3]]


def test_part_persons_are_rounded_down() -> None:
    table = {"people": np.array([10.0, 3.0]), "covered:clinic": np.array([3.7, 3.0])}
    assert covered_by("clinic").counts(table).tolist() == [[3, 7], [3, 0]]


def test_nothing_sensitive_can_be_released() -> None:
    needed = {name for partition in ALL for name in partition.needs}
    assert not needed & set(VULNERABLE_GROUPS)
    assert all(MEASURES[name].data_class == "公开" for name in needed & set(MEASURES))


def test_ids_and_titles() -> None:
    chinese = catalogue("zh")
    for partition in ALL:
        ids = [one.id for one in partition.classes]
        assert len(set(ids)) == len(ids)
        assert partition.title in chinese
        assert all(one.title in chinese for one in partition.classes)
    assert all(key == partition.id for key, partition in PARTITIONS.items())
    assert PARTITIONS["age-18"].classes[1].title == "Aged 5 to 9"
    assert PARTITIONS["age-18"].classes[-1].title == "Aged 85 and over"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"male": [1.0]}, "The partition sex needs female, which is not counted."),
        ({"male": [1.0, np.nan], "female": [1.0, 2.0]}, "Class m of sex is nan persons at leaf 1"),
        ({"male": [1.0], "female": [-1.0]}, "Class f of sex is -1.0 persons at leaf 0"),
        ({"male": [0.5], "female": [1.0]}, "expected a whole number, 0 or more. 1 figures"),
    ],
)
def test_refuses_what_is_not_counted_in_whole_people(
    table: dict[str, list[float]], words: str
) -> None:
    with pytest.raises(InputError) as refused:
        PARTITIONS["sex"].counts({name: np.array(values) for name, values in table.items()})
    assert words in str(refused.value)


def test_refuses_a_part_larger_than_its_whole() -> None:
    """Floating people who are no residents would change two classes at once."""
    with pytest.raises(InputError, match="Class settled of kind is -2"):
        PARTITIONS["kind"].counts({"people": np.array([3.0]), "floating": np.array([5.0])})
