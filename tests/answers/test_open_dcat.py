"""The catalogue as DCAT-AP 3: it keeps the shapes, and a planted error breaks them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyshacl
import pytest
from rdflib import DCAT, DCTERMS, Graph, URIRef
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.answers import open_dcat, release_write
from cockpit.answers.open_catalogue import catalogue
from cockpit.store.models_release import Release
from cockpit.store.session import engine
from tests.openly import CANARY, OPEN, shown_copy
from tests.released import NOISY

# rdflib 7.6 reads JSON-LD by a class of its own that it calls old.
pytestmark = pytest.mark.filterwarnings("ignore:.*Graph is deprecated:DeprecationWarning")
BASE = "https://county.example"
SHAPES = Path(__file__).parents[1] / "shapes" / "dcat_ap_3.ttl"


@pytest.fixture(scope="module")
def shapes() -> Graph:
    return Graph().parse(SHAPES)


def graph_of(document: dict[str, Any]) -> Graph:
    return Graph().parse(data=json.dumps(document), format="json-ld")


def faults(document: dict[str, Any], shapes: Graph) -> str:
    """Return what the shapes complain of; "" for nothing."""
    kept, _, told = pyshacl.validate(graph_of(document), shacl_graph=shapes, inference="none")
    return "" if kept else str(told)


@pytest.fixture(scope="module")
def document(open_store: Path) -> dict[str, Any]:
    with shown_copy(open_store):
        return open_dcat.document(catalogue(), BASE)


def test_the_catalogue_keeps_the_shapes(document: dict[str, Any], shapes: Graph) -> None:
    assert faults(document, shapes) == ""


def test_a_retracted_release_keeps_the_shapes(open_here: Path, shapes: Graph) -> None:
    with Session(engine()) as db:
        ids = db.execute(select(Release.id).where(Release.series == NOISY)).scalars().all()
        for ident in ids:
            release_write.retract(db, ident, who="管理员", reason="算错了")
    made = open_dcat.document(catalogue(), BASE)
    assert faults(made, shapes) == ""
    graph = graph_of(made)
    version = URIRef(f"{BASE}/open/data/{NOISY}/2")
    assert not list(graph.objects(version, DCAT.distribution))
    assert [str(o) for o in graph.objects(version, URIRef("http://www.w3.org/ns/adms#status"))] == [
        "http://purl.org/adms/status/Withdrawn"
    ]


def nodes(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [node for node in document["@graph"] if node["@type"] == kind]


def _file(document: dict[str, Any]) -> dict[str, Any]:
    return nodes(document, "dcat:Distribution")[0]


PLANTED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no title of the catalogue": lambda d: nodes(d, "dcat:Catalog")[0].pop("dct:title"),
    "no publisher": lambda d: nodes(d, "dcat:Catalog")[0].pop("dct:publisher"),
    "two publishers": lambda d: nodes(d, "dcat:Catalog")[0].update(
        {"dct:publisher": [{"@type": "foaf:Agent", "foaf:name": n} for n in "ab"]}
    ),
    "no description": lambda d: nodes(d, "dcat:Dataset")[0].pop("dct:description"),
    "no contact": lambda d: nodes(d, "dcat:Dataset")[1].pop("dcat:contactPoint"),
    "no file": lambda d: nodes(d, "dcat:Dataset")[2].pop("dcat:distribution"),
    "an unknown frequency": lambda d: nodes(d, "dcat:Dataset")[0].update(
        {"dct:accrualPeriodicity": {"@id": "urn:often", "@type": "dct:Frequency"}}
    ),
    "no address": lambda d: _file(d).pop("dcat:accessURL"),
    "an address that is text": lambda d: _file(d).update({"dcat:accessURL": "here"}),
    "a size that is text": lambda d: _file(d).update({"dcat:byteSize": "many"}),
    "a cut hash": lambda d: _file(d)["spdx:checksum"]["spdx:checksumValue"].update(
        {"@value": "abcd"}
    ),
    "a service without endpoint": lambda d: nodes(d, "dcat:DataService")[0].pop("dcat:endpointURL"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_found(document: dict[str, Any], shapes: Graph, name: str) -> None:
    wrong = copy.deepcopy(document)
    PLANTED[name](wrong)
    assert "Validation Report" in faults(wrong, shapes)


def test_every_version_and_file_is_told(document: dict[str, Any], open_store: Path) -> None:
    graph = graph_of(document)
    people = URIRef(f"{BASE}/open/data/{NOISY}")
    versions = sorted(str(one) for one in graph.objects(people, URIRef(f"{DCAT}hasVersion")))
    assert versions == [f"{people}/1", f"{people}/2"]
    assert list(graph.objects(URIRef(f"{people}/2"), URIRef(f"{DCAT}previousVersion"))) == [
        URIRef(f"{people}/1")
    ]
    told = {str(one) for one in graph.objects(None, DCAT.downloadURL)}
    with shown_copy(open_store):
        found = catalogue().datasets
    assert told == {BASE + f.href for d in found for v in d.versions for f in v.formats}
    places = URIRef(f"{BASE}/open/data/places")
    assert {t.language: str(t) for t in graph.objects(places, DCTERMS.title)} == {
        "zh": "设施", "en": "Places",
    }  # fmt: skip
    whole = URIRef(f"{BASE}/open/catalogue.jsonld")
    datasets = {str(one) for one in graph.objects(whole, DCAT.dataset)}
    assert {f"{BASE}/open/data/{one}" for one in OPEN} <= datasets


def test_reading_the_catalogue_asks_no_other_server(document: dict[str, Any]) -> None:
    assert isinstance(document["@context"], dict)
    assert all(isinstance(value, str) for value in document["@context"].values())
    assert CANARY not in json.dumps(document, ensure_ascii=False)


@pytest.mark.parametrize(
    ("days", "word"),
    [(1, "DAILY"), (7, "WEEKLY"), (30, "MONTHLY"), (90, "QUARTERLY"), (180, "ANNUAL_2"),
     (365, "ANNUAL"), (3650, "DECENNIAL"), (9000, "OTHER"), (None, "IRREG")],
)  # fmt: skip
def test_days_between_deliveries_become_a_frequency(days: int | None, word: str) -> None:
    assert open_dcat.frequency(days) == word
