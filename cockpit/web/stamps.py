"""Put the mark of an export on an answer: into its name, and into files that take it."""

from __future__ import annotations

import gzip
import json
import re

from starlette.responses import Response

from cockpit.access.watermark import Mark

_NAME = re.compile(r"(filename\*?=(?:UTF-8'')?\"?)([^\";]+?)(\.\w{2,8}\"?)(?=;|$)")


def stamped(answer: Response, mark: Mark) -> Response:
    """
    Return the answer with the mark on it.

    The code stands in the file's name whatever its kind, the sentence in GeoJSON (member
    ``watermark``). Tables have it below their last row and memos in their foot already: those who
    make them ask ``watermark.current``. Sealed files (certificates, scenarios) keep their bytes,
    which their digest holds. A copy must not go to the next visitor, so nothing may store it.
    """
    if answer.status_code != 200:
        return answer
    name = answer.headers.get("content-disposition")
    if name:
        answer.headers["content-disposition"] = _NAME.sub(rf"\g<1>\g<2>-{mark.code}\g<3>", name)
    answer.headers["x-trace-code"] = mark.code
    answer.headers["cache-control"] = "private, no-store"
    if "etag" in answer.headers:
        del answer.headers["etag"]
    body = _with_sentence(answer, mark)
    if body is not None:
        answer.body = body
        answer.headers["content-length"] = str(len(body))
    return answer


def _with_sentence(answer: Response, mark: Mark) -> bytes | None:
    if answer.headers.get("content-type", "").partition(";")[0] != "application/geo+json":
        return None
    body = bytes(answer.body)
    if answer.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
        del answer.headers["content-encoding"]
    return with_member(body, "watermark", mark.sentence)


def with_member(body: bytes, name: str, value: str) -> bytes:
    """Return a JSON object's bytes with one more member at its end."""
    whole = body.rstrip()
    if not whole.endswith(b"}"):
        return body
    comma = b"" if whole[:-1].rstrip().endswith(b"{") else b","
    member = f"{json.dumps(name)}:{json.dumps(value, ensure_ascii=False)}"
    return whole[:-1] + comma + member.encode() + b"}"
