"""The row functions: from the arguments of a call to rows, and back.

Two ways lead to the backend.  `backend.rows(kind, x, grad, out, temperature)` works over axis 1 of C-contiguous,
aligned, native arrays [outer][n][inner] of float32 or float64; where logsumexp has one number for a row, axis 1 has
length 1.  `backend.staged(...)` takes arrays of any strides, their axes last, and the options (masks, bias, sink,
temperatures, ...).  In both `out` may lie exactly as `x` or as `grad` does, and shares no memory with them otherwise.
"""

from __future__ import annotations

import sys
from math import inf, prod
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ._front import FLOAT64, as_array, as_number, check_dtype, check_out, float_dtype, number_dtype, overrides
from ._record import Record

if TYPE_CHECKING:
    from inspect import Signature

    from numpy.typing import NDArray

    Axes = tuple[int, ...]


# The largest errors in ULP; of logsumexp, in units of the larger of the result and the largest entry.
MAX_ULP = {"float32": 2.0, "float64": 4.0}


# What a call may say beside axis, out and dtype, with the defaults.
MASKS: dict[str, Any] = {"where": None, "lengths": None, "causal": False, "offset": None}
OPTIONS: dict[str, Any] = {"temperature": 1.0, "softcap": None, "bias": None, **MASKS, "sink": None}
BACKWARD: dict[str, Any] = {"temperature": 1.0, **MASKS, "sink": None}


class Row(Record):
    """A row function: its name, its other spellings and its formula."""

    name: str
    aliases: tuple[str, ...]
    summary: str
    formula: str
    gradient: str
    options: dict[str, Any] = OPTIONS
    backward_options: dict[str, Any] = BACKWARD
    # What backward takes beside the gradient, and whether a row gives one number.
    saved: str = "y"
    reduces: bool = False
    # Largest errors, where they are not those above.
    max_ulp: dict[str, float] = MAX_ULP


ROWS = (
    Row(
        "softmax",
        ("Softmax",),
        "Probabilities from logits, along an axis.",
        "e^(z_i - m) / sum_j e^(z_j - m), z = x / temperature, m = max z",
        "y * (grad - sum_j y_j grad_j) / temperature",
    ),
    Row(
        "log_softmax",
        ("LogSoftmax", "logsoftmax"),
        "The logarithm of softmax, accurate at the largest entry too.",
        "z_i - m - log1p(sum_(j != k) e^(z_j - m)), z = x / temperature, m = z_k = max z",
        "(grad - e^y * sum_j grad_j) / temperature",
    ),
    Row(
        "softmin",
        ("Softmin",),
        "softmax of -x: the smallest entries have the largest shares.",
        "e^(z_i - m) / sum_j e^(z_j - m), z = -x / temperature, m = max z",
        "-y * (grad - sum_j y_j grad_j) / temperature",
    ),
    Row(
        "hardmax",
        ("Hardmax",),
        "1 at the first largest entry, 0 elsewhere, along an axis.",
        "1 if i is the first k with x_k = max x, else 0",
        "0",
        {"where": None},
        {"where": None},
        max_ulp={"float32": 0.0, "float64": 0.0},
    ),
    Row(
        "sparsemax",
        ("Sparsemax",),
        "The nearest probabilities to x, many of them 0, along an axis.",
        "max(x_i - tau, 0), tau such that the row sums to 1",
        "grad - mean of grad over the entries with y > 0; 0 where y = 0",
        {"where": None},
        {"where": None},
    ),
    Row(
        "logsumexp",
        ("log_sum_exp", "ReduceLogSumExp"),
        "The logarithm of the sum of the exponentials, along an axis.",
        "m + log1p(sum_(j != k) e^(z_j - m)), z = x / temperature, m = z_k = max z",
        "grad * softmax(x) / temperature",
        {"keepdims": False, **OPTIONS, "b": None, "return_sign": False},
        {**OPTIONS, "b": None},
        "x",
        True,
    ),
)


class Layout(Record):
    """How the rows along `axes` lie: transposed by `order`, the array is [outer][n][inner]."""

    shape: tuple[int, ...]
    axes: Axes
    order: tuple[int, ...]
    outer: int
    n: int
    inner: int

    def kept(self) -> tuple[int, ...]:
        return tuple(1 if k in self.axes else length for k, length in enumerate(self.shape))

    def to_rows(self, a: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
        """The array as rows (or as one number for each row), itself where it lies so, else a copy."""
        cube = (self.outer, prod(a.shape[k] for k in self.axes), self.inner)
        a = np.ascontiguousarray(np.asarray(a).transpose(self.order), dtype=dtype)
        a = a if a.flags.aligned else a.copy()
        return a.reshape(cube)

    def from_rows(self, rows: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
        """The reverse: a view of the rows with this shape."""
        inverse = sorted(range(len(self.order)), key=self.order.__getitem__)
        return rows.reshape([shape[k] for k in self.order]).transpose(inverse)


def layout(x: NDArray[Any], axes: Axes) -> Layout:
    dimensions = range(x.ndim)
    if len(axes) == 1 and x.flags.c_contiguous:
        shape, k = x.shape, axes[0]
        return Layout(shape, axes, tuple(dimensions), prod(shape[:k]), shape[k], prod(shape[k + 1 :]))
    order = list(dimensions)
    if not x.flags.c_contiguous:  # in the order of memory: what a transposed array needs no copy for
        order.sort(key=lambda k: -abs(x.strides[k]))
    first = order.index(axes[0]) if axes else len(order)
    if tuple(order[first : first + len(axes)]) != axes:
        order = [k for k in dimensions if k not in axes] + list(axes)
        first = len(order) - len(axes)
    lengths = [x.shape[k] for k in order]
    last = first + len(axes)
    return Layout(x.shape, axes, tuple(order), prod(lengths[:first]), prod(lengths[first:last]), prod(lengths[last:]))


class Options(Record):
    """The options of a call as arrays with as many dimensions as x; what is None is not given."""

    bias: NDArray[Any] | None
    weights: NDArray[Any] | None
    softcap: float  # 0: none
    temperature: Any  # a float, or an array in float64
    sink: NDArray[Any] | None
    keep: NDArray[Any] | None
    flip: bool  # `keep` says what is dropped
    lengths: NDArray[Any] | None
    prefix: NDArray[Any] | None

    @property
    def plain(self) -> bool:
        """Nothing but a temperature for all."""
        arrays = (self.bias, self.weights, self.sink, self.keep, self.lengths, self.prefix)
        return self.softcap == 0.0 and isinstance(self.temperature, float) and all(a is None for a in arrays)


PLAIN = Options(None, None, 0.0, 1.0, None, None, False, None, None)

# The functions with loops over rows that lie one after the other.
LOOPS = frozenset({"softmax", "log_softmax", "logsumexp"})
ROW_NUMBERS = "broadcasts to {}, one number for each row"


class RowFront:
    """The slow path of a row function or of its backward: the part that both share."""

    __slots__ = ("backend", "inputs", "known", "label", "reduces", "row")

    def __init__(self, row: Row, label: str, inputs: tuple[str, ...], backend: Any) -> None:
        self.row, self.label, self.backend = row, label, backend
        self.inputs = inputs
        self.known = row.options if len(inputs) == 1 else row.backward_options
        self.reduces = row.reduces

    def __call__(self, *args: Any, **named: Any) -> Any:
        raise NotImplementedError

    def max_ulp(self) -> dict[str, float]:
        stated = self.row.max_ulp
        return dict(getattr(self.backend, "MAX_ULP", stated) if stated is MAX_ULP else stated)

    def docstring(self) -> str:
        row, forward = self.row, len(self.inputs) == 1
        return DOCSTRING.format(
            summary=row.summary if forward else f"The gradient of {row.name} with respect to x.",
            formula=row.formula if forward else row.gradient,
            inputs=f"{'x' if forward else GRAD + row.saved} : array_like",
            options="".join(f"{name} : {TEXTS[name]}\n" for name in self.known),
            returns=f"{'y' if forward else 'dx'} : ndarray{', or two of them' if 'return_sign' in self.known else ''}",
            notes=notes(row, forward),
        )

    def signature(self) -> Signature:
        from inspect import Parameter, Signature

        one, named = Parameter.POSITIONAL_ONLY, Parameter.KEYWORD_ONLY
        parameters = [Parameter(name, one) for name in self.inputs]
        parameters.append(Parameter("axis", Parameter.POSITIONAL_OR_KEYWORD, default=-1))
        options = self.known | {"out": None, "dtype": None}
        parameters += [Parameter(name, named, default=default) for name, default in options.items()]
        return Signature(parameters, __validate_parameters__=False)

    # -- Arguments ---------------------------------------------------------------------------------------------------

    def axes(self, axis: Any, ndim: int) -> Axes:
        """The axes, ascending.  A 0-d array is a row of one."""
        if type(axis) is int and -ndim <= axis < ndim:
            return (axis % ndim,)
        if axis is None:
            return tuple(range(max(ndim, 1)))
        try:
            axis = tuple(map(index, axis)) if isinstance(axis, (tuple, list)) else index(axis)
        except TypeError:
            raise TypeError(f"{self.label}: axis is {axis!r}; expected an int, a tuple of ints or None.") from None
        try:
            return tuple(sorted(normalize_axis_tuple(axis, max(ndim, 1), self.label)))
        except np.exceptions.AxisError:
            raise
        except OverflowError:
            raise ValueError(f"{self.label}: axis is a number far beyond the {ndim} dimensions of x.") from None
        except ValueError:
            raise ValueError(f"{self.label}: axis {axis} names one axis twice.") from None

    def temperature(self, value: Any) -> Any:
        """A float, or an array in float64; positive and finite."""
        if type(value) is float and 0.0 < value < inf:
            return value
        if value is None or isinstance(value, (str, bytes)):
            raise TypeError(f"{self.label}: temperature is {value!r}; expected a number or an array.")
        array = as_array(self.label, "temperature", value).astype(FLOAT64)
        if array.ndim == 0:
            if not 0.0 < array < inf:
                raise ValueError(f"{self.label}: temperature is {float(array):g}; it must be positive and finite.")
            return float(array)
        if not np.all((array > 0.0) & (array < inf)):
            raise ValueError(f"{self.label}: temperature has entries that are not positive and finite.")
        return array

    def array(self, name: str, value: Any) -> NDArray[Any]:
        if overrides(self.label, name, value):
            raise TypeError(
                f"{self.label}: {name} is of type {type(value).__name__}; expected an array. Give its values, "
                f"or apply the function through its library, as with xarray.apply_ufunc(..., input_core_dims=...)."
            )
        return as_array(self.label, name, value)

    def check_out(self, out: Any, shape: tuple[int, ...], result: np.dtype[Any]) -> Any:
        if isinstance(out, tuple) and len(out) == 1:
            out = out[0]
        if out is not None:
            check_out(self.label, out, result, "same_kind")
            if out.shape != shape:
                raise ValueError(
                    f"{self.label}: out has shape {out.shape}, but the result has shape {shape}. "
                    f"Pass an out of that shape."
                )
        return out

    # -- The work ----------------------------------------------------------------------------------------------------

    def run(
        self,
        kind: str,
        plan: Layout,
        x: NDArray[Any],
        grad: NDArray[Any] | None,
        shape: tuple[int, ...],
        loop: np.dtype[Any],
        temperature: float,
        out: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """Brings the rows in, runs the kernel, and brings them back: in `out` itself if it lies as the rows do."""
        x3 = plan.to_rows(x, loop)
        g3 = None if grad is None else plan.to_rows(grad, loop)
        cube = (plan.outer, prod(shape[k] for k in plan.axes), plan.inner)
        if out is not None and type(out) is np.ndarray and out.dtype == loop and out.flags.aligned:
            o = out.transpose(plan.order)
            if o.flags.c_contiguous and all(
                same_place(o, a) or not np.may_share_memory(o, a) for a in (x3, g3) if a is not None
            ):
                self.backend.rows(kind, x3, g3, o.reshape(cube), temperature)
                return out
        o3 = self.empty(cube, loop)
        self.backend.rows(kind, x3, g3, o3, temperature)
        return plan.from_rows(o3, shape)

    def empty(self, shape: tuple[int, ...], loop: np.dtype[Any]) -> Any:
        return self.backend.pooled(prod(shape) * loop.itemsize, np.empty, shape, loop)

    def finish(
        self, result: NDArray[Any], out: Any, dtype: np.dtype[Any], mask: Any, like: Any, final: tuple[int, ...]
    ) -> Any:
        if mask is not None:
            result = np.ma.masked_array(result, mask=mask)
        if out is not None:
            if result is not out:
                with np.errstate(all="ignore"):
                    if mask is not None and isinstance(out, np.ma.MaskedArray):
                        out[...] = result.reshape(final)
                    else:
                        np.copyto(out, np.asarray(result).reshape(final), casting="unsafe")
            return out
        with np.errstate(all="ignore"):
            result = result.astype(dtype, copy=False).reshape(final)
        if mask is not None:
            return result[()]
        if type(like) is not np.ndarray and hasattr(like, "__array_wrap__") and not isinstance(like, np.generic):
            return like.__array_wrap__(result)
        return result[()] if result.ndim == 0 else result

    def result_dtype(self, arrays: list[Any], dtype: Any) -> np.dtype[Any]:
        """That of the arrays together; Python numbers are weak."""
        if dtype is not None:
            return check_dtype(self.label, dtype)
        return float_dtype([a.dtype for a in arrays if isinstance(a, np.ndarray)])

    # -- Options -----------------------------------------------------------------------------------------------------

    def check_names(self, named: dict[str, Any]) -> None:
        for name in named:
            if name not in self.known:
                raise TypeError(
                    f"{self.label}() got an unknown argument {name!r}: by name it takes axis, "
                    f"{', '.join(self.known)}, out, dtype."
                )

    def operand(self, name: str, value: Any) -> Any:
        """An array that takes part in the arithmetic of the entries; a number stays one, and decides no dtype."""
        if value is None:
            return None
        if isinstance(value, (bool, int, float, np.integer, np.floating, np.bool_)):
            return as_number(self.label, name, value)
        return np.asarray(self.array(name, value))

    def meet(self, x: NDArray[Any], b: Any) -> NDArray[Any]:
        """x as wide as its weights make it; shapes that do not meet are for `options` to refuse."""
        try:
            return x if np.ndim(b) == 0 else np.broadcast_to(x, np.broadcast_shapes(x.shape, b.shape))
        except ValueError:
            return x

    def options(
        self,
        x: NDArray[Any],
        plan: Layout,
        named: dict[str, Any],
        mask: NDArray[Any] | None,
        loop: np.dtype[Any],
        extra: list[Any],
    ) -> Options:
        """What the call says, checked, as arrays with as many dimensions as x."""
        if not named and mask is None:
            return PLAIN
        bias, weights = (
            None
            if value is None
            else self.spread(name, np.asarray(value), x.shape, "broadcasts to {}").astype(loop, copy=False)
            for name, value in zip(("bias", "b"), extra, strict=True)
        )
        get = named.get
        softcap = 0.0 if get("softcap") is None else self.softcap(get("softcap"))
        temperature = self.temperature(get("temperature", 1.0))
        if type(temperature) is not float:
            temperature = self.spread("temperature", temperature, plan.kept(), ROW_NUMBERS)
        sink = None if get("sink") is None else self.sink(get("sink"), plan)
        keep, flip = self.mask(get("where"), x, mask)
        lengths = None if get("lengths") is None else self.lengths(get("lengths"), plan)
        causal, offset = get("causal", False), get("offset")
        prefix = None if causal is False and offset is None else self.prefix(causal, offset, plan)
        return Options(bias, weights, softcap, temperature, sink, keep, flip, lengths, prefix)

    def softcap(self, value: Any) -> float:
        if not isinstance(value, (int, float, np.number, np.ndarray)) or np.ndim(value) != 0:
            raise TypeError(f"{self.label}: softcap is {value!r}; expected a number or None.")
        number = as_number(self.label, "softcap", value)
        if not number > 0.0:
            raise ValueError(f"{self.label}: softcap is {number:g}; it must be positive.")
        return number

    def sink(self, value: Any, plan: Layout) -> NDArray[Any]:
        sink = np.asarray(self.array("sink", value)).astype(FLOAT64, copy=False)
        if sink.ndim == 0 and np.isnan(sink):
            raise ValueError(f"{self.label}: sink is nan; expected a number.")
        return self.spread("sink", sink, plan.kept(), ROW_NUMBERS)

    def spread(self, name: str, value: NDArray[Any], shape: tuple[int, ...], expected: str) -> NDArray[Any]:
        """With as many dimensions as `shape`, to which it broadcasts."""
        ahead = len(shape) - value.ndim
        fits = ahead >= 0 and all(n in (1, want) for n, want in zip(value.shape, shape[ahead:], strict=True))
        if not fits and (value.ndim or not shape):
            raise ValueError(
                f"{self.label}: {name} has shape {value.shape}; expected a number, or an array that "
                f"{expected.format(shape)}."
            )
        return value.reshape((1,) * ahead + value.shape)

    def mask(self, where: Any, x: NDArray[Any], masked: NDArray[Any] | None) -> tuple[NDArray[Any] | None, bool]:
        """(what is kept, whether it is rather what is dropped); a masked array drops what it masks."""
        if where is None or where is True:
            return (None, False) if masked is None else (masked.reshape(x.shape), True)
        where = self.array("where", where)
        if where.dtype != np.bool_:
            raise TypeError(f"{self.label}: where has dtype {where.dtype}; expected bool, True where an entry is kept.")
        where = self.spread("where", np.asarray(where), x.shape, "broadcasts to {}")
        return (where, False) if masked is None else (where & ~masked.reshape(x.shape), False)

    def lengths(self, value: Any, plan: Layout) -> NDArray[Any]:
        """One int for each row: in the shape of x without its axes, or with them kept."""
        lengths = np.asarray(self.array("lengths", value))
        if lengths.dtype.kind not in "iu":
            raise TypeError(f"{self.label}: lengths has dtype {lengths.dtype}; expected integers, one for each row.")
        dropped = tuple(n for k, n in enumerate(plan.shape) if k not in plan.axes)
        ahead = len(dropped) - lengths.ndim
        if ahead >= 0 and all(n in (1, want) for n, want in zip(lengths.shape, dropped[ahead:], strict=True)):
            lengths = np.expand_dims(lengths.reshape((1,) * ahead + lengths.shape), plan.axes)
        else:
            lengths = self.spread("lengths", lengths, plan.kept(), f"broadcasts to {dropped}, one int for each row")
        if lengths.size and (lengths.min() < 0 or lengths.max() > plan.n):
            raise ValueError(f"{self.label}: lengths has entries outside 0 to {plan.n}, the length of a row.")
        return lengths.astype(np.int64, copy=False)

    def prefix(self, causal: Any, offset: Any, plan: Layout) -> NDArray[Any] | None:
        """How many keys each query sees."""
        if not isinstance(causal, (bool, np.bool_)):
            raise TypeError(f"{self.label}: causal is {causal!r}; expected True or False.")
        if not causal:
            if offset is not None:
                raise ValueError(f"{self.label}: offset is given without causal=True.")
            return None
        ndim = len(plan.shape)
        if ndim < 2 or plan.axes != (ndim - 1,):
            raise ValueError(
                f"{self.label}: causal=True takes axis=-1 of an array with queries along axis -2; "
                f"x has shape {plan.shape} and axis is {plan.axes[0] if len(plan.axes) == 1 else plan.axes}."
            )
        queries, keys = plan.shape[-2:]
        try:
            offset = keys - queries if offset is None else index(offset)
        except TypeError:
            raise TypeError(f"{self.label}: offset is {offset!r}; expected an int or None.") from None
        first = min(max(offset, -queries), keys) + 1
        seen = np.arange(first, first + queries, dtype=np.int64).clip(0, keys)
        return seen.reshape((1,) * (ndim - 2) + (queries, 1))

    # -- Rows of any strides, with options ---------------------------------------------------------------------------

    def fits(
        self, x: NDArray[Any], plan: Layout, loop: np.dtype[Any], out: Any, grad: NDArray[Any] | None = None
    ) -> bool:
        """Whether the loops take the arrays as they lie, or after a change of dtype, with which they are copied."""
        if type(out) is np.ndarray and out.dtype == loop and not out.transpose(plan.order).flags.c_contiguous:
            return False
        whole = x.dtype != loop or (x.flags.aligned and x.transpose(plan.order).flags.c_contiguous)
        if grad is None or not whole or grad.dtype != loop:
            return whole
        return bool(grad.flags.aligned and grad.transpose(plan.order).flags.c_contiguous)

    def stage(
        self,
        name: str,
        plan: Layout,
        x: NDArray[Any],
        grad: NDArray[Any] | None,
        shape: tuple[int, ...],
        loop: np.dtype[Any],
        options: Options,
        out: NDArray[Any] | None = None,
        sign: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        x = native(x, loop)
        grad = grad if grad is None else native(grad, loop)
        others = [options.bias, options.weights, options.keep, options.temperature, options.sink, options.lengths]
        if out is not None and type(out) is np.ndarray and out.dtype == loop and out.flags.aligned:
            x, grad, *others = (
                a if a is None or type(a) is float or not np.may_share_memory(a, out) or alike(a, out) else a.copy()
                for a in (x, grad, *others)
            )
        else:
            if self.reduces and grad is None:
                out = self.empty(shape, loop)
            else:
                out = self.backend.pooled(x.nbytes, np.empty_like, x, subok=False)
        view, prefix = out, options.prefix
        # The axes last; the others in the order of memory.
        order = [k for k in range(x.ndim) if k not in plan.axes]
        if not x.flags.c_contiguous:
            order.sort(key=lambda k: -abs(x.strides[k]))
        order += plan.axes
        if order != list(range(x.ndim)):
            x, grad, view, sign, prefix, *others = (
                a.transpose(order) if isinstance(a, np.ndarray) else a for a in (x, grad, out, sign, prefix, *others)
            )
        bias, weights, keep, temperature, sink, lengths = others
        kind, negate = name, name.startswith("softmin")
        if negate:
            kind = name.replace("softmin", "softmax")
        elif weights is not None:
            kind = name.replace("logsumexp", "logsumexp_weighted")
        elif name == "log_softmax_backward":
            sink = None  # its share is no part of the result
        self.backend.staged(
            kind, len(plan.axes), x, grad, view, sign, bias, weights, keep, temperature, sink, lengths, prefix,
            negate, options.softcap, options.flip,
        )  # fmt: skip
        return out

    def gradient(self, grad: NDArray[Any], x: NDArray[Any], plan: Layout) -> NDArray[Any]:
        """The gradient in the shape of the result, with the axes kept."""
        want = plan.kept() if self.reduces else x.shape
        dropped = tuple(length for k, length in enumerate(x.shape) if k not in plan.axes)
        if self.reduces and grad.shape == dropped:
            return np.asarray(grad).reshape(want)
        try:
            return np.broadcast_to(np.asarray(grad), want)
        except ValueError:
            expected = f"{dropped} or {want}" if self.reduces else f"{want}"
            raise ValueError(f"{self.label}: grad has shape {grad.shape}; expected {expected}.") from None

    # -- Other libraries ---------------------------------------------------------------------------------------------

    def foreign(
        self, library: str, arrays: tuple[Any, ...], axis: Any, out: Any, dtype: Any, named: dict[str, Any]
    ) -> Any:
        last = arrays[-1]
        if out is not None:
            raise TypeError(f"{self.label}: out= is not taken with {library} objects. Leave it out.")
        if library == "pandas":
            named = {k: np.asarray(v) if library_of(v) == "pandas" else v for k, v in named.items()}
            values = self(*map(np.asarray, arrays), axis=axis, dtype=dtype, **named)
            if isinstance(values, tuple) or values.shape != getattr(last, "shape", None):
                return values
            if hasattr(last, "columns"):
                return type(last)(values, index=last.index, columns=last.columns)
            return type(last)(values, index=last.index, name=last.name)
        axes = self.axes(axis, last.ndim)
        for array in arrays:
            blocks = getattr(array, "numblocks", (1,) * last.ndim)
            if len(blocks) != last.ndim or any(blocks[k] != 1 for k in axes if k < len(blocks)):
                raise ValueError(
                    f"{self.label}: axis {axis} of the dask array is cut into several chunks, and a row must be in "
                    f"one. Rechunk it first, for example x.rechunk({{{axes[0]}: -1}})."
                )
        if named.get("return_sign"):
            raise TypeError(f"{self.label}: return_sign=True is not taken with dask arrays.")
        more: dict[str, Any] = {}
        if self.reduces and len(arrays) == 1:
            if named.get("keepdims"):
                more["chunks"] = tuple((1,) if k in axes else c for k, c in enumerate(last.chunks))
            else:
                more["drop_axis"] = list(axes)
        named, cut = self.cut(last, axes, named)
        dtypes = [a.dtype for a in (*arrays, *(a for k, a in cut.items() if k in ("bias", "b")))]
        result = float_dtype(dtypes) if dtype is None else check_dtype(self.label, dtype)
        names, count = tuple(cut), len(arrays)

        def block(*blocks: Any) -> Any:
            return self(
                *blocks[:count], axis=axes, dtype=result, **named, **dict(zip(names, blocks[count:], strict=True))
            )

        block.__name__ = self.label
        return sys.modules["dask.array"].map_blocks(
            block, *arrays, *cut.values(), meta=np.empty((0,) * last.ndim, result), **more
        )

    def cut(self, x: Any, axes: Axes, named: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """(options for every block, options that are cut as the dask array is)."""
        da = sys.modules["dask.array"]
        named = dict(named)
        plan = Layout(x.shape, axes, (), 0, prod(x.shape[k] for k in axes), 0)
        kept = tuple((1,) if k in axes else c for k, c in enumerate(x.chunks))
        prefix = self.prefix(named.pop("causal", False), named.pop("offset", None), plan)
        lengths = named.pop("lengths", None)
        if lengths is not None or prefix is not None:
            lengths = self.lengths(plan.n if lengths is None else lengths, plan)
            named["lengths"] = lengths if prefix is None else np.minimum(lengths, prefix)
        cut = {}
        for name in ("temperature", "sink", "lengths", "where", "bias", "b"):
            value = named.get(name)
            if value is None or np.ndim(value) == 0:
                continue
            del named[name]
            chunks = x.chunks if name in ("where", "bias", "b") else kept
            shape = tuple(map(sum, chunks))
            value = value if library_of(value) == "dask" else np.asarray(value)
            self.spread(name, np.empty(value.shape, np.bool_), shape, "broadcasts to {}")
            cut[name] = da.broadcast_to(da.asarray(value), shape).rechunk(chunks)
        return named, cut


class Forward(RowFront):
    def __call__(self, x: Any, /, axis: Any = -1, *, out: Any = None, dtype: Any = None, **named: Any) -> Any:
        self.check_names(named)
        library = library_of(x)
        if library:
            return self.foreign(library, (x,), axis, out, dtype, named)
        like = x
        x, mask = unmask(self.array("x", x))
        extra = [self.operand(name, named.get(name)) for name in ("bias", "b")] if named else [None, None]
        if mask is None:
            x = self.meet(x, extra[1])
        axes = self.axes(axis, x.ndim)
        result = self.result_dtype([x, *extra], dtype)
        loop = number_dtype(result)
        true_shape = x.shape
        x = x.reshape(1) if x.ndim == 0 else x
        plan = layout(x, axes)
        shape = plan.kept() if self.reduces else x.shape
        final = shape if true_shape else true_shape
        keepdims, return_sign = named.get("keepdims", False), named.get("return_sign", False)
        if self.reduces and not keepdims:
            final = tuple(length for k, length in enumerate(x.shape) if k not in axes)
        if return_sign and out is not None:
            raise TypeError(f"{self.label}: out is not taken with return_sign=True. Leave it out.")
        out = self.check_out(out, final, result)
        options = self.options(x, plan, named, mask, loop, extra)
        if mask is not None:
            mask = mask.reshape(x.shape)
            mask = np.all(mask, axis=axes, keepdims=True) if self.reduces else mask
        # What is written into directly has the shape of the rows.
        direct = out.reshape(shape) if type(out) is np.ndarray and out.flags.c_contiguous else out
        direct = direct if direct is not None and direct.shape == shape and mask is None else None
        if options.plain and not return_sign and self.row.name in LOOPS and self.fits(x, plan, loop, direct):
            answer = self.run(self.row.name, plan, x, None, shape, loop, options.temperature, direct)
        else:
            sign = np.empty(shape, loop) if return_sign else None
            answer = self.stage(self.row.name, plan, x, None, shape, loop, options, direct, sign)
            if sign is not None:
                dressed = [self.finish(a, None, result, mask, like, final) for a in (answer, sign)]
                return tuple(dressed)
        return out if answer is direct else self.finish(answer, out, result, mask, like, final)


class Backward(RowFront):
    def __call__(
        self, grad: Any, saved: Any, /, axis: Any = -1, *, out: Any = None, dtype: Any = None, **named: Any
    ) -> Any:
        self.check_names(named)
        library = library_of(saved) or library_of(grad)
        if library:
            return self.foreign(library, (grad, saved), axis, out, dtype, named)
        name = self.row.saved
        like = saved
        x, mask = unmask(self.array(name, saved))
        g, grad_mask = unmask(self.array("grad", grad))
        if grad_mask is not None:
            g = np.where(grad_mask, g.dtype.type(0), g)
        axes = self.axes(axis, x.ndim)
        extra = [self.operand(name, named.get(name)) for name in ("bias", "b")]
        result = self.result_dtype([g, x, *extra], dtype)
        loop = number_dtype(result)
        final = x.shape
        x = x.reshape(1) if x.ndim == 0 else x
        plan = layout(x, axes)
        g = self.gradient(g, x, plan)
        out = self.check_out(out, final, result)
        options = self.options(x, plan, named, mask, loop, extra)
        if mask is not None:
            mask = mask.reshape(x.shape)
        if grad_mask is not None and not self.reduces:
            grad_mask = np.broadcast_to(grad_mask, x.shape)
            mask = grad_mask if mask is None else mask | grad_mask
        kind = f"{self.row.name}_backward"
        direct = out if out is not None and out.ndim and mask is None else None
        if options.plain and self.row.name in LOOPS and self.fits(x, plan, loop, direct, g):
            answer = self.run(kind, plan, x, g, x.shape, loop, options.temperature, direct)
        else:
            answer = self.stage(kind, plan, x, g, x.shape, loop, options, direct)
        return out if answer is direct else self.finish(answer, out, result, mask, like, final)


def same_place(a: NDArray[Any], b: NDArray[Any]) -> bool:
    same = a.__array_interface__["data"][0] == b.__array_interface__["data"][0]
    return bool(same and a.nbytes == b.nbytes)


def alike(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Whether two arrays are the same memory in the same order."""
    return a is b or (same_place(a, b) and a.strides == b.strides and a.shape == b.shape)


def native(a: NDArray[Any], loop: np.dtype[Any]) -> NDArray[Any]:
    """An array in the machine's `loop` dtype, aligned: itself where it is so, else a copy."""
    a = np.asarray(a).astype(loop, copy=False)
    return a if a.flags.aligned else a.copy()


def library_of(x: object) -> str:
    """'dask' or 'pandas', whose arrays are taken apart and put together again, else ''."""
    for kind in type(x).__mro__:
        package = kind.__module__.partition(".")[0]
        if package == "dask" or (package == "pandas" and kind.__name__ in ("Series", "DataFrame")):
            return package
    return ""


def unmask(x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """(its numbers, its mask or None)."""
    ma = sys.modules.get("numpy.ma")  # a masked array is there only if this is
    if ma is None or not isinstance(x, ma.MaskedArray):
        return np.asarray(x), None
    return x.data.view(np.ndarray), ma.getmaskarray(x)


# -- The functions of a row -------------------------------------------------------------------------------------------


def build(backend: Any) -> dict[str, Any]:
    """The row functions with their backward, all dressed."""
    functions = {}
    for row in ROWS:
        forward = backend.RowFunction(row.name, "value", Forward(row, row.name, ("x",), backend))
        backward = backend.RowFunction(
            row.name, "backward", Backward(row, f"{row.name}.backward", ("grad", row.saved), backend)
        )
        dress(forward, row, "value")
        dress(backward, row, "backward")
        forward.backward = backward
        functions[row.name] = forward
    return functions


DOCSTRING = """{summary}

{formula}

Parameters
----------
{inputs}
axis : int, tuple of int or None, default -1
    Along what; None is the whole array.
{options}out : ndarray, optional
    Where the result goes, of any strides; may be x itself.
dtype : optional
    float16, float32 or float64: what is computed and returned.

Returns
-------
{returns}
{notes}"""


GRAD = "grad : array_like\n    Gradient of the result.\n"
TEXTS = {
    "keepdims": "bool, default False\n    Keep the axis, with length 1.",
    "temperature": "float or array, default 1\n    Positive; an array has one number for each row.",
    "softcap": "float, optional\n    c: z becomes c * tanh(z / c), after the temperature.",
    "bias": "array_like, optional\n    Added to z; it broadcasts to x.",
    "where": "array_like of bool, optional\n    True where an entry is kept; it broadcasts to x. "
    "What is dropped is ignored, NaN and inf too.",
    "lengths": "array_like of int, optional\n    How many of the first entries of each row are kept: "
    "the shape of x without the axis.",
    "causal": "bool, default False\n    Keep entry j of row i where j <= i + offset; "
    "i counts along axis -2, j along the last axis.",
    "offset": "int, optional\n    Of causal; by default keys - queries, so that the last query sees every key.",
    "sink": "float or array, optional\n    One more logit for each row that takes its share and is not returned.",
    "b": "array_like, optional\n    Weights of the exponentials, of any sign; where b is 0 the entry is dropped.",
    "return_sign": "bool, default False\n    Return (logarithm of the size, sign) of the sum. "
    "Without it a negative sum gives NaN.",
}


def dress(function: Any, row: Row, kind: str) -> None:
    forward = kind == "value"
    function.__name__ = row.name if forward else kind
    function.__qualname__ = row.name if forward else f"{row.name}.{kind}"
    function.__module__ = "fastact"
    function.formula = row.formula if forward else row.gradient
    if forward:
        function.aliases = row.aliases


def notes(row: Row, forward: bool) -> str:
    """What the options mean together, and what a caller has to add to a gradient."""
    options = row.options if forward else row.backward_options
    lines = []
    if "softcap" in options:
        sign = "-" if row.name == "softmin" else ""
        lines.append(f"z = softcap({sign}x / temperature) + bias, then the masks, then the sink.")
    if forward and "where" in options:
        dropped = "-inf" if row.name in ("log_softmax", "logsumexp") else "0"
        what = "A row without entries" if row.reduces else "A dropped entry"
        lines.append(f"{what} gives {dropped}.")
    if not forward and len(options) > 1:
        lines.append("Give it the temperature, masks and sink of the forward call. Where an entry is dropped dx is 0.")
        lines.append(
            "With softcap multiply dx by softcap'(x / temperature). The gradient of a bias is temperature * dx"
        )
        lines.append(
            "summed over the axes along which it was broadcast, that of a sink the same, negated, of whole rows."
        )
    return "\nNotes\n-----\n" + "\n".join(lines) + "\n" if lines else ""
