"""Hypothesis: whatever the shape, the strides and the dtype, the result is that of a contiguous copy, bit for bit."""

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
