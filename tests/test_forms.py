"""What a call may say: gelu's approximate=, prelu's axis= and the gradient of its weight, parameters by name."""

import numpy as np
import pytest
from processes import run_python
from support import ROWS, assert_same_bits, function

import fastact as fa

X = np.random.default_rng(0).standard_normal((4, 3, 5)).astype(np.float32)
GRAD = np.random.default_rng(1).standard_normal(X.shape).astype(np.float32)


@pytest.mark.parametrize(
    ("approximate", "name"),
    [("none", "gelu"), ("tanh", "gelu_tanh"), ("sigmoid", "quick_gelu"), (False, "gelu"), (True, "gelu_tanh")],
)
def test_gelu_approximate(approximate, name):
    f = fa.activations[name]
    assert_same_bits(fa.gelu(X, approximate=approximate), f(X))
    assert_same_bits(fa.gelu.derivative(X, approximate=approximate), f.derivative(X))
    assert_same_bits(fa.gelu.backward(GRAD, X, approximate=approximate), f.backward(GRAD, X))
    assert_same_bits(fa.gelu.value_and_derivative(X, approximate=approximate), f.value_and_derivative(X))
    out = np.empty_like(X)
    assert fa.gelu(X, approximate=approximate, out=out, bias=np.float32(0.5)) is out
    assert_same_bits(out, f(X, bias=np.float32(0.5)))


@pytest.mark.parametrize("approximate", ["erf", 1, None, "Tanh"])
def test_gelu_approximate_unknown(approximate):
    with pytest.raises(
        ValueError, match=r"gelu: approximate is .*; expected one of 'none', 'tanh', 'sigmoid', False, True"
    ):
        fa.gelu(X, approximate=approximate)
    with pytest.raises(TypeError, match=r"silu\(\) got an unknown argument 'approximate'"):
        fa.silu(X, approximate="tanh")


@pytest.mark.parametrize(("axis", "shape"), [(0, (4, 1, 1)), (1, (3, 1)), (-1, (5,)), (2, (5,))])
def test_prelu_axis(axis, shape):
    weight = np.linspace(0.1, 0.5, X.shape[axis]).astype(np.float32)
    wide = weight.reshape(shape)
    assert_same_bits(fa.prelu(X, weight, axis=axis), np.where(X > 0, X, wide * X))
    assert_same_bits(fa.prelu.derivative(X, weight, axis=axis), np.where(X > 0, np.float32(1), wide + 0 * X))
    dx, dweight = fa.prelu.backward(GRAD, X, weight, axis=axis)
    assert_same_bits(dx, np.where(X > 0, GRAD, wide * GRAD))
    others = tuple(k for k in range(3) if k != axis % 3)
    np.testing.assert_allclose(dweight, np.where(X > 0, 0, np.float64(GRAD) * X).sum(others), rtol=1e-6)
    assert dweight.shape == weight.shape
    assert dweight.dtype == np.float32


@pytest.mark.parametrize("shape", [(), (1,), (5,), (3, 1), (1, 3, 1), (4, 3, 5)])
def test_prelu_weight_broadcasts(shape):
    weight = np.full(shape, 0.25, np.float32)
    dx, dweight = fa.prelu.backward(GRAD, X, weight)
    assert_same_bits(dx, np.where(X > 0, GRAD, np.float32(0.25) * GRAD))
    assert np.shape(dweight) == shape
    np.testing.assert_allclose(np.sum(dweight), np.where(X > 0, 0, np.float64(GRAD) * X).sum(), rtol=1e-5)
    if shape == ():
        assert fa.prelu.backward(GRAD, X, 0.25)[1] == dweight


LAYOUTS = [
    ((5,), (), None),
    ((100_003,), (1,), None),
    ((32, 64, 9, 9), (64,), 1),
    ((8, 70, 8, 8), (70,), 1),
    ((1025, 3), (3,), None),
    ((256, 2100), (2100,), None),
    ((64, 200, 7, 3), (200,), 1),
    ((16, 3, 5000), (3,), 1),
    ((70, 130, 65), (130, 65), None),
    ((3, 4, 5, 6), (4, 1, 6), None),
    ((3, 4, 5, 6), (3, 1, 1, 6), None),
    ((3, 4, 5, 6), (3, 4, 5, 6), None),
    ((5, 1, 7), (1,), 1),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("shape", "weights", "axis"), LAYOUTS)
def test_prelu_weight_gradient(shape, weights, axis, dtype):
    """Within a unit of the last place of the sum of the sizes; in place, and by the other way, the same bits."""
    rng = np.random.default_rng(0)
    grad, x = (rng.normal(size=shape).astype(dtype) for _ in range(2))
    weight = rng.random(weights).astype(dtype)
    named = {} if axis is None else {"axis": axis}
    wide = weight if axis is None else weight.reshape(weights + (1,) * (len(shape) - 1 - axis))
    laid = (1,) * (len(shape) - wide.ndim) + wide.shape
    summed = tuple(k for k, length in enumerate(laid) if length == 1)
    products = np.where(x > 0, 0, np.longdouble(grad) * x)
    want, size = (a.sum(summed).reshape(weights) for a in (products, abs(products)))
    dx, dweight = fa.prelu.backward(grad, x, weight, **named)
    assert np.all(abs(dweight - want) <= 2 * np.finfo(dtype).eps * size)
    assert_same_bits(dx, np.where(x > 0, grad, wide * grad))
    assert_same_bits(fa.prelu.backward.slow(grad, x, weight, **named), (dx, dweight))
    for place in (0, 1):
        arrays = [grad.copy(), x.copy()]
        assert_same_bits(fa.prelu.backward(*arrays, weight, out=arrays[place], **named), (dx, dweight))
        arrays = [a.copy() for a in (grad, x)]
        assert_same_bits(fa.prelu.backward.slow(*arrays, weight, out=arrays[place], **named), (dx, dweight))


BITS = """
import numpy as np, hashlib, fastact as fa
from fastact import _native
from test_forms import LAYOUTS
rng, found = np.random.default_rng(0), hashlib.sha256()
for (shape, weights, axis), dtype in [(layout, dtype) for layout in LAYOUTS for dtype in ("f", "d")]:
    grad, x = (rng.normal(size=shape).astype(dtype) for _ in range(2))
    weight = rng.random(weights).astype(dtype)
    for team in TEAMS:
        _native.force_team(team)
        results = fa.prelu.backward(grad, x, weight, **({} if axis is None else {"axis": axis}))
    for result in results:
        found.update(np.asarray(result).tobytes())
print(found.hexdigest())
"""


@pytest.mark.native
def test_prelu_weight_gradient_bits():
    """The same on any instruction set, by any number of threads."""
    alone = run_python(BITS.replace("TEAMS", "[1]"))
    assert run_python(BITS.replace("TEAMS", "[3]")) == alone
    for isa in fa.isas():
        assert run_python(BITS.replace("TEAMS", "[7]"), FASTACT_ISA=isa) == alone


def test_prelu_dead_gradient():
    """Where x is positive the weight has no part in it, whatever the gradient is."""
    dx, dweight = fa.prelu.backward(np.array([np.inf, 2.0]), np.array([1.0, -3.0]), 0.5)
    assert dx.tolist() == [np.inf, 1.0]
    assert dweight == -6
    for x, want in ([-1.0, -np.inf], [np.nan, np.nan], [0.0, np.nan]):
        assert np.array_equal(
            fa.prelu.backward(np.array([np.inf, 1]), np.array([x, -2.0]), 0.5)[1], want, equal_nan=True
        )
    largest = np.finfo(np.float32).max
    assert fa.prelu.backward(np.float32([largest, largest]), np.float32([-2, 1]), 0.5)[1] == -np.inf


def test_prelu_errors():
    with pytest.raises(TypeError, match=r"prelu\(\) misses its argument 'weight'"):
        fa.prelu(X)
    with pytest.raises(np.exceptions.AxisError, match="axis 3 is out of bounds"):
        fa.prelu(X, np.ones(3), axis=3)
    with pytest.raises(ValueError, match=r"prelu: weight has shape \(3, 1\); with axis it must be 1-dimensional"):
        fa.prelu(X, np.ones((3, 1)), axis=1)
    with pytest.raises(ValueError, match="prelu: shapes do not broadcast together"):
        fa.prelu(X, np.ones(4), axis=1)
    with pytest.raises(TypeError, match="prelu: axis is 'a'; expected an int or None"):
        fa.prelu(X, np.ones(3), axis="a")


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.parameters])
def test_parameters_by_name(name):
    """By position, by name, as a NumPy number, as an array: the same bits."""
    f, row = function(name), ROWS[name]
    numbers = [p.typical + 0.125 for p in row.parameters]
    named = {p.name: number for p, number in zip(row.parameters, numbers, strict=True)}
    want = f(X, *numbers)
    assert_same_bits(f(X, **named), want)
    assert_same_bits(f(X, **dict(reversed(named.items()))), want)
    assert_same_bits(f(X, **{key: np.float32(number) for key, number in named.items()}), want)
    assert_same_bits(f(X, *(np.full(X.shape, number, np.float32) for number in numbers)), want)
    with pytest.raises(TypeError, match=rf"{name}\(\) got '{row.parameters[0].name}' twice"):
        f(X, *numbers, **named)
    with pytest.raises(ValueError, match=f"{name}: {row.parameters[0].name} is nan; it must"):
        f(X, **named | {row.parameters[0].name: float("nan")})
