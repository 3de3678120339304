"""Open files to download, the catalogue for other catalogues, the licence, the index."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cockpit.answers import open_dcat
from cockpit.answers.open_catalogue import OpenFile, catalogue, find_file, forget
from cockpit.answers.open_kept import PACKED
from cockpit.locale import translate
from cockpit.web.errors import NotFoundError, language_of
from cockpit.web.open_answers import FRESH, as_json, base_of, has, only, opened, takes_gzip, told

JSONLD = "application/ld+json"


def file(request: Request) -> Response:
    """Send a listed file, compressed when that is wanted."""
    only(request)
    dataset, number, name = (request.path_params[one] for one in ("dataset", "version", "name"))
    found, path = find_file(dataset, number, name)
    if not path.is_file():  # somebody tidied the data folder: make it again
        forget()
        found, path = find_file(dataset, number, name)
    headers = _headers(request, found)
    if has(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if found.format in PACKED and takes_gzip(request):
        headers |= {"Content-Encoding": "gzip", "ETag": f"W/{headers['ETag']}"}
        path = path.with_name(f"{path.name}.gz")
    body = path.read_bytes()
    headers["Content-Length"] = str(len(body))
    sent = b"" if request.method == "HEAD" else body
    return Response(sent, headers=headers, media_type=found.media_type)


def _headers(request: Request, found: OpenFile) -> dict[str, str]:
    described = f"{base_of(request)}{found.href.rpartition('/')[0]}/datapackage.json"
    headers = {
        "ETag": f'"{found.sha256}"',
        "Cache-Control": FRESH,
        "Vary": "Accept-Encoding",
        "Link": f'<{described}>; rel="describedby"; type="application/json"',
        "X-Content-SHA256": found.sha256,
    }
    if found.format != "datapackage":
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name)}"
    return headers


def dcat(request: Request) -> Response:
    """Send the catalogue as DCAT."""
    only(request)
    return as_json(request, open_dcat.document(catalogue(), base_of(request)), JSONLD)


def licence(request: Request) -> Response:
    """Send the county's own open licence."""
    only(request)
    language, county = language_of(request), catalogue().county
    name = county.name if language == "zh" else county.name_en
    words = translate(
        "Open licence of the county\n\nYou may use, copy, change and pass on these data for any "
        "purpose and without a fee, as long as you name {county} and the date of the data as "
        "their source, and do not say or suggest that {county} supports what you make of them. "
        "The data are given as they are, without a warranty. They must not be used to find out "
        "who a person behind a figure is.\n",
        language,
        county=name,
    )
    return told(request, words.encode(), "text/plain; charset=utf-8")


def index(request: Request) -> Response:
    """Say where everything open is; whoever reads pages is led to the page."""
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse("/open", status_code=307, headers={"Vary": "Accept"})
    only(request)
    base, chinese = base_of(request), language_of(request) == "zh"
    datasets: list[dict[str, Any]] = [
        {
            "id": one.id,
            "title": one.title if chinese else one.title_en,
            "version": one.version,
            "updated": one.updated.isoformat(),
            "files": [
                {"href": base + f.href, "bytes": f.bytes, "sha256": f.sha256} for f in one.formats
            ],
        }
        for one in catalogue().datasets
    ]
    links = {
        "page": f"{base}/open",
        "catalogue": f"{base}/open/catalogue.jsonld",
        "api": f"{base}/open/api",
        "openapi": f"{base}/open/api/openapi.json",
        "licence": f"{base}/open/licence",
    }
    return as_json(request, {"links": links, "datasets": datasets})


def nothing(request: Request) -> Response:  # noqa: ARG001
    """Say that nothing is here: otherwise Streamlit would answer with its start page."""
    raise NotFoundError("There is nothing at this address.")


METHODS = ["GET", "HEAD", "OPTIONS"]
ROUTES = (
    Route("/open/", opened(index), methods=METHODS),
    Route("/open/catalogue.jsonld", opened(dcat), methods=METHODS),
    Route("/open/licence", opened(licence), methods=METHODS),
    Route("/open/data/{dataset}/{version:int}/{name}", opened(file), methods=METHODS),
    Route("/open/data/{rest:path}", opened(nothing), methods=METHODS),
    Route("/open/api/{rest:path}", opened(nothing), methods=METHODS),
)
