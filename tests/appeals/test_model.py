"""The model of topics: laws, calibration, files, and the labelled petitions where they are."""

# ruff: noqa: E501 - Chinese counts double

from pathlib import Path

import numpy as np
import pytest

from cockpit.appeals import scheme
from cockpit.appeals.card import learn_topics
from cockpit.appeals.model import load, save, softmax, temperature_of, train
from cockpit.appeals.trial import (
    by_keywords,
    cross_validate,
    f1_by_class,
    folds_of,
    macro_f1,
    wordings,
)
from geodata.errors import DataFileError, InputError
from tests.benchmarks.petitions import MISSING, petitions

NOISE = ["夜间施工噪声大", "广场舞噪声扰民", "烧烤店很吵睡不着", "楼上音响太吵", "工地半夜噪音"]
WATER = ["今早停水没有通知", "自来水发黄", "水压太低上不来", "停水三天了", "水费算错了"]
TEXTS, LABELS = NOISE + WATER, ["噪声扰民"] * 5 + ["供水"] * 5


def test_tells_what_it_learned_and_is_unsure_of_the_unknown() -> None:
    model = train(TEXTS, LABELS)
    found = model.predict(["施工噪声", "停水了", "ABC", ""])
    assert [model.classes[k] for k in found.topic[:2]] == ["噪声扰民", "供水"]
    assert found.confidence[2:].tolist() == [0, 0]  # no string of it was ever seen
    assert not found.sure[2:].any()
    assert (found.topic != found.second).all()


def test_same_input_same_model() -> None:
    one, other = train(TEXTS, LABELS), train(TEXTS, LABELS)
    assert (one.weights == other.weights).all()
    assert (one.bias == other.bias).all()


def test_words_of_the_scheme_help_where_labels_are_few() -> None:
    words = {"噪声扰民": ("噪声", "喇叭"), "供水": ("停水", "管网")}
    told, plain = train(TEXTS, LABELS, scheme=words), train(TEXTS, LABELS)
    asked = ["喇叭", "管网"]  # in no text: only the scheme knows them
    assert [told.classes[k] for k in told.predict(asked).topic] == ["噪声扰民", "供水"]
    assert np.ptp(plain.scores(asked), axis=0).tolist() == [0, 0]


def test_confidence_sums_to_one() -> None:
    shares = softmax(np.array([[1.0, 1.0], [1000.0, 0.0]]))
    assert shares[0].tolist() == [0.5, 0.5]
    assert shares.sum(axis=1).tolist() == [1.0, 1.0]


def test_temperature_by_hand() -> None:
    # Right in 3 of 4 with a lead of 4: certain enough is ln 3, so the scores are 4 / ln 3 too large.
    scores = np.array([[4.0, 0.0]] * 4)
    assert temperature_of(scores, np.array([0, 0, 0, 1])) == pytest.approx(4 / np.log(3), rel=1e-3)


def test_f1_by_hand() -> None:
    # Class 0: hit 1 of 2, one false: F1 = 2 * 1 / (2 + 2); class 1: 2 * 1 / (2 + 2).
    true, told = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 0])
    assert f1_by_class(true, told, 3)[:2].tolist() == [0.5, 0.5]
    assert np.isnan(f1_by_class(true, told, 3)[2])
    assert macro_f1(true, told, 3) == 0.5


def test_folds_share_out_every_class() -> None:
    fold = folds_of(LABELS, 5, np.random.default_rng(0))
    assert sorted(fold[:5].tolist()) == sorted(fold[5:].tolist()) == [0, 1, 2, 3, 4]


def test_no_wording_is_in_two_folds() -> None:
    texts = [f"{text}{number}号" for text in TEXTS for number in range(4)]
    labels = [label for label in LABELS for _ in range(4)]
    said = wordings(texts)
    assert len(set(said)) == 10
    found = cross_validate(texts, labels, rng=np.random.default_rng(0), together=said)
    apart = cross_validate(texts, labels, rng=np.random.default_rng(0))
    assert apart.macro_f1.mean() == 1  # the same words were learned
    assert found.macro_f1.mean() < 1


def test_keywords_come_from_training_texts_and_scheme() -> None:
    asked = ["半夜噪声", "停水", "管网坏了"]
    told = by_keywords(TEXTS * 3, LABELS * 3, asked, scheme={"供水": ["管网"]})
    assert told == ["噪声扰民", "供水", "供水"]


def test_a_file_holds_the_whole_model_and_no_code(tmp_path: Path) -> None:
    model = train(TEXTS, LABELS, scheme={"供水": ("管网",)})
    file = tmp_path / "topics.npz"
    save(model, file)
    again = load(file)
    assert again.classes == model.classes
    assert (again.scores(TEXTS) == model.scores(TEXTS)).all()
    with np.load(file, allow_pickle=False) as kept:
        assert all(kept[name].dtype != object for name in kept.files)


def test_other_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "topics.npz"
    for content in (b"", b"no model", b"PK\x03\x04broken"):
        file.write_bytes(content)
        with pytest.raises(DataFileError, match=r"topics\.npz: not a model of topics\."):
            load(file)
    with file.open("wb") as out:
        np.savez(out, plain=np.array(["x", {}], dtype=object))  # would run code when unpickled
    with pytest.raises(DataFileError, match="not a model"):
        load(file)


def test_refuses_what_cannot_be_learned() -> None:
    with pytest.raises(InputError, match="needs two topics or more; found 1"):
        train(["停水"], ["供水"])
    with pytest.raises(InputError, match="1 texts have 2 labels"):
        train(["停水"], ["供水", "供电"])
    with pytest.raises(InputError, match="2 texts have 0 subjects"):
        train(["停水", "很吵"], ["供水", "噪声"], subjects=[])
    with pytest.raises(InputError, match="A topic has 1 texts; cross-validation needs 5"):
        cross_validate(["停水", "噪声"], ["供水", "噪声"], rng=np.random.default_rng(0))


def test_too_few_labels_make_no_model() -> None:
    time = np.datetime64("2025-01-01T00:00:00", "s") + np.arange(10)
    assert learn_topics(TEXTS, LABELS, time) is None


def test_the_card_tells_what_was_learned() -> None:
    texts = [
        f"{place}{text}"
        for text in TEXTS
        for place in ("东村", "西村", "南村", "北村", "河湾", "坪上")
    ]
    labels = [label for label in LABELS for _ in range(6)]
    time = np.datetime64("2025-01-01T00:00:00", "s") + np.arange(60)
    nameless = [text for text in TEXTS for _ in range(6)]
    found = learn_topics(texts, labels, time, nameless=nameless)
    assert found is not None
    model, card = found
    assert (card.kind, card.classes, card.n, card.n_wordings) == (
        "trained", ("供水", "噪声扰民"), (30, 30), 10,
    )  # fmt: skip
    assert card.macro_f1[0] == 1
    assert card.new_wording_f1 < 1
    assert model.temperature > 0
    assert sum(row[2] for row in card.reliability) == 60


def test_our_keywords_stand_in() -> None:
    found = scheme.by_words(["小区停水，自来水发黄，水压低", "你好"])
    assert scheme.KINDS[found.kind[0]].id == "utilities"
    assert found.sure.tolist() == [True, False]
    assert found.kind[1] == -1
    assert scheme.department_of("噪声扰民") == "综合行政执法局"
    assert scheme.department_of("电信诈骗") == "公安局"
    assert scheme.department_of("xyz") == scheme.OTHER_DEPARTMENT


@pytest.mark.skipif(MISSING, reason="../shared/data/petitions_cn is not there")
def test_petitions_beat_the_keyword_list(capsys: pytest.CaptureFixture[str]) -> None:
    data = petitions()
    found = cross_validate(
        data.texts, data.labels, subjects=data.subjects, scheme=data.scheme,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    model, words = found.macro_f1, found.baseline_f1
    with capsys.disabled():
        print(
            f"\npetitions, macro-F1 of 5 folds: {model.mean():.3f} ± {model.std(ddof=1):.3f}, "
            f"keyword list {words.mean():.3f} ± {words.std(ddof=1):.3f}"
        )
    assert model.mean() >= words.mean() + 0.10
    assert found.calibration_error < 0.10
