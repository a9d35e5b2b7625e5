"""What every activation means at the edges, and how it takes its arguments."""

import copy
import inspect
import pickle
import pydoc

import mpmath
import numpy as np
import pytest
from processes import run_python, start_python
from support import (
    DTYPES,
    FUNCTIONS,
    KINDS,
    NAMES,
    ROWS,
    as_tuple,
    assert_same_bits,
    bare,
    function,
    inputs,
    locked,
    misaligned,
    ulp,
)

import fastact as fa

INF, NAN = np.inf, np.nan
X = np.array([-30.0, -4.0, -1.5, -0.25, 0.0, 0.5, 1.0, 3.0, 25.0])


def sample(n, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).normal(0, 4, n).astype(dtype)


def arrays(kind, *shape, dtype=np.float32):
    return [sample(shape, dtype, seed) for seed in range(inputs(kind))]


# -- Values ------------------------------------------------------------------------------------------------------


POSITIVE_ZERO = ("squared_relu", "clipped_linear")  # at -0.0 too: a square, a sum with +0.0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 67])
@pytest.mark.parametrize("name", NAMES)
def test_special_values(name, n, dtype):
    row, f = ROWS[name], function(name)

    def at(x, g=f):
        result = g(np.full(n, x, dtype))
        assert np.all(np.isnan(result) if np.isnan(result[0]) else result == result[0])
        return float(result[0])

    def same(a, b):
        return (np.isnan(a) and np.isnan(b)) or (a == b and np.signbit(a) == np.signbit(b))

    assert same(at(-INF), float(dtype(row.limits[0])))
    assert same(at(INF), float(dtype(row.limits[1])))
    assert same(at(-INF, f.derivative), float(dtype(row.derivative_limits[0])))
    assert same(at(INF, f.derivative), float(dtype(row.derivative_limits[1])))
    assert np.isnan(at(NAN))
    assert np.isnan(at(NAN, f.derivative))
    assert all(np.isnan(part).all() for part in f.value_and_derivative(np.full(n, NAN, dtype)))
    assert np.isnan(f.backward(np.full(n, 2.0, dtype), np.full(n, NAN, dtype))).all()
    for x, slope in row.kinks:
        assert same(at(x, f.derivative), float(dtype(slope)))
    if at(0.0) == 0.0:
        assert same(at(0.0), 0.0)
        assert same(at(-0.0), 0.0 if name in POSITIVE_ZERO else -0.0)
    largest = np.finfo(dtype).max
    for x in (
        () if np.isnan(row.limits[0]) else (largest, np.finfo(dtype).tiny)
    ):  # finite and not 0 if the true value is
        with np.errstate(over="ignore"):
            want = dtype(float(row.true("value", mpmath, mpmath.mpf(float(x)))))
        assert at(x) == want or abs(at(x) - want) <= 1e-6 * want
    assert np.isnan(row.limits[0]) or row.range[0] <= at(-largest) <= row.range[1]


def test_the_table_of_limits_says_what_it_should():
    """The rows are compared with in the test above: here they are held to the specification itself."""
    limits = {name: (ROWS[name].limits, ROWS[name].derivative_limits) for name in NAMES}
    assert str(limits["gelu"]) == "((-0.0, inf), (-0.0, 1.0))"
    assert str(limits["silu"]) == "((-0.0, inf), (-0.0, 1.0))"
    assert str(limits["softplus"]) == "((0.0, inf), (0.0, 1.0))"
    assert str(limits["sigmoid"]) == "((0.0, 1.0), (0.0, 0.0))"
    assert str(limits["tanh"]) == "((-1.0, 1.0), (0.0, 0.0))"
    assert str(limits["relu"]) == "((0.0, inf), (0.0, 1.0))"
    assert str(limits["exp"]) == "((0.0, inf), (0.0, inf))"
    assert ROWS["relu"].kinks == ((0.0, 0.0),)
    assert ROWS["leaky_relu"].kinks == ((0.0, 0.01),)


def gelu_tanh_argument(x):
    return 2 * mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)


@pytest.mark.parametrize(
    "f, x, want",
    [
        (fa.sigmoid, -100.0, lambda x: 1 / (1 + mpmath.exp(-x))),
        (fa.exp, -100.0, mpmath.exp),
        (fa.softplus, -100.0, lambda x: mpmath.log1p(mpmath.exp(x))),
        (fa.silu, -100.0, lambda x: x / (1 + mpmath.exp(-x))),
        (fa.silu.derivative, -100.0, lambda x: (1 + x) * mpmath.exp(x)),
        (fa.sigmoid.derivative, 17.0, lambda x: mpmath.exp(-x) / (1 + mpmath.exp(-x)) ** 2),
        (fa.tanh.derivative, 9.25, lambda x: mpmath.sech(x) ** 2),
        (fa.gelu, -5.5, lambda x: x * mpmath.ncdf(x)),
        (fa.gelu, -10.0, lambda x: x * mpmath.ncdf(x)),
        (fa.gelu, -13.0, lambda x: x * mpmath.ncdf(x)),
        (fa.gelu.derivative, -13.0, lambda x: mpmath.ncdf(x) + x * mpmath.npdf(x)),
        *((fa.gelu_tanh, x, lambda x: x / (1 + mpmath.exp(-gelu_tanh_argument(x)))) for x in (-5.1, -5.5, -8.5, -10.5)),
        (
            fa.gelu_tanh.derivative,
            -10.5,
            lambda x: (1 + x * mpmath.diff(gelu_tanh_argument, x)) * mpmath.exp(gelu_tanh_argument(x)),
        ),
        (fa.mish, -50.0, lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x)))),
        (fa.mish, -100.0, lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x)))),
        (fa.mish.derivative, -100.0, lambda x: (1 + x) * mpmath.exp(x)),
    ],
)
def test_tails_keep_their_digits(f, x, want):
    for dtype in DTYPES:
        with mpmath.workprec(300):
            exact = np.longdouble(mpmath.nstr(want(mpmath.mpf(float(dtype(x)))), 25))
        assert ulp(f(np.full(3, x, dtype)), exact) <= f.max_ulp[np.dtype(dtype).name]


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_derivative_is_that_of_the_value(dtype):
    x = np.linspace(-5.99, 5.99, 401)
    x = x[np.abs(x) > 1e-3]
    for name in NAMES:
        f = function(name)
        slope = (f(x + 1e-6) - f(x - 1e-6)) / 2e-6
        np.testing.assert_allclose(
            f.derivative(x.astype(dtype)), slope, rtol=5e-6, atol=2e-9 if dtype == np.float64 else 3e-7
        )


def test_selections_are_exact():
    x = sample(100)
    assert_same_bits(fa.identity(x), x)
    assert_same_bits(fa.relu(x), np.where(x > 0, x, np.float32(0)))
    assert_same_bits(fa.leaky_relu(x), np.where(x > 0, x, np.float32(0.01) * x))
    assert_same_bits(fa.leaky_relu(x, 3.0), np.where(x > 0, x, np.float32(3) * x))
    assert_same_bits(fa.relu(np.float32([-0.0, 0.0])), np.float32([-0.0, 0.0]))
    assert_same_bits(fa.leaky_relu(np.float64([-INF, -1.0]), 0.0), np.float64([-0.0, -0.0]))
    assert fa.identity(x) is not x


def test_odd_and_monotone():
    x = np.sort(sample(5000))
    assert_same_bits(fa.tanh(-x), -fa.tanh(x))
    for f in (fa.relu, fa.leaky_relu, fa.exp, fa.sigmoid, fa.tanh, fa.softplus):
        assert np.all(np.diff(f(x)) >= 0)
    assert np.all((fa.sigmoid(x) >= 0) & (fa.sigmoid(x) <= 1))
    assert_same_bits(fa.relu(fa.relu(x)), fa.relu(x))
    assert np.all(fa.softplus(x) >= np.maximum(x, 0))


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_dead_zone_selects_zero(dtype):
    x = np.array([-1.0, 0.0, 2.0], dtype)
    for bad in (NAN, INF, -INF):
        got = fa.relu.backward(np.full(3, bad, dtype), x)
        assert_same_bits(got, np.array([0, 0, bad], dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_kinds_agree(name, dtype):
    f, x, grad = function(name), sample(300, dtype), sample(300, dtype, 1)
    assert_same_bits(f.value_and_derivative(x), (f(x), f.derivative(x)))
    np.testing.assert_allclose(f.backward(grad, x), grad * f.derivative(x), rtol=8 * np.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("name, kind", FUNCTIONS)
def test_no_warnings_and_nothing_for_errstate_to_catch(name, kind):
    f = function(name, kind)
    hard = np.array([INF, -INF, NAN, 3e38, -3e38, 1e-45, -1e-45, 1000, -1000, 0], np.float32)
    wide = hard.astype(np.float64)
    huge = wide * 1e200
    with np.errstate(all="raise"):
        for x in (hard, wide, hard[::-2], huge):
            f(*[x] * inputs(kind))
        f(*[huge] * inputs(kind), dtype=np.float32)
        f(*[hard] * inputs(kind), bias=np.float32(3e38))


# -- Types ------------------------------------------------------------------------------------------------------------

SMALL = [np.bool_, np.int8, np.uint8, np.int16, np.uint16]
WIDE = [np.int32, np.uint32, np.int64, np.uint64, np.longlong]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_integers_become_floats(name, kind):
    f = function(name, kind)
    for types, result in ((SMALL, np.float32), (WIDE, np.float64)):
        for dtype in types:
            x = np.array([0, 1, 1, 0, 1], dtype)
            assert_same_bits(f(*[x] * inputs(kind)), f(*[x.astype(result)] * inputs(kind)))


def test_mixed_types():
    x32, x64 = sample(5), sample(5, np.float64)
    assert fa.leaky_relu(x32, x64).dtype == np.float64
    assert fa.leaky_relu(x32, np.arange(5, dtype=np.int8)).dtype == np.float32
    assert fa.leaky_relu(x32, np.arange(5)).dtype == np.float64
    assert fa.gelu.backward(x32, x64).dtype == np.float64
    assert fa.gelu.backward(x32, np.arange(5, dtype=np.uint8)).dtype == np.float32
    assert fa.gelu.backward(1.0, x32).dtype == np.float32
    assert fa.gelu.backward(np.float64(1), x32).dtype == np.float64
    assert fa.gelu.backward(np.float32(1), x64).dtype == np.float64
    assert fa.gelu.backward(x32, 2).dtype == np.float32
    assert fa.gelu(x32, bias=0.5).dtype == np.float32
    assert fa.gelu(x32, bias=x64).dtype == np.float64


@pytest.mark.parametrize("slope", [0.2, np.float64(0.2), np.float32(0.2), np.float16(0.2), 1, True, np.int64(1)])
def test_a_number_as_parameter_does_not_decide_the_type(slope):
    x = sample(5)
    assert_same_bits(fa.leaky_relu(x, slope), fa.leaky_relu(x, np.full(5, slope, np.float32)))
    assert_same_bits(fa.leaky_relu(x, slope), fa.leaky_relu(x, negative_slope=slope))
    assert fa.leaky_relu(np.arange(3, dtype=np.int8), slope).dtype == np.float32


def test_parameters_broadcast():
    x = sample((4, 3))
    slopes = np.array([0.1, 0.2, 0.3], np.float32)
    for kind in KINDS:
        f, args = function("leaky_relu", kind), [x] * inputs(kind)
        columns = [as_tuple(f(*[x[:, k] for _ in args], float(slopes[k]))) for k in range(3)]
        for whole, *parts in zip(as_tuple(f(*args, slopes)), *columns, strict=True):
            assert np.array_equal(whole, np.stack(parts, axis=1))
    assert fa.leaky_relu(x[0], np.ones((4, 1), np.float32)).shape == (4, 3)


def test_scalars_lists_and_0d():
    assert_same_bits(fa.gelu(1.0), np.float64(fa.gelu(np.array([1.0]))[0]))
    assert_same_bits(fa.gelu(1), fa.gelu(1.0))
    assert_same_bits(fa.gelu(True), fa.gelu(np.float32(1)))
    assert type(fa.gelu(np.float32(1))) is np.float32
    assert type(fa.gelu(np.array(1, np.float32))) is np.float32
    assert_same_bits(fa.gelu([1.0, 2.0]), fa.gelu(np.array([1.0, 2.0])))
    assert_same_bits(fa.gelu([[1, 2], [3, 4]]), fa.gelu(np.array([[1.0, 2], [3, 4]])))
    assert_same_bits(fa.gelu.value_and_derivative(1.0), (fa.gelu(1.0), fa.gelu.derivative(1.0)))
    out = np.zeros((), np.float32)
    assert fa.gelu(np.float32(1), out=out) is out
    assert out == fa.gelu(np.float32(1))


@pytest.mark.parametrize(
    "bad, dtype",
    [
        (np.ones(3, np.longdouble), "longdouble|float128|float96|float64"),
        (np.ones(3, complex), "complex128"),
        (1j, "complex128"),
        (np.array([1, None]), "object"),
        (["a", "b"], "<U1"),
        (b"12", "S2"),
        (np.array(["2020-01-01"], "M8[D]"), r"datetime64\[D\]"),
        (np.ones(3, [("a", float)]), "'a'"),
    ],
)
@pytest.mark.parametrize("name, kind", FUNCTIONS)
def test_refused_types(name, kind, bad, dtype):
    f = function(name, kind)
    label = name if kind == "value" else f"{name}.{kind}"
    with pytest.raises(
        TypeError, match=f"^{label}: (x|grad) has dtype .*{dtype}.*; expected bool, an integer, float16"
    ):
        f(*[bad] * inputs(kind))


# -- Arguments --------------------------------------------------------------------------------------------------------

x = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)
frozen = x.copy()
frozen.flags.writeable = False
ERRORS = [
    (fa.gelu, (), {}, TypeError, r"gelu\(\) misses its argument 'x': it takes x\."),
    (fa.gelu.backward, (x,), {}, TypeError, r"gelu\.backward\(\) misses its argument 'x': it takes grad, x\."),
    (fa.leaky_relu, (), {}, TypeError, r"leaky_relu\(\) misses its argument 'x': it takes x, negative_slope=0\.01\."),
    (fa.gelu, (x, x), {}, TypeError, r"gelu\(\) takes x, but 2 arguments were given by position.*out="),
    (fa.leaky_relu, (x, 0.1, x), {}, TypeError, r"takes x, negative_slope=0\.01, but 3 arguments were given"),
    (fa.leaky_relu, (x, 0.1), {"negative_slope": 0.1}, TypeError, "got 'negative_slope' twice"),
    (fa.gelu, (x,), {"slope": 1}, TypeError, r"gelu\(\) got an unknown argument 'slope': by name it takes bias, out"),
    (fa.leaky_relu, (x,), {"alpha": 1}, TypeError, "unknown argument 'alpha': by name it takes negative_slope, bias"),
    (fa.gelu, (None,), {}, TypeError, "^gelu: x is None; expected an array or a number"),
    (fa.gelu.backward, (None, x), {}, TypeError, r"^gelu\.backward: grad is None"),
    (fa.leaky_relu, (x, NAN), {}, ValueError, "^leaky_relu: negative_slope is nan; it must not be NaN"),
    (fa.leaky_relu, (x,), {"negative_slope": np.float32(NAN)}, ValueError, "negative_slope is nan"),
    (fa.leaky_relu, (x, None), {}, TypeError, "^leaky_relu: negative_slope is None"),
    (fa.leaky_relu, (x, "0.1"), {}, TypeError, "^leaky_relu: negative_slope has dtype <U3"),
    (
        fa.leaky_relu,
        (x, np.ones(3, np.float32)),
        {},
        ValueError,
        r"do not broadcast together: x \(3, 4\), negative_slope \(3,\)",
    ),
    (
        fa.gelu.backward,
        (x, x[:2]),
        {},
        ValueError,
        r"gelu\.backward: shapes do not broadcast together: grad \(3, 4\), x \(2, 4\)",
    ),
    (fa.gelu, (x,), {"out": x.tolist()}, TypeError, "^gelu: out is of type list; expected an array"),
    (fa.gelu, (x,), {"out": 3}, TypeError, "^gelu: out is of type int; expected an array"),
    (fa.gelu, (x,), {"out": (x, x)}, ValueError, "^gelu: out is a tuple of 2; expected an array or a tuple of one"),
    (
        fa.gelu,
        (x,),
        {"out": np.zeros(5, np.float32)},
        ValueError,
        r"^gelu: out has shape \(5,\), but the result has shape \(3, 4\)",
    ),
    (
        fa.gelu,
        (x,),
        {"out": np.zeros(4, np.float32)},
        ValueError,
        r"^gelu: out has shape \(4,\), but the result has shape \(3, 4\)",
    ),
    (
        fa.gelu,
        (x,),
        {"out": np.zeros((3, 4), int)},
        TypeError,
        "out has dtype int64, which a float32 result does not cast to .'same_kind'.*float32 or float64",
    ),
    (
        fa.gelu,
        (x.astype(float),),
        {"out": np.zeros((3, 4), np.float32), "casting": "safe"},
        TypeError,
        "out has dtype float32, which a float64 result does not cast to .'safe'",
    ),
    (fa.gelu, (x,), {"out": frozen}, ValueError, "^gelu: out is read-only"),
    (
        fa.gelu.value_and_derivative,
        (x,),
        {"out": x},
        TypeError,
        "out is of type ndarray; expected a tuple of two arrays",
    ),
    (fa.gelu.value_and_derivative, (x,), {"out": (x,)}, TypeError, "expected a tuple of two arrays"),
    (
        fa.gelu.value_and_derivative,
        (x,),
        {"out": (np.zeros((3, 4), np.float32), frozen)},
        ValueError,
        "out is read-only",
    ),
    (fa.gelu, (x,), {"where": [1, 0, 1, 0]}, TypeError, "^gelu: where has dtype int64; expected bool"),
    (fa.gelu, (x,), {"where": np.ones(3, bool)}, ValueError, r"do not broadcast together: x \(3, 4\), where \(3,\)"),
    (fa.gelu, (x,), {"dtype": int}, TypeError, "^gelu: dtype is int64; expected float16, bfloat16, float32 or float64"),
    (fa.gelu, (x,), {"dtype": "complex64"}, TypeError, "dtype is complex64"),
    (
        fa.gelu,
        (x.astype(float),),
        {"dtype": np.float32, "casting": "safe"},
        TypeError,
        "x has dtype float64, which does not cast to float32 .'safe'",
    ),
    (fa.gelu, (np.arange(3),), {"casting": "no"}, TypeError, "x has dtype int64, which does not cast to float64 .'no'"),
    (fa.gelu, (x,), {"order": "Z"}, ValueError, "^gelu: order is 'Z'; expected 'K', 'C', 'F' or 'A'"),
    (
        fa.gelu,
        (x,),
        {"bias": np.ones(3, np.float32)},
        ValueError,
        r"^gelu: bias has shape \(3,\), which does not broadcast to x of shape \(3, 4\).*the last axis, 4",
    ),
    (
        fa.gelu,
        (x[0],),
        {"bias": x},
        ValueError,
        r"bias has shape \(3, 4\), which does not broadcast to x of shape \(4,\)",
    ),
    (fa.gelu, (x,), {"bias": np.ones(4, complex)}, TypeError, "^gelu: bias has dtype complex128"),
]


@pytest.mark.parametrize("f, args, named, error, text", ERRORS)
def test_errors_say_what_is_wrong_and_change_nothing(f, args, named, error, text):
    given = [a for a in (*args, *as_tuple(named.get("out")), named.get("bias")) if isinstance(a, np.ndarray)]
    before = [a.copy() for a in given]
    with pytest.raises(error, match=text):
        f(*args, **named)
    for a, b in zip(given, before, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("name, kind", FUNCTIONS)
def test_out(name, kind):
    f, given = function(name, kind), arrays(kind, 6, 7)
    want = as_tuple(f(*given))

    def check(outs, args=given, cast=None):
        result = as_tuple(f(*args, out=tuple(outs) if len(outs) > 1 else outs[0]))
        for r, o, w in zip(result, outs, want, strict=True):
            assert r is o
            assert np.array_equal(o, w if cast is None else w.astype(cast), equal_nan=True)

    new = [np.empty_like(w) for w in want]
    check(new)
    check([n.astype(np.float64) for n in new], cast=np.float64)
    check([np.asfortranarray(n) for n in new])
    check([np.empty((6, 14), np.float32)[:, ::2] for n in new])
    check([np.empty((7, 6), np.float32).T for n in new])
    check([n.astype(n.dtype.newbyteorder()) for n in new])
    mine = [g.copy() for g in given]
    check([mine[-1], *new[1:]], mine)
    mine = [g.copy() for g in given]
    check([*new[:-1], mine[-1]], mine)
    assert len(want) == 2 or f(*given, out=(new[0],)) is new[0]
    wide = [np.zeros((2, 6, 7), np.float32) for _ in want]  # the inputs broadcast to out, as for any ufunc
    as_tuple(f(*given, out=tuple(wide) if len(wide) > 1 else wide[0]))
    assert all(np.array_equal(w[k], v, equal_nan=True) for w, v in zip(wide, want, strict=True) for k in (0, 1))


def test_half_of_a_pair_of_outs():
    x, out = sample(20), np.empty(20, np.float32)
    value, slope = fa.gelu.value_and_derivative(x, out=(None, out))
    assert slope is out
    assert_same_bits((value, slope), (fa.gelu(x), fa.gelu.derivative(x)))
    both = np.empty((20, 2), np.float32)
    fa.gelu.value_and_derivative(x, out=(both[:, 0], both[:, 1]))
    slopes = np.abs(x)
    want = fa.leaky_relu.ufunc(x, slopes), np.where(x > 0, np.float32(1), slopes)
    assert_same_bits(fa.leaky_relu.value_and_derivative.ufunc(x, slopes, out=(slopes, out)), want)
    assert_same_bits(both, np.stack([fa.gelu(x), fa.gelu.derivative(x)], axis=1))
    with pytest.raises(ValueError, match="the two arrays of out overlap"):
        fa.gelu.value_and_derivative(x[:10], out=(out[:10], out[5:15]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name, kind", FUNCTIONS)
def test_overlap_behaves_as_a_copy(name, kind, dtype):
    f, n = function(name, kind), 3000
    for shift, step in ((1, 1), (-1, 1), (5, 1), (-64, 1), (0, -1), (3, 2)):
        memory = sample(2 * n + 200, dtype)
        source = memory[100 : 100 + n]
        target = memory[100 + shift :][: n * abs(step)][::step][:n]
        grads = [sample(n, dtype, 5)] * (inputs(kind) - 1)
        want = as_tuple(f(*grads, source.copy()))
        second = (np.empty(n, dtype),) if len(want) == 2 else ()
        f(*grads, source, out=(target, *second))
        assert np.array_equal(target, want[0], equal_nan=True)


@pytest.mark.parametrize("name, kind", FUNCTIONS)
def test_where(name, kind):
    f, given = function(name, kind), arrays(kind, 5, 6)
    mask = np.random.default_rng(0).random((5, 6)) < 0.5
    for where in (mask, mask[0], np.True_, np.False_, mask[:, :1]):
        outs = tuple(np.full((5, 6), 7.0, np.float32) for _ in as_tuple(f(*given)))
        f(*given, out=outs, where=where)
        for o, w in zip(outs, as_tuple(f(*given)), strict=True):
            assert np.array_equal(o, np.where(where, w, np.float32(7)), equal_nan=True)
    whole = as_tuple(f(*given, where=mask))
    assert all(
        np.array_equal(a[mask], b[mask], equal_nan=True) for a, b in zip(whole, as_tuple(f(*given)), strict=True)
    )


@pytest.mark.parametrize("name, kind", FUNCTIONS)
def test_dtype_and_casting(name, kind):
    f, given = function(name, kind), arrays(kind, 40)
    wide = [g.astype(np.float64) for g in given]
    assert_same_bits(f(*given, dtype=np.float64), f(*wide))
    assert_same_bits(f(*wide, dtype="float32"), f(*given))
    assert_same_bits(f(*[g.astype(np.int64) for g in wide], dtype="f"), f(*[g.astype(int).astype("f") for g in wide]))
    assert_same_bits(f(*wide, casting="no"), f(*wide))
    out = tuple(np.zeros(40, int) for _ in as_tuple(f(*given)))
    f(*given, out=out, casting="unsafe")
    with np.errstate(invalid="ignore"):  # NaN as an integer
        want = [v.astype(int) for v in as_tuple(f(*given))]
    assert all(np.array_equal(o, w) for o, w in zip(out, want, strict=True))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name, kind", FUNCTIONS)
def test_bias(name, kind, dtype):
    f, given = function(name, kind), arrays(kind, 30, 17, dtype=dtype)
    if "bias" in f.parameters:
        pytest.skip("its own parameter")
    b = sample(17, dtype, 9)
    *grads, x = given
    want = f(*grads, x + b)
    assert_same_bits(f(*given, bias=b), want)
    assert_same_bits(f(*grads, np.asfortranarray(x), bias=b.tolist(), dtype=dtype), f(*grads, x + b, dtype=dtype))
    assert_same_bits(f(*given, bias=b[:1]), f(*grads, x + b[:1]))
    assert_same_bits(f(*given, bias=0.5), f(*grads, x + dtype(0.5)))
    assert_same_bits(f(*given, bias=np.repeat(b, 2)[::2]), want)
    assert_same_bits(f(*given, bias=x), f(*grads, x + x))
    outs = tuple(np.empty_like(x) for _ in as_tuple(want))
    f(*given, bias=b, out=outs if len(outs) > 1 else outs[0])
    assert_same_bits(outs if len(outs) > 1 else outs[0], want)
    memory = x.copy()
    f(*grads, memory, bias=memory[3], out=(memory, *outs[1:]))
    assert_same_bits(memory, as_tuple(f(*grads, x + x[3]))[0])


def test_bias_with_integers_adds_floats():
    assert_same_bits(fa.relu(np.int8([100, 120]), bias=np.int8([100, 1])), np.float32([200, 121]))


# -- Layouts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name, kind", FUNCTIONS)
def test_layouts(name, kind, dtype):
    """Strides, byte order, alignment, read-only, broadcast: as a contiguous copy, bit for bit."""
    f, base = function(name, kind), [sample((6, 8, 10), dtype, k) for k in range(inputs(kind))]

    for change in (
        lambda a: a[::-1],
        lambda a: a[:, ::2, ::-3],
        lambda a: a.T,
        lambda a: a.transpose(1, 0, 2),
        np.asfortranarray,
        lambda a: np.broadcast_to(a[:, :1], a.shape),
        lambda a: np.broadcast_to(a[0, 0, 0], (4, 5)),
        lambda a: a.astype(a.dtype.newbyteorder()),
        misaligned,
        locked,
        lambda a: a[:0],
        lambda a: a[:, :0],
        lambda a: a.reshape((1,) * 29 + a.shape),
        lambda a: a.reshape((1,) * 61 + a.shape).T,  # as many dimensions as NumPy has
        lambda a: np.broadcast_to(a[0, 0, 0], (0, 4)),
    ):
        changed = [change(a) for a in base]
        copies = [np.array(c, dtype, order="C") for c in changed]
        got, want = as_tuple(f(*changed)), as_tuple(f(*copies))
        for g, w in zip(got, want, strict=True):
            assert np.array_equal(g, w, equal_nan=True)
            assert g.dtype == dtype
            assert g.shape == w.shape


@pytest.mark.parametrize("name", NAMES)
def test_order(name):
    f, x = function(name), np.asfortranarray(sample((5, 7)))
    assert f(x).flags.f_contiguous
    assert f(x, order="C").flags.c_contiguous
    assert f(np.ascontiguousarray(x), order="F").flags.f_contiguous
    assert f(x, order="A").flags.f_contiguous
    assert f(sample((3, 4, 5)).transpose(2, 0, 1)).strides == sample((3, 4, 5)).transpose(2, 0, 1).strides


def test_memory_maps(tmp_path):
    x = sample(1000)
    x.tofile(tmp_path / "x")
    mapped = np.memmap(tmp_path / "x", np.float32, "r")
    assert np.array_equal(fa.gelu(mapped), fa.gelu(x))
    assert np.array_equal(fa.gelu(mapped[3::7]), fa.gelu(x[3::7]))


# -- Subclasses -----------------------------------------------------------------------------------------------------


class Tagged(np.ndarray):
    tag = None

    def __array_finalize__(self, other):
        self.tag = getattr(other, "tag", None)


@pytest.mark.parametrize("name, kind", FUNCTIONS)
def test_subclasses_stay(name, kind):
    f, given = function(name, kind), arrays(kind, 4, 5)
    tagged = [g.view(Tagged) for g in given]
    for t in tagged:
        t.tag = "kept"
    for got, want in zip(as_tuple(f(*tagged)), as_tuple(f(*given)), strict=True):
        assert type(got) is Tagged
        assert got.tag == "kept"
        assert np.array_equal(got, want, equal_nan=True)
    assert all(type(r) is np.ndarray for r in as_tuple(f(*tagged, subok=False)))
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix(given[0])
    assert all(type(r) is np.matrix for r in as_tuple(f(*[matrix] * inputs(kind))))


@pytest.mark.parametrize("name, kind", FUNCTIONS)
def test_masked_arrays_keep_their_mask(name, kind):
    f, given = function(name, kind), arrays(kind, 4, 5)
    mask = given[0] > 0
    masked = [np.ma.masked_array(g, mask) for g in given]
    for got, want in zip(as_tuple(f(*masked)), as_tuple(f(*given)), strict=True):
        assert type(got) is np.ma.MaskedArray
        assert np.array_equal(got.mask, mask)
        assert np.array_equal(got.data[~mask], want[~mask], equal_nan=True)


# -- Names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, kind", FUNCTIONS)
def test_dress(name, kind):
    f, row = bare(name, kind), ROWS[name]
    f = getattr(f, "dx", f)
    assert f.__module__ == "fastact"
    assert f.__qualname__ == (name if kind == "value" else f"{name}.{kind}")
    assert f.__name__ == (name if kind == "value" else kind)
    assert repr(f) == f"<fastact.{f.__qualname__}>"
    assert callable(f)
    assert "Parameters\n----------" in f.__doc__
    assert f.formula
    assert f.parameters == {p.name: p.default for p in row.parameters}
    assert set(f.max_ulp) == {"float32", "float64"}
    assert f.ufunc.nin == inputs(kind) + len(row.parameters)
    assert f.ufunc.nout == (2 if kind == "value_and_derivative" else 1)
    assert f.ufunc.__name__ == (name if kind == "value" else f"{name}_{kind}")
    names = list(inspect.signature(f).parameters)
    assert names[: inputs(kind)] == (["grad", "x"] if kind == "backward" else ["x"])
    options = ["out", "where", "dtype", "casting", "order", "subok"]
    approximate = ["approximate"] if row.approximations else []
    axis = ["axis"] if any(p.along_axis for p in row.parameters) else []
    bias = [] if "bias" in f.parameters else ["bias"]
    assert names[inputs(kind) :] == [*f.parameters, *approximate, *axis, *bias, *options]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name, kind", FUNCTIONS)
def test_pickle_and_copy(name, kind, protocol):
    f = bare(name, kind)
    assert pickle.loads(pickle.dumps(f, protocol)) is f
    ufunc = getattr(f, "dx", f).ufunc
    assert pickle.loads(pickle.dumps(ufunc, protocol)) is ufunc
    assert copy.copy(f) is f
    assert copy.deepcopy(f) is f


def test_a_function_as_a_class_attribute_is_no_method():
    class Layer:
        activation = fa.gelu

    assert np.array_equal(Layer().activation(x), fa.gelu(x))


def test_the_ufunc_gives_the_same_bits():
    for name, kind in FUNCTIONS:
        f, given = function(name, kind), arrays(kind, 100)
        assert_same_bits(f.ufunc(*given, *(p.typical for p in ROWS[name].parameters)), f(*given))


def test_the_ufuncs_by_name():
    from fastact import ufuncs

    for name, kind in FUNCTIONS:
        own = name if kind == "value" else f"{name}_{kind}"
        assert getattr(ufuncs, own) is function(name, kind).ufunc
        assert own in dir(ufuncs)
    with pytest.raises(AttributeError, match=r"'fastact\.ufuncs' has no attribute 'sigmoyd'"):
        ufuncs.sigmoyd  # noqa: B018  # that the name is asked for is the test


def test_help():
    shown = "".join(pydoc.plain(pydoc.render_doc(fa.gelu)).split())  # Python 3.13 breaks long signatures
    assert "gelu(x,/,*,approximate='none'" in shown
    assert "dweight is grad * x" in pydoc.plain(pydoc.render_doc(fa.prelu.backward))


@pytest.mark.native
def test_the_ufunc_is_genuine():
    assert all(type(function(*both).ufunc) is np.ufunc for both in FUNCTIONS)


@pytest.mark.parametrize(
    "spelling, name",
    [
        ("Swish", "silu"),
        ("SiLU", "silu"),
        ("linear", "identity"),
        ("Identity", "identity"),
        ("ReLU", "relu"),
        ("rectify", "relu"),
        ("LeakyRelu", "leaky_relu"),
        ("leakyrelu", "leaky_relu"),
        ("LEAKY-RELU", "leaky_relu"),
        ("expit", "sigmoid"),
        ("logistic", "sigmoid"),
        ("exponential", "exp"),
        ("Tanh", "tanh"),
        ("SmoothReLU", "softplus"),
        ("soft_plus", "softplus"),
        ("Gelu", "gelu"),
        ("Log Softmax", "log_softmax"),
        ("Softmax", "softmax"),
        ("ReduceLogSumExp", "logsumexp"),
    ],
)
def test_get(spelling, name):
    assert fa.get(spelling) is getattr(fa, name)
    if name in fa.activations:
        assert fa.activations[spelling] is getattr(fa, name)


def test_get_an_unknown_name():
    with pytest.raises(ValueError, match=r"^get: no function is called 'sigmoyd'\. Did you mean 'sigmoid'\?"):
        fa.get("sigmoyd")
    with pytest.raises(ValueError, match=r"no function is called 'qqq'\. Known are: identity, step, relu"):
        fa.get("qqq")
    with pytest.raises(TypeError, match=r"^get: name is of type int; expected a str"):
        fa.get(3)
    assert fa.get(fa.gelu) is fa.gelu
    assert "qqq" not in fa.activations
    with pytest.raises(KeyError):
        fa.activations["softmax"]


def test_every_alias_is_known_and_none_is_claimed_twice():
    taken = {}
    for row in ROWS.values():
        assert set(row.module_names) <= set(row.aliases)
        for alias in (row.name, *row.aliases):
            assert fa.get(alias) is fa.activations[row.name]
            form = alias.lower().replace("_", "")
            assert taken.setdefault(form, row.name) == row.name
        for name in row.module_names:
            assert getattr(fa, name) is fa.activations[row.name]
            assert name in fa.__all__


def test_the_names_of_the_module():
    assert set(fa.__all__) >= {*NAMES, "softmax", "log_softmax", "logsumexp", "get", "info", "activations", "threads"}
    assert all(hasattr(fa, name) for name in fa.__all__)
    public = {n for n in vars(fa) if not n.startswith("_")}
    assert public - set(fa.__all__) <= {"catalogue", "ufuncs"}
    assert list(fa.activations) == NAMES
    assert len(fa.activations) == len(NAMES)


@pytest.mark.parametrize(
    "call",
    [
        lambda x, huge: fa.step(x, huge),
        lambda x, huge: fa.prelu(x, huge),
        lambda x, huge: fa.gelu(x, bias=huge),
        lambda x, huge: fa.softmax(x, huge),
        lambda x, huge: fa.softmax(x, axis=(huge,)),
        lambda x, huge: fa.softmax.backward(x, x, huge),
        lambda x, huge: fa.softmax(x, bias=huge),
        lambda x, huge: fa.softmax(x, softcap=huge),
        lambda x, huge: fa.logsumexp(x, b=huge),
    ],
)
def test_integers_beyond_every_float_are_refused(call):
    for huge in (10**400, -(10**400)):
        with pytest.raises(ValueError, match=r"holds|beyond"):
            call(np.ones((3, 4), "f4"), huge)


# -- The package -------------------------------------------------------------------------------------------------


def test_info(backend):
    info = fa.info()
    assert list(info) == [
        "version", "backend", "backend_why", "isa", "isa_why", "threads", "threads_why", "openmp", "pool_limit",
        "pool_why", "pool_idle", "numpy", "python",
    ]  # fmt: skip
    assert info["version"] == fa.__version__
    assert info["backend"] == backend
    assert info["isa"] == fa.isa()
    assert fa.isa() in fa.isas()
    assert info["threads"] == fa.get_num_threads() >= 1
    lines = str(info).splitlines()
    assert len(lines) == len(info)
    assert lines[0] == f"version      {fa.__version__}"


@pytest.mark.parametrize("bad", [0, -1])
def test_a_number_of_threads_is_positive(bad):
    with pytest.raises(ValueError, match=f"^set_num_threads: the number of threads is {bad}; it must be at least 1"):
        fa.set_num_threads(bad)
    with pytest.raises(ValueError, match=f"^threads: the number of threads is {bad}"):
        fa.threads(bad)


@pytest.mark.parametrize("bad", [1.5, "2", [1]])
def test_a_number_of_threads_is_an_int(bad):
    with pytest.raises(TypeError, match=r"the number of threads is .*; expected an int"):
        fa.set_num_threads(bad)
    with pytest.raises(TypeError, match=r"the number of threads is .*; expected an int"):
        fa.threads(bad)


def test_one_thread():
    before = fa.get_num_threads()
    with fa.threads(1):
        assert fa.get_num_threads() == 1
    assert fa.get_num_threads() == before


def test_the_backend_is_chosen_by_the_variable():
    code = "import fastact; print(fastact.info()['backend'], fastact.info()['backend_why'])"
    assert run_python(code, FASTACT_BACKEND="numpy") == "numpy FASTACT_BACKEND=numpy"
    failed = start_python("import fastact", FASTACT_BACKEND="fast")
    assert failed.returncode
    assert "ValueError: FASTACT_BACKEND='fast': not one of native, numpy" in failed.stderr


WITHOUT = "import sys; sys.modules['fastact._native'] = None\n"


def test_without_the_compiled_part():
    code = WITHOUT + "import fastact; print(fastact.info()['backend'], fastact.info()['backend_why'])"
    assert run_python(code).startswith("numpy the compiled part does not load: ")
    failed = start_python(WITHOUT + "import fastact", FASTACT_BACKEND="native")
    assert failed.returncode
    assert "ImportError: FASTACT_BACKEND=native, but the compiled part does not load: " in failed.stderr
    assert "unset the variable to use NumPy" in failed.stderr


def test_import_is_light():
    """No module of the standard library but inspect that NumPy has not imported already."""
    code = """
        import inspect, sys, numpy
        before = set(sys.modules)
        import fastact
        names = {name.partition(".")[0] for name in set(sys.modules) - before}
        print(*sorted(name for name in names if name != "__future__" and "cython" not in name))
    """
    assert run_python(code) == "fastact"
