"""The memory of large results is recycled, within a limit; nobody notices, and where they are stored changes no bit."""

import pickle
import sys
import threading
import tracemalloc

import numpy as np
import pytest
from processes import run_python, start_python, write_files
from support import NAMES, function

import fastact as fa

native = pytest.importorskip("fastact._native")
if fa.info()["backend"] != "native":
    pytest.skip("the NumPy backend is in use", allow_module_level=True)
if not native.pool()[0]:
    pytest.skip("there is no pool here", allow_module_level=True)

MIB = 1 << 20
N = 2 * MIB  # of float32: 8 MiB
DOMAIN = 389047  # NumPy's, in tracemalloc
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="forks, or limits its own memory")


def sample(n=N, dtype=np.float32):
    return np.resize(np.random.default_rng(n).normal(0, 4, 10007), n).astype(dtype)


def handler(array=None):
    return np._core.multiarray.get_handler_name(*(() if array is None else (array,)))


def idle():
    return fa.info()["pool_idle"]


@pytest.fixture(autouse=True)
def empty_pool():
    fa.set_pool_limit(None)
    fa.clear_pool()
    yield
    fa.set_pool_limit(None)
    fa.clear_pool()


# -- Recycling ---------------------------------------------------------------------------------------------------------


def test_memory_is_used_again():
    x = sample()
    y = fa.gelu(x)
    want, place = y.copy(), y.ctypes.data
    assert idle() == 0
    del y
    assert x.nbytes <= idle() < x.nbytes + MIB
    y = fa.gelu(x)
    assert y.ctypes.data == place
    assert idle() == 0
    assert np.array_equal(y, want)
    z = fa.gelu(x)
    assert not np.shares_memory(y, z)


def test_sizes_that_are_near_share_a_block_and_others_do_not():
    place = fa.relu(sample()).ctypes.data
    assert fa.relu(sample(N - 1000)).ctypes.data == place
    held = idle()
    smaller = fa.relu(sample(N // 2))
    assert idle() == held
    larger = fa.relu(sample(2 * N))
    assert idle() == held
    assert place not in (smaller.ctypes.data, larger.ctypes.data)


def test_small_results_are_left_to_numpy():
    assert handler(fa.relu(sample(1000))) == "default_allocator"


RESULTS = {
    "value": lambda x: [fa.gelu(x)],
    "parameter": lambda x: [fa.leaky_relu(x, 0.2)],
    "derivative": lambda x: [fa.gelu.derivative(x)],
    "backward": lambda x: [fa.gelu.backward(x, x)],
    "both": fa.gelu.value_and_derivative,
    "bias": lambda x: [fa.gelu(x.reshape(-1, 64), bias=x[:64])],
    "strides": lambda x: [fa.gelu(x.reshape(-1, 64)[:, ::-1])],
    "a list and a cast": lambda x: [fa.gelu(x.astype(np.int16), dtype=np.float32)],
    "where": lambda x: [fa.gelu(x, where=np.ones(x.shape, bool))],
    "float64": lambda x: [fa.gelu(x.astype(np.float64))],
    "float16": lambda x: [fa.gelu(np.resize(x, 2 * N).astype(np.float16))],
    "softmax": lambda x: [fa.softmax(x.reshape(-1, 64))],
    "softmax of strides": lambda x: [fa.softmax(x.reshape(64, -1).T)],
    "softmax with options": lambda x: [fa.softmax(x.reshape(-1, 64), where=np.arange(64) % 3 > 0)],
    "softmax.backward": lambda x: [fa.softmax.backward(x, x, axis=0)],
    "swiglu": lambda x: [fa.swiglu(np.resize(x, (N // 64, 128)))],
    "swiglu.backward": lambda x: [fa.swiglu.backward(x.reshape(-1, 64), np.resize(x, (N // 64, 128)))],
    "dense": lambda x: [fa.dense(x.reshape(-1, 64), np.eye(64, dtype=np.float32), activation="relu")],
}


@pytest.mark.parametrize("name", RESULTS)
def test_every_large_result_is_from_the_pool(name):
    x = sample()
    results = list(RESULTS[name](x))
    assert handler() == "default_allocator"
    with_pool = [r.copy() for r in results]
    for r in results:
        owner = r if r.base is None else r.base
        assert handler(owner) == "fastact"
        assert owner.flags.owndata
        assert owner.ctypes.data % 64 == 0
    del results, owner, r
    assert idle() > 0
    fa.set_pool_limit(0)
    without = list(RESULTS[name](x))
    assert all(handler(r if r.base is None else r.base) == "default_allocator" for r in without)
    for a, b in zip(with_pool, without, strict=True):
        assert np.array_equal(a, b, equal_nan=True)


def test_out_is_the_callers():
    x, out = sample(), np.empty(N, np.float32)
    assert fa.relu(x, out=out) is out
    assert handler(out) == "default_allocator"
    assert idle() == 0


def test_the_numpy_of_others_is_left_alone():
    x = sample()
    seen = []

    class Watching(np.ndarray):
        def __array_wrap__(self, array, context=None, return_scalar=False):
            return array

    fa.gelu(x.view(Watching))
    seen.append(handler(np.empty(N, np.float32)))
    fa.gelu(x)
    seen.append(handler(np.empty(N, np.float32)))
    with pytest.raises(ValueError, match="boom"):
        native.pooled(N * 4, boom)
    seen.append(handler(np.empty(N, np.float32)))
    assert seen == ["default_allocator"] * 3


def boom():
    raise ValueError("boom")


# -- Limits ------------------------------------------------------------------------------------------------------------


def test_the_limit_holds():
    fa.set_pool_limit(3 * 9 * MIB)
    results = [fa.relu(sample()) for _ in range(6)]
    del results
    assert 2 * 8 * MIB < idle() <= 27 * MIB
    fa.set_pool_limit(9 * MIB)
    assert 8 * MIB < idle() <= 9 * MIB
    too_large = fa.relu(sample(3 * N))
    assert handler(too_large) == "default_allocator"
    fa.set_pool_limit(0)
    assert idle() == 0
    assert fa.info()["pool_limit"] == 0
    assert fa.info()["pool_why"] == "set_pool_limit"


def test_the_oldest_goes_first():
    fa.set_pool_limit(20 * MIB)
    first, second, third = (fa.relu(sample()) for _ in range(3))
    places = [a.ctypes.data for a in (second, third)]
    del first, second, third
    a, b = fa.relu(sample()), fa.relu(sample())
    assert {a.ctypes.data, b.ctypes.data} == set(places)


def test_many_blocks():
    """More than the list of idle blocks has places for."""
    fa.set_pool_limit(1 << 40)
    x = sample(MIB)
    results = [fa.relu(x) for _ in range(40)]
    want = results[0].copy()
    assert all(np.array_equal(r, want) for r in results)
    del results
    assert 31 * 4 * MIB <= idle() <= 33 * 5 * MIB


def test_clear():
    del_me = fa.relu(sample())
    kept = fa.gelu(sample())
    want = kept.copy()
    del del_me
    assert idle() > 0
    assert fa.clear_pool() is None
    assert idle() == 0
    assert np.array_equal(kept, want)


def test_a_limit_lowered_under_a_living_result():
    y = fa.gelu(sample())
    fa.set_pool_limit(0)
    z = y.copy()
    assert np.array_equal(y, z)
    del y
    assert idle() == 0


def test_wrong_limits():
    with pytest.raises(ValueError, match=r"^set_pool_limit: the limit is -1; it must be at least 0\.$"):
        fa.set_pool_limit(-1)
    with pytest.raises(TypeError, match=r"^set_pool_limit: the limit is '1'; expected an int or None\.$"):
        fa.set_pool_limit("1")
    fa.set_pool_limit(1 << 80)
    assert fa.info()["pool_limit"] == sys.maxsize


SHOW = "import fastact as fa; i = fa.info(); print(i['pool_limit'], i['pool_why'])"


def test_variable():
    assert run_python(SHOW, FASTACT_POOL="0") == "0 FASTACT_POOL"
    assert run_python(SHOW, FASTACT_POOL="123456789") == "123456789 FASTACT_POOL"
    for bad in ("-1", "1k", "lots", "1e6", "9" * 30, " 1"):
        done = start_python(SHOW, FASTACT_POOL=bad)
        assert done.returncode
        wanted = f"ValueError: FASTACT_POOL='{bad}': expected a whole number from 0 on, the most bytes of freed results"
        assert wanted in done.stderr


@pytest.mark.unsanitized
@posix_only
def test_default():
    limit, why = run_python(SHOW).split(" ", 1)
    assert 0 < int(limit) <= 1 << 30
    assert why == "the most by default" or why.startswith("1/8 of ")
    code = "import resource; resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))\n" + SHOW
    assert run_python(code) == f"{min(int(limit), 1 << 29)} 1/8 of RLIMIT_AS"


CGROUPS = {
    "nothing": ({}, 0),
    "v2 without a limit": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, 0),
    "v2 in a container": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "536870912\n"}, 1 << 29),
    "v2 the least of all": (
        {
            "proc/self/cgroup": "0::/a/b\n",
            "sys/fs/cgroup/a/b/memory.max": "max\n",
            "sys/fs/cgroup/a/memory.max": "1000000\n",
            "sys/fs/cgroup/memory.max": "2000000\n",
        },
        1000000,
    ),
    "v1": (
        {
            "proc/self/cgroup": "9:cpu:/\n8:memory:/a\n",
            "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "3000000\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        },
        3000000,
    ),
    "v1 without a limit": (
        {
            "proc/self/cgroup": "8:memory:/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        },
        0,
    ),
}


@pytest.mark.parametrize("name", CGROUPS)
def test_cgroup_memory(name, tmp_path):
    files, size = CGROUPS[name]
    write_files(tmp_path, files)
    assert native.cgroup_memory(str(tmp_path)) == size


def test_the_numpy_backend_has_no_pool():
    printed = run_python(
        """
        import numpy as np, fastact as fa
        fa.set_pool_limit(1 << 20); fa.set_pool_limit(None); fa.clear_pool()
        try:
            fa.set_pool_limit(-1)
        except ValueError as error:
            print(error)
        fa.relu(np.zeros(1 << 22, np.float32))
        i = fa.info()
        print(i["pool_limit"], i["pool_idle"], i["pool_why"])
        """,
        FASTACT_BACKEND="numpy",
    )
    assert printed.splitlines() == [
        "set_pool_limit: the limit is -1; it must be at least 0.",
        "0 0 the NumPy backend has no pool",
    ]


# -- What others see ---------------------------------------------------------------------------------------------------


def traced():
    snapshot = tracemalloc.take_snapshot().filter_traces([tracemalloc.DomainFilter(True, DOMAIN)])
    return sum(trace.size for trace in snapshot.traces)


def test_tracemalloc_sees_results():
    x = sample()
    tracemalloc.start()
    try:
        before = traced()
        y = fa.gelu(x)
        assert traced() - before == y.nbytes
        y.resize(N + 5, refcheck=False)
        assert traced() - before == y.nbytes
        del y
        assert traced() == before
        y = fa.gelu(x)  # recycled
        assert traced() - before == y.nbytes
    finally:
        tracemalloc.stop()


def test_views_keep_the_memory():
    y = fa.gelu(sample())
    view = y[::2]
    want = view.copy()
    del y
    assert idle() == 0
    other = fa.relu(sample())
    assert not np.shares_memory(other, view)
    assert np.array_equal(view, want)
    del view
    assert idle() > 0


@pytest.mark.parametrize("sizes", [(N - 5,), (N + 100,), (4 * N,), (10,), (10, 3, 50, N), (0,), (N // 2, 2 * N)])
def test_resize(sizes):
    y = fa.gelu(sample())
    want = y.copy()
    for n in sizes:
        y.resize(n, refcheck=False)
        want.resize(n, refcheck=False)
        assert np.array_equal(y, want)


def test_zeros_in_used_memory():
    y = fa.gelu(sample())
    place = y.ctypes.data
    del y
    zeros = native.pooled(N * 4, np.zeros, N, np.float32)
    assert zeros.ctypes.data == place
    assert not zeros.any()
    assert not native.pooled(N * 8, np.zeros, 2 * N, np.float32).any()


def test_pickle_and_copy():
    y = fa.gelu(sample())
    z = pickle.loads(pickle.dumps(y))
    assert np.array_equal(y, z)
    assert np.array_equal(y, y.copy())
    assert handler(y.copy()) == "default_allocator"


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")  # since NumPy 2.5, where it still works
def test_a_shape_set_in_place():
    """NumPy tells the allocator the size that the array has at its end."""
    y = fa.gelu(sample())
    y.shape = 64, -1
    y = y.view(np.int8)
    del y
    assert 8 * MIB < idle() < 9 * MIB


def test_at_the_end_of_the_interpreter():
    """Results live longer than the module: in cycles, in builtins, at exit."""
    code = """
        import atexit, builtins, sys, numpy as np, fastact as fa
        x = np.ones(1 << 21, np.float32)
        builtins.kept = fa.gelu(x)
        class Late:
            def __init__(self): self.y, self.me = fa.gelu(x), self
            def __del__(self): self.y = self.y + 1
        late, sys.late = Late(), Late()
        atexit.register(lambda y=fa.relu(x): y.sum())
        del sys.modules["fastact"], sys.modules["fastact._native"], fa
        print("whole")
    """
    assert run_python(code) == "whole"


# -- Threads, fork, no memory ------------------------------------------------------------------------------------------


def test_threads():
    fa.set_pool_limit(40 * MIB)
    sizes = [MIB + 1000, MIB + 200_000, 2 * MIB, 3 * MIB]
    inputs = [sample(n) for n in sizes]
    want = [fa.relu(x) for x in inputs]
    failed = []

    def work(seed):
        rng, held = np.random.default_rng(seed), []
        with fa.threads(1):
            for turn in range(30):
                k = int(rng.integers(len(sizes)))
                held.append((k, fa.relu(inputs[k])))
                if len(held) > 3:
                    k, y = held.pop(int(rng.integers(len(held))))
                    if not np.array_equal(y, want[k]):
                        failed.append((seed, turn))
                if turn % 10 == 9:
                    fa.clear_pool()
                if turn % 8 == 7:
                    fa.set_pool_limit((40 - seed) * MIB)

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert not failed
    assert idle() <= 40 * MIB


@posix_only
def test_fork():
    """While other threads allocate: the child can, too, begins with nothing idle, and leaves the parent's alone."""
    printed = run_python(
        """
        import os, threading, warnings, numpy as np, fastact as fa
        warnings.simplefilter("ignore", DeprecationWarning)
        x = np.linspace(-5, 5, 1 << 21, dtype=np.float32)
        with fa.threads(1):
            kept = fa.gelu(x)
        want, stop = kept.copy(), threading.Event()
        def work():
            with fa.threads(1):
                while not stop.is_set():
                    fa.relu(x)
        workers = [threading.Thread(target=work) for _ in range(2)]
        for w in workers: w.start()
        codes = []
        for _ in range(8):
            child = os.fork()
            if child == 0:
                good = fa.info()["pool_idle"] == 0
                y = fa.gelu(x)
                good &= np.array_equal(y, want) and np.array_equal(kept, want)
                kept[:] = 0
                del y
                good &= fa.info()["pool_idle"] > 0
                os._exit(0 if good else 1)
            codes.append(os.waitpid(child, 0)[1])
        stop.set()
        for w in workers: w.join()
        print(codes == [0] * 8, np.array_equal(kept, want))
        """,
        timeout=120,
    )
    assert printed == "True True"


@posix_only
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS does not bind elsewhere")
def test_no_memory():
    """A MemoryError, nothing lost; and before that, what is idle is given back and tried again."""
    printed = run_python(
        """
        import resource, numpy as np, fastact as fa
        fa.set_num_threads(1)
        fa.set_pool_limit(1 << 40)
        x = np.resize(np.linspace(-5, 5, 1001, dtype=np.float32), 1 << 23)      # 32 MiB
        kept = fa.gelu(x)
        want = kept.copy()
        both = np.zeros((2, x.size), np.float32)
        larger = np.resize(x[:1001], 14 << 20)      # 56 MiB
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + (80 << 20),) * 2)
        y = [fa.gelu(x), fa.gelu(x)]        # 64 MiB
        for call in (lambda: fa.gelu(x), lambda: fa.gelu.value_and_derivative(x), lambda: fa.softmax(x),
                     lambda: fa.gelu(x[::-1]), lambda: fa.swiglu(both)):
            try:
                call()
                print("no error")
            except MemoryError:
                pass
        del y
        print(fa.info()["pool_idle"] > 64 << 20)
        print(np.array_equal(fa.gelu(x), want))
        print(fa.info()["pool_idle"] > 64 << 20)
        z = fa.gelu(larger)     # no idle block is large enough, but together they leave the room
        print(z.size == 14 << 20, np.array_equal(z[:1001], want[:1001]), fa.info()["pool_idle"] == 0)
        print(np.array_equal(kept, want), np._core.multiarray.get_handler_name())
        """,
        FASTACT_NUM_THREADS="1",
    )
    assert printed.splitlines() == ["True", "True", "True", "True True True", "True default_allocator"]


# -- Stores past the cache ---------------------------------------------------------------------------------------------


@pytest.fixture
def always():
    before = native.set_stream_least(0)
    yield
    native.set_stream_least(before)
    native.force_team(0)


@pytest.mark.parametrize("kind", ["value", "derivative", "backward", "value_and_derivative"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_past_the_cache_the_bits_are_the_same(dtype, kind, always):
    """Every function, arrays that begin anywhere in a cache line, teams of any size; nothing else is written."""
    n = 60_007  # enough for the parallel path of the cheapest
    x = sample(n, dtype)
    outputs = 2 if kind == "value_and_derivative" else 1
    memory = np.empty((outputs, n + 64), dtype)
    shift = -memory.ctypes.data % 64 // memory.itemsize
    for number, name in enumerate(NAMES):
        f = function(name, kind)
        arguments = (x[::-1].copy(), x) if kind == "backward" else (x,)
        native.set_stream_least(1 << 60)
        want = f(*arguments)
        want = want if outputs == 2 else (want,)
        native.set_stream_least(0)
        for team, place in ((0, 0), (2, number % 16), (3, 5)):
            memory[:] = 77
            begin = 16 + shift + place
            outs = tuple(row[begin : begin + n] for row in memory)
            native.force_team(team or 1)
            f(*arguments, out=outs if outputs == 2 else outs[0])
            for row, out, right in zip(memory, outs, want, strict=True):
                assert np.array_equal(out, right, equal_nan=True), name
                assert (row[:begin] == 77).all()
                assert (row[begin + n :] == 77).all()


@pytest.mark.parametrize("n", [1, 15, 63, 64, 65, 127, 128, 129, 143, 144, 512, 1024, 5000])
def test_past_the_cache_at_every_length(n, always):
    """Through the ufunc, whose loop comes there with few elements too."""
    for dtype in (np.float32, np.float64):
        for place in range(17):
            x, out = sample(n, dtype), np.full(n + 40, 7, dtype)
            fa.gelu.ufunc(x, out=out[place : place + n])
            assert np.array_equal(out[place : place + n], fa.gelu(x))
            assert (out[:place] == 7).all()
            assert (out[place + n :] == 7).all()


def test_past_the_cache_in_place_and_with_parameter_arrays(always):
    x = sample(300_000)
    y = x.copy()
    assert np.array_equal(fa.gelu(y, out=y), fa.gelu(x))
    slope = np.abs(sample(300_000))
    assert np.array_equal(fa.prelu.ufunc(x, slope), np.where(x > 0, x, slope * x))


@pytest.mark.parametrize("isa", fa.isas())
def test_past_the_cache_on_every_instruction_set(isa):
    printed = run_python(
        """
        import numpy as np, fastact as fa
        from fastact import _native
        x = np.resize(np.linspace(-9, 9, 10007, dtype=np.float32), 300_007)
        out = np.zeros_like(x)
        for f in (fa.relu, fa.exp, fa.mish, fa.gelu.derivative):
            _native.set_stream_least(1 << 60)
            want = f(x)
            _native.set_stream_least(0)
            assert f(x, out=out[::1]) is not None and np.array_equal(want, out)
            assert np.array_equal(f(x), want)
        print("whole", fa.isa())
        """,
        FASTACT_ISA=isa,
    )
    assert printed.split() == ["whole", isa]
