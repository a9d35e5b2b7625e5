"""Samples of inputs with their true results, and errors in units in the last place.

float32 and narrower: the row's formula in float64, or softmax in float64; float64: mpmath, or long double for rows.
Only results that are normal numbers count; of a backward pass, not those beside a zero of the derivative.
"""

import importlib.util
from typing import NamedTuple

import numpy as np

from fastact.catalogue import ACTIVATIONS

ROWS = {row.name: row for row in ACTIVATIONS}
# dtype: bits of the significand, least exponent (of numbers in [0.5, 1)), greatest number
FORMATS = {
    "float64": (53, -1021, np.finfo(np.float64).max),
    "float32": (24, -125, float(np.finfo(np.float32).max)),
    "float16": (11, -13, 65504.0),
    "bfloat16": (8, -125, float(np.array(0x7F7F0000, np.uint32).view(np.float32))),
}


def sample(dtype, stride):
    """Finite numbers of dtype, as float64: every stride-th pattern, or all of the 16-bit ones."""
    if dtype == "float16":
        x = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    elif dtype == "bfloat16":
        x = (np.arange(1 << 16, dtype=np.uint32) << 16).view(np.float32)
    elif dtype == "float32":
        x = np.arange(0, 1 << 32, stride, dtype=np.uint64).astype(np.uint32).view(np.float32)
    else:
        rng = np.random.default_rng(0)
        x = np.concatenate([rng.normal(0, scale, 150) for scale in (0.1, 2, 20)] + [10.0 ** rng.uniform(-30, 2, 50)])
    return x[np.isfinite(x)].astype(np.float64)


class Truth(NamedTuple):
    """Inputs by name, the true result as a sum of two float64, where it counts, where it is an ordinary input's."""

    inputs: dict
    high: np.ndarray
    low: np.ndarray
    good: np.ndarray
    ordinary: np.ndarray


def truth(cell, stride):
    """None where it cannot be known here."""
    return (rows_truth if "rows" in cell["kind"] else elementwise_truth)(cell, stride)


def rows_truth(cell, stride):
    dtype, axis, rng = cell["dtype"], cell["axis"], np.random.default_rng(1)

    def exactly(values):
        """Rounded to dtype."""
        if dtype == "bfloat16":
            return (values.astype(np.float32).view(np.uint32) >> 16 << 16).view(np.float32).astype(np.longdouble)
        return values.astype(dtype).astype(np.longdouble)

    def total(values):
        return values.sum(axis=axis, keepdims=True)

    x = exactly(rng.normal(0, 4, (256, 1000) if axis == -1 else (1000, 256)))
    z = x - x.max(axis=axis, keepdims=True)
    true = np.exp(z) / total(np.exp(z)) if cell["function"] == "softmax" else z - np.log(total(np.exp(z)))
    inputs, good = {"x": x}, np.ones(x.shape, bool)
    if cell["kind"] == "rows backward":
        y, g = exactly(true), exactly(rng.normal(0, 1, x.shape))
        inputs |= {"y": y, "g": g}
        share = total(y * g) if cell["function"] == "softmax" else np.exp(y) * total(g)
        true = y * (g - share) if cell["function"] == "softmax" else g - share
        # Beside a zero little is left of the two.
        good = abs(g - share) > (total(abs(y * g)) if cell["function"] == "softmax" else np.exp(y) * total(abs(g))) / 2
    high = true.astype(np.float64)
    good &= counted(high, dtype)
    inputs = {name: values.astype(np.float64) for name, values in inputs.items()}
    return Truth(inputs, high, (true - high).astype(np.float64), good, good)


def elementwise_truth(cell, stride):
    dtype = cell["dtype"]
    row, kind = ROWS[cell["function"]], "value" if cell["kind"] == "elementwise" else "derivative"
    x = sample(dtype, stride)
    # Parameters are numbers of the type in which the function is computed.
    parameters = cell["parameters"] if dtype == "float64" else [float(np.float32(p)) for p in cell["parameters"]]
    if dtype == "float64":
        if not importlib.util.find_spec("mpmath"):
            return None
        import mpmath

        with mpmath.workdps(60):
            exact = []
            for value in x:
                try:
                    number = row.true(kind, mpmath.mp, mpmath.mpf(float(value)), parameters)
                except (ValueError, ZeroDivisionError):
                    number = mpmath.nan
                exact.append(mpmath.mpf(number) if not isinstance(number, mpmath.mpc) else mpmath.nan)
            high = np.array([float(number) for number in exact])
            low = np.array([float(number - float(number)) for number in exact])
    else:
        with np.errstate(all="ignore"):
            high = (row.value if kind == "value" else row.derivative)(x, *parameters)
        low = np.zeros_like(high)
    inputs, good = {"x": x}, counted(high, dtype)
    if kind == "derivative":
        # A power of two: the product is as exact as the derivative.
        inputs["g"] = np.full_like(x, 2.0)
        high, low = 2.0 * high, 2.0 * low
        good &= counted(high, dtype)
        for zero in row.derivative_zeros:
            good &= abs(x - zero) > 0.01
    return Truth(inputs, high, low, good, good & (abs(x) > 0.125) & (abs(x) < 8))


def counted(true, dtype):
    _, least, most = FORMATS[dtype]
    return np.isfinite(true) & (abs(true) >= 2.0 ** (least - 1)) & (abs(true) <= most)


def judge(result, true, dtype):
    """The greatest error in ULP, inf for NaN and infinity; and whether it is this function that was computed at all:
    at most ordinary inputs right to a sixteenth.
    """
    bits = FORMATS[dtype][0]
    with np.errstate(all="ignore"):
        ulp = np.ldexp(1.0, np.frexp(true.high)[1] - bits)
        error = abs((result - true.high) - true.low) / ulp
    error = np.where(np.isfinite(error), error, np.inf)
    near = error[true.ordinary]
    return float(error[true.good].max(initial=0.0)), not near.size or bool(np.mean(near < 2.0 ** (bits - 4)) > 0.7)
