"""Nothing outside the arrays is read or written, whatever their length and place."""

import numpy as np
import pytest
from processes import run_python, start_python
from support import function

import fastact as fa

DTYPES = [np.float32, np.float64]
KINDS = ["value", "derivative", "backward", "value_and_derivative"]
# 4 packs of 4 registers of 16 float32, and a rest.
LENGTHS = range(4 * 4 * 16 + 4)


def numbers(n, dtype, seed=0):
    return np.random.default_rng(seed).normal(0, 3, n).astype(dtype)


@pytest.mark.native
@pytest.mark.parametrize("isa", fa.isas())
def test_guard_pages(isa):
    """Every function, every length up to 200, inputs and outputs flush against forbidden pages on either side."""
    printed = run_python(
        """
        import numpy as np, fastact as fa
        from guarded import Guarded
        from support import NAMES, function
        x, g, o, p = (Guarded(pages=24) for _ in range(4))
        for dtype in (np.float32, np.float64):
            for place in ("at_end", "at_start"):
                def array(memory, n): return getattr(memory, place)(n, dtype)
                for n in range(1, 201):
                    a, grad, out, second = (array(m, n) for m in (x, g, o, p))
                    a[:] = np.linspace(-9, 9, n); grad[:] = 1
                    for f in map(function, NAMES):
                        f(a, out=out)
                        f.derivative(a, out=out)
                        f.backward(grad, a, out=out)
                        f.value_and_derivative(a, out=(out, second))
                    fa.gelu(a, bias=grad, out=out)
                    for f in (fa.softmax, fa.log_softmax):
                        f(a, out=out)
                        f.backward(grad, a, out=out)
                    fa.logsumexp(a)
                for rows, n in ((3, 1), (5, 3), (17, 5), (16, 8), (33, 16), (7, 31), (9, 64), (3, 300),
                                (17, 50), (33, 64), (20, 101), (19, 250)):
                    shape = rows, n
                    a, grad, out = (array(m, rows * n).reshape(shape) for m in (x, g, o))
                    a[:] = np.linspace(-9, 9, rows * n).reshape(shape); grad[:] = 1
                    for axis in (0, 1):
                        for f in (fa.softmax, fa.log_softmax):
                            f(a, axis=axis, out=out)
                            f.backward(grad, a, axis=axis, out=out)
                        fa.logsumexp(a, axis=axis, out=array(o, shape[1 - axis]))
                        fa.logsumexp.backward(array(g, shape[1 - axis]), a, axis=axis, out=out)
        print("whole", fa.isa())
        """,
        FASTACT_ISA=isa,
    )
    assert printed.split() == ["whole", isa]


@pytest.mark.unsanitized
def test_guard_pages_bite():
    """The control: one element too far ends the process."""
    result = start_python(
        """
        import ctypes
        from guarded import Guarded
        a = Guarded().at_end(4, "f4")
        print("before", flush=True)
        ctypes.memmove(ctypes.create_string_buffer(20), a.ctypes.data, 20)
        print("after")
        """,
    )
    assert result.returncode < 0
    assert result.stdout.split() == ["before"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", fa.activations)
def test_only_the_output_is_written(name, dtype):
    """Canaries around the output, at every length and at every offset within a cache line."""
    x = numbers(max(LENGTHS), dtype)
    whole = function(name)(x)
    size = np.dtype(dtype).itemsize
    memory = np.zeros(max(LENGTHS) * size + 256, dtype=np.uint8)
    base = -memory.ctypes.data % 64
    for n in LENGTHS:
        for offset in range(0, 64, size) if n % 37 == 0 else (n % 16 * size,):
            memory[:] = 0xA5
            start = base + 64 + offset
            out = memory[start : start + n * size].view(dtype)
            function(name)(x[:n], out=out)
            assert np.array_equal(out, whole[:n], equal_nan=True)
            assert np.all(memory[:start] == 0xA5)
            assert np.all(memory[start + n * size :] == 0xA5)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", fa.activations)
def test_misaligned_arrays(name, kind, dtype):
    """Arrays that begin at any byte give what aligned ones give."""
    f, n = function(name, kind), 100
    size = np.dtype(dtype).itemsize
    aligned = [numbers(n, dtype, k) for k in range(2 if kind == "backward" else 1)]
    want = np.array(f(*aligned))
    for offset in range(0, 65, 1 if name == "gelu" else 7):
        memory = [np.zeros(n * size + 80, dtype=np.uint8)[offset : offset + n * size].view(dtype) for _ in aligned]
        for m, a in zip(memory, aligned, strict=True):
            m[:] = a
        assert np.array_equal(np.array(f(*memory)), want, equal_nan=True)


def test_inputs_are_read_only_to_us():
    """A write to an input would end the process here: its page allows reads alone."""
    printed = run_python(
        """
        import ctypes, mmap, numpy as np, fastact as fa
        from guarded import Guarded, _libc
        from support import NAMES, function
        g = Guarded(1)
        a = g.at_start(1000, "f4"); a[:] = np.linspace(-5, 5, 1000)
        assert _libc.mprotect(g.address + mmap.PAGESIZE, mmap.PAGESIZE, 1) == 0
        for f in map(function, NAMES):
            f(a); f.derivative(a); f.backward(a, a); f.value_and_derivative(a)
        fa.softmax(a); fa.log_softmax(a); fa.logsumexp(a)
        print("whole")
        """,
    )
    assert printed == "whole"
