"""hard_sigmoid, hard_tanh, hard_silu, clipped_linear, sparse_plus, sparse_sigmoid: piecewise straight or square."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .row import EXACT, HALF, INF, ONE, Activation, Parameter

if TYPE_CHECKING:
    from .row import Array

SIXTH = 1.0 / 6.0
# Either float that the default slope may have become.
SIXTHS = (SIXTH, float(np.float32(SIXTH)))


def clip(x: Array, low: Array | float, high: Array | float) -> Array:
    """x where neither bound is passed, so NaN and -0.0 too; the upper bound if the lower one is above it."""
    least = np.where(x < low, low, x)
    return np.where(least > high, high, least)


def inside(x: Array, y: Array, low: Array | float, high: Array | float, slope: Array | float) -> Array:
    """The slope where low < y < high, else 0; NaN for NaN."""
    return np.where((y > low) & (y < high), slope, np.where(x == x, 0.0, x))


def line(x: Array, slope: Array, offset: Array) -> Array:
    """slope x + offset; a slope of 0 is the offset at +-inf too."""
    return slope * np.where((slope == 0.0) & np.isinf(x), 0.0, x) + offset


def is_usual(slope: Array, offset: Array) -> Array:
    usual: Array = ((slope == SIXTHS[0]) | (slope == SIXTHS[1])) & (offset == 0.5)
    return usual


def hard_sigmoid(x: Array, slope: Array, offset: Array) -> Array:
    usual = clip(x + 3.0, 0.0, 6.0) / 6.0
    return np.where(is_usual(slope, offset), usual, clip(line(x, slope, offset), 0.0, 1.0))


def hard_sigmoid_derivative(x: Array, slope: Array, offset: Array) -> Array:
    usual = inside(x, x, -3.0, 3.0, slope)
    return np.where(is_usual(slope, offset), usual, inside(x, line(x, slope, offset), 0.0, 1.0, slope))


def hard_tanh(x: Array, low: Array, high: Array) -> Array:
    return clip(x, low, high)


def hard_tanh_derivative(x: Array, low: Array, high: Array) -> Array:
    return inside(x, x, low, high, 1.0)


def hard_silu(x: Array) -> Array:
    return np.where(x < -3.0, -3.0, x) * (clip(x + 3.0, 0.0, 6.0) / 6.0)


def hard_silu_derivative(x: Array) -> Array:
    return np.where(x <= -3.0, 0.0, np.where(x >= 3.0, 1.0, (x + 1.5) / 3.0))


def clipped_linear(x: Array, slope: Array, offset: Array, low: Array, high: Array) -> Array:
    return clip(line(x, slope, offset), low, high)


def clipped_linear_derivative(x: Array, slope: Array, offset: Array, low: Array, high: Array) -> Array:
    return inside(x, line(x, slope, offset), low, high, slope)


def sparse_plus(x: Array) -> Array:
    return np.where(x > 1.0, x, 0.25 * clip(x + 1.0, 0.0, 2.0) ** 2)


def sparse_sigmoid(x: Array) -> Array:
    return 0.5 * clip(x + 1.0, 0.0, 2.0)


def sparse_sigmoid_derivative(x: Array) -> Array:
    return inside(x, x, -1.0, 1.0, 0.5)


def exact_line(mp: Any, x: Any, slope: float, offset: float) -> Any:
    """In mpmath; the default slope is the sixth itself."""
    return (x + 3) / 6 if slope in SIXTHS and offset == 0.5 else slope * x + offset


ROWS = (
    Activation(
        name="hard_sigmoid",
        aliases=("HardSigmoid", "hardsigmoid"),
        module_names=("hardsigmoid",),
        summary="Piecewise linear approximation of the logistic function.",
        formula="min(max(slope x + offset, 0), 1)",
        latex=r"\min(\max(a x + b, 0), 1)",
        derivative_formula="slope if 0 < slope x + offset < 1 else 0",
        range=(0.0, 1.0),
        limits=(0.0, 1.0),
        derivative_limits=(0.0, 0.0),
        kinks=((-3.0, 0.0), (3.0, 0.0)),
        derivative_zeros=(),
        max_ulp=ONE,
        derivative_max_ulp=EXACT,
        value=hard_sigmoid,
        derivative=hard_sigmoid_derivative,
        exact=lambda mp, x, a, b: min(max(exact_line(mp, x, a, b), 0), 1),
        exact_derivative=lambda mp, x, a, b: a if 0 < exact_line(mp, x, a, b) < 1 else 0,
        parameters=(
            Parameter("slope", SIXTH, "Slope between the bounds."),
            Parameter("offset", 0.5, "Value at 0."),
        ),
        dead_zone=True,
        edges=(1.5,),
        reference="M. Courbariaux et al., BinaryConnect, 2015.",
    ),
    Activation(
        name="hard_tanh",
        aliases=("hardtanh", "HardTanh", "Hardtanh"),
        module_names=("hardtanh",),
        summary="The input between two bounds.",
        formula="min(max(x, min_val), max_val)",
        latex=r"\min(\max(x, a), b)",
        derivative_formula="1 if min_val < x < max_val else 0",
        range=(-1.0, 1.0),
        limits=(-1.0, 1.0),
        derivative_limits=(0.0, 0.0),
        kinks=((-1.0, 0.0), (1.0, 0.0)),
        derivative_zeros=(),
        max_ulp=EXACT,
        derivative_max_ulp=EXACT,
        value=hard_tanh,
        derivative=hard_tanh_derivative,
        exact=lambda mp, x, a, b: min(max(x, a), b),
        exact_derivative=lambda mp, x, a, b: int(a < x < b),
        parameters=(
            Parameter("min_val", -1.0, "The least result."),
            Parameter("max_val", 1.0, "The largest result."),
        ),
        dead_zone=True,
        reference="R. Collobert, Large scale machine learning, 2004.",
    ),
    Activation(
        name="hard_silu",
        aliases=("hard_swish", "hardswish", "HardSwish", "HardSiLU", "hard_swish_mobilenet"),
        module_names=(
            "hard_swish",
            "hardswish",
        ),
        summary="Piecewise square approximation of silu.",
        formula="x * min(max(x + 3, 0), 6) / 6",
        latex=r"x \min(\max(x + 3, 0), 6) / 6",
        derivative_formula="x / 3 + 1 / 2 if -3 < x < 3 else 0 if x < 0 else 1",
        range=(-0.375, INF),
        limits=(-0.0, INF),
        derivative_limits=(0.0, 1.0),
        kinks=((-3.0, 0.0), (3.0, 1.0)),
        derivative_zeros=(),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=hard_silu,
        derivative=hard_silu_derivative,
        exact=lambda mp, x: x * min(max(x + 3, 0), 6) / 6,
        exact_derivative=lambda mp, x: 0 if x <= -3 else 1 if x >= 3 else (x + mp.mpf(3) / 2) / 3,
        dead_zone=True,
        edges=(1.5,),
        reference="A. Howard et al., Searching for MobileNetV3, 2019.",
    ),
    Activation(
        name="clipped_linear",
        aliases=(),
        module_names=(),
        summary="A straight line between two bounds.",
        formula="min(max(slope x + offset, min_val), max_val)",
        latex=r"\min(\max(s x + o, a), b)",
        derivative_formula="slope if min_val < slope x + offset < max_val else 0",
        range=(0.0, 1.0),
        limits=(0.0, 1.0),
        derivative_limits=(0.0, 0.0),
        kinks=((0.0, 0.0), (1.0, 0.0)),
        derivative_zeros=(),
        max_ulp=HALF,
        derivative_max_ulp=EXACT,
        value=clipped_linear,
        derivative=clipped_linear_derivative,
        exact=lambda mp, x, s, o, a, b: min(max(s * x + o, a), b),
        exact_derivative=lambda mp, x, s, o, a, b: s if a < s * x + o < b else 0,
        parameters=(
            Parameter("slope", 1.0, "Slope between the bounds."),
            Parameter("offset", 0.0, "Value of the line at 0."),
            Parameter("min_val", 0.0, "The least result."),
            Parameter("max_val", 1.0, "The largest result."),
        ),
        dead_zone=True,
    ),
    Activation(
        name="sparse_plus",
        aliases=(),
        module_names=(),
        summary="Piecewise square approximation of softplus.",
        formula="0 if x <= -1 else x if x >= 1 else (x + 1)^2 / 4",
        latex=r"0 \text{ if } x \le -1,\; x \text{ if } x \ge 1 \text{ else } \frac{(x + 1)^2}{4}",
        derivative_formula="min(max((x + 1) / 2, 0), 1)",
        range=(0.0, INF),
        limits=(0.0, INF),
        derivative_limits=(0.0, 1.0),
        kinks=(),
        derivative_zeros=(),
        max_ulp=ONE,
        derivative_max_ulp=HALF,
        value=sparse_plus,
        derivative=sparse_sigmoid,
        exact=lambda mp, x: 0 if x <= -1 else x if x >= 1 else (x + 1) ** 2 / 4,
        exact_derivative=lambda mp, x: min(max((x + 1) / 2, 0), 1),
        dead_zone=True,
        edges=(1.0,),
    ),
    Activation(
        name="sparse_sigmoid",
        aliases=(),
        module_names=(),
        summary="The derivative of sparse_plus.",
        formula="min(max((x + 1) / 2, 0), 1)",
        latex=r"\min(\max((x + 1) / 2, 0), 1)",
        derivative_formula="1 / 2 if -1 < x < 1 else 0",
        range=(0.0, 1.0),
        limits=(0.0, 1.0),
        derivative_limits=(0.0, 0.0),
        kinks=((-1.0, 0.0), (1.0, 0.0)),
        derivative_zeros=(),
        max_ulp=HALF,
        derivative_max_ulp=EXACT,
        value=sparse_sigmoid,
        derivative=sparse_sigmoid_derivative,
        exact=lambda mp, x: min(max((x + 1) / 2, 0), 1),
        exact_derivative=lambda mp, x: 0.5 if -1 < x < 1 else 0,
        dead_zone=True,
    ),
)
