"""float32: value and derivative of every activation against wider references, on a stride through all 2^32 inputs
(tools/sweep.py takes every one of them) and on every input beside the places where a kernel could change its mind."""

import numpy as np
import pytest
import reference

import fastact as fa
from fastact.catalogue import ACTIVATIONS

STRIDE = 1009  # prime, so that every bit pattern of the low bits comes up
CASES = [(name, kind) for name in fa.activations for kind in ("value", "derivative")]
# Kinks, ends of the range, crossovers: the inputs around each are tried one by one.
EDGES = [
    0.0,
    1e-38,
    0.125,
    0.25,
    0.5,
    1.0,
    2.0,
    3.0,
    4.0,
    8.0,
    9.25,
    14.36,
    17.3,
    18.5,
    22.0,
    87.3,
    88.72284,
    103.97208,
    104.0,
    112.0,
    200.0,
    1000.0,
    1.27846454,
    0.75179152,
]


def inputs():
    bits = np.arange(0, 2**32, STRIDE, dtype=np.uint64).astype(np.uint32)
    near = np.arange(-300, 301)
    edges = np.float32(EDGES).view(np.uint32)[:, None].astype(np.int64) + near
    edges = edges[edges >= 0].astype(np.uint32)
    return np.concatenate([bits, edges, edges | np.uint32(1 << 31)]).view(np.float32)


def oracle(name, kind):
    """The wider reference, or the row's own formula in float64 for a function that has none."""
    found = getattr(reference, name if kind == "value" else f"{name}_derivative", None)
    if found is not None:
        return found
    row = next(row for row in ACTIVATIONS if row.name == name)
    formula = row.value if kind == "value" else row.derivative
    return lambda x: formula(np.float64(x), *(p.default for p in row.parameters))


@pytest.fixture(scope="module")
def x():
    return inputs()


@pytest.mark.native
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_within_the_stated_bound(x, name, kind):
    function = fa.activations[name] if kind == "value" else fa.activations[name].derivative
    expected = oracle(name, kind)
    worst = 0.0
    for part in np.array_split(x, 16):
        with np.errstate(all="ignore"):
            want = expected(part)
        got = function(part)
        error = reference.ulp_error(got, want)
        k = int(np.argmax(error))
        worst = max(worst, error[k])
        assert error[k] <= function.max_ulp["float32"], f"{name} at {part[k]!r}: {got[k]!r}, {error[k]} ULP"
        zero = want == 0
        assert np.array_equal(np.signbit(got[zero]), np.signbit(want[zero])), "sign of zero"
    print(f"{name} {kind}: {worst:.4f} ULP")


@pytest.mark.parametrize("x", [-5.5, -10.0, -13.0])
def test_gelu_left_tail(x):
    """Where peers give -0.0 or are wrong by half: at most the next float."""
    import mpmath

    with mpmath.workprec(200):
        exact = mpmath.mpf(x) * mpmath.ncdf(x)
    error = reference.ulp_error(fa.gelu(np.float32([x])), np.float64([float(exact)]))
    assert error[0] <= 1


def test_subnormal_results_are_not_lost():
    x = np.arange(-103, -88, dtype=np.float32)
    assert np.all(fa.sigmoid(x) > 0)
    assert fa.sigmoid(np.float32([-100]))[0] == np.float32(3.7835e-44)


def hard_float64():
    """Tails, subnormal results, both sides of every crossover, tiny and ordinary numbers."""
    rng = np.random.default_rng(3)
    edges = np.float64([e for e in EDGES if e] + [17.33, 37.5, 38.48, 708.4, 709.78, 744.4])
    beside = edges[:, None] * (1 + np.float64([-2, -1, 0, 1, 2, 3e7, -3e7]) * 2.0**-52)
    magnitudes = [
        beside.ravel(),
        rng.uniform(0, 1, 150),
        rng.uniform(0, 9, 250),
        rng.uniform(9, 40, 150),
        rng.uniform(30, 39, 60),
        rng.uniform(40, 746, 100),
        10.0 ** rng.uniform(-320, 0, 60),
    ]
    x = np.concatenate(magnitudes)
    return np.concatenate([x, -x])


@pytest.mark.native
@pytest.mark.parametrize("name", reference.EXACT)
def test_float64_within_the_stated_bound(name):
    """A sample of what tools/check_float64.py tries in full."""
    base, _, kind = name.partition("_")
    f = fa.activations[base].derivative if kind else fa.activations[base]
    x = hard_float64()
    got = f(x)
    finite = np.isfinite(got)
    errors = [reference.exact_error(name, a, b) for a, b in zip(x[finite], got[finite], strict=True)]
    k = int(np.argmax(errors))
    assert errors[k] <= f.max_ulp["float64"], f"{name} at {x[finite][k].hex()}: {errors[k]} ULP"
    # What is infinite is beyond the largest float64.
    assert all(abs(a) > 709.78 for a in x[~finite])
