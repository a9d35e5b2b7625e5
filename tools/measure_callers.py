"""What several Python threads get done that call without pause, against the same with one thread each.

    python tools/measure_callers.py [function [callers]]

"helpers" is what the threads of OpenMP took of all processor time; more callers than processors leave none to them.
"""

import os
import sys
import threading
import time

import numpy as np

import fastact as fa

N, SECONDS, ROUNDS = 1 << 20, 0.5, 5


def processor_time():
    """Milliseconds by thread."""
    times = {}
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/schedstat") as file:
            times[int(task)] = int(file.read().split()[0]) / 1e6
    return times


def run(f, callers, limit):
    """Elements in 1e9 a second of all callers, and the helpers' share of the processor time."""
    gate = threading.Barrier(callers + 1)
    counts, ids = [0] * callers, {threading.get_native_id()}

    def call(k):
        ids.add(threading.get_native_id())
        x = np.random.default_rng(k).standard_normal(N).astype(np.float32)
        out = np.empty_like(x)
        with fa.threads(limit):
            f(x, out=out)
            gate.wait()
            end = time.perf_counter() + SECONDS
            while time.perf_counter() < end:
                f(x, out=out)
                counts[k] += 1
        gate.wait()
        gate.wait()

    threads = [threading.Thread(target=call, args=(k,)) for k in range(callers)]
    for thread in threads:
        thread.start()
    gate.wait()
    before = processor_time()
    gate.wait()
    used = {task: spent - before.get(task, 0) for task, spent in processor_time().items()}
    gate.wait()
    for thread in threads:
        thread.join()
    helpers = sum(spent for task, spent in used.items() if task not in ids)
    return sum(counts) * N / SECONDS / 1e9, helpers / sum(used.values())


def main():
    name, callers = (sys.argv[1:] + ["relu", "2"][len(sys.argv) - 1 :])[:2]
    cases = {"one, alone": (1, 1), "one, a team": (1, 1000), "all, alone": (int(callers), 1)}
    cases["all, sharing"] = (int(callers), 1000)
    found = {case: [] for case in cases}
    for _ in range(ROUNDS):
        for case, given in cases.items():
            found[case].append(run(getattr(fa, name), *given))
    for case, runs in found.items():
        rate, helpers = np.median(runs, axis=0)
        print(f"{case:14} {rate:6.2f} e9 elements/s, helpers {100 * helpers:3.0f} %")


if __name__ == "__main__":
    main()
