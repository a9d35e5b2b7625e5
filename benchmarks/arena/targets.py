"""What was asked of fastact before it was written: float32, ns an element, on a Sapphire Rapids VM of two processors.

Made from the best peer's time there, `peer`, in its own terms: `must` is mostly a little less than it, `stretch` what
seemed possible.
"""

from typing import NamedTuple


class Target(NamedTuple):
    function: str
    shape: list
    axis: int | None
    out: bool
    threads: int
    peer: float | None
    must: float
    stretch: float

    @property
    def kind(self):
        return "elementwise" if self.axis is None else "rows"

    dtype = "float32"


IN_CACHE = {
    "exp": (0.24, 0.20, 0.15),
    "tanh": (0.346, 0.34, 0.28),
    "sigmoid": (0.51, 0.42, 0.32),
    "silu": (0.52, 0.43, 0.32),
    "elu": (1.41, 0.35, 0.28),
    "celu": (1.41, 0.35, 0.28),
    "selu": (1.41, 0.35, 0.28),
    "softplus": (1.76, 0.58, 0.44),
    "log_sigmoid": (1.76, 0.58, 0.44),
    "mish": (4.23, 0.75, 0.56),
    "gelu": (0.72, 0.70, 0.52),
    "gelu_tanh": (0.99, 0.68, 0.50),
}
# 64 Ki, 1 Mi and 16 Mi elements, two threads, a new result
TWO_THREADS = {
    "relu": [(0.115, 0.10, 0.07), (0.187, 0.17, 0.12), (0.467, 0.40, 0.28)],
    "exp": [(0.232, 0.19, 0.13), (0.208, 0.19, 0.13), (0.407, 0.39, 0.28)],
    "sigmoid": [(0.36, 0.30, 0.22), (0.316, 0.28, 0.20), (0.355, 0.34, 0.28)],
    "tanh": [(0.369, 0.33, 0.22), (0.274, 0.26, 0.20), (0.387, 0.37, 0.28)],
    "gelu": [(0.429, 0.42, 0.30), (0.326, 0.32, 0.26), (0.457, 0.44, 0.33)],
    "silu": [(0.455, 0.36, 0.24), (0.364, 0.30, 0.20), (1.4, 0.40, 0.28)],
    "softplus": [(0.987, 0.40, 0.30), (1.255, 0.45, 0.30), (1.4, 0.45, 0.33)],
}
# shape, axis, threads, peer, must, stretch
SOFTMAX = [
    ((4096, 10), -1, 2, 1.98, 1.0, 0.5),
    ((100000, 10), -1, 2, 1.04, 0.75, 0.5),
    ((4096, 64), -1, 2, 0.375, 0.33, 0.22),
    ((4096, 1000), -1, 2, 0.198, 0.19, 0.15),
    ((64, 50257), -1, 2, 0.378, 0.34, 0.25),
    ((1, 10**6), -1, 2, 0.70, 0.55, 0.35),
    ((65536, 4), -1, 1, 3.6, 0.9, 0.55),
    ((65536, 8), -1, 1, 2.1, 1.0, 0.6),
    ((32768, 16), -1, 1, 1.36, 0.85, 0.6),
    ((8192, 64), -1, 1, 0.59, 0.50, 0.38),
    ((64, 8192), -1, 1, 0.57, 0.50, 0.37),
    ((1000, 1000), 0, 1, 1.31, 0.70, 0.45),
    ((64, 8192), 0, 1, 1.8, 0.70, 0.45),
]
# A call with 16 elements, 60 and 120 ns; relu of 64 MiB: elements, out, threads, peer, must, stretch.
RELU = [
    (16, True, 1, 325 / 16, 60 / 16, 35 / 16),
    (16, False, 1, 325 / 16, 120 / 16, 90 / 16),
    (1 << 24, True, 1, None, 0.47, 0.43),
    (1 << 24, False, 1, None, 0.66, 0.45),
    (1 << 24, True, 2, None, 0.30, 0.26),
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
