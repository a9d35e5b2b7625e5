"""A handwritten-digits classifier on fastact: two layers, trained and evaluated with its forward and backward.

The data are the 1,797 real 8 x 8 images that scikit-learn carries.  The same net is trained with four activations,
on the images as they are and on a harder task, where every other image is turned into its negative.  Without a
non-linearity (identity) two layers are one linear map, which cannot tell ink from paper when the two change places.

Run it with `make demo`, or `python examples/digits.py` where fastact and its demo extra are installed.
"""

import sys
import time

import numpy as np
from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from scipy.special import erf
from sklearn.datasets import load_digits

import fastact as fa

ACTIVATIONS = {"identity": fa.identity, "relu": fa.relu, "gelu": fa.gelu, "tanh": fa.tanh}
HIDDEN, EPOCHS, BATCH, RATE = 96, 60, 64, 3e-3


def load(negatives, seed=0):
    """Images of -1 (paper) to 1 (ink) and their digits, split 3 : 1; with negatives, half the images inverted."""
    images, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(images))
    images = (images[order] / 8 - 1).astype(np.float32)
    digits = digits[order]
    if negatives:
        images[::2] *= -1
    cut = len(images) * 3 // 4
    return (images[:cut], digits[:cut]), (images[cut:], digits[cut:])


class Net:
    """probabilities = softmax(activation(x @ w1 + b1) @ w2 + b2)"""

    def __init__(self, activation, seed=0):
        rng = np.random.default_rng(seed)
        self.activation = activation
        self.weights = [
            rng.normal(0, np.sqrt(2 / 64), (64, HIDDEN)).astype(np.float32),
            np.zeros(HIDDEN, np.float32),
            rng.normal(0, np.sqrt(1 / HIDDEN), (HIDDEN, 10)).astype(np.float32),
            np.zeros(10, np.float32),
        ]

    def probabilities(self, x):
        w1, b1, w2, b2 = self.weights
        hidden = self.activation(x @ w1, bias=b1)
        return fa.softmax(hidden @ w2 + b2)

    def gradients(self, x, digits):
        """The gradients of the mean cross entropy, by the chain rule from the last step back to the first."""
        w1, b1, w2, b2 = self.weights
        z = x @ w1 + b1
        hidden = self.activation(z)
        y = fa.log_softmax(hidden @ w2 + b2)

        grad = np.zeros_like(y)
        grad[np.arange(len(y)), digits] = -1 / len(y)
        grad_logits = fa.log_softmax.backward(grad, y)
        grad_z = self.activation.backward(grad_logits @ w2.T, z)
        return [x.T @ grad_z, grad_z.sum(0), hidden.T @ grad_logits, grad_logits.sum(0)]

    def train(self, x, digits, each_epoch, seed=0):
        """Adam on small batches."""
        rng = np.random.default_rng(seed)
        mean = [np.zeros_like(w) for w in self.weights]
        square = [np.zeros_like(w) for w in self.weights]
        step = 0
        for _ in range(EPOCHS):
            order = rng.permutation(len(x))
            for start in range(0, len(x), BATCH):
                batch = order[start : start + BATCH]
                step += 1
                rate = RATE * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
                for w, g, m, s in zip(self.weights, self.gradients(x[batch], digits[batch]), mean, square, strict=True):
                    m += 0.1 * (g - m)
                    s += 0.001 * (g * g - s)
                    w -= rate * m / (np.sqrt(s) + 1e-8)
            each_epoch()


def train_all(console):
    """{(task, activation): net} and the tasks' test sets, with a progress bar."""
    tasks = {"as scanned": load(negatives=False), "half as negatives": load(negatives=True)}
    nets = {}
    with Progress(
        TextColumn("{task.description:32}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    ) as progress:
        for task, (train, _) in tasks.items():
            for name, activation in ACTIVATIONS.items():
                bar = progress.add_task(f"{name}, digits {task}", total=EPOCHS)
                nets[task, name] = Net(activation)
                nets[task, name].train(*train, lambda bar=bar: progress.advance(bar))
    return nets, {task: test for task, (_, test) in tasks.items()}


def accuracy_table(nets, tests):
    table = Table(title="Right answers on images never seen in training", title_justify="left")
    table.add_column("activation")
    for task, (images, _) in tests.items():
        table.add_column(f"{task}\n({len(images)} images)", justify="right")
    for name in ACTIVATIONS:
        cells = []
        for task, (images, digits) in tests.items():
            right = np.mean(nets[task, name].probabilities(images).argmax(1) == digits)
            cells.append(f"[{'green' if right > 0.95 else 'yellow' if right > 0.9 else 'red'}]{right:.1%}")
        table.add_row(name, *cells)
    return table


def picture(image, digit, probabilities):
    """The image in shades of grey, and its four likeliest digits with their probabilities."""
    shades = " ░▒▓█"
    text = Text()
    for row in image.reshape(8, 8):
        text.append("".join(2 * shades[round((value + 1) * 2)] for value in row.tolist()) + "\n")
    for guess in np.argsort(-probabilities)[:4]:
        p = probabilities[guess]
        text.append(f"{guess} {p:7.2%} {'━' * round(float(p) * 6)}\n", style="green" if guess == digit else "red")
    text.rstrip()
    return Panel(text, title=f"a {digit}", width=20)


def gallery(net, images, digits):
    """The clearest negative and positive, the two least certain right answers, and the most confident mistake."""
    probabilities = net.probabilities(images)
    given = probabilities[np.arange(len(digits)), digits]
    right = probabilities.argmax(1) == digits
    negative = images.mean(axis=1) > 0
    clear = [np.argmax(given * kind) for kind in (negative, ~negative)]
    unsure = np.flatnonzero(right)[np.argsort(given[right], kind="stable")[:2]]
    wrong = np.flatnonzero(~right)[np.argsort(given[~right], kind="stable")[:1]]
    shown = [picture(images[i], digits[i], probabilities[i]) for i in (*clear, *unsure, *wrong)]
    return Columns(shown, title="gelu, half as negatives: softmax probabilities", align="left")


def microseconds(functions, x, rounds=31):
    """The median time of a call, the functions taking turns so that all meet the same machine."""
    times = [[] for _ in functions]
    for _ in range(rounds):
        for function, taken in zip(functions, times, strict=True):
            function(x)
            start = time.perf_counter()
            for _ in range(10):
                function(x)
            taken.append((time.perf_counter() - start) / 10)
    return [1e6 * float(np.median(taken)) for taken in times]


def numpy_softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def timing_table(hidden):
    rows = [
        ("relu", "np.maximum(x, 0)", fa.relu, lambda x: np.maximum(x, 0)),
        ("tanh", "np.tanh(x)", fa.tanh, np.tanh),
        ("sigmoid", "1 / (1 + np.exp(-x))", fa.sigmoid, lambda x: 1 / (1 + np.exp(-x))),
        ("gelu", "x * (1 + erf(x / √2)) / 2", fa.gelu, lambda x: x * (1 + erf(x * np.float32(0.5**0.5))) / 2),
        ("softmax, rows of 10", "e / e.sum(), e = np.exp(x - x.max())", fa.softmax, numpy_softmax),
    ]
    size = f"{hidden.shape[0]:,} x {hidden.shape[1]}"
    table = Table(
        title=f"Time of a call on the hidden layer, {size} float32, new result each, one thread", title_justify="left"
    )
    table.add_column("function")
    table.add_column("in NumPy (and SciPy's erf)")
    for column in ("NumPy, µs", "fastact, µs", "ratio"):
        table.add_column(column, justify="right")
    for name, expression, ours, theirs in rows:
        x = np.ascontiguousarray(hidden[:, :10]) if "rows of 10" in name else hidden
        with fa.threads(1):
            numpy_time, our_time = microseconds([theirs, ours], x)
        ratio = numpy_time / our_time
        colour = "green" if ratio > 1 else "red"
        table.add_row(name, expression, f"{numpy_time:.1f}", f"{our_time:.1f}", f"[{colour}]{ratio:.1f} x")
    return table


def main():
    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print(str(fa.info()), highlight=False)
    nets, tests = train_all(console)
    console.print(accuracy_table(nets, tests))
    console.print(
        "Two layers without a non-linearity are one linear map: they give way where ink and paper change places.\n"
    )
    task = "half as negatives"
    console.print(gallery(nets[task, "gelu"], *tests[task]))
    images, _ = load_digits(return_X_y=True)
    w1, b1, _, _ = nets["as scanned", "gelu"].weights
    hidden = (images / 8 - 1).astype(np.float32) @ w1 + b1
    console.print(timing_table(hidden))
    x = np.float32(-6)
    plain = x * (1 + erf(x * np.float32(0.5**0.5))) / 2
    console.print(f"And right in the tails: gelu(-6) is {fa.gelu(x):.6g}; the expression gives {plain:.6g} in float32.")


if __name__ == "__main__":
    main()
