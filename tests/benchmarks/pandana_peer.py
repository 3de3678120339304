"""Travel times by pandana, a program of its own: see requirements.txt beside it.

Run by bench_travel_times with the Python of the benchmarks' own environment:
    python pandana_peer.py arcs.npz times.npy
"""

import sys
import time

import numpy as np
import pandana
import pandas as pd


def main() -> None:
    """Print seconds to build and to answer; write the seconds of all pairs."""
    data = np.load(sys.argv[1])
    start = time.perf_counter()
    network = pandana.Network(
        pd.Series(data["lonlat"][:, 0]),
        pd.Series(data["lonlat"][:, 1]),
        pd.Series(data["tail"]),
        pd.Series(data["head"]),
        pd.DataFrame({"seconds": data["seconds"]}),
        twoway=False,
    )
    built = time.perf_counter() - start
    origins, destinations = data["origins"], data["destinations"]
    start, busy = time.perf_counter(), time.process_time()
    found = network.shortest_path_lengths(
        np.repeat(origins, len(destinations)).tolist(),
        np.tile(destinations, len(origins)).tolist(),
    )
    took = min(time.perf_counter() - start, time.process_time() - busy)
    np.save(sys.argv[2], np.asarray(found).reshape(len(origins), len(destinations)))
    print(built, took)


if __name__ == "__main__":
    main()
