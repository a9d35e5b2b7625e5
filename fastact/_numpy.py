"""The NumPy backend: the same names with the same meaning where there is no compiled part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._front import (
    FLOAT16,
    FLOAT32,
    FLOAT64,
    PLAIN_UFUNC,
    PYTHON_NUMBERS,
    check_dtype,
    check_real,
    float_dtype,
    is_half,
    number_dtype,
    rounded,
)
from .catalogue import ACTIVATIONS, Activation

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

isa = "numpy"
isa_why = "the NumPy backend runs NumPy's own loops"
openmp = 0
# Elements computed at a time: the arrays in between then stay in the L2 cache.
BLOCK = 8192
# The largest errors of the formulas as NumPy computes them: float32 in float64, float64 with a few roundings.
MAX_ULP = {"float32": 0.51, "float64": 8.0}
ROWS = {row.name: row for row in ACTIVATIONS}


def isas() -> tuple[str, ...]:
    return (isa,)


def max_threads() -> tuple[int, str]:
    return 1, "the NumPy backend is serial"


def set_num_threads(n: int) -> None:
    """No effect: the backend is serial."""


def limit_threads(n: int) -> int:
    """No effect: the backend is serial."""
    return 0


def use_bfloat16(number: int) -> None:
    """No effect: formulas take every dtype."""


class UFunc:
    """What NumPy's ufuncs do with arguments, around a formula of the catalogue."""

    signature = None
    identity = None
    ntypes = 3

    def __init__(self, row: Activation, kind: str) -> None:
        self.row, self.kind = row, kind
        self.__name__ = self.__qualname__ = row.name if kind == "value" else f"{row.name}_{kind}"
        self.__module__ = "fastact.ufuncs"
        self.inputs = 2 if kind == "backward" else 1
        self.nin = self.inputs + len(row.parameters)
        self.nout = 2 if kind == "value_and_derivative" else 1
        self.nargs = self.nin + self.nout
        self.types = [
            d.char * self.inputs + number_dtype(d).char * len(row.parameters) + "->" + d.char * self.nout
            for d in (FLOAT32, FLOAT64, FLOAT16)
        ]

    def __repr__(self) -> str:
        return f"<ufunc '{self.__name__}'>"

    def __reduce__(self) -> str:
        return self.__name__

    def __call__(self, *inputs: Any, out: Any = None, where: Any = True, **options: Any) -> Any:
        outs = out if isinstance(out, tuple) else () if out is None else (out,)
        found, answer = self.overridden(inputs, outs, {"out": out, "where": where, **options})
        return answer if found else self.compute(inputs, outs, where, **options)

    def overridden(self, inputs: Any, outs: Any, options: dict[str, Any]) -> tuple[bool, Any]:
        """Gives arguments with an `__array_ufunc__` of their own the call, as NEP 13 says."""
        asked: list[Any] = []
        for value in (*inputs, *outs):
            kind = type(value)
            if getattr(kind, "__array_ufunc__", PLAIN_UFUNC) is PLAIN_UFUNC or kind in map(type, asked):
                continue
            place = next((k for k, other in enumerate(asked) if issubclass(kind, type(other))), len(asked))
            asked.insert(place, value)
        if not asked:
            return False, None
        kept = {k: v for k, v in options.items() if not (v is None or (k == "where" and v is True))}
        if "out" in kept:
            kept["out"] = outs
        for value in asked:
            answer = value.__array_ufunc__(self, "__call__", *inputs, **kept)
            if answer is not NotImplemented:
                return True, answer
        raise TypeError(f"operand types do not implement ufunc {self.__name__!r}: {[type(v).__name__ for v in asked]}")

    def compute(
        self,
        inputs: Any,
        outs: Any,
        where: Any,
        dtype: Any = None,
        signature: Any = None,
        casting: Any = "same_kind",
        order: Any = "K",
        subok: bool = True,
    ) -> Any:
        arrays = [np.asarray(v) for v in inputs]
        weak = [type(v) in PYTHON_NUMBERS for v in inputs]
        for array in arrays:
            check_real(self.__name__, "x", array.dtype)
        strong = [a.dtype for a, w in zip(arrays, weak, strict=True) if not w]
        wanted = dtype or (signature[0] if signature else None)
        if wanted is None:
            wanted = float_dtype(strong or [a.dtype for a in arrays])
            # Beside halves a parameter that is a number does not decide.
            deciding = [a.dtype for k, a in enumerate(arrays) if not weak[k] and (k < self.inputs or a.ndim)]
            if deciding and any(is_half(d) for d in deciding):
                wanted = float_dtype(deciding)
        loop = check_dtype(self.__name__, wanted)
        types = [loop] * self.inputs + [number_dtype(loop)] * len(self.row.parameters)
        with np.errstate(all="ignore"):
            # In float64, in memory of its own and without gaps, so that equal elements have equal results.
            numbers = [
                np.positive(a.astype(t, copy=False), dtype=np.float64, order=order)
                for a, t in zip(arrays, types, strict=True)
            ]
            results = self.evaluate(numbers, loop)
            for r in results:
                np.copyto(r, np.nan, where=np.isnan(r))  # one NaN: NumPy's own have either sign
            if any(o is not None for o in outs) or where is not True:
                outs = outs or (None,) * self.nout
                for k, o in enumerate(outs):
                    results[k] = np.positive(results[k], out=o, where=where, casting=casting)
        outs = outs or (None,) * self.nout
        done = tuple(self.wrap(results[k], inputs, k, subok) if o is None else o for k, o in enumerate(outs))
        return done[0] if self.nout == 1 else done

    def evaluate(self, numbers: list[NDArray[np.float64]], loop: np.dtype[Any]) -> list[NDArray[Any]]:
        """The formula in blocks that fit the cache; at once where arrays are broadcast against each other."""
        x = max(numbers, key=lambda n: n.size)
        if any(n.ndim and (n.shape, n.strides) != (x.shape, x.strides) for n in numbers):
            return [np.array(rounded(np.asarray(r), loop)) for r in self.formula(*numbers)]
        results = [np.empty_like(x, dtype=loop) for _ in range(self.nout)]
        flat_results, flat = ([a.ravel(order="K") for a in arrays] for arrays in (results, numbers))
        for begin in range(0, x.size, BLOCK):
            part = slice(begin, begin + BLOCK)
            values = self.formula(*(n[part] if n.size == x.size else n for n in flat))
            for r, v in zip(flat_results, values, strict=True):
                r[part] = rounded(v, loop)
        return results

    def formula(self, *numbers: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        row = self.row
        if self.kind == "value":
            return (row.value(*numbers),)
        if self.kind == "derivative":
            return (row.derivative(*numbers),)
        if self.kind == "value_and_derivative":
            return row.value(*numbers), row.derivative(*numbers)
        grad, *rest = numbers
        slope = row.derivative(*rest)
        product = grad * slope
        return (np.where(slope == 0.0, 0.0, product) if row.dead_zone else product,)

    def wrap(self, result: Any, inputs: Any, k: int, subok: bool) -> Any:
        """The result as the type of the input that claims it (subclasses, masked arrays, tensors)."""
        claims = [v for v in inputs if subok and hasattr(v, "__array_wrap__") and type(v) is not np.ndarray]
        claims = [v for v in claims if not isinstance(v, np.generic)]
        if not claims:
            return result[()] if result.ndim == 0 else result
        first = max(claims, key=lambda v: float(getattr(v, "__array_priority__", 0.0)))
        return first.__array_wrap__(result, (self, inputs, k), result.ndim == 0)


class Function:
    """The callable of an activation, with the interface of the compiled one: every call takes the slow path."""

    def __init__(
        self,
        name: str,
        kind: str,
        slow: Callable[..., Any],
        defaults: tuple[float, ...] = (),
        checked: tuple[bool, ...] = (),
    ) -> None:
        self.name, self.kind, self.slow = name, kind, slow
        self.ufunc = UFunc(ROWS[name], kind)
        self.__qualname__ = name

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self.slow(*args, **named)

    def __repr__(self) -> str:
        return f"<{self.__module__}.{self.__qualname__}>"

    def __reduce__(self) -> str:
        return self.__qualname__


def gate(activation: Any, backward: Any, arrays: tuple[NDArray[Any], ...]) -> None:
    """value, gate, out, or grad, value, gate, dvalue, dgate: the gates of _gates.py."""
    with np.errstate(all="ignore"):
        if len(arrays) == 3:
            value, gates, out = arrays
            np.multiply(value, activation(gates), out=out)
        else:
            grad, value, gates, dvalue, dgate = arrays
            results = grad * activation(gates), backward(grad * value, gates)
            dvalue[...], dgate[...] = results


class RowFunction:
    """The callable of a row function, with the interface of the compiled one."""

    def __init__(self, name: str, kind: str, slow: Callable[..., Any]) -> None:
        self.name, self.kind, self.slow = name, kind, slow
        self.__qualname__ = name

    __call__, __repr__, __reduce__ = Function.__call__, Function.__repr__, Function.__reduce__


# -- Rows --------------------------------------------------------------------------------------------------------------


def rows(kind: str, x: NDArray[Any], grad: NDArray[Any] | None, out: NDArray[Any], temperature: float) -> None:
    """One row function over axis 1 of three-dimensional arrays; `out` may be `x` or `grad`.

    softmax, log_softmax, logsumexp; softmax_backward and log_softmax_backward, where x is y; logsumexp_backward.
    """
    with np.errstate(all="ignore"):
        if grad is None:
            answer = FORWARD[kind](last_axis(x), temperature)
        else:
            answer = BACKWARD[kind](last_axis(grad), last_axis(x), temperature)
        out[...] = answer.transpose(0, 2, 1)


def last_axis(a: NDArray[Any]) -> NDArray[np.float64]:
    """As float64 with the rows last: there NumPy's sums are pairwise, and their error hardly grows with the length."""
    return np.ascontiguousarray(a.transpose(0, 2, 1), dtype=np.float64)


def shifted(x: NDArray[np.float64], temperature: float) -> tuple[NDArray[np.float64], Any, NDArray[np.float64]]:
    """(x - max)/temperature in two words, which is 0 at the largest even where that is infinite; and the largest."""
    top = x.max(axis=-1, keepdims=True, initial=-np.inf)
    z = np.where(x == top, 0.0, x - top)
    back = z - x
    low = (x - (z - back)) - (top + back)  # what the subtraction rounded away (Knuth)
    return z / temperature, np.nan_to_num(low, nan=0.0, posinf=0.0, neginf=0.0) / temperature, top


def lost(x: NDArray[np.float64], top: NDArray[np.float64]) -> Any:
    """Rows without an answer: all -inf, several +inf, any NaN."""
    several = np.count_nonzero(x == top, axis=-1, keepdims=True) > 1
    return np.isnan(top) | (top == -np.inf) | ((top == np.inf) & several)


def softmax(x: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    z, low, top = shifted(x, temperature)
    e: NDArray[np.float64] = np.exp(z)
    e += e * low
    e /= e.sum(axis=-1, keepdims=True)
    e[lost(x, top)[..., 0]] = np.nan
    return e


def others(z: NDArray[np.float64], low: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum of e^(z + low) over all entries of a row but the first largest."""
    e = np.exp(z)
    e += e * low
    if e.size:
        np.put_along_axis(e, z.argmax(axis=-1, keepdims=True), 0.0, axis=-1)
    total: NDArray[np.float64] = e.sum(axis=-1, keepdims=True)
    return total


def log_softmax(x: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    z, low, top = shifted(x, temperature)
    z += low - np.log1p(others(z, low))
    z[lost(x, top)[..., 0]] = np.nan
    return z


def logsumexp(x: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    z, low, top = shifted(x, temperature)
    total: NDArray[np.float64] = top / temperature + np.log1p(others(z, low))
    total[np.isinf(top)] = top[np.isinf(top)]
    return total


def softmax_backward(grad: NDArray[np.float64], y: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    if not y.size:
        return y
    # Less the gradient at the largest: the component that rounding would lose in grad - sum(y grad) stays.
    h = grad - np.take_along_axis(grad, y.argmax(axis=-1, keepdims=True), axis=-1)
    dx: NDArray[np.float64] = y * (h - (y * h).sum(axis=-1, keepdims=True)) / temperature
    return dx


def log_softmax_backward(grad: NDArray[np.float64], y: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    dx: NDArray[np.float64] = (grad - np.exp(y) * grad.sum(axis=-1, keepdims=True)) / temperature
    return dx


def logsumexp_backward(grad: NDArray[np.float64], x: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    return grad * softmax(x, temperature) / temperature


FORWARD = {"softmax": softmax, "log_softmax": log_softmax, "logsumexp": logsumexp}
BACKWARD = {
    "softmax_backward": softmax_backward,
    "log_softmax_backward": log_softmax_backward,
    "logsumexp_backward": logsumexp_backward,
}
