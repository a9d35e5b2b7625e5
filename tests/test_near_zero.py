"""What is special in elu, selu, celu, log_sigmoid, logit and tanh_shrink: both sides of zero, limits, parameters."""

import inspect

import mpmath
import numpy as np
import pytest
from support import DTYPES, ROWS, assert_same_bits

import fastact as fa

INF, NAN = np.inf, np.nan
LAMBDA, SLOPE = 1.0507009873554805, 1.7580993408473768


def error(f, row, x, *parameters, kind="value"):
    """The largest error in ULP of the results' dtype, against mpmath with the parameters of that dtype."""
    got, worst = f(x, *parameters), 0.0
    rounded = [float(x.dtype.type(p)) for p in parameters]
    with mpmath.workprec(300):
        for a, b in zip(x.tolist(), got.tolist(), strict=True):
            exact = row.true(kind, mpmath, mpmath.mpf(a), [mpmath.mpf(p) for p in rounded])
            place = float(np.spacing(np.abs(x.dtype.type(float(exact)))))
            worst = max(worst, float(abs(mpmath.mpf(b) - exact)) / place)
    return worst


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["elu", "celu"])
def test_small_negative_numbers_are_themselves(name, dtype):
    """e^x - 1 would be 0 here."""
    x = -np.array([1e-8, 1e-20, 1e-37, 1e-40], dtype) * np.finfo(dtype).eps
    assert_same_bits(fa.activations[name](x), x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_elu_saturates_at_alpha(dtype):
    for alpha in (1.0, 0.3, 1.9999, 7.25, -2.0):
        x = np.array([-INF, -1e30, -1000, -50], dtype)
        assert np.all(fa.elu(x, alpha) == -dtype(alpha))
    assert np.all(fa.selu(np.array([-INF, -1e30, -1000, -50], dtype)) == -dtype(SLOPE))
    assert_same_bits(fa.elu(np.array([-2, 0, 3], dtype), INF), np.array([-INF, 0, 3], dtype))


@pytest.mark.native
@pytest.mark.parametrize("dtype", DTYPES)
def test_selu_has_the_full_constants(dtype):
    x = np.concatenate([np.geomspace(1e-3, 1e3, 200), -np.geomspace(1e-3, 30, 200)]).astype(dtype)
    assert error(fa.selu, ROWS["selu"], x) <= 0.85
    # rounded once: x times lambda in two words of twice the digits
    positive = np.float32(np.random.default_rng(0).uniform(0.1, 10, 2000))
    assert_same_bits(fa.selu(positive), np.float32(positive * np.float64(LAMBDA)))
    assert fa.selu.derivative(dtype(0.0)) == dtype(SLOPE)
    assert fa.selu.derivative(dtype(1e-30)) == dtype(LAMBDA)


@pytest.mark.native
@pytest.mark.parametrize("dtype", DTYPES)
def test_celu_alpha(dtype):
    x = np.array([-INF, -3, -1e-5, -0.0, 2, INF, NAN], dtype)
    assert_same_bits(fa.celu(x, INF), x)
    assert_same_bits(fa.celu(x, -INF), x)
    assert_same_bits(fa.celu.derivative(x, INF), np.array([1, 1, 1, 1, 1, 1, NAN], dtype))
    # a negative alpha: the same formula, which grows on the left
    assert fa.celu(dtype(-INF), -0.5) == -INF
    assert fa.celu.derivative(dtype(-INF), -0.5) == INF
    row, left = ROWS["celu"], -np.linspace(0.001, 25, 300).astype(dtype)
    # value: an ordinary rounding or two; the exponential alone, with x/alpha in two words, no worse
    for alpha in (1.0, 2.0, 1.5, 0.3, 7.1):
        assert error(fa.celu, row, left, alpha) <= 1.0
        assert error(fa.celu.derivative, row, left, alpha, kind="derivative") <= 1.0
    assert error(fa.celu, row, left, -1.5) <= 4.0
    # e^(x/alpha) is too large, alpha times it is not
    assert np.isfinite(fa.celu(dtype(-0.09 if dtype == np.float32 else -0.71), -1e-3))
    with pytest.raises(ValueError, match="alpha is 0; it must not be 0"):
        fa.celu(x, 0.0)
    both = np.array([[1.5], [-1.5]], dtype)
    assert_same_bits(fa.celu(left, both), np.stack([fa.celu(left, 1.5), fa.celu(left, -1.5)]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_log_sigmoid_is_minus_softplus(dtype):
    x = np.concatenate([np.linspace(-200, 200, 5001), [0.0, -0.0, INF, -INF, 800.0]]).astype(dtype)
    assert_same_bits(fa.log_sigmoid(x), -fa.softplus(-x))
    np.testing.assert_array_max_ulp(fa.log_sigmoid.derivative(x), fa.sigmoid(-x), 1)  # two ways in float32


@pytest.mark.parametrize("dtype", DTYPES)
def test_logit_at_its_ends(dtype):
    one, tiny = dtype(1), np.finfo(dtype).smallest_subnormal
    x = np.array([0.0, -0.0, 1.0, 0.5, -tiny, np.nextafter(one, dtype(2)), -INF, INF, NAN], dtype)
    assert_same_bits(fa.logit(x), np.array([-INF, -INF, INF, 0, NAN, NAN, NAN, NAN, NAN], dtype))
    slopes = np.array([INF, INF, INF, 4, NAN, NAN, NAN, NAN, NAN], dtype)
    assert_same_bits(fa.logit.derivative(x), slopes)
    hard = np.array([tiny, 3 * tiny, np.finfo(dtype).tiny, 1e-9, 0.25, 0.41, 0.4999, 0.59, 0.75], dtype)
    hard = np.concatenate([hard, [np.nextafter(one, dtype(0)), np.nextafter(dtype(0.5), dtype(0))], 0.5 + hard[3:4]])
    assert error(fa.logit, ROWS["logit"], hard.astype(dtype), -INF) <= 0.6


@pytest.mark.parametrize("dtype", DTYPES)
def test_logit_eps(dtype):
    assert inspect.signature(fa.logit).parameters["eps"].default is None
    x = np.array([-INF, -1, 0, 0.1, 0.25, 0.3, 0.5, 0.75, 0.8, 1, 7, INF, NAN], dtype)
    assert_same_bits(fa.logit(x, None), fa.logit(x))
    clamped = fa.logit(np.where(np.isnan(x), x, np.clip(x, 0.25, 0.75)))
    assert_same_bits(fa.logit(x, 0.25), clamped)
    assert_same_bits(fa.logit(x, eps=0), fa.logit(np.where(np.isnan(x), x, np.clip(x, 0, 1))))
    slope = np.where((x >= 0.25) & (x <= 0.75), fa.logit.derivative(x), np.where(np.isnan(x), x, dtype(0)))
    assert_same_bits(fa.logit.derivative(x, 0.25), slope)
    # where it is clamped 0 is selected
    bad = fa.logit.backward(np.full(x.shape, INF, dtype), x, 0.25)
    assert_same_bits(bad, np.where(slope == 0, dtype(0), np.where(np.isnan(x), x, INF)))
    # the upper bound is as far from 1 as the lower from 0, whatever 1 - eps is rounded to
    assert fa.logit(dtype(1), 1e-6) == -fa.logit(dtype(0), 1e-6)
    for eps in (-0.1, NAN):
        with pytest.raises(ValueError, match=r"eps is .*; it must not be negative"):
            fa.logit(x, eps)


@pytest.mark.native
@pytest.mark.parametrize("dtype", DTYPES)
def test_tanh_shrink_is_odd_and_does_not_cancel(dtype):
    x = np.concatenate([np.geomspace(1e-9, 30, 300), [0.0, INF]]).astype(dtype)
    assert_same_bits(fa.tanh_shrink(-x), -fa.tanh_shrink(x))
    assert_same_bits(fa.tanh_shrink.derivative(-x), fa.tanh_shrink.derivative(x))
    assert error(fa.tanh_shrink, ROWS["tanh_shrink"], x[:-2]) <= 1.0
    assert error(fa.tanh_shrink.derivative, ROWS["tanh_shrink"], x[:-2], kind="derivative") <= 1.0
