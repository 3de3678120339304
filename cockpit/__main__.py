"""Command line: make the sample county, load, check and export. ``--help`` tells all."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cockpit import commands as answering
from cockpit.access import audit
from cockpit.commands.output import require_writable
from cockpit.locale import translate
from cockpit.settings import settings
from cockpit.store.temporary import use_own_temporary
from geodata.errors import AskFirst, CockpitError, DataFileError
from loaders.manifest import read_manifest, write_matches

if TYPE_CHECKING:
    from cockpit.store.ingest import LoadReport

OK, REFUSED, ASKED, BAD_ROWS = 0, 1, 3, 4

_EXITS = """exit codes: 0 done, 1 refused (the sentence says why; nothing was changed), 2 wrong
call, 3 a question needs an answer (--confirm), 4 check found rows with errors"""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    audit.act_as(audit.terminal())
    try:
        code = int(given.run(given))
        sys.stdout.flush()
        return code
    except AskFirst as question:
        print(_say(question, given.lang), file=sys.stderr)
        print(
            translate("To go on, add --confirm {answer}.", given.lang, answer=_answer(question)),
            file=sys.stderr,
        )
        return ASKED
    except CockpitError as error:
        print(_say(error, given.lang), file=sys.stderr)
        return REFUSED
    except BrokenPipeError:
        return _unread()
    except OSError as error:
        print(_say(_unusable(error), given.lang), file=sys.stderr)
        return REFUSED
    except SQLAlchemyError as error:
        sentence = "The store cannot be read or written ({problem})."
        print(translate(sentence, given.lang, problem=_problem(error)), file=sys.stderr)
        return REFUSED


def _unread() -> int:
    """Go quietly: the reader of a pipe, such as ``| head``, has seen enough."""
    # At its end Python writes what is left once more, and would complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK


def _unusable(error: OSError) -> DataFileError:
    return DataFileError(
        "{file} cannot be read or written ({problem}).",
        file=error.filename or "-",
        problem=error.strerror or str(error),
    )


def _problem(error: SQLAlchemyError) -> str:
    """Return what the database says; of a wrong address only its kind, for it holds a password."""
    told = str(error.orig) if isinstance(error, DBAPIError) else ""
    return told.partition("\n")[0] or type(error).__name__


def _say(error: CockpitError, language: str) -> str:
    return translate(error.template, language, **error.values)


def _answer(question: AskFirst) -> str:
    name = str(question.values.get("question", ""))
    dataset = question.values.get("dataset")
    return f"{dataset}:{name}" if dataset else name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cockpit",
        description="County digital-twin cockpit: bring a county into the store and out again.",
        epilog=_EXITS,
    )
    parser.add_argument(
        "--lang", choices=("zh", "en"), default="en", help="language of messages (default: en)"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="make the invented sample county and load it")
    demo.add_argument("--if-empty", action="store_true", help="do nothing when a county is stored")
    demo.add_argument("--seed", type=int, default=20240501, help="same seed, same county")
    demo.add_argument("--folder", type=Path, help="where its raw files go (default: data folder)")
    _may_answer(demo)
    demo.set_defaults(run=_demo)

    load = commands.add_parser("load", help="load a county from its manifest, all of it or nothing")
    load.add_argument("manifest", type=Path, metavar="county.toml")
    _may_answer(load)
    load.set_defaults(run=_load)

    check = commands.add_parser("check", help="read and check all files; store nothing")
    check.add_argument("manifest", type=Path, metavar="county.toml")
    check.add_argument("--most", type=int, default=20, help="findings to print (default: 20)")
    check.set_defaults(run=_check)

    export = commands.add_parser("export", help="write the figures of one level to a file")
    export.add_argument("file", type=Path, help="ends in csv, xlsx, parquet, geojson, gpkg or fgb")
    export.add_argument("--level", default="township", help="county, township, village or grid")
    export.add_argument("--under", default="", help="code of a region; default: the whole county")
    export.add_argument("--indicators", default="", help="comma list; default: all there are")
    export.set_defaults(run=_export)

    answering.add(commands)
    return parser


def _may_answer(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--confirm", action="append", default=[], metavar="ANSWER",
        help="answer to a question, such as people:fewer_rows; may be given several times",
    )  # fmt: skip


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def tell(what: str, step: int, steps: int) -> None:
            progress.update(task, description=what, completed=step, total=steps)

        yield tell
        progress.update(task, description="", completed=1, total=1)


def _store_folder() -> Path:
    return settings().data_folder


def _load(given: argparse.Namespace) -> int:
    from cockpit.store import ingest
    from cockpit.store.session import engine

    with _bar() as tell:
        report = ingest.load(
            given.manifest, engine(), _store_folder(), confirmed=frozenset(given.confirm),
            progress=tell,
        )  # fmt: skip
    _print_report(report, given.lang)
    _save_matches(given.manifest, report, given.lang)
    return OK


def _save_matches(path: Path, report: LoadReport, language: str) -> None:
    """Write which headers were recognised into the manifest, for the next delivery."""
    entries = {entry.id: entry for entry in read_manifest(path).dataset}
    try:
        for one in report.datasets:
            if one.unchanged or one.id not in entries:  # uploads stand in no manifest
                continue
            named = entries[one.id].constant
            # A joined header stands in no file; the manifest names it already.
            plain = {c: h for c, h in one.matches.items() if c not in named and " + " not in h}
            write_matches(path, one.id, plain)
    except OSError:
        sentence = "{file} cannot be written, so the recognised headers were not saved in it."
        print(translate(sentence, language, file=path.name), file=sys.stderr)


def _check(given: argparse.Namespace) -> int:
    from cockpit.store import ingest

    with _bar() as tell:
        report = ingest.check(given.manifest, progress=tell)
    _print_report(report, given.lang)
    errors = [f for f in report.findings if f.severity == "error"]
    for finding in report.findings[: given.most]:
        print(_finding_line(finding, given.lang))
    if len(report.findings) > given.most:
        print(translate("... and {n} more.", given.lang, n=len(report.findings) - given.most))
    return BAD_ROWS if errors else OK


def _finding_line(finding: object, language: str) -> str:
    from loaders.table import Finding

    assert isinstance(finding, Finding)  # noqa: S101 - a report holds nothing else
    expected = translate(finding.expected, language, **finding.values)
    if finding.row is None:
        template = "{file}: {column} is {found}; expected {expected}."
    else:
        template = "{file}, row {row}: {column} is {found}; expected {expected}."
    return translate(
        template, language, file=finding.file or finding.dataset, row=finding.row,
        column=finding.column, found=finding.found, expected=expected,
    )  # fmt: skip


def _demo(given: argparse.Namespace) -> int:
    from sqlalchemy.orm import Session

    from cockpit.store.session import data_version, engine

    if given.if_empty:
        with Session(engine()) as db:
            if data_version(db):
                return OK
    # Below the question: every later start asks it and goes on without these.
    from cockpit.access.audit import terminal
    from cockpit.answers.release_sample import publish_sample
    from cockpit.store import ingest
    from geodata.synthetic import make_county

    folder = given.folder or _store_folder() / "sample"
    folder.mkdir(parents=True, exist_ok=True)
    with _bar() as tell:
        tell("青岚县", 0, 1)
        manifest = make_county(folder, seed=given.seed)
        report = ingest.load(
            manifest, engine(), _store_folder(), confirmed=frozenset(given.confirm), progress=tell
        )
        tell("publish", 0, 1)
        publish_sample(terminal())
    _print_report(report, given.lang)
    return OK


def _export(given: argparse.Namespace) -> int:
    from sqlalchemy.orm import Session

    from cockpit.answers import export
    from cockpit.answers.twin import twin
    from cockpit.store.session import engine

    require_writable(given.file)
    with Session(engine()) as db:
        county = twin(db)
        if county is None:
            raise DataFileError("Nothing is loaded yet; load a county first.")
        table = export.indicator_table(
            county, given.level, under=given.under, visitor=settings().visitor_class,
            indicators=tuple(i for i in given.indicators.split(",") if i),
        )  # fmt: skip
        export.write_table(table, given.file, db)
    print(translate("{file}: {n} rows.", given.lang, file=given.file.name, n=len(table)))
    return OK


def _print_report(report: LoadReport, language: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=report.county)
    for head in ("Data set", "Rows read", "Stored", "With errors", "Findings", "Quality"):
        table.add_column(
            translate(head, language), justify="left" if head == "Data set" else "right"
        )
    for one in report.datasets:
        table.add_row(
            one.title, f"{one.rows_read:,}", f"{one.rows_stored:,}", f"{one.rows_bad:,}",
            f"{one.findings:,}", f"{one.score:.1%}",
        )  # fmt: skip
    console = Console()
    console.print(table)
    sentence = (
        "Data version {version}: {people} usual residents, {conflicts} conflicts between registers."
        if report.changed
        else "Nothing has changed since version {version}: {people} usual residents, "
        "{conflicts} conflicts between registers."
    )
    console.print(
        translate(
            sentence, language, version=report.version, people=f"{report.people:,}",
            conflicts=report.conflicts,
        ),
        highlight=False,
    )  # fmt: skip


if __name__ == "__main__":
    use_own_temporary(settings().data_folder, make=False)
    sys.exit(main())
