"""silu and softplus with beta, quick_gelu, softcap: other parameters, limits, symmetry, what beta = 1 gives."""

import mpmath
import numpy as np
import pytest
import reference
from support import DTYPES, ROWS, assert_same_bits, function

import fastact as fa

BETAS = [0.1, 1.5, -1.5, 20.0, 1e-3, 1e4]
CASES = [(name, p) for name in ("silu", "softplus") for p in BETAS] + [
    ("softcap", p) for p in (0.01, 1.0, 50.0, 65504.0)
]
INF, NAN = np.inf, np.nan


@pytest.mark.native
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["value", "derivative"])
@pytest.mark.parametrize("name, parameter", CASES)
def test_other_parameters(name, parameter, kind, dtype):
    """1 ULP there too, in the tails as well; beside a zero of the derivative an absolute error."""
    rng = np.random.default_rng(3)
    p, end = float(dtype(parameter)), 104 if dtype == np.float32 else 745
    z = np.concatenate([rng.normal(0, 2, 60), rng.uniform(-end, end, 60), rng.normal(0, 1e-6, 20)])
    x = (z * p if name == "softcap" else z / p).astype(dtype)
    row, got = ROWS[name], function(name, kind)(x, dtype(p))
    curved = abs(x * p + 1.2785) < 0.3 if (name, kind) == ("silu", "derivative") else np.zeros(len(x), bool)
    if dtype == np.float32:
        want = (row.value if kind == "value" else row.derivative)(np.float64(x), np.float64(p))
        error = reference.ulp_error(got, want)
    else:
        error = np.array([reference.exact_error(row, kind, a, b, [mpmath.mpf(p)]) for a, b in zip(x, got, strict=True)])
    assert np.max(error[~curved]) <= 1
    want = np.array([float(row.true(kind, mpmath, mpmath.mpf(float(a)), [mpmath.mpf(p)])) for a in x[curved]])
    assert np.all(np.abs(got[curved] - want) < np.finfo(dtype).eps / 2)


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_is_the_function_without_beta(dtype):
    x = np.random.default_rng(4).normal(0, 6, 999).astype(dtype)
    for f in (fa.silu, fa.softplus):
        for kind in ("value", "derivative"):
            g = f if kind == "value" else f.derivative
            assert_same_bits(g(x, np.ones(999, dtype)), g(x))
    mixed = np.where(np.arange(999) % 5 == 0, 1.5, 1.0).astype(dtype)
    for f in (fa.silu, fa.softplus):
        assert np.array_equal(f(x, mixed)[::5], f(x[::5], 1.5))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beta", [2.0, -2.0, 0.0, INF, 1e-30])
def test_limits_of_silu(beta, dtype):
    got = fa.silu(np.array([-INF, -0.0, 0.0, INF, NAN], dtype), beta)
    want = {2.0: [-0.0, INF], -2.0: [-INF, 0.0], 0.0: [-INF, INF], INF: [-0.0, INF], 1e-30: [-0.0, INF]}[beta]
    assert_same_bits(got, np.array([want[0], -0.0, 0.0, want[1], NAN], dtype))
    slope = fa.silu.derivative(np.array([-INF, 0.0, INF, NAN], dtype), beta)
    ends = {0.0: [0.5, 0.5], -2.0: [1.0, -0.0]}.get(beta, [-0.0, 1.0])
    assert_same_bits(slope, np.array([ends[0], 0.5, ends[1], NAN], dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_limits_of_softplus(dtype):
    x = np.array([-INF, INF, NAN], dtype)
    assert_same_bits(fa.softplus(x, 2.0), np.array([0.0, INF, NAN], dtype))
    assert_same_bits(fa.softplus(x, -2.0), np.array([-INF, -0.0, NAN], dtype))
    assert_same_bits(fa.softplus(x, 1e-30), np.array([0.0, INF, NAN], dtype))
    with pytest.raises(ValueError, match="beta"):
        fa.softplus(x, 0.0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("cap", [30.0, 0.1, 1.0, 1e-30, 7.7, 3e38])
def test_softcap(cap, dtype):
    cap = dtype(cap)
    x = np.array([-INF, -0.0, 0.0, INF, NAN], dtype)
    assert_same_bits(fa.softcap(x, cap), np.array([-cap, -0.0, 0.0, cap, NAN], dtype))
    x = np.sort(np.random.default_rng(5).uniform(0, 1, 2000)).astype(dtype) * cap
    y = fa.softcap(x, cap)
    assert_same_bits(fa.softcap(-x, cap), -y)
    assert np.all(np.diff(y) >= 0)
    assert np.all(y <= np.minimum(x, cap))
    for bad in (0.0, -1.0, NAN):
        with pytest.raises(ValueError, match="cap"):
            fa.softcap(x, bad)
    with pytest.raises(TypeError, match="cap"):
        fa.softcap(x)


def test_quick_gelu_is_silu():
    x = np.linspace(-90, 20, 1001, dtype=np.float32)
    assert_same_bits(fa.quick_gelu(x), fa.silu(x, 1.702))
    assert_same_bits(fa.quick_gelu.derivative(x), fa.silu.derivative(x, 1.702))
    assert fa.get("QuickGelu") is fa.get("gelu_fast_approx") is fa.quick_gelu
