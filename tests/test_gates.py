"""Gated linear units, gated and dense against their formulas in float64, and what their arguments may be."""

import numpy as np
import pytest

import fastact as fa

UNITS = {"glu": "sigmoid", "reglu": "relu", "geglu": "gelu", "swiglu": "silu"}
SHAPES = [
    ((2,), 0),
    ((3, 8), -1),
    ((6, 5, 4), 0),
    ((2, 6, 4), 1),
    ((4, 4098), 1),
    ((1, 200_000), -1),
    ((0, 4), 1),
    ((3, 0), 1),
]


def random(shape, dtype=np.float32, seed=0):
    return (np.random.default_rng(seed).standard_normal(shape) * 3).astype(dtype)


def close(got, want, dtype):
    """Within two roundings and a half of the function's own."""
    eps = np.finfo(dtype).eps
    assert got.dtype == dtype
    np.testing.assert_allclose(got.astype(np.float64), want, rtol=2 * eps, atol=np.finfo(dtype).tiny)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("shape", "axis"), SHAPES)
@pytest.mark.parametrize("name", UNITS)
def test_unit(name, shape, axis, dtype):
    x, unit, act = random(shape, dtype), getattr(fa, name), getattr(fa, UNITS[name])
    a, b = np.split(x.astype(np.float64), 2, axis)
    y = unit(x, axis)
    assert y.shape == a.shape
    close(y, a * act(b), dtype)
    grad = random(a.shape, dtype, 1)
    dx = unit.backward(grad, x, axis)
    close(dx, np.concatenate([grad * act(b), act.backward(grad * a, b)], axis), dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [n for n in fa.activations if None not in fa.activations[n].parameters.values()])
def test_gated(name, dtype):
    act = fa.activations[name]
    value, gate = random((7, 300), dtype), np.abs(random((7, 300), dtype, 1)) / 16
    assert np.array_equal(fa.gated(value, gate, name), value * act(gate), equal_nan=True)
    assert np.array_equal(fa.gated(value, gate, act), value * act(gate), equal_nan=True)
    grad = random((7, 300), dtype, 2)
    dvalue, dgate = fa.gated.backward(grad, value, gate, name)
    assert np.array_equal(dvalue, grad * act(gate), equal_nan=True)
    assert np.array_equal(dgate, act.backward(grad * value, gate), equal_nan=True)


def test_broadcast():
    value, gate = random((4, 5)), random((5,), seed=1)
    assert np.array_equal(fa.gated(value, gate, "silu"), value * fa.silu(gate))
    grad = random((4, 5), seed=2)
    dvalue, dgate = fa.gated.backward(grad, value, gate, "silu")
    assert dvalue.shape == (4, 5)
    np.testing.assert_allclose(dgate, fa.silu.backward(np.float64(grad) * value, np.float64(gate)).sum(0), rtol=1e-6)
    with pytest.raises(ValueError, match=r"gated: shapes do not broadcast together: value \(4, 5\), gate \(4,\)"):
        fa.gated(value, random((4,)), "silu")


def test_out_and_overlap():
    value, gate = random((50_000,)), random((50_000,), seed=1)
    want = value * fa.gelu(gate)
    for out in (np.empty_like(value), value.copy(), gate.copy()):
        v = out if np.array_equal(out, value) else value
        g = out if np.array_equal(out, gate) else gate
        assert fa.gated(v, g, "gelu", out=out) is out
        assert np.array_equal(out, want)
    memory = np.concatenate([value, [0]]).astype(np.float32)
    fa.gated(memory[:-1], gate, "gelu", out=memory[1:])
    assert np.array_equal(memory[1:], want)
    x = random((6, 8))
    assert np.array_equal(fa.glu(x.copy(), out=(o := np.empty((6, 4), np.float64))), o)
    strided = np.zeros((6, 8), np.float32)[:, ::2]
    assert np.array_equal(fa.swiglu(x, out=strided), fa.swiglu(x))
    inside = x.copy()
    assert np.array_equal(fa.swiglu(inside, out=inside[:, :4]), fa.swiglu(x))


def test_layouts():
    x = random((6, 8, 10))
    for view in (x.transpose(2, 0, 1), x[::-1, :, ::2], np.asfortranarray(x), x.astype(">f4")):
        for axis in range(3):
            if view.shape[axis] % 2 == 0:
                assert np.array_equal(fa.glu(view, axis), fa.glu(np.ascontiguousarray(view, np.float32), axis))


@pytest.mark.native
def test_threads_give_the_same_bits():
    x, grad = random((3, 400_000)), random((3, 200_000), seed=1)
    results = []
    for n in (1, 2):
        with fa.threads(n):
            results.append((fa.swiglu(x), fa.swiglu.backward(grad, x)))
    assert np.array_equal(results[0][0], results[1][0])
    assert np.array_equal(results[0][1], results[1][1])


def test_no_temporary():
    import tracemalloc

    x, out = random((2, 1_000_000)), np.empty((2, 500_000), np.float32)
    fa.glu(x, out=out)
    tracemalloc.start()
    fa.glu(x, out=out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    if fa.info()["backend"] == "native":
        assert peak < 100_000


def test_types():
    value, gate = np.ma.masked_array([1.0, 2.0], [0, 1]), np.array([0.5, 0.5])
    y = fa.gated(value, gate, "silu")
    assert isinstance(y, np.ma.MaskedArray)
    assert y.mask.tolist() == [False, True]
    assert fa.glu([1, 0], axis=0).tolist() == [0.5]
    assert fa.glu(np.array([1, 0], np.int8)).dtype == np.float32
    pd = pytest.importorskip("pandas")
    s = fa.gated(pd.Series([1.0, 2.0], name="a"), pd.Series([0.0, 1.0]), "relu")
    assert isinstance(s, pd.Series)
    assert s.tolist() == [0, 2]


def test_dask_stays_lazy():
    da = pytest.importorskip("dask.array")
    x = random((8, 12))
    lazy = fa.glu(da.from_array(x, chunks=(2, 6)))
    assert isinstance(lazy, da.Array)
    assert np.array_equal(lazy.compute(), fa.glu(x))


def test_a_gate_is_a_plain_product():
    with np.errstate(all="raise"):
        assert np.isnan(fa.gated(np.float32([0]), np.float32([np.inf]), "relu")[0])
        assert fa.gated(np.float32([np.nan]), np.float32([-1]), "relu").tolist() != [0.0]
        # a dead zone selects 0, whatever the gradient holds
        assert fa.gated.backward(np.float32([np.inf]), np.float32([1]), np.float32([-1]), "relu")[1][0] == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", [None, "relu", "gelu", "leaky_relu"])
@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 3, 5)])
def test_dense(shape, activation, dtype):
    x, w, b = random(shape, dtype), random((5, 7), dtype, 1), random((7,), dtype, 2)
    act = fa.activations[activation or "identity"]
    z = x.astype(np.float64) @ w + b
    y = fa.dense(x, w, b, activation)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, act(z), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(fa.dense(x, w, activation=activation), act(z - b), rtol=1e-4, atol=1e-4)
    out = np.empty(y.shape, dtype)
    assert fa.dense(x, w, b, activation, out=out) is out
    assert np.array_equal(out, y)
    grad = random(y.shape, dtype, 3)
    dx, dw, db = fa.dense.backward(grad, x, w, b, activation)
    dz = act.backward(grad.astype(np.float64), z)
    np.testing.assert_allclose(dx, dz @ w.T, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(dw, x.reshape(-1, 5).T @ dz.reshape(-1, 7), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(db, dz.reshape(-1, 7).sum(0), rtol=1e-3, atol=1e-3)


def test_dense_into_its_input():
    x, w = random((4, 4)), random((4, 4), seed=1)
    want = fa.dense(x, w, activation="relu")
    assert np.array_equal(fa.dense(x, w, activation="relu", out=x), want)


def test_found_by_name():
    for name in (*UNITS, "gated", "dense"):
        assert fa.get(name) is getattr(fa, name)
    assert fa.get("SwiGLU") is fa.swiglu
    assert "activation" in fa.glu.__doc__


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: fa.glu(np.zeros((2, 3))), ValueError, r"glu: axis -1 has length 3; it must be even"),
        (lambda: fa.glu(np.zeros((2, 4)), 2), np.exceptions.AxisError, "axis 2 is out of bounds"),
        (lambda: fa.glu(np.zeros((2, 4)), 1.5), TypeError, "glu: axis is 1.5; expected an int"),
        (
            lambda: fa.glu(np.zeros(4), activation="sigmod"),
            ValueError,
            "no activation is called 'sigmod'. Did you mean 'sigmoid'",
        ),
        (lambda: fa.glu(np.zeros(4), activation=np.exp), TypeError, "expected a name or one of fastact's activations"),
        (lambda: fa.glu(np.zeros(4), activation=fa.gelu.derivative), TypeError, "expected a name or one of"),
        (lambda: fa.glu(np.zeros(4, complex)), TypeError, "glu: x has dtype complex128"),
        (lambda: fa.glu(None), TypeError, "glu: x is None"),
        (
            lambda: fa.glu(np.zeros(4), out=np.zeros(4)),
            ValueError,
            r"out has shape \(4,\), but the result has shape \(2,\)",
        ),
        (lambda: fa.glu(np.zeros(4), out=np.zeros(2, int)), TypeError, "out has dtype int64"),
        (lambda: fa.glu.backward(np.zeros(4), np.zeros(4)), ValueError, r"grad has shape \(4,\); expected \(2,\)"),
        (lambda: fa.gated(np.zeros(2), "x", "relu"), TypeError, "gated: gate has dtype"),
        (lambda: fa.gated(np.zeros(2), np.zeros(2), "softmax"), ValueError, "no activation is called 'softmax'"),
        (lambda: fa.dense(np.zeros((2, 3)), np.zeros((4, 5))), ValueError, r"x has shape \(2, 3\) and weight \(4, 5\)"),
        (
            lambda: fa.dense(np.zeros((2, 3)), np.zeros((3, 5)), np.zeros(3)),
            ValueError,
            r"bias has shape \(3,\); expected \(5,\)",
        ),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()
