"""Samples of inputs with their true results, and errors in units in the last place.

float32 and narrower: the row's formula in float64, or softmax in float64; float64: mpmath, or long double for rows.
Only results that are normal numbers count; of a backward pass, not those beside a zero of the derivative.
"""

import importlib.util

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


def truth(cell, stride):
    """x, g, the true result as a sum of two float64, and where it counts; None where it cannot be known here."""
    dtype = cell["dtype"]
    g = None
    if cell["kind"] == "rows":
        shape = (256, 1000) if cell["axis"] == -1 else (1000, 256)
        x = np.random.default_rng(1).normal(0, 4, shape)
        x = x.astype(np.float32).view(np.uint32) >> 16 << 16 if dtype == "bfloat16" else x.astype(dtype)
        x = (x.astype(np.uint32).view(np.float32) if dtype == "bfloat16" else x).astype(np.longdouble)
        z = x - x.max(axis=cell["axis"], keepdims=True)
        total = np.exp(z).sum(axis=cell["axis"], keepdims=True)
        true = np.exp(z) / total if cell["function"] == "softmax" else z - np.log(total)
        high = true.astype(np.float64)
        return x.astype(np.float64), None, high, (true - high).astype(np.float64), counted(high, dtype)
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
    good = counted(high, dtype)
    if kind == "derivative":
        # A power of two: the product is as exact as the derivative.
        g = np.full_like(x, 2.0)
        high, low = 2.0 * high, 2.0 * low
        good = counted(high, dtype) & good
        for zero in row.derivative_zeros:
            good &= abs(x - zero) > 0.01
    return x, g, high, low, good


def counted(true, dtype):
    _, least, most = FORMATS[dtype]
    return np.isfinite(true) & (abs(true) >= 2.0 ** (least - 1)) & (abs(true) <= most)


def in_ulp(result, high, low, good, dtype):
    """The errors where they count; inf for NaN and infinity."""
    bits = FORMATS[dtype][0]
    with np.errstate(all="ignore"):
        ulp = np.ldexp(1.0, np.frexp(high[good])[1] - bits)
        error = abs((result[good] - high[good]) - low[good]) / ulp
    return np.where(np.isfinite(error), error, np.inf)
