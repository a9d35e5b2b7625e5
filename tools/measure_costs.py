"""Measures what an element of every activation costs and writes it into src/activations.def.

The thread cost model (src/threads.c) multiplies these figures by the number of elements.  One thread, float32,
32,768 elements in cache, the median of interleaved rounds; run it on a quiet machine:

    python tools/measure_costs.py          # prints
    python tools/measure_costs.py --write  # and writes activations.def
"""

import argparse
import re
import time
from pathlib import Path

import numpy as np

import fastact as fa
from fastact.catalogue import ACTIVATIONS

TABLE = Path(__file__).resolve().parent.parent / "src" / "activations.def"
ROWS = {row.name: row for row in ACTIVATIONS}
N, ROUNDS, CALLS = 32768, 60, 10


def picoseconds(calls):
    """The median time of each call per element, the calls taking turns."""
    times = [[] for _ in calls]
    for _ in range(ROUNDS):
        for call, found in zip(calls, times, strict=True):
            begin = time.perf_counter_ns()
            for _ in range(CALLS):
                call()
            found.append((time.perf_counter_ns() - begin) * 1000 / (CALLS * N))
    return [float(np.median(found)) for found in times]


def measure():
    rng = np.random.default_rng(0)
    x = (2 * rng.standard_normal(N)).astype(np.float32)
    grad, out = np.ones_like(x), np.empty_like(x)
    calls, keys = [], []
    for name, f in fa.activations.items():
        keys += [(name, kind) for kind in range(4)]
        given = [p.typical for p in ROWS[name].parameters]
        backward = getattr(f.backward, "dx", f.backward)
        calls += [
            lambda f=f, given=given: f(x, *given, out=out),
            lambda f=f, given=given: f.derivative(x, *given, out=out),
            lambda f=backward, given=given: f(grad, x, *given, out=out),
            lambda f=f, given=given: f.value_and_derivative(x, *given),
        ]
    with fa.threads(1):
        return dict(zip(keys, picoseconds(calls), strict=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the figures into src/activations.def")
    write = parser.parse_args().write
    costs = measure()

    def line(match):
        name, parameters = match[1], match[2]
        figures = ", ".join(str(max(10, 10 * round(costs[name, kind] / 10))) for kind in range(4))
        return f"ACTIVATION({name}, {parameters}, {figures})"

    text = re.sub(r"^ACTIVATION\((\w+), (\d+),[^)]*\)", line, TABLE.read_text(), flags=re.M)
    print(f"{fa.isa()}, picoseconds per element: value, derivative, backward, value and derivative")
    print("\n".join(text for text in text.splitlines() if text.startswith("ACTIVATION")))
    if write:
        TABLE.write_text(text)


if __name__ == "__main__":
    main()
