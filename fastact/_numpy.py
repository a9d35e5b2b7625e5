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


def set_pool_limit(limit: int | None) -> None:
    """No effect: NumPy allocates."""


def clear_pool() -> None:
    """No effect: NumPy allocates."""


def pool() -> tuple[int, str, int]:
    return 0, "the NumPy backend has no pool", 0


def pooled(size: int, function: Any, /, *args: Any, **named: Any) -> Any:
    return function(*args, **named)


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
        wanted = dtype or (signature[-1] if signature else None)
        if wanted is None:
            wanted = float_dtype(strong or [a.dtype for a in arrays])
            # Beside halves a parameter that is a number does not decide.
            deciding = [a.dtype for k, a in enumerate(arrays) if not weak[k] and (k < self.inputs or a.ndim)]
            if deciding and any(is_half(d) for d in deciding):
                wanted = float_dtype(deciding)
        loop = check_dtype(self.__name__, wanted)
        types = [loop] * self.inputs + [number_dtype(loop)] * len(self.row.parameters)
        if signature:  # a sum of halves is float32
            types[self.inputs - 1] = signature[self.inputs - 1]
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


class Callable:
    # What a caller sees, with the interface of the compiled one: every call takes the slow path.

    def __init__(self, name: str, kind: str, slow: Any) -> None:
        self.name, self.kind, self.slow = name, kind, slow
        self.__qualname__ = name

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self.slow(*args, **named)

    def __repr__(self) -> str:
        return f"<{self.__module__}.{self.__qualname__}>"

    def __reduce__(self) -> str:
        return self.__qualname__

    @property
    def __doc__(self) -> str:  # type: ignore[override]  # of every instance its own
        return str(self.slow.docstring())

    @property
    def __signature__(self) -> Any:
        return self.slow.signature()

    @property
    def max_ulp(self) -> Any:
        return self.slow.max_ulp()

    def __get__(self, instance: object, owner: object = None) -> Any:
        """For pydoc, which shows the signatures of routines alone."""
        return self


class Function(Callable):
    # The callable of an activation.
    __doc__ = Callable.__doc__

    def __init__(
        self,
        name: str,
        kind: str,
        slow: Any,
        defaults: tuple[float, ...] = (),
        checked: tuple[bool, ...] = (),
    ) -> None:
        super().__init__(name, kind, slow)
        self.ufunc = self.ufunc_of_sums = UFunc(ROWS[name], kind)


class RowFunction(Callable):
    # The callable of a row function.
    __doc__ = Callable.__doc__


class Learned(Callable):
    # The callable of a backward that gives dweight too.
    __doc__ = Callable.__doc__

    def __init__(self, dx: Any, slow: Any) -> None:
        super().__init__(dx.name, dx.kind, slow)
        self.dx = dx


def slope_sums(grad: NDArray[Any], x: NDArray[Any]) -> NDArray[np.float64]:
    """The products grad * x where x is not above 0, summed over the first and the last axis, in float64."""
    products = np.where(x > 0, 0.0, grad.astype(np.float64) * x)  # 0 is selected, as in every dead zone
    sums: NDArray[np.float64] = products.sum(axis=(0, 2))
    return sums


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


def gated(activation: Any, backward: Any, grad: Any, value: Any, gate: Any, axis: Any, out: Any) -> None:
    """The quick way of the compiled part, which is not here."""


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


def shifted(x: NDArray[np.float64], temperature: Any) -> tuple[NDArray[np.float64], Any, NDArray[np.float64]]:
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


def softmax(x: NDArray[np.float64], temperature: Any) -> NDArray[np.float64]:
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


def log_softmax(x: NDArray[np.float64], temperature: Any) -> NDArray[np.float64]:
    z, low, top = shifted(x, temperature)
    z += low - np.log1p(others(z, low))
    z[lost(x, top)[..., 0]] = np.nan
    return z


def logsumexp(x: NDArray[np.float64], temperature: Any) -> NDArray[np.float64]:
    z, low, top = shifted(x, temperature)
    total: NDArray[np.float64] = top / temperature + np.log1p(others(z, low))
    total[np.isinf(top)] = top[np.isinf(top)]
    return total


def softmax_backward(grad: NDArray[np.float64], y: NDArray[np.float64], temperature: Any) -> NDArray[np.float64]:
    if not y.size:
        return y
    # Less the gradient at one that is most of its row: what rounding would lose in grad - sum(y grad) stays.
    at = np.where(y > 0.5, grad, -np.inf).max(axis=-1, keepdims=True)
    h = grad - np.where(at > -np.inf, at, 0)
    dx: NDArray[np.float64] = y * (h - (y * h).sum(axis=-1, keepdims=True)) / temperature
    return dx


def log_softmax_backward(grad: NDArray[np.float64], y: NDArray[np.float64], temperature: Any) -> NDArray[np.float64]:
    dx: NDArray[np.float64] = (grad - np.exp(y) * grad.sum(axis=-1, keepdims=True)) / temperature
    return dx


def logsumexp_backward(grad: NDArray[np.float64], x: NDArray[np.float64], temperature: Any) -> NDArray[np.float64]:
    dx: NDArray[np.float64] = grad * softmax(x, temperature) / temperature
    return dx


def sparsemax_backward(grad: NDArray[np.float64], y: NDArray[np.float64], temperature: Any) -> NDArray[np.float64]:
    support = y > 0.0
    mean = np.where(support, grad, 0.0).sum(-1, keepdims=True) / np.maximum(
        np.count_nonzero(support, -1, keepdims=True), 1
    )
    dx: NDArray[np.float64] = np.where(support, grad - mean, 0.0)
    dx[np.isnan(y).any(axis=-1)] = np.nan
    return dx


def hardmax_backward(grad: NDArray[np.float64], y: NDArray[np.float64], temperature: Any) -> NDArray[np.float64]:
    dx: NDArray[np.float64] = np.where(np.isnan(y), np.nan, 0.0)
    return dx


FORWARD = {"softmax": softmax, "log_softmax": log_softmax, "logsumexp": logsumexp}
BACKWARD = {
    "softmax_backward": softmax_backward,
    "log_softmax_backward": log_softmax_backward,
    "logsumexp_backward": logsumexp_backward,
    "hardmax_backward": hardmax_backward,
    "sparsemax_backward": sparsemax_backward,
}


# -- Rows with options -------------------------------------------------------------------------------------------------


def staged(
    kind: str,
    axes: int,
    x: NDArray[Any],
    grad: NDArray[Any] | None,
    out: NDArray[Any],
    sign: NDArray[Any] | None,
    bias: NDArray[Any] | None,
    weights: NDArray[Any] | None,
    keep: NDArray[Any] | None,
    temperature: Any,
    sink: NDArray[Any] | None,
    lengths: NDArray[Any] | None,
    prefix: NDArray[Any] | None,
    negate: bool,
    softcap: float,
    flip: bool,
) -> None:
    """A row function with options.  x has its `axes` axes last; whatever else is an array has as many dimensions and
    broadcasts to x (temperature, sink, lengths, prefix: one number a row)."""
    shape = x.shape
    outer = shape[: len(shape) - axes]
    n = int(np.prod(shape[len(shape) - axes :]))

    def entries(a: NDArray[Any], dtype: Any = np.float64) -> NDArray[Any]:
        return np.array(np.broadcast_to(a, shape).reshape((*outer, n)), dtype, order="C")

    def number(a: NDArray[Any]) -> NDArray[Any]:
        return np.broadcast_to(a, outer + (1,) * axes).reshape((*outer, 1))

    with np.errstate(all="ignore"):
        kept = np.ones((*outer, n), np.bool_) if keep is None else entries(keep, np.bool_) != flip
        for limit in (lengths, prefix):
            if limit is not None:
                kept &= np.arange(n) < number(limit)
        heat = temperature if isinstance(temperature, float) else number(temperature)
        z = entries(x)
        reduced = kind in ("logsumexp_backward", "logsumexp_weighted_backward")
        g: Any = None if grad is None else number(grad).astype(np.float64) if reduced else entries(grad)
        log = kind == "log_softmax"
        if kind.endswith("max_backward"):
            z, g = np.where(kept, z, 0.0), np.where(kept, -g if negate else g, 0.0)
            if sink is not None:
                z = np.concatenate([z, np.maximum(1.0 - z.sum(-1, keepdims=True), 0.0)], -1)
                g = np.concatenate([g, np.zeros((*outer, 1))], -1)
            answer = BACKWARD[kind](g, z, heat)
        else:
            z, inner = -z if negate else z, heat
            if softcap or bias is not None or sink is not None or weights is not None:
                z, inner = z / heat, 1.0
            if softcap and softcap < np.inf:
                z = softcap * np.tanh(z / softcap)
            if bias is not None:
                z = z + entries(bias)
            w = kept.astype(np.float64) if weights is None else np.where(kept, entries(weights), 0.0)
            z[w == 0.0] = -np.inf
            if sink is not None:
                z = np.concatenate([z, number(sink)], -1)
                w = np.concatenate([w, np.ones((*outer, 1))], -1)
            if kind in ("hardmax", "sparsemax"):
                answer = hardmax(z, kept) if kind == "hardmax" else sparsemax(z)
            elif kind.startswith("logsumexp_weighted"):
                answer, signs, share = weighted(z, w)
                if sign is not None:
                    sign[...] = signs.reshape(sign.shape)
                elif g is None:
                    answer[signs < 0] = np.nan
                if g is not None:
                    answer = g * share / heat
                    kept &= w[..., :n] != 0.0
            elif kind == "logsumexp_backward":
                answer = g * softmax(z, inner) / heat
            else:
                answer = FORWARD[kind](z, inner)
                if sign is not None:
                    sign[...] = np.where(np.isnan(answer), np.nan, answer != -np.inf).reshape(sign.shape)
        if answer.shape[-1] != 1 or kind not in ("logsumexp", "logsumexp_weighted"):
            answer = np.where(kept, answer[..., :n], -np.inf if log else 0.0)
        out[...] = answer.reshape(out.shape)


def hardmax(z: NDArray[np.float64], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    answer = np.zeros_like(z)
    if z.size:
        first = np.where(kept, z, -np.inf) == z.max(axis=-1, keepdims=True)
        np.put_along_axis(answer, (first & kept).argmax(axis=-1, keepdims=True), 1.0, axis=-1)
    answer[np.isnan(z).any(axis=-1)] = np.nan
    return answer


def sparsemax(z: NDArray[np.float64]) -> NDArray[np.float64]:
    if not z.size:
        return z
    top = z.max(axis=-1, keepdims=True)
    d = np.where(z == top, 0.0, z - top)
    falling = -np.sort(-d, axis=-1)
    sums = np.where(np.isfinite(falling), falling, 0.0).cumsum(axis=-1)
    count = np.arange(1, z.shape[-1] + 1)
    k = np.count_nonzero(1.0 + count * falling > sums, axis=-1, keepdims=True)
    tau = (np.take_along_axis(sums, k - 1, axis=-1) - 1.0) / k
    answer: NDArray[np.float64] = np.maximum(d - tau, 0.0)
    answer[lost(z, top)[..., 0]] = np.nan
    return answer


def weighted(
    z: NDArray[np.float64], w: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The logarithm of the size of sum(w e^z), its sign, and the shares of the entries in it."""
    if not z.shape[-1]:
        return np.full((*z.shape[:-1], 1), -np.inf), np.zeros((*z.shape[:-1], 1)), z
    place = np.where(np.isnan(z), np.inf, z).argmax(axis=-1, keepdims=True)
    top, first = np.take_along_axis(z, place, -1), np.take_along_axis(w, place, -1)
    e = np.where(w == 0.0, 0.0, w * np.exp(np.where(z == top, 0.0, z - top)))
    np.put_along_axis(e, place, 0.0, axis=-1)
    rest = e.sum(axis=-1, keepdims=True)
    total = first + rest
    near = (np.abs(rest) < 0.5 * np.abs(first)) & np.isfinite(first)
    value = np.where(near, np.log(np.abs(first)) + np.log1p(rest / first), np.log(np.abs(total)))
    value = np.where(total == 0.0, -np.inf, top + value)
    signs = np.sign(total)
    infinite = top == np.inf
    plus = ((z == np.inf) & (w > 0)).any(-1, keepdims=True)
    minus = ((z == np.inf) & (w < 0)).any(-1, keepdims=True)
    value = np.where(infinite, np.where(plus & minus, np.nan, np.inf), value)
    signs = np.where(infinite, np.where(plus & minus, np.nan, np.where(minus, -1.0, 1.0)), signs)
    empty = top == -np.inf
    bad = (np.isnan(z) | np.isnan(w)).any(-1, keepdims=True)
    value = np.where(bad, np.nan, np.where(empty, -np.inf, value))
    np.put_along_axis(e, place, first, axis=-1)
    single = np.where(np.count_nonzero(z == np.inf, axis=-1, keepdims=True) == 1, z == np.inf, np.nan)
    share = np.where(bad | empty, np.nan, np.where(infinite, single, e / total))
    return value, np.where(bad, np.nan, np.where(empty, 0.0, signs)), share
