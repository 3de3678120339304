"""The simple pages: what they say, to whom, how small they are, what cannot slip in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from cockpit.access import audit
from cockpit.access.visitor import PUBLIC, Visitor
from cockpit.answers import lite, open_county_places, open_village
from cockpit.answers.lite_words import Words, telephones
from cockpit.store.models import Dataset, Facility, Meta, Region
from cockpit.store.models_audit import AuditEntry
from cockpit.store.session import engine
from cockpit.web.lite_page import PARTS
from tests import opened, openly
from tests.web.asgi import Reply, ask, cockpit_app

VILLAGE = opened.VILLAGES[0]
TOWN = "529901001"
ADDRESSES = (
    *PARTS, "/lite/map?level=village", f"/lite/map?in={TOWN}", f"/lite/village?village={VILLAGE}",
    "/lite/village?q=a",
)  # fmt: skip
LEADER = Visitor("chief", "县长", ("leader",), "备用", session="s1")


def forget() -> None:
    lite.forget()
    open_county_places.forget()
    open_village.forget()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = opened.make(tmp_path_factory.mktemp("lite"))
    with opened.shown(folder):
        forget()
        yield folder
        forget()


@pytest.fixture
def app(store: Path) -> Starlette:
    return cockpit_app()


def asked(app: Starlette, target: str, who: Visitor = PUBLIC, **headers: str) -> Reply:
    with patch("cockpit.web.visitors.visitor", return_value=who):
        return ask(app, target, **headers)


def text(reply: Reply) -> str:
    return reply.content.decode()


def words(reply: Reply) -> str:
    """Return what can be read: without style, script and tags."""
    plain = re.sub(r"<(style|script|title).*?</\1>", "", text(reply), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", plain))


class Checker(HTMLParser):
    """Notes tags that are not closed in their order."""

    VOID = frozenset({"meta", "link", "input", "br", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def test_the_first_page_tells_released_figures(app: Starlette) -> None:
    """By hand: ages of the villages sum to 138 + 956 + 280, margins of 4 to ceil(sqrt(48)) = 7."""
    told = words(asked(app, "/lite?lang=en"))
    assert "1,374 ±7 persons" in told
    assert "Children under 15 138 ±4 · 10%" in told
    assert "The county has 2 townships and 4 villages." in told
    assert "打电话问：12345" in words(asked(app, "/lite?lang=zh"))


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("query", ["lang=zh", "lang=en&elder=1"])
def test_every_page_is_whole_small_and_needs_nothing_else(
    app: Starlette, address: str, query: str
) -> None:
    target = f"{address}{'&' if '?' in address else '?'}{query}"
    reply = asked(app, target, accept_encoding="gzip")
    assert reply.status == 200
    assert len(reply.body) < 12_000
    assert reply.headers["content-encoding"] == "gzip"
    assert "script-src 'self'" in reply.headers["content-security-policy"]
    checker = Checker()
    checker.feed(text(reply))
    assert (checker.wrong, checker.open) == ([], [])
    assert checker.names.count("h1") == checker.names.count("main") == 1
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]*)"', text(reply))
    assert [one for one in loaded if not one.startswith("data:")] == ["/lite/speak.js"]
    if "lang=en" in query:  # the same links as in Chinese
        return
    for link in set(re.findall(r'href="(/lite[^"]*)"', text(reply))):
        assert asked(app, link.replace("&amp;", "&")).status == 200, link


@pytest.mark.parametrize("address", [*ADDRESSES, "/lite/office", "/lite/nowhere"])
def test_no_sentence_is_in_the_other_language(app: Starlette, address: str) -> None:
    """Names that have no English form, and what somebody wrote, may stay as they are."""
    mark = "&" if "?" in address else "?"
    chinese = words(asked(app, f"{address}{mark}lang=zh", LEADER))
    assert not re.findall(r"(?:[A-Za-z]{2,}[ ,]+){3,}[A-Za-z]{2,}", chinese)
    english = text(asked(app, f"{address}{mark}lang=en", LEADER))
    seen = re.sub(r"<(style|script|title).*?</\1>", "", english, flags=re.S)
    seen = re.sub(r'<(\w+)[^>]* lang="zh"[^>]*>.*?</\1>', "", seen)
    left = re.findall(r"[\u3400-\u9fff]+", re.sub(r"<[^>]*>", " ", seen))
    with Session(engine()) as db:
        names = "".join(db.execute(select(Facility.name)).scalars())
        names += "".join(db.execute(select(Dataset.department)).scalars())
        names += "".join(db.execute(select(Region.name).where(Region.name_en == "")).scalars())
    assert [one for one in left if one not in names] == []


def test_who_saves_data_gets_no_script(app: Starlette) -> None:
    reply = asked(app, "/lite?lang=en", save_data="on")
    assert "<script" not in text(reply)
    assert 'data-speak="' not in text(reply)
    assert "Save-Data" in reply.headers["vary"]


def test_the_map_says_the_same_in_colours_sentence_and_table(app: Starlette) -> None:
    """By hand: the villages of the second township have 223 and 549 people, of the first 143..."""
    reply = asked(app, "/lite/map?lang=en")
    svg = re.search(r"<svg.*</svg>", text(reply), re.S)
    assert svg is not None
    assert svg[0].count("<a href=") == 2
    town = asked(app, f"/lite/map?lang=en&in={TOWN}")
    rows = re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a></th><td class="n">([^<]*)', text(town))
    figures = [int(told.partition(" ")[0].replace(",", "")) for _, told in rows]
    assert figures == [11 + 101 + 31, 51 + 319 + 89][::-1]
    assert f"Most are in {rows[0][0]} ({rows[0][1]})" in words(town)
    assert set(re.findall(r"village=(\d+)", text(town))) == set(opened.VILLAGES[:2])


def test_a_village_tells_its_people_and_its_ways(app: Starlette) -> None:
    told = words(asked(app, f"/lite/village?lang=en&village={VILLAGE}"))
    assert "About 143 ±4 people live here." in told
    assert re.search(r"\d+ min, on foot", told)
    assert "Standards that apply to this village" in told


def test_the_search_finds_by_pinyin_and_keeps_what_was_typed(app: Starlette) -> None:
    with Session(engine()) as db:
        name = db.execute(select(Region.name).where(Region.code == VILLAGE)).scalar_one()
    found = text(asked(app, f"/lite/village?lang=zh&q={VILLAGE}"))
    assert f"village={VILLAGE}" in found
    assert name in found
    nothing = asked(app, "/lite/village?lang=en&q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "No village of this name" in text(nothing)
    assert "<script>" not in text(nothing)
    assert 'value="&quot;&gt;&lt;script&gt;' in text(nothing)


def test_open_data_can_be_downloaded(app: Starlette) -> None:
    page = text(asked(app, "/lite/data?lang=zh"))
    files = re.findall(r'href="(/open/data/[^"]*)" download', page)
    assert any(one.endswith(".csv") for one in files)
    assert asked(app, files[0]).status == 200


@pytest.mark.parametrize(
    ("target", "status", "told"),
    [
        ("/lite/nowhere?lang=en", 404, "There is nothing at this address."),
        ("/lite/village?lang=en&village=5", 404, "There is no village of this number."),
        ("/lite/map?lang=en&figures=x", 404, "This figure has not been released."),
        ("/lite/map?lang=en&who=x", 404, "This figure has not been released."),
        ("/lite/map?lang=en&level=grid", 404, "This figure has not been released."),
        ("/lite/map?lang=en&in=%3Cb%3E", 404, "There is no region &lt;b&gt;."),
        ("/lite/map?lang=zh&level=grid", 404, "这项数据没有公布"),
    ],
)
def test_a_wrong_address_is_told_in_a_page(
    app: Starlette, target: str, status: int, told: str
) -> None:
    reply = asked(app, target)
    assert reply.status == status
    assert told in text(reply)
    assert 'href="/lite?' in text(reply)


def test_markup_in_names_stays_words(tmp_path: Path) -> None:
    folder = opened.make(tmp_path)
    evil = "<img src=x onerror=alert(1)>"
    with opened.shown(folder):
        forget()
        with Session(engine()) as db:
            county = db.execute(select(Meta.value).where(Meta.key == "county")).scalar_one()
            contact = f"{evil} 0123-4567890"
            db.execute(
                update(Meta).where(Meta.key == "county")
                .values(value={**county, "name": evil, "name_en": evil, "contact": contact})
            )  # fmt: skip
            db.execute(update(Region).values(name=evil, name_en=evil))
            db.execute(update(Facility).values(name=evil))
            db.commit()
        application = cockpit_app()
        for address in ADDRESSES:
            told = text(asked(application, address))
            assert "<img" not in told, address
        first = text(asked(application, "/lite"))
        assert "&lt;img src=x" in first
        assert '<a href="tel:01234567890">0123-4567890</a>' in first
        forget()


def test_nothing_closed_is_told_to_the_public(tmp_path: Path) -> None:
    openly.fill(tmp_path)
    with openly.shown(tmp_path):
        forget()
        application = cockpit_app()
        for address in (*PARTS, "/lite/village?q=a", "/lite/map?level=village"):
            told = text(asked(application, address))
            assert openly.CANARY not in told, address
            assert str(openly.FIGURE) not in told.replace(",", ""), address
        forget()


def test_public_pages_are_kept_by_tag_and_those_of_the_office_by_nobody(app: Starlette) -> None:
    first = asked(app, "/lite?lang=zh")
    assert first.headers["cache-control"] == "public, no-cache"
    assert "Cookie" in first.headers["vary"]
    again = asked(app, "/lite?lang=zh", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    own = asked(app, "/lite?lang=zh", LEADER)
    assert own.headers["cache-control"] == "private, no-store"
    assert "/lite/office" in text(own)
    assert "/lite/office" not in re.sub(r"<footer.*", "", text(first))


class TestTheOffice:
    """Its page: for who may open Overview, under that visitor's class, with a trace."""

    def test_the_public_is_led_to_the_form(self, app: Starlette) -> None:
        reply = asked(app, "/lite/office?lang=en")
        assert reply.status == 303
        assert reply.headers["location"] == "/sign-in?next=%2Flite%2Foffice&lang=en"

    def test_other_roles_are_refused(self, app: Starlette) -> None:
        auditor = Visitor("checker", "审计", ("auditor",), "公开", session="s2")
        assert asked(app, "/lite/office", auditor).status == 403

    def test_it_asks_for_the_visitors_class_and_area_and_leaves_a_trace(
        self, app: Starlette
    ) -> None:
        clerk = Visitor("clerk", "镇长", ("leader",), "备用", TOWN, session="s3")
        real = "cockpit.answers.overview.overview"
        with patch(real, return_value=None) as overview:
            asked(app, "/lite/office", clerk)
        overview.assert_called_once_with("备用", TOWN)
        with Session(engine()) as db:
            entries = db.execute(
                select(AuditEntry).where(
                    AuditEntry.subject == "lite office", AuditEntry.who == clerk.name
                )
            ).scalars().all()  # fmt: skip
            assert [(e.act, e.data_class) for e in entries] == [("read", "备用")]

    def test_without_a_trail_nothing_is_shown(self, app: Starlette) -> None:
        broken = audit.AuditError("The trail cannot be written.")
        with patch("cockpit.access.audit.read_once", side_effect=broken):
            assert asked(app, "/lite/office", LEADER).status == 503

    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_it_tells_the_same_as_overview(self, app: Starlette, language: str) -> None:
        from cockpit.answers import overview

        told = words(asked(app, f"/lite/office?lang={language}", LEADER))
        found = overview.overview("备用")
        assert found is not None
        assert found.headlines
        for one in found.headlines:
            assert overview.shown(one, language) in told
        for village in found.villages:
            for reason in village.reasons:
                assert overview.sentence_of(reason, language) in told


@pytest.mark.parametrize(
    ("said", "calls"),
    [
        ("信访局 0851-8888 1234", ["085188881234"]),
        ("+86 10 1234 5678, open 9-17", ["+861012345678"]),
        ("县政府 2025-11-01", []),
        ("Room 12", []),
    ],
)
def test_telephone_numbers_can_be_called(said: str, calls: list[str]) -> None:
    assert re.findall(r'href="tel:([^"]*)"', telephones(said)) == calls
    assert re.sub(r"<[^>]*>", "", telephones(said)) == said


@given(st.text(max_size=60))
def test_no_words_of_somebody_become_markup(said: str) -> None:
    told = re.sub(r'<a href="tel:\+?\d+">([+\d -]*)</a>', r"\1", telephones(said))
    assert "<" not in told


def test_words_follow_their_language() -> None:
    assert Words("zh").joined(["一。", "", "二。"]) == "一。二。"
    assert Words("en").joined(["One.", "Two."]) == "One. Two."
    assert Words("en").either("村", "") == "村"
    assert Words("zh").by("walk", 12.0) == "步行12分钟"
