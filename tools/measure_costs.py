"""Measures what an element of every activation and row function costs, and writes it into their tables.

The thread cost model (src/threads.c) multiplies these figures by the number of elements.  One thread, in cache, the
lower quartile of interleaved rounds: 32,768 elements of float32, for rows 32 of 1,024 of either type.  Run it on a
quiet machine:

    python tools/measure_costs.py                            # prints
    python tools/measure_costs.py --write                    # and writes src/activations.def, src/rows.c
    python tools/measure_costs.py --functions relu,softmax   # of these alone
"""

import argparse
import re
import time
from pathlib import Path

import numpy as np

import fastact as fa
from fastact._native import ROW_KINDS
from fastact.catalogue import ACTIVATIONS

SOURCE = Path(__file__).resolve().parent.parent / "src"
PARAMETERS = {row.name: row.parameters for row in ACTIVATIONS}
N, ROW, ROUNDS, CALLS = 32768, 1024, 60, 10
KINDS = "value", "derivative", "backward", "value and derivative"


def picoseconds(calls):
    """The time of each call per element, the calls taking turns: the lower quartile, as others only make it longer."""
    times = [[] for _ in calls]
    with fa.threads(1):
        for _ in range(ROUNDS):
            for call, found in zip(calls, times, strict=True):
                begin = time.perf_counter_ns()
                for _ in range(CALLS):
                    call()
                found.append((time.perf_counter_ns() - begin) * 1000 / (CALLS * N))
    return [float(np.percentile(found, 25)) for found in times]


def kinds_of(name, x, grad, out):
    """A call of every kind of an activation."""
    f = fa.activations[name]
    given = [p.example for p in PARAMETERS[name] if p.default is None]
    if np.isnan(f(x, *given)).any():
        x = fa.sigmoid(x)  # defined between 0 and 1
    backward = getattr(f.backward, "dx", f.backward)
    return [
        lambda: f(x, *given, out=out),
        lambda: f.derivative(x, *given, out=out),
        lambda: backward(grad, x, *given, out=out),
        lambda: f.value_and_derivative(x, *given),
    ]


def types_of(name, x, grad):
    """A call of a row function for float32 and for float64."""
    f = getattr(fa, name.removesuffix("_backward"))
    calls = []
    for dtype in "f4", "f8":
        rows, out = x.reshape(-1, ROW).astype(dtype), np.empty((N // ROW, ROW), dtype)
        slopes = grad.reshape(-1, ROW).astype(dtype)
        sums = f(rows) if "logsumexp" in name else out
        if name == "logsumexp_backward":
            given = sums, rows
        elif name.endswith("_backward"):
            given = slopes, f(rows)
        else:
            given = (rows,)
        run = f.backward if name.endswith("_backward") else f
        to = sums if name == "logsumexp" else out
        calls.append(lambda run=run, given=given, to=to: run(*given, out=to))
    return calls


def write(path, pattern, line, keep):
    """Puts `line(match)` for every match of the pattern into a source file, and prints those lines."""
    text = re.sub(pattern, line, path.read_text(), flags=re.M)
    print("\n".join(match[0].strip() for match in re.finditer(pattern, text, flags=re.M)))
    if keep:
        path.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the figures into the tables")
    parser.add_argument("--functions", help="some of them, with commas between")
    options = parser.parse_args()
    wanted = options.functions.split(",") if options.functions else [*fa.activations, *ROW_KINDS]
    if unknown := set(wanted) - {*fa.activations, *ROW_KINDS}:
        parser.error(f"no such function: {', '.join(sorted(unknown))}")

    x = (2 * np.random.default_rng(0).standard_normal(N)).astype(np.float32)
    grad, out = np.ones_like(x), np.empty_like(x)
    calls = {}
    for name in wanted:
        made = types_of(name, x, grad) if name in ROW_KINDS else kinds_of(name, x, grad, out)
        calls |= {(name, k): call for k, call in enumerate(made)}
    costs = dict(zip(calls, picoseconds(list(calls.values())), strict=True))

    def activation(match):
        if match[1] not in wanted:
            return match[0]
        figures = ", ".join(str(max(10, 10 * round(costs[match[1], k] / 10))) for k in range(len(KINDS)))
        return f"ACTIVATION({match[1]}, {match[2]}, {figures})"

    def row(match):
        if match[1] not in wanted:
            return match[0]
        return f"ROW({match[1]}, {match[2]}, {costs[match[1], 0] / 1e3:.2f}f, {costs[match[1], 1] / 1e3:.2f}f)"

    print(f"{fa.isa()}, picoseconds per element: {', '.join(KINDS)}")
    write(SOURCE / "activations.def", r"^ACTIVATION\((\w+), (\d+),[^)]*\)", activation, options.write)
    # the line that its example of a new activation stands behind
    guide = SOURCE.parent / "CONTRIBUTING.md"
    write(guide, r"(?<=^ )ACTIVATION\((\w+), (\d+),[^)]*\)", activation, options.write)
    print("nanoseconds per element of rows: passes, float32, float64")
    write(SOURCE / "rows.c", r"(?<=^    )ROW\((\w+), (\d+), [\d.]+f, [\d.]+f\)", row, options.write)


if __name__ == "__main__":
    main()
