"""exp, sigmoid, tanh."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from .row import INF, ONE, Activation, bounds

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


def tanh_derivative(x: Array) -> Array:
    u = np.exp(-2.0 * np.abs(x))
    return 4.0 * (u / (1.0 + u)) / (1.0 + u)


def logistic(mp: Any, x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


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
)
