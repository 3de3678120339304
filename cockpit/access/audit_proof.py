"""The proof that one entry stands in the signed trail; verified without any store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from cockpit.access import audit_checkpoints as checkpoints
from cockpit.access.audit_chain import canonical, hash_of, leaf_of
from cockpit.access.audit_checkpoints import Checkpoint
from cockpit.access.audit_keys import key_id, known_keys
from cockpit.access.audit_tree import included, path_of
from cockpit.store.models_audit import AuditEntry
from cockpit.store.session import require_table
from geodata.errors import CockpitError, InputError

FORMAT = "cockpit audit proof 1"


class ProofError(CockpitError):
    """The proof does not prove its entry."""


def proof_of(engine: Engine, seq: int) -> dict[str, Any]:
    """
    Return the proof of an entry as plain JSON: entry, path, checkpoint, signature, public key.

    A checkpoint is made first when none covers the entry yet.

    Raises
    ------
    InputError
        If there is no such entry.
    CheckpointError
        If the trail does not go on from its last checkpoint.
    ProofError
        If the public key of the checkpoint is lost.
    """
    covering = _covering(engine, seq)
    if covering is None:
        checkpoints.make(engine)
        covering = _covering(engine, seq)
    with Session(engine) as db:
        entry = AuditEntry
        row = db.execute(
            select(entry.payload, entry.previous, entry.hash).where(entry.seq == seq)
        ).first()
        if row is None or covering is None:
            raise InputError("There is no entry {seq}.", seq=seq)
        sealed = db.execute(
            select(entry.seq, entry.hash).where(entry.seq <= covering.size).order_by(entry.seq)
        ).all()
    index = next(i for i, one in enumerate(sealed) if one.seq == seq)
    path = path_of([leaf_of(one.hash) for one in sealed], index)
    return {
        "format": FORMAT,
        "entry": json.loads(row.payload),
        "previous": row.previous,
        "hash": row.hash,
        "index": index,
        "path": [step.hex() for step in path],
        "checkpoint": dict(covering.body),
        "signature": covering.signature,
        "public_key": _key_of(engine, covering).hex(),
    }


def _key_of(engine: Engine, signed: Checkpoint) -> bytes:
    """Return the public key that signed a checkpoint: it may be older than the one in use."""
    try:
        return known_keys(engine)[signed.key]
    except KeyError:
        raise ProofError(
            "The public key {key} that signed the checkpoint is not kept any more.", key=signed.key
        ) from None


def _covering(engine: Engine, seq: int) -> Checkpoint | None:
    with Session(engine) as db:
        require_table(db, AuditEntry.__tablename__)
        return next((one for one in checkpoints.in_store(db) if one.size >= seq), None)


@dataclass(frozen=True)
class Proven:
    """What a proof proves."""

    entry: Mapping[str, Any]
    size: int  # entries the checkpoint covers
    signed: str  # when, UTC
    key: str  # id of the key


def verify_proof(proof: Mapping[str, Any], public: bytes | None = None) -> Proven:
    """
    Check a proof; ``public`` is the key that one trusts, else the proof's own.

    Nothing but the proof is looked at: the entry's text gives its hash, hash and path give the
    root, and the root was signed.

    Raises
    ------
    InputError
        If it is no proof.
    ProofError
        If something in it was changed, or another key signed it.
    """
    try:
        if proof["format"] != FORMAT:
            raise ValueError
        key = public if public is not None else bytes.fromhex(proof["public_key"])
        head = Checkpoint(dict(proof["checkpoint"]), str(proof["signature"]))
        entry, sealed = dict(proof["entry"]), str(proof["hash"])
        path = [bytes.fromhex(step) for step in proof["path"]]
        index, leaf, root = int(proof["index"]), leaf_of(sealed), bytes.fromhex(head.body["root"])
        told = hash_of(str(proof["previous"]), canonical(entry))
        size, signed = head.size, head.at
        stands = included(leaf, index, head.count, path, root)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise InputError("This is no proof of an entry of an audit trail.") from error
    if told != sealed:
        raise ProofError("The entry was changed: its hash does not fit its text.")
    if not head.is_signed(key):
        raise ProofError("The checkpoint is not signed by the key {key}.", key=key_id(key))
    if not stands:
        raise ProofError("The path does not lead from the entry to the signed root.")
    return Proven(entry, size, signed, key_id(key))
