"""What several test files need: the functions by name and kind, and comparing bits."""

import numpy as np

import fastact as fa
from fastact.catalogue import ACTIVATIONS

ROWS = {row.name: row for row in ACTIVATIONS}
NAMES = list(ROWS)
KINDS = ["value", "derivative", "backward", "value_and_derivative"]
DTYPES = [np.float32, np.float64]
FUNCTIONS = [(name, kind) for name in NAMES for kind in KINDS]


class Typical:
    """A function that does not ask for its parameters: one that must be given is the example of its row."""

    def __init__(self, name, kind, function):
        self.name, self.kind, self.function = name, kind, function

    def __call__(self, *args, **named):
        for k, p in enumerate(ROWS[self.name].parameters, inputs(self.kind)):
            if p.default is None and k >= len(args):
                named.setdefault(p.name, p.example)
        return self.function(*args, **named)

    def __getattr__(self, attribute):
        return function(self.name, attribute) if attribute in KINDS else getattr(self.function, attribute)


def bare(name, kind="value"):
    return fa.activations[name] if kind == "value" else getattr(fa.activations[name], kind)


def function(name, kind="value"):
    """The function as it is, or a Typical one where a parameter has no default."""
    found = bare(name, kind)
    found = getattr(found, "dx", found)  # prelu's backward gives its weight's gradient too
    return Typical(name, kind, found) if any(p.default is None for p in ROWS[name].parameters) else found


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


def misaligned(a):
    memory = np.zeros(a.nbytes + 1, np.uint8)[1:].view(a.dtype).reshape(a.shape)
    memory[...] = a
    assert not memory.flags.aligned
    return memory


def locked(a):
    a = a.copy()
    a.flags.writeable = False
    return a


def ulp(got, want):
    """The error in units in the last place of `got`'s dtype at `want`, which is a float64 or longdouble."""
    spacing = np.spacing(np.abs(np.asarray(want)).astype(got.dtype))
    return np.max(np.abs(got.astype(np.longdouble) - np.asarray(want, np.longdouble)) / spacing, initial=0)
