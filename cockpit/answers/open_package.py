"""A Frictionless data package of one version: what the files are, column by column, with hashes."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cockpit.answers.open_columns import OpenColumn
from cockpit.answers.open_files import MEDIA_TYPES
from cockpit.answers.open_tables import OpenTable

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can tell
_FORMS: dict[str, dict[str, Any]] = {
    "boolean": {"trueValues": ["true"], "falseValues": ["false"]},
    "date": {"format": "default"},
}


@dataclass(frozen=True)
class About:
    """What a package says of itself, apart from its table. ``updated``: ISO 8601, UTC."""

    id: str
    version: int
    title: str
    title_en: str
    description: str
    description_en: str
    licence: str
    licence_uri: str
    department: str
    publisher: str
    as_of: str
    updated: str
    note: str = ""


def package_of(about: About, table: OpenTable, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files with ``datapackage`` (JSON) and ``zip`` (all of them) added."""
    told = json.dumps(descriptor(about, table, files), ensure_ascii=False, indent=1).encode()
    with_words = {**files, "datapackage": told}
    return {**with_words, "zip": _zip(about, with_words)}


def file_name(about_id: str, version: int, form: str) -> str:
    """Return the name of a file inside its version's folder."""
    if form == "datapackage":
        return "datapackage.json"
    return f"{about_id}-{version}.zip" if form == "zip" else f"{about_id}.{form}"


def descriptor(about: About, table: OpenTable, files: Mapping[str, bytes]) -> dict[str, Any]:
    """
    Return ``datapackage.json`` as the Data Package standard (version 1) has it.

    The CSV is the table of the package, with a schema; the other files hold the same rows and are
    told by name, size and hash.
    """
    path = about.licence_uri if about.licence_uri.startswith("http") else ""
    licence = {"name": "other-open", "title": about.licence} | ({"path": path} if path else {})
    return {
        "profile": "data-package",
        "name": about.id,
        "id": f"{about.id}/{about.version}",
        "version": str(about.version),
        "title": about.title,
        "title_en": about.title_en,
        "description": about.description,
        "description_en": about.description_en,
        "created": about.updated,
        "as_of": about.as_of,
        "note": about.note,
        "licenses": [licence],
        "sources": [{"title": about.department or about.publisher}],
        "contributors": [{"title": about.publisher, "role": "publisher"}],
        "resources": [_resource(about, table, form, body) for form, body in files.items()],
    }


def _resource(about: About, table: OpenTable, form: str, body: bytes) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": f"{about.id}-{form}",
        "path": file_name(about.id, about.version, form),
        "format": form,
        "mediatype": MEDIA_TYPES[form].partition(";")[0],
        "bytes": len(body),
        "hash": f"sha256:{hashlib.sha256(body).hexdigest()}",
    }
    if form != "csv":
        return told | {"profile": "data-resource", "type": "file"}
    return told | {
        "profile": "tabular-data-resource",
        "type": "table",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "doubleQuote": True, "lineTerminator": "\r\n"},
        "schema": {
            "fields": [_field(column) for column in table.columns],
            "primaryKey": [table.key],
            "missingValues": [""],
        },
    }


def _field(column: OpenColumn) -> dict[str, Any]:
    said = {k: v for k, v in asdict(column).items() if v and k not in ("name", "type")}
    kind = "string" if column.type == "text" else column.type
    return {"name": column.name, "type": kind, **_FORMS.get(column.type, {}), **said}


def _zip(about: About, files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for form, body in files.items():
            entry = zipfile.ZipInfo(file_name(about.id, about.version, form), _FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # the same on every system
            archive.writestr(entry, body)
    return made.getvalue()
