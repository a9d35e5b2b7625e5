"""What a process notices: flags, references, memory, the interpreter's modes, neighbours, threads."""

import ctypes
import gc
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import textwrap
import threading
import time

import numpy as np
import pytest
from processes import run_python, start_python
from support import function

import fastact as fa

INVALID, DIVBYZERO, OVERFLOW, UNDERFLOW = 1, 4, 8, 16  # x86's bits; AArch64 has others in the same functions
libm = ctypes.CDLL(None)


@pytest.mark.native
@pytest.mark.skipif(sys.platform != "linux" or "avx2" not in fa.isas(), reason="the flags' numbers are x86's")
@pytest.mark.parametrize("name", fa.activations)
def test_no_flag_is_raised(name):
    """Overflow, underflow and NaN included: what a kernel raises under way is put back."""
    f = function(name)
    mask = INVALID | DIVBYZERO | OVERFLOW | UNDERFLOW
    hard = np.array([-1e30, -800, -100, -87.6, -1e-30, 0, 1e-40, 5, 89, 800, np.inf, -np.inf, np.nan])
    for dtype in (np.float32, np.float64):
        for n in (1, 3, 16, 17, 67, 300):
            with np.errstate(all="ignore"):
                x = np.resize(hard, n).astype(dtype)
            out = np.empty_like(x)
            for call in (f, f.derivative):
                libm.feclearexcept(mask)
                call(x, out=out)
                assert libm.fetestexcept(mask) == 0
    if f.parameters:
        for number in (1e300, 1e-300):
            libm.feclearexcept(mask)
            f(np.ones(20, np.float32), *[number] * len(f.parameters))
            assert libm.fetestexcept(mask) == 0


@pytest.mark.unsanitized
@pytest.mark.native
@pytest.mark.skipif(sys.platform != "linux" or "avx2" not in fa.isas(), reason="the flags' numbers are x86's")
def test_nothing_traps():
    """Where the caller lets invalid operations, division by zero and overflow end the process, no call does."""
    done = start_python(
        """
        import ctypes, numpy as np, fastact as fa
        from support import NAMES, function
        libm = ctypes.CDLL(None)
        with np.errstate(over="ignore"):
            hard = np.array([-1e30, -800, -100, -87.6, 0, 1e-40, 5, 89, 800, 1e300, np.inf, -np.inf, np.nan] * 9)
            inputs = hard.astype("f4"), hard
        for x in inputs:
            out, many = np.empty_like(x), np.resize(x, 300_000)
            libm.feenableexcept(1 | 4 | 8)
            for f in map(function, NAMES):
                f(x, out=out); f.derivative(x, out=out); f.backward(x, x, out=out); f.value_and_derivative(x); f(many)
            fa.leaky_relu(x, 1e300, out=out)
            for f in (fa.softmax, fa.log_softmax):
                f(x, out=out); f.backward(x, x, out=out); f(x, temperature=1e-300); f(many)
            fa.logsumexp(x); fa.logsumexp(many)
            libm.fedisableexcept(1 | 4 | 8)
        libm.feenableexcept(1)
        print("before", flush=True)
        np.add(np.float64([np.inf]), np.float64([-np.inf]))     # the control
        print("after")
        """,
    )
    assert done.stdout.strip() == "before", done.stderr
    assert done.returncode == -signal.SIGFPE


def test_references_do_not_leak():
    """Every way in and every way out, right and wrong: counts come back to what they were."""
    x, out, bias = np.ones((3, 4), np.float32), np.ones((3, 4), np.float32), np.ones(4, np.float32)
    wrong = [
        lambda: fa.gelu(None),
        lambda: fa.gelu(x, out=np.ones(3, np.float32)),
        lambda: fa.gelu(x, out=x.astype(int)),
        lambda: fa.gelu(x, x, x, x),
        lambda: fa.gelu(x, bias=np.ones(3)),
        lambda: fa.gelu.backward(x),
        lambda: fa.softmax(x, axis=7),
        lambda: fa.softmax(x, temperature=0.0),
        lambda: fa.softmax(x, out=bias),
    ]
    right = [
        lambda: fa.gelu(x),
        lambda: fa.gelu(x, out=out),
        lambda: fa.gelu(x, bias=bias),
        lambda: fa.gelu.backward(x, x, out=out),
        lambda: fa.gelu.value_and_derivative(x),
        lambda: fa.leaky_relu(x, 0.2),
        lambda: fa.softmax(x, axis=0, out=out),
        lambda: fa.softmax.backward(x, x),
        lambda: fa.logsumexp(x),
    ]
    # sys.getrefcount of a dtype shows a descriptor that an array kept or gave away once too often.
    watched = (x, out, bias, x.dtype, fa.gelu, fa.softmax)

    def counts():
        gc.collect()
        return [sys.getrefcount(a) for a in watched]

    for _ in range(3):
        before = counts()
        for _ in range(200):
            for call in right:
                call()
            for call in wrong:
                with pytest.raises((TypeError, ValueError)):
                    call()
        after = counts()
    assert after == before


@pytest.mark.unsanitized
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_memory_does_not_grow():
    """Arrays of 1 MiB, so that one that is kept in a hundred calls would be seen."""
    printed = run_python(
        """
        import numpy as np, fastact as fa
        x = np.ones((8, 32768), np.float32)
        wide = np.ones((8, 65536), np.float32)[:, ::2]
        def calls():
            for f in (fa.gelu, fa.gelu.derivative, fa.gelu.value_and_derivative, fa.softmax, fa.logsumexp):
                f(x); f(wide)
            fa.gelu.backward(x, x); fa.gelu(x, bias=x[0]); fa.softmax(x, axis=0); fa.softmax(x.ravel())
            for wrong in (lambda: fa.gelu(x, out=wide[1:]), lambda: fa.gelu(wide, out=x.astype(int)),
                          lambda: fa.gelu(x, bias=x[:, 0]), lambda: fa.gelu.backward(x, wide[:3]),
                          lambda: fa.softmax(wide, out=x[1:]), lambda: fa.softmax(wide, axis=9)):
                try:
                    wrong()
                except (TypeError, ValueError):
                    continue
                raise AssertionError
        def pages():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1])
        for _ in range(10): calls()
        before = pages()
        for _ in range(100): calls()
        print((pages() - before) * 4096 // 1024)
        """,
        FASTACT_NUM_THREADS="1",
    )
    assert int(printed) < 1024, "KiB"


@pytest.mark.parametrize("options", [("-X", "dev"), ("-OO",), ("-W", "error")])
def test_modes_of_the_interpreter(options):
    code = (
        "import numpy as np, fastact as fa, pickle;"
        "x = np.linspace(-9, 9, 1000, dtype=np.float32);"
        "assert fa.gelu(x)[0] == 0 or fa.gelu(x)[0] < 0;"
        "fa.softmax(x); fa.gelu([1, 2]); fa.gelu.backward(x, x); assert pickle.loads(pickle.dumps(fa.gelu)) is fa.gelu;"
        "print('whole')"
    )
    plain = [sys.executable, *options, "-c", code]
    done = subprocess.run(plain, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "whole", done.stderr


def test_debug_allocator():
    assert run_python("import numpy as np, fastact as fa; print(fa.gelu(np.ones(9)).size)", PYTHONMALLOC="debug") == "9"


def test_out_of_memory_is_a_memory_error():
    """Wherever an allocation fails, the call ends with MemoryError or with the right result, and all goes on."""
    testcapi = pytest.importorskip("_testcapi")  # CPython's own; distributions may leave it out
    if not hasattr(testcapi, "set_nomemory"):
        pytest.skip("this Python cannot fail allocations")
    printed = run_python(
        """
        import _testcapi, numpy as np, fastact as fa
        x = np.linspace(-3, 3, 12, dtype=np.float32).reshape(3, 4)
        strided = np.linspace(-3, 3, 24, dtype=np.float32)[::2]
        calls = [lambda: fa.gelu(x), lambda: fa.gelu.value_and_derivative(x), lambda: fa.gelu(strided),
                 lambda: fa.softmax(x), lambda: fa.softmax(x, axis=0), lambda: fa.logsumexp(x),
                 lambda: fa.gelu(x, bias=x[0])]
        for call in calls:
            want = call()
            failed = 0
            for k in range(60):
                got = None
                _testcapi.set_nomemory(k, k + 1)
                try:
                    got = call()
                except MemoryError:
                    failed += 1
                finally:
                    _testcapi.remove_mem_hooks()
                assert got is None or np.array_equal(got, want)
            assert failed
            assert np.array_equal(call(), want)
        print("whole")
        """
    )
    assert printed == "whole"


@pytest.mark.native
def test_other_threads_go_on_during_a_large_call():
    x = np.zeros(30_000_000, np.float32)
    out = np.empty_like(x)
    ticks, done = [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.0005)

    with fa.threads(1):
        thread = threading.Thread(target=tick)
        thread.start()
        time.sleep(0.02)
        begin = time.perf_counter()
        fa.gelu(x, out=out)
        end = time.perf_counter()
        done.set()
        thread.join()
    assert sum(begin < t < end for t in ticks) >= 3


@pytest.mark.native
@pytest.mark.skipif(sys.platform != "linux", reason="sends signals")
def test_an_interrupt_waits_for_the_call():
    """Ctrl-C during a call: the call runs to its end, out is whole, and then comes KeyboardInterrupt."""
    printed = run_python(
        """
        import os, signal, threading, time, numpy as np, fastact as fa
        signal.signal(signal.SIGINT, signal.default_int_handler)    # a process in the background inherits none
        x = np.full(20_000_000, -1.5)
        out = np.empty_like(x)
        fa.gelu(x, out=out)     # brings the pages in, and the threads
        out[:] = 0
        def interrupt(ready):
            ready.wait()
            time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)
        for attempt in range(20):
            out[:] = 0
            ready, after = threading.Event(), False
            thread = threading.Thread(target=interrupt, args=[ready])
            thread.start()
            try:
                ready.set()
                fa.gelu(x, out=out)
                after = True
                while True: pass
            except KeyboardInterrupt:
                pass
            thread.join()
            if not after: break
        assert not after, "no interrupt came during a call"
        assert np.all(out == fa.gelu(x[:1])), "the call was cut short"
        print("whole")
        """
    )
    assert printed == "whole"


@pytest.mark.native
def test_a_daemon_thread_at_exit():
    """The interpreter ends while threads are inside a call, or wait to take the GIL back after one."""
    printed = run_python(
        """
        import threading, time, numpy as np, fastact as fa
        x = np.ones(1_000_000, np.float32)
        def work():
            while True:
                fa.gelu(x); fa.softmax(x)
        for _ in range(4): threading.Thread(target=work, daemon=True).start()
        time.sleep(0.2)
        print("end")
        """
    )
    assert printed == "end"


@pytest.mark.native
@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has a GIL")
def test_the_gil_stays_off():
    code = "import sys, fastact; fastact.gelu([1.0]); print(sys._is_gil_enabled())"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "False", done.stderr


@pytest.mark.native
def test_no_room_for_threads():
    """Where a thread cannot be made, small calls work and a large one works or ends with libgomp's words."""
    done = start_python(
        """
        import resource, numpy as np, fastact as fa
        x = np.zeros(4_000_000, np.float32); out = np.empty_like(x)
        with open("/proc/self/statm") as file: size = int(file.read().split()[0]) * 4096
        resource.setrlimit(resource.RLIMIT_AS, (size + (1 << 20), size + (1 << 20)))
        fa.gelu(x[:100], out=out[:100]); print("small", flush=True)
        fa.gelu(x, out=out); print("large", flush=True)
        """
    )
    assert done.stdout.split()[:1] == ["small"]
    assert done.returncode == 0 or "libgomp" in done.stderr


@pytest.mark.native
def test_one_symbol_is_exported():
    """Nothing but the module's init function, so that no other library's names can be taken for ours."""
    from fastact import _native

    done = subprocess.run(["nm", "-D", "--defined-only", _native.__file__], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nm: {done.stderr}")
    assert {line.split()[-1] for line in done.stdout.splitlines()} == {"PyInit__native"}


@pytest.mark.unsanitized
@pytest.mark.native
def test_loading_runs_no_code_of_ours():
    """One entry of .init_array is the compiler's own; another would run before any instruction set is chosen, and is
    how fast-math changes the floating-point mode of a process."""
    from fastact import _native

    done = subprocess.run(["readelf", "-SW", _native.__file__], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"readelf: {done.stderr}")
    sizes = re.findall(r"\.(?:init_array|ctors)\s+\S+\s+\w+\s+\w+\s+(\w+)", done.stdout)
    assert sum(int(size, 16) for size in sizes) <= ctypes.sizeof(ctypes.c_void_p)


@pytest.mark.unsanitized
@pytest.mark.native
def test_a_processor_without_avx():
    """Emulated, so that an instruction too new for it ends the process: portable is chosen, with the same bits."""
    emulator = shutil.which("qemu-x86_64")
    if emulator is None or "avx2" not in fa.isas():
        pytest.skip("needs qemu-x86_64, and an x86-64 processor to compare with")
    code = """
        import hashlib, numpy as np, fastact as fa
        x = np.linspace(-110, 110, 3000, dtype=np.float32)
        results = [g(a) for f in fa.activations.values() if None not in f.parameters.values()
                   for a in (x, x.astype(float)) for g in (f, f.derivative)]
        results += [fa.softmax(x.reshape(-1, 3)), fa.log_softmax(x), fa.logsumexp(x.astype(float))]
        print(fa.isa(), hashlib.sha256(b"".join(np.asarray(r).tobytes() for r in results)).hexdigest())
    """
    here = run_python(code).split()
    done = subprocess.run(
        [emulator, "-cpu", "Nehalem", sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "FASTACT_ISA": "", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.stdout.split() == ["portable", here[1]], done.stderr


@pytest.mark.parametrize("neighbour", ["sklearn", "scipy.special", "torch", "numba"])
def test_neighbours(neighbour):
    """Imported before or after a library with threads of its own, both work."""
    pytest.importorskip(neighbour)  # hundreds of megabytes: tried where they happen to be installed
    for order in (("fastact", neighbour), (neighbour, "fastact")):
        code = f"""
            import {order[0]}, {order[1]}, numpy as np, fastact as fa
            x = np.ones(1_000_000, np.float32)
            print(float(fa.relu(x).sum()))
        """
        assert run_python(code, timeout=120) == "1000000.0"
