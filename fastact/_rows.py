"""The row functions: from the arguments of a call to contiguous rows, and back.

`backend.rows(kind, x, grad, out, temperature)` does the work, over axis 1 of C-contiguous, aligned, native arrays
[outer][n][inner] of float32 or float64; where logsumexp has one number for a row, axis 1 has length 1.  `out` may be
exactly `x` or exactly `grad`, and shares no memory with them otherwise.
"""

from __future__ import annotations

import sys
from math import inf, prod
from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ._front import FLOAT64, as_array, check_dtype, check_out, float_dtype, number_dtype, overrides

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Axes = tuple[int, ...]


# The largest errors in ULP; of logsumexp, in units of the larger of the result and the largest entry.
MAX_ULP = {"float32": 2.0, "float64": 4.0}


class Row(NamedTuple):
    """A row function: its name, its other spellings and its formula."""

    name: str
    aliases: tuple[str, ...]
    summary: str
    formula: str
    gradient: str
    # What backward takes beside the gradient, and whether a row gives one number.
    saved: str = "y"
    reduces: bool = False


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
        "logsumexp",
        ("log_sum_exp", "ReduceLogSumExp"),
        "The logarithm of the sum of the exponentials, along an axis.",
        "m + log1p(sum_(j != k) e^(z_j - m)), z = x / temperature, m = z_k = max z",
        "grad * softmax(x) / temperature",
        "x",
        True,
    ),
)


class Layout(NamedTuple):
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


class RowFront:
    """The slow path of a row function, or of its backward."""

    __slots__ = ("backend", "label", "reduces", "row", "softmax")
    softmax: RowFront

    def __init__(self, row: Row, label: str, backend: Any) -> None:
        self.row, self.label, self.backend = row, label, backend
        self.reduces = row.reduces

    # -- Arguments ---------------------------------------------------------------------------------------------------

    def axes(self, axis: Any, ndim: int) -> Axes:
        """The axes, ascending.  A 0-d array is a row of one."""
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
        except ValueError:
            raise ValueError(f"{self.label}: axis {axis} names one axis twice.") from None

    def temperature(self, value: Any) -> Any:
        """A float, or an array in float64; positive and finite."""
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
        o3 = np.empty(cube, loop)
        self.backend.rows(kind, x3, g3, o3, temperature)
        return plan.from_rows(o3, shape)

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

    def forward(
        self,
        x: Any,
        /,
        axis: Any = -1,
        *,
        keepdims: bool = False,
        temperature: Any = 1.0,
        out: Any = None,
        dtype: Any = None,
    ) -> Any:
        library = library_of(x)
        if library:
            options = {"temperature": temperature, "dtype": dtype}
            if self.reduces:
                options["keepdims"] = keepdims
            return self.foreign(library, (x,), axis, out, options)
        like = x
        x, mask = unmask(self.array("x", x), -inf)
        axes = self.axes(axis, x.ndim)
        result = float_dtype([x.dtype]) if dtype is None else check_dtype(self.label, dtype)
        loop = number_dtype(result)
        degrees = self.temperature(temperature)
        true_shape = x.shape
        x = x.reshape(1) if x.ndim == 0 else x
        plan = layout(x, axes)
        shape = plan.kept() if self.reduces else x.shape
        final = shape if true_shape else true_shape
        if self.reduces and not keepdims:
            final = tuple(length for k, length in enumerate(x.shape) if k not in axes)
        out = self.check_out(out, final, result)
        if mask is not None:
            mask = mask.reshape(x.shape)
            mask = np.all(mask, axis=axes, keepdims=True) if self.reduces else mask
        if isinstance(degrees, float):
            # What the kernel writes into directly has the shape of the rows.
            direct = out.reshape(shape) if type(out) is np.ndarray and out.flags.c_contiguous else out
            fits = direct is not None and direct.shape == shape and mask is None
            answer = self.run(self.row.name, plan, x, None, shape, loop, degrees, direct if fits else None)
            if answer is direct:
                return out
        else:
            answer = self.by_temperatures(x, self.spread(degrees, plan), plan, shape)
        return self.finish(answer, out, result, mask, like, final)

    def spread(self, degrees: NDArray[Any], plan: Layout) -> NDArray[Any]:
        """An array of temperatures as one number for each row."""
        try:
            return np.broadcast_to(degrees, plan.kept())
        except ValueError:
            raise ValueError(
                f"{self.label}: temperature has shape {degrees.shape}; expected a number, or an array that "
                f"broadcasts to {plan.kept()}, one number for each row."
            ) from None

    def by_temperatures(
        self, x: NDArray[Any], degrees: NDArray[Any], plan: Layout, shape: tuple[int, ...]
    ) -> NDArray[Any]:
        """A temperature for each row: shifted and divided here, in float64."""
        with np.errstate(all="ignore"):
            z = x.astype(FLOAT64)
            top = z.max(axis=plan.axes, keepdims=True, initial=-inf)
            z = np.where(np.isinf(top), z, (z - top) / degrees)
            answer = self.run(self.row.name, plan, z, None, shape, FLOAT64, 1.0)
            return np.where(np.isinf(top), answer, answer + top / degrees) if self.reduces else answer

    def backward(
        self,
        grad: Any,
        saved: Any,
        /,
        axis: Any = -1,
        *,
        temperature: Any = 1.0,
        out: Any = None,
        dtype: Any = None,
    ) -> Any:
        library = library_of(saved) or library_of(grad)
        if library:
            return self.foreign(library, (grad, saved), axis, out, {"temperature": temperature, "dtype": dtype})
        name = self.row.saved
        like = saved
        x, mask = unmask(self.array(name, saved), -inf if name == "x" else 0.0)
        g, grad_mask = unmask(self.array("grad", grad), 0.0)
        axes = self.axes(axis, x.ndim)
        result = float_dtype([g.dtype, x.dtype]) if dtype is None else check_dtype(self.label, dtype)
        loop = number_dtype(result)
        degrees = self.temperature(temperature)
        final = x.shape
        x = x.reshape(1) if x.ndim == 0 else x
        plan = layout(x, axes)
        g = self.gradient(g, x, plan)
        out = self.check_out(out, final, result)
        if mask is not None:
            mask = mask.reshape(x.shape)
            g = g if self.reduces else np.where(mask, g.dtype.type(0), g)
        if grad_mask is not None and not self.reduces:
            grad_mask = np.broadcast_to(grad_mask, x.shape)
            mask = grad_mask if mask is None else mask | grad_mask
        kind = f"{self.row.name}_backward"
        if isinstance(degrees, float):
            direct = out if out is not None and out.ndim and mask is None else None
            answer = self.run(kind, plan, x, g, x.shape, loop, degrees, direct)
        else:
            degrees = self.spread(degrees, plan)
            with np.errstate(all="ignore"):
                if self.reduces:
                    answer = g * self.softmax.forward(x, axes, temperature=degrees, dtype=FLOAT64)
                else:
                    answer = self.run(kind, plan, x, g, x.shape, FLOAT64, 1.0)
                answer = answer / degrees
        return self.finish(answer, out, result, mask, like, final)

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

    def foreign(self, library: str, arrays: tuple[Any, ...], axis: Any, out: Any, options: dict[str, Any]) -> Any:
        call: Callable[..., Any] = self.forward if len(arrays) == 1 else self.backward
        last = arrays[-1]
        if out is not None:
            raise TypeError(f"{self.label}: out= is not taken with {library} objects. Leave it out.")
        if library == "pandas":
            values = call(*map(np.asarray, arrays), axis=axis, **options)
            if values.shape != getattr(last, "shape", None):
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
        more: dict[str, Any] = {}
        if self.reduces and len(arrays) == 1:
            if options["keepdims"]:
                more["chunks"] = tuple((1,) if k in axes else c for k, c in enumerate(last.chunks))
            else:
                more["drop_axis"] = list(axes)
        dtypes = [a.dtype for a in arrays]
        result = float_dtype(dtypes) if options["dtype"] is None else check_dtype(self.label, options["dtype"])
        options["dtype"] = result
        return sys.modules["dask.array"].map_blocks(
            call, *arrays, axis=axes, meta=np.empty((0,) * last.ndim, result), **options, **more
        )


def same_place(a: NDArray[Any], b: NDArray[Any]) -> bool:
    same = a.__array_interface__["data"][0] == b.__array_interface__["data"][0]
    return bool(same and a.nbytes == b.nbytes)


def library_of(x: object) -> str:
    """'dask' or 'pandas', whose arrays are taken apart and put together again, else ''."""
    for kind in type(x).__mro__:
        package = kind.__module__.partition(".")[0]
        if package == "dask" or (package == "pandas" and kind.__name__ in ("Series", "DataFrame")):
            return package
    return ""


def unmask(x: NDArray[Any], fill: float) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """(its numbers, its mask or None).  A masked entry counts as dropped from its row: `fill` has that effect."""
    ma = sys.modules.get("numpy.ma")  # a masked array is there only if this is
    if ma is None or not isinstance(x, ma.MaskedArray):
        return np.asarray(x), None
    mask = ma.getmaskarray(x)
    return np.where(mask, np.asarray(fill, float_dtype([x.dtype])), x.data), mask


# -- The functions of a row -------------------------------------------------------------------------------------------


def build(backend: Any) -> dict[str, Any]:
    """The row functions with their backward, all dressed."""
    functions = {}
    fronts: dict[str, RowFront] = {}
    for row in ROWS:
        front = fronts[row.name] = RowFront(row, row.name, backend)
        back = RowFront(row, f"{row.name}.backward", backend)
        front.softmax = back.softmax = fronts["softmax"]
        forward = backend.RowFunction(row.name, "value", front.forward)
        backward = backend.RowFunction(row.name, "backward", back.backward)
        max_ulp = dict(getattr(backend, "MAX_ULP", MAX_ULP))
        dress(forward, row, "value", max_ulp)
        dress(backward, row, "backward", max_ulp)
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
{keepdims}temperature : float or array, default 1
    Positive; an array has one number for each row.
out : ndarray, optional
    Where the result goes, of any strides; may be x itself.
dtype : optional
    float16, float32 or float64: what is computed and returned.

Returns
-------
{returns} : ndarray
"""


GRAD = "grad : array_like\n    Gradient of the result.\n"
KEEPDIMS = "keepdims : bool, default False\n    Keep the axis, with length 1.\n"


def dress(function: Any, row: Row, kind: str, max_ulp: dict[str, float]) -> None:
    from inspect import Parameter, Signature

    forward = kind == "value"
    function.__name__ = row.name if forward else kind
    function.__qualname__ = row.name if forward else f"{row.name}.{kind}"
    function.__module__ = "fastact"
    function.formula = row.formula if forward else row.gradient
    if forward:
        function.aliases = row.aliases
        function.max_ulp = max_ulp
    function.__doc__ = DOCSTRING.format(
        summary=row.summary if forward else f"The gradient of {row.name} with respect to x.",
        formula=row.formula if forward else row.gradient,
        inputs=f"{'x' if forward else GRAD + row.saved} : array_like",
        keepdims=KEEPDIMS if forward and row.reduces else "",
        returns="y" if forward else "dx",
    )
    one, named = Parameter.POSITIONAL_ONLY, Parameter.KEYWORD_ONLY
    options: dict[str, Any] = {"keepdims": False} if forward and row.reduces else {}
    options |= {"temperature": 1.0, "out": None, "dtype": None}
    function.__signature__ = Signature(
        [
            *(Parameter(name, one) for name in (("x",) if forward else ("grad", row.saved))),
            Parameter("axis", Parameter.POSITIONAL_OR_KEYWORD, default=-1),
            *(Parameter(name, named, default=default) for name, default in options.items()),
        ],
        __validate_parameters__=False,
    )
