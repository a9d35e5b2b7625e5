"""How fast float16 and bfloat16 are beside float32: nanoseconds of float32 an element and the rates of the two relative
to it, value | backward, in one thread, on 32,768 elements in cache.

    python tools/measure_halves.py [names...]        (FASTACT_ISA=avx2 for another instruction set)
"""

import statistics
import sys
import time

import ml_dtypes
import numpy as np

import fastact as fa
from fastact.catalogue import ACTIVATIONS

N, CALLS, ROUNDS = 32768, 41, 5
TYPES = [np.dtype(np.float32), np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)]


def nanoseconds(function, arrays, parameters, out):
    times = []
    for _ in range(CALLS):
        start = time.perf_counter_ns()
        function(*arrays, *parameters, out=out)
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times) / N


def rates(function, inputs, parameters):
    x = np.random.default_rng(0).standard_normal(N) * 2
    arrays = [x.astype(dtype) for dtype in TYPES]
    outs = [np.empty_like(a) for a in arrays]
    rounds = [
        [nanoseconds(function, [a] * inputs, parameters, out) for a, out in zip(arrays, outs, strict=True)]
        for _ in range(ROUNDS)
    ]
    single, *halves = (statistics.median(times) for times in zip(*rounds, strict=True))
    return f"{single:6.3f}" + "".join(f"{single / half:6.2f}" for half in halves)


if __name__ == "__main__":
    for row in ACTIVATIONS:
        if len(sys.argv) == 1 or row.name in sys.argv:
            parameters = [float(p.typical) for p in row.parameters]
            f = fa.activations[row.name]
            backward = getattr(f.backward, "dx", f.backward)
            with fa.threads(1):
                print(f"{row.name:16}", rates(f, 1, parameters), "|", rates(backward, 2, parameters), flush=True)
