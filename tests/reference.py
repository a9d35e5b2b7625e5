"""References computed without fastact: wider NumPy and SciPy types for float32, mpmath for float64.

The functions of arrays take float32 values and give float64 values good to 2^-40 or better of the result (beside a
derivative's zero: of 2^-52), so that the error of a float32 result is known to 1e-4 ULP.  EXACT holds the functions
of single mpmath numbers.
"""

import mpmath
import numpy as np
from scipy import special

LONG = np.longdouble


def _narrow(value):
    # The reference is compared with float32 results: float64 is enough, and float64's range holds every tail.
    return np.asarray(value, dtype=np.float64)


def exp(x):
    return _narrow(np.exp(LONG(x)))


def sigmoid(x):
    return _narrow(1 / (1 + np.exp(-LONG(x))))


def sigmoid_derivative(x):
    t = np.exp(-abs(LONG(x)))
    return _narrow(t / (1 + t) ** 2)


def tanh(x):
    return _narrow(np.tanh(LONG(x)))


def tanh_derivative(x):
    return _narrow(1 / np.cosh(LONG(x)) ** 2)


def softplus(x):
    x = LONG(x)
    return _narrow(np.maximum(x, 0) + np.log1p(np.exp(-abs(x))))


def silu(x):
    x = LONG(x)
    with np.errstate(all="ignore"):
        return _narrow(np.where(np.isneginf(x), -0.0, x / (1 + np.exp(-x))))


def silu_derivative(x):
    x = LONG(x)
    s, c = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(x))
    with np.errstate(all="ignore"):
        return _narrow(np.where(np.isinf(x), np.where(x > 0, 1.0, -0.0), s * (1 + x * c)))


def _phi(x):
    """The normal distribution function; the argument of erfc is exact in two words."""
    x = np.asarray(x, dtype=np.float64)
    a = -x * np.sqrt(0.5)
    low = -(LONG(x) * np.sqrt(LONG(0.5)) + LONG(a))
    return 0.5 * (special.erfc(a) - 2 / np.sqrt(np.pi) * np.exp(-(LONG(a) ** 2)) * low)


def gelu(x):
    with np.errstate(all="ignore"):
        return _narrow(np.where(np.asarray(x) < -40, -0.0, LONG(x) * _phi(x)))


def gelu_derivative(x):
    x = np.asarray(x, dtype=np.float64)
    density = np.exp(-(LONG(x) ** 2) / 2) / np.sqrt(2 * LONG(np.pi))
    with np.errstate(all="ignore"):
        value = np.float64(np.where(x > 40, 1.0, np.where(x < -40, -0.0, _phi(x) + x * density)))
    # Beside the zero erfc's own rounding shows: single points by mpmath.
    near = np.flatnonzero(abs(x + 0.7517915247) < 1e-6)
    for k in near:
        with mpmath.workprec(200):
            value[k] = float(EXACT["gelu_derivative"](mpmath.mpf(float(x[k]))))
    return value


def _mp_sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def _mp_silu_derivative(x):
    s = _mp_sigmoid(x)
    return s * (1 + x * _mp_sigmoid(-x))


EXACT = {
    "exp": mpmath.exp,
    "exp_derivative": mpmath.exp,
    "sigmoid": _mp_sigmoid,
    "sigmoid_derivative": lambda x: _mp_sigmoid(x) * _mp_sigmoid(-x),
    "tanh": mpmath.tanh,
    "tanh_derivative": lambda x: mpmath.sech(x) ** 2,
    "softplus": lambda x: mpmath.log1p(mpmath.exp(-abs(x))) + max(x, mpmath.mpf(0)),
    "softplus_derivative": _mp_sigmoid,
    "silu": lambda x: x * _mp_sigmoid(x),
    "silu_derivative": _mp_silu_derivative,
    "gelu": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    "gelu_derivative": lambda x: mpmath.erfc(-x / mpmath.sqrt(2)) / 2 + x * mpmath.npdf(x),
}


def exact_error(name, x, got):
    """|got - exact| in units in the last place of float64, for one pair of numbers."""
    with mpmath.workprec(300):
        exact = EXACT[name](mpmath.mpf(float(x)))
        if exact == 0:
            return 0.0 if got == 0 else float("inf")
        place = max(int(mpmath.floor(mpmath.log(abs(exact), 2))), -1022) - 52
        return float(abs(mpmath.mpf(float(got)) - exact) * mpmath.mpf(2) ** -place)


exp_derivative = exp
softplus_derivative = sigmoid


def identity(x):
    return np.float64(x)


def identity_derivative(x):
    return np.where(np.isnan(x), np.nan, 1.0)


def relu(x):
    return np.where(np.float64(x) < 0, 0.0, np.float64(x))


def relu_derivative(x):
    return np.where(np.isnan(x), np.nan, np.float64(x > 0))


def leaky_relu(x):
    return np.where(x > 0, np.float64(x), np.float64(np.float32(0.01)) * np.float64(x))


def leaky_relu_derivative(x):
    return np.where(np.isnan(x), np.nan, np.where(x > 0, 1.0, np.float64(np.float32(0.01))))


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
