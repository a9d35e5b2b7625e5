"""The selections and the algebraic activations: kinks, dead zones, parameters of all sizes, limits."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import reference
from support import DTYPES, ROWS, assert_same_bits, function

import fastact as fa

INF, NAN = np.inf, np.nan
DEAD = [name for name, row in ROWS.items() if row.dead_zone and name != "logit"]  # it has one with eps
# Parameters beside the typical ones, which the general tests take.
OTHERS = [
    ("step", (1.5,)),
    ("prelu", (-2.0,)),
    ("threshold", (-20.0, 3.0)),
    ("hard_sigmoid", (0.2, 0.5)),
    ("hard_sigmoid", (1 / 6, 0.25)),
    ("hard_tanh", (-0.5, 6.0)),
    ("clipped_linear", (-0.3, 0.7, -2.0, 1.5)),
    ("shrink", (0.25, 0.75)),
    ("hard_shrink", (0.0,)),
    ("soft_shrink", (0.1,)),
    ("squareplus", (0.0,)),
    ("squareplus", (0.3,)),
    ("squareplus", (1e-36,)),
    ("squareplus", (1e36,)),
]


def sample(dtype):
    rng = np.random.default_rng(8)
    top = 38 if dtype == np.float32 else 307
    sizes = np.concatenate([rng.uniform(0, 8, 250), 10.0 ** rng.uniform(-top, top, 250)])
    return np.concatenate([sizes, -sizes, [0.0, 0.5, -0.5]]).astype(dtype)


def error(row, kind, dtype, x, got, parameters):
    if dtype == np.float64:
        return reference.exact_error(row, kind, x, got, parameters)
    with mpmath.workprec(300), np.errstate(over="ignore"):
        want = np.float64(float(row.true(kind, mpmath, mpmath.mpf(float(x)), parameters)))
    return float(reference.ulp_error(got, want))


@pytest.mark.native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["value", "derivative"])
@pytest.mark.parametrize(("name", "parameters"), OTHERS)
def test_other_parameters(name, parameters, kind, dtype):
    row, f, x = ROWS[name], function(name, kind), sample(dtype)
    rounded = [float(dtype(p)) for p in parameters]
    for a, b in zip(x, f(x, *parameters), strict=True):
        assert error(row, kind, dtype, a, b, rounded) <= 1, f"{name}{parameters} at {a!r}: {b!r}"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", DEAD)
def test_dead_zones_select_zero(name, dtype):
    """Whatever the gradient is, where the function is constant; and nowhere else."""
    f = function(name)
    x = np.array([-INF, -7.0, -3.0, -1.0, -0.5, 0.0, 0.125, 0.5, 1.0, 3.0, 6.0, 7.0, INF], dtype)
    slope = f.derivative(x)
    constant = slope == 0
    assert constant.any()
    for bad in (NAN, INF, -INF):
        got = f.backward(np.full(len(x), bad, dtype), x)
        assert_same_bits(got[constant], np.zeros(constant.sum(), dtype))
        assert not np.isfinite(got[~constant]).any()
        assert np.isnan(f.backward(dtype(bad), dtype(NAN)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_at_and_beside_the_kinks(dtype):
    three, eps = dtype(3), np.finfo(dtype).eps
    below, above = np.nextafter(-three, -INF, dtype=dtype), np.nextafter(-three, INF, dtype=dtype)
    x = np.array([below, -3, above, 3], dtype)
    beside = float(Fraction(float(above)) * (Fraction(float(above)) + 3) / 6)
    assert_same_bits(fa.hard_sigmoid(x), np.array([0, 0, 2 * eps / 6, 1], dtype))
    got = fa.hard_silu(x)
    assert_same_bits(got[[0, 1, 3]], np.array([-0.0, -0.0, 3], dtype))
    assert abs(got[2] - beside) <= eps * abs(beside)
    assert_same_bits(fa.hard_silu.derivative(x)[[0, 1, 3]], np.array([0, 0, 1], dtype))
    assert_same_bits(fa.hard_sigmoid.derivative(x), np.array([0, 0, 1 / 6, 0], dtype))
    assert_same_bits(fa.step(np.array([-0.0, 0.0, -1e-30, NAN], dtype)), np.array([1, 1, 0, NAN], dtype))
    largest = np.finfo(dtype).max
    for f in (fa.hard_silu, fa.squareplus, fa.dish, fa.sparse_plus, fa.shrink):
        assert f(largest) == largest
    assert fa.softsign(largest) == 1
    assert fa.softsign(-largest) == -1


@pytest.mark.parametrize("dtype", DTYPES)
def test_shrinks_are_odd_and_keep_nan(dtype):
    x = np.array([0.0, 0.25, 0.5, 0.75, 3.0, INF, NAN], dtype)
    for f in (fa.shrink, fa.hard_shrink, fa.soft_shrink, fa.hard_tanh, fa.softsign, fa.signed_sqrt):
        assert_same_bits(f(-x), -f(x))
    assert_same_bits(fa.shrink(x, 0.5, 2.0), np.array([0, 0, 0, -1.25, 1, INF, NAN], dtype))
    assert_same_bits(fa.shrink(-x, 0.5, 2.0), -fa.shrink(x, 0.5, 2.0))
    assert_same_bits(fa.soft_shrink(x), np.array([0, 0, 0, 0.25, 2.5, INF, NAN], dtype))
    assert_same_bits(fa.threshold(x, 0.5, 9.0), np.array([9, 9, 9, 0.75, 3, INF, NAN], dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_limits_of_other_parameters(dtype):
    ends = np.array([-INF, INF], dtype)
    assert_same_bits(fa.hard_sigmoid(ends, 0.0, 0.25), np.array([0.25, 0.25], dtype))
    assert_same_bits(fa.hard_sigmoid(ends, -0.2), np.array([1, 0], dtype))
    assert_same_bits(fa.clipped_linear(ends, max_val=INF), np.array([0, INF], dtype))
    assert_same_bits(fa.clipped_linear(ends, slope=0.0, offset=0.5), np.array([0.5, 0.5], dtype))
    x = np.array([-INF, -1e30, -2.0, -1e-30, -0.0, 0.0, 1e-30, 2.0, 1e30, INF, NAN], dtype)
    with np.errstate(all="ignore"):
        assert_same_bits(fa.squareplus(x, 0.0) + 0, fa.relu(x) + 0)
    assert_same_bits(fa.squareplus.derivative(x, 0.0), fa.relu.derivative(x))
    assert fa.squareplus(dtype(-1), INF) == INF
    assert np.isnan(fa.squareplus(dtype(-INF), INF))


@pytest.mark.parametrize("dtype", DTYPES)
def test_squareplus_beside_what_must_be_scaled(dtype):
    """From 2^60 on, registers take another way, on which other numbers would be rounded otherwise."""
    x = (-(2.0 ** np.random.default_rng(9).uniform(56, 60, 4096))).astype(dtype)
    far = np.where(np.arange(len(x)) % 8 == 3, dtype(-(2.0**61)), x)
    for kind in ("value", "derivative"):
        f = function("squareplus", kind)
        assert_same_bits(f(far, 0.3)[far == x], f(x, 0.3)[far == x])


def test_arrays_of_parameters():
    x = np.linspace(-5, 5, 67, dtype=np.float32)
    slope = np.where(np.arange(67) % 3, np.float32(1 / 6), np.float32(0.2))
    b = np.where(np.arange(67) % 5, np.float32(4), np.float32(1e-37))
    for kind in ("value", "derivative"):
        f, g = function("hard_sigmoid", kind), function("squareplus", kind)
        assert_same_bits(f(x, slope), np.where(np.arange(67) % 3, f(x), f(x, 0.2)))
        assert_same_bits(g(x, b), np.where(np.arange(67) % 5, g(x), g(x, 1e-37)))


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda: fa.soft_shrink(1.0, -0.5), "lambd is -0.5; it must not be negative or NaN"),
        (lambda: fa.squareplus(1.0, -1.0), "b is -1; it must not be negative or NaN"),
        (lambda: fa.hard_tanh(1.0, NAN), "min_val is nan; it must not be NaN"),
    ],
)
def test_bad_parameters(call, text):
    with pytest.raises(ValueError, match=text):
        call()


def test_bias_of_shrink_is_its_parameter():
    x = np.linspace(-3, 3, 40, dtype=np.float32).reshape(4, 10)
    for kind in ("value", "derivative"):
        f = function("shrink", kind)
        assert_same_bits(f(x, bias=0.25), f(x, 0.5, 0.25))
        assert_same_bits(f(x, bias=x[0]), f(x, 0.5, x[0]))
    assert_same_bits(fa.shrink(x, bias=0.5), fa.soft_shrink(x))


def test_parameters_that_have_to_be_given():
    for call in (lambda: fa.prelu(1.0), lambda: fa.threshold(1.0, 0.5)):
        with pytest.raises(TypeError, match="misses its argument"):
            call()
