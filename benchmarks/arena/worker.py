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


class Worker:
    def __init__(self, name, threads):
        hold_to(threads)
        self.contender = CONTENDERS[name]()
        self.contender.start(threads)
        gc.disable()

    def version(self):
        return self.contender.version()

    def prepare(self, cell):
        """Makes the call of a cell and warms it up; how many of it make a turn."""
        self.timer = None
        rng = np.random.default_rng(0)
        x = rng.normal(0, 2, cell["shape"]).astype(np.float32)
        if cell["function"] == "logit":
            x = 1 / (1 + np.exp(-x))
        g = rng.normal(0, 1, cell["shape"]).astype(np.float32) if cell["kind"] == "backward" else None
        self.timer, _ = self.contender.call(cell, x, g)
        self.number = max(1, round(TURN / min(self.timer.repeat(3, 1))))
        self.number = max(1, round(TURN / self.turn()))
        return self.number

    def turn(self):
        """Seconds for one call, over those of a turn; the first call, which wakes the threads, is not counted."""
        self.timer.timeit(1)
        return self.timer.timeit(self.number) / self.number

    def forget(self):
        """Gives the arrays of the cell back."""
        self.timer = None

    def values(self, cell, x, g, y):
        """Results for the inputs in the file x (and g), written to the file y as float64."""
        _, result = self.contender.call(cell, np.load(x), np.load(g) if g else None)
        np.save(y, np.asarray(result()).astype(np.float64))


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
