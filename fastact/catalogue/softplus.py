"""softplus, log_sigmoid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .row import INF, ONE, Activation
from .sigmoids import sigmoid

if TYPE_CHECKING:
    from .row import Array


def softplus(x: Array) -> Array:
    return np.where(x > 0.0, x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def log_sigmoid(x: Array) -> Array:
    return -softplus(-x)


def log_sigmoid_derivative(x: Array) -> Array:
    return sigmoid(-x)


MAECHLER = "M. Maechler, Accurately computing log(1 - exp(-|a|)), vignette of the R package Rmpfr, 2012."

ROWS = (
    Activation(
        name="softplus",
        aliases=("Softplus", "SmoothReLU"),
        module_names=(),
        summary="A smooth rectifier.",
        formula="log(1 + e^x)",
        latex=r"\log(1 + e^x)",
        derivative_formula="1 / (1 + e^-x)",
        range=(0.0, INF),
        limits=(0.0, INF),
        derivative_limits=(0.0, 1.0),
        kinks=(),
        derivative_zeros=(),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=softplus,
        derivative=sigmoid,
        exact=lambda mp, x: mp.log1p(mp.exp(x)),
        exact_derivative=lambda mp, x: 1 / (1 + mp.exp(-x)),
        edges=(0.46875, 2.64, 17.3, 36.7, 87.3, 103.97208, 745.1332191019411),
        reference=MAECHLER,
    ),
    Activation(
        name="log_sigmoid",
        aliases=("logsigmoid", "LogSigmoid", "log_expit"),
        module_names=("log_expit",),
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
)
