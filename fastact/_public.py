"""What the package offers: the backend is chosen here, and the names are made from the tables."""

from __future__ import annotations

import os
import sys
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _front, _gates, _rows
from .catalogue import ACTIVATIONS, Names

if TYPE_CHECKING:
    from types import TracebackType

BACKENDS = ("native", "numpy")


def choose_backend() -> tuple[Any, str, str]:
    """(module, name, why)."""
    wanted = os.environ.get("FASTACT_BACKEND", "")
    if wanted not in ("", *BACKENDS):
        raise ValueError(f"FASTACT_BACKEND={wanted!r}: not one of {', '.join(BACKENDS)}")
    why = f"FASTACT_BACKEND={wanted}"
    if wanted != "numpy":
        try:
            import fastact._native as native

            return native, "native", why if wanted else "the compiled part is there"
        except ImportError as error:
            if wanted:
                raise ImportError(
                    f"FASTACT_BACKEND=native, but the compiled part does not load: {error}. "
                    f"Install a wheel, build with a C compiler, or unset the variable to use NumPy."
                ) from error
            why = f"the compiled part does not load: {error}"
    from . import _numpy

    return _numpy, "numpy", why


backend, backend_name, backend_why = choose_backend()

# -- Functions -------------------------------------------------------------------------------------------------------

elementwise = {row.name: _front.build(row, backend) for row in ACTIVATIONS}
_front.connect(ACTIVATIONS, elementwise)
rows = _rows.build(backend)
activations = Names(elementwise, {alias: row.name for row in ACTIVATIONS for alias in row.aliases})
gates = _gates.build(backend, activations)
known = Names(
    elementwise | rows | gates,
    {alias: row.name for table in (ACTIVATIONS, _rows.ROWS, _gates.GATES) for row in table for alias in row.aliases},
)
module_names = (
    elementwise | rows | gates | {alias: elementwise[r.name] for r in ACTIVATIONS for alias in r.module_names}
)


def get(name: Any) -> Any:
    """The function of that name, in any spelling of PyTorch, Keras, JAX, ONNX or SciPy.

    >>> import fastact
    >>> fastact.get("Swish") is fastact.silu
    True
    """
    if not isinstance(name, str):
        if callable(name):
            return name
        raise TypeError(f"get: name is of type {type(name).__name__}; expected a str.")
    try:
        return known[name]
    except KeyError:
        nearest = known.nearest(name)
        hint = f" Did you mean {nearest!r}?" if nearest else f" Known are: {', '.join(known)}."
        raise ValueError(f"get: no function is called {name!r}.{hint}") from None


# -- Memory ----------------------------------------------------------------------------------------------------------


def set_pool_limit(limit: int | None) -> None:
    """Keep at most so many bytes of freed results for later ones; 0 keeps none, None is the limit of the start.

    What is above the limit goes back to the system at once. The NumPy backend has no pool: there it does nothing.
    """
    if limit is not None:
        try:
            limit = index(limit)
        except TypeError:
            raise TypeError(f"set_pool_limit: the limit is {limit!r}; expected an int or None.") from None
        if limit < 0:
            raise ValueError(f"set_pool_limit: the limit is {limit}; it must be at least 0.")
        limit = min(limit, sys.maxsize)
    backend.set_pool_limit(limit)


def clear_pool() -> None:
    """Give the memory of freed results back to the system; the limit stays."""
    backend.clear_pool()


# -- Threads and information ------------------------------------------------------------------------------------------


def thread_count(label: str, n: Any) -> int:
    try:
        n = index(n)
    except TypeError:
        raise TypeError(f"{label}: the number of threads is {n!r}; expected an int.") from None
    if n < 1:
        raise ValueError(f"{label}: the number of threads is {n}; it must be at least 1.")
    return min(int(n), 2**31 - 1)


def set_num_threads(n: int | None) -> None:
    """Limit the threads of later calls, in the whole process, to n; None takes the limit away."""
    backend.set_num_threads(0 if n is None else thread_count("set_num_threads", n))


def get_num_threads() -> int:
    """How many threads a large call made here and now may use."""
    return int(backend.max_threads()[0])


class threads:
    """Limit the calls in a `with` block to n threads; other Python threads are not touched.

    >>> import fastact
    >>> with fastact.threads(1):
    ...     fastact.get_num_threads()
    1
    """

    def __init__(self, n: int) -> None:
        self.n = thread_count("threads", n)
        self.before: list[int] = []

    def __enter__(self) -> None:
        self.before.append(backend.limit_threads(self.n))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        backend.limit_threads(self.before.pop())


def isa() -> str:
    """The instruction set in use: avx512, avx2, neon, portable, or numpy for the NumPy backend."""
    return str(backend.isa)


def isas() -> tuple[str, ...]:
    """The instruction sets that this processor runs, best first; FASTACT_ISA chooses among them."""
    return tuple(backend.isas())


def get_include() -> str:
    """The directory of fastact.h, for C and Cython code that calls the kernels itself."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "include")


class Info(dict[str, Any]):
    """A mapping that prints as a table."""

    def __str__(self) -> str:
        width = max(map(len, self))
        return "\n".join(f"{key:<{width}}  {value}" for key, value in self.items())


def info() -> Info:
    """What runs here, and why: version, backend, instruction set, threads, memory kept."""
    from . import __version__

    count, why = backend.max_threads()
    pool_limit, pool_why, pool_idle = backend.pool()
    return Info(
        version=__version__,
        backend=backend_name,
        backend_why=backend_why,
        isa=isa(),
        isa_why=str(backend.isa_why),
        threads=int(count),
        threads_why=why,
        openmp=int(backend.openmp),
        pool_limit=int(pool_limit),
        pool_why=pool_why,
        pool_idle=int(pool_idle),
        numpy=np.__version__,
        python=sys.version.split()[0],
    )


PUBLIC = (
    "clear_pool", "get", "get_include", "get_num_threads", "info", "isa", "isas", "set_num_threads", "set_pool_limit",
    "threads",
)  # fmt: skip
for name in PUBLIC:
    globals()[name].__module__ = "fastact"
