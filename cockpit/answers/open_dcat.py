"""The catalogue of open data as DCAT 3 / DCAT-AP 3 in JSON-LD, for other catalogues to read."""

from __future__ import annotations

from typing import Any

import shapely

from cockpit.answers.open_catalogue import Catalogue, OpenDataset, OpenFile, OpenVersion
from cockpit.answers.open_licence import OWN
from cockpit.answers.open_sources import CountyName
from cockpit.locale import translate

_EU = "http://publications.europa.eu/resource/authority"
CONTEXT: dict[str, Any] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "dcatap": "http://data.europa.eu/r5r/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "spdx": "http://spdx.org/rdf/terms#",
    "adms": "http://www.w3.org/ns/adms#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "gsp": "http://www.opengis.net/ont/geosparql#",
}
PROFILES = ("http://www.w3.org/ns/dcat#", "http://data.europa.eu/r5r/")
OGC_FEATURES = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"

_FREQUENCIES = (
    (1, "DAILY"), (7, "WEEKLY"), (31, "MONTHLY"), (92, "QUARTERLY"), (183, "ANNUAL_2"),
    (366, "ANNUAL"), (731, "BIENNIAL"), (3653, "DECENNIAL"),
)  # fmt: skip
_THEMES = {
    "regions": "REGI", "facilities": "SOCI", "road_edges": "TRAN", "roads_osm": "TRAN",
    "features": "ENVI", "sensors": "ENVI", "noisy": "SOCI", "suppressed": "SOCI",
}  # fmt: skip
THEME_TITLES = {
    "REGI": "Regions and cities",
    "SOCI": "Population and society",
    "TRAN": "Transport",
    "ENVI": "Environment",
}
_FILE_TYPES = {
    "csv": "CSV", "xlsx": "XLSX", "geojson": "GEOJSON", "gpkg": "GPKG", "parquet": "PARQUET",
    "datapackage": "JSON", "zip": "ZIP",
}  # fmt: skip


def document(catalogue: Catalogue, base: str) -> dict[str, Any]:
    """
    Return the catalogue as JSON-LD with its context inside: reading it asks no other server.

    ``base`` is the address of the cockpit without a slash at its end. Each data set stands for all
    its versions and has the newest one's files; each version stands for itself, with its own files,
    its number and the version before. A retracted version is told as withdrawn, without files.
    """
    writer = _Writer(base, catalogue)
    return {"@context": CONTEXT, "@graph": [*writer.graph()]}


def titles_of(county: CountyName) -> tuple[str, str]:
    """Return what the open data of a county are called, in Chinese and in English."""
    return (
        translate("Open data of {county}", "zh", county=county.name),
        translate("Open data of {county}", "en", county=county.name_en),
    )


def _text(zh: str, en: str) -> list[dict[str, str]]:
    told = [{"@value": zh, "@language": "zh"}, {"@value": en, "@language": "en"}]
    return [one for one in told if one["@value"]]


def _time(value: Any) -> dict[str, str]:
    return {"@value": value.isoformat(), "@type": "xsd:dateTime"}


def _day(value: Any) -> dict[str, str]:
    return {"@value": value.isoformat(), "@type": "xsd:date"}


def _said(sentence: str) -> list[dict[str, str]]:
    return _text(translate(sentence, "zh"), translate(sentence, "en"))


def _concept(address: str, title: str = "") -> dict[str, Any]:
    told: dict[str, Any] = {"@id": address, "@type": "skos:Concept"}
    return told | ({"skos:prefLabel": _said(title)} if title else {})


class _Writer:
    """Write the nodes of one catalogue, with addresses below one base."""

    def __init__(self, base: str, catalogue: Catalogue) -> None:
        self.base = base
        self.catalogue = catalogue
        self.publisher = {"@id": f"{base}/open/#publisher"}
        self.api = {"@id": f"{base}/open/api#service"}

    def graph(self) -> list[dict[str, Any]]:
        """Return all nodes: catalogue, publisher, service, data sets, their versions."""
        datasets = self.catalogue.datasets
        nodes = [self._catalogue(), self._publisher(), self._service()]
        nodes += [self._dataset(one) for one in datasets]
        nodes += [self._version(one, version) for one in datasets for version in one.versions]
        # Told once, though data set and version name them: nodes without address would be doubled.
        nodes += [
            self._file(one, version, file)
            for one in datasets
            for version in one.versions
            for file in version.formats
        ]
        return nodes

    def _address(self, dataset: OpenDataset, version: OpenVersion | None = None) -> str:
        whole = f"{self.base}/open/data/{dataset.id}"
        return f"{whole}/{version.version}" if version else whole

    def _catalogue(self) -> dict[str, Any]:
        county = self.catalogue.county
        told: dict[str, Any] = {
            "@id": f"{self.base}/open/catalogue.jsonld",
            "@type": "dcat:Catalog",
            "dct:title": _text(*titles_of(county)),
            "dct:description": _said(
                "Boundaries, facilities, roads and more that are open to all, and figures that "
                "were protected and then released."
            ),
            "dct:publisher": self.publisher,
            "dct:language": self._languages(),
            "dct:license": self._licence("", "", OWN),
            "foaf:homepage": {"@id": f"{self.base}/open", "@type": "foaf:Document"},
            "dct:conformsTo": [{"@id": one, "@type": "dct:Standard"} for one in PROFILES],
            "dcat:themeTaxonomy": {"@id": f"{_EU}/data-theme", "@type": "skos:ConceptScheme"},
            "dcat:dataset": [{"@id": self._address(one)} for one in self.catalogue.datasets],
            "dcat:service": self.api,
        }
        if self.catalogue.datasets:
            newest = max(one.updated for one in self.catalogue.datasets)
            told["dct:modified"] = _time(newest)
        return told

    def _publisher(self) -> dict[str, Any]:
        county = self.catalogue.county
        names = _text(county.name or "?", county.name_en)
        return self.publisher | {"@type": ["foaf:Agent", "foaf:Organization"], "foaf:name": names}

    def _service(self) -> dict[str, Any]:
        asked = [one for one in self.catalogue.datasets if one.file("geojson")]
        return self.api | {
            "@type": "dcat:DataService",
            "dct:title": _said("Open data API"),
            "dct:description": _said("Features by place, time and property (OGC API - Features)."),
            "dcat:endpointURL": {"@id": f"{self.base}/open/api", "@type": "rdfs:Resource"},
            "dcat:endpointDescription": {
                "@id": f"{self.base}/open/api/openapi.json",
                "@type": "rdfs:Resource",
            },
            "dct:conformsTo": {"@id": OGC_FEATURES, "@type": "dct:Standard"},
            "dct:publisher": self.publisher,
            "dcat:contactPoint": self._contact(None),
            "dct:license": self._licence("", "", OWN),
            "dct:accessRights": self._public(),
            "dcat:servesDataset": [{"@id": self._address(one)} for one in asked],
        }

    def _dataset(self, dataset: OpenDataset) -> dict[str, Any]:
        current = next(v for v in dataset.versions if v.version == dataset.version)
        told = {"@id": self._address(dataset)} | self._about(dataset, current)
        told["dcat:hasVersion"] = [{"@id": self._address(dataset, v)} for v in dataset.versions]
        told["dcat:hasCurrentVersion"] = {"@id": self._address(dataset, current)}
        told["dct:issued"] = _time(dataset.versions[-1].updated)
        if dataset.file("geojson"):
            told["foaf:page"] = {
                "@id": f"{self.base}/open/api/collections/{dataset.id}", "@type": "foaf:Document",
            }  # fmt: skip
        return told

    def _version(self, dataset: OpenDataset, version: OpenVersion) -> dict[str, Any]:
        told = {"@id": self._address(dataset, version)} | self._about(dataset, version)
        told["dcat:isVersionOf"] = {"@id": self._address(dataset)}
        told["dct:issued"] = _time(version.updated)
        older = [v for v in dataset.versions if v.version < version.version]
        if older:
            told["dcat:previousVersion"] = {"@id": self._address(dataset, older[0])}
        if version.retracted is not None:
            told["adms:status"] = _concept("http://purl.org/adms/status/Withdrawn")
            told["adms:versionNotes"] = version.notice
        return told

    def _about(self, dataset: OpenDataset, version: OpenVersion) -> dict[str, Any]:
        theme = _THEMES[dataset.kind]
        told: dict[str, Any] = {
            "@type": "dcat:Dataset",
            "dct:identifier": f"{dataset.id}/{version.version}",
            "dct:title": _text(dataset.title, dataset.title_en),
            "dct:description": _text(dataset.description, dataset.description_en),
            "dcat:version": str(version.version),
            "dct:modified": _time(version.updated),
            "dct:publisher": self.publisher,
            "dcat:contactPoint": self._contact(dataset),
            "dcat:theme": _concept(f"{_EU}/data-theme/{theme}", THEME_TITLES[theme]),
            "dcat:keyword": _text(dataset.title, dataset.title_en),
            "dct:language": self._languages(),
            "dct:accessRights": self._public(),
            "dct:accrualPeriodicity": {
                "@id": f"{_EU}/frequency/{frequency(dataset.refresh_days)}",
                "@type": "dct:Frequency",
            },
            "dcat:distribution": [
                {"@id": f"{self.base}{file.href}#file"} for file in version.formats
            ],
        }
        if dataset.as_of is not None:
            told["dct:temporal"] = {
                "@type": "dct:PeriodOfTime",
                "dcat:startDate": _day(dataset.as_of),
                "dcat:endDate": _day(dataset.as_of),
            }
        if dataset.bbox is not None:
            told["dct:spatial"] = self._place(dataset)
        return told

    def _place(self, dataset: OpenDataset) -> dict[str, Any]:
        box = shapely.to_wkt(shapely.box(*dataset.bbox), rounding_precision=7)  # type: ignore[misc]
        return {
            "@type": "dct:Location",
            "dcat:bbox": {"@value": box, "@type": "gsp:wktLiteral"},
        }

    def _file(self, dataset: OpenDataset, version: OpenVersion, file: OpenFile) -> dict[str, Any]:
        address = self.base + file.href
        told: dict[str, Any] = {
            "@id": f"{address}#file",
            "@type": "dcat:Distribution",
            "dct:title": file.name,
            "dct:description": _text(dataset.title, dataset.title_en),
            "dcat:accessURL": {"@id": address, "@type": "rdfs:Resource"},
            "dcat:downloadURL": {"@id": address, "@type": "rdfs:Resource"},
            "dct:format": {
                "@id": f"{_EU}/file-type/{_FILE_TYPES[file.format]}",
                "@type": "dct:MediaTypeOrExtent",
            },
            "dcat:mediaType": {
                "@id": "https://www.iana.org/assignments/media-types/"
                + file.media_type.partition(";")[0],
                "@type": "dct:MediaType",
            },
            "dcat:byteSize": {"@value": str(file.bytes), "@type": "xsd:nonNegativeInteger"},
            "spdx:checksum": {
                "@type": "spdx:Checksum",
                "spdx:algorithm": {
                    "@id": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256",
                    "@type": "spdx:ChecksumAlgorithm",
                },
                "spdx:checksumValue": {"@value": file.sha256, "@type": "xsd:hexBinary"},
            },
            "dct:license": self._licence(dataset.licence, dataset.licence_en, dataset.licence_uri),
            "dct:issued": _time(version.updated),
            "dcatap:availability": _concept(f"{_EU}/planned-availability/AVAILABLE"),
        }
        if file.format in ("geojson", "gpkg", "parquet"):
            told["dcat:accessService"] = self.api
        return told

    def _licence(self, zh: str, en: str, uri: str) -> dict[str, Any]:
        told: dict[str, Any] = {"@type": "dct:LicenseDocument"}
        if uri:
            told["@id"] = self.base + uri if uri == OWN else uri
        return told | ({"dct:title": _text(zh, en)} if zh else {})

    def _contact(self, dataset: OpenDataset | None) -> dict[str, Any]:
        county = self.catalogue.county
        zh = (dataset.department if dataset else "") or county.name
        en = (dataset.department_en if dataset else "") or county.name_en
        return {
            "@type": ["vcard:Kind", "vcard:Organization"],
            "vcard:fn": _text(zh, en),
            "vcard:hasURL": {"@id": f"{self.base}/open"},
        }

    def _languages(self) -> list[dict[str, str]]:
        return [
            {"@id": f"{_EU}/language/{one}", "@type": "dct:LinguisticSystem"}
            for one in ("ZHO", "ENG")
        ]

    def _public(self) -> dict[str, str]:
        return {"@id": f"{_EU}/access-right/PUBLIC", "@type": "dct:RightsStatement"}


def frequency(days: int | None) -> str:
    """Return the EU's word for how often data are renewed; IRREG when nobody said."""
    if days is None:
        return "IRREG"
    return next((word for most, word in _FREQUENCIES if days <= most), "OTHER")
