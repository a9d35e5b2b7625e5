"""softsign, squareplus, dish, signed_sqrt: roots and quotients."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from .row import HALF, INF, NOT_NEGATIVE, ONE, Activation, Parameter

if TYPE_CHECKING:
    from .row import Array

LARGEST = sys.float_info.max
# Minus the zero of dish', sqrt((sqrt(5) - 1)/2), in two words; and the golden ratio.
DISH_ZERO, DISH_ZERO_LOW = 0.7861513777574233, 1.0764187905699136e-17
GOLDEN = 1.618033988749895


def softsign(x: Array) -> Array:
    finite = np.clip(x, -LARGEST, LARGEST)
    return finite / (1.0 + np.abs(finite))


def softsign_derivative(x: Array) -> Array:
    r = 1.0 / (1.0 + np.abs(x))
    return r * r


def squareplus(x: Array, b: Array) -> Array:
    r = np.hypot(x, np.sqrt(b))
    # in quarters, lest r - x overflow
    left = 0.25 * b / (0.5 * r - 0.5 * x)
    y = np.where(x < 0.0, left, 0.5 * x + 0.5 * r)
    return np.where(b == INF, x + b, np.where(r == 0.0, x, y))


def squareplus_derivative(x: Array, b: Array) -> Array:
    finite = np.clip(x, -LARGEST, LARGEST)
    r = np.hypot(finite, np.sqrt(b))
    left = np.where(x == -INF, 0.0, 0.25 * b / r / (0.5 * r - 0.5 * finite))
    return np.where(r == 0.0, 0.0, np.where(x < 0.0, left, 0.5 + 0.5 * (finite / r)))


def dish(x: Array) -> Array:
    r = np.hypot(1.0, x)
    s = np.clip(x, -LARGEST, LARGEST) / np.minimum(r, LARGEST)
    return np.where(x < 0.0, 0.25 * s / (0.5 * r - 0.5 * x), 0.5 * x * (1.0 + s))


def dish_derivative(x: Array) -> Array:
    """With a = |x| it is (1 - a r)/(2 r^3 (r + a)) for x < 0, which has the factor of its zero taken out."""
    a = np.minimum(np.abs(x), 1e50)
    r = np.hypot(1.0, a)
    zero = ((DISH_ZERO - a) + DISH_ZERO_LOW) * (DISH_ZERO + a) * (a * a + GOLDEN)
    near = 0.5 * zero / ((1.0 + a * r) * (r * r * r * (r + a)))
    left = np.where(x < -1e50, -((0.5 / x) ** 2), near)
    return np.where(x < 0.0, left, np.where(x == x, 0.5 * (1.0 + a / r + a / r**3), x))


def signed_sqrt(x: Array) -> Array:
    return np.copysign(np.sqrt(np.abs(x)), x)


def signed_sqrt_derivative(x: Array) -> Array:
    return 0.5 / np.sqrt(np.abs(x))


def exact_half_sum(mp: Any, x: Any, b: Any) -> Any:
    """(x + r)/2 in mpmath, r = sqrt(x^2 + b)."""
    r = mp.sqrt(x * x + b)
    return (x + r) / 2 if x >= 0 else b / (r - x) / 2


def exact_half_sum_slope(mp: Any, x: Any, b: Any) -> Any:
    """(1 + x/r)/2; for b = 0 that of relu."""
    return exact_half_sum(mp, x, b) / mp.sqrt(x * x + b) if x != 0 or b != 0 else 0


def exact_dish_slope(mp: Any, x: Any) -> Any:
    r = mp.sqrt(1 + x * x)
    return (1 + x * r) / (2 * r**3 * (r - x)) if x < 0 else (1 + x / r + x / r**3) / 2


ROWS = (
    Activation(
        name="softsign",
        aliases=("soft_sign", "Softsign"),
        module_names=("soft_sign",),
        summary="A quotient that saturates slowly.",
        formula="x / (1 + |x|)",
        latex=r"\frac{x}{1 + |x|}",
        derivative_formula="1 / (1 + |x|)^2",
        range=(-1.0, 1.0),
        limits=(-1.0, 1.0),
        derivative_limits=(0.0, 0.0),
        kinks=(),
        derivative_zeros=(),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=softsign,
        derivative=softsign_derivative,
        exact=lambda mp, x: x / (1 + abs(x)),
        exact_derivative=lambda mp, x: 1 / (1 + abs(x)) ** 2,
        edges=(2.7e18, 1.1e19, 2.7e22, 3.8e22, 1.3e154, 4.5e161),
        reference="J. Bergstra et al., Quadratic polynomials learn better image features, 2009.",
    ),
    Activation(
        name="squareplus",
        aliases=(),
        module_names=(),
        summary="A smooth rectifier without exponentials.",
        formula="(x + sqrt(x^2 + b)) / 2",
        latex=r"\frac{x + \sqrt{x^2 + b}}{2}",
        derivative_formula="(1 + x / sqrt(x^2 + b)) / 2",
        range=(0.0, INF),
        limits=(0.0, INF),
        derivative_limits=(0.0, 1.0),
        kinks=(),
        derivative_zeros=(),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=squareplus,
        derivative=squareplus_derivative,
        exact=exact_half_sum,
        exact_derivative=exact_half_sum_slope,
        parameters=(Parameter("b", 4.0, "How far it is from relu; 0 makes it that.", **NOT_NEGATIVE),),
        edges=(1.2e18, 9.2e18, 2.6e19, 1.0e22, 8.5e37, 1.5e154, 4.5e161, 4.5e307),
        reference="J. Barron, Squareplus: a softplus-like algebraic rectifier, 2021.",
    ),
    Activation(
        name="dish",
        aliases=(),
        module_names=(),
        summary="Like silu, with an algebraic gate.",
        formula="x (1 + x / sqrt(1 + x^2)) / 2",
        latex=r"\frac{x}{2} \left(1 + \frac{x}{\sqrt{1 + x^2}}\right)",
        derivative_formula="(1 + s + s / (1 + x^2)) / 2, s = x / sqrt(1 + x^2)",
        range=(-0.1501415530003888, INF),
        limits=(-0.0, INF),
        derivative_limits=(-0.0, 1.0),
        kinks=(),
        derivative_zeros=(-DISH_ZERO,),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=dish,
        derivative=dish_derivative,
        exact=lambda mp, x: x * exact_half_sum_slope(mp, x, mp.mpf(1)),
        exact_derivative=exact_dish_slope,
        edges=(1.5, 2147483648.0, 1.2e18, 9.2e18, 1.3e22, 2.1e37, 1.1e154, 2.2e161, 1.1e307),
    ),
    Activation(
        name="signed_sqrt",
        aliases=(),
        module_names=(),
        summary="The square root of the size, with the sign.",
        formula="sign(x) sqrt(|x|)",
        latex=r"\mathrm{sign}(x) \sqrt{|x|}",
        derivative_formula="1 / (2 sqrt(|x|))",
        range=(-INF, INF),
        limits=(-INF, INF),
        derivative_limits=(0.0, 0.0),
        kinks=((0.0, INF),),
        derivative_zeros=(),
        max_ulp=HALF,
        derivative_max_ulp=ONE,
        value=signed_sqrt,
        derivative=signed_sqrt_derivative,
        exact=lambda mp, x: mp.sign(x) * mp.sqrt(abs(x)),
        exact_derivative=lambda mp, x: 1 / (2 * mp.sqrt(abs(x))) if x else mp.inf,
        edges=(8.7e-19,),
    ),
)
