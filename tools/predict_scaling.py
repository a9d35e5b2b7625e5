"""Writes docs/scaling.md: what the thread cost model predicts for more cores, and how that fits what is measured here.

The predictions are those of the compiled module (src/threads.c), which decides with them; the measurements take about
20 seconds on a quiet machine of two processors or more:

    python tools/predict_scaling.py > docs/scaling.md
"""

import platform
import re
import time
from pathlib import Path

import numpy as np

import fastact as fa
from fastact import _native

MACHINE = Path(__file__).resolve().parent.parent / "src" / "machine.h"
FUNCTIONS = "relu", "exp", "gelu", "softmax"
SIZES = 1 << 10, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24, 1 << 26
CORES = 2, 8, 32, 128
ROW = 1024


def size_name(n):
    return f"{n >> 20} Mi" if n >= 1 << 20 else f"{n >> 10} Ki"


def work(name, n):
    """Picoseconds on one core with its data in cache, and bytes, of float32 with `out=`."""
    return _native.costs()[name][0] * n, 8.0 * n


def team(name, n, cores, awake):
    """The team, and its time over one thread's."""
    count = _native.team_worth(*work(name, n), cores, awake)
    return count, _native.team_time(*work(name, n), 1, awake) / _native.team_time(*work(name, n), count, awake)


def predictions(awake):
    lines = ["| | elements | " + " | ".join(f"{cores} cores" for cores in CORES) + " |"]
    lines.append("| --- | ---: |" + " ---: |" * len(CORES))
    for name in FUNCTIONS:
        for n in SIZES:
            cells = [team(name, n, cores, awake) for cores in CORES]
            if cells[-1][0] > 1 or n == SIZES[0]:
                told = ["1 thread" if count == 1 else f"{count}: {gain:.1f}" for count, gain in cells]
                lines.append(f"| {name} | {size_name(n)} | " + " | ".join(told) + " |")
    return "\n".join(lines)


def measure(name, n):
    """Nanoseconds an element by one thread and by two, in turns: lower quartiles, as others only make it longer."""
    x = (2 * np.random.default_rng(0).standard_normal(n)).astype(np.float32)
    if name == "softmax":
        x = x.reshape(-1, ROW)
    out, f = np.empty_like(x), getattr(fa, name)
    calls, times = max(1, (1 << 18) // n), {1: [], 2: []}
    for _ in range(41 if n < 1 << 24 else 9):
        for count, found in times.items():
            before = _native.force_team(count)
            f(x, out=out)
            begin = time.perf_counter_ns()
            for _ in range(calls):
                f(x, out=out)
            found.append((time.perf_counter_ns() - begin) / calls / n)
            _native.force_team(before)
    return [float(np.percentile(found, 25)) for found in times.values()]


def check():
    lines = ["| | elements | 1 thread | predicted | 2 threads | predicted | gain | predicted |"]
    lines.append("| --- | ---: |" + " ---: |" * 6)
    errors = []
    for name in FUNCTIONS:
        for n in SIZES[1:]:
            measured = measure(name, n)
            predicted = [_native.team_time(*work(name, n), count, True) / n / 1e3 for count in (1, 2)]
            error = [p / m - 1 for p, m in zip(predicted, measured, strict=True)]
            errors += error
            times = " | ".join(
                f"{m:.3f} | {p:.3f} ({100 * e:+.0f} %)" for m, p, e in zip(measured, predicted, error, strict=True)
            )
            gains = f"{measured[0] / measured[1]:.2f} | {predicted[0] / predicted[1]:.2f}"
            lines.append(f"| {name} | {size_name(n)} | {times} | {gains} |")
    sizes = np.abs(errors)
    return "\n".join(lines), f"{100 * np.median(sizes):.0f} %", f"{100 * np.max(sizes):.0f} %"


def constants():
    of = {name: float(value) for name, value in re.findall(r"#define FA_(\w+) (\S+)", MACHINE.read_text())}
    memory, shared = 1e3 / of["MEMORY_BYTE"], 1e3 / of["SHARED_BYTE"]
    launch = f"{of['LAUNCH_WARM'] / 1e6:.1f} µs, asleep {of['LAUNCH_COLD'] / 1e6:.0f} µs"
    served = f"{of['MEMORY_TEAM']:.0f} cores, {of['MEMORY_TEAM'] * memory:.0f} GB/s"
    return f"""\
| | | |
| --- | ---: | --- |
| launch of two threads | {launch} | measured |
| each further thread | {of["LAUNCH_EACH"] / 1e6:.1f} µs | assumed: two cores cannot tell |
| a core's caches hold | {of["CACHED_BYTES"] / 1e6:.1f} MB | three quarters of them; their traffic is part of the work |
| the shared cache holds | {of["SHARED_BYTES"] / 1e6:.0f} MB | measured: where one core's bandwidth falls |
| it gives | {shared:.0f} GB/s a core | measured; it grows with the cores, as the slices of this cache do |
| memory gives | {memory:.0f} GB/s a core | measured |
| it serves | {served} | assumed, as two cores do not saturate it |

Bandwidths count what a function reads and writes. That of memory is for results that are written past the cache; those
of rows are not, and lines that are fetched before they are written make them take twice as long. The assumption for
memory is far within what a server's socket has: eight channels of DDR5-4800, of 8 bytes each, are 307 GB/s at most. On
a machine with two channels the memory serves three cores or so: `tools/measure_threads.c` tells."""


def main():
    warm, cold, (table, middle, largest) = predictions(True), predictions(False), check()
    saturated = team("relu", 1 << 26, 1000, True)[0]
    small, gain = team("gelu", 1 << 16, 128, True)
    print(f"""\
# Scaling

What the thread cost model predicts for more cores than two, and how it fits what one and two threads take. Printed by
`tools/predict_scaling.py`, which asks the model that the module decides with (`src/threads.c`, with the costs per
element in `src/activations.def` and `src/rows.c` and the figures in `src/machine.h`; `tools/measure_costs.py` and
`tools/measure_threads.c` write those, here or elsewhere). float32 with `out=`; softmax over rows of {ROW:,}.

## The model

One thread takes the greater of its work and its memory traffic. A team takes a launch, and then the greater of its
share of the work and of the traffic. It is chosen so that each thread has work for 6 µs (50 µs where the pool sleeps),
that the last thread saves more than its part in the launch costs, and that none merely waits for the memory. The model
knows no NUMA, no clock that falls as more cores compute, and no neighbours.

{constants()}

## Prediction

How many threads a call would use, and how many times as fast as one thread it would be. Sizes that no number of cores
would split are left out, but for the first.

Calls in a row, the pool awake:

{warm}

A single call, the pool asleep:

{cold}

What moves memory alone ends at {saturated} threads beyond the shared cache; inside it, and where the work is the
greater part, all cores are used. At the other end the launch decides: gelu of 65,536 elements has use for {small}
threads, with which it is {gain:.1f} times as fast, and no more of them would help it.

## Check

Nanoseconds an element, {platform.system()} {platform.machine()}, {_native.isa}, {fa.get_num_threads()} processors.
Teams are forced here, so that sizes are checked too that the model leaves to one thread. The error of the prediction is
{middle} in the median and {largest} at most. The machine is shared: its clock, and what others leave of the memory,
differ by a third from one minute to the next. Two cores that compute at once are not quite as fast as one alone.

{table}""")


if __name__ == "__main__":
    main()
