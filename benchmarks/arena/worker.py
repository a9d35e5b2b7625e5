"""One contender in a process of its own: takes requests, a line of JSON each, and answers with a line of JSON.

python -m benchmarks.arena.worker CONTENDER THREADS
"""

import gc
import json
import os
import sys

import numpy as np

from .contenders import CONTENDERS, NotThere, hold_to

TURN = 2e-3  # seconds of calls in a turn
BLOCK = 1 << 20  # inputs repeat after so many


class Worker:
    def __init__(self, name, threads):
        hold_to(threads)
        self.contender = CONTENDERS[name]()
        self.contender.start(threads)
        self.kept = None, {}
        gc.disable()

    def version(self):
        return self.contender.version()

    def arrays(self, cell):
        """x, o to write into and, for backward, g and y; kept until other ones are asked for."""
        shape, kind, function = cell["shape"], cell["kind"], cell["function"]
        inputs = function if function == "logit" or kind == "rows backward" else ""
        key = shape, cell["dtype"], "backward" in kind, inputs
        if self.kept[0] != key:
            self.kept = None, {}
            rng = np.random.default_rng(0)

            def normal(scale):
                return np.resize(scale * rng.standard_normal(min(BLOCK, int(np.prod(shape))), np.float32), shape)

            made = {"x": normal(2), "o": np.zeros(shape, np.float32)}
            if function == "logit":
                made["x"] = 1 / (1 + np.exp(-made["x"]))
            if "backward" in kind:
                made["g"] = normal(1)
            if kind == "rows backward":
                z = made["x"] - made["x"].max(axis=cell["axis"], keepdims=True)
                y = z - np.log(np.exp(z).sum(axis=cell["axis"], keepdims=True))
                made["y"] = y if function == "log_softmax" else np.exp(y)
            arrays = {name: self.contender.array(values, cell["dtype"]) for name, values in made.items()}
            self.kept = key, arrays
        return self.kept[1]

    def prepare(self, cell):
        """Makes the call of a cell and warms it up; whether it goes back without x."""
        self.timer, _ = self.contender.call(cell, self.arrays(cell))
        self.cold, self.number = cell["cold"], 1
        self.timer.timeit(1)
        if not self.cold:
            self.number = max(1, round(TURN / self.timer.timeit(1)))
            if self.number > 1:
                self.number = max(1, round(TURN / self.turn()))
        return cell["kind"] == "backward" and self.contender.spares_x(cell)

    def turn(self):
        """Seconds for one call, over those of a turn.

        The first call, which wakes the threads and fills the caches, is not counted.  Of a cold cell it is the only
        one: its arrays were driven out of the caches by the others' turns, and waking is nothing beside it.
        """
        if not self.cold:
            self.timer.timeit(1)
        return self.timer.timeit(self.number) / self.number

    def values(self, cell, inputs, result):
        """Results for the inputs in one file, written to another as float64."""
        with np.load(inputs) as file:
            arrays = {name: self.contender.array(file[name], cell["dtype"]) for name in file.files}
        arrays["o"] = self.contender.array(np.full(cell["shape"], np.nan), cell["dtype"])
        _, call = self.contender.call(cell, arrays)
        np.save(result, self.contender.float64(call(), cell["dtype"]))


def main(name, threads):
    # What libraries print goes to stderr.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = None
    for line in sys.stdin:
        method, *arguments = json.loads(line)
        try:
            if worker is None:
                with np.errstate(all="ignore"):
                    worker = Worker(name, threads)
                np.seterr(all="ignore")
            answer = {"answer": getattr(worker, method)(*arguments)}
        except ImportError as error:
            answer = {"missing": str(error)}
        except NotThere as error:
            answer = {"refused": str(error)}
        except Exception as error:  # whatever a library raises for what it cannot do
            answer = {"refused": f"{type(error).__name__}: {error}"[:200]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
