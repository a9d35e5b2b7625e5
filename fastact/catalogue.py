"""The table: one row per activation.

A row says what a function is called (by whom), what it computes, at the edges too, and how accurately; and it
computes it, in NumPy.  Ufuncs, public names, aliases, docstrings, stubs and tests are all made from the rows.

The formulas are written for float64 arrays, which may be broadcast against each other, and must keep NaN, the
limits at +-inf, the sign of zero and subnormal results.  float32 is computed in float64 and rounded once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ._mills import mills

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Formula = Callable[..., Array]
    Bounds = Mapping[str, float]

INF = float("inf")


class Parameter(NamedTuple):
    """A number that an activation depends on."""

    name: str
    default: float
    text: str
    # What is wrong with a bad number, after "must"; and the test for it.  NaN is always bad.
    must: str = "not be NaN"
    good: Callable[[float], bool] = lambda value: True


class Activation(NamedTuple):
    """A row.  Limits and kinks are those of the default parameters."""

    name: str
    # Every spelling of PyTorch, Keras, JAX, ONNX and SciPy; `get` looks away from case and underscores.
    aliases: tuple[str, ...]
    # Those aliases that are names of the module as well.
    module_names: tuple[str, ...]
    summary: str
    formula: str
    latex: str
    derivative_formula: str
    # The least and the largest value over the real line (the infimum or supremum where it is not reached).
    range: tuple[float, float]
    # Values at -inf and at +inf.
    limits: tuple[float, float]
    derivative_limits: tuple[float, float]
    # (x, f'(x)) where the derivative jumps.
    kinks: tuple[tuple[float, float], ...]
    # Where the derivative is zero while the function is curved: beside it only an absolute error can be promised.
    derivative_zeros: tuple[float, ...]
    # The largest error in units in the last place, by dtype, of the compiled kernels.
    max_ulp: Bounds
    derivative_max_ulp: Bounds
    value: Formula
    derivative: Formula
    parameters: tuple[Parameter, ...] = ()
    # Where the derivative is 0 because the function is constant: backward selects 0 there, whatever the gradient is.
    dead_zone: bool = False
    reference: str = ""


def bounds(float32: float, float64: float) -> Bounds:
    """Bounds in ULP by dtype."""
    return {"float32": float32, "float64": float64}


EXACT, ONE = bounds(0.0, 0.0), bounds(1.0, 1.0)

# -- The formulas ------------------------------------------------------------------------------------------------

LARGEST = sys.float_info.max
INV_SQRT_2PI = 0.3989422804014327
# Near the end of the exponent range a factor e^-100 is taken out, so that nothing but the result is subnormal.
TAIL = 100.0
EXP_TAIL = 3.720075976020836e-44


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


def sigmoid(x: Array) -> Array:
    t = np.exp(-np.abs(x))
    return np.where(x < 0.0, t, 1.0) / (1.0 + t)


def sigmoid_derivative(x: Array) -> Array:
    t = np.exp(-np.abs(x))
    return t / (1.0 + t) / (1.0 + t)


def tanh_derivative(x: Array) -> Array:
    u = np.exp(-2.0 * np.abs(x))
    return 4.0 * (u / (1.0 + u)) / (1.0 + u)


def softplus(x: Array) -> Array:
    return np.where(x > 0.0, x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def silu(x: Array) -> Array:
    far = np.maximum(x, -LARGEST)
    return np.where(x < -700.0, far * EXP_TAIL * np.exp(x + TAIL), far * sigmoid(x))


def silu_derivative(x: Array) -> Array:
    far = np.clip(x, -LARGEST, LARGEST)
    return np.where(x < -700.0, (1.0 + far) * EXP_TAIL * np.exp(far + TAIL), sigmoid(x) * (1.0 + far * sigmoid(-x)))


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


# -- The rows ----------------------------------------------------------------------------------------------------

STABLE = "The form with e^-|x| neither overflows nor cancels (N. Higham, Accuracy and Stability, 2nd ed., ch. 1)."

ACTIVATIONS: tuple[Activation, ...] = (
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
        max_ulp=bounds(0.5, 0.5),
        derivative_max_ulp=EXACT,
        value=leaky_relu,
        derivative=leaky_relu_derivative,
        parameters=(Parameter("negative_slope", 0.01, "Slope for x <= 0."),),
        reference="A. Maas et al., Rectifier nonlinearities improve neural network acoustic models, 2013.",
    ),
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
        reference="1 - tanh(x)^2 is sech(x)^2, written in e^-2|x| so that its tails keep every digit.",
    ),
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
        reference="M. Maechler, Accurately computing log(1 - exp(-|a|)), vignette of the R package Rmpfr, 2012.",
    ),
    Activation(
        name="silu",
        aliases=("swish", "SiLU", "Swish"),
        module_names=("swish",),
        summary="Sigmoid-weighted linear unit.",
        formula="x * sigmoid(x)",
        latex=r"x\,\sigma(x)",
        derivative_formula="sigmoid(x) * (1 + x * sigmoid(-x))",
        range=(-0.2784645427610738, INF),
        limits=(-0.0, INF),
        derivative_limits=(-0.0, 1.0),
        kinks=(),
        derivative_zeros=(-1.2784645427610738,),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=silu,
        derivative=silu_derivative,
        reference="S. Elfwing et al., Sigmoid-weighted linear units, Neural Networks 107, 2018.",
    ),
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
        reference="D. Hendrycks and K. Gimpel, Gaussian error linear units, arXiv:1606.08415; by the Mills ratio.",
    ),
)


# -- Names -------------------------------------------------------------------------------------------------------


def normal_form(name: str) -> str:
    """A name without case, underscores, hyphens and spaces."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


class Names(Mapping[str, Any]):
    """Functions by name: goes over the canonical names, and finds every alias in any spelling."""

    def __init__(self, functions: dict[str, Any], aliases: dict[str, str]) -> None:
        self._functions = functions
        self._by_form = {normal_form(name): function for name, function in functions.items()}
        for alias, name in aliases.items():
            self._by_form[normal_form(alias)] = functions[name]

    def __getitem__(self, name: str) -> Any:
        return self._by_form[normal_form(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)

    def __repr__(self) -> str:
        return f"<fastact.activations: {', '.join(self._functions)}>"

    def nearest(self, name: str) -> str | None:
        """The known spelling closest to an unknown one."""
        import difflib

        found = difflib.get_close_matches(normal_form(name), self._by_form, 1, 0.5)
        return str(self._by_form[found[0]].__name__) if found else None
