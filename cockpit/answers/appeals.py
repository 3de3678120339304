"""The county's appeals: texts read once, with topic, department, urgency and repeats."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.access.classes import TITLES, may_see
from cockpit.answers.happenings import Happenings, current_happenings
from cockpit.answers.twin import Twin
from cockpit.appeals import scheme
from cockpit.appeals.card import Card, learn_topics
from cockpit.appeals.masks import mask
from cockpit.appeals.model import TopicModel
from cockpit.appeals.repeats import Repeats, repeats
from cockpit.appeals.text import EMPTY, READ, TOO_LONG, read, without_names
from cockpit.appeals.urgency import Urgency, all_urgencies
from cockpit.appeals.urgency import levels as urgency_levels
from cockpit.locale import Named
from cockpit.store.models import Event
from cockpit.store.sealed import Opener
from cockpit.store.session import engine
from geodata import crs
from geodata.errors import InputError

Rows = NDArray[np.intp]

TEXT_CLASS = "敏感"
"""What people wrote; others see it with its personal parts masked."""
LEAST_CLASS = "备用"
"""Below this nothing of an appeal is shown."""
CHANNEL_WORDS = (
    "12345", "12319", "热线", "信访", "来信", "来访", "来电", "信箱", "留言", "问政", "网格",
    "诉求", "投诉", "随手拍", "便民", "群众", "接访", "市长", "县长", "书记", "petition",
    "hotline", "appeal",
)  # fmt: skip
"""Channels whose name has one of these bring appeals."""
OTHER_CHANNEL_WORDS = (
    "110", "119", "120", "122", "报警", "急救", "卫健", "疾控", "巡查", "监测", "传感",
)  # fmt: skip
"""Channels of patrols, alarms and reports: what they write is no appeal."""
_BLANK = frozenset(("", "其他", "其它", "未分类", "待分类", "不详", "无"))
_MOST_IN_QUERY = 500


@dataclass(frozen=True)
class Appeals:
    """
    Appeals in the order of their times; arrays have one entry an appeal that could be read.

    ``texts`` and ``plain`` are of class 敏感: nothing may show them but ``said``.
    """

    version: str
    happenings: Happenings
    at: Rows  # row of ``happenings``
    texts: tuple[str, ...]
    plain: tuple[str, ...]  # without the names of the place
    topics: tuple[str, ...]  # names of categories
    topic: Rows  # as registered, or as suggested where none was
    stated: NDArray[np.bool_]  # the category was registered
    suggested: Rows  # by the model; -1 for none
    confidence: NDArray[np.float64]  # NaN where keywords suggest
    sure: NDArray[np.bool_]
    urgency: tuple[Urgency, ...]
    level: NDArray[np.int8]  # 0, 1 look at soon, 2 urgent
    repeats: Repeats
    card: Card
    model: TopicModel | None
    channels: tuple[str, ...]  # that bring appeals
    n_empty: int
    n_too_long: int
    urgency_of: dict[str, Urgency] = field(default_factory=dict, repr=False)
    """By text, so that what was read once is not read again after a live event."""

    def __len__(self) -> int:
        """Return how many appeals there are."""
        return len(self.at)

    @property
    def time(self) -> NDArray[np.datetime64]:
        """Return when each came, seconds, local time."""
        return self.happenings.time[self.at]

    @property
    def channel(self) -> Rows:
        """Return for each the place of its channel in ``channels``."""
        return self._channels()[self.happenings.channel[self.at]]

    def channel_at(self, row: int) -> int:
        """Return the place of one appeal's channel in ``channels``."""
        return int(self._channels()[self.happenings.channel[self.at[row]]])

    def _channels(self) -> Rows:
        names = self.happenings.channels
        table = [self.channels.index(n) if n in self.channels else -1 for n in names]
        return np.array(table, dtype=np.intp)

    def department(self, topic: int) -> str:
        """Return the department a topic usually goes to."""
        return scheme.department_of(self.topics[topic])

    def said(self, row: int, visitor: str) -> str:
        """Return the text of an appeal as a visitor may read it."""
        if may_see(visitor, TEXT_CLASS):
            return self.texts[row]
        return mask(self.texts[row]).text

    def id(self, row: int) -> str:
        """Return the number of an appeal without the name of its data set."""
        return str(self.happenings.ids[self.at[row]]).partition(":")[2] or str(
            self.happenings.ids[self.at[row]]
        )


def appeal_channels(channels: Sequence[str]) -> tuple[str, ...]:
    """
    Return the channels that bring appeals, by words in their names.

    When none has such a word, all but those of alarms, patrols and reports.
    """
    others = [c for c in channels if not any(w in c for w in OTHER_CHANNEL_WORDS)]
    named = [c for c in others if any(w in c.lower() for w in CHANNEL_WORDS)]
    return tuple(named or others)


# ------------------------------------------------------------ what is kept

_lock = threading.Lock()
_kept: dict[str, Appeals] = {}  # by visitor
_texts: dict[str, str] = {}  # id -> text, of the data version in ``_version``
_version: list[str] = []


def require_open(visitor: str) -> None:
    """Refuse a visitor who may see nothing of appeals; ``InputError``."""
    if not may_see(visitor, LEAST_CLASS):
        raise InputError(
            "Appeals are of class {data_class}; you may see {visitor}.",
            data_class=Named.of(LEAST_CLASS, TITLES[LEAST_CLASS]),
            visitor=Named.of(visitor, TITLES[visitor]),
        )


def current_appeals(visitor: str) -> Appeals | None:
    """
    Return the appeals stored now; None when nothing has been loaded.

    Everything is worked out once for a version of the data: 100,000 appeals take some seconds
    (``tests/benchmarks/bench_appeals.py``). What live feeds bring is read alone; the model stays as
    it was learned when the data were loaded.

    Raises
    ------
    InputError
        If the visitor may see nothing of appeals.
    """
    require_open(visitor)
    known = current_happenings(visitor)
    if known is None:
        return None
    with _lock:
        kept = _kept.get(visitor)
        if kept is None or kept.version != known.version:
            same = kept is not None and kept.happenings.twin.version == known.twin.version
            kept = appeals_of(known, _read_texts(known), learned=kept if same else None)
            _kept[visitor] = kept
        return kept


def forget() -> None:
    """Drop what is kept: a test changed the store behind our back."""
    with _lock:
        _kept.clear()
        _texts.clear()
        _version.clear()


def _read_texts(known: Happenings) -> list[str]:
    """Return the text of each event of an appeal channel; "" for the others."""
    if _version != [known.twin.version]:
        _texts.clear()
        _version[:] = [known.twin.version]
    channels = appeal_channels(known.channels)
    ours = np.isin(known.channel, [known.channels.index(c) for c in channels])
    ids = known.ids.tolist()
    missing = [i for i, mine in zip(ids, ours.tolist(), strict=True) if mine and i not in _texts]
    query = select(Event.id, Event.text)
    with Session(engine()) as db:
        if len(missing) > _MOST_IN_QUERY:
            found = db.execute(query.where(Event.channel.in_(channels)))
        else:
            found = db.execute(query.where(Event.id.in_(missing)))
        wanted = set(missing)
        rows = [(i, text) for i, text in found if i in wanted]
        keys = [i for i, _ in rows]
        opened = Opener(db).texts("event", "text", keys, (text for _, text in rows))
        _texts.update((i, text or "") for i, text in zip(keys, opened, strict=True))
    return [_texts.get(i, "") if mine else "" for i, mine in zip(ids, ours.tolist(), strict=True)]


# ------------------------------------------------------------ what is worked out


def appeals_of(
    known: Happenings, texts: Sequence[str], *, learned: Appeals | None = None
) -> Appeals:
    """
    Return appeals with all that is made of their texts.

    Parameters
    ----------
    texts
        One an event of ``known``; "" where it is no appeal.
    learned
        Appeals whose model is used again; None: one is learned.
    """
    channels = appeal_channels(known.channels)
    ours = np.isin(known.channel, [known.channels.index(c) for c in channels])
    cleaned, state = read([texts[k] for k in np.flatnonzero(ours).tolist()])
    at = np.flatnonzero(ours)[state == READ].astype(np.intp)
    good = [text for text, s in zip(cleaned, state.tolist(), strict=True) if s == READ]
    plain = _nameless(known.twin, known.region[at], good)
    category = [known.categories[k] for k in known.category[at].tolist()]
    stated = np.array([c.strip() not in _BLANK for c in category], dtype=np.bool_)
    model, card = _learned(known, at, good, plain, category, learned)
    topics, topic, suggested, confidence, sure = _told(model, good, category, stated)
    urgency = all_urgencies(good, None if learned is None else learned.urgency_of)
    x, y = crs.from_lon_lat(known.lon[at], known.lat[at], str(known.twin.county["crs"]))
    return Appeals(
        known.version,
        known,
        at,
        tuple(good),
        tuple(plain),
        topics,
        topic,
        stated,
        suggested,
        confidence,
        sure,
        tuple(urgency),
        urgency_levels(urgency),
        repeats(plain, known.time[at], village=known.at("village")[at], x=x, y=y),
        card,
        model,
        channels,
        int((state == EMPTY).sum()),
        int((state == TOO_LONG).sum()),
        dict(zip(good, urgency, strict=True)),
    )


def _nameless(twin: Twin, region: Rows, texts: Sequence[str]) -> list[str]:
    """Return texts without the names of the regions they come from."""
    names = twin.regions["name"].tolist()
    parent = twin.regions["parent"].to_numpy()
    parts: dict[int, tuple[str, ...]] = {-1: ()}
    found: dict[tuple[int, str], str] = {}
    plain = []
    for row, text in zip(region.tolist(), texts, strict=True):
        if row not in parts:
            # The longest first: a village's name may begin with its township's.
            own, up = {names[row]}, int(parent[row])
            while up >= 0:
                own.add(names[up])
                up = int(parent[up])
            parts[row] = tuple(sorted(own, key=lambda name: (-len(name), name)))
        key = (row, text)
        if key not in found:
            found[key] = without_names(text, parts[row])
        plain.append(found[key])
    return plain


def _learned(
    known: Happenings, at: Rows, texts: Sequence[str], plain: Sequence[str],
    category: Sequence[str], learned: Appeals | None,
) -> tuple[TopicModel | None, Card]:  # fmt: skip
    if learned is not None:
        return learned.model, learned.card
    labels = ["" if c.strip() in _BLANK else c for c in category]
    words = scheme.words_of(sorted(set(labels) - {""}))
    found = learn_topics(texts, labels, known.time[at], scheme=words, nameless=plain)
    if found is not None:
        return found
    names = tuple(sorted(set(labels) - {""}))
    nothing = np.datetime64("NaT", "s")
    card = Card(
        "keywords",
        names,
        tuple(labels.count(n) for n in names),
        known.time[at].min() if len(at) else nothing,
        known.time[at].max() if len(at) else nothing,
    )
    return None, card


def _told(
    model: TopicModel | None, texts: Sequence[str], category: Sequence[str],
    stated: NDArray[np.bool_],
) -> tuple[tuple[str, ...], Rows, Rows, NDArray[np.float64], NDArray[np.bool_]]:  # fmt: skip
    """Return all topics, and for each text its topic, the suggested one, how sure, and whether."""
    own = sorted({c for c, s in zip(category, stated.tolist(), strict=True) if s})
    name, confidence, sure = _suggestions(model, texts, own)
    topics = tuple(sorted({*own, *(n for n in name if n)}))
    place = {topic: k for k, topic in enumerate(topics)}
    unknown = len(topics)
    suggested = np.array([place.get(n, -1) for n in name], dtype=np.intp)
    registered = np.array([place.get(c, -1) for c in category], dtype=np.intp)
    topic = np.where(stated, registered, suggested)
    if (topic < 0).any():  # nothing registered and no word that tells
        topics, topic = (*topics, ""), np.where(topic < 0, unknown, topic)
    return topics, topic.astype(np.intp), suggested, confidence, sure


def _suggestions(
    model: TopicModel | None, texts: Sequence[str], own: Sequence[str]
) -> tuple[list[str], NDArray[np.float64], NDArray[np.bool_]]:
    """Return the suggested topic of each text ("" for none), confidence and whether it is sure."""
    if model is not None:
        different = list(dict.fromkeys(texts))
        place = {text: k for k, text in enumerate(different)}
        rows = np.fromiter((place[t] for t in texts), np.intp, len(texts))
        told = model.predict(different)
        names = [model.classes[k] for k in told.topic.tolist()]
        return [names[k] for k in rows.tolist()], told.confidence[rows], told.sure[rows]
    found = scheme.by_words(texts)
    theirs: dict[str, str] = {}
    for category in own:
        kind = scheme.kind_of(category)
        if kind is not None:
            theirs.setdefault(kind.id, category)
    called = [theirs.get(kind.id, kind.name) for kind in scheme.KINDS]
    names = [called[k] if k >= 0 else "" for k in found.kind.tolist()]
    return names, np.full(len(texts), np.nan), found.sure
