"""silu and quick_gelu, softcap: an argument times or divided by a number, in two words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .row import INF, ONE, POSITIVE, Activation, Parameter
from .sigmoids import EXP_TAIL, LARGEST, TAIL, logistic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .row import Array


def first_digits(a: Array) -> Array:
    """a without its last 27 bits: the product of two such is exact."""
    bits = np.asarray(a, dtype=np.float64).view(np.int64)
    return (bits & ~np.int64((1 << 27) - 1)).view(np.float64)


def rounding(a: Array, b: Array, product: Array) -> Array:
    """a b - product, where that is a b rounded or nearly so."""
    high, other = first_digits(a), first_digits(b)
    return ((high * other - product) + high * (b - other) + (a - high) * other) + (a - high) * (b - other)


def scaled(x: Array, beta: Array) -> tuple[Array, Array]:
    """beta x and what its rounding took, 0 where that is not seen in e^(beta x)."""
    beta = np.clip(beta, -LARGEST, LARGEST)
    z = x * beta
    return z, np.where(np.abs(z) < 1000.0, rounding(x, beta, z), 0.0)


def swish_parts(x: Array, beta: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """z = beta x, t = e^-|z| times s, s: 1, or e^TAIL where t would be subnormal."""
    z, rest = scaled(x, beta)
    size = np.abs(z)
    deep = size > 700.0
    t = np.exp(np.where(deep, TAIL, 0.0) - size)
    return z, t - t * np.where(z < 0.0, -rest, rest), deep & (z < 0.0)


def swish(x: Array, beta: Array) -> Array:
    z, t, deep = swish_parts(x, beta)
    far = np.clip(x, -LARGEST, LARGEST)
    y = np.where(z < 0.0, np.where(deep, far * t * EXP_TAIL, far * t / (1.0 + t)), x / (1.0 + t))
    return np.where(beta == 0.0, 0.5 * x, y)


def swish_derivative(x: Array, beta: Array) -> Array:
    z, t, deep = swish_parts(x, beta)
    far = np.clip(z, -LARGEST, LARGEST)
    s, r = np.where(z < 0.0, t, 1.0) / (1.0 + t), np.where(z < 0.0, 1.0, t) / (1.0 + t)
    y = np.where(deep, (1.0 + far) * t * EXP_TAIL, s * (1.0 + far * r))
    return np.where((beta == 0.0) & (x == x), 0.5, y)


def swish_exact(mp: Any, x: Any, beta: Any) -> Any:
    return x * logistic(mp, beta * x)


def swish_exact_derivative(mp: Any, x: Any, beta: Any) -> Any:
    z = beta * x
    return logistic(mp, z) * (1 + z * logistic(mp, -z))


def softcap(x: Array, cap: Array) -> Array:
    return np.where(np.abs(x) < 1e-9 * cap, x, cap * np.tanh(x / cap))


def softcap_derivative(x: Array, cap: Array) -> Array:
    z = np.abs(x) / cap
    u = np.exp(-2.0 * z)
    u += 2.0 * u * np.where(z < 500.0, rounding(z, cap, np.abs(x)) / cap, 0.0)
    return 4.0 * (u / (1.0 + u)) / (1.0 + u)


ROWS = (
    Activation(
        name="silu",
        aliases=("swish", "SiLU", "Swish"),
        module_names=("swish",),
        summary="Sigmoid-weighted linear unit.",
        formula="x * sigmoid(beta * x)",
        latex=r"x\,\sigma(\beta x)",
        derivative_formula="sigmoid(z) * (1 + z * sigmoid(-z)), z = beta * x",
        range=(-0.2784645427610738, INF),
        limits=(-0.0, INF),
        derivative_limits=(-0.0, 1.0),
        kinks=(),
        derivative_zeros=(-1.2784645427610738,),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=swish,
        derivative=swish_derivative,
        exact=swish_exact,
        exact_derivative=swish_exact_derivative,
        parameters=(Parameter("beta", 1.0, "Factor of x in the sigmoid."),),
        edges=(0.5, 17.3, 92.0, 103.97208, 112.0, 714.96, 751.8),
        reference="S. Elfwing et al., Sigmoid-weighted linear units, Neural Networks 107, 2018; with beta: "
        "P. Ramachandran et al., Searching for activation functions, arXiv:1710.05941.",
    ),
    Activation(
        name="quick_gelu",
        aliases=("gelu_fast_approx", "QuickGelu"),
        module_names=(),
        summary="The approximation of gelu by a logistic function.",
        formula="x * sigmoid(alpha * x)",
        latex=r"x\,\sigma(\alpha x)",
        derivative_formula="sigmoid(z) * (1 + z * sigmoid(-z)), z = alpha * x",
        range=(-0.16361018963635358, INF),
        limits=(-0.0, INF),
        derivative_limits=(-0.0, 1.0),
        kinks=(),
        derivative_zeros=(-0.7511542554412889,),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=swish,
        derivative=swish_derivative,
        exact=swish_exact,
        exact_derivative=swish_exact_derivative,
        parameters=(Parameter("alpha", 1.702, "Factor of x in the sigmoid."),),
        edges=(0.3, 10.2, 51.0, 54.06, 61.1, 65.8, 420.1, 441.7),
        reference="D. Hendrycks and K. Gimpel, Gaussian error linear units, arXiv:1606.08415.",
    ),
    Activation(
        name="softcap",
        aliases=(),
        module_names=(),
        summary="The identity, softly capped.",
        formula="cap * tanh(x / cap)",
        latex=r"c\,\tanh(x/c)",
        derivative_formula="4 e^-2|z| / (1 + e^-2|z|)^2, z = x / cap",
        range=(-30.0, 30.0),
        limits=(-30.0, 30.0),
        derivative_limits=(0.0, 0.0),
        kinks=(),
        derivative_zeros=(),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=softcap,
        derivative=softcap_derivative,
        exact=lambda mp, x, cap: cap * mp.tanh(x / cap),
        exact_derivative=lambda mp, x, cap: mp.sech(x / cap) ** 2,
        parameters=(Parameter("cap", None, "Bound of the results' size.", **POSITIVE, example=30.0),),
        edges=(3.75, 270.6, 277.5, 572.0, 585.0, 1320.0, 1560.0, 11176.8),
        reference="Gemma Team, Gemma 2: Improving open language models at a practical size, arXiv:2408.00118.",
    ),
)
