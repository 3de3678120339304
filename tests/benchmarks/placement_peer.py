"""Placement by spopt with HiGHS and by pbp-pmedian: a program of its own, see requirements.txt.

Run by bench_placement with the Python of the benchmarks' own environment:
    python placement_peer.py problem.npz spopt-median|spopt-mclp|pbp
"""

import sys
import time

import numpy as np


def main() -> None:
    """Print seconds of the processor to build and to solve, and the objective."""
    data = np.load(sys.argv[1])
    p, reach = int(data["p"]), float(data["reach"])
    print(*PEERS[sys.argv[2]](data["cost"], data["weights"], p, reach))


def spopt_median(cost, weights, p, reach):
    """Minimise person-minutes."""
    import pulp
    from spopt.locate import PMedian

    start = time.process_time()
    model = PMedian.from_cost_matrix(cost, weights, p_facilities=p)
    built = time.process_time() - start
    start = time.process_time()
    model = model.solve(pulp.HiGHS(msg=False))
    return built, time.process_time() - start, pulp.value(model.problem.objective)


def spopt_mclp(cost, weights, p, reach):
    """Maximise people within reach."""
    import pulp
    from spopt.locate import MCLP

    start = time.process_time()
    model = MCLP.from_cost_matrix(cost, weights, reach, p_facilities=p)
    built = time.process_time() - start
    start = time.process_time()
    model = model.solve(pulp.HiGHS(msg=False))
    return built, time.process_time() - start, pulp.value(model.problem.objective)


def pbp(cost, weights, p, reach):
    """Minimise person-minutes."""
    from pbp_pmedian import solve

    start = time.process_time()
    value = solve((cost * weights[:, np.newaxis]).T, p)[0]
    return 0.0, time.process_time() - start, value


PEERS = {"spopt-median": spopt_median, "spopt-mclp": spopt_mclp, "pbp": pbp}

if __name__ == "__main__":
    main()
