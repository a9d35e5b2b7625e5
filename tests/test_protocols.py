"""Arrays of other libraries: dask stays lazy, xarray and pandas keep their types, foreign arrays go through."""

import pickle
import warnings

import numpy as np
import pytest
from support import FUNCTIONS, as_tuple, assert_same_bits, function, inputs

import fastact as fa

X = np.random.default_rng(0).normal(0, 3, (8, 12)).astype(np.float32)
NAMES = ["softmax", "log_softmax", "logsumexp"]

# -- NEP 13 -----------------------------------------------------------------------------------------------------------


class Logged:
    """Notes what it is asked, and computes it."""

    def __init__(self, value):
        self.value = value

    def __array_ufunc__(self, ufunc, method, *given, **named):
        assert method == "__call__"
        assert callable(ufunc)
        values = [g.value if isinstance(g, Logged) else g for g in given]
        return ("asked", ufunc.__name__, sorted(named), ufunc(*values, **named | {"out": None}))


class Refusing:
    __array_ufunc__ = None


class Unwilling:
    def __array_ufunc__(self, ufunc, method, *given, **named):
        return NotImplemented


@pytest.mark.parametrize("name, kind", FUNCTIONS)
def test_an_object_with_its_own_array_ufunc_is_asked(name, kind):
    f = function(name, kind)
    results = f(*[Logged(X)] * inputs(kind))
    if kind == "value_and_derivative":
        (_, first, _, value), (_, second, _, slope) = results
        assert (first, second) == (name, f"{name}_derivative")
        assert_same_bits((value, slope), f(X))
    else:
        asked, ufunc, named, value = results
        assert (asked, ufunc, named) == ("asked", f.ufunc.__name__, [])
        assert_same_bits(value, f(*[X] * inputs(kind)))


def test_options_go_along():
    assert fa.gelu(Logged(X), where=X > 0, dtype=np.float64)[2] == ["dtype", "where"]
    assert fa.gelu(X, out=Logged(X))[2] == ["out"]
    assert fa.leaky_relu(X, Logged(np.float32(0.5)))[1] == "leaky_relu"


def test_refusals():
    with pytest.raises(TypeError, match=r"^gelu: x is of type Refusing, which takes no part in ufuncs"):
        fa.gelu(Refusing())
    with pytest.raises(TypeError, match=r"^softmax: x is of type Refusing, which takes no part in ufuncs"):
        fa.softmax(Refusing())
    with pytest.raises(TypeError, match="gelu"):
        fa.gelu(Unwilling())
    with pytest.raises(TypeError, match=r"^softmax: x is of type Logged; expected an array.*xarray\.apply_ufunc"):
        fa.softmax(Logged(X))


class Wrapped:
    """As a tensor of another library: gives its numbers, and takes the result back."""

    def __init__(self, value):
        self.value = value

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.value, dtype)

    def __array_wrap__(self, array, context=None, return_scalar=False):
        return Wrapped(array)


def test_foreign_arrays_come_back_as_they_came():
    for name, kind in FUNCTIONS:
        results = function(name, kind)(*[Wrapped(X)] * inputs(kind))
        for got, want in zip(as_tuple(results), as_tuple(function(name, kind)(*[X] * inputs(kind))), strict=True):
            assert type(got) is Wrapped
            assert_same_bits(got.value, want)
    assert type(fa.softmax(Wrapped(X))) is Wrapped
    assert_same_bits(fa.softmax(Wrapped(X)).value, fa.softmax(X))


class Exchanged:
    """Speaks DLPack and nothing else."""

    def __init__(self, value):
        self.value = value

    def __dlpack__(self, **options):
        return self.value.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.value.__dlpack_device__()


def test_dlpack():
    assert_same_bits(fa.gelu(Exchanged(X)), fa.gelu(X))
    assert_same_bits(fa.softmax(Exchanged(X)), fa.softmax(X))


# -- dask -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def da():
    return pytest.importorskip("dask.array")


@pytest.mark.parametrize("name, kind", FUNCTIONS)
def test_dask_stays_lazy(da, name, kind):
    f, x = function(name, kind), da.from_array(X, chunks=(3, 5))
    for got, want in zip(as_tuple(f(*[x] * inputs(kind))), as_tuple(f(*[X] * inputs(kind))), strict=True):
        assert isinstance(got, da.Array)
        assert got.chunks == x.chunks
        assert got.dtype == np.float32
        assert_same_bits(got.compute(scheduler="synchronous"), want)


def test_dask_does_not_compute(da):
    def fail(block):
        raise AssertionError("computed")

    x = da.map_blocks(fail, da.zeros((4, 4), chunks=2), meta=np.empty((0, 0), np.float32))
    for name, kind in FUNCTIONS:
        function(name, kind)(*[x] * inputs(kind))
    fa.gelu(x, bias=np.ones(4, np.float32))
    for name in NAMES:
        getattr(fa, name)(x.rechunk({1: -1}))


def test_dask_with_parameters_and_integers(da):
    x = da.from_array(X, chunks=4)
    assert_same_bits(fa.leaky_relu(x, 0.5).compute(scheduler="synchronous"), fa.leaky_relu(X, 0.5))
    numbers = np.arange(10, dtype=np.int8)
    assert_same_bits(fa.relu(da.from_array(numbers, chunks=4)).compute(scheduler="synchronous"), fa.relu(numbers))
    assert_same_bits(fa.gelu(x, bias=X[0]).compute(scheduler="synchronous"), fa.gelu(X, bias=X[0]))


def test_dask_graphs_pickle(da):
    graph = fa.gelu(da.from_array(X, chunks=4))
    assert_same_bits(pickle.loads(pickle.dumps(graph)).compute(scheduler="synchronous"), fa.gelu(X))


@pytest.mark.parametrize("name", NAMES)
def test_dask_rows(da, name):
    f = getattr(fa, name)
    x = da.from_array(X, chunks=(3, -1))
    y = f(x, temperature=2.0)
    assert isinstance(y, da.Array)
    assert y.dtype == np.float32
    assert y.shape == f(X).shape
    assert_same_bits(y.compute(scheduler="synchronous"), f(X, temperature=2.0))
    assert_same_bits(f(x.rechunk((-1, 5)), axis=0).compute(scheduler="synchronous"), f(X, axis=0))
    if name == "logsumexp":
        kept = f(x, keepdims=True)
        assert kept.shape == (8, 1)
        assert_same_bits(kept.compute(scheduler="synchronous"), f(X, keepdims=True))
    else:
        back = f.backward(x, y)
        assert_same_bits(back.compute(scheduler="synchronous"), f.backward(X, f(X, temperature=2.0)))
    with pytest.raises(ValueError, match=f"^{name}: axis 0 of the dask array is cut into several chunks.*rechunk"):
        f(x, axis=0)
    with pytest.raises(TypeError, match=f"^{name}: out= is not taken with dask objects"):
        f(x, out=np.empty_like(X))


# -- xarray, pandas --------------------------------------------------------------------------------------------------


def test_xarray():
    xr = pytest.importorskip("xarray")
    x = xr.DataArray(X, dims=("a", "b"), coords={"a": range(8)})
    for name, kind in FUNCTIONS:
        results = function(name, kind)(*[x] * inputs(kind))
        for got, want in zip(as_tuple(results), as_tuple(function(name, kind)(*[X] * inputs(kind))), strict=True):
            assert isinstance(got, xr.DataArray)
            assert got.dims == x.dims
            assert got.coords.equals(x.coords)
            assert_same_bits(got.values, want)
    with pytest.raises(TypeError, match=r"softmax: x is of type DataArray.*xarray\.apply_ufunc"):
        fa.softmax(x)
    y = xr.apply_ufunc(fa.softmax, x, input_core_dims=[["b"]], output_core_dims=[["b"]])
    assert_same_bits(y.values, fa.softmax(X))


def test_pandas_elementwise():
    pd = pytest.importorskip("pandas")
    series = pd.Series(X[0], index=list("abcdefghijkl"), name="s")
    frame = pd.DataFrame(X, columns=series.index)
    for name, kind in FUNCTIONS:
        f = function(name, kind)
        for x in (series, frame):
            plain = x.to_numpy()
            if x is frame and f.parameters:  # pandas makes float64 arrays of numbers beside a frame, for any ufunc
                assert np.logaddexp(frame, 0.5).dtypes.eq(np.float64).all()
                plain = plain.astype(np.float64)
            for got, want in zip(as_tuple(f(*[x] * inputs(kind))), as_tuple(f(*[plain] * inputs(kind))), strict=True):
                assert type(got) is type(x)
                assert got.index.equals(x.index)
                assert_same_bits(got.to_numpy(), want)
    assert fa.gelu(series).name == "s"
    missing = pd.Series([1.0, None, -2.0], dtype="Float64")
    assert fa.gelu(missing).isna().tolist() == [False, True, False]
    assert fa.gelu(missing).dtype == "Float64"


def test_pandas_rows():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcdefghijkl"), index=range(8, 16))
    for name in ("softmax", "log_softmax"):
        f = getattr(fa, name)
        for axis in (0, 1):
            y = f(frame, axis=axis)
            assert type(y) is pd.DataFrame
            assert y.index.equals(frame.index)
            assert y.columns.equals(frame.columns)
            assert_same_bits(y.to_numpy(), f(X, axis=axis))
            assert_same_bits(f.backward(frame, y, axis=axis).to_numpy(), f.backward(X, f(X, axis=axis), axis=axis))
        series = frame.loc[8].rename("s")
        assert f(series).name == "s"
        assert_same_bits(f(series).to_numpy(), f(X[0]))
    assert_same_bits(fa.logsumexp(frame), fa.logsumexp(X))


@pytest.mark.slow
def test_dask_on_a_cluster_of_two_processes(da):
    """The functions travel to the workers by name, and chunks give the bits of the whole."""
    distributed = pytest.importorskip("distributed")
    x = np.random.default_rng(0).standard_normal((64, 300)).astype(np.float32)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        lazy = da.from_array(x, chunks=(16, 300))
        results = [fa.gelu(lazy), fa.silu.backward(lazy, lazy), fa.softmax(lazy), fa.leaky_relu(lazy, 0.2)]
        assert all(isinstance(r, da.Array) for r in results)
        computed = client.gather(client.compute(results))
    for got, want in zip(
        computed, [fa.gelu(x), fa.silu.backward(x, x), fa.softmax(x), fa.leaky_relu(x, 0.2)], strict=True
    ):
        assert_same_bits(got, want)


def test_pytorch_tensors():
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy on the old signature of the tensor's __array_wrap__
        x = torch.linspace(-3, 3, 50)
        for f in (fa.gelu, fa.softmax, fa.silu.derivative):
            y = f(x)
            assert isinstance(y, torch.Tensor)
            assert y.dtype == torch.float32
            assert np.array_equal(y.numpy(), f(x.numpy()))
        with pytest.raises(RuntimeError, match="requires grad"):
            fa.gelu(torch.ones(3, requires_grad=True))
        with pytest.raises(TypeError):
            fa.gelu(torch.ones(3, dtype=torch.bfloat16))
