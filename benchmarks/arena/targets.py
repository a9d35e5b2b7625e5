"""What was asked of fastact before it was written: float32, ns an element, on a Sapphire Rapids VM of two processors.

Made from the best peer's time there, in its own terms: `must` is a little less than it, `stretch` what seemed possible.
"""

from typing import NamedTuple


class Target(NamedTuple):
    function: str
    shape: list
    axis: int | None
    out: bool
    threads: int
    must: float
    stretch: float

    @property
    def kind(self):
        return "elementwise" if self.axis is None else "rows"

    dtype = "float32"


IN_CACHE = {
    "exp": (0.20, 0.15),
    "tanh": (0.34, 0.28),
    "sigmoid": (0.42, 0.32),
    "silu": (0.43, 0.32),
    "elu": (0.35, 0.28),
    "celu": (0.35, 0.28),
    "selu": (0.35, 0.28),
    "softplus": (0.58, 0.44),
    "log_sigmoid": (0.58, 0.44),
    "mish": (0.75, 0.56),
    "gelu": (0.70, 0.52),
    "gelu_tanh": (0.68, 0.50),
}
# 64 Ki, 1 Mi and 16 Mi elements, two threads, a new result
TWO_THREADS = {
    "relu": [(0.10, 0.07), (0.17, 0.12), (0.40, 0.28)],
    "exp": [(0.19, 0.13), (0.19, 0.13), (0.39, 0.28)],
    "sigmoid": [(0.30, 0.22), (0.28, 0.20), (0.34, 0.28)],
    "tanh": [(0.33, 0.22), (0.26, 0.20), (0.37, 0.28)],
    "gelu": [(0.42, 0.30), (0.32, 0.26), (0.44, 0.33)],
    "silu": [(0.36, 0.24), (0.30, 0.20), (0.40, 0.28)],
    "softplus": [(0.40, 0.30), (0.45, 0.30), (0.45, 0.33)],
}
# shape, axis, threads, must, stretch
SOFTMAX = [
    ((4096, 10), -1, 2, 1.0, 0.5),
    ((100000, 10), -1, 2, 0.75, 0.5),
    ((4096, 64), -1, 2, 0.33, 0.22),
    ((4096, 1000), -1, 2, 0.19, 0.15),
    ((64, 50257), -1, 2, 0.34, 0.25),
    ((1, 10**6), -1, 2, 0.55, 0.35),
    ((65536, 4), -1, 1, 0.9, 0.55),
    ((65536, 8), -1, 1, 1.0, 0.6),
    ((32768, 16), -1, 1, 0.85, 0.6),
    ((8192, 64), -1, 1, 0.50, 0.38),
    ((64, 8192), -1, 1, 0.50, 0.37),
    ((1000, 1000), 0, 1, 0.70, 0.45),
    ((64, 8192), 0, 1, 0.70, 0.45),
]
# A call with 16 elements, 60 and 120 ns; relu of 64 MiB: elements, out, threads, must, stretch.
RELU = [
    (16, True, 1, 60 / 16, 35 / 16),
    (16, False, 1, 120 / 16, 90 / 16),
    (1 << 24, True, 1, 0.47, 0.43),
    (1 << 24, False, 1, 0.66, 0.45),
    (1 << 24, True, 2, 0.30, 0.26),
]
TARGETS = [
    *(Target(name, [1 << 15], None, False, 1, *asked) for name, asked in IN_CACHE.items()),
    *(
        Target(name, [n], None, False, 2, *asked)
        for name, column in TWO_THREADS.items()
        for n, asked in zip((1 << 16, 1 << 20, 1 << 24), column, strict=True)
    ),
    *(Target("softmax", list(shape), axis, False, threads, *asked) for shape, axis, threads, *asked in SOFTMAX),
    *(Target("relu", [n], None, out, threads, *asked) for n, out, threads, *asked in RELU),
]
