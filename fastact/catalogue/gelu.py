"""gelu in the erf form and in the form with tanh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._mills import mills
from .row import INF, ONE, Activation
from .sigmoids import EXP_TAIL, TAIL, logistic

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


# 2 sqrt(2/pi) (x + .044715 x^3) = CUBE x (x^2 + SQUARE), each in two words.
CUBE, CUBE_LOW = 0.07135481627260025, -6.175149918155315e-19
SQUARE, SQUARE_LOW = 22.363860002236386, -3.734262393014057e-17
SPLIT = 134217729.0  # 2^27 + 1


def product(a: Array, b: Array) -> tuple[Array, Array]:
    """a * b in two words (T. Dekker, 1971)."""
    high = a * b
    a_high, b_high = SPLIT * a - (SPLIT * a - a), SPLIT * b - (SPLIT * b - b)
    a_low, b_low = a - a_high, b - b_high
    return high, ((a_high * b_high - high) + a_high * b_low + a_low * b_high) + a_low * b_low


def cubic_tail(b: Array) -> tuple[Array, Array, Array]:
    """(y, s, g) for 0 <= b <= 24: sigmoid(-v(b)) = y s, where only that may be subnormal, and g = b v'(b)."""
    square, square_low = product(b, b)
    q = square + SQUARE
    part = q - square
    q_low = (square - (q - part)) + (SQUARE - part) + (square_low + SQUARE_LOW)
    c, c_low = product(b, np.full((), CUBE))
    v, v_low = product(c, q)
    v_low += c * q_low + (c_low + b * CUBE_LOW) * q
    deep = v > 700.0
    e = np.exp(np.where(deep, TAIL, 0.0) - v)
    e -= e * v_low
    return e / (1.0 + np.where(deep, 0.0, e)), np.where(deep, EXP_TAIL, 1.0), c * (3.0 * square + SQUARE)


def gelu_tanh(x: Array) -> Array:
    near = np.clip(x, -24.0, 24.0)
    y, s, _ = cubic_tail(np.abs(near))
    return np.where(x <= 0.0, near * y * s, x - near * y)


def gelu_tanh_derivative(x: Array) -> Array:
    y, s, g = cubic_tail(np.abs(np.clip(x, -24.0, 24.0)))
    slope = y * (1.0 - g * (1.0 - y * s)) * s
    return np.where(x < 0.0, slope, 1.0 - slope)


def exact_cubic(mp: Any, x: Any) -> Any:
    return 2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf(44715) / 10**6 * x**3)


def exact_gelu_tanh_derivative(mp: Any, x: Any) -> Any:
    v, slope = exact_cubic(mp, x), 2 * mp.sqrt(2 / mp.pi) * (1 + 3 * mp.mpf(44715) / 10**6 * x**2)
    return logistic(mp, v) * (1 + x * logistic(mp, -v) * slope)


def normal_cdf(mp: Any, x: Any) -> Any:
    """Phi(x); beyond 10^6 (where e^(-x^2/2) has 10^11 zeros) mpmath would work in vain."""
    return mp.mpf(x > 0) if abs(x) > 10**6 else mp.erfc(-x / mp.sqrt(2)) / 2


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
        exact=lambda mp, x: x * normal_cdf(mp, x),
        exact_derivative=lambda mp, x: normal_cdf(mp, x) + x * mp.npdf(x),
        edges=(0.25, 5.5, 9.0, 13.0, 14.36, 37.5194, 38.5745, 38.625),
        approximations=(
            ("none", "gelu"),
            ("tanh", "gelu_tanh"),
            ("sigmoid", "quick_gelu"),
            (False, "gelu"),
            (True, "gelu_tanh"),
        ),
        reference="D. Hendrycks and K. Gimpel, Gaussian error linear units, arXiv:1606.08415; by the Mills ratio.",
    ),
    Activation(
        name="gelu_tanh",
        aliases=("gelu_approx", "gelu_new", "FastGelu"),
        module_names=(),
        summary="Gaussian error linear unit, in its approximate form with tanh.",
        formula="x / (1 + e^-v), v = 2 sqrt(2/pi) (x + 0.044715 x^3), which is x (1 + tanh(v/2)) / 2",
        latex=r"\tfrac{x}{2}\left(1 + \tanh\left(\sqrt{2/\pi}\,(x + 0.044715 x^3)\right)\right)",
        derivative_formula="sigmoid(v) * (1 + x * sigmoid(-v) * v'), v' = 2 sqrt(2/pi) (1 + 0.134145 x^2)",
        range=(-0.17004075057125405, INF),
        limits=(-0.0, INF),
        derivative_limits=(-0.0, 1.0),
        kinks=(),
        derivative_zeros=(-0.7524614220710163,),
        max_ulp=ONE,
        derivative_max_ulp=ONE,
        value=gelu_tanh,
        derivative=gelu_tanh_derivative,
        exact=lambda mp, x: x * logistic(mp, exact_cubic(mp, x)),
        exact_derivative=exact_gelu_tanh_derivative,
        edges=(0.26, 0.6275, 0.8775, 5.4, 10.0, 10.9, 21.06, 21.5, 24.0),
        reference="D. Hendrycks and K. Gimpel, Gaussian error linear units, arXiv:1606.08415; as x times a sigmoid.",
    ),
)
