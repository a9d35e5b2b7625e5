"""What other libraries get wrong (as of 2026, see the numbers in the comments), and fastact does not.

D11 is in test_half.py, D19 (the cost of small calls) in `make bench-peers`.
"""

import mpmath
import numpy as np
import pytest
import reference
from support import ROWS

import fastact as fa

F32, F64 = np.float32, np.float64
INF = np.inf
FLOATS = pytest.mark.parametrize("dtype", [F32, F64])
LARGEST = {F32: np.finfo(F32).max, F64: np.finfo(F64).max}


def units(name, x, dtype, kind="value"):
    """The error in units in the last place."""
    f = fa.activations[name] if kind == "value" else fa.activations[name].derivative
    x = np.array([x], dtype)
    error = reference.exact_error(ROWS[name], kind, x[0], f(x)[0])
    if dtype is F64:
        return error
    with mpmath.workprec(200):
        exact = float(ROWS[name].true(kind, mpmath, mpmath.mpf(float(x[0]))))
    return reference.ulp_error(f(x), np.array([exact]))[0]


def within(name, x, dtype, kind="value"):
    """Whether the error is within what is stated: 1 of the compiled kernels."""
    f = fa.activations[name] if kind == "value" else fa.activations[name].derivative
    return units(name, x, dtype, kind) <= max(1.0, f.max_ulp[np.dtype(dtype).name])


def same(got, want):
    """Equal, signs of zero too."""
    return got == want and np.signbit(got) == np.signbit(want)


@FLOATS
@pytest.mark.parametrize(
    ("name", "x"), [(n, x) for n in ("gelu", "gelu_tanh") for x in (-3.0, -5.1, -5.5, -8.0, -8.5, -12.0)]
)
def test_d1_the_left_tail_of_gelu(name, x, dtype):
    assert within(name, x, dtype)
    assert fa.activations[name](dtype(x)) < 0 or (name, x) == ("gelu_tanh", -12.0)  # 0 in float32


@FLOATS
@pytest.mark.parametrize("name", ["gelu", "hard_silu", "silu", "mish", "gelu_tanh"])
def test_d2_infinity_and_the_largest(name, dtype):
    f, x = fa.activations[name], np.full(64, INF, dtype)
    assert np.all(f(x) == INF)
    assert np.all(f(x[::2]) == INF)
    assert np.all(f(np.full(37, LARGEST[dtype])) == LARGEST[dtype])


@FLOATS
def test_d3_limits(dtype):
    for name in ("gelu", "silu", "mish", "hard_silu", "gelu_tanh", "quick_gelu", "dish"):
        assert same(fa.activations[name](np.array([-INF], dtype))[0], -0.0), name
        assert same(fa.activations[name](np.array([-LARGEST[dtype]], dtype))[0], -0.0) or name == "dish", name
    assert fa.softsign(np.array([-INF, INF], dtype)).tolist() == [-1, 1]
    assert fa.softsign.derivative(np.array([-INF, INF], dtype)).tolist() == [0, 0]
    assert same(fa.squareplus(np.array([-INF], dtype))[0], 0.0)


def test_d4_sigmoid_left_tail():
    assert within("sigmoid", -16, F32)
    x = np.linspace(-30, 30, 200_001, dtype=F32)
    y = fa.sigmoid(x)
    assert np.all(np.diff(y) >= 0)
    assert y.min() > 0
    assert y.max() <= 1


def test_d5_nothing_is_clipped():
    assert fa.sigmoid(F32(-INF)) == 0
    y = fa.softmax(np.array([[-1000, -1000, -1001.0]]), lengths=[3])
    assert y[0, 0] == y[0, 1] > y[0, 2]


def test_d6_subnormals():
    assert fa.sigmoid(F32(-95)) > 0
    assert fa.sigmoid(F64(-740)) > 0
    assert fa.relu(F32(1e-40)) == F32(1e-40)


@FLOATS
@pytest.mark.parametrize("name", ["elu", "selu", "celu"])
@pytest.mark.parametrize("x", [-1e-7, -1e-8, -1e-30])
def test_d7_exp_less_one(name, x, dtype):
    assert within(name, x, dtype)


@FLOATS
def test_d8_cancellation(dtype):
    for x in (5e-6, -5e-6, 1e-3, 0.1, 1.0):
        assert within("tanh_shrink", x, dtype)
    for x in (-67.0, -1e6, -3.0):
        assert within("squareplus", x, dtype)


def test_d9_softplus_has_no_threshold():
    assert within("softplus", 20.5, F64)
    assert within("softplus", 30, F64)
    assert np.isfinite(fa.softplus(F32(1), 1e30))
    assert fa.softplus(F32(2), 1e30) == 2


@pytest.mark.native
@pytest.mark.parametrize("name", fa.activations)
def test_d10_a_value_has_one_result(name):
    p = [q.typical for q in ROWS[name].parameters]
    x = (np.random.default_rng(0).standard_normal(1000) * 4).astype(F32)
    alone = np.array([fa.activations[name](x[k : k + 1], *p)[0] for k in range(len(x))])
    assert np.array_equal(alone, fa.activations[name](x, *p), equal_nan=True)


def test_d12_derivatives_in_the_tails():
    assert fa.sigmoid.derivative(F32(17)) == F32(4.1399373e-08)
    assert fa.tanh.derivative(F32(9.3)) > 0
    assert fa.gelu.derivative(F32(-6.2)) < 0
    for name, x in (("sigmoid", 17), ("tanh", 9.3), ("gelu", -6.2), ("sigmoid", 80)):
        assert within(name, x, F32, "derivative")
    # the largest component: 1 - y is 2.06e-9 there, and y is 1
    y = fa.softmax(F32([20, 0]))
    dx = fa.softmax.backward(F32([1, 0]), y)
    assert dx[0] == pytest.approx(2.0611536e-09, rel=1e-6)


def test_d13_log_softmax_at_the_largest():
    assert fa.log_softmax(F32([30, 0, 0]))[0] == pytest.approx(-1.8715245e-13, rel=1e-6)
    assert fa.log_softmax(F64([40, 0, 0]))[0] == pytest.approx(-8.496708e-18, rel=1e-6)
    assert fa.logsumexp(F32([0, -104, -90])) == pytest.approx(8.194e-40, rel=1e-3)


def test_d14_narrow_types():
    y = fa.softmax(np.zeros(65536, np.float16))
    assert y.dtype == np.float16
    assert np.all(y == np.float16(1 / 65536))
    y = fa.softmax(np.array([1, 2, 3], np.uint8))
    np.testing.assert_allclose(y, fa.softmax(F32([1, 2, 3])))


def test_d15_backward():
    grad, y = np.ones((40, 2), F32)[:, 0], np.linspace(-3, 3, 80, dtype=F32)[::2]
    assert np.array_equal(fa.relu.backward(grad, y), fa.relu.backward(grad.copy(), y.copy()))
    assert fa.hard_silu.derivative(F64([-3, 3])).tolist() == [0, 1]
    assert fa.dish.derivative(F32([1e20, -1e30])).tolist() == [1, 0]


def test_d16_strided_out():
    x = np.random.default_rng(0).standard_normal((6, 10)).astype(F32)
    y = fa.softmax(x)
    out = np.zeros((6, 20), F32)
    fa.softmax(x, out=out[:, ::2])
    assert np.array_equal(out[:, ::2], y)
    assert not np.any(out[:, 1::2])
    out[:] = 0
    fa.softmax.backward(x, y, out=out[:, ::2])
    assert np.array_equal(out[:, ::2], fa.softmax.backward(x, y))
    assert not np.any(out[:, 1::2])


@pytest.mark.parametrize("name", fa.activations)
def test_d17_nan_goes_through(name):
    p = [q.typical for q in ROWS[name].parameters]
    for dtype in (F32, F64):
        x = np.array([np.nan, 1, np.nan, -1, np.nan] * 9, dtype)
        for f in (fa.activations[name], fa.activations[name].derivative):
            assert np.array_equal(np.isnan(f(x, *p)), np.isnan(x)) or name == "logit"


def test_d18_celu():
    x = F64([-2, -0.5, 0, 3])
    assert fa.celu(x, INF).tolist() == x.tolist()
    np.testing.assert_allclose(fa.celu(x, -1.5), np.where(x > 0, x, -1.5 * np.expm1(x / -1.5)), rtol=1e-15)
    with pytest.raises(ValueError, match=r"celu: alpha is 0; it must"):
        fa.celu(x, 0.0)
