"""More than 2^31 elements in little memory: the same 16 MiB are mapped again and again between the places looked at."""

import ctypes
import mmap
import os
import sys

import numpy as np
import pytest

import fastact as fa

if sys.platform != "linux" or sys.maxsize < 2**32:
    pytest.skip("maps memory as Linux does", allow_module_level=True)

CHUNK = 1 << 24
COLUMNS, ROWS = 1024, 2**21 + 3
SIZE = ROWS * COLUMNS
# 2^31 and 2^32 bytes, 2^31 elements: where an index that is too narrow would turn negative, or start again at 0.
PLACES = np.array([0, 1, 2**29 - 1, 2**29, 2**30 - 1, 2**30, 2**31 - 1, 2**31, 2**31 + 1, SIZE - 17, SIZE - 1])
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64
LIBC.mmap.restype = ctypes.c_void_p
LIBC.munmap.argtypes = ctypes.c_void_p, ctypes.c_size_t
FIXED, NORESERVE = 0x10, 0x4000


def mapped(*arguments):
    address = LIBC.mmap(*arguments)
    if address == ctypes.c_void_p(-1).value:
        pytest.skip(f"no {SIZE * 4:,} bytes of addresses: {os.strerror(ctypes.get_errno())}")
    return address


@pytest.fixture
def large():
    """Makes float32 arrays of ROWS rows, all 0. Every element of PLACES has memory of its own; the others share."""
    private = {int(place) * 4 // CHUNK for place in PLACES}
    chunks = SIZE * 4 // CHUNK + 1
    anonymous = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    both = mmap.PROT_READ | mmap.PROT_WRITE
    made = []

    def make():
        start = mapped(None, chunks * CHUNK, 0, anonymous | NORESERVE, -1, 0)
        made.append(start)
        shared = os.memfd_create("shared")
        os.ftruncate(shared, CHUNK)
        for k in range(chunks):
            if k in private:
                mapped(start + k * CHUNK, CHUNK, both, anonymous | FIXED, -1, 0)
            else:
                mapped(start + k * CHUNK, CHUNK, both, mmap.MAP_SHARED | FIXED, shared, 0)
        os.close(shared)
        return np.frombuffer((ctypes.c_char * (SIZE * 4)).from_address(start), np.float32).reshape(ROWS, COLUMNS)

    yield make
    for start in made:
        LIBC.munmap(start, chunks * CHUNK)


@pytest.mark.native
@pytest.mark.slow
def test_more_than_two_to_the_31_elements(large):
    x, out = large(), large()
    flat, got = x.reshape(-1), out.reshape(-1)
    marks = np.arange(1, len(PLACES) + 1, dtype=np.float32)
    row, column = np.divmod(PLACES, COLUMNS)
    flat[PLACES] = -marks

    assert fa.leaky_relu(x, 2.0, out=x) is x
    assert np.array_equal(flat[PLACES], -2 * marks)
    bias = np.arange(100, 100 + COLUMNS, dtype=np.float32)
    fa.relu(x, bias=bias, out=out)
    assert np.array_equal(got[PLACES], bias[column] - 2 * marks)
    fa.relu(np.broadcast_to(np.float32(3), SIZE), out=got)  # through the ufunc
    assert np.all(got[PLACES] == 3)

    flat[PLACES] = marks
    for axis in (1, 0):
        want = fa.softmax(x[row] if axis else x[:, column], axis=axis)
        got[PLACES] = -1
        fa.softmax(x, axis=axis, out=out)
        assert np.array_equal(got[PLACES], want[range(len(PLACES)), column] if axis else want[row, range(len(PLACES))])
    total = SIZE - len(PLACES) + np.sum(np.exp(np.float64(marks)))
    got[PLACES] = -1
    fa.softmax(flat, out=got)
    np.testing.assert_allclose(got[PLACES], np.exp(np.float64(marks)) / total, rtol=1e-6)
    np.testing.assert_allclose(fa.logsumexp(flat), np.log(total), rtol=1e-6)
    np.testing.assert_allclose(fa.logsumexp(x)[row[-3:]], fa.logsumexp(x[row[-3:]]), rtol=0)
