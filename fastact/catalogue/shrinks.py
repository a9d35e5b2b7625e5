"""shrink, hard_shrink, soft_shrink: 0 around 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .row import EXACT, HALF, INF, NOT_NEGATIVE, Activation, Parameter

if TYPE_CHECKING:
    from .row import Array


def shrink(x: Array, lambd: Array, bias: Array) -> Array:
    size = np.abs(x)
    return np.where(x == x, np.where(size > lambd, size - bias, 0.0) * np.where(np.signbit(x), -1.0, 1.0), x)


def shrink_derivative(x: Array, lambd: Array, bias: Array | None = None) -> Array:
    return np.where(np.abs(x) > lambd, 1.0, np.where(x == x, 0.0, x))


def hard_shrink(x: Array, lambd: Array) -> Array:
    return np.where(np.abs(x) <= lambd, np.copysign(0.0, x), x)


def soft_shrink(x: Array, lambd: Array) -> Array:
    return shrink(x, lambd, lambd)


LAMBD = Parameter("lambd", 0.5, "The largest |x| that becomes 0.", **NOT_NEGATIVE)

ROWS = (
    Activation(
        name="shrink",
        aliases=("Shrink",),
        module_names=(),
        summary="0 around 0, elsewhere the input moved towards 0 by the bias.",
        formula="0 if |x| <= lambd else x - sign(x) bias",
        latex=r"0 \text{ if } |x| \le \lambda \text{ else } x - \mathrm{sign}(x)\,b",
        derivative_formula="1 if |x| > lambd else 0",
        range=(-INF, INF),
        limits=(-INF, INF),
        derivative_limits=(1.0, 1.0),
        kinks=((-0.5, 0.0), (0.5, 0.0)),
        derivative_zeros=(),
        max_ulp=HALF,
        derivative_max_ulp=EXACT,
        value=shrink,
        derivative=shrink_derivative,
        exact=lambda mp, x, a, b: 0 if abs(x) <= a else x - mp.sign(x) * b,
        exact_derivative=lambda mp, x, a, b: int(abs(x) > a),
        parameters=(LAMBD, Parameter("bias", 0.0, "What is taken from |x| elsewhere.")),
        dead_zone=True,
    ),
    Activation(
        name="hard_shrink",
        aliases=("hardshrink", "Hardshrink", "HardShrink"),
        module_names=("hardshrink",),
        summary="0 around 0, elsewhere the input.",
        formula="0 if |x| <= lambd else x",
        latex=r"0 \text{ if } |x| \le \lambda \text{ else } x",
        derivative_formula="1 if |x| > lambd else 0",
        range=(-INF, INF),
        limits=(-INF, INF),
        derivative_limits=(1.0, 1.0),
        kinks=((-0.5, 0.0), (0.5, 0.0)),
        derivative_zeros=(),
        max_ulp=EXACT,
        derivative_max_ulp=EXACT,
        value=hard_shrink,
        derivative=shrink_derivative,
        exact=lambda mp, x, a: 0 if abs(x) <= a else x,
        exact_derivative=lambda mp, x, a: int(abs(x) > a),
        parameters=(LAMBD,),
        dead_zone=True,
    ),
    Activation(
        name="soft_shrink",
        aliases=("softshrink", "Softshrink", "SoftShrink"),
        module_names=("softshrink",),
        summary="The input moved towards 0, at most as far as 0.",
        formula="sign(x) max(|x| - lambd, 0)",
        latex=r"\mathrm{sign}(x)\,\max(|x| - \lambda, 0)",
        derivative_formula="1 if |x| > lambd else 0",
        range=(-INF, INF),
        limits=(-INF, INF),
        derivative_limits=(1.0, 1.0),
        kinks=((-0.5, 0.0), (0.5, 0.0)),
        derivative_zeros=(),
        max_ulp=HALF,
        derivative_max_ulp=EXACT,
        value=soft_shrink,
        derivative=shrink_derivative,
        exact=lambda mp, x, a: mp.sign(x) * max(abs(x) - a, 0),
        exact_derivative=lambda mp, x, a: int(abs(x) > a),
        parameters=(LAMBD,),
        dead_zone=True,
    ),
)
