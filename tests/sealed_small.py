"""The small county with registers and events that hold planted personal contents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from cockpit.store import ingest
from cockpit.store.session import open_engine
from tests.small import MANIFEST, write_small

ENTRIES = """
[[dataset]]
id = "register"
title = "人口登记"
kind = "persons"
file = "register.csv"
class = "敏感"
date = 2025-11-01

[[dataset]]
id = "roll"
title = "参保名册"
kind = "persons"
file = "roll.csv"
class = "敏感"
date = 2025-11-01

[[dataset]]
id = "events"
title = "事件"
kind = "events"
file = "events.csv"
class = "备用"

[[crosscheck]]
id = "register_roll"
left = "register"
right = "roll"
title = "两册互查"
fields = ["birth"]
"""
NUMBER = "11010519491231002X"  # the example of GB 11643
NAME = "张三丰"
PHONE = "13812345678"
TEXT = "反映邻居夜间施工扰民，来电人张三丰，电话13812345678"
PLANTED = (NUMBER, NAME, PHONE, TEXT, "夜间施工扰民", "1949-12-31", "1949-12-30")
REGISTER = f"""姓名,身份证号,性别,出生日期,区划代码,人员状态
{NAME},{NUMBER},女,1949-12-31,529901001001,常住
{NAME},110105194912310021,女,1949-12-31,529901001001,{PHONE}
"""
ROLL = f"姓名,身份证号,出生日期,区划代码\n{NAME},{NUMBER},1949-12-30,529901001001\n"


def events(n: int = 40) -> str:
    """Return a file of ``n`` events, one of them with a wrong time: its row is quoted."""
    lines = ["事件编号,渠道,类别,内容,经度,纬度,上报时间"]
    lines += [
        f"e{k},12345热线,噪声,{TEXT}第{k}次,106.805,27.205,2025-10-{k % 28 + 1:02d} 08:00"
        for k in range(n)
    ]
    return "\n".join([*lines, f"bad,12345热线,噪声,{TEXT},106.805,27.205,{NAME}{PHONE}"]) + "\n"


def write(folder: Path, *, n: int = 40) -> Path:
    """Write the county's files; return the manifest's path."""
    path = write_small(folder, manifest=MANIFEST + ENTRIES)
    for name, content in (("register", REGISTER), ("roll", ROLL), ("events", events(n))):
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    return path


def loaded(folder: Path, *, n: int = 40) -> Engine:
    """Return a store in ``folder / "data"`` with the county loaded."""
    engine = open_engine(f"sqlite:///{folder / 'data' / 'county.sqlite'}")
    ingest.load(write(folder / "raw", n=n), engine, folder / "data")
    return engine


def forms(secret: str) -> Iterator[bytes]:
    """Yield the ways in which a text could stand in a file, base64 at each of its three offsets."""
    import base64

    plain = secret.encode()
    wide = secret.encode("utf-16-le")
    yield from (plain, wide, secret.encode("utf-16-be"), secret.encode("gb18030"))
    yield secret.encode("unicode_escape")
    yield "".join(f"\\u{ord(c):04X}" for c in secret).encode()
    for content in (plain, wide):
        yield content.hex().encode()
        yield content.hex().upper().encode()
        for offset in range(3):
            coded = base64.b64encode(b"\0" * offset + content)
            # The characters at both ends hold bits of the neighbours.
            middle = coded[(0, 2, 3)[offset] : (len(content) + offset) * 8 // 6]
            if len(middle) >= 8:
                yield middle


def found_in(folder: Path, planted: tuple[str, ...] = PLANTED) -> list[tuple[str, str]]:
    """Return (file, secret) for each planted content that stands in a file of a folder."""
    secrets = [(secret, form) for secret in planted for form in set(forms(secret))]
    hits = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            hits += [(path.name, secret) for secret, form in secrets if form in content]
    return hits
