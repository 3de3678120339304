"""``python -m cockpit audit``, ``trace``, ``verify audit`` and ``verify proof``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from cockpit.access import audit
from cockpit.access.audit_checkpoints import as_line, make
from cockpit.access.audit_keys import (
    public_bytes,
    public_pem,
    read_public,
    signing_key,
)
from cockpit.access.audit_proof import ProofError, proof_of, verify_proof
from cockpit.access.audit_verify import Verdict, check_store
from cockpit.access.second_place import second_place
from cockpit.answers.audit import newest_checkpoint, traced
from cockpit.commands.output import replaced, require_writable
from cockpit.locale import translate
from cockpit.store.session import engine
from geodata.errors import DataFileError, InputError

HOLDS, FAULTY = 0, 1


def run(given: argparse.Namespace) -> int:
    """Sign, prove, or print the public key."""
    match given.act:
        case "key":
            print(public_pem(public_bytes(signing_key(engine()))).decode(), end="")
        case "checkpoint":
            _checkpoint(given.lang)
        case _:
            _proof(given)
    return HOLDS


def _checkpoint(language: str) -> None:
    made = make(engine())
    newest = made or newest_checkpoint()
    if newest is None:
        raise InputError("The audit trail has no entry yet.")
    print(as_line(newest))
    where = second_place(engine())
    print(translate("Also kept in {place}.", language, place=where), file=sys.stderr)


def _proof(given: argparse.Namespace) -> None:
    if given.output:
        require_writable(given.output)
    text = json.dumps(proof_of(engine(), given.seq), ensure_ascii=False, indent=1)
    if given.output is None:
        print(text)
        return
    with replaced(given.output) as beside:
        beside.write_text(f"{text}\n", "utf-8")


def trace(given: argparse.Namespace) -> int:
    """Tell who exported what."""
    found = traced(given.code)
    if found is None:
        raise InputError("No entry has this code.")
    print(
        translate(
            "Entry {seq}: {who} ({account}), {at} UTC, {act}: {subject}, class {data_class}.",
            given.lang,
            seq=found.seq,
            who=found.who,
            account=found.account or "-",
            at=found.at[:19].replace("T", " "),
            act=translate(audit.ACTS.get(found.act, found.act), given.lang),
            subject=found.subject,
            data_class=found.data_class,
        )
    )
    for name, value in found.detail.items():
        print(f"  {name}: {value}")
    return HOLDS


# ---------------------------------------------------------------- verify


def verify_trail(given: argparse.Namespace) -> int:
    """Check the whole trail; return 0 when it is whole, 1 when a row is not."""
    verdict = check_store(engine(), checkpoints=given.checkpoints, public=given.key)
    if given.json:
        print(_json(verdict, given.lang))
    else:
        _print(verdict, given.lang)
    return HOLDS if verdict.whole else FAULTY


def _print(verdict: Verdict, language: str) -> None:
    for fault in verdict.faults:
        print(translate(fault.template, language, **fault.values), file=sys.stderr)
    if not verdict.whole:
        return
    print(translate("The audit trail is whole: {n} entries.", language, n=f"{verdict.entries:,}"))
    if verdict.covered:
        sentence = (
            "{n} signed checkpoints hold; the newest, of {at}, covers entries up to {last}. "
            "Key {key}."
        )
        print(
            translate(
                sentence,
                language,
                n=verdict.checkpoints,
                at=verdict.signed,
                last=verdict.covered,
                key=verdict.key,
            )
        )
    else:
        print(translate("Nothing of it has been signed yet.", language))
    if len(verdict.keys) > 1:
        print(
            translate(
                "The signing key was replaced: older checkpoints are signed by {keys}.",
                language,
                keys=", ".join(verdict.keys[:-1]),
            )
        )


def _json(verdict: Verdict, language: str) -> str:
    found: dict[str, Any] = {
        "whole": verdict.whole,
        "entries": verdict.entries,
        "last": verdict.last,
        "whole_to": verdict.whole_to,
        "checkpoints": verdict.checkpoints,
        "covered": verdict.covered,
        "signed": verdict.signed or None,
        "key": verdict.key or None,
        "keys": list(verdict.keys),
        "faults": [
            {"entry": fault.seq, "fault": translate(fault.template, language, **fault.values)}
            for fault in verdict.faults
        ],
    }
    return json.dumps(found, ensure_ascii=False)


def verify_file(given: argparse.Namespace) -> int:
    """Check the proof of one entry, without any store; return 0 when it holds, 1 otherwise."""
    if len(given.files) != 1:
        raise InputError("Give one file: python -m cockpit verify proof FILE")
    trusted = read_public(given.key) if given.key else None
    try:
        proven = verify_proof(_read(given.files[0]), trusted)
    except ProofError as error:
        print(translate(error.template, given.lang, **error.values), file=sys.stderr)
        return FAULTY
    said = proven.entry
    print(
        translate(
            "The proof holds: entry {seq} of {size}, signed on {at} by the key {key}.",
            given.lang,
            seq=said["seq"],
            size=proven.size,
            at=proven.signed,
            key=proven.key,
        )
    )
    print(f"  {said['at']}  {said['who']}  {said['act']}  {said['subject']}  {said['data_class']}")
    if trusted is None:
        print(
            translate(
                "The key is the proof's own: compare its name with the one the office made known, "
                "or give it with --key.",
                given.lang,
            ),
            file=sys.stderr,
        )
    return HOLDS


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise DataFileError("{file} cannot be read.", file=path.name) from error
    except (ValueError, RecursionError) as error:
        raise InputError("This is no proof of an entry of an audit trail.") from error
    if not isinstance(found, dict):
        raise InputError("This is no proof of an entry of an audit trail.")
    return found
