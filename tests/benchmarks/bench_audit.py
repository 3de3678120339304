"""How fast the audit trail is written and verified: ``python -m tests.benchmarks.bench_audit``."""

from __future__ import annotations

import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, insert, update
from sqlalchemy.orm import Session

from cockpit.access import audit
from cockpit.access.audit_chain import canonical, hash_of
from cockpit.access.audit_checkpoints import make
from cockpit.access.audit_proof import proof_of, verify_proof
from cockpit.access.audit_verify import check_store
from cockpit.access.visitor import Visitor
from cockpit.store.models import Base
from cockpit.store.models_audit import FIRST, AuditEntry, AuditHead
from cockpit.store.session import open_engine

N, RUNS = 100_000, 5
ASKED_VERIFY_S, ASKED_KNOWN_MS = 1.0, 0.1
WHO = Visitor(
    account="li.hua", name="李华", roles=("planner", "steward"), clearance="敏感",
    session="0123456789abcdef0123456789abcdef", purpose="核对独居老人探访名单",
)  # fmt: skip


def fill(engine: Engine, n: int) -> None:
    """Write n entries as ``audit.record`` does, in few transactions."""
    Base.metadata.create_all(engine)
    previous, rows = FIRST, []
    start = dt.datetime(2026, 1, 1)
    for seq in range(1, n + 1):
        at = (start + dt.timedelta(seconds=97 * seq)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        told = {
            "at": at, "who": WHO.name, "account": WHO.account, "session_id": WHO.session,
            "roles": ",".join(WHO.roles), "act": "read", "subject": f"layer/vulnerable/{seq % 300}",
            "data_class": "敏感",
        }  # fmt: skip
        detail = {"purpose": WHO.purpose, "page": "map"}
        payload = canonical({"seq": seq, **told, "detail": detail})
        sealed = hash_of(previous, payload)
        rows.append({**told, "seq": seq, "payload": payload, "previous": previous, "hash": sealed})
        previous = sealed
    with engine.begin() as connection:
        connection.execute(insert(AuditEntry), rows)
        connection.execute(update(AuditHead).values(seq=n, hash=previous))


def median_of(what: Callable[[], object], runs: int = RUNS) -> float:
    """Return the median of the process time of some runs, in seconds."""
    took = []
    for _ in range(runs):
        began = time.process_time()
        what()
        took.append(time.process_time() - began)
    return statistics.median(took)


def main() -> None:
    """Print what is asked and what was measured."""
    with tempfile.TemporaryDirectory() as name:
        engine = open_engine(f"sqlite:///{Path(name) / 'data' / 'county.sqlite'}")
        fill(engine, N)
        make(engine)
        assert check_store(engine).whole
        took = median_of(lambda: check_store(engine))
        print(f"verify {N:,} entries: asked {ASKED_VERIFY_S} s, measured {took:.2f} s")
        print(f"proof of one of {N:,}: {median_of(lambda: proof_of(engine, 777)):.2f} s")
        proof = proof_of(engine, 777)
        print(f"verify a proof: {median_of(lambda: verify_proof(proof)) * 1e3:.2f} ms")
        write = median_of(lambda: one(engine), 51)
        print(f"write an entry: {write * 1e3:.2f} ms")
        audit._known[(WHO.session, "layer", "敏感")] = time.monotonic() + 99
        known = median_of(lambda: [read() for _ in range(1_000)])  # ms of one: s of 1,000
        print(f"read again what is known: asked {ASKED_KNOWN_MS} ms, measured {known:.4f} ms")
        engine.dispose()


def one(engine: Engine) -> None:
    """Write one entry in a transaction of its own."""
    with Session(engine) as db:
        audit.record(db, WHO, "export", "table/vulnerable.csv", data_class="敏感")
        db.commit()


def read() -> None:
    """Look at a layer once more."""
    audit.read_once(WHO, "layer", data_class="敏感")


if __name__ == "__main__":
    main()
