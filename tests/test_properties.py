"""Hypothesis: whatever the shape, the strides and the dtype, the result is that of a contiguous copy, bit for bit."""

import contextlib
import warnings

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support import FUNCTIONS, as_tuple, assert_same_bits, function, inputs

import fastact as fa

settings.register_profile("fastact", deadline=None, max_examples=150, derandomize=True)
settings.load_profile("fastact")

FLOATS = st.sampled_from([np.dtype(t) for t in ("<f4", "<f8", ">f4", ">f8", "f2")])
INTEGERS = st.sampled_from([np.dtype(t) for t in ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")])
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9)
SETTINGS = {"fill": st.nothing()}


@st.composite
def strided(draw, shape=None):
    """An array of any real dtype, often with gaps, reversed, transposed or broadcast."""
    dtype = draw(st.one_of(FLOATS, INTEGERS))
    array = draw(hnp.arrays(dtype, draw(SHAPES) if shape is None else shape))
    if shape is None and array.ndim:
        array = array[draw(hnp.basic_indices(array.shape, allow_ellipsis=False, allow_newaxis=True))]
        array = np.asarray(array)
        array = array.transpose(draw(st.permutations(range(array.ndim))))
    return array


def plain(array):
    return np.array(array, array.dtype.newbyteorder("="), order="C")


@given(st.sampled_from(FUNCTIONS), st.data())
def test_elementwise(which, data):
    f = function(*which)
    x = data.draw(strided())
    arrays = [x]
    if inputs(which[1]) == 2:
        arrays.insert(0, data.draw(strided(shape=x.shape)))
    got, want = as_tuple(f(*arrays)), as_tuple(f(*map(plain, arrays)))
    assert_same_bits(got, want)
    assert got[0].shape == x.shape
    flat = as_tuple(f(*[plain(a).ravel() for a in arrays]))
    for g, w in zip(got, flat, strict=True):
        assert np.array_equal(np.ravel(g), w, equal_nan=True)


@given(st.sampled_from(FUNCTIONS), st.data())
def test_into_out(which, data):
    """Any out that the result casts to; where= leaves the rest of it alone."""
    f = function(*which)
    x = data.draw(strided())
    arrays = [x] * inputs(which[1])
    want = as_tuple(f(*arrays))
    backing = [data.draw(hnp.arrays(st.sampled_from([np.dtype("f4"), np.dtype(">f8")]), (*x.shape, 2))) for _ in want]
    step = data.draw(st.sampled_from([0, 1]))
    outs = [b[..., step] if x.ndim else b[step : step + 1].reshape(()) for b in backing]
    if data.draw(st.booleans()):
        outs = [o.copy() for o in outs]
    before = [o.copy() for o in outs]
    where = data.draw(hnp.arrays(bool, x.shape))
    result = as_tuple(f(*arrays, out=tuple(outs) if len(outs) > 1 else outs[0], where=where))
    for r, o, w, b in zip(result, outs, want, before, strict=True):
        assert r is o
        with np.errstate(all="ignore"):
            assert np.array_equal(o, np.where(where, np.asarray(w).astype(o.dtype), b), equal_nan=True)


@given(st.data())
def test_broadcasting(data):
    shapes = data.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=6)).input_shapes
    x, slope = (data.draw(strided(shape=shape)) for shape in shapes)
    whole = np.broadcast_arrays(x, slope)
    assert_same_bits(fa.leaky_relu(x, slope), fa.leaky_relu(*map(plain, whole)))
    assert_same_bits(fa.gelu.backward(x, slope), fa.gelu.backward(*map(plain, whole)))


@given(st.sampled_from(["softmax", "log_softmax", "logsumexp"]), st.data())
def test_rows(name, data):
    f, x = getattr(fa, name), data.draw(strided())
    axis = data.draw(
        st.one_of(st.none(), hnp.valid_tuple_axes(x.ndim), st.integers(-x.ndim, x.ndim - 1) if x.ndim else st.just(0))
    )
    got = f(x, axis=axis)
    assert_same_bits(got, f(plain(x), axis=axis))
    saved = x if name == "logsumexp" else got
    grad = np.asarray(got)[..., None].repeat(2, -1)[..., 0]
    assert_same_bits(f.backward(grad, saved, axis=axis), f.backward(plain(grad), plain(np.asarray(saved)), axis=axis))


class Liar:
    """An object whose own conversion to an array fails."""

    def __array__(self, dtype=None, copy=None):
        raise ValueError("no array")


ODD = [
    None, True, 7, 1.5, 1j, NotImplemented, ..., "gelu", b"x", [], [1.0, 2.0], [[1.0], [2.0, 3.0]], {}, {"x": 1}, (),
    ((),), {1.0}, object(), Liar(), float, len, np.exp, slice(None), 10**400, float("nan"), memoryview(b"abcd"),
    np.float32(2), np.float64("nan"), np.datetime64(0, "s"), np.dtype("f4"), np.ones(3, "f4"), np.ones((2, 3)),
    np.ones((0, 3), "f4"), np.ones(3, ">f8"), np.ones(3, "c8"), np.ones(3, "g"), np.ones(3, "O"), np.array(["a"] * 3),
    np.ones(3, "m8[s]"), np.array(1.0), np.ones(3, [("a", "f4")]), np.broadcast_to(np.float32(1), 3), np.ma.ones(3),
    np.ones(3, "?"), (np.ones(3, "f4"), np.ones(3, "f4")),
]  # fmt: skip
NAMED = ["out", "bias", "where", "dtype", "casting", "order", "subok", "axis", "temperature", "keepdims", "x", "grad"]
CALLABLES = [function(*which) for which in FUNCTIONS] + [
    g for f in (fa.softmax, fa.log_softmax, fa.logsumexp) for g in (f, f.backward)
]


@settings(max_examples=1500)
@given(
    st.sampled_from(CALLABLES),
    st.lists(st.integers(0, len(ODD) - 1), max_size=4),
    st.dictionaries(st.sampled_from(NAMED), st.integers(0, len(ODD) - 1), max_size=3),
)
def test_odd_arguments(f, given, named):
    """Whatever is given, the call has a result or ends with a TypeError or ValueError."""
    with contextlib.suppress(TypeError, ValueError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's about the odd arrays
        f(*[ODD[k] for k in given], **{name: ODD[k] for name, k in named.items()})
