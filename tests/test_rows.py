"""softmax, log_softmax, logsumexp and their backward: values, edges, axes, arguments."""

import copy
import inspect
import itertools
import pickle
import tracemalloc

import mpmath
import numpy as np
import pytest
from support import DTYPES, assert_same_bits, locked, misaligned, ulp

import fastact as fa

INF, NAN = np.inf, np.nan
NAMES = ["softmax", "log_softmax", "logsumexp"]


def sample(*shape, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).normal(0, 4, shape).astype(dtype)


def wide(x, axis=-1, temperature=1.0):
    """(softmax, log_softmax, logsumexp) in long double, for finite rows."""
    z = x.astype(np.longdouble) / np.longdouble(temperature)
    top = z.max(axis=axis, keepdims=True)
    e = np.exp(z - top)
    total = e.sum(axis=axis, keepdims=True)
    np.put_along_axis(e, z.argmax(axis=axis, keepdims=True), 0, axis)
    log = np.log1p(e.sum(axis=axis, keepdims=True))
    return np.exp(z - top) / total, z - top - log, np.squeeze(top + log, axis)


# -- Values ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [0.05, 1, 5])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 8, 15, 16, 17, 33, 100, 1000])
def test_values(n, scale, dtype):
    x = (sample(300, n, dtype=np.float64) * scale).astype(dtype)
    for name, want in zip(NAMES, wide(x), strict=True):
        f = getattr(fa, name)
        got, bound = f(x), f.max_ulp[np.dtype(dtype).name]
        assert got.dtype == dtype
        assert got.shape == want.shape
        if name == "logsumexp":  # of the larger of the result and the largest entry
            unit = np.spacing(np.maximum(np.abs(got), np.abs(x.max(-1))))
            assert np.max(np.abs(got - want) / unit) <= bound
        else:
            assert ulp(got, want) <= bound


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row", [[30.0, 0.0, 0.0], [40.0, 0.0, 0.0], [0.0, 5.0, -3.0, 5.0], [0.0, -104.0, -90.0]])
def test_log_softmax_is_accurate_at_the_largest(row, dtype):
    with mpmath.workprec(300):
        k = int(np.argmax(row))
        rest = mpmath.fsum(mpmath.exp(mpmath.mpf(v) - row[k]) for j, v in enumerate(row) if j != k)
        tail = np.longdouble(mpmath.nstr(mpmath.log1p(rest), 25))
    got = fa.log_softmax(np.array(row, dtype))
    assert ulp(got[k : k + 1], -tail) <= fa.log_softmax.max_ulp[np.dtype(dtype).name]
    assert got[k] < 0
    if row[k] == 0:
        assert ulp(fa.logsumexp(np.array([row], dtype)), tail) <= fa.logsumexp.max_ulp[np.dtype(dtype).name]


@pytest.mark.native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [2, 16, 48, 49, 300, 9000])
@pytest.mark.parametrize("axis", [0, 1])
def test_the_power_of_the_largest_is_one(axis, n, dtype):
    """The sum of the others is left exactly, whatever the largest entry is."""
    for reach in (1, 211, 1e4):
        top = np.random.default_rng(n).uniform(-reach, reach, (100, 1)).astype(dtype)
        x = np.full((100, n), -np.inf, dtype)
        x[:, -1:], x[:, :1] = top, top - dtype(30)
        tail = np.log1p(np.exp(x[:, 0].astype(np.longdouble) - x[:, -1]))
        got = fa.log_softmax(np.ascontiguousarray(x.T), axis=0).T if axis == 0 else fa.log_softmax(x)
        assert ulp(got[:, -1], -tail) <= fa.log_softmax.max_ulp[np.dtype(dtype).name]


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_sum_to_one_however_long(dtype):
    for n in (10, 1000, 1_000_000):
        y = fa.softmax(sample(n, dtype=dtype) / 4)
        assert abs(float(np.sum(y, dtype=np.longdouble)) - 1) < 4 * np.finfo(dtype).eps
    assert_same_bits(fa.softmax(np.zeros(2**20, dtype)), np.full(2**20, 2.0**-20, dtype))
    assert abs(fa.logsumexp(np.zeros(2**20, dtype)) - 20 * np.log(2)) < 8 * np.finfo(dtype).eps * 8


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_shift_changes_nothing(dtype):
    x = np.round(sample(50, 20, dtype=dtype) * 8) / 8
    for shift in (64.0, -1024.0):
        np.testing.assert_array_max_ulp(fa.softmax(x + dtype(shift)), fa.softmax(x), 2)
        np.testing.assert_array_max_ulp(fa.log_softmax(x + dtype(shift)), fa.log_softmax(x), 2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("temperature", [0.1, 0.5, 2, 30.0, np.float32(3)])
def test_temperature(temperature, dtype):
    x = sample(30, 50, dtype=dtype)
    for name, want in zip(NAMES, wide(x, temperature=temperature), strict=True):
        got = getattr(fa, name)(x, temperature=temperature)
        np.testing.assert_allclose(
            got,
            want.astype(dtype),
            rtol=200 * np.finfo(np.float64).eps + 2 * np.finfo(dtype).eps,
            atol=2 * np.finfo(dtype).smallest_subnormal,
        )
        assert got.dtype == dtype


def test_temperature_for_each_row():
    x = sample(3, 40)
    degrees = np.array([[0.5], [1.0], [7.0]])
    for name in NAMES:
        f = getattr(fa, name)
        each = np.stack([f(x[k], temperature=float(degrees[k, 0])) for k in range(3)])
        got = f(x, temperature=degrees)
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, each, rtol=3e-7)
        grad = sample(*got.shape, seed=1)
        saved = x if name == "logsumexp" else got
        each = np.stack([f.backward(grad[k], saved[k], temperature=float(degrees[k, 0])) for k in range(3)])
        np.testing.assert_allclose(f.backward(grad, saved, temperature=degrees), each, rtol=3e-6, atol=1e-9)
    assert fa.softmax([INF, 1.0], temperature=np.array([2.0])).tolist() == [1.0, 0.0]


SPECIAL = [  # row, softmax, log_softmax, logsumexp
    ([-INF, -INF], [NAN, NAN], [NAN, NAN], -INF),
    ([-INF], [NAN], [NAN], -INF),
    ([INF, 1.0, 2.0], [1, 0, 0], [0, -INF, -INF], INF),
    ([1.0, INF, -INF], [0, 1, 0], [-INF, 0, -INF], INF),
    ([INF], [1], [0], INF),
    ([INF, INF, 0.0], [NAN] * 3, [NAN] * 3, INF),
    ([INF, -INF, INF], [NAN] * 3, [NAN] * 3, INF),
    ([NAN, 1.0, 2.0], [NAN] * 3, [NAN] * 3, NAN),
    ([1.0, INF, NAN], [NAN] * 3, [NAN] * 3, NAN),
    ([-INF, NAN], [NAN] * 2, [NAN] * 2, NAN),
    ([-INF, 3.0], [0, 1], [-INF, 0], 3.0),
    ([3.0], [1], [0], 3.0),
    ([-0.0], [1], [0], 0.0),
    ([3e38, -3e38], [1, 0], None, 3e38),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("temperature", [1.0, 4.0])
@pytest.mark.parametrize("x, wants", [(x, wants) for x, *wants in SPECIAL])
def test_special_rows(x, wants, temperature, dtype):
    for axis, copies in ((-1, 1), (-1, 50), (0, 1), (0, 50)):
        batch = np.tile(np.array(x, dtype), (copies, 1))
        batch = batch.T.copy() if axis == 0 else batch
        for name, want in zip(NAMES, wants, strict=True):
            if want is None:
                continue
            got = getattr(fa, name)(batch, axis=axis, temperature=temperature)
            got = got.T if axis == 0 else got
            want = np.asarray(want, dtype) / (temperature if name == "logsumexp" else 1)
            assert np.array_equal(got, np.broadcast_to(want.astype(dtype), got.shape), equal_nan=True), name


def test_a_bad_row_leaves_its_neighbours():
    x = sample(6, 9)
    want = fa.softmax(x)
    x[2, 4], x[4] = NAN, -INF
    good = [0, 1, 3, 5]
    assert_same_bits(fa.softmax(x)[good], want[good])
    assert np.isnan(fa.softmax(x)[[2, 4]]).all()


def test_empty_and_0d():
    for shape, axis in itertools.product([(3, 0), (0, 3), (0,), (0, 0)], [0, -1, None]):
        x = np.zeros(shape, np.float32)
        for f in (fa.softmax, fa.log_softmax):
            y = f(x, axis=axis)
            assert y.shape == shape
            assert y.dtype == np.float32
            assert f.backward(y, y, axis=axis).shape == shape
        assert fa.logsumexp.backward(np.float32(1), x, axis=None).shape == shape
    assert_same_bits(fa.logsumexp(np.zeros((3, 0), np.float32)), np.full(3, -INF, np.float32))
    assert_same_bits(fa.logsumexp(np.zeros((0, 3), np.float32)), np.zeros(0, np.float32))
    assert_same_bits(fa.logsumexp(np.zeros((0, 3), np.float32), axis=None), np.float32(-INF))
    for axis in (-1, 0, None):
        assert_same_bits(fa.softmax(3.0, axis=axis), np.float64(1))
        assert_same_bits(fa.log_softmax(np.float32(3), axis=axis), np.float32(0))
        assert_same_bits(fa.logsumexp(np.array(3.0), axis=axis), np.float64(3))
        assert_same_bits(fa.softmax.backward(2.0, 1.0, axis=axis), np.float64(0))


def test_no_warnings():
    x = np.array([[INF, -INF, NAN], [3e38, -3e38, 1e-45], [-INF, -INF, -INF], [1000, -1000, 0]], np.float32)
    with np.errstate(all="raise"):
        for name, axis in itertools.product(NAMES, (0, 1, None)):
            f = getattr(fa, name)
            f(x, axis=axis)
            f(x, axis=axis, temperature=1e-30)
            f.backward(x if name != "logsumexp" else np.float32(1), x, axis=axis)
        fa.softmax(x.astype(np.float64), dtype=np.float32)


# -- Backward --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [1.0, 0.3])
@pytest.mark.parametrize("axis", [0, 1, (0, 2), None])
def test_backward_is_the_gradient(axis, temperature):
    x = sample(3, 4, 5, dtype=np.float64) / 4
    for name in NAMES:
        f = getattr(fa, name)
        y = f(x, axis=axis, temperature=temperature)
        grad = np.asarray(sample(*y.shape, dtype=np.float64, seed=1))
        got = f.backward(grad, x if name == "logsumexp" else y, axis=axis, temperature=temperature)
        want = np.empty_like(x)
        for k in np.ndindex(x.shape):
            up, down = x.copy(), x.copy()
            up[k] += 1e-5
            down[k] -= 1e-5
            difference = f(up, axis=axis, temperature=temperature) - f(down, axis=axis, temperature=temperature)
            want[k] = np.sum(grad * difference) / 2e-5
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("dtype", DTYPES)
def test_backward_formulas(dtype):
    x, grad = sample(40, 30, dtype=dtype), sample(40, 30, dtype=dtype, seed=1)
    y, logs = fa.softmax(x), fa.log_softmax(x)
    g, w = grad.astype(np.longdouble), y.astype(np.longdouble)
    eps = np.finfo(dtype).eps
    scale = np.abs(w * g).sum(-1, keepdims=True) * w + np.abs(w * g)
    assert np.all(np.abs(fa.softmax.backward(grad, y) - w * (g - (w * g).sum(-1, keepdims=True))) <= 8 * eps * scale)
    want = g - np.exp(logs.astype(np.longdouble)) * g.sum(-1, keepdims=True)
    assert np.all(np.abs(fa.log_softmax.backward(grad, logs) - want) <= 8 * eps * (np.abs(g) + np.abs(g - want)))
    want = g[:, :1] * wide(x)[0]
    assert ulp(fa.logsumexp.backward(grad[:, 0], x), want) <= 4 * fa.softmax.max_ulp[np.dtype(dtype).name]


def test_backward_keeps_the_component_of_the_largest():
    y = fa.softmax(np.array([40.0, 0.0, 0.0]))
    got = fa.softmax.backward(np.array([1e3, 0.0, 0.0]), y)
    assert ulp(got, [1e3 * (y[1] + y[2]), -1e3 * y[1], -1e3 * y[2]]) <= 4


@pytest.mark.parametrize("n", [3, 40, 100, 9000])
def test_backward_of_what_is_no_softmax(n):
    """Several entries above 1/2: along any axis, in any order, the greatest of their gradients is taken off."""
    y, grad = fa.softmax(sample(n, 300), axis=0), sample(n, 300)
    y[n // 3], y[n - 1] = 0.75, 0.625
    columns = fa.softmax.backward(grad, y, axis=0)
    assert_same_bits(columns.T, fa.softmax.backward(np.ascontiguousarray(grad.T), np.ascontiguousarray(y.T)))
    at = np.where(y > 0.5, grad, -np.inf).max(axis=0)
    h = grad.astype(np.float64) - at
    np.testing.assert_allclose(columns, y * (h - (y * h).sum(axis=0)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [30, 1000, 20_000])
def test_backward_of_one_large_gradient(n, dtype):
    """As that of a likelihood is, -1/y: nothing of it is left in the others but y."""
    y = fa.softmax(sample(20, n, dtype=dtype) / 40)
    best = np.arange(20), y.argmax(axis=-1)
    grad = np.zeros_like(y)
    grad[best] = -1 / y[best]
    g, w = grad.astype(np.longdouble), y.astype(np.longdouble)
    assert ulp(fa.softmax.backward(grad, y), w * (g - (w * g).sum(-1, keepdims=True))) <= 2
    columns = fa.softmax.backward(np.ascontiguousarray(grad.T), np.ascontiguousarray(y.T), axis=0)
    assert_same_bits(np.ascontiguousarray(columns.T), fa.softmax.backward(grad, y))


def test_the_shapes_of_a_gradient():
    x = sample(3, 4)
    one = fa.logsumexp.backward(np.ones(3, np.float32), x)
    assert_same_bits(fa.logsumexp.backward(np.ones((3, 1), np.float32), x), one)
    assert_same_bits(fa.logsumexp.backward(1.0, x, dtype="f"), one)
    assert_same_bits(
        fa.softmax.backward(np.float32(2), fa.softmax(x)), fa.softmax.backward(np.full_like(x, 2), fa.softmax(x))
    )
    with pytest.raises(ValueError, match=r"^logsumexp\.backward: grad has shape \(5,\); expected \(3,\) or \(3, 1\)"):
        fa.logsumexp.backward(np.ones(5), x)
    with pytest.raises(ValueError, match=r"^softmax\.backward: grad has shape \(4, 3\); expected \(3, 4\)"):
        fa.softmax.backward(x.T, x)


# -- Axes and layouts ------------------------------------------------------------------------------------------------

AXES = [0, 1, 2, -1, -2, -3, (0, 1), (1, 2), (0, 2), (2, 0), (-1, 0), (0, 1, 2), None, ()]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", NAMES)
def test_axes(name, axis, dtype):
    """Any axes: as the last axis of a copy in which they stand last, bit for bit."""
    f, x = getattr(fa, name), sample(4, 6, 5, dtype=dtype)
    axes = tuple(range(3)) if axis is None else tuple(sorted(a % 3 for a in np.atleast_1d(np.array(axis, int))))
    others = tuple(k for k in range(3) if k not in axes)

    def flat(a):
        return np.ascontiguousarray(a.transpose(others + axes)).reshape(*(a.shape[k] for k in others), -1)

    def back(a):
        shape = [x.shape[k] for k in others + axes]
        return a.reshape(shape).transpose(np.argsort(others + axes))

    want = f(flat(x))
    got = f(x, axis=axis)
    grad = sample(*(want.shape if name == "logsumexp" else x.shape), dtype=dtype, seed=1)
    if name == "logsumexp":
        assert_same_bits(got, want[()] if want.ndim == 0 else want)
        kept = tuple(1 if k in axes else n for k, n in enumerate(x.shape))
        assert_same_bits(f(x, axis=axis, keepdims=True), np.asarray(want).reshape(kept))
        assert_same_bits(f.backward(grad, x, axis=axis), back(f.backward(grad, flat(x))))
    else:
        assert_same_bits(got, back(want))
        assert_same_bits(f.backward(grad, got, axis=axis), back(f.backward(flat(grad), want)))


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), None])
@pytest.mark.parametrize("name", NAMES)
def test_layouts(name, axis):
    f, base = getattr(fa, name), sample(6, 8, 10)

    for change in (
        lambda a: a[::-1],
        lambda a: a[:, ::2, ::-3],
        lambda a: a.T,
        lambda a: a.transpose(1, 0, 2),
        lambda a: a.transpose(2, 0, 1),
        np.asfortranarray,
        lambda a: np.broadcast_to(a[:, :1], a.shape),
        lambda a: a.astype(">f4"),
        lambda a: a.astype("<f4"),
        misaligned,
        locked,
        lambda a: a[:, :0],
        lambda a: a.reshape((1,) * 29 + a.shape),
    ):
        x = change(base)
        plain = np.array(x, np.float32, order="C")
        assert_same_bits(f(x, axis=axis), f(plain, axis=axis))
        saved = plain if name == "logsumexp" else f(plain, axis=axis)
        other = x if name == "logsumexp" else change(f(base, axis=0)) * 0 + saved
        grad = np.float32(2) if name == "logsumexp" else plain
        assert_same_bits(f.backward(grad, other, axis=axis), f.backward(grad, saved, axis=axis))


@pytest.mark.parametrize("name", NAMES)
def test_as_many_dimensions_as_numpy_has(name):
    f, x = getattr(fa, name), sample(3, 4)
    wide = x.reshape((1,) * 30 + (3,) + (1,) * 32 + (4,))
    for axis, want in ((-1, f(x)), (30, f(x, axis=0)), (0, f(x[None], axis=0)), ((30, -1), f(x, axis=None))):
        assert np.array_equal(np.ravel(f(wide, axis=axis)), np.ravel(want))
        turned = axis if axis == (30, -1) else -1 - axis if axis < 0 else 63 - axis
        if axis != (30, -1):
            assert np.array_equal(np.ravel(f(wide.T, axis=turned)), np.ravel(np.asarray(want).reshape(want.shape).T))


def test_a_transposed_array_keeps_its_order():
    x = np.asfortranarray(sample(40, 30))
    assert fa.softmax(x).flags.f_contiguous
    assert fa.softmax(x, axis=0).flags.f_contiguous


@pytest.mark.parametrize("axis", [0, 1, None])
@pytest.mark.parametrize("name", NAMES)
def test_out(name, axis):
    f, x = getattr(fa, name), sample(6, 8)
    want = f(x, axis=axis)
    shape = np.shape(want)

    def check(out, source=x, cast=np.float32):
        assert f(source, axis=axis, out=out) is out
        assert np.array_equal(out, np.asarray(want, cast))

    check(np.empty(shape, np.float32))
    check(np.empty(shape, np.float64), cast=np.float64)
    check(np.empty(shape, np.float32, order="F"))
    check(np.empty(shape, ">f4"))
    check(np.empty((*shape, 2), np.float32)[..., 0])
    check(np.empty(shape[::-1], np.float32).T)
    out = np.empty(shape, np.float32)
    assert f(x, axis=axis, out=(out,)) is out
    if shape == x.shape:
        for order in "CF":
            mine = x.copy(order)
            check(mine, mine)
        memory = np.zeros(x.size + 8, np.float32)
        for shift in (1, 8):
            memory[: x.size] = x.ravel()
            check(memory[shift : shift + x.size].reshape(x.shape), memory[: x.size].reshape(x.shape))
        memory = x.copy()
        check(memory[::-1], memory)
        for mine in (True, False):  # in place of the gradient, in place of the result
            grad, y = sample(6, 8, seed=1), want.copy()
            expected = f.backward(grad, y, axis=axis)
            out = grad if mine else y
            assert f.backward(grad, y, axis=axis, out=out) is out
            assert np.array_equal(out, expected)
    else:
        grad = np.asarray(sample(*shape, seed=1))
        expected, mine = f.backward(grad, x, axis=axis), x.copy()
        assert f.backward(grad, mine, axis=axis, out=mine) is mine
        assert np.array_equal(mine, expected)


# -- Types and errors --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_types(name):
    f = getattr(fa, name)
    for dtype in (np.bool_, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64):
        x = np.array([[1, 0, 1], [0, 1, 1]], dtype)
        result = np.float32 if x.itemsize <= 2 else np.float64
        assert_same_bits(f(x), f(x.astype(result)))
    x = sample(4, 5)
    half = x.astype(np.float16)
    assert_same_bits(f(half), f(half.astype(np.float32)).astype(np.float16))
    assert_same_bits(f(x, dtype=np.float64), f(x.astype(np.float64)))
    assert_same_bits(f(x.astype(np.float64), dtype="float32"), f(x))
    assert_same_bits(f(x.tolist()), f(x.astype(np.float64)))
    assert_same_bits(f(x, -2), f(x, axis=0))
    zeros = np.zeros(65536, np.float16)
    assert fa.softmax(zeros)[0] == np.float16(2.0**-16)


def half_type(name):
    """bfloat16 comes from ml_dtypes, which fastact does without; the extra `test` has it."""
    return np.dtype(name if name == "float16" else pytest.importorskip("ml_dtypes").bfloat16)


@pytest.mark.parametrize("team", [pytest.param(team, marks=pytest.mark.native) for team in (1, 3)])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize(
    "shape, axis",
    [((5,), 0), ((4000, 10), 1), ((70, 300), 1), ((300, 70), 0), ((9, 12, 64), 1), ((2, 40_000), 1), ((2, 70_000), 1),
     ((1, 300_001), 1), ((33, 64), 1), ((64, 100), 0), ((2000, 40), 0), ((2, 700, 130), 1), ((1100, 200), 0),
     ((9000, 19), 0), ((2, 20_000, 3), 1)],
)  # fmt: skip
def test_halves_are_rounded_once(shape, axis, dtype, team):
    """However rows lie, and where they are too long for the cache."""
    from fastact import _native

    dtype = half_type(dtype)
    x, grad = sample(*shape).astype(dtype), sample(*shape, seed=1).astype(dtype)
    before = _native.force_team(team)
    try:
        for f in fa.softmax, fa.log_softmax, fa.logsumexp:
            y = f(x, axis=axis)
            if f is not fa.logsumexp:
                again = x.copy()
                assert_same_bits(f(again, axis=axis, out=again), y)
            assert_same_bits(y, np.asarray(f(x.astype(np.float32), axis=axis)).astype(dtype)[()])
            saved, g = (x, np.asarray(y)) if f is fa.logsumexp else (y, grad)
            dx = f.backward(g, saved, axis, temperature=2.0)
            want = f.backward(g.astype(np.float32), saved.astype(np.float32), axis, temperature=2.0).astype(dtype)
            assert_same_bits(dx, want)
            again = saved.copy()
            assert f.backward(g, again, axis, temperature=2.0, out=again) is again
            assert_same_bits(again, want)
    finally:
        _native.force_team(before)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("shape, axis", [((5, 40), 1), ((5, 64), 1), ((5, 20_000), 1), ((300, 5), 0), ((9000, 5), 0)])
def test_halves_that_are_not_finite(shape, axis, dtype):
    """One inf, two, all -inf, a NaN, an entry that is all of its row."""
    dtype = half_type(dtype)
    x = sample(*shape)
    rows = x if axis else x.T
    rows[0, -3] = INF
    rows[1, [2, -1]] = INF
    rows[2] = -INF
    rows[3, 17] = NAN
    rows[4, -2] = 200
    x, grad = x.astype(dtype), sample(*shape, seed=1).astype(dtype)
    for f in fa.softmax, fa.log_softmax, fa.logsumexp:
        y = f(x, axis=axis)
        assert_same_bits(y, f(x.astype(np.float32), axis=axis).astype(dtype))
        saved, g = (x, y) if f is fa.logsumexp else (y, grad)
        want = f.backward(g.astype(np.float32), saved.astype(np.float32), axis).astype(dtype)
        assert_same_bits(f.backward(g, saved, axis), want)


@pytest.mark.native
@pytest.mark.parametrize("shape, axis", [((1, 500_000), 1), ((20_000, 25), 0)])
def test_halves_need_no_copy(shape, axis):
    """A row of halves of any length takes no more memory than its result, and with out none."""
    x, out = sample(*shape).astype(np.float16), np.empty(shape, np.float16)
    for f in fa.softmax, fa.log_softmax:
        y = f(x, axis=axis)
        tracemalloc.start()
        try:
            f(x, axis=axis, out=out)
            f.backward(x, y, axis, out=out)
            fa.logsumexp(x, axis=axis)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 10_000


x = sample(2, 3)
frozen = x.copy()
frozen.flags.writeable = False
AXIS_ERROR = np.exceptions.AxisError
ERRORS = [
    ((x,), {"axis": 2}, AXIS_ERROR, "^softmax: axis 2 is out of bounds for array of dimension 2"),
    ((x,), {"axis": -3}, AXIS_ERROR, "^softmax: axis -3 is out of bounds for array of dimension 2"),
    ((x,), {"axis": (0, 2)}, AXIS_ERROR, "^softmax: axis 2 is out of bounds"),
    ((1.0,), {"axis": 1}, AXIS_ERROR, "^softmax: axis 1 is out of bounds"),
    ((x,), {"axis": (0, 0)}, ValueError, r"^softmax: axis \(0, 0\) names one axis twice"),
    ((x,), {"axis": (1, -1)}, ValueError, r"^softmax: axis \(1, -1\) names one axis twice"),
    ((x,), {"axis": 1.0}, TypeError, r"^softmax: axis is 1\.0; expected an int, a tuple of ints or None"),
    ((x,), {"axis": "last"}, TypeError, "^softmax: axis is 'last'"),
    ((x,), {"temperature": 0}, ValueError, "^softmax: temperature is 0; it must be positive and finite"),
    ((x,), {"temperature": -2.5}, ValueError, r"temperature is -2\.5; it must be positive"),
    ((x,), {"temperature": NAN}, ValueError, "temperature is nan; it must be positive"),
    ((x,), {"temperature": INF}, ValueError, "temperature is inf; it must be positive"),
    ((x,), {"temperature": None}, TypeError, "temperature is None; expected a number or an array"),
    ((x,), {"temperature": "1"}, TypeError, "temperature is '1'; expected a number or an array"),
    ((x,), {"temperature": [1.0, 0.0]}, ValueError, "temperature has entries that are not positive and finite"),
    ((x,), {"temperature": np.ones(3)}, ValueError, r"temperature has shape \(3,\); expected a number, or.*\(2, 1\)"),
    ((x,), {"out": [1, 2]}, TypeError, "^softmax: out is of type list; expected an array"),
    (
        (x,),
        {"out": np.zeros(3, np.float32)},
        ValueError,
        r"^softmax: out has shape \(3,\), but the result has shape \(2, 3\)",
    ),
    ((x,), {"out": np.zeros((1, 2, 3), np.float32)}, ValueError, r"out has shape \(1, 2, 3\), but"),
    ((x,), {"out": np.zeros((2, 3), int)}, TypeError, "out has dtype int64, which a float32 result does not cast to"),
    ((x,), {"out": frozen}, ValueError, "^softmax: out is read-only"),
    ((x,), {"dtype": int}, TypeError, "^softmax: dtype is int64; expected float16, bfloat16, float32 or float64"),
    ((x + 1j,), {}, TypeError, "^softmax: x has dtype complex64; expected bool, an integer"),
    ((x.astype(np.longdouble),), {}, TypeError, "^softmax: x has dtype "),
    ((["a"],), {}, TypeError, "^softmax: x has dtype <U1"),
    ((None,), {}, TypeError, "^softmax: x is None"),
    ((), {}, TypeError, "argument"),
    ((x,), {"axes": 1}, TypeError, "axes"),
]


@pytest.mark.parametrize("args, named, error, text", ERRORS)
def test_errors(args, named, error, text):
    before = x.copy()
    with pytest.raises(error, match=text):
        fa.softmax(*args, **named)
    assert np.array_equal(x, before)
    if args and isinstance(args[0], np.ndarray) and "axes" not in named:
        with pytest.raises(
            error, match=text.replace("softmax: x", "softmax.backward: y").replace("^softmax:", r"^softmax.backward:")
        ):
            fa.softmax.backward(x, *args, **named)


def test_the_shape_of_out_for_logsumexp():
    with pytest.raises(ValueError, match=r"^logsumexp: out has shape \(2, 3\), but the result has shape \(2,\)"):
        fa.logsumexp(x, out=np.zeros((2, 3), np.float32))
    out = np.zeros((2, 1), np.float32)
    assert fa.logsumexp(x, keepdims=True, out=out) is out
    assert_same_bits(out[:, 0], fa.logsumexp(x))


# -- Subclasses ------------------------------------------------------------------------------------------------------


class Tagged(np.ndarray):
    pass


def test_subclasses_stay():
    for f in (fa.softmax, fa.log_softmax):
        got = f(x.view(Tagged))
        assert type(got) is Tagged
        assert np.array_equal(got, f(x))
        assert type(f.backward(x, got)) is Tagged
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix(x)
    assert type(fa.softmax(matrix)) is np.matrix


@pytest.mark.parametrize("axis", [0, 1, None])
def test_masked_entries_are_dropped_from_their_row(axis):
    data = sample(5, 6)
    mask = np.random.default_rng(1).random((5, 6)) < 0.4
    mask[:, 0] = mask[0] = False
    data[mask] = NAN
    masked = np.ma.masked_array(data, mask)
    cut = np.where(mask, np.float32(-INF), data)
    grad = sample(5, 6, seed=2)
    for f in (fa.softmax, fa.log_softmax):
        got = f(masked, axis=axis)
        assert type(got) is np.ma.MaskedArray
        assert np.array_equal(got.mask, mask)
        assert np.array_equal(got.data[~mask], f(cut, axis=axis)[~mask])
        back = f.backward(np.where(mask, np.float32(NAN), grad), got, axis=axis)
        want = f.backward(np.where(mask, np.float32(0), grad), f(cut, axis=axis), axis=axis)
        assert np.array_equal(back.mask, mask)
        assert np.array_equal(back.data[~mask], want[~mask])
    total = fa.logsumexp(masked, axis=axis)
    back = fa.logsumexp.backward(np.float32(2), masked, axis=axis)
    assert np.array_equal(back.mask, mask)
    assert np.array_equal(back.data[~mask], fa.logsumexp.backward(np.float32(2), cut, axis=axis)[~mask])
    assert np.array_equal(np.ma.getdata(total), fa.logsumexp(cut, axis=axis))
    out = np.ma.masked_array(np.zeros((5, 6), np.float32), False)
    assert fa.softmax(masked, axis=axis, out=out) is out
    assert np.array_equal(out.mask, mask)


def test_a_row_that_is_masked_whole():
    masked = np.ma.masked_array(np.arange(6).reshape(2, 3), [[True] * 3, [False] * 3])
    assert fa.logsumexp(masked).mask.tolist() == [True, False]
    assert fa.logsumexp(masked)[1] == fa.logsumexp([3, 4, 5])
    assert fa.softmax(masked).mask.tolist() == [[True] * 3, [False] * 3]
    assert fa.softmax(masked).dtype == np.float64


# -- Names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_dress(name):
    f = getattr(fa, name)
    for g, qualified in ((f, name), (f.backward, f"{name}.backward")):
        assert g.__module__ == "fastact"
        assert g.__qualname__ == qualified
        assert repr(g) == f"<fastact.{qualified}>"
        assert pickle.loads(pickle.dumps(g)) is g
        assert copy.deepcopy(g) is g
        assert "Parameters\n----------" in g.__doc__
        assert g.formula
    common = ["temperature", "softcap", "bias", "where", "lengths", "causal", "offset", "sink"]
    reduction = name == "logsumexp"
    options = ["keepdims", *common, "b", "return_sign"] if reduction else common
    assert list(inspect.signature(f).parameters) == ["x", "axis", *options, "out", "dtype"]
    options = [*common, "b"] if reduction else [k for k in common if k not in ("softcap", "bias")]
    saved = "x" if reduction else "y"
    assert list(inspect.signature(f.backward).parameters) == ["grad", saved, "axis", *options, "out", "dtype"]
    assert name not in fa.activations
