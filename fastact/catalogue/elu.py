"""elu, selu, celu: the exponential less 1 on the left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .row import INF, NONZERO, ONE, Activation, Parameter, bounds

if TYPE_CHECKING:
    from .row import Array

# The fixed point of mean 0 and variance 1, to 32 digits: lambda and alpha of the paper's appendix.
SELU = "1.0507009873554804934193349852946", "1.6732632423543772848170429916717"
SELU_SCALE = float(SELU[0])
SELU_SLOPE = 1.7580993408473768599402175208123  # lambda alpha


def expm1_left(x: Array) -> Array:
    return np.expm1(np.minimum(x, 0.0))


def exp_left(x: Array) -> Array:
    return np.exp(np.minimum(x, 0.0))


def elu(x: Array, alpha: Array) -> Array:
    return np.where(x < 0.0, alpha * expm1_left(x), x)


def elu_derivative(x: Array, alpha: Array) -> Array:
    return np.where(x > 0.0, 1.0, alpha * exp_left(x))


def selu(x: Array) -> Array:
    return np.where(x < 0.0, SELU_SLOPE * expm1_left(x), SELU_SCALE * x)


def selu_derivative(x: Array) -> Array:
    return np.where(x > 0.0, SELU_SCALE, SELU_SLOPE * exp_left(x))


def quotient(x: Array, alpha: Array) -> Array:
    """x/alpha on the left, 0 on the right and where alpha is infinite."""
    return np.where(np.isinf(alpha) & (x == x), 0.0, np.minimum(x, 0.0)) / alpha


def celu(x: Array, alpha: Array) -> Array:
    q = quotient(x, alpha)
    # e^q - 1 = h (h + 2): with a negative alpha it may be too large where alpha times it is not.
    h = np.expm1(0.5 * q)
    return np.where(np.abs(q) > 1e-30, alpha * h * (h + 2.0), x)


def celu_derivative(x: Array, alpha: Array) -> Array:
    return np.where(x > 0.0, 1.0, np.exp(quotient(x, alpha)))


def selu_exact(mp: Any, x: Any) -> Any:
    scale, alpha = map(mp.mpf, SELU)
    return scale * (x if x > 0 else alpha * mp.expm1(x))


def selu_exact_derivative(mp: Any, x: Any) -> Any:
    scale, alpha = map(mp.mpf, SELU)
    return scale * (1 if x > 0 else alpha * mp.exp(x))


ROWS = (
    Activation(
        name="elu",
        aliases=("ELU", "Elu"),
        module_names=(),
        summary="Exponential linear unit.",
        formula="x if x > 0 else alpha * (e^x - 1)",
        latex=r"x \text{ if } x > 0 \text{ else } \alpha (e^x - 1)",
        derivative_formula="1 if x > 0 else alpha * e^x",
        range=(-1.0, INF),
        limits=(-1.0, INF),
        derivative_limits=(0.0, 1.0),
        kinks=(),
        derivative_zeros=(),
        max_ulp=bounds(0.85, 1.0),
        derivative_max_ulp=bounds(0.65, 1.0),
        value=elu,
        derivative=elu_derivative,
        exact=lambda mp, x, alpha: x if x > 0 else alpha * mp.expm1(x),
        exact_derivative=lambda mp, x, alpha: 1 if x > 0 else alpha * mp.exp(x),
        parameters=(Parameter("alpha", 1.0, "Minus the limit at -inf."),),
        edges=(0.3466, 1.04, 17.3, 18.0, 37.4, 38.0, 87.0, 103.97208, 745.1332191019411),
        reference="D.-A. Clevert et al., Fast and accurate deep network learning by exponential linear units, 2016.",
    ),
    Activation(
        name="selu",
        aliases=("SELU", "Selu"),
        module_names=(),
        summary="Scaled exponential linear unit: keeps mean 0 and variance 1 from layer to layer.",
        formula="1.0507... * (x if x > 0 else 1.6732... * (e^x - 1))",
        latex=r"\lambda (x \text{ if } x > 0 \text{ else } \alpha (e^x - 1))",
        derivative_formula="1.0507... * (1 if x > 0 else 1.6732... * e^x)",
        range=(-SELU_SLOPE, INF),
        limits=(-SELU_SLOPE, INF),
        derivative_limits=(0.0, SELU_SCALE),
        kinks=((0.0, SELU_SLOPE),),
        derivative_zeros=(),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=selu,
        derivative=selu_derivative,
        exact=selu_exact,
        exact_derivative=selu_exact_derivative,
        edges=(0.3466, 1.04, 17.3, 18.0, 37.4, 38.0, 87.0, 104.536, 745.6973),
        reference="G. Klambauer et al., Self-normalizing neural networks, 2017: lambda and alpha of its appendix.",
    ),
    Activation(
        name="celu",
        aliases=("CELU", "Celu"),
        module_names=(),
        summary="Continuously differentiable exponential linear unit.",
        formula="x if x > 0 else alpha * (e^(x/alpha) - 1)",
        latex=r"x \text{ if } x > 0 \text{ else } \alpha (e^{x/\alpha} - 1)",
        derivative_formula="1 if x > 0 else e^(x/alpha)",
        range=(-1.0, INF),
        limits=(-1.0, INF),
        derivative_limits=(0.0, 1.0),
        kinks=(),
        derivative_zeros=(),
        max_ulp=bounds(0.85, 1.0),
        derivative_max_ulp=bounds(0.65, 1.0),
        value=celu,
        derivative=celu_derivative,
        exact=lambda mp, x, alpha: x if x > 0 else alpha * mp.expm1(x / alpha),
        exact_derivative=lambda mp, x, alpha: 1 if x > 0 else mp.exp(x / alpha),
        parameters=(Parameter("alpha", 1.0, "Minus the limit at -inf; inf makes it x.", **NONZERO),),
        edges=(0.3466, 1.04, 17.3, 18.0, 37.4, 38.0, 87.0, 103.97208, 745.1332191019411),
        reference="J. Barron, Continuously differentiable exponential linear units, 2017.",
    ),
)
