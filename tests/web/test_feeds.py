"""The route of live feeds: tokens, limits, and the exact words of refusals in both languages."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import uvicorn
from sqlalchemy import Engine, func, select
from starlette.applications import Starlette
from starlette.types import Message

from cockpit.answers import feeds_sources, feeds_write
from cockpit.feeds import MOST_BYTES, MOST_ROWS, TooLargeError
from cockpit.store import models as m
from cockpit.web import feeds as route
from tests import feeding
from tests.web.asgi import Reply, cockpit_app

W1 = {"sensor": "W1", "time": "2025-11-15T08:00", "value": 1.5}
THEFT = {"id": "T1", "category": "盗窃", "reported": "2025-11-15T08:00", **feeding.INSIDE}


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    with feeding.store(tmp_path) as engine:
        for module in (route, feeds_sources):
            monkeypatch.setattr(module, "engine", lambda: engine)
        route._trusted.clear()
        yield engine
        route._trusted.clear()


@pytest.fixture
def tokens(engine: Engine) -> dict[str, str]:
    return {k: feeds_sources.add_source(k, kind=k) for k in ("events", "readings")}


def post(
    body: bytes | str | Any, source: str, token: str, *, parts: int = 1, method: str = "POST",
    **headers: str,
) -> Reply:  # fmt: skip
    """Send one request with a body, in several parts if wanted."""
    if not isinstance(body, bytes | str):
        body = json.dumps(body)
    data = body.encode() if isinstance(body, str) else body
    if token:
        headers["authorization"] = f"Bearer {token}"
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": f"/feed/{source.partition('?')[0]}", "root_path": "",
        "raw_path": b"", "query_string": source.partition("?")[2].encode(),
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    size = -(-len(data) // parts) or 1
    left = [data[k : k + size] for k in range(0, len(data), size)] or [b""]
    sent: list[Message] = []

    async def receive() -> Message:
        part = left.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(left)}

    async def send(message: Message) -> None:
        sent.append(message)

    app: Starlette = cockpit_app()
    asyncio.run(app(scope, receive, send))
    start = next(one for one in sent if one["type"] == "http.response.start")
    found = b"".join(one.get("body", b"") for one in sent)
    return Reply(start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, found)


def _n(engine: Engine, model: type[m.Base]) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(model)).scalar_one())


# ---------------------------------------------------------------- who


def test_takes_one_reading_and_many(engine: Engine, tokens: dict[str, str]) -> None:
    one = post(W1, "readings", tokens["readings"])
    assert one.status == 200
    assert one.json() == {
        "delivery": 1,
        "new": 1,
        "known": 0,
        "changed": 0,
        "refused": [],
        "marked": [],
    }
    many = [W1, {**W1, "time": "2025-11-15T09:00"}, {**W1, "time": "2025-11-15T10:00", "value": 2}]
    assert post(many, "readings", tokens["readings"]).json()["new"] == 2
    lines = "\n".join(json.dumps({**W1, "time": f"2025-11-15T{h}:00"}) for h in (10, 11, 12))
    answer = post(lines, "readings", tokens["readings"], content_type="application/x-ndjson")
    assert (answer.json()["new"], answer.json()["refused"][0]["position"]) == (2, 1)
    assert _n(engine, m.Reading) == 5


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer", "Bearer  "])
def test_without_a_token_nothing_is_read(engine: Engine, header: str) -> None:
    answer = post(W1, "readings", "", **({"authorization": header} if header else {}))
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="feed"'
    assert answer.json() == {"error": "请附上数据源的令牌：Authorization: Bearer <令牌>。"}


def test_a_wrong_token_and_an_unknown_source_are_alike(
    engine: Engine, tokens: dict[str, str]
) -> None:
    wrong = post(W1, "readings?lang=en", "x" * 43)
    other = post(W1, "readings?lang=en", tokens["events"])  # the token of another source
    unknown = post(W1, "nobody?lang=en", tokens["readings"])
    assert {one.status for one in (wrong, other, unknown)} == {404}
    assert {one.body for one in (wrong, other, unknown)} == {
        b'{"error":"There is no such feed, or this is not its token."}'
    }
    assert _n(engine, m.Reading) == 0


def test_a_feed_that_is_switched_off_is_refused(engine: Engine, tokens: dict[str, str]) -> None:
    feeds_sources.switch("readings", on=False)
    answer = post(W1, "readings", tokens["readings"])
    assert (answer.status, answer.json()["error"]) == (403, "数据源 readings 已停用。")


def test_a_sender_can_try_its_token(engine: Engine, tokens: dict[str, str]) -> None:
    post(W1, "readings", tokens["readings"])
    told = post("", "readings", tokens["readings"], method="GET").json()
    assert told == {"id": "readings", "title": "readings", "kind": "readings", "exercise": False,
                    "last_delivery": 1}  # fmt: skip
    assert post("", "readings", "", method="GET").status == 401
    assert post("", "readings", tokens["readings"], method="DELETE").status == 405


# ---------------------------------------------------------------- the request as a whole


@pytest.mark.parametrize(
    ("body", "status", "english", "chinese"),
    [
        ('[{"sensor": "W1",\n "time": }]', 400,
         "The request is no JSON: line 2, column 10: a value is missing or unreadable.",
         "请求内容不是 JSON：第 2 行第 10 列缺少值，或值无法识别。"),
        ('[{"sensor": "W1"}, {sensor: 1}]', 400,
         "The request is no JSON: line 1, column 21: expected a field's name in double quotes.",
         "请求内容不是 JSON：第 1 行第 21 列应为加双引号的字段名。"),
        ('{"sensor" "W1"}', 400, "The request is no JSON: line 1, column 11: expected a colon.",
         "请求内容不是 JSON：第 1 行第 11 列应为冒号。"),
        ('{"sensor": "W1" "value": 1}', 400,
         "The request is no JSON: line 1, column 17: expected a comma or a closing bracket.",
         "请求内容不是 JSON：第 1 行第 17 列应为逗号或右括号。"),
        ('{"value": 1} {}', 400,
         "The request is no JSON: line 1, column 14: something follows its end.",
         "请求内容不是 JSON：第 1 行第 14 列起，结尾之后还有内容。"),
        ('{"sensor": "W1}', 400,
         "The request is no JSON: line 1, column 12: a text without closing quotes.",
         "请求内容不是 JSON：第 1 行第 12 列的文本缺少结尾引号。"),
        ('{"sensor": "W\n1"}', 400,
         "The request is no JSON: line 1, column 14: a line break or tab within a text.",
         "请求内容不是 JSON：第 1 行第 14 列，文本中有换行或制表符。"),
        (r'{"sensor": "W\x1"}', 400,
         "The request is no JSON: line 1, column 14: a backslash before a wrong character.",
         "请求内容不是 JSON：第 1 行第 14 列，反斜杠后的字符有误。"),
        ('[1,\n' + "9" * 5000 + "]", 400,
         "The request is no JSON: a number has thousands of digits, line 2.",
         "请求内容不是 JSON：第 2 行有数字长达数千位。"),
        (b'[{"sensor": "\xff"}]', 400, "The request is no text in UTF-8: byte 14.",
         "请求内容不是 UTF-8 文本：第 14 个字节。"),
        ('[{"sensor": "W1", "value": NaN}]', 400,
         "The request is no JSON: NaN is no number.", "请求内容不是 JSON：NaN 不是数字。"),
        ('{"value": -Infinity}', 400, "The request is no JSON: -Infinity is no number.", None),
        ("[" * 100_000, 400,
         "The request is no JSON that can be read: too many brackets in each other.",
         "请求内容无法读取：JSON 括号嵌套过深。"),
        ("", 400,
         "The request is no JSON: line 1, column 1: a value is missing or unreadable.", None),
        ("[]", 400, "The request has no rows.", "请求中没有数据。"),
        (json.dumps([0] * (MOST_ROWS + 1)), 413,
         "The request has 5001 rows; at most 5000 are taken at once.",
         "请求共 5001 条；一次最多接收 5000 条。"),
        (b" " * (MOST_BYTES + 1), 413, "The request is larger than 8 MB; send fewer rows at once.",
         "请求超过 8 MB；请分批发送。"),
    ],
    ids=["broken", "name", "colon", "comma", "more", "open", "control", "escape", "digits",
         "bytes", "nan", "infinity", "deep", "empty", "none", "rows", "bytes too many"],
)  # fmt: skip
def test_a_request_that_cannot_be_read_is_refused_whole(
    engine: Engine, tokens: dict[str, str], body: bytes | str, status: int, english: str,
    chinese: str | None,
) -> None:  # fmt: skip
    answer = post(body, "readings?lang=en", tokens["readings"], parts=7)
    assert (answer.status, answer.json()) == (status, {"error": english})
    if chinese:
        said = post(body, "readings", tokens["readings"], accept_language="zh-CN")
        assert said.json() == {"error": chinese}
    assert _n(engine, m.Reading) == 0


def test_a_request_that_says_to_be_too_large_is_not_read(
    engine: Engine, tokens: dict[str, str]
) -> None:
    said = {"content_length": str(MOST_BYTES + 1)}
    assert post(W1, "readings", tokens["readings"], **said).status == 413
    assert post(W1, "readings", tokens["readings"], content_length="-5").status == 400
    assert post(W1, "readings", tokens["readings"], content_length="9" * 5000).status == 413


def test_a_request_that_is_too_large_is_answered_after_its_last_byte(
    engine: Engine, tokens: dict[str, str]
) -> None:
    """As urllib sends it: it reads no answer before it has sent all."""
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        own.listen()
        server = uvicorn.Server(uvicorn.Config(cockpit_app(), log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, args=([own],))
        thread.start()
        asked = urllib.request.Request(
            f"http://127.0.0.1:{own.getsockname()[1]}/feed/readings", method="POST",
            data=b" " * (3 * MOST_BYTES), headers={"Authorization": f"Bearer {tokens['readings']}"},
        )  # fmt: skip
        try:
            with pytest.raises(urllib.error.HTTPError) as raised:
                urllib.request.urlopen(asked, timeout=30)
        finally:
            server.should_exit = True
            thread.join()
    with raised.value as answer:
        assert answer.code == 413
        assert json.load(answer) == {"error": "请求超过 8 MB；请分批发送。"}


def test_no_more_than_64_mb_are_read_to_be_dropped(
    engine: Engine, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "MOST_BYTES", 10)
    monkeypatch.setattr(route, "MOST_DROPPED", 40)
    asked: list[int] = []

    class Endless:
        headers: ClassVar[dict[str, str]] = {}

        async def stream(self) -> AsyncIterator[bytes]:
            while True:
                asked.append(8)
                yield b" " * 8

    with pytest.raises(TooLargeError):
        asyncio.run(route._body(Endless()))  # type: ignore[arg-type]
    assert sum(asked) == 48


def test_a_field_that_stands_twice_is_refused_by_name(
    engine: Engine, tokens: dict[str, str]
) -> None:
    body = f'[{json.dumps(W1)}, {{"id": "r2", "sensor": "W1", "value": 1, "value": 2}}]'
    answer = post(body, "readings?lang=en", tokens["readings"]).json()
    assert answer["new"] == 1
    assert answer["refused"] == [
        {"position": 2, "id": "r2", "sentence": "value stands twice in the row."}
    ]
    said = post(body, "readings", tokens["readings"]).json()["refused"][0]["sentence"]
    assert said == "这一条中 value 出现两次。"


# ---------------------------------------------------------------- rows

FIELDS_OF_READINGS = "id, sensor, unit, value, time"


@pytest.mark.parametrize(
    ("row", "english", "chinese"),
    [
        ("text", "The row is no object of fields and values.", "这一条不是由字段和值组成的对象。"),
        ({}, "sensor is missing.", "缺少 sensor。"),
        ({**W1, "sensor": None}, "sensor is missing.", "缺少 sensor。"),
        ({**W1, "value": "1.5"}, "value is the text 1.5; expected a number, without quotation "
         "marks.", "value 是文本“1.5”；应为数字，不加引号。"),
        ({**W1, "value": True}, "value is true; expected a number.", "value 为 true；应为数字。"),
        ({**W1, "value": [1]}, "value is […]; expected a number.", None),
        ({**W1, "value": 10**400}, None, None),
        ({**W1, "sensor": ["W1"]}, "sensor is […]; expected a text.",
         "sensor 为 […]；应为文本。"),
        ({**W1, "time": 1763190000}, "time is 1763190000; expected a time such as "
         "2025-11-01T08:30.", "time 为“1763190000”；应为时间，如 2025-11-01T08:30。"),
        ({**W1, "time": "15.11.2025"}, "time is 15.11.2025; expected a time such as "
         "2025-11-01T08:30.", None),
        ({**W1, "time": "2025-02-30T08:00"}, "time is 2025-02-30T08:00; expected a time such as "
         "2025-11-01T08:30.", None),
        ({**W1, "wert": 1}, f"wert is no field of a row here; the fields are {FIELDS_OF_READINGS}.",
         f"此处没有字段 wert；可用字段为 {FIELDS_OF_READINGS}。"),
        ({**W1, "sensor": "W" * 65}, "sensor has 65 characters; at most 64 are taken, and nothing "
         "is cut.", "sensor 有 65 字；最多接收 64 字，不作截断。"),
        ({**W1, "sensor": "W\u00001"}, "sensor has characters that cannot be stored.",
         "sensor 含有无法入库的字符。"),
        ({**W1, "sensor": "W\n1"}, "sensor has a line break or another character that cannot be "
         "seen.", "sensor 含有换行或其他不可见字符。"),
        ({**W1, "id": "a\u202eb"}, "id has a line break or another character that cannot be "
         "seen.", None),
        ({**W1, "sensor": "\ud800"}, "sensor has characters that cannot be stored.", None),
        ({**W1, "sensor": "W9"}, "sensor is W9; expected a sensor of the sensor register.",
         "sensor 为“W9”；应为设备台账中的设备。"),
        ({**W1, "value": 9000}, "value is 9000; expected a value from -200 to 6000 m, which a "
         "sensor of this kind can measure.",
         "value 为“9000”；应为此类设备量程内的值，即 -200 至 6000 m。"),
        ({**W1, "unit": "ppm"}, "unit is ppm; expected a unit that can be converted to m.",
         "unit 为“ppm”；应为能换算成 m 的单位。"),
    ],
)  # fmt: skip
def test_a_bad_reading_is_named_with_place_id_and_sentence(
    engine: Engine, tokens: dict[str, str], row: Any, english: str | None, chinese: str | None
) -> None:
    answer = post([W1, row], "readings?lang=en", tokens["readings"])
    assert answer.status == 200
    assert (answer.json()["new"], len(answer.json()["refused"])) == (1, 1)
    refused = answer.json()["refused"][0]
    assert refused["position"] == 2
    assert english in (refused["sentence"], None)
    if chinese:
        said = post([row], "readings", tokens["readings"], accept_language="zh-CN,zh;q=0.9")
        assert said.status == 422  # nothing of it was taken
        assert said.json()["refused"][0]["sentence"] == chinese


def test_a_reading_from_the_future_is_refused_by_the_countys_clock(
    engine: Engine, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds_write, "clock", lambda: dt.datetime(2025, 11, 15, 8, 0))
    rows = [{**W1, "time": "2025-11-15T08:05"}, {**W1, "time": "2025-11-15T08:06"}]
    answer = post(rows, "readings?lang=en", tokens["readings"]).json()
    assert answer["new"] == 1  # clocks may be five minutes ahead
    assert answer["refused"] == [
        {"position": 2, "id": "W1 2025-11-15T08:06", "sentence":
         "time is 2025-11-15 08:06, in the future; the county's clock shows 2025-11-15 08:00."}
    ]  # fmt: skip
    said = post(rows[1], "readings", tokens["readings"]).json()["refused"][0]["sentence"]
    assert said == "time 为 2025-11-15 08:06，晚于当前时间；本县时间为 2025-11-15 08:00。"


@pytest.mark.parametrize(
    ("more", "english", "chinese"),
    [
        ({"category": None}, "category is missing.", "缺少 category。"),
        ({"lon": "106.805"}, "lon is the text 106.805; expected a number, without quotation marks.",
         "lon 是文本“106.805”；应为数字，不加引号。"),
        ({"lon": 120.0}, "lon is 120.000000, 27.205000; expected a place in the county, 106.7 to "
         "106.94 E, 27.1 to 27.34 N.",
         "lon 为“120.000000, 27.205000”；应为本县范围内的位置：经度 106.7 至 106.94，"
         "纬度 27.1 至 27.34。"),
        ({"text": "长" * 350_000}, "text has 350000 characters; at most 10000 are taken, and "
         "nothing is cut.", "text 有 350000 字；最多接收 10000 字，不作截断。"),
        ({"code": "529901001009"}, None, None),
        ({"code": "52990100100X"}, "code is 52990100100X; expected a code of 6, 9, 12 "
         "or 15 digits.", "code 为“52990100100X”；应为 6、9、12 或 15 位数字代码。"),
        ({"channel": "热\u200b线"}, "channel has a line break or another character that cannot be "
         "seen.", None),
        ({"category": "盗\n窃"}, "category has a line break or another character that cannot be "
         "seen.", "category 含有换行或其他不可见字符。"),
        ({"status": "已\u2028办结"}, "status has a line break or another character that cannot be "
         "seen.", None),
        ({"lat": 91}, "lat is 91; expected degrees from -90 to 90.", None),
        ({"closed": "2999-01-01"}, None, None),
        ({"id": "x" * 60}, "id is " + "x" * 60 + "; expected a text of at most 57 characters; this "
         "one has 60.", None),
    ],
)  # fmt: skip
def test_a_bad_event_is_named_and_never_stored(
    engine: Engine, tokens: dict[str, str], more: dict[str, Any], english: str | None,
    chinese: str | None,
) -> None:  # fmt: skip
    row = {**THEFT, "id": "T2", **more}
    answer = post([THEFT, row], "events?lang=en", tokens["events"]).json()
    assert (answer["new"], len(answer["refused"])) == (1, 1)
    assert answer["refused"][0]["position"] == 2
    assert english in (answer["refused"][0]["sentence"], None)
    if chinese:
        said = post(row, "events?lang=zh", tokens["events"]).json()
        assert said["refused"][0]["sentence"] == chinese
    assert _n(engine, m.Event) == 1


def test_an_address_of_another_county_is_stored_nowhere_and_marked(
    engine: Engine, tokens: dict[str, str]
) -> None:
    row = {"id": "T2", "category": "盗窃", "reported": "2025-11-15", "address": "邻水县西河镇5号"}
    answer = post(row, "events?lang=en", tokens["events"]).json()
    assert answer["marked"] == [
        {"position": 1, "id": "T2", "sentence": "address is 邻水县西河镇; expected an address in "
         "the county; this one names another one."}
    ]  # fmt: skip
    with engine.connect() as connection:
        assert connection.execute(select(m.Event.region_code)).scalars().all() == [None]
