"""The contest: processes, rounds, and what comes of it as a dictionary that goes to JSON.

A contender that waits for its turn is stopped by a signal: threads that spin in the hope of more work cost the
others nothing.
"""

import contextlib
import datetime
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from . import errors
from .contenders import AVX2, NOT_HELD, environment

ROOT = Path(__file__).parents[2]
SIZES = [16, 1 << 10, 1 << 15, 1 << 20, 1 << 24]
DTYPES = ["float32", "float64", "float16", "bfloat16"]
KINDS = ["elementwise", "backward", "rows"]
ROW_SHAPES = [(1, 10), (4096, 10), (100000, 10), (4096, 64), (4096, 1000), (64, 50257), (1, 10**6)]
COLUMN_SHAPES = [(64, 8192), (1000, 1000), (128, 256)]
ROW_FUNCTIONS = ["softmax", "log_softmax"]
LONGEST = 20  # seconds for a cell; one that takes longer has fewer rounds, at least 3


def cells(kinds, functions, sizes, dtypes, threads, results, largest_rows):
    """What is to be timed; the limit first."""
    made = []
    for size in sizes:
        repeat = max(1, (1 << 20) // (4 * size))
        made.append({"kind": "copy", "function": "copy", "dtype": "float32", "shape": [size], "repeat": repeat})
    for kind in kinds:
        for dtype in dtypes:
            if kind == "rows":
                shapes = [(shape, -1) for shape in ROW_SHAPES] + [(shape, 0) for shape in COLUMN_SHAPES]
                shapes = [(shape, axis) for shape, axis in shapes if shape[0] * shape[1] <= largest_rows]
                for function in ROW_FUNCTIONS:
                    if function in functions:
                        made += [
                            {"kind": kind, "function": function, "dtype": dtype, "shape": list(shape), "axis": axis}
                            for shape, axis in shapes
                        ]
                continue
            for name in functions:
                if name in errors.ROWS:
                    row = errors.ROWS[name]
                    parameters = [p.typical for p in row.parameters]
                    given = {p.name: p.typical for p in row.parameters if p.default is None}
                    made += [
                        {
                            "kind": kind,
                            "function": name,
                            "dtype": dtype,
                            "shape": [size],
                            "parameters": parameters,
                            "given": given,
                        }
                        for size in sizes
                    ]
    for cell in made:
        outs = [True] if cell["kind"] == "copy" else [result == "out" for result in results]
        for out in outs:
            yield {"parameters": [], "given": {}, "axis": None, **cell, "out": out, "threads": threads}


class Process:
    def __init__(self, name, threads, isa):
        self.name = name
        settings = environment(threads, isa)
        settings["PYTHONPATH"] = os.pathsep.join([str(ROOT), settings.get("PYTHONPATH", "")])
        command = [sys.executable, "-m", "benchmarks.arena.worker", name, str(threads)]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=settings,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, *request):
        """The answer; the process runs only until it is there."""
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            return {"refused": "the process ended"}
        self.process.send_signal(signal.SIGSTOP)
        return json.loads(line)

    def end(self):
        with contextlib.suppress(ProcessLookupError, BrokenPipeError):
            self.process.send_signal(signal.SIGCONT)
            self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Contest:
    def __init__(self, peers, isa, rounds, stride):
        self.names = ["fastact", *peers, "limit"]
        self.isa, self.rounds, self.stride = isa, rounds, stride
        self.versions, self.missing = {}, {}
        if isa == "avx2":
            self.missing = {name: "cannot be held to AVX2" for name in peers if name in NOT_HELD}
        self.errors = {}  # what was measured once for all sizes and threads, by contender and kind
        self.refused = {}  # (contender, function and so on): why

    def start(self, threads):
        self.processes = []
        for name in self.names:
            if name not in self.missing:
                process = Process(name, threads, self.isa)
                answer = process.ask("version")
                if "answer" in answer:
                    self.versions[name] = answer["answer"]
                    self.processes.append(process)
                else:
                    self.missing[name] = next(iter(answer.values()))
                    process.end()

    def stop(self):
        for process in self.processes:
            process.end()

    def measure_errors(self, cell, contenders):
        """{contender: greatest error in ULP}; inf: NaN, an infinity; None: not the same function, or not known."""
        key = (cell["kind"], cell["function"], cell["dtype"], cell["axis"], cell["out"])
        if cell["kind"] == "copy":
            return {}
        found = self.errors.setdefault(key, {})
        wanted = [process for process in contenders if process.name not in found]
        if wanted:
            true = errors.truth(cell, self.stride)
            if true is None:
                found.update((process.name, [None, True]) for process in wanted)
                return found
            x, g, high, low, good = true
            with tempfile.TemporaryDirectory() as directory:
                paths = {name: os.path.join(directory, f"{name}.npy") for name in "xgy"}
                np.save(paths["x"], x)
                if g is not None:
                    np.save(paths["g"], g)
                for process in wanted:
                    request = {**cell, "shape": list(x.shape)}
                    answer = process.ask(
                        "values", request, paths["x"], paths["g"] if g is not None else None, paths["y"]
                    )
                    if "answer" not in answer:
                        found[process.name] = [None, True]
                        continue
                    error = errors.in_ulp(np.load(paths["y"]), high, low, good, cell["dtype"])
                    near = abs(x[good]) < 8 if cell["kind"] != "rows" else np.ones(len(error), bool)
                    bits = errors.FORMATS[cell["dtype"]][0]
                    # Right to a sixteenth at most ordinary inputs, or it is another function.
                    same = not near.any() or bool(np.mean(error[near] < 2.0 ** (bits - 4)) > 0.7)
                    found[process.name] = [float(error.max(initial=0.0)), same]
        return found

    def run(self, cell):
        """The line of a cell: {contender: {"seconds": ..., "spread": ..., "ulp": ...}}."""
        ready = []
        for process in self.processes:
            if (process.name == "limit") == (cell["kind"] == "copy"):
                answer = process.ask("prepare", cell)
                if "answer" in answer:
                    ready.append(process)
                else:
                    key = f"{cell['kind']} {cell['function']} {cell['dtype']} {'out=' if cell['out'] else 'new'}"
                    self.refused.setdefault(process.name, {})[key] = answer.get("refused") or answer.get("missing")
        if not ready or (cell["kind"] != "copy" and ready[0].name != "fastact"):
            return None
        found = self.measure_errors(cell, ready)
        ready = [process for process in ready if found.get(process.name, [None, True])[1] or process.name == "fastact"]
        for process in ready if found else []:
            process.ask("prepare", cell)
        times = {process.name: [] for process in ready}
        began = time.perf_counter()
        for turn in range(self.rounds):
            for process in ready[turn % len(ready) :] + ready[: turn % len(ready)]:
                answer = process.ask("turn")
                if "answer" in answer:
                    times[process.name].append(answer["answer"] / cell.get("repeat", 1))
            if turn >= 2 and time.perf_counter() - began > LONGEST:
                break
        results = {}
        for name, taken in times.items():
            if len(taken) >= 2:
                first, median, third = statistics.quantiles(taken, n=4, method="inclusive")
                results[name] = {
                    "seconds": median,
                    "spread": (third - first) / 2,
                    "least": min(taken),
                    "ulp": found.get(name, [None])[0],
                }
        for process in ready:
            process.ask("forget")
        line = {name: cell[name] for name in ("kind", "function", "dtype", "shape", "axis", "out", "threads")}
        return {**line, "results": results}


def machine():
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), model)
    return {
        "processor": model,
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def run(options, progress):
    """The whole contest; progress(number of cells) is an iterator's wrapper that shows how far it is."""
    contest = Contest(options.peers, options.isa, options.rounds, options.stride)
    lines = []
    choice = (options.kinds, options.functions, options.sizes, options.dtypes)
    chosen = {}
    for threads in options.threads:
        if options.short:
            chosen[threads] = options.short(threads)
        else:
            chosen[threads] = list(cells(*choice, threads, options.results, options.largest_rows))
    with progress(sum(map(len, chosen.values()))) as advance:
        for threads, some in chosen.items():
            contest.start(threads)
            if "fastact" in contest.missing:
                raise SystemExit(f"fastact: {contest.missing['fastact']}")
            try:
                for cell in some:
                    advance(" ".join(map(str, (cell["kind"], cell["function"], cell["dtype"], cell["shape"], threads))))
                    line = contest.run(cell)
                    if line:
                        lines.append(line)
            finally:
                contest.stop()
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "isa": options.isa,
        "environment": AVX2 if options.isa == "avx2" else {},
        "versions": contest.versions,
        "missing": contest.missing,
        "threads": options.threads,
        "rounds": options.rounds,
        "stride": options.stride,
        "refused": contest.refused,
        "cells": lines,
    }
