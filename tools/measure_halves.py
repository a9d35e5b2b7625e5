"""How fast float16 and bfloat16 are beside float32: nanoseconds of float32 an element and the rates of the two relative
to it, value | derivative | backward, in one thread, on 32,768 elements in cache; at the end how many are no slower.

    python tools/measure_halves.py [names...]        (FASTACT_ISA=avx2 for another instruction set)
"""

import statistics
import sys
import time

import ml_dtypes
import numpy as np

import fastact as fa
from fastact.catalogue import ACTIVATIONS

N, CALLS = 32768, 101
TYPES = [np.dtype(np.float32), np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)]


def aligned(values):
    """A copy that begins a page."""
    room = np.empty(values.nbytes + 4096, np.uint8)
    start = -room.ctypes.data % 4096
    copy = room[start : start + values.nbytes].view(values.dtype)
    copy[:] = values
    return copy


def rates(function, inputs, parameters):
    """The types take turns call by call: a processor that changes its speed changes it for all."""
    numbers = np.random.default_rng(0).standard_normal((inputs, N)) * 2
    arrays = [[aligned(row.astype(dtype)) for row in numbers] for dtype in TYPES]
    outs = [aligned(np.empty(N, dtype)) for dtype in TYPES]
    times = [[] for _ in TYPES]
    for _ in range(CALLS):
        for a, out, taken in zip(arrays, outs, times, strict=True):
            start = time.perf_counter_ns()
            function(*a, *parameters, out=out)
            taken.append(time.perf_counter_ns() - start)
    single, *halves = (statistics.median(taken) / N for taken in times)
    return single, *(single / half for half in halves)


if __name__ == "__main__":
    reached = np.zeros((3, 2), int)
    rows = [row for row in ACTIVATIONS if len(sys.argv) == 1 or row.name in sys.argv]
    for row in rows:
        parameters = [float(p.typical) for p in row.parameters]
        f = fa.activations[row.name]
        backward = getattr(f.backward, "dx", f.backward)
        with fa.threads(1):
            found = [rates(f, 1, parameters), rates(f.derivative, 1, parameters), rates(backward, 2, parameters)]
        reached += [[rate >= 1 for rate in kind[1:]] for kind in found]
        print(f"{row.name:16}", " | ".join("{:6.3f} {:5.2f} {:5.2f}".format(*kind) for kind in found), flush=True)
    print(f"{'at least 1':16}", " | ".join("       {:5} {:5}".format(*kind) for kind in reached), f"of {len(rows)}")
