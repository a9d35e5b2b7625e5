"""References computed without the kernels: the formulas of the table in NumPy's float64 for float32 results, mpmath for
float64 results and for those formulas."""

import mpmath
import numpy as np


def oracle(row, kind):
    """The row's own formula in float64, with its parameters as float32 numbers."""
    formula = row.value if kind == "value" else row.derivative
    parameters = [np.float64(np.float32(p.typical)) for p in row.parameters]
    return lambda x: formula(np.float64(x), *parameters)


def exact_error(row, kind, x, got, parameters=None):
    """|got - exact| in units in the last place of float64, for one pair of numbers."""
    with mpmath.workprec(300):
        exact = row.true(kind, mpmath, mpmath.mpf(float(x)), parameters)
        if mpmath.isnan(exact) or not np.isfinite(got):
            return 0.0 if np.isnan(got) == mpmath.isnan(exact) else float("inf")
        if exact == 0:
            return 0.0 if got == 0 else float("inf")
        place = max(int(mpmath.floor(mpmath.log(abs(exact), 2))), -1022) - 52
        return float(abs(mpmath.mpf(float(got)) - exact) * mpmath.mpf(2) ** -place)


def ulp_error(got, want):
    """|got - want| in units in the last place of float32 at `want`, subnormals included; inf where a NaN or an
    infinity is missed."""
    want = np.asarray(want, dtype=np.float64)
    with np.errstate(all="ignore"):
        got = np.asarray(got, dtype=np.float32).astype(np.float64)
        exponent = np.maximum(np.frexp(want)[1] - 1, -126)
        error = abs(got - want) / np.ldexp(1.0, exponent - 23)
        # Beyond the largest float32 by half a unit or more the right answer is infinite.
        infinite = abs(want) >= 2.0**128 - 2.0**103
        error = np.where(infinite, np.where(got == np.copysign(np.inf, want), 0, np.inf), error)
        return np.where(np.isnan(want), np.where(np.isnan(got), 0, np.inf), np.where(np.isnan(got), np.inf, error))
