"""softplus, log_sigmoid, mish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .row import INF, NONZERO, ONE, Activation, Parameter
from .scaled import swish_parts
from .sigmoids import EXP_TAIL, LARGEST, TAIL, logistic, sigmoid

if TYPE_CHECKING:
    from .row import Array


def softplus(x: Array, beta: Array) -> Array:
    z, t, deep = swish_parts(x, beta)
    rest = np.where(deep, t / beta * EXP_TAIL, np.log1p(t) / beta)
    return np.where(z > 0.0, x + rest, rest)


def softplus_derivative(x: Array, beta: Array) -> Array:
    z, t, deep = swish_parts(x, beta)
    return np.where(deep, t * EXP_TAIL, np.where(z < 0.0, t, 1.0) / (1.0 + t))


def mish_gate(x: Array) -> tuple[Array, Array, Array]:
    """w = tanh(softplus(x)), t = e^-|x| and the denominator d of w."""
    t = np.exp(-np.abs(x))
    d = np.where(x < 0.0, t * (t + 2.0) + 2.0, 1.0 + 2.0 * t * (1.0 + t))
    return np.where(x < 0.0, t * (t + 2.0), 1.0 + 2.0 * t) / d, t, d


def mish(x: Array) -> Array:
    far = np.maximum(x, -LARGEST)
    return np.where(x < -700.0, far * EXP_TAIL * np.exp(x + TAIL), far * mish_gate(x)[0])


def mish_derivative(x: Array) -> Array:
    far = np.clip(x, -LARGEST, LARGEST)
    w, t, d = mish_gate(x)
    # Left of 0 w is put together with the rest, as little as possible cancelling beside the zero.
    left = t * (4.0 * (1.0 + far) + t * (6.0 + 4.0 * far + t * (4.0 + t)))
    slope = np.where(x < 0.0, left / d / d, w + far * (4.0 * t * t * (1.0 + t) / d / d))
    return np.where(x < -700.0, (1.0 + far) * EXP_TAIL * np.exp(far + TAIL), slope)


def exact_mish_derivative(mp: Any, x: Any) -> Any:
    softplus = mp.log1p(mp.exp(x))
    return mp.tanh(softplus) + x * mp.sech(softplus) ** 2 * logistic(mp, x)


def log_sigmoid(x: Array) -> Array:
    return -softplus(-x, np.ones(()))


def log_sigmoid_derivative(x: Array) -> Array:
    return sigmoid(-x)


MAECHLER = "M. Maechler, Accurately computing log(1 - exp(-|a|)), vignette of the R package Rmpfr, 2012."

ROWS = (
    Activation(
        name="softplus",
        aliases=("Softplus", "SmoothReLU"),
        module_names=(),
        summary="A smooth rectifier.",
        formula="log(1 + e^(beta * x)) / beta",
        latex=r"\log(1 + e^{\beta x})/\beta",
        derivative_formula="1 / (1 + e^(-beta * x))",
        range=(0.0, INF),
        limits=(0.0, INF),
        derivative_limits=(0.0, 1.0),
        kinks=(),
        derivative_zeros=(),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=softplus,
        derivative=softplus_derivative,
        exact=lambda mp, x, beta: mp.log1p(mp.exp(beta * x)) / beta,
        exact_derivative=lambda mp, x, beta: 1 / (1 + mp.exp(-beta * x)),
        parameters=(Parameter("beta", 1.0, "Sharpness of the bend.", **NONZERO),),
        edges=(0.46875, 2.64, 17.3, 36.7, 87.3, 103.97208, 745.1332191019411),
        reference=MAECHLER,
    ),
    Activation(
        name="log_sigmoid",
        aliases=("logsigmoid", "LogSigmoid", "log_expit"),
        module_names=("log_expit", "logsigmoid"),
        summary="The logarithm of the logistic function.",
        formula="-log(1 + e^-x)",
        latex=r"-\log(1 + e^{-x})",
        derivative_formula="1 / (1 + e^x)",
        range=(-INF, 0.0),
        limits=(-INF, -0.0),
        derivative_limits=(1.0, 0.0),
        kinks=(),
        derivative_zeros=(),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=log_sigmoid,
        derivative=log_sigmoid_derivative,
        exact=lambda mp, x: -mp.log1p(mp.exp(-x)),
        exact_derivative=lambda mp, x: 1 / (1 + mp.exp(x)),
        edges=(0.46875, 2.64, 17.3, 36.7, 87.3, 103.97208, 745.1332191019411),
        reference=MAECHLER,
    ),
    Activation(
        name="mish",
        aliases=("Mish",),
        module_names=(),
        summary="A smooth function of self-gated type.",
        formula="x * tanh(log(1 + e^x))",
        latex=r"x\tanh(\log(1 + e^x))",
        derivative_formula="w + x * (1 - w^2) / (1 + e^-x), w = tanh(log(1 + e^x))",
        range=(-0.3088434130172504, INF),
        limits=(-0.0, INF),
        derivative_limits=(-0.0, 1.0),
        kinks=(),
        derivative_zeros=(-1.1924312145154952,),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=mish,
        derivative=mish_derivative,
        exact=lambda mp, x: x * mp.tanh(mp.log1p(mp.exp(x))),
        exact_derivative=exact_mish_derivative,
        edges=(0.5, 1.0674, 1.3174, 10.23, 11.79, 20.0, 92.0, 103.97208, 714.96, 751.8),
        reference="D. Misra, Mish: a self regularized non-monotonic activation function, arXiv:1908.08681.",
    ),
)
