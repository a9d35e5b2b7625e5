"""Rows with options: every line of the tables of rows, against plain expressions in wider arithmetic."""

import itertools
import tracemalloc
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from processes import run_python
from support import DTYPES, assert_same_bits, ulp

import fastact as fa

INF, NAN = np.inf, np.nan
FAMILY = ["softmax", "log_softmax", "softmin", "logsumexp"]
WIDE = np.longdouble


def sample(*shape, dtype=np.float32, seed=0, scale=3):
    return np.asarray(np.random.default_rng(seed).normal(0, scale, shape)).astype(dtype)


# -- The expressions -------------------------------------------------------------------------------------------------


def kept_entries(shape, where=None, lengths=None, causal=False, offset=None):
    """Of x with the row last, which entries count."""
    n = shape[-1]
    keep = np.ones(shape, bool) if where is None else np.broadcast_to(where, shape).copy()
    if lengths is not None:
        keep &= np.arange(n) < np.broadcast_to(lengths, shape[:-1])[..., None]
    if causal:
        shift = n - shape[-2] if offset is None else offset
        keep &= np.arange(n) <= np.arange(shape[-2])[:, None] + shift
    return keep


def logits(x, temperature=1.0, softcap=None, bias=None, **_):
    z = x.astype(WIDE) / np.asarray(temperature, WIDE)
    if softcap is not None:
        z = WIDE(softcap) * np.tanh(z / WIDE(softcap))
    return z if bias is None else z + np.asarray(bias, WIDE)


def expression(name, x, sink=None, **options):
    """The row function over the last axis, from its definition; rows of finite numbers."""
    z = logits(-x.astype(WIDE) if name == "softmin" else x, **options)
    keep = kept_entries(x.shape, *(options.get(k, d) for k, d in MASKS))
    z = np.where(keep, z, -INF)
    if sink is not None:
        z = np.concatenate([z, np.broadcast_to(np.asarray(sink, WIDE), (*z.shape[:-1], 1))], -1)
    m = z.max(-1, keepdims=True, initial=-INF)
    with np.errstate(all="ignore"):
        d = np.where(z == -INF, -INF, z - m)
        e = np.exp(d)
        total = e.sum(-1, keepdims=True)
        if name == "logsumexp":
            return np.where(total[..., 0] == 0, -INF, (m + np.log(total))[..., 0])
        if name == "log_softmax":
            return np.where(keep, (d - np.log(total))[..., : x.shape[-1]], -INF)
        return np.where(keep, (e / total)[..., : x.shape[-1]], 0)


MASKS = (("where", None), ("lengths", None), ("causal", False), ("offset", None))


def assert_near(got, want, x, options, factor=4):
    """Within a few units of what rounding z and the result once or twice costs."""
    eps = np.finfo(got.dtype).eps
    z = np.abs(logits(x, **{k: v for k, v in options.items() if k in ("temperature", "softcap", "bias")}))
    size = float(np.max(z, initial=1)) + float(np.max(np.abs(options.get("sink", 0)), initial=0))
    absolute = factor * eps * (size if np.any(want < 0) or got.ndim < x.ndim else 0)
    finite = np.isfinite(want)
    assert np.array_equal(got[~finite], want[~finite].astype(got.dtype), equal_nan=True)
    error = np.abs(got[finite].astype(WIDE) - want[finite])
    assert np.all(error <= factor * eps * (1 + size) * np.abs(want[finite]) + absolute + np.finfo(got.dtype).tiny)


# -- Values ----------------------------------------------------------------------------------------------------------

rng = np.random.default_rng(5)
SHAPE = (3, 2, 21, 37)
CASES = {
    "where": {"where": rng.random(SHAPE) < 0.7},
    "where of a row": {"where": rng.random((2, 21, 1)) < 0.5},
    "where of a column": {"where": rng.random(37) < 0.5},
    "bias": {"bias": sample(2, 1, 37)},
    "bias and heat": {"bias": sample(*SHAPE), "temperature": 2.5},
    "a number as bias": {"bias": 3.0},
    "heat": {"temperature": rng.uniform(0.3, 4, (3, 1, 21, 1))},
    "softcap": {"softcap": 2.0},
    "heat, softcap and bias": {"temperature": rng.uniform(0.3, 4, (21, 1)), "softcap": 5.0, "bias": sample(37)},
    "causal": {"causal": True},
    "top left": {"causal": True, "offset": 0},
    "beyond": {"causal": True, "offset": -30},
    "all seen": {"causal": True, "offset": 100},
    "lengths": {"lengths": rng.integers(0, 38, (3, 2, 21))},
    "lengths for all": {"lengths": 5},
    "lengths, broadcast": {"lengths": np.array([[[3]], [[0]], [[37]]])},
    "sink": {"sink": 0.0},
    "sinks": {"sink": sample(2, 1, 1), "where": rng.random(SHAPE) < 0.7},
    "sink and heat": {"sink": 2.0, "temperature": 0.5, "causal": True},
    "everything": {
        "temperature": rng.uniform(0.3, 4, (3, 1, 1, 1)), "softcap": 5.0, "bias": sample(2, 21, 37),
        "where": rng.random((1, 1, 21, 37)) < 0.8, "lengths": rng.integers(0, 38, (3, 1, 1)), "causal": True,
        "sink": sample(2, 1, 1),
    },
}  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", FAMILY)
def test_values(name, case, dtype):
    options, x = dict(CASES[case]), sample(*SHAPE, dtype=dtype)
    if isinstance(options.get("bias"), np.ndarray):
        options["bias"] = options["bias"].astype(dtype)
    got = getattr(fa, name)(x, **options)
    assert got.dtype == dtype
    assert_near(got, expression(name, x, **options), -x if name == "softmin" else x, options)
    keep = kept_entries(SHAPE, *(options.get(k, d) for k, d in MASKS))
    if name != "logsumexp":
        assert np.all(got[~keep] == (-INF if name == "log_softmax" else 0))
        assert not np.signbit(got[~keep]).any() or name == "log_softmax"
        if "sink" not in options and name != "log_softmax":
            np.testing.assert_allclose(got.sum(-1), keep.any(-1), rtol=20 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 2, 15, 16, 17, 48, 49, 200, 4095, 4096, 8191, 8192, 8193, 20000])
def test_rows_of_every_length(n, dtype):
    x = sample(3, n, dtype=dtype)
    bias, where = sample(n, dtype=dtype, seed=1), np.random.default_rng(2).random((3, n)) < 0.8
    for options in (
        {"bias": bias, "temperature": 3.0, "where": where},
        {"sink": 1.0, "where": where},
        {"lengths": np.array([n, n // 2, 0]), "softcap": 4.0},
        {"temperature": np.array([[0.5], [1.0], [2.0]])},
    ):
        for name in FAMILY:
            f = getattr(fa, name)
            want = expression(name, x, **options)
            assert_near(f(x, **options), want, x, options)
            assert_same_bits(f(np.asfortranarray(x), **options), f(x, **options))


def test_the_order_of_the_options():
    x = np.array([[1.0, -3.0, 2.0]])
    scaled = x / 4
    capped = 0.5 * np.tanh(scaled / 0.5)
    bias = np.array([0.25, -1.0, 0.5])
    want = np.exp(capped + bias)
    got = fa.softmax(x, temperature=4.0, softcap=0.5, bias=bias, sink=3.0)
    np.testing.assert_allclose(got, want / (want.sum() + np.exp(3.0)), rtol=1e-14)
    # a mask is never capped
    assert_same_bits(fa.softmax(x, softcap=0.5, where=[True, False, True])[0, 1], np.float64(0))
    # a bound that is infinite caps nothing
    assert_same_bits(fa.softmax(x, softcap=INF, where=True), fa.softmax(x))


def test_the_shift_comes_before_the_temperature():
    x = np.array([3e38, 2.9e38, -3e38], np.float32)
    assert_same_bits(fa.softmax(x, temperature=np.array([0.5])), np.array([1, 0, 0], np.float32))
    x = np.array([1e6 + 1, 1e6], np.float64)
    want = 1 / (1 + np.exp(-1 / 3))
    np.testing.assert_allclose(fa.softmax(x, temperature=np.array([3.0]))[0], want, rtol=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_temperature_for_each_row_has_the_bits_of_one_for_all(dtype):
    x, degrees = sample(5, 70, dtype=dtype), np.array([[0.5], [1.0], [7.0], [0.01], [100.0]])
    for name in FAMILY:
        f = getattr(fa, name)
        each = np.stack([f(x[k], temperature=float(degrees[k, 0])) for k in range(5)])
        assert_same_bits(f(x, temperature=degrees), each)


def test_sink_one_more_logit():
    x = sample(4, 6, dtype=np.float64)
    more = np.concatenate([x, np.full((4, 1), 0.7)], -1)
    assert_same_bits(fa.softmax(x, sink=0.7), fa.softmax(more)[:, :6].copy())
    assert_same_bits(fa.log_softmax(x, sink=0.7), fa.log_softmax(more)[:, :6].copy())
    assert_same_bits(fa.logsumexp(x, sink=0.7), fa.logsumexp(more))
    # softmax-one: also far from 0, where 1 + sum after the shift is wrong
    low = np.array([-50.0, -51.0])
    np.testing.assert_allclose(fa.softmax(low, sink=0), np.exp(low) / (1 + np.exp(low).sum()), rtol=1e-14)
    assert_same_bits(fa.softmax([-INF, -INF], sink=0.0), np.zeros(2))
    assert_same_bits(fa.log_softmax([-INF, -INF], sink=0.0), np.full(2, -INF))
    assert_same_bits(fa.logsumexp([-INF, -INF], sink=2.0), np.float64(2))
    assert_same_bits(fa.softmax([1.0, 2.0], sink=INF), np.zeros(2))
    assert_same_bits(fa.softmax([1.0, 2.0], sink=-INF), fa.softmax([1.0, 2.0, -INF])[:2].copy())
    assert_same_bits(fa.softmax([1.0, 2.0], sink=1.0, where=[False, False]), np.zeros(2))
    assert_same_bits(fa.logsumexp(np.zeros((2, 0)), sink=2.0), np.full(2, 2.0))


# -- Masks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [3, 60, 9000])
def test_what_lies_under_the_mask_is_ignored(n):
    x = sample(4, n)
    where = np.random.default_rng(0).random((4, n)) < 0.5
    where[:, 0] = True
    where[1] = False
    for junk in (NAN, INF, -INF, 3e38):
        y = np.where(where, x, np.float32(junk))
        for name in (*FAMILY, "hardmax", "sparsemax"):
            f = getattr(fa, name)
            assert_same_bits(f(y, where=where), f(x, where=where))
        assert_same_bits(fa.softmax(y, where=where, bias=y, sink=1.0), fa.softmax(x, where=where, bias=x, sink=1.0))
        short = np.where(np.arange(n) < 2, x, np.float32(junk))
        assert_same_bits(fa.softmax(short, lengths=2)[:, :2].copy(), fa.softmax(x[:, :2].copy()))


def test_rows_masked_whole():
    x = np.array([[1.0, 2.0], [NAN, INF]], np.float32)
    none = np.zeros((2, 2), bool)
    for how in ({"where": none}, {"lengths": [0, 0]}, {"causal": True, "offset": -2}, {"where": False}):
        for name in ("softmax", "softmin"):
            assert_same_bits(getattr(fa, name)(x, **how), np.zeros((2, 2), np.float32))
        assert_same_bits(fa.log_softmax(x, **how), np.full((2, 2), -INF, np.float32))
        assert_same_bits(fa.logsumexp(x, **how), np.full(2, -INF, np.float32))
    for name in ("hardmax", "sparsemax"):
        assert_same_bits(getattr(fa, name)(x, where=none), np.zeros((2, 2), np.float32))


SPECIAL = [  # row, mask, softmax, log_softmax, logsumexp
    ([-INF, -INF, 1], [1, 1, 0], [NAN, NAN, 0], [NAN, NAN, -INF], -INF),
    ([NAN, 1, 5], [1, 1, 0], [NAN, NAN, 0], [NAN, NAN, -INF], NAN),
    ([NAN, 1, 5], [0, 1, 0], [0, 1, 0], [-INF, 0, -INF], 1),
    ([INF, 1, INF], [1, 1, 0], [1, 0, 0], [0, -INF, -INF], INF),
    ([INF, 1, INF], [1, 0, 1], [NAN, 0, NAN], [NAN, -INF, NAN], INF),
    ([-INF, 1, 2], [1, 1, 0], [0, 1, 0], [-INF, 0, -INF], 1),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("row, mask, share, log, total", SPECIAL)
def test_special_rows_under_a_mask(row, mask, share, log, total, dtype):
    for copies, temperature in itertools.product((1, 40), (1.0, 2.0)):
        x, where = np.tile(np.array(row, dtype), (copies, 1)), np.array(mask, bool)
        for name, want in (("softmax", share), ("log_softmax", log)):
            got = getattr(fa, name)(x, where=where, temperature=temperature)
            assert np.array_equal(got, np.broadcast_to(np.array(want, dtype), x.shape), equal_nan=True)
        assert np.array_equal(
            fa.softmin(-x, where=where), np.broadcast_to(np.array(share, dtype), x.shape), equal_nan=True
        )
        got = fa.logsumexp(x, where=where, temperature=temperature)
        assert np.array_equal(got, np.full(copies, dtype(total / temperature)), equal_nan=True)


def test_minus_infinity_in_a_bias_is_no_mask():
    x = np.zeros((2, 3))
    bias = np.array([[0, -INF, 0], [-INF] * 3])
    got = fa.softmax(x, bias=bias)
    assert got[0].tolist() == [0.5, 0, 0.5]
    assert np.isnan(got[1]).all()


def test_masks_must_all_keep():
    x = sample(2, 5, 5)
    where, lengths = np.random.default_rng(0).random((5, 5)) < 0.6, np.array([[5] * 5, [2] * 5])
    keep = where & np.tri(5, dtype=bool) & (np.arange(5) < lengths[..., None])
    assert_same_bits(fa.softmax(x, where=where, lengths=lengths, causal=True), fa.softmax(x, where=keep))


@pytest.mark.parametrize("queries, keys", [(4, 4), (3, 7), (7, 3), (1, 5), (50, 70)])
@pytest.mark.parametrize("offset", [None, 0, 2, -1, -100, 100])
def test_causal(queries, keys, offset):
    x = sample(2, 3, queries, keys)
    shift = keys - queries if offset is None else offset
    keep = np.arange(keys) <= np.arange(queries)[:, None] + shift
    for name in FAMILY:
        f = getattr(fa, name)
        got = f(x, causal=True, offset=offset)
        np.testing.assert_array_max_ulp(got, f(x, where=keep), 1)
        if queries == 4:
            assert_same_bits(got, f(x, where=keep))
    assert_same_bits(
        fa.softmax(x[0, 0], causal=True, offset=offset), fa.softmax(x, causal=True, offset=offset)[0, 0].copy()
    )


def test_lengths_along_any_axes():
    x = sample(4, 5, 6)
    lengths = np.array([0, 3, 7, 24, 11])
    got = fa.softmax(x, axis=(0, 2), lengths=lengths)
    for j, length in enumerate(lengths):
        flat = x[:, j].ravel()
        want = np.zeros(24, np.float32)
        want[:length] = fa.softmax(flat[:length].copy())
        assert_same_bits(got[:, j].copy(), want.reshape(4, 6))
    assert_same_bits(fa.softmax(x, axis=0, lengths=np.full((1, 5, 6), 2)), fa.softmax(x, axis=0, lengths=2))


# -- The other functions ---------------------------------------------------------------------------------------------


def test_softmin():
    for x in (np.array([1, 2, 3], np.uint8), np.array([-128, 5], np.int8), np.array([True, False])):
        assert_same_bits(fa.softmin(x), fa.softmax(-x.astype(np.float32)))
    x = sample(6, 40)
    for options in ({}, {"temperature": 0.3}, {"axis": 0}):
        assert_same_bits(fa.softmin(x, **options), fa.softmax(-x, **options))
    assert fa.softmin([-INF, 1.0, INF]).tolist() == [1, 0, 0]
    assert np.isnan(fa.softmin([INF, INF])).all()
    assert fa.softmin([[1.0, 2.0]], bias=[0.0, -INF]).tolist() == [[1, 0]]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 5, 100, 9000])
def test_hardmax(n, dtype):
    x = np.random.default_rng(0).integers(0, 6, (20, n)).astype(dtype)
    want = np.zeros_like(x)
    want[np.arange(20), x.argmax(-1)] = 1
    assert_same_bits(fa.hardmax(x), want)
    assert_same_bits(fa.hardmax(np.asfortranarray(x)), want)
    assert_same_bits(fa.hardmax(x.T, axis=0), want.T)
    where = np.random.default_rng(1).random((20, n)) < 0.5
    want[:] = 0
    for r in range(20):
        if where[r].any():
            want[r, np.flatnonzero(where[r])[x[r, where[r]].argmax()]] = 1
    assert_same_bits(fa.hardmax(x, where=where), want)


def test_hardmax_at_the_edges():
    for row, want in (
        ([2, 2], [1, 0]),
        ([-INF, -INF], [1, 0]),
        ([1, INF, INF], [0, 1, 0]),
        ([1, NAN, INF], [NAN] * 3),
        ([NAN, 3], [NAN] * 2),
        ([3, NAN], [NAN] * 2),
    ):
        assert np.array_equal(fa.hardmax(np.array(row, np.float32)), want, equal_nan=True)
    got = fa.hardmax(np.array([5, -INF, -INF, NAN]), where=[False, True, True, False])
    assert got.tolist() == [0, 1, 0, 0]
    assert fa.hardmax([[1, 3], [2, 2]], axis=None).tolist() == [[0, 1], [0, 0]]
    assert fa.hardmax(np.zeros((2, 0))).shape == (2, 0)
    assert_same_bits(fa.hardmax(3.0), np.float64(1))
    assert_same_bits(
        fa.hardmax.backward(np.ones((2, 2)), np.array([[1.0, 0.0], [NAN, NAN]])), np.array([[0, 0], [NAN] * 2])
    )
    y = np.zeros((3, 9000), np.float32)
    y[1, 8999], y[2, 0] = NAN, NAN
    for axis in 0, 1:
        got = fa.hardmax.backward(y, y, axis=axis, where=np.arange(9000) > 0)
        assert_same_bits(got, np.where(np.arange(9000) > 0, y, np.float32(0)))


def exact_sparsemax(row):
    """In rational numbers."""
    z = [Fraction(float(v)) for v in row]
    falling, total, tau = sorted(z, reverse=True), Fraction(0), None
    for k, v in enumerate(falling, 1):
        total += v
        if 1 + k * v > total:
            tau = (total - 1) / k
    return np.array([float(max(v - tau, Fraction(0))) for v in z])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [0.01, 0.3, 3, 1e4])
@pytest.mark.parametrize("n", [1, 2, 7, 100, 700])
def test_sparsemax(n, scale, dtype):
    x = sample(4, n, dtype=dtype, scale=scale, seed=n)
    want = np.array([exact_sparsemax(row) for row in x])
    got = fa.sparsemax(x)
    assert np.array_equal(got > 0, want.astype(dtype) > 0)
    assert np.all(np.abs(got - want) <= np.finfo(dtype).eps * want + 4 * np.finfo(np.float64).eps)
    assert_same_bits(fa.sparsemax(np.asfortranarray(x)), got)
    assert_same_bits(fa.sparsemax(x[1:2]), got[1:2])
    where = np.random.default_rng(1).random((4, n)) < 0.6
    where[:, -1] = True
    got = fa.sparsemax(x, where=where)
    for r in range(4):
        assert np.all(np.abs(got[r][where[r]] - exact_sparsemax(x[r][where[r]])) <= np.finfo(dtype).eps)
        assert not got[r][~where[r]].any()


def test_sparsemax_of_long_and_hard_rows():
    n = 20000
    flat = fa.sparsemax(np.zeros(n))
    np.testing.assert_allclose(flat, 1 / n, rtol=1e-12)
    for steps in (2.0 ** -np.arange(60), -(2.0 ** -np.arange(50)), np.linspace(0, 1, n), -np.sqrt(np.arange(n) / n)):
        got = fa.sparsemax(steps)
        falling = np.sort(steps)[::-1].astype(WIDE)
        sums = falling.cumsum()
        k = np.flatnonzero(1 + np.arange(1, steps.size + 1) * falling > sums)[-1] + 1
        np.testing.assert_allclose(got, np.maximum(steps - (sums[k - 1] - 1) / k, 0).astype(float), atol=1e-15)
    assert fa.sparsemax([1.0, INF, 2.0]).tolist() == [0, 1, 0]
    for row in ([INF, INF], [NAN, 1.0], [-INF, -INF]):
        assert np.isnan(fa.sparsemax(row)).all()
    assert fa.sparsemax([-INF, 1.0]).tolist() == [0, 1]
    assert_same_bits(fa.sparsemax(np.array([3e38, -3e38], np.float32)), np.array([1, 0], np.float32))


# -- logsumexp with weights ------------------------------------------------------------------------------------------


def exact_weighted(row, weights):
    with mpmath.workprec(400):
        total = mpmath.fsum(mpmath.mpf(float(w)) * mpmath.exp(float(v)) for v, w in zip(row, weights, strict=True))
        if total == 0:
            return -INF, 0.0
        return WIDE(mpmath.nstr(mpmath.log(abs(total)), 25)), float(mpmath.sign(total))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 2, 9, 300])
def test_weights_of_any_sign(n, dtype):
    x, b = sample(6, n, dtype=dtype), sample(6, n, dtype=dtype, seed=1)
    b[0, ::2] = 0
    value, sign = fa.logsumexp(x, b=b, return_sign=True)
    plain = fa.logsumexp(x, b=b)
    for r in range(6):
        want, side = exact_weighted(x[r], b[r])
        # how much the sum cancels costs digits in float64, whatever the dtype
        whole = np.sum(np.abs(b[r].astype(WIDE)) * np.exp(x[r].astype(WIDE)))
        lost = 4 * np.finfo(np.float64).eps * whole / np.exp(want) if side else 0
        size = max(abs(want), np.abs(x[r]).max())
        assert value[r] == want or abs(value[r] - want) <= np.finfo(dtype).eps * size + lost
        assert sign[r] == side
        assert np.array_equal(plain[r], value[r] if side >= 0 else NAN, equal_nan=True)
    one = fa.logsumexp(x, b=np.ones_like(x))
    np.testing.assert_allclose(one, fa.logsumexp(x), rtol=4 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)


def test_weights_at_the_edges():
    for x, b, value, sign in (
        ([1.0, NAN], [2.0, 0.0], 1 + np.log(2), 1),
        ([1.0, INF], [2.0, 0.0], 1 + np.log(2), 1),
        ([INF, 1.0], [2.0, -5.0], INF, 1),
        ([INF, 1.0], [-2.0, 5.0], INF, -1),
        ([INF, INF], [-2.0, 5.0], NAN, NAN),
        ([1.0, 1.0], [1.0, -1.0], -INF, 0),
        ([-INF, -INF], [1.0, -1.0], -INF, 0),
        ([1.0, 2.0], [0.0, 0.0], -INF, 0),
        ([NAN, 2.0], [1.0, 1.0], NAN, NAN),
        ([1.0, 2.0], [1.0, NAN], NAN, NAN),
    ):
        got = fa.logsumexp(x, b=b, return_sign=True)
        np.testing.assert_allclose(got, (value, sign), rtol=1e-15)
    assert np.isnan(fa.logsumexp([1.0, 2.0], b=[1.0, -1.0]))
    got = fa.logsumexp([[1.0, -INF], [NAN, 1]], return_sign=True)
    assert np.array_equal(got[1], [1, NAN], equal_nan=True)
    assert_same_bits(fa.logsumexp([-INF, -INF], return_sign=True), (np.float64(-INF), np.float64(0)))
    # accurate where the largest has weight 1 and the others are tiny
    tiny = fa.logsumexp(np.array([0.0, -104.0, -90.0]), b=np.array([1.0, 1.0, -1.0]), return_sign=True)[0]
    with mpmath.workprec(200):
        want = mpmath.log1p(mpmath.exp(-104) - mpmath.exp(-90))
    assert ulp(np.array([tiny]), [WIDE(mpmath.nstr(want, 25))]) <= 2
    value, sign = fa.logsumexp(sample(3, 4), b=-1.0, return_sign=True, keepdims=True)
    assert value.shape == sign.shape == (3, 1)
    assert (sign == -1).all()
    assert value.dtype == sign.dtype == np.float32


@pytest.mark.parametrize("axis", [0, 1, (0, 2), None])
def test_logsumexp_as_scipy(axis):
    special = pytest.importorskip("scipy.special")
    x, b = sample(3, 4, 5, dtype=np.float64), sample(3, 4, 5, dtype=np.float64, seed=1)
    for keepdims, weights in itertools.product((False, True), (None, b, np.abs(b), b[:, :1], 2.0)):
        got = fa.logsumexp(x, axis=axis, b=weights, keepdims=keepdims, return_sign=True)
        want = special.logsumexp(x, axis=axis, b=weights, keepdims=keepdims, return_sign=True)
        for a, w in zip(got, want, strict=True):
            np.testing.assert_allclose(a, w, rtol=1e-12, atol=1e-12)
            assert np.shape(a) == np.shape(w)


# -- Backward --------------------------------------------------------------------------------------------------------


def slope_of_cap(x, temperature, softcap):
    return 1.0 if softcap is None else 1 / np.cosh(x / temperature / softcap) ** 2


GRADIENTS = [
    {"where": np.random.default_rng(0).random((3, 4, 5)) < 0.6},
    {"lengths": np.array([[0, 1, 2, 3], [4, 5, 5, 5], [1, 1, 1, 0]])},
    {"causal": True, "offset": 0},
    {"temperature": np.array([[[0.5]], [[2.0]], [[1.0]]])},
    {"temperature": 0.7, "sink": 0.3},
    {"sink": np.array([[1.0], [-2.0], [5.0], [0.0]]), "where": np.random.default_rng(0).random((3, 4, 5)) < 0.6},
    {"softcap": 1.5, "temperature": 0.8},
    {"bias": sample(4, 5, dtype=np.float64), "temperature": 2.0, "causal": True},
]


@pytest.mark.parametrize("options", GRADIENTS)
@pytest.mark.parametrize("name", FAMILY)
def test_backward_is_the_gradient(name, options):
    f, x = getattr(fa, name), sample(3, 4, 5, dtype=np.float64, scale=1)
    y = f(x, **options)
    grad = sample(*y.shape, dtype=np.float64, seed=1)
    grad = grad.astype(np.float64)
    passed = {k: v for k, v in options.items() if name == "logsumexp" or k not in ("softcap", "bias")}
    got = f.backward(grad, x if name == "logsumexp" else y, **passed)
    got = got * slope_of_cap(x, options.get("temperature", 1.0), options.get("softcap"))

    def total(a, **changed):
        value = f(a, **{**options, **changed})
        return np.where(np.isinf(value), 0, value) * grad

    want = np.empty_like(x)
    for k in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[k] += 1e-5
        down[k] -= 1e-5
        want[k] = np.sum(total(up) - total(down)) / 2e-5
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-8)
    if "bias" in options:
        h = np.zeros((4, 5))
        h[3, 2] = 1e-5
        slope = np.sum(total(x, bias=options["bias"] + h) - total(x, bias=options["bias"] - h)) / 2e-5
        sign = -1 if name == "softmin" else 1
        np.testing.assert_allclose(sign * (2.0 * got).sum(0)[3, 2], slope, rtol=1e-6, atol=1e-8)
    if "sink" in options and "temperature" in options and name != "softmin":
        slope = np.sum(total(x, sink=0.3 + 1e-5) - total(x, sink=0.3 - 1e-5)) / 2e-5
        lost = np.sum(grad) if name == "logsumexp" else 0
        np.testing.assert_allclose(lost - 0.7 * got.sum(), slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", [*FAMILY, "sparsemax", "hardmax"])
@pytest.mark.parametrize("n", [5, 60, 9000])
def test_a_gradient_under_the_mask_is_nothing(name, n):
    f, x = getattr(fa, name), sample(6, n)
    where = np.random.default_rng(0).random((6, n)) < 0.5
    where[2] = False
    y = f(x, where=where)
    shape = y.shape
    grad = sample(*shape, seed=1)
    spoilt = grad if name == "logsumexp" else np.where(where, grad, np.float32(NAN))
    saved = x if name == "logsumexp" else np.where(where, y, np.float32(NAN))
    clean = f.backward(grad, x if name == "logsumexp" else y, where=where)
    got = f.backward(spoilt, saved, where=where)
    assert_same_bits(got, clean)
    assert not got[~where].any()
    assert not np.signbit(got[~where]).any()
    if name == "logsumexp":
        bad = f.backward(np.full(6, NAN, np.float32), x, where=where)
        assert not bad[~where].any()


def test_softmax_backward_with_a_sink_keeps_the_sum():
    x, grad = sample(40, 30, dtype=np.float64), sample(40, 30, dtype=np.float64, seed=1)
    more = np.concatenate([x, np.full((40, 1), 1.5)], -1)
    y, whole = fa.softmax(x, sink=1.5), fa.softmax(more)
    want = fa.softmax.backward(np.concatenate([grad, np.zeros((40, 1))], -1), whole)
    got = fa.softmax.backward(grad, y, sink=1.5)
    np.testing.assert_allclose(got, want[:, :30], rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(-got.sum(-1), want[:, 30], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("n", [3, 60, 9000])
def test_long_and_short_backward_agree(n):
    x, grad = sample(3, n, dtype=np.float64), sample(3, n, dtype=np.float64, seed=1)
    for name, options in itertools.product(FAMILY, ({"sink": 1.0}, {"where": grad > -1}, {"lengths": [n, n // 2, 1]})):
        f = getattr(fa, name)
        y = f(x, **options)
        keep = kept_entries(x.shape, options.get("where"), options.get("lengths"))
        p = f(x, **options) if name != "logsumexp" else fa.softmax(x, **options)
        g = grad[:, :1] if name == "logsumexp" else np.where(keep, grad, 0)
        if name == "logsumexp":
            want = g * p
            got = f.backward(grad[:, 0].copy(), x, **options)
        elif name == "log_softmax":
            want = np.where(keep, g - np.exp(p) * g.sum(-1, keepdims=True), 0)
            got = f.backward(grad, y, **options)
        else:
            want = p * (g - (p * g).sum(-1, keepdims=True)) * (-1 if name == "softmin" else 1)
            got = f.backward(grad, y, **options)
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("n", [4, 300, 9000])
def test_sparsemax_backward(n):
    x, grad = sample(5, n, dtype=np.float64, scale=0.5), sample(5, n, dtype=np.float64, seed=1)
    y = fa.sparsemax(x)
    got = fa.sparsemax.backward(grad, y)
    for r in range(5):
        s = y[r] > 0
        want = np.zeros(n)
        want[s] = grad[r, s] - grad[r, s].mean()
        np.testing.assert_allclose(got[r], want, rtol=1e-12, atol=1e-15)
    assert np.isnan(fa.sparsemax.backward(grad, y * NAN)).all()


@pytest.mark.parametrize("n", [5, 9000])
def test_weighted_backward(n):
    x, b, grad = sample(3, n, dtype=np.float64), sample(3, n, dtype=np.float64, seed=1), sample(3, dtype=np.float64)
    b[0, 1] = 0
    e = b * np.exp(x - x.max(-1, keepdims=True))
    want = grad[:, None] * e / e.sum(-1, keepdims=True)
    np.testing.assert_allclose(fa.logsumexp.backward(grad, x, b=b), want, rtol=1e-10, atol=1e-16)
    want = fa.logsumexp.backward(grad, x, where=x > 0, temperature=2.0)
    np.testing.assert_allclose(fa.logsumexp.backward(grad, x, b=1.0, where=x > 0, temperature=2.0), want, rtol=1e-13)


# -- Layouts, bits, memory -------------------------------------------------------------------------------------------


def strided(a, how):
    if how == "fortran":
        return np.asfortranarray(a)
    if how == "gaps":
        wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1]), a.dtype)
        wide[..., ::2] = a
        return wide[..., ::2]
    if how == "backwards":
        return a[..., ::-1].copy()[..., ::-1]
    if how == "swapped":
        return a.swapaxes(0, -1).copy().swapaxes(0, -1)
    return a.astype(a.dtype.newbyteorder(">"))


@pytest.mark.parametrize("how", ["fortran", "gaps", "backwards", "swapped", "bytes"])
@pytest.mark.parametrize("axis", [-1, 0, 1, (0, 2), None])
def test_strides(axis, how):
    x, bias, where = sample(6, 20, 70), sample(6, 20, 70, seed=1), sample(6, 20, 70, seed=2) > -3
    for name in (*FAMILY, "hardmax", "sparsemax"):
        f = getattr(fa, name)
        options = (
            {"where": where} if name in ("hardmax", "sparsemax") else {"where": where, "bias": bias, "temperature": 3.0}
        )
        moved = {
            k: strided(v, how) if isinstance(v, np.ndarray) and (v.dtype != bool or how != "bytes") else v
            for k, v in options.items()
        }
        want = f(x, axis=axis, **options)
        assert_same_bits(f(strided(x, how), axis=axis, **moved), want)
        if np.shape(want) == x.shape:
            out = strided(np.zeros_like(x), how)
            assert f(x, axis=axis, **options, out=out) is out
            assert np.array_equal(out, want)
            grad = sample(6, 20, 70, seed=3)
            back = f.backward(grad, want, axis=axis, where=where)
            assert_same_bits(f.backward(strided(grad, how), strided(want, how), axis=axis, where=moved["where"]), back)


def test_a_row_does_not_depend_on_its_batch():
    for n, dtype in itertools.product((5, 30, 49, 300, 9000), DTYPES):
        x, bias = sample(70, n, dtype=dtype), sample(n, dtype=dtype, seed=1)
        where, lengths = x > -3, np.random.default_rng(0).integers(0, n + 1, 70)
        options = {"bias": bias, "temperature": 2.0, "sink": 0.5}
        for name in FAMILY:
            f = getattr(fa, name)
            whole = f(x, where=where, lengths=lengths, **options)
            for r in (0, 33, 69):
                alone = f(x[r], where=where[r], lengths=lengths[r], **options)
                assert_same_bits(np.asarray(alone), np.asarray(whole[r]))


@pytest.mark.native
def test_threads_change_nothing():
    from fastact import _native

    for shape in ((7, 300), (100, 9), (3, 20000), (4, 5, 66, 66)):
        x = sample(*shape)
        where = x > -4
        for name in (*FAMILY, "hardmax", "sparsemax"):
            f = getattr(fa, name)
            options = (
                {"where": where} if name in ("hardmax", "sparsemax") else {"where": where, "causal": True, "sink": 1.0}
            )
            want = f(x, **options)
            for team in (2, 3, 5):
                before = _native.force_team(team)
                try:
                    assert_same_bits(f(x, **options), want)
                    if np.shape(want) == shape:
                        assert_same_bits(f.backward(x, want, where=where), f.backward(x, want, where=where))
                finally:
                    _native.force_team(before)


@pytest.mark.native
def test_every_instruction_set_gives_the_same_bits():
    printed = {
        run_python(
            """
            import hashlib, numpy as np, fastact as fa
            bits, rng = hashlib.sha256(), np.random.default_rng(0)
            for dtype in (np.float32, np.float64):
                for n in (1, 3, 17, 48, 50, 100, 1025, 9000):
                    x, bias, grad = (rng.normal(0, 3, (19, n)).astype(dtype) for _ in range(3))
                    where, lengths, heat = x > -2, rng.integers(0, n + 1, 19), rng.uniform(0.5, 3, (19, 1))
                    for f in (fa.softmax, fa.log_softmax, fa.softmin, fa.logsumexp):
                        for options in ({"where": where, "bias": bias, "temperature": heat, "softcap": 5.0},
                                        {"lengths": lengths, "temperature": heat}, {"causal": True, "sink": 0.5}):
                            y = f(x, **options)
                            passed = {k: v for k, v in options.items() if k not in ("bias", "softcap")}
                            last = f is fa.logsumexp
                            back = f.backward(y if last else grad, x if last else y, **passed)
                            bits.update(y.tobytes() + back.tobytes())
                    bits.update(fa.hardmax(x, where=where).tobytes())
                    y = fa.sparsemax(x, where=where)
                    bits.update(y.tobytes() + fa.sparsemax.backward(grad, y, where=where).tobytes())
                    for a in fa.logsumexp(x, b=bias, return_sign=True):
                        bits.update(a.tobytes())
                    bits.update(fa.logsumexp.backward(grad[:, 0], x, b=bias, where=where).tobytes())
            print(bits.hexdigest())
            """,
            FASTACT_ISA=isa,
        )
        for isa in fa.isas()
    }
    assert len(printed) == 1


@pytest.mark.native
@pytest.mark.parametrize("isa", fa.isas())
def test_guard_pages(isa):
    """Operands and results flush against forbidden pages on either side."""
    printed = run_python(
        """
        import numpy as np, fastact as fa
        from guarded import Guarded
        memory = [Guarded(pages=40) for _ in range(5)]
        for dtype in (np.float32, np.float64):
            for place in ("at_end", "at_start"):
                for rows, n in ((1, 1), (3, 2), (17, 5), (16, 8), (33, 16), (7, 31), (1, 47), (9, 64), (3, 300),
                                (17, 50), (40, 101), (19, 250), (1, 8191), (1, 8193), (2, 9000)):
                    x, bias, grad, out = (getattr(m, place)(rows * n, dtype).reshape(rows, n) for m in memory[:4])
                    where = getattr(memory[4], place)(rows * n, np.bool_).reshape(rows, n)
                    x[:] = np.linspace(-9, 9, rows * n).reshape(rows, n)
                    bias[:] = grad[:] = 1
                    where[:] = x < 7
                    for turned in (False, True):
                        a, b, g, o, w = (m.T if turned else m for m in (x, bias, grad, out, where))
                        axis = 0 if turned else -1
                        for f in (fa.softmax, fa.log_softmax, fa.softmin):
                            f(a, axis, bias=b, where=w, temperature=2.0, softcap=3.0, sink=1.0, out=o)
                            f(a, axis, bias=b, out=o)
                            f(a, axis, where=w, lengths=max(n // 2, 1), out=o)
                            f.backward(g, a, axis, where=w, sink=1.0, out=o)
                        fa.logsumexp(a, axis, bias=b, where=w, b=b, return_sign=True)
                        fa.logsumexp.backward(b[:, :1] if axis else b[:1], a, axis, b=b, where=w, out=o)
                        fa.hardmax(a, axis, where=w, out=o)
                        fa.sparsemax(a, axis, where=w, out=o)
                        fa.sparsemax.backward(g, a, axis, out=o)
        print("whole", fa.isa())
        """,
        FASTACT_ISA=isa,
    )
    assert printed.split() == ["whole", isa]


def test_in_place_and_overlapping():
    for axis in (0, 1):
        x = sample(40, 50)
        where, want = x > -1, fa.softmax(x, axis=axis, where=x > -1, bias=x)
        mine = x.copy()
        assert fa.softmax(mine, axis=axis, where=where, bias=mine, out=mine) is mine
        assert np.array_equal(mine, want)
        memory = np.concatenate([x.ravel(), np.zeros(50, np.float32)])
        out = memory[25:2025].reshape(40, 50)
        fa.softmax(memory[:2000].reshape(40, 50), axis=axis, where=where, bias=x, out=out)
        assert np.array_equal(out, want)
        grad = sample(40, 50, seed=1)
        back = fa.softmax.backward(grad, want, axis=axis, where=where)
        for k in (0, 1):
            pair = [grad.copy(), want.copy()]
            assert fa.softmax.backward(*pair, axis=axis, where=where, out=pair[k]) is pair[k]
            assert np.array_equal(pair[k], back)


@pytest.mark.native
@pytest.mark.parametrize("shape", [(1000, 500), (2, 250000), (500000,)])
def test_nothing_of_the_size_of_the_input_is_allocated(shape):
    x, bias, where = sample(*shape), sample(*shape, seed=1), sample(*shape, seed=2) > -2
    out, grad, rows = np.empty_like(x), sample(*shape, seed=3), np.ones((*shape[:-1], 1))
    f = fa.softmax
    calls = [
        lambda: f(x, bias=bias, where=where, temperature=2.0, softcap=3.0, sink=1.0, out=out),
        lambda: f(x, temperature=rows, lengths=3, out=out),
        lambda: f(x.T, axis=0, bias=bias.T, out=out.T),
        lambda: f(x[..., ::2], where=where[..., ::2], out=out[..., ::2]),
        lambda: fa.log_softmax(x, where=where, out=out),
        lambda: fa.softmin(x, out=out),
        lambda: fa.hardmax(x, where=where, out=out),
        lambda: fa.sparsemax(x, where=where, out=out),
        lambda: fa.logsumexp(x, bias=bias, where=where),
        lambda: fa.logsumexp(x, b=bias, return_sign=True),
        lambda: f.backward(grad, x, where=where, temperature=rows, sink=1.0, out=out),
        lambda: fa.logsumexp.backward(np.float32(1), x, bias=bias, where=where, out=out),
    ]
    for call in calls:
        call()
        tracemalloc.start()
        try:
            call()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < x.nbytes / 20


def test_long_rows_are_accurate():
    n = 10_000_000
    for dtype in DTYPES:
        x = np.zeros(n, dtype)
        x[0] = 1
        total = fa.logsumexp(x, sink=0.0, bias=np.zeros(1, dtype))
        want = np.log(WIDE(n) + np.exp(WIDE(1)))
        assert abs(total - want) <= np.spacing(dtype(want))
        y = fa.softmax(x, sink=0.0, out=x)
        assert ulp(y[1:3], [1 / (n + np.exp(WIDE(1)))] * 2) <= 3


# -- Random calls ----------------------------------------------------------------------------------------------------


@given(st.data())
def test_random_calls(data):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=9))
    dtype, name = data.draw(st.sampled_from(DTYPES)), data.draw(st.sampled_from(FAMILY))
    axes = data.draw(hnp.valid_tuple_axes(len(shape), min_size=1))
    axes = tuple(sorted(k % len(shape) for k in axes))
    some = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = some.normal(0, 3, shape).astype(dtype)
    others = [k for k in range(len(shape)) if k not in axes]
    kept = tuple(1 if k in axes else m for k, m in enumerate(shape))
    options = {}

    def part(whole):
        return tuple(m if data.draw(st.booleans()) else 1 for m in whole)

    if data.draw(st.booleans()):
        options["where"] = some.random(part(shape)) < 0.7
    if data.draw(st.booleans()):
        options["bias"] = some.normal(0, 1, part(shape)).astype(dtype)
    if data.draw(st.booleans()):
        options["temperature"] = some.uniform(0.5, 3, part(kept))
    if data.draw(st.booleans()):
        options["softcap"] = 4.0
    if data.draw(st.booleans()):
        options["sink"] = some.normal(0, 2, part(kept))
    n = int(np.prod([shape[k] for k in axes]))
    if data.draw(st.booleans()):
        options["lengths"] = some.integers(0, n + 1, [shape[k] for k in others])

    order = [*others, *axes]

    def flat(a, whole):
        return np.broadcast_to(a, whole).transpose(order).reshape(*(shape[k] for k in others), -1)

    moved = {
        k: v if k in ("softcap", "lengths") else flat(v, kept if k in ("temperature", "sink") else shape)
        for k, v in options.items()
    }
    rows = np.ascontiguousarray(flat(x, shape))
    got = getattr(fa, name)(x, axis=axes, **options)
    got = np.asarray(got) if name == "logsumexp" else flat(got, shape)
    want = expression(name, rows, **moved)
    assert_near(np.asarray(got), np.asarray(want), -rows if name == "softmin" else rows, moved, 6)


# -- Types, errors, names --------------------------------------------------------------------------------------------


def test_types():
    x = sample(4, 5)
    assert fa.softmax(x, bias=sample(5, dtype=np.float64)).dtype == np.float64
    assert fa.softmax(x, bias=np.arange(5)).dtype == np.float64
    assert fa.softmax(x, bias=np.arange(5, dtype=np.int8)).dtype == np.float32
    assert fa.softmax(x, bias=1.5, sink=0.5, temperature=np.float64(2)).dtype == np.float32
    assert fa.logsumexp(x, b=sample(5, dtype=np.float64)).dtype == np.float64
    assert fa.logsumexp(x, b=2).dtype == np.float32
    half = x.astype(np.float16)
    assert_same_bits(fa.softmax(half, where=x > 0), fa.softmax(half.astype(np.float32), where=x > 0).astype(np.float16))
    assert_same_bits(fa.hardmax(np.array([1, 3, 2], np.int16)), np.array([0, 1, 0], np.float32))
    for name in ("softmin", "hardmax", "sparsemax"):
        f = getattr(fa, name)
        for dtype in (np.bool_, np.int8, np.uint16, np.int64):
            z = np.array([[1, 0, 1], [0, 1, 1]], dtype)
            assert_same_bits(f(z), f(z.astype(np.float32 if z.itemsize <= 2 else np.float64)))
        assert_same_bits(f(x, dtype=np.float64), f(x.astype(np.float64)))
        assert f(x.tolist()).dtype == np.float64


x = sample(2, 3)
ERRORS = [
    (fa.softmax, {"softcap": 0}, ValueError, r"^softmax: softcap is 0; it must be positive"),
    (fa.softmax, {"softcap": -2.0}, ValueError, r"^softmax: softcap is -2; it must be positive"),
    (fa.softmax, {"softcap": NAN}, ValueError, r"^softmax: softcap is nan"),
    (fa.softmax, {"softcap": "1"}, TypeError, r"^softmax: softcap is '1'; expected a number or None"),
    (fa.softmax, {"softcap": np.ones(3)}, TypeError, r"^softmax: softcap is array"),
    (fa.softmax, {"bias": np.ones(4)}, ValueError, r"^softmax: bias has shape \(4,\); expected .* to \(2, 3\)"),
    (fa.softmax, {"bias": np.ones((1, 2, 3))}, ValueError, r"^softmax: bias has shape \(1, 2, 3\)"),
    (fa.softmax, {"bias": "a"}, TypeError, "^softmax: bias has dtype <U1"),
    (fa.softmax, {"bias": 1j}, TypeError, "^softmax: bias has dtype complex128"),
    (fa.softmax, {"where": [1, 0, 1]}, TypeError, "^softmax: where has dtype int64; expected bool, True where"),
    (fa.softmax, {"where": np.ones((3, 2), bool)}, ValueError, r"^softmax: where has shape \(3, 2\)"),
    (fa.softmax, {"lengths": [1.0, 2.0]}, TypeError, "^softmax: lengths has dtype float64; expected integers"),
    (fa.softmax, {"lengths": [1, 4]}, ValueError, "^softmax: lengths has entries outside 0 to 3"),
    (fa.softmax, {"lengths": [-1, 2]}, ValueError, "^softmax: lengths has entries outside 0 to 3"),
    (fa.softmax, {"lengths": [1, 2, 3]}, ValueError, r"^softmax: lengths has shape \(3,\); expected .*\(2,\), one int"),
    (fa.softmax, {"causal": True, "axis": 0}, ValueError, r"^softmax: causal=True takes axis=-1 of an array"),
    (fa.softmax, {"causal": 1}, TypeError, "^softmax: causal is 1; expected True or False"),
    (fa.softmax, {"causal": True, "offset": 1.5}, TypeError, r"^softmax: offset is 1\.5; expected an int or None"),
    (fa.softmax, {"offset": 1}, ValueError, "^softmax: offset is given without causal=True"),
    (fa.softmax, {"sink": NAN}, ValueError, "^softmax: sink is nan"),
    (fa.softmax, {"sink": np.ones(3)}, ValueError, r"^softmax: sink has shape \(3,\); expected .*\(2, 1\), one"),
    (fa.softmax, {"sink": "a"}, TypeError, "^softmax: sink has dtype <U1"),
    (fa.softmax, {"keepdims": True}, TypeError, r"^softmax\(\) got an unknown argument 'keepdims': by name"),
    (fa.hardmax, {"temperature": 2.0}, TypeError, r"^hardmax\(\) got an unknown argument 'temperature'"),
    (fa.sparsemax, {"causal": True}, TypeError, r"^sparsemax\(\) got an unknown argument 'causal'"),
    (fa.logsumexp, {"b": np.ones(4)}, ValueError, r"^logsumexp: b has shape \(4,\)"),
    (fa.logsumexp, {"return_sign": True, "out": x}, TypeError, "^logsumexp: out is not taken with return_sign"),
]  # fmt: skip


@pytest.mark.parametrize("f, named, error, text", ERRORS)
def test_errors(f, named, error, text):
    with pytest.raises(error, match=text):
        f(x, **named)
    with pytest.raises(ValueError, match=r"^softmax: causal=True"):
        fa.softmax(x[0], causal=True)
    with pytest.raises(TypeError, match=r"^softmax\.backward\(\) got an unknown argument 'bias'"):
        fa.softmax.backward(x, x, bias=x)


def test_names():
    for spelling, name in (
        ("Softmin", "softmin"), ("Hardmax", "hardmax"), ("hard max", "hardmax"), ("Sparsemax", "sparsemax"),
        ("sparse_max", "sparsemax"), ("log_sum_exp", "logsumexp"),
    ):  # fmt: skip
        assert fa.get(spelling) is getattr(fa, name)
    for name in (*FAMILY, "hardmax", "sparsemax"):
        f = getattr(fa, name)
        assert f.formula
        assert f.max_ulp
        assert "where : array_like of bool" in f.__doc__
        assert "where : array_like of bool" in f.backward.__doc__


# -- Other libraries -------------------------------------------------------------------------------------------------


def test_masked_arrays_and_where():
    data, mask, where = sample(5, 6), sample(5, 6, seed=1) > 1, sample(5, 6, seed=2) > -2
    masked = np.ma.masked_array(np.where(mask, np.float32(NAN), data), mask)
    for name in (*FAMILY, "hardmax", "sparsemax"):
        f = getattr(fa, name)
        got = f(masked, where=where)
        assert type(got) is np.ma.MaskedArray
        assert np.array_equal(np.ma.getdata(got), f(data, where=where & ~mask))


@pytest.mark.parametrize("name", FAMILY)
def test_dask(name):
    da = pytest.importorskip("dask.array")
    f, x = getattr(fa, name), sample(4, 6, 8)
    lazy = da.from_array(x, chunks=(2, 3, 8))
    bias, where, degrees = sample(6, 8), x > -3, np.full((4, 1, 1), 2.0)
    lengths = np.random.default_rng(0).integers(0, 9, (4, 6))
    for options, held in (
        ({"where": where}, {"where": da.from_array(where, chunks=3)}),
        ({"bias": bias}, {"bias": bias}),
        ({"temperature": degrees, "sink": 1.0, "softcap": 3.0}, None),
        ({"lengths": lengths}, None),
        ({"causal": True}, None),
        ({"causal": True, "lengths": lengths, "offset": 1}, None),
    ):
        got = f(lazy, **(held or options))
        assert isinstance(got, da.Array)
        want = f(x, **options)
        assert got.dtype == want.dtype
        assert_same_bits(got.compute(scheduler="sync"), want)
        if name != "logsumexp":
            passed = {k: v for k, v in options.items() if k not in ("bias", "softcap")}
            back = f.backward(lazy, da.from_array(want, chunks=(2, 3, 8)), **passed)
            assert_same_bits(back.compute(scheduler="sync"), f.backward(x, want, **passed))


def test_pandas():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(sample(3, 4), index=list("abc"))
    where = frame > 0
    got = fa.softmax(frame, where=where)
    assert isinstance(got, pd.DataFrame)
    assert list(got.index) == list("abc")
    assert_same_bits(got.to_numpy(), fa.softmax(frame.to_numpy(), where=where.to_numpy()))


# -- Defects of other libraries --------------------------------------------------------------------------------------


def test_defect_clipped_logits():
    """D5: inputs clipped to +-20 make [-1000, -1000, -1001] uniform."""
    got = fa.softmax(np.array([-1000.0, -1000.0, -1001.0]), lengths=3)
    e = np.exp(-1.0)
    np.testing.assert_allclose(got, np.array([1, 1, e]) / (2 + e), rtol=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
def test_defect_the_largest_logarithm(dtype):
    """D13: log_softmax 0 at the largest, logsumexp 0 beside a maximum of 0; under options too."""
    for row, kept in (([30.0, 0.0, 0.0], 3), ([40.0, 0.0, 0.0], 3), ([40.0, 0.0, 0.0, NAN], 3)):
        x = np.array(row, dtype)
        want = -np.log1p(2 * np.exp(-WIDE(row[0])))
        where = np.arange(len(row)) < kept
        for options in ({"where": where}, {"lengths": kept}, {"where": where, "bias": 0.0}):
            assert ulp(fa.log_softmax(x, **options)[:1], [want]) <= 2
    x = np.array([0, -104, -90], dtype)
    with mpmath.workprec(200):
        want = WIDE(mpmath.nstr(mpmath.log1p(mpmath.exp(-104) + mpmath.exp(-90)), 25))
    for options in ({"where": True}, {"bias": np.zeros(3, dtype)}, {"b": np.ones(3, dtype)}, {"return_sign": True}):
        got = fa.logsumexp(x, **options)
        assert ulp(np.array([got[0] if isinstance(got, tuple) else got]), [want]) <= 2


def test_defect_narrow_sums_and_small_integers():
    """D14: float16 sums that overflow, uint8 that wraps."""
    zeros = np.zeros(65536, np.float16)
    for options in ({"where": np.ones(1, bool)}, {"bias": 0.0}):
        assert_same_bits(fa.softmax(zeros, **options), np.full(65536, 2.0**-16, np.float16))
        assert_same_bits(fa.softmin(zeros, **options), np.full(65536, 2.0**-16, np.float16))
    for f in (fa.softmax, fa.softmin, fa.sparsemax, fa.hardmax):
        for x in (np.array([1, 2, 3], np.uint8), np.array([0, 255], np.uint8)):
            assert_same_bits(f(x, where=np.ones(1, bool)), f(x.astype(np.float32)))
