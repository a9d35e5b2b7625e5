"""The contest: processes, rounds, and what comes of it as a dictionary that goes to JSON.

A contender that waits for its turn is stopped by a signal: threads that spin in the hope of more work cost the
others nothing.  A peer has its turns until it is SETTLED that it is slower, at most as many as were asked for.  One
that was FAR times slower at 1 Mi elements is not asked for the large arrays, on which all its calls take minutes.

A shared machine is slow for seconds at a time, and where an array happens to lie makes some per cent.  So a cell in
which a peer is left, or that has a target, is visited again when all others have been, by new processes.
"""

import contextlib
import datetime
import itertools
import json
import math
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
from .targets import TARGETS

ROOT = Path(__file__).parents[2]
SIZES = [16, 1 << 10, 1 << 15, 1 << 20, 1 << 24]
DTYPES = ["float32", "float64", "float16", "bfloat16"]
KINDS = ["elementwise", "backward", "rows", "rows backward"]
ROW_SHAPES = [(1, 10), (4096, 10), (100000, 10), (4096, 64), (4096, 1000), (64, 50257), (1, 10**6)]
COLUMN_SHAPES = [(64, 8192), (1000, 1000), (128, 256)]
ROW_FUNCTIONS = ["softmax", "log_softmax"]
LARGE = 1 << 22  # elements from which a turn is one call, on arrays that are in no cache
MEMORY = 1 << 26  # elements of a copy of which no cache holds a part
# A peer leaves after so many turns if each of them took more than so many times fastact's.  With large arrays a turn
# is dear and steadier.
SETTLED = ((2, 4), (3, 1.5), (5, 1))
SETTLED_LARGE = ((2, 1.5), (5, 1))
LEAST = 5  # turns of fastact
MOST_LARGE = 9  # turns with large arrays
FAR = 4
LONGEST = 10  # seconds for the rounds of a visit to a cell; one that takes longer has fewer, at least 3
VISITS = 3  # at most, to a cell
SAVE = 60  # seconds between two savings
KEY = ("kind", "function", "dtype", "shape", "axis", "out", "threads")  # what tells a cell from the others


def size(cell):
    return math.prod(cell["shape"])


def key(cell):
    return json.dumps([cell[name] for name in KEY])


def cell(kind, function, dtype, shape, axis, out, threads):
    made = dict(zip(KEY, (kind, function, dtype, list(shape), axis, out, threads), strict=True))
    row = errors.ROWS.get(function)
    made["parameters"] = [p.typical for p in row.parameters] if row else []
    made["given"] = {p.name: p.typical for p in row.parameters if p.default is None} if row else {}
    made["cold"] = size(made) >= LARGE
    # A small array is copied many times in a call: the call itself costs as much as some of the copies.
    made["repeat"] = max(1, (1 << 24) // size(made)) if kind == "copy" else 1
    return made


def cells(kinds, functions, sizes, dtype, threads, results, largest_rows):
    """What is to be timed of a type with so many threads: the limit first; then by shape, so that arrays are kept."""
    if dtype == "float32":
        # Large arrays have it beside the functions in every cell; here is one that is larger than any cache.
        for n in [n if n < LARGE else MEMORY for n in sizes]:
            yield cell("copy", "copy", dtype, [n], None, True, threads)
    for kind in kinds:
        if "rows" in kind:
            places = [(shape, -1) for shape in ROW_SHAPES] + [(shape, 0) for shape in COLUMN_SHAPES]
            places = [place for place in places if math.prod(place[0]) <= largest_rows]
            names = [name for name in functions if name in ROW_FUNCTIONS]
        else:
            places, names = [([n], None) for n in sizes], [name for name in functions if name in errors.ROWS]
        for shape, axis in places:
            for function in names:
                for result in results:
                    yield cell(kind, function, dtype, shape, axis, result == "out", threads)


def targets(functions, threads):
    """The cells of the targets."""
    for target in TARGETS:
        if target.function in functions and target.threads == threads:
            yield cell(*(getattr(target, name) for name in KEY))


TARGETED = {key(made) for threads in (1, 2) for made in targets([target.function for target in TARGETS], threads)}


def in_every_turn(line, name):
    return len(line["results"][name]["turns"]) == len(line["results"]["fastact"]["turns"])


def still_open(line):
    """Whether another visit to the cell of this line can tell more."""
    peers = line["results"].keys() - {"fastact", "limit"}
    return key(line) in TARGETED or any(in_every_turn(line, name) for name in peers)


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

    def send(self, *request):
        self.process.send_signal(signal.SIGCONT)
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()

    def ask(self, *request):
        """The answer; the process runs only until it is there."""
        self.send(*request)
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            return {"refused": "the process has ended"}
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


def interval(values):
    """The least and greatest of the values between which the true median lies, at about 95 % (94 % for five)."""
    values, n, dropped = sorted(values), len(values), 0
    while 2 * sum(math.comb(n, k) for k in range(dropped + 2)) / 2**n < 0.065:
        dropped += 1
    return values[dropped], values[n - 1 - dropped]


class Contest:
    def __init__(self, peers, isa, rounds, stride, all_turns):
        self.names = ["fastact", *peers, "limit"]
        self.isa, self.rounds, self.stride, self.all_turns = isa, rounds, stride, all_turns
        self.versions, self.missing = {}, {}
        if isa == "avx2":
            self.missing = {name: "cannot be held to AVX2" for name in peers if name in NOT_HELD}
        self.errors = {}  # by kind, function, dtype, axis, out: {contender: (greatest error, the same function)}
        self.refused = {}  # by contender, then what: why
        self.far = {}  # by kind, function, dtype, out, threads: peers that are not asked for large arrays

    def start(self, threads):
        started = [Process(name, threads, self.isa) for name in self.names if name not in self.missing]
        self.processes = list(started)
        for process in started:
            process.send("version")
        for process in started:
            answer = process.answer()
            if "answer" in answer:
                self.versions[process.name] = answer["answer"]
            else:
                self.missing[process.name] = next(iter(answer.values()))
                self.processes.remove(process)
                process.end()

    def stop(self):
        for process in self.processes:
            process.end()

    def ask(self, cell, process, *request):
        """The answer to what is requested for the cell; if there is none, why is written down."""
        answer = process.ask(*request)
        if "answer" not in answer:
            self.refuse(cell, process, next(iter(answer.values())))
        return answer

    def refuse(self, cell, process, why):
        what = f"{cell['kind']} {cell['function']} {cell['dtype']} {'out=' if cell['out'] else 'new'}"
        self.refused.setdefault(process.name, {})[what] = why

    def judged(self, cell):
        """{contender: (its greatest error in ULP or None, whether it is the same function)} of those that can."""
        what = tuple(cell[name] for name in ("kind", "function", "dtype", "axis", "out"))
        if what in self.errors:
            return self.errors[what]
        found = self.errors[what] = {}
        true = errors.truth(cell, self.stride)
        with tempfile.TemporaryDirectory() as directory:
            inputs, result = (os.path.join(directory, name) for name in ("inputs.npz", "result.npy"))
            if true:
                np.savez(inputs, **true.inputs)
            for process in self.processes:
                if process.name != "limit" and not true:
                    found[process.name] = None, True
                elif process.name != "limit":
                    request = {**cell, "shape": list(true.high.shape)}
                    if "answer" in self.ask(cell, process, "values", request, inputs, result):
                        found[process.name] = errors.judge(np.load(result), true, cell["dtype"])
                        if not found[process.name][1]:
                            self.refuse(cell, process, "another function, by its errors")
        return found

    def run(self, cell, earlier=None):
        """The line of a cell, {contender: {"seconds": ..., "ratio": ..., "ulp": ...}}; None: fastact has not got it.

        `earlier` is the line of the visits before: the contenders that were left have more turns.
        """
        line = {name: cell[name] for name in KEY}
        far = self.far.get(self.place(cell), set()) if cell["cold"] else set()
        if cell["kind"] == "copy":
            asked, found = {"limit"}, {}
        else:
            found = self.judged(cell)
            if "fastact" not in found:
                return None
            asked = {name for name, (_, same) in found.items() if same or name == "fastact"} - far
            far &= found.keys()
            if cell["cold"] and (cell["kind"], cell["dtype"]) == ("elementwise", "float32"):
                asked.add("limit")
        results = dict(earlier["results"]) if earlier else {}
        if earlier:
            asked &= {name for name in results if in_every_turn(earlier, name)}
        answers = {p: self.ask(cell, p, "prepare", cell) for p in self.processes if p.name in asked}
        ready = [process for process, answer in answers.items() if "answer" in answer]
        if not ready:
            return None
        spares_x = {process.name for process in ready if answers[process]["answer"]}
        times = {process.name: list(results[process.name]["turns"]) if earlier else [] for process in ready}
        self.race(ready, times, cell["cold"])
        first = ready[0].name
        for name, taken in times.items():
            if math.inf in taken:
                results.pop(name, None)
                continue
            seconds = [turn / cell["repeat"] for turn in taken]
            quarter, median, three = statistics.quantiles(seconds, n=4, method="inclusive")
            results[name] = {
                "seconds": median,
                "spread": (three - quarter) / 2,
                "least": min(seconds),
                "turns": taken,
                "ulp": found.get(name, [None])[0],
            }
            if name != first:
                # Turn by turn: what slows the machine for a while slows both.
                ratios = [theirs / ours for theirs, ours in zip(taken, times[first], strict=False)]
                low, high = interval(ratios)
                results[name] |= {"ratio": [low, statistics.median(ratios), high], "spares_x": name in spares_x}
        line = {**line, "far": sorted(far), "results": results, "visits": earlier["visits"] + 1 if earlier else 1}
        self.remember(line)
        return line

    def race(self, ready, times, large):
        """Adds a visit's turns to {contender: seconds of each of its turns}; the others are held against the first."""
        first, *others = ready
        rounds = min(self.rounds, MOST_LARGE) if large else self.rounds
        rules = () if self.all_turns else SETTLED_LARGE if large else SETTLED
        began, before = time.perf_counter(), len(times[first.name])

        def settled(process):
            ours = times[first.name]
            worst = min(theirs / mine for theirs, mine in zip(times[process.name], ours, strict=True))
            return any(len(ours) >= turns and worst > factor for turns, factor in rules)

        for turn in range(rounds):
            start = (before + turn) % (1 + len(others))
            running = [first, *others]
            for process in running[start:] + running[:start]:
                times[process.name].append(process.ask("turn").get("answer", math.inf))
            if math.inf in times[first.name]:
                raise SystemExit(f"{first.name} has ended")
            others = [process for process in others if not settled(process)]
            if rules and turn + 1 >= LEAST and all(process.name == "limit" for process in others):
                break
            if turn >= 2 and time.perf_counter() - began > LONGEST:
                break

    @staticmethod
    def place(cell):
        return tuple(cell[name] for name in ("kind", "function", "dtype", "out", "threads"))

    def remember(self, line):
        """Who need not be asked for larger arrays."""
        if line["axis"] is None and size(line) == 1 << 20:
            slow = {name for name, result in line["results"].items() if result.get("ratio", [0])[0] > FAR}
            self.far[self.place(line)] = slow


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


def run(chosen, options, progress, before=None, all_turns=False):
    """Times the cells, lists by threads in turn; progress(total) is a context whose value is told what comes next.

    options.json is written from time to time; what `before`, the content of such a file, has is not timed again.
    all_turns: no contender leaves before the last one.
    """
    contest = Contest(options.peers, options.isa, options.rounds, options.stride, all_turns)
    lines = {key(line): line for line in before["cells"]} if before else {}
    if before:
        contest.refused = before["refused"]
    for line in lines.values():
        contest.remember(line)
    began = saved = time.monotonic()

    def found():
        return {
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "minutes": round((time.monotonic() - began) / 60 + (before["minutes"] if before else 0), 1),
            "machine": machine(),
            "isa": options.isa,
            "environment": AVX2 if options.isa == "avx2" else {},
            "versions": contest.versions,
            "missing": contest.missing,
            "threads": sorted({threads for threads, _ in chosen}),
            "rounds": options.rounds,
            "visits": options.visits,
            "stride": options.stride,
            "refused": contest.refused,
            "cells": list(lines.values()),
        }

    def due(cell, visit):
        line = lines.get(key(cell))
        return bool(line and line["visits"] == visit and still_open(line)) if visit else not line

    for (threads, some), visit in itertools.product(chosen, range(options.visits)):
        left = [cell for cell in some if due(cell, visit)]
        if not left:
            continue
        contest.start(threads)
        try:
            if "fastact" in contest.missing:
                raise SystemExit(f"fastact: {contest.missing['fastact']}")
            with progress(len(left)) as advance:
                for cell in left:
                    advance(" ".join(map(str, (cell["kind"], cell["function"], cell["dtype"], cell["shape"], threads))))
                    line = contest.run(cell, lines.get(key(cell)))
                    if line:
                        lines[key(line)] = line
                    if options.json and time.monotonic() - saved > SAVE:
                        save(found(), options.json)
                        saved = time.monotonic()
        finally:
            contest.stop()
            if options.json:
                save(found(), options.json)
    return found()


def save(found, path):
    """Whole or not at all."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(json.dumps(found) + "\n")
    unfinished.replace(path)
