"""Arrays that lie flush against memory nobody may touch: a read or write beyond one ends the process."""

import ctypes
import mmap

import numpy as np

PAGE = mmap.PAGESIZE
_libc = ctypes.CDLL(None, use_errno=True)
_libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


class Guarded:
    """A few pages between two forbidden ones."""

    def __init__(self, pages=8):
        self.size = pages * PAGE
        self.map = mmap.mmap(-1, self.size + 2 * PAGE)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.map))
        for page in (self.address, self.address + PAGE + self.size):
            if _libc.mprotect(page, PAGE, 0):
                raise OSError(ctypes.get_errno(), "mprotect")

    def at_end(self, count, dtype):
        """`count` elements of which the last ends where the forbidden page begins."""
        dtype = np.dtype(dtype)
        return np.frombuffer(self.map, dtype, count, PAGE + self.size - count * dtype.itemsize)

    def at_start(self, count, dtype):
        return np.frombuffer(self.map, dtype, count, PAGE)
