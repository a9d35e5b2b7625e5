"""Measures what the pool of results and the stores past the cache gain: the figures behind src/memory.c.

Nanoseconds per float32 element, medians of rounds in which the ways take turns, each warmed up; run it on a quiet
machine with a C compiler:

    python tools/measure_memory.py [--mi 1,4,16,64] [--threads 1,2] [--functions relu,exp,tanh,gelu] [--pipeline]

    cache      out= of 16 Ki elements again and again
    copy       the fastest of plain and streaming copies (benchmarks/arena/limit.c)
    out        out=, stored plainly         past       out=, past the cache         mix     out= as it is chosen
    new        a new result in a loop       no pool    the same without the pool    plain   the same, stored plainly
    --pipeline adds relu(x, out=y); exp(y, out=y), the first of them plainly and past the cache.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np

import fastact as fa
from fastact import _native

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
NEVER = 1 << 62


def seconds(call, calls):
    for _ in range(3 + calls // 4):  # the third new result is the first in used memory
        call()
    begin = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - begin) / calls


def measure(ways, calls, rounds):
    """Every way is (least to store past the cache, limit of the pool, what to call)."""
    found = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (least, limit, call) in ways.items():
            before = _native.set_stream_least(least)
            fa.set_pool_limit(limit)
            found[name].append(seconds(call, calls))
            _native.set_stream_least(before)
    fa.set_pool_limit(None)
    return {name: statistics.median(times) for name, times in found.items()}


def copies(x, out, threads):
    from benchmarks.arena.contenders import Limit

    limit = Limit()
    limit.start(threads)
    timer, _ = limit.call({"repeat": 1, "cold": True}, {"x": x, "o": out})
    return lambda: timer.timeit(1)


def ways_of(f, x, out, copy, chosen):
    held, few = [], slice(1 << 14)

    def cached():
        for _ in range(x.size >> 14):
            f(x[few], out=out[few])

    def new():
        held[:] = [f(x)]

    def given():
        f(x, out=out)

    return {
        "cache": (chosen, None, cached),
        "copy": (chosen, None, copy),
        "out": (NEVER, None, given),
        "past": (0, None, given),
        "mix": (chosen, None, given),
        "new": (chosen, None, new),
        "plain": (NEVER, None, new),
        "no pool": (NEVER, 0, new),
    }


def pipelines(x, out):
    def two(least):
        _native.set_stream_least(least)
        fa.relu(x, out=out)
        fa.exp(out, out=out)

    return {"out": (0, None, lambda: two(NEVER)), "past": (0, None, lambda: two(0))}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mi", default="1,4,16,64", help="sizes in Mi elements")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--functions", default="relu,exp,tanh,gelu")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pipeline", action="store_true")
    options = parser.parse_args()
    chosen = _native.set_stream_least(NEVER)
    _native.set_stream_least(chosen)
    for mi in map(int, options.mi.split(",")):
        n, calls = mi << 20, max(1, 16 // mi)
        x = np.resize(np.random.default_rng(0).normal(0, 2, 1 << 20).astype(np.float32), n)
        out = np.zeros_like(x)
        for threads in map(int, options.threads.split(",")):
            copy = copies(x, out, threads)
            with fa.threads(threads):
                for name in filter(None, options.functions.split(",")):
                    ways = ways_of(fa.get(name), x, out, copy, chosen)
                    show(name, mi, threads, measure(ways, calls, options.rounds), n)
                if options.pipeline:
                    show("relu, exp in place", mi, threads, measure(pipelines(x, out), calls, options.rounds), n)


def show(name, mi, threads, times, n):
    print(
        f"{name:8s} {mi:3d} Mi {threads} threads: " + "  ".join(f"{w} {t / n * 1e9:.3f}" for w, t in times.items()),
        flush=True,
    )


if __name__ == "__main__":
    main()
