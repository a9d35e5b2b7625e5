"""softplus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .row import INF, NONZERO, ONE, Activation, Parameter
from .scaled import swish_parts
from .sigmoids import EXP_TAIL

if TYPE_CHECKING:
    from .row import Array


def softplus(x: Array, beta: Array) -> Array:
    z, t, deep = swish_parts(x, beta)
    return np.where(z > 0.0, x, 0.0) + np.where(deep, t / beta * EXP_TAIL, np.log1p(t) / beta)


def softplus_derivative(x: Array, beta: Array) -> Array:
    z, t, deep = swish_parts(x, beta)
    return np.where(deep, t * EXP_TAIL, np.where(z < 0.0, t, 1.0) / (1.0 + t))


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
        reference="M. Maechler, Accurately computing log(1 - exp(-|a|)), vignette of the R package Rmpfr, 2012.",
    ),
)
