"""exp, sigmoid, logit, tanh, tanh_shrink."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from .row import INF, NAN, NOT_NEGATIVE, ONE, Activation, Parameter, bounds

if TYPE_CHECKING:
    from .row import Array

LARGEST = sys.float_info.max
# Near the end of the exponent range a factor e^-100 is taken out, so that nothing but the result is subnormal.
TAIL = 100.0
EXP_TAIL = 3.720075976020836e-44


def sigmoid(x: Array) -> Array:
    t = np.exp(-np.abs(x))
    return np.where(x < 0.0, t, 1.0) / (1.0 + t)


def sigmoid_derivative(x: Array) -> Array:
    t = np.exp(-np.abs(x))
    return t / (1.0 + t) / (1.0 + t)


def logit(p: Array, eps: Array) -> Array:
    # min(p, 1-p) is exact, and the logarithm odd about 1/2.
    b = np.maximum(np.minimum(p, 1.0 - p), np.minimum(eps, 0.5))
    near = np.abs(b - 0.4) < 0.1
    inside = np.where(near, 2.0 * np.arctanh(np.where(near, 1.0 - 2.0 * b, 0.0)), np.log1p(-b) - np.log(b))
    return np.where(p < 0.5, -inside, inside)


def logit_derivative(p: Array, eps: Array) -> Array:
    b = np.minimum(p, 1.0 - p)
    inside = 1.0 / np.abs(np.where(b < 0.0, NAN, b)) / (1.0 - b)
    return np.where(b < eps, 0.0, inside)


def logit_exact(mp: Any, p: Any, eps: Any) -> Any:
    b = max(min(p, 1 - p), min(eps, 0.5))
    if b <= 0:
        return mp.nan if b < 0 else -mp.inf if p < 1 else mp.inf
    return mp.log(b / (1 - b)) if p < 0.5 else mp.log((1 - b) / b)


def logit_exact_derivative(mp: Any, p: Any, eps: Any) -> Any:
    b = min(p, 1 - p)
    if b < eps:
        return 0
    return 1 / (b * (1 - b)) if b > 0 else mp.nan if b < 0 else mp.inf


def tanh_derivative(x: Array) -> Array:
    u = np.exp(-2.0 * np.abs(x))
    return 4.0 * (u / (1.0 + u)) / (1.0 + u)


def tanh_shrink(x: Array) -> Array:
    # (x cosh x - sinh x)/cosh x: the series of the numerator has one sign.
    a = np.clip(x, -1.0, 1.0)
    u, series = a * a, np.zeros_like(a)
    for k in range(12, 0, -1):
        series = u * series / ((2 * k + 3) * (2 * k + 2)) + 2 * k
    near = a * (u * (series / 6.0)) / np.cosh(a)
    return np.where(np.abs(x) <= 1.0, near, x - np.tanh(x))


def tanh_shrink_derivative(x: Array) -> Array:
    return np.square(np.tanh(x))


def logistic(mp: Any, x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def shrink_exact(mp: Any, x: Any) -> Any:
    if abs(x) > 1:
        return x - mp.tanh(x)
    # tanh x = x/(1 + c), c = u/(3 + u/(5 + ...)), u = x^2
    c = mp.mpf(0)
    for k in range(91, 1, -2):
        c = x * x / (k + c)
    return x * c / (1 + c)


STABLE = "The form with e^-|x| neither overflows nor cancels (N. Higham, Accuracy and Stability, 2nd ed., ch. 1)."

ROWS = (
    Activation(
        name="exp",
        aliases=("exponential", "Exp"),
        module_names=("exponential",),
        summary="The exponential function.",
        formula="e^x",
        latex=r"e^x",
        derivative_formula="e^x",
        range=(0.0, INF),
        limits=(0.0, INF),
        derivative_limits=(0.0, INF),
        kinks=(),
        derivative_zeros=(),
        max_ulp=bounds(0.65, 1.0),
        derivative_max_ulp=bounds(0.65, 1.0),
        value=np.exp,
        derivative=np.exp,
        exact=lambda mp, x: mp.exp(x),
        exact_derivative=lambda mp, x: mp.exp(x),
        edges=(87.3, 88.72284, 103.97208, 708.3964185322641, 709.782712893384, 745.1332191019411),
    ),
    Activation(
        name="sigmoid",
        aliases=("expit", "logistic", "Sigmoid"),
        module_names=("expit", "logistic"),
        summary="The logistic function.",
        formula="1 / (1 + e^-x)",
        latex=r"\frac{1}{1 + e^{-x}}",
        derivative_formula="e^-|x| / (1 + e^-|x|)^2",
        range=(0.0, 1.0),
        limits=(0.0, 1.0),
        derivative_limits=(0.0, 0.0),
        kinks=(),
        derivative_zeros=(),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=sigmoid,
        derivative=sigmoid_derivative,
        exact=lambda mp, x: logistic(mp, x),
        exact_derivative=lambda mp, x: logistic(mp, x) * logistic(mp, -x),
        edges=(17.3, 36.74, 87.3, 103.97208, 112.0, 708.3964185322641, 745.1332191019411),
        reference=STABLE,
    ),
    Activation(
        name="logit",
        aliases=(),
        module_names=(),
        summary="The inverse of the logistic function.",
        formula="log(x / (1 - x)), x clamped to [eps, 1 - eps] where eps is not None",
        latex=r"\log\frac{x}{1 - x}",
        derivative_formula="1 / (x (1 - x)), 0 beyond [eps, 1 - eps]",
        range=(-INF, INF),
        limits=(NAN, NAN),
        derivative_limits=(NAN, NAN),
        kinks=(),
        derivative_zeros=(),
        max_ulp=bounds(0.95, 1.0),
        derivative_max_ulp=bounds(0.7, 1.0),
        value=logit,
        derivative=logit_derivative,
        exact=logit_exact,
        exact_derivative=logit_exact_derivative,
        parameters=(
            Parameter(
                "eps",
                -INF,
                "Distance from 0 and 1 within which x is clamped; None: not at all, and NaN outside [0, 1].",
                **NOT_NEGATIVE,
                off=-INF,
            ),
        ),
        edges=(1.0, 0.5, 0.4, 0.6, 0.3, 0.25, 0.75, 1e-3, 0.999, 1e-6, 0.999999),
        dead_zone=True,
        reference="Where eps is given, x within it of 0 or 1 is taken for eps or 1 - eps, as PyTorch does.",
    ),
    Activation(
        name="tanh",
        aliases=("Tanh",),
        module_names=(),
        summary="The hyperbolic tangent.",
        formula="tanh(x)",
        latex=r"\tanh x",
        derivative_formula="4 e^-2|x| / (1 + e^-2|x|)^2",
        range=(-1.0, 1.0),
        limits=(-1.0, 1.0),
        derivative_limits=(0.0, 0.0),
        kinks=(),
        derivative_zeros=(),
        max_ulp=bounds(0.7, 1.0),
        derivative_max_ulp=ONE,
        value=np.tanh,
        derivative=tanh_derivative,
        exact=lambda mp, x: mp.tanh(x),
        exact_derivative=lambda mp, x: mp.sech(x) ** 2,
        edges=(0.125, 0.55, 9.25, 19.0616, 44.0, 372.56),
        reference="1 - tanh(x)^2 is sech(x)^2, written in e^-2|x| so that its tails keep every digit.",
    ),
    Activation(
        name="tanh_shrink",
        aliases=("tanhshrink", "Tanhshrink"),
        module_names=(),
        summary="What the hyperbolic tangent takes from its argument.",
        formula="x - tanh(x)",
        latex=r"x - \tanh x",
        derivative_formula="tanh(x)^2",
        range=(-INF, INF),
        limits=(-INF, INF),
        derivative_limits=(1.0, 1.0),
        kinks=(),
        derivative_zeros=(),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=tanh_shrink,
        derivative=tanh_shrink_derivative,
        exact=shrink_exact,
        exact_derivative=lambda mp, x: mp.tanh(x) ** 2,
        edges=(1e-15, 3.3e-13, 1e-107, 1.5e-103, 1e-20, 0.125, 1.0, 9.75, 19.75, 2.0**24, 2.0**53),
        reference="Near 0 the difference cancels: there it is a series in x^2 times x^3.",
    ),
)
