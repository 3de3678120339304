"""Identity numbers, names and telephone numbers of a register are nowhere in the store's files."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.store import ingest
from cockpit.store import models as m
from cockpit.store.sealed import Opener
from cockpit.store.session import open_engine
from tests.small import MANIFEST, write_small

ENTRY = """
[[dataset]]
id = "register"
title = "人口登记"
kind = "persons"
file = "register.csv"
department = "公安局"
class = "秘密"
date = 2025-11-01
"""
# 11010519491231002X is the example of GB 11643; the second has a wrong check digit, the third is
# too short, the fourth stands twice, and two rows have too few or too many cells.
NUMBERS = (
    "11010519491231002X",
    "110105194912310021",
    "1101051949123100",
    "440524188001010014",
)
NAMES = ("张三丰", "李四光", "王五岳", "赵六和", "钱七里", "孙八方")
PHONE = "13812345678"
ROWS = f"""姓名,身份证号,性别,出生日期,区划代码,备注
{NAMES[0]},{NUMBERS[0]},女,1949-12-31,529901001001,{PHONE}
{NAMES[1]},{NUMBERS[1]},女,1949-12-31,529901001001,
{NAMES[2]},{NUMBERS[2]},女,1949-02-30,529901001001,{PHONE}
{NAMES[3]},{NUMBERS[3]},男,1880-01-01,529901001001,
{NAMES[3]},{NUMBERS[3]},男,1880-01-01,529901001002,
{NAMES[4]},{NUMBERS[0]}
{NAMES[5]},{NUMBERS[0]},女,1949-12-31,529901001001,,,{PHONE}
"""


def test_no_file_of_the_store_holds_who_somebody_is(tmp_path: Path) -> None:
    path = write_small(tmp_path / "raw", manifest=MANIFEST + ENTRY)
    (path.parent / "register.csv").write_text(ROWS, encoding="utf-8")
    folder = tmp_path / "store"
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    ingest.load(path, engine, folder)
    with Session(engine) as db:
        rows = db.execute(select(m.Person.dataset_id, m.Person.key, m.Person.masked)).all()
        keys = [(row.dataset_id, row.key) for row in rows]
        people = Opener(db).texts("person", "masked", keys, (row.masked for row in rows))
        issues = db.execute(
            select(m.QualityIssue.rule).where(m.QualityIssue.dataset_id == "register")
        ).scalars()
        assert {"identity.check", "identity.length"} <= set(issues)
    assert people
    assert set(people) <= {"110105************", "440524************"}
    engine.dispose()
    planted = [*NUMBERS, *NAMES, PHONE, NUMBERS[0][6:], NUMBERS[1][6:]]
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            for secret in planted:
                assert secret.encode() not in content, (file.name, secret)
                assert secret.encode("utf-16-le") not in content, (file.name, secret)
                assert secret.encode("unicode_escape") not in content, (file.name, secret)
