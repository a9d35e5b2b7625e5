"""identity, step, relu and its relatives: selections."""

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


def step(x: Array, threshold: Array) -> Array:
    return np.where(x >= threshold, 1.0, np.where(x < threshold, 0.0, x))


def step_derivative(x: Array, threshold: Array) -> Array:
    return np.where(x == x, 0.0, x)


def relu(x: Array) -> Array:
    return np.where(x < 0.0, 0.0, x)


def relu_derivative(x: Array) -> Array:
    return np.where(x > 0.0, 1.0, np.where(x <= 0.0, 0.0, x))


def relu6(x: Array) -> Array:
    return np.where(x < 0.0, 0.0, np.where(x > 6.0, 6.0, x))


def relu6_derivative(x: Array) -> Array:
    return np.where((x > 0.0) & (x < 6.0), 1.0, np.where(x == x, 0.0, x))


def squared_relu(x: Array) -> Array:
    return relu(x) ** 2


def squared_relu_derivative(x: Array) -> Array:
    return np.where(x > 0.0, 2.0 * x, np.where(x == x, 0.0, x))


def leaky_relu(x: Array, a: Array) -> Array:
    # A slope of 0 is 0 at -inf too: the limit, where the product is NaN.
    return np.where(x > 0.0, x, a * np.where((a == 0.0) & (x == -INF), -1.0, x))


def leaky_relu_derivative(x: Array, a: Array) -> Array:
    return np.where(x > 0.0, 1.0, np.where(x <= 0.0, a, x))


def threshold(x: Array, threshold: Array, value: Array) -> Array:
    return np.where(x <= threshold, value, x)


def threshold_derivative(x: Array, threshold: Array, value: Array) -> Array:
    return np.where(x > threshold, 1.0, np.where(x == x, 0.0, x))


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
        name="step",
        aliases=("heaviside", "binary_step"),
        module_names=("heaviside", "binary_step"),
        summary="Unit step: 1 from the threshold on.",
        formula="1 if x >= threshold else 0",
        latex=r"1 \text{ if } x \ge \theta \text{ else } 0",
        derivative_formula="0",
        range=(0.0, 1.0),
        limits=(0.0, 1.0),
        derivative_limits=(0.0, 0.0),
        kinks=((0.0, 0.0),),
        derivative_zeros=(),
        max_ulp=EXACT,
        derivative_max_ulp=EXACT,
        value=step,
        derivative=step_derivative,
        exact=lambda mp, x, t: int(x >= t),
        exact_derivative=lambda mp, x, t: 0,
        parameters=(Parameter("threshold", 0.0, "Where it steps up."),),
        dead_zone=True,
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
        name="relu6",
        aliases=("ReLU6",),
        module_names=(),
        summary="Rectified linear unit that saturates at 6.",
        formula="min(max(x, 0), 6)",
        latex=r"\min(\max(x, 0), 6)",
        derivative_formula="1 if 0 < x < 6 else 0",
        range=(0.0, 6.0),
        limits=(0.0, 6.0),
        derivative_limits=(0.0, 0.0),
        kinks=((0.0, 0.0), (6.0, 0.0)),
        derivative_zeros=(),
        max_ulp=EXACT,
        derivative_max_ulp=EXACT,
        value=relu6,
        derivative=relu6_derivative,
        exact=lambda mp, x: min(max(x, 0), 6),
        exact_derivative=lambda mp, x: int(0 < x < 6),
        dead_zone=True,
        reference="A. Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010.",
    ),
    Activation(
        name="squared_relu",
        aliases=("relu2", "SquaredReLU", "relu_squared"),
        module_names=(),
        summary="The square of the rectified linear unit.",
        formula="max(x, 0)^2",
        latex=r"\max(x, 0)^2",
        derivative_formula="2 max(x, 0)",
        range=(0.0, INF),
        limits=(0.0, INF),
        derivative_limits=(0.0, INF),
        kinks=(),
        derivative_zeros=(),
        max_ulp=HALF,
        derivative_max_ulp=EXACT,
        value=squared_relu,
        derivative=squared_relu_derivative,
        exact=lambda mp, x: max(x, 0) ** 2,
        exact_derivative=lambda mp, x: 2 * max(x, 0),
        dead_zone=True,
        reference="D. So et al., Primer: searching for efficient transformers for language modeling, 2021.",
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
    Activation(
        name="prelu",
        aliases=("PReLU", "PRelu"),
        module_names=(),
        summary="Parametric rectified linear unit: leaky_relu with a learned slope.",
        formula="x if x > 0 else weight * x",
        latex=r"x \text{ if } x > 0 \text{ else } w x",
        derivative_formula="1 if x > 0 else weight",
        range=(-INF, INF),
        limits=(-INF, INF),
        derivative_limits=(0.25, 1.0),
        kinks=((0.0, 0.25),),
        derivative_zeros=(),
        max_ulp=HALF,
        derivative_max_ulp=EXACT,
        value=leaky_relu,
        derivative=leaky_relu_derivative,
        exact=lambda mp, x, w: x if x > 0 else w * x,
        exact_derivative=lambda mp, x, w: 1 if x > 0 else w,
        parameters=(Parameter("weight", None, "Slope for x <= 0.", example=0.25, along_axis=True),),
        reference="K. He et al., Delving deep into rectifiers, 2015.",
    ),
    Activation(
        name="threshold",
        aliases=("Threshold", "ThresholdedRelu", "ThresholdedReLU"),
        module_names=(),
        summary="The input above a threshold, else a value.",
        formula="x if x > threshold else value",
        latex=r"x \text{ if } x > \theta \text{ else } v",
        derivative_formula="1 if x > threshold else 0",
        range=(0.25, INF),
        limits=(0.25, INF),
        derivative_limits=(0.0, 1.0),
        kinks=((0.5, 0.0),),
        derivative_zeros=(),
        max_ulp=EXACT,
        derivative_max_ulp=EXACT,
        value=threshold,
        derivative=threshold_derivative,
        exact=lambda mp, x, t, v: x if x > t else v,
        exact_derivative=lambda mp, x, t, v: int(x > t),
        parameters=(
            Parameter("threshold", None, "The largest x that is replaced.", example=0.5),
            Parameter("value", None, "What replaces it.", example=0.25),
        ),
        dead_zone=True,
    ),
)
