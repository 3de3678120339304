"""Time sealed texts. Run: python -m tests.benchmarks.bench_sealing"""

from __future__ import annotations

import os
from collections.abc import Callable
from statistics import median
from time import process_time

from cockpit.access.sealing import Key, new_key, open_values, seal_values

SIZES = (12_000, 60_000)
ASKED_S = {12_000: 0.5, 60_000: 1.0}  # of one core, to open
TEXT = "群众来电反映村口道路坑洼积水，老人出行不便，希望尽快修补。" * 3


def _seconds(work: Callable[[], object], runs: int = 5) -> float:
    """Return the median processor time of some runs."""
    took = []
    for _ in range(runs):
        start = process_time()
        work()
        took.append(process_time() - start)
    return median(took)


def _alone(key: Key, n: int) -> None:
    """Encrypt as often with nothing around it: what the cipher and the binding of it cost."""
    nonce, plain = os.urandom(12), TEXT.encode()
    for _ in range(n):
        key.aead.encrypt(nonce, plain, b"event\x1ftext\x1f1")


def main() -> None:
    """Print one line a cipher and size."""
    for cipher in ("aes", "sm4"):
        key = new_key(cipher)
        for n in SIZES:
            rows = [f"events:{k}" for k in range(n)]
            texts: list[str | None] = [TEXT] * n
            values = seal_values(key, "event", "text", rows, texts)
            seal = _seconds(lambda: seal_values(key, "event", "text", rows, texts))  # noqa: B023
            opened = _seconds(
                lambda: open_values(lambda _: key, "event", "text", rows, values)  # noqa: B023
            )
            alone = _seconds(lambda: _alone(key, n))  # noqa: B023
            print(
                f"{cipher} {n:>6} texts of {len(TEXT)} characters: seal {seal:5.2f} s, open "
                f"{opened:5.2f} s (asked: {ASKED_S[n]} s to open); cipher alone {alone:5.2f} s"
            )


if __name__ == "__main__":
    main()
