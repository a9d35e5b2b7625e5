"""What several test files need: the functions by name and kind, and comparing bits."""

import numpy as np

import fastact as fa
from fastact.catalogue import ACTIVATIONS

ROWS = {row.name: row for row in ACTIVATIONS}
NAMES = list(ROWS)
KINDS = ["value", "derivative", "backward", "value_and_derivative"]
DTYPES = [np.float32, np.float64]
FUNCTIONS = [(name, kind) for name in NAMES for kind in KINDS]


def function(name, kind="value"):
    found = fa.activations[name] if kind == "value" else getattr(fa.activations[name], kind)
    return getattr(found, "dx", found)  # prelu's backward gives its weight's gradient too


def inputs(kind):
    """How many arrays the function takes."""
    return 2 if kind == "backward" else 1


def as_tuple(result):
    return result if isinstance(result, tuple) else (result,)


def assert_same_bits(got, want):
    """Equal in type, dtype, shape and every bit, but for the sign and payload of a NaN."""
    for a, b in zip(as_tuple(got), as_tuple(want), strict=True):
        assert type(a) is type(b)
        assert a.dtype == b.dtype
        assert np.shape(a) == np.shape(b)
        a, b = np.asarray(a), np.asarray(b)
        assert np.array_equal(a, b, equal_nan=True), f"{a}\n{b}"
        assert np.array_equal(np.signbit(a)[a == 0], np.signbit(b)[b == 0]), "sign of zero"


def ulp(got, want):
    """The error in units in the last place of `got`'s dtype at `want`, which is a float64 or longdouble."""
    spacing = np.spacing(np.abs(np.asarray(want)).astype(got.dtype))
    return np.max(np.abs(got.astype(np.longdouble) - np.asarray(want, np.longdouble)) / spacing, initial=0)
