"""One value, one result, bit for bit: at any place, length, stride, thread count, on any instruction set, by the fast
path or by the ufunc."""

import hashlib

import numpy as np
import pytest
from processes import run_python
from support import ROWS, function

import fastact as fa

DTYPES = [np.float32, np.float64]
KINDS = ["value", "derivative", "backward", "value_and_derivative"]


def hard(n, dtype, seed=1):
    """Ordinary numbers, tails, subnormals, zeros, infinities and NaN, mixed."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 4, n)
    some = rng.integers(0, n, n // 4)
    x[some] = rng.uniform(-120, 120, len(some))
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-310, 3e38, -3e38, -104.0, -87.5, 88.8, 1e-8, -1e-8]
    x[rng.integers(0, n, 3 * len(special))] = special * 3
    with np.errstate(over="ignore", under="ignore"):
        return x.astype(dtype)


def call(f, kind, *arrays):
    return np.array(f(*arrays)) if kind == "value_and_derivative" else f(*arrays)


def same(a, b):
    if fa.isa() == "portable":
        # Which of two NaN an operation passes on is the compiler's choice there: sign and payload are not compared.
        a, b = (np.where(np.isnan(c), np.nan, c) for c in (a, b))
    return a.tobytes() == b.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", fa.activations)
def test_position_and_length(name, kind, dtype):
    """Alone, in a rest, in a register, in a pack: the same bits."""
    f, n = function(name, kind), 700
    arrays = [hard(n, dtype, k) for k in range(2 if kind == "backward" else 1)]
    whole = call(f, kind, *arrays)
    for begin, end in [(k, k + 1) for k in range(0, n, 3)] + [(k % 90, n - k) for k in range(0, 300, 7)]:
        assert same(call(f, kind, *(a[begin:end] for a in arrays)), np.ascontiguousarray(whole[..., begin:end]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", fa.activations)
def test_strides_and_the_ufunc(name, kind, dtype):
    f, n = function(name, kind), 1300
    arrays = [hard(n, dtype, k) for k in range(2 if kind == "backward" else 1)]
    whole = call(f, kind, *arrays)
    for step in (-1, 2, -3, 7):
        assert same(call(f, kind, *(a[::step] for a in arrays)), np.ascontiguousarray(whole[..., ::step]))
    parameters = tuple(p.typical for p in ROWS[name].parameters)
    results = f.ufunc(*arrays, *parameters)
    assert same(np.array(results), whole)
    swapped = [a.astype(a.dtype.newbyteorder()) for a in arrays]
    assert same(call(f, kind, *swapped), whole)
    column = [np.stack([a] * 3, axis=1)[:, 1] for a in arrays]
    assert same(call(f, kind, *column), whole)
    one = [np.broadcast_to(a[5], 40) for a in arrays]
    assert same(call(f, kind, *one), np.repeat(whole[..., 5, None], 40, axis=-1))


@pytest.mark.native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", fa.activations)
def test_thread_count(name, dtype):
    from fastact import _native

    f = function(name)
    x = hard(300_001, dtype)
    wide = np.stack([x, x], axis=1)[:, 0]
    before = _native.force_team(1)
    try:
        want = f(x)
        for team in (2, 3, 7):
            _native.force_team(team)
            assert same(f(x), want)
            assert same(f(wide), want)
    finally:
        _native.force_team(before)


@pytest.mark.parametrize("dtype", [*DTYPES, np.float16])
def test_calls_that_turn_back(dtype):
    """One thread goes through what exceeds its cache from the end in every second call (several pieces, and a rest)."""
    n, width, f = 700_001, 101, fa.hard_silu
    x, bias = hard(n, dtype), hard(width, dtype, 2)
    wide = np.resize(x, (n // width, width))
    pieces = np.concatenate([f(x[i : i + 1000]) for i in range(0, n, 1000)])
    in_place = [x.copy(), x.copy()]
    calls = [
        (lambda: f(x), pieces),
        (lambda: f(a := in_place.pop(), out=a), pieces),
        (lambda: f(x[::-1]), pieces[::-1]),
        (lambda: f.value_and_derivative(x)[0], pieces),
        (lambda: f(wide, bias=bias), np.stack([f(row, bias=bias) for row in wide])),
    ]
    with fa.threads(1):
        for made, want in calls:
            for _ in range(2):
                assert same(made(), want)


@pytest.mark.native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 400_000), (5, 40_000), (3000, 37), (40, 11, 300)])
def test_rows_and_thread_count(shape, dtype):
    from fastact import _native

    x = np.random.default_rng(0).normal(0, 5, shape).astype(dtype)
    x[0, ..., 5] += 40 * (len(x) > 1)  # an entry that is nearly all of its row
    grad = np.random.default_rng(1).normal(0, 1, shape).astype(dtype)

    def all_of_them():
        for axis in range(x.ndim):
            for f in (fa.softmax, fa.log_softmax):
                y = f(x, axis=axis)
                yield y
                yield f.backward(grad, y, axis=axis)
            total = fa.logsumexp(x, axis=axis)
            yield total
            yield fa.logsumexp.backward(total, x, axis=axis)

    before = _native.force_team(1)
    try:
        want = list(all_of_them())
        for team in (2, 3, 7):
            _native.force_team(team)
            assert all(same(a, b) for a, b in zip(all_of_them(), want, strict=True))
    finally:
        _native.force_team(before)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 16, 17, 33, 48, 49, 64, 100, 255, 256, 257, 1000, 1025, 5000, 8193])
def test_a_row_does_not_depend_on_its_batch(n, dtype):
    """Alone, among others, along another axis, as a column: the same bits."""
    x = np.random.default_rng(n).normal(0, 5, (37, n)).astype(dtype)
    grad = np.random.default_rng(n + 1).normal(0, 5, (37, n)).astype(dtype)
    y = np.round(fa.softmax(x) * 8) / 8  # several are the largest
    back = fa.softmax.backward(grad, y)
    for k in range(0, 37, 5):
        assert same(fa.softmax.backward(grad[k], y[k]), back[k])
    columns = fa.softmax.backward(np.ascontiguousarray(grad.T), np.ascontiguousarray(y.T), axis=0)
    assert same(np.ascontiguousarray(columns.T), back)
    for f in (fa.softmax, fa.log_softmax, fa.logsumexp):
        whole = f(x)
        for k in range(0, 37, 5):
            assert same(np.asarray(f(x[k])), whole[k])
        assert same(np.ascontiguousarray(f(np.ascontiguousarray(x.T), axis=0).T), whole)
        assert same(f(x[::-2]), np.ascontiguousarray(whole[::-2]))


HASHES = """
    import hashlib, numpy as np, fastact as fa
    from support import NAMES, function
    from test_bits import hard
    assert fa.isa() == {isa!r}
    for dtype in (np.float32, np.float64):
        x = np.concatenate([hard(200_003, dtype), np.arange(0, 2**32, 20011, dtype=np.uint64).astype(np.uint32)
                            .view(np.float32).astype(dtype)])
        grad = hard(len(x), dtype, 2)
        rows = np.random.default_rng(0).normal(0, 9, (60, 1001)).astype(dtype)
        results = [(n, k, r) for n in NAMES for f in [function(n)] for k, r in enumerate(
            [f(x), f.derivative(x), f.backward(grad, x), *f.value_and_derivative(x)])]
        for n in (1, 2, 3, 5, 8, 12, 16, 17, 31, 64, 65, 200, 1001):
            part = np.ascontiguousarray(rows[:, :n])
            for axis in (0, 1):
                for name in ("softmax", "log_softmax", "logsumexp"):
                    f = getattr(fa, name)
                    y = f(part, axis=axis)
                    results.append((name, (n, axis), y))
                    h = y if name != "logsumexp" else part
                    g = part if name != "logsumexp" else y
                    results.append((name + ".backward", (n, axis), f.backward(g, h, axis=axis)))
        for name, what, r in results:
            r = np.where(np.isnan(r), dtype(np.nan), r)     # the sign of a NaN is the processor's
            print(name, what, np.dtype(dtype).name, hashlib.sha256(r.tobytes()).hexdigest()[:16], sep=":")
"""


@pytest.mark.native
def test_instruction_sets_agree():
    printed = {isa: run_python(HASHES.format(isa=isa), timeout=300, FASTACT_ISA=isa).splitlines() for isa in fa.isas()}
    best, *others = printed
    assert len(printed[best]) > 200
    for other in others:
        differ = [a for a, b in zip(printed[best], printed[other], strict=True) if a != b]
        assert not differ, f"{other} differs from {best}: {differ[:20]}"


def test_the_comparison_bites():
    """The control: one changed bit changes a hash."""
    x = hard(1000, np.float32)
    y = x.copy()
    y.view(np.uint32)[500] ^= 1
    assert hashlib.sha256(x.tobytes()).digest() != hashlib.sha256(y.tobytes()).digest()
    assert not same(x, y)
