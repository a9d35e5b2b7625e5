"""gelu in the erf form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._mills import mills
from .row import INF, ONE, Activation
from .sigmoids import EXP_TAIL, TAIL

if TYPE_CHECKING:
    from .row import Array


INV_SQRT_2PI = 0.3989422804014327


def normal_tail(a: Array) -> tuple[Array, Array, Array]:
    """(m, e, s) for 0 <= a <= 40: Phi(-a) = m e s and exp(-a^2/2) = e s, where only the product may be subnormal."""
    high = a.astype(np.float32).astype(np.float64)  # its square is exact
    deep = a > 30.0
    e = np.exp(np.where(deep, TAIL, 0.0) - 0.5 * high * high) * np.exp(-0.5 * (a - high) * (a + high))
    return mills(a), e, np.where(deep, EXP_TAIL, 1.0)


def gelu(x: Array) -> Array:
    near = np.clip(x, -40.0, 40.0)
    m, e, s = normal_tail(np.abs(near))
    tail = near * m * e * s  # x Phi(-|x|)
    return np.where(x <= 0.0, tail, x - tail)


def gelu_derivative(x: Array) -> Array:
    near = np.clip(x, -40.0, 40.0)
    m, e, s = normal_tail(np.abs(near))
    slope = near * INV_SQRT_2PI
    return np.where(x < 0.0, (m + slope) * e * s, 1.0 - m * e * s + slope * e * s)


ROWS = (
    Activation(
        name="gelu",
        aliases=("GELU", "Gelu"),
        module_names=(),
        summary="Gaussian error linear unit, in its exact form.",
        formula="x * Phi(x), Phi the normal distribution function",
        latex=r"x\,\Phi(x)",
        derivative_formula="Phi(x) + x * phi(x), phi the normal density",
        range=(-0.16997120747990369, INF),
        limits=(-0.0, INF),
        derivative_limits=(-0.0, 1.0),
        kinks=(),
        derivative_zeros=(-0.7517915246935645,),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=gelu,
        derivative=gelu_derivative,
        exact=lambda mp, x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
        exact_derivative=lambda mp, x: mp.erfc(-x / mp.sqrt(2)) / 2 + x * mp.npdf(x),
        edges=(0.25, 5.5, 9.0, 13.0, 14.36, 37.5194, 38.5745, 38.625),
        reference="D. Hendrycks and K. Gimpel, Gaussian error linear units, arXiv:1606.08415; by the Mills ratio.",
    ),
)
