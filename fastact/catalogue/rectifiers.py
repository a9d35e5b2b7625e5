"""identity, relu, leaky_relu: selections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .row import EXACT, HALF, INF, Activation, Parameter

if TYPE_CHECKING:
    from .row import Array


def identity(x: Array) -> Array:
    return x


def identity_derivative(x: Array) -> Array:
    return np.where(x == x, 1.0, x)


def relu(x: Array) -> Array:
    return np.where(x < 0.0, 0.0, x)


def relu_derivative(x: Array) -> Array:
    return np.where(x > 0.0, 1.0, np.where(x <= 0.0, 0.0, x))


def leaky_relu(x: Array, a: Array) -> Array:
    # A slope of 0 is 0 at -inf too: the limit, where the product is NaN.
    return np.where(x > 0.0, x, a * np.where((a == 0.0) & (x == -INF), -1.0, x))


def leaky_relu_derivative(x: Array, a: Array) -> Array:
    return np.where(x > 0.0, 1.0, np.where(x <= 0.0, a, x))


ROWS = (
    Activation(
        name="identity",
        aliases=("linear", "Identity", "Linear"),
        module_names=("linear",),
        summary="The input, as a new array.",
        formula="x",
        latex=r"x",
        derivative_formula="1",
        range=(-INF, INF),
        limits=(-INF, INF),
        derivative_limits=(1.0, 1.0),
        kinks=(),
        derivative_zeros=(),
        max_ulp=EXACT,
        derivative_max_ulp=EXACT,
        value=identity,
        derivative=identity_derivative,
        exact=lambda mp, x: x,
        exact_derivative=lambda mp, x: 1,
    ),
    Activation(
        name="relu",
        aliases=("rectify", "Relu", "ReLU"),
        module_names=("rectify",),
        summary="Rectified linear unit.",
        formula="max(x, 0)",
        latex=r"\max(x, 0)",
        derivative_formula="1 if x > 0 else 0",
        range=(0.0, INF),
        limits=(0.0, INF),
        derivative_limits=(0.0, 1.0),
        kinks=((0.0, 0.0),),
        derivative_zeros=(),
        max_ulp=EXACT,
        derivative_max_ulp=EXACT,
        value=relu,
        derivative=relu_derivative,
        exact=lambda mp, x: max(x, 0),
        exact_derivative=lambda mp, x: int(x > 0),
        dead_zone=True,
        reference="V. Nair and G. Hinton, Rectified linear units improve restricted Boltzmann machines, 2010.",
    ),
    Activation(
        name="leaky_relu",
        aliases=("LeakyReLU", "LeakyRelu"),
        module_names=(),
        summary="Rectified linear unit with a small slope for negative inputs.",
        formula="x if x > 0 else negative_slope * x",
        latex=r"x \text{ if } x > 0 \text{ else } a x",
        derivative_formula="1 if x > 0 else negative_slope",
        range=(-INF, INF),
        limits=(-INF, INF),
        derivative_limits=(0.01, 1.0),
        kinks=((0.0, 0.01),),
        derivative_zeros=(),
        max_ulp=HALF,
        derivative_max_ulp=EXACT,
        value=leaky_relu,
        derivative=leaky_relu_derivative,
        exact=lambda mp, x, a: x if x > 0 else a * x,
        exact_derivative=lambda mp, x, a: 1 if x > 0 else a,
        parameters=(Parameter("negative_slope", 0.01, "Slope for x <= 0."),),
        reference="A. Maas et al., Rectifier nonlinearities improve neural network acoustic models, 2013.",
    ),
)
