"""P5: what leaves the server (websocket, HTTP, media) holds nothing above the visitor's class."""

from __future__ import annotations

import asyncio
import http.client
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cockpit.access.classes import CLASSES
from cockpit.access.rules import PAGES
from cockpit.answers.layers import stamp
from cockpit.store.models import Batch, Dataset, Event, Facility, Feature, Vulnerable
from cockpit.store.session import open_engine
from tests import bridged, signing, tiny
from tests.benchmarks import viewer
from tests.eventful import EVENTS, add_dataset, add_event
from tests.servers import serving

COUNTY, V = "529901", stamp(bridged.VERSION)
WORDS = {"公开": "canaryopen7f3a", "备用": "canaryoffice91bc", "敏感": "canarycare55de",
         "秘密": "canarysecret08aa"}  # fmt: skip
COUNT = 104_729
"""A count of people who need care, 敏感: as words, as a whole number and as a floating one."""
SENSITIVE_COUNT = (
    b"104729", b"104,729", "10.47 万".encode(), struct.pack("<q", COUNT), struct.pack("<d", COUNT)
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Who asks, and up to which class data are open to them."""

    name: str
    roles: tuple[str, ...]
    clearance: str
    open_to: str
    purpose: str = ""


PEOPLE = (
    Person("public", (), "公开", "公开"),
    Person("screen", ("screen",), "备用", "备用"),
    Person("leader", ("leader",), "敏感", "备用"),
    Person("planner", ("planner", "leader"), "敏感", "敏感", "走访帮扶"),
    Person("steward", ("steward",), "秘密", "秘密", "数据核查"),
    Person("auditor", ("auditor",), "公开", "公开"),
    Person("administrator", ("administrator",), "公开", "公开"),
)
ROUTES = (
    *(f"/layers/{V}/{level}/{COUNTY}.geojson" for level in ("township", "village", "grid")),
    *(f"/layers/{V}/{name}/{COUNTY}.geojson" for name in ("facilities", "roads", "buildings")),
    *(
        f"/layers/{V}/features/{name}.geojson"
        for name in ("water", "plans", "layer0", "layer1", "layer2", "layer3")
    ),
    *(f"/download/{V}/{level}/{COUNTY}.csv?lang=zh" for level in ("township", "grid")),
    f"/layers/{V}/standing/clinic.geojson",
    f"/layers/{V}/served/clinic/{COUNTY}.geojson",
    f"/layers/{V}/covered/clinic/car/15/people/{COUNTY}.geojson",
    f"/download/{V}/coverage/clinic/car/15/people/{COUNTY}/villages.csv",
    f"/layers/{V}/places/cell/{COUNTY}.geojson",
    f"/download/{V}/appeals/urgent/-/-/-/{COUNTY}.csv",
    "/download/findings.csv?lang=zh",
    "/download/alerts/open.json",
    "/download/alerts/ledger.csv",
    "/open/algorithms.json",
    "/open/api/collections?f=json",
    "/open/catalogue.jsonld",
    "/media/canary.csv",
    "/healthz",
)


def plant(folder: Path) -> None:
    """Store the tiny county with roads, and one canary of each class in every kind of thing."""
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    bridged.fill(engine)
    with Session(engine) as db:
        add_dataset(db, "events", "events", EVENTS)
        for k, (data_class, word) in enumerate(WORDS.items()):
            for offset, kind in ((40, "facilities"), (50, "features"), (60, "events")):
                add_dataset(db, f"{kind}-{word}", kind, offset + k, data_class)
            lon, lat = bridged.middle(5)
            db.add(
                Facility(
                    id=f"canary{k}", batch_id=40 + k, dataset_id=f"facilities-{word}", name=word,
                    kind="clinic", lon=lon, lat=lat, region_code=tiny.grid_code(5),
                )
            )  # fmt: skip
            db.add(
                Feature(
                    batch_id=50 + k, dataset_id=f"features-{word}", layer=f"layer{k}", name=word,
                    geometry=db.execute(select(Feature.geometry).limit(1)).scalar_one(),
                )
            )  # fmt: skip
            # The text of any appeal is 敏感, whatever the class of its data set.
            text = WORDS[max(data_class, "敏感", key=CLASSES.index)]
            for day in range(3):
                add_event(db, f"E{k}{day}", f"{word}类", grid=5, day=day, text=f"{text}，望解决。")
            db.flush()
            moved = {"dataset_id": f"events-{word}", "batch_id": 60 + k}
            db.execute(update(Event).where(Event.id.like(f"%E{k}_")).values(moved))
        db.execute(
            update(Vulnerable)
            .where(Vulnerable.region_code == tiny.grid_code(5))
            .values(persons=COUNT)
        )
        # Small counts elsewhere would hide the large one with them; none would make it a total.
        others = Vulnerable.region_code != tiny.grid_code(5)
        db.execute(update(Vulnerable).where(others).values(persons=20))
        db.execute(update(Batch).values(rows_stored=1))
        sensitive = select(Vulnerable.batch_id).distinct()
        named = select(Batch.dataset_id).where(Batch.id.in_(sensitive))
        db.execute(update(Dataset).where(Dataset.id.in_(named)).values(data_class="敏感"))
        db.commit()
    engine.dispose()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Return the address of a cockpit on the planted county, and everybody's cookie."""
    folder = tmp_path_factory.mktemp("planted")
    plant(folder)
    cookies = {
        one.name: signing.add_person(
            folder, one.name, one.roles, one.clearance, purpose=one.purpose
        )
        for one in PEOPLE
        if one.roles
    }
    with serving(folder, folder / "server.log") as address:
        yield address, cookies


def over_websocket(address: str, cookie: str, pages: Sequence[str]) -> dict[str, bytes]:
    """Open pages as a browser does; return every byte that came back."""

    async def one(page: str) -> bytes:
        with_cookie = f"{signing.COOKIE}={cookie}" if cookie else ""
        async with viewer.connect(address, cookie=with_cookie) as socket:
            run = await viewer.rerun(socket, page, "lang=zh", keep=True)
            return b"".join(m.SerializeToString() for m in run.messages)

    async def all_of_them() -> dict[str, bytes]:
        return {page: await one(page) for page in pages}

    return asyncio.run(all_of_them())


def over_http(address: str, cookie: str, target: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    headers = {"Cookie": f"{signing.COOKIE}={cookie}"} if cookie else {}
    connection.request("GET", quote(target, safe="/?=&.%-"), headers=headers)
    reply = connection.getresponse()
    body = reply.read() + str(reply.getheaders()).encode()
    connection.close()
    return reply.status, body


def above(open_to: str) -> list[bytes]:
    """Return what must not be among the bytes of somebody to whom a class is open."""
    hidden = [w.encode() for c, w in WORDS.items() if CLASSES.index(c) > CLASSES.index(open_to)]
    if CLASSES.index(open_to) < CLASSES.index("敏感"):
        hidden += SENSITIVE_COUNT
    return hidden


@pytest.fixture(scope="module")
def sent(site: tuple[str, dict[str, str]]) -> dict[str, dict[str, bytes]]:
    """Return all bytes that each person got, by page and route."""
    address, cookies = site
    found: dict[str, dict[str, bytes]] = {}
    for one in PEOPLE:
        cookie = cookies.get(one.name, "")
        pages = over_websocket(address, cookie, list(PAGES))
        routes = {target: over_http(address, cookie, target)[1] for target in ROUTES}
        found[one.name] = {**{f"page {p}": body for p, body in pages.items()}, **routes}
    return found


@pytest.mark.parametrize("person", PEOPLE, ids=lambda p: p.name)
def test_nothing_above_the_class_leaves_the_server(
    sent: dict[str, dict[str, bytes]], person: Person
) -> None:
    leaks = [
        (where, canary)
        for where, body in sent[person.name].items()
        for canary in above(person.open_to)
        if canary in body
    ]
    assert leaks == []


def test_what_is_open_does_arrive(sent: dict[str, dict[str, bytes]]) -> None:
    """The search above would find them: each canary reaches those who may see it."""
    for name, word in (("screen", "备用"), ("planner", "敏感"), ("steward", "秘密")):
        assert any(WORDS[word].encode() in body for body in sent[name].values()), word
    planner = b"".join(sent["planner"].values())
    assert any(form in planner for form in SENSITIVE_COUNT)


@pytest.mark.parametrize("person", [PEOPLE[0], PEOPLE[5], PEOPLE[6]], ids=lambda p: p.name)
def test_who_has_no_data_gets_not_even_names(
    sent: dict[str, dict[str, bytes]], person: Person
) -> None:
    for target in ROUTES:
        if target.startswith(("/layers/", "/download/")):
            body = sent[person.name][target]
            assert b"error" in body, target
            assert tiny.grid_code(5).encode() not in body, target


def test_a_cut_cookie_is_the_public(site: tuple[str, dict[str, str]]) -> None:
    address, cookies = site
    target = f"/layers/{V}/township/{COUNTY}.geojson"
    assert over_http(address, cookies["planner"], target)[0] == 200
    for broken in (cookies["planner"][:-1], cookies["planner"] + "A", cookies["planner"].lower()):
        assert over_http(address, broken, target)[0] == 401
