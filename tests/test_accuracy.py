"""Value and derivative of every activation: float32 against the float64 formulas of the table on a stride through all
2^32 inputs (tools/sweep.py takes every one of them) and beside the places where a kernel could change its mind, float64
against mpmath; and the formulas themselves against mpmath."""

import mpmath
import numpy as np
import pytest
import reference
from support import NAMES, ROWS, function

import fastact as fa

STRIDE = 4001  # prime, so that every bit pattern of the low bits comes up
CASES = [(name, kind) for name in NAMES for kind in ("value", "derivative")]
# The inputs around each are tried one by one; a row adds its own: edges, kinks, zeros of its derivative, parameters.
EDGES = (0.0, 1e-38, 0.125, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 8.0, 200.0, 1000.0)


def edges(row):
    own = (*row.edges, *(x for x, _ in row.kinks), *row.derivative_zeros, *(p.typical for p in row.parameters))
    return np.array(sorted({abs(float(e)) for e in (*EDGES, *own) if np.isfinite(e)}))


def inputs32(row):
    bits = np.arange(0, 2**32, STRIDE, dtype=np.uint64).astype(np.uint32)
    near = edges(row)
    beside = near[near < 3.4e38].astype(np.float32).view(np.uint32)[:, None].astype(np.int64) + np.arange(-300, 301)
    beside = beside[beside >= 0].astype(np.uint32)
    return np.concatenate([bits, beside, beside | np.uint32(1 << 31)]).view(np.float32)


@pytest.mark.native
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_within_the_stated_bound(name, kind):
    f, row = function(name, kind), ROWS[name]
    expected = reference.oracle(row, kind)
    parameters = [p.typical for p in row.parameters]
    worst = 0.0
    for part in np.array_split(inputs32(row), 8):
        with np.errstate(all="ignore"):
            want = expected(part)
        got = f(part, *parameters)
        error = reference.ulp_error(got, want)
        k = int(np.argmax(error))
        worst = max(worst, error[k])
        assert error[k] <= f.max_ulp["float32"], f"{name} at {part[k]!r}: {got[k]!r}, {error[k]} ULP"
        zero = want == 0
        assert np.array_equal(np.signbit(got[zero]), np.signbit(want[zero])), "sign of zero"
    print(f"{name} {kind}: {worst:.4f} ULP")


@pytest.mark.parametrize("x", [-5.5, -10.0, -13.0])
def test_gelu_left_tail(x):
    """Where peers give -0.0 or are wrong by half: at most the next float."""
    with mpmath.workprec(200):
        exact = mpmath.mpf(x) * mpmath.ncdf(x)
    error = reference.ulp_error(fa.gelu(np.float32([x])), np.float64([float(exact)]))
    assert error[0] <= 1


def test_subnormal_results_are_not_lost():
    x = np.arange(-103, -88, dtype=np.float32)
    assert np.all(fa.sigmoid(x) > 0)
    assert fa.sigmoid(np.float32([-100]))[0] == np.float32(3.7835e-44)


def inputs64(row, count=1):
    """Tails, subnormal results, both sides of every crossover, tiny and ordinary numbers."""
    rng = np.random.default_rng(3)
    beside = edges(row)[1:, None] * (1 + np.float64([-2, -1, 0, 1, 2, 3e7, -3e7]) * 2.0**-52)
    magnitudes = [
        beside.ravel(),
        rng.uniform(0, 1, 100 * count),
        rng.uniform(0, 9, 150 * count),
        rng.uniform(9, 40, 80 * count),
        rng.uniform(40, 746, 60 * count),
        10.0 ** rng.uniform(-320, 0, 60 * count),
        10.0 ** rng.uniform(0, 308, 20 * count),
    ]
    x = np.concatenate(magnitudes)
    return np.concatenate([x, -x])


def largest_error(row, kind, x, got, skip=0.0):
    errors = []
    for a, b in zip(x, got, strict=True):
        if any(abs(a - zero) < skip for zero in row.derivative_zeros):
            continue
        error = reference.exact_error(row, kind, a, b, [p.typical for p in row.parameters])
        if np.isinf(b):  # beyond the largest float64
            with mpmath.workprec(300):
                error = 0.0 if abs(row.true(kind, mpmath, mpmath.mpf(float(a)))) > 1.797e308 else error
        errors.append((error, float(a).hex()))
    return max(errors)


@pytest.mark.native
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_float64_within_the_stated_bound(name, kind):
    """A sample of what tools/check_float64.py tries in full."""
    f, row = function(name, kind), ROWS[name]
    x = inputs64(row)
    error, at = largest_error(row, kind, x, f(x, *(p.typical for p in row.parameters)))
    assert error <= f.max_ulp["float64"], f"{name} at {at}: {error} ULP"


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_formula_of_the_table(name, kind):
    """NumPy's float64 is good enough to judge float32 by: 2^-26 of a unit of float32 (absolutely, beside a zero)."""
    row = ROWS[name]
    x = inputs64(row)[::3]
    with np.errstate(all="ignore"):
        got = (row.value if kind == "value" else row.derivative)(x, *(p.typical for p in row.parameters))
    error, at = largest_error(row, kind, x, np.broadcast_to(got, x.shape), skip=0.1)
    assert error <= 8, f"{name} at {at}: {error} ULP"
