"""What both backends share: from the arguments of a call to the operands of a ufunc.

A call that is not plain enough for the typed fast path comes here.  Everything is checked before anything is
computed, so that a wrong argument leaves inputs and outputs as they were; the ufunc then never finds a fault.
"""

from __future__ import annotations

import sys
from math import prod
from operator import index
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from . import ufuncs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from inspect import Signature

    from .catalogue import Activation, Parameter

KINDS = ("value", "derivative", "backward", "value_and_derivative")

# The character codes of the dtypes that are taken, but for bfloat16: bool, integers, float16, float32, float64.
REAL = frozenset("?bBhHiIlLqQpPefd")
FLOAT16, FLOAT32, FLOAT64 = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)
# By number; is_float adds bfloat16.
FLOATS: dict[int, np.dtype[Any]] = {dtype.num: dtype for dtype in (FLOAT16, FLOAT32, FLOAT64)}
FLOAT_NAMES = "float16, bfloat16, float32 or float64"
ACCEPTED = f"bool, an integer, {FLOAT_NAMES}"

NAN = float("nan")
PYTHON_NUMBERS = (bool, int, float)
# The ends of float32's normal numbers.
SMALL, LARGE = 1.1754943508222875e-38, 3.4028234663852886e38
PLAIN_UFUNC = np.ndarray.__array_ufunc__


# -- Checks that rows use as well ----------------------------------------------------------------------------------


def refuse(label: str, what: str, dtype: np.dtype[Any]) -> NoReturn:
    raise TypeError(
        f"{label}: {what} has dtype {dtype}; expected {ACCEPTED}. "
        f"Convert it first, for example with np.asarray({what}, dtype=np.float64)."
    )


def is_float(dtype: np.dtype[Any]) -> bool:
    """Whether it is one of FLOATS, or bfloat16: ml_dtypes brings that, which is never imported from here."""
    if dtype.num in FLOATS:
        return True
    found = getattr(sys.modules.get("ml_dtypes"), "bfloat16", None)
    if found is None or dtype.num != np.dtype(found).num:
        return False
    FLOATS[dtype.num] = np.dtype(found)
    return True


def is_half(dtype: np.dtype[Any]) -> bool:
    return dtype.itemsize == 2 and is_float(dtype)


def number_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype of parameters: that of the other operands, but float32 beside halves, which are computed in it."""
    return FLOAT32 if dtype.itemsize == 2 else dtype


def can_cast(source: np.dtype[Any], target: np.dtype[Any], casting: Any) -> bool:
    """NumPy's, to which bfloat16 is no float: integers go there as they go to float16."""
    return np.can_cast(source, target, casting) or (casting == "same_kind" and source.kind in "iu" and is_float(target))


def rounded(values: Any, dtype: np.dtype[Any]) -> Any:
    """float64 numbers in another dtype, rounded once; subclasses stay."""
    if dtype.itemsize != 2:
        return values.astype(dtype, copy=False)
    # Through the odd one of the two float32 around an inexact number: rounding that gives what rounding once gives.
    wide = np.asarray(values)
    odd = np.asarray(wide.astype(FLOAT32))
    inexact = (odd != wide) & (wide == wide) & (odd.view(np.uint32) & 1 == 0)
    odd.view(np.int32)[inexact] += np.where(abs(odd) < abs(wide), 1, -1).astype(np.int32)[inexact]
    if not isinstance(values, np.ndarray):
        return odd.astype(dtype)[()]
    narrow = values.astype(dtype)
    np.asarray(narrow)[...] = odd.astype(dtype)
    return narrow


def check_real(label: str, what: str, dtype: np.dtype[Any]) -> None:
    if dtype.char not in REAL and not is_float(dtype):
        refuse(label, what, dtype)


def overrides(label: str, what: str, value: object) -> bool:
    """Whether the value brings an `__array_ufunc__` of its own (dask, xarray, pandas)."""
    method = getattr(type(value), "__array_ufunc__", PLAIN_UFUNC)
    if method is None:
        raise TypeError(f"{label}: {what} is of type {type(value).__name__}, which takes no part in ufuncs.")
    return method is not PLAIN_UFUNC


def as_array(label: str, what: str, value: object) -> np.ndarray[Any, Any]:
    """The value as an array (subclasses stay) of a dtype that is taken."""
    if value is None:
        raise TypeError(f"{label}: {what} is None; expected an array or a number.")
    if not isinstance(value, np.ndarray):
        if hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
            value = np.from_dlpack(value)
        else:
            value = np.asarray(value)
    check_real(label, what, value.dtype)
    return value


def as_number(label: str, what: str, value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{label}: {what} is an integer that no float64 holds.") from None


def float_dtype(dtypes: Sequence[np.dtype[Any]]) -> np.dtype[Any]:
    """The dtype of the result: bool, int8 to uint16 become float32, wider integers float64, floats stay."""
    found = np.result_type(*dtypes)
    if is_float(found):
        return FLOATS[found.num]
    return FLOAT32 if found.itemsize <= 2 else FLOAT64


def check_dtype(label: str, dtype: object) -> np.dtype[Any]:
    found = np.dtype(dtype)  # type: ignore[call-overload]
    if not is_float(found):
        raise TypeError(f"{label}: dtype is {found}; expected {FLOAT_NAMES}.")
    return FLOATS[found.num]


def check_out(label: str, out: object, dtype: np.dtype[Any], casting: Any) -> None:
    if not isinstance(out, np.ndarray):
        raise TypeError(f"{label}: out is of type {type(out).__name__}; expected an array.")
    if not can_cast(dtype, out.dtype, casting):
        choices = f"{dtype}, float32 or float64" if dtype.itemsize == 2 else "float32 or float64"
        raise TypeError(
            f"{label}: out has dtype {out.dtype}, which a {dtype} result does not cast to ({casting!r}). "
            f"Pass an out of dtype {choices}."
        )
    if not out.flags.writeable:
        raise ValueError(f"{label}: out is read-only. Pass a writeable array.")


# -- A call ---------------------------------------------------------------------------------------------------------


class Front:
    """The slow path of one function: `fastact.gelu`, or its derivative, backward, value_and_derivative."""

    __slots__ = (
        "approximations", "backend", "defaults", "function", "has_bias", "inputs", "kind", "label", "outputs",
        "parameters", "parts", "row",
    )  # fmt: skip

    def __init__(self, row: Activation, kind: str, backend: Any) -> None:
        self.row, self.kind, self.backend = row, kind, backend
        self.label = row.name if kind == "value" else f"{row.name}.{kind}"
        self.inputs = ("grad", "x") if kind == "backward" else ("x",)
        self.outputs = 2 if kind == "value_and_derivative" else 1
        self.parameters: tuple[Parameter, ...] = row.parameters
        # The parameter of shrink, which takes the place of the option.
        self.has_bias = any(p.name == "bias" for p in row.parameters)
        # NaN: none, the parameter has to be given.
        self.defaults = tuple(NAN if p.default is None else p.default for p in row.parameters)
        self.approximations: list[tuple[object, Any]] = []  # filled in when all functions are there
        self.function: Any = None
        self.parts: tuple[Any, ...] = ()

    def __call__(
        self,
        *args: Any,
        bias: Any = None,
        out: object = None,
        where: object = True,
        dtype: object = None,
        casting: Any = "same_kind",
        order: str = "K",
        subok: bool = True,
        **named: object,
    ) -> Any:
        if bias is not None and self.has_bias:
            named["bias"], bias = bias, None
        label = self.label
        if self.approximations and "approximate" in named:
            options = {"where": where, "dtype": dtype, "casting": casting, "order": order, "subok": subok}
            return self.approximated(named.pop("approximate"))(*args, bias=bias, out=out, **options, **named)
        axis = named.pop("axis", None) if any(p.along_axis for p in self.parameters) else None
        operands = self.bind(args, named)
        if axis is not None:
            self.lay_along(axis, operands)
        usual = bias is None and dtype is None and (casting, order, subok) == ("same_kind", "K", True)
        if usual and self.is_usual(operands, where, out):  # nothing to find out, nothing can be wrong but shapes
            try:
                size = operands[len(self.inputs) - 1].nbytes if out is None else 0
                outs = (None,) * self.outputs if out is None else out
                return self.backend.pooled(size, self.function.ufunc, *operands, where=where, out=outs)
            except ValueError:
                pass
        names = self.inputs + tuple(p.name for p in self.parameters)
        outs = self.as_outs(out)

        foreign = [overrides(label, n, v) for n, v in zip(names, operands, strict=True)]
        foreign += [overrides(label, n, v) for n, v in (("bias", bias), ("where", where), *(("out", o) for o in outs))]
        if any(foreign):
            given = {"where": where, "dtype": dtype, "casting": casting, "order": order, "subok": subok}
            unusual = {k: v for k, v in given.items() if v is not OPTIONS[k]}
            return self.delegate(operands, bias, outs, unusual)

        if order not in ("K", "C", "F", "A"):
            raise ValueError(f"{label}: order is {order!r}; expected 'K', 'C', 'F' or 'A'.")

        # Python numbers are weak: they take part, but do not decide the dtype.
        arrays: list[Any] = [
            v if type(v) is float else as_array(label, n, v) for n, v in zip(names, operands, strict=True)
        ]
        weak = [type(v) in PYTHON_NUMBERS for v in operands]
        dtypes = [a.dtype for a, w in zip(arrays, weak, strict=True) if not w]
        if bias is not None and type(bias) not in PYTHON_NUMBERS:
            bias = as_array(label, "bias", bias)
            dtypes.append(bias.dtype)
        elif bias is not None:
            bias = as_number(label, "bias", bias)
        result = float_dtype(dtypes or [np.asarray(v).dtype for v in operands[: len(self.inputs)]])
        if dtype is not None:
            result = check_dtype(label, dtype)
        for name, array, is_weak in zip(names, arrays, weak, strict=True):
            if not is_weak and not can_cast(array.dtype, result, casting):
                raise TypeError(
                    f"{label}: {name} has dtype {array.dtype}, which does not cast to {result} ({casting!r}). "
                    f"Convert it first, or pass another casting."
                )
        if result.isbuiltin != 1:
            self.backend.use_bfloat16(result.num)

        shapes = {n: np.shape(a) for n, a in zip(names, arrays, strict=True)}
        if bias is not None:
            self.check_bias(np.shape(bias), shapes["x"])
        if where is not True:
            where = np.asarray(where)
            if where.dtype != np.bool_:
                raise TypeError(f"{label}: where has dtype {where.dtype}; expected bool.")
            shapes["where"] = where.shape
        shape = self.broadcast(shapes)
        for o in outs:
            if o is not None:
                check_out(label, o, result, casting)
                self.check_shape(o.shape, shape)
        if len(outs) == 2 and outs[0] is not None and outs[1] is not None and np.shares_memory(*outs):
            raise ValueError(f"{label}: the two arrays of out overlap. Pass two separate arrays.")

        with np.errstate(all="ignore"):
            count = len(self.inputs)
            number = number_dtype(result)
            ufunc, x_type = self.function.ufunc, result
            if bias is not None and is_half(result):  # the sum is a float32 number
                ufunc, x_type = self.function.ufunc_of_sums, FLOAT32
            types = (result,) * (count - 1) + (x_type,) + (number,) * len(self.parameters)
            # The original goes in, not the array made of it: a tensor comes back as a tensor.
            ready: list[Any] = [
                np.asarray(a, dtype=number).astype(t, copy=False) if w else v if hasattr(v, "__array_wrap__") else a
                for a, v, w, t in zip(arrays, operands, weak, types, strict=True)
            ]
            if bias is not None:
                ready[count - 1] = np.add(ready[count - 1], bias, dtype=number, casting="unsafe")
            return self.backend.pooled(
                0 if outs else prod(shape) * result.itemsize,
                ufunc,
                *ready,
                out=outs or (None,) * self.outputs,
                where=where,
                order=order,
                subok=subok,
                casting="unsafe",
                signature=types + (result,) * self.outputs,
            )

    def is_usual(self, operands: list[Any], where: Any, out: Any) -> bool:
        """Whether all are plain arrays of one float dtype, but for parameters that every float dtype holds."""
        x = operands[len(self.inputs) - 1]
        if type(x) is not np.ndarray or x.dtype.num not in FLOATS:
            return False
        arrays = [v for v in operands if type(v) is not float]
        if out is not None:
            arrays.append(out)
        return (
            (where is True or (type(where) is np.ndarray and where.dtype == np.bool_))
            and all(type(v) is np.ndarray and v.dtype.num == x.dtype.num for v in arrays)
            and all(v == 0.0 or SMALL <= abs(v) <= LARGE for v in operands if type(v) is float)
            and (out is None or (self.outputs == 1 and out.flags.writeable))
            and (x.dtype.itemsize != 2 or len(arrays) == len(self.inputs))
        )

    def bind(self, args: tuple[object, ...], named: dict[str, object]) -> list[Any]:
        """Inputs and parameters in the order of the ufunc; parameters that are numbers as Python floats."""
        label, need, most = self.label, len(self.inputs), len(self.inputs) + len(self.parameters)
        if len(args) < need:
            missing = self.inputs[len(args)]
            raise TypeError(f"{label}() misses its argument {missing!r}: it takes {self.usage()}.")
        if len(args) > most:
            raise TypeError(
                f"{label}() takes {self.usage()}, but {len(args)} arguments were given by position. "
                f"Pass the array for the result as out=."
            )
        operands = list(args)
        for p in self.parameters[len(args) - need :]:
            if p.name not in named and p.default is None:
                raise TypeError(f"{label}() misses its argument {p.name!r}: it takes {self.usage()}.")
            operands.append(self.parameter(p, named.pop(p.name)) if p.name in named else p.default)
        for k, p in enumerate(self.parameters[: len(args) - need], need):
            if p.name in named:
                raise TypeError(f"{label}() got {p.name!r} twice, by position and by name.")
            operands[k] = self.parameter(p, operands[k])
        if named:
            unknown = next(iter(named))
            known = [p.name for p in self.parameters] + list(OPTIONS)
            raise TypeError(f"{label}() got an unknown argument {unknown!r}: by name it takes {', '.join(known)}.")
        return operands

    def approximated(self, value: object) -> Any:
        for known, function in self.approximations:
            if type(value) is type(known) and value == known:
                return function
        known = ", ".join(repr(known) for known, _ in self.approximations)
        raise ValueError(f"{self.label}: approximate is {value!r}; expected one of {known}.")

    def lay_along(self, axis: Any, operands: list[Any]) -> None:
        """Reshapes one-dimensional parameters so that they lie along an axis of x."""
        ndim = np.ndim(operands[len(self.inputs) - 1])
        try:
            k = index(axis)
        except TypeError:
            raise TypeError(f"{self.label}: axis is {axis!r}; expected an int or None.") from None
        if not -ndim <= k < ndim:
            raise np.exceptions.AxisError(k, ndim, self.label)
        for at, p in enumerate(self.parameters, len(self.inputs)):
            if p.along_axis and np.ndim(operands[at]):
                array = np.asarray(operands[at])
                if array.ndim != 1:
                    raise ValueError(
                        f"{self.label}: {p.name} has shape {array.shape}; with axis it must be 1-dimensional."
                    )
                operands[at] = array.reshape([-1 if d == k % ndim else 1 for d in range(ndim)])

    def usage(self) -> str:
        return ", ".join(
            [*self.inputs, *(p.name if p.default is None else f"{p.name}={shown(p)}" for p in self.parameters)]
        )

    def parameter(self, p: Parameter, value: object) -> object:
        """A number, Python's or NumPy's, as a float that is checked; an array as it is; for None what stands for it."""
        if value is None and p.off is not None:
            return p.off
        if not isinstance(value, (bool, int, float, np.integer, np.floating, np.bool_)) and not (
            isinstance(value, np.generic) and is_float(value.dtype)
        ):
            return value
        number = as_number(self.label, p.name, value)
        if number != number or (p.good and not p.good(number) and number != p.off):
            raise ValueError(f"{self.label}: {p.name} is {number:g}; it must {p.must}.")
        return number

    def as_outs(self, out: Any) -> tuple[Any, ...]:
        if out is None:
            return ()
        if self.outputs == 1:
            outs = out if isinstance(out, tuple) else (out,)
            if len(outs) != 1:
                raise ValueError(f"{self.label}: out is a tuple of {len(outs)}; expected an array or a tuple of one.")
        else:
            if not isinstance(out, tuple) or len(out) != 2:
                raise TypeError(f"{self.label}: out is of type {type(out).__name__}; expected a tuple of two arrays.")
            outs = out
        return () if all(o is None for o in outs) else outs

    def broadcast(self, shapes: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
        different = {shape for shape in shapes.values() if shape}
        if len(different) == 1:  # of up to 64 dimensions; NumPy's function takes half as many
            return different.pop()
        try:
            return np.broadcast_shapes(*different)
        except ValueError:
            listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
            raise ValueError(f"{self.label}: shapes do not broadcast together: {listed}.") from None

    def check_shape(self, out: tuple[int, ...], shape: tuple[int, ...]) -> None:
        try:
            if np.broadcast_shapes(out, shape) == out:
                return
        except ValueError:
            pass
        raise ValueError(
            f"{self.label}: out has shape {out}, but the result has shape {shape}. Pass an out of that shape."
        )

    def check_bias(self, bias: tuple[int, ...], x: tuple[int, ...]) -> None:
        try:
            if np.broadcast_shapes(bias, x) == x:
                return
        except ValueError:
            pass
        last = f" Its length must be that of the last axis, {x[-1]}." if x else ""
        raise ValueError(f"{self.label}: bias has shape {bias}, which does not broadcast to x of shape {x}.{last}")

    def delegate(self, operands: list[Any], bias: Any, outs: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Objects with an `__array_ufunc__` of their own: they are given the ufunc, and do as they like."""
        if bias is not None:
            k = len(self.inputs) - 1
            operands[k] = np.add(operands[k], bias)
        if self.outputs == 2:  # few of them take ufuncs with two results: two ufuncs, the same bits
            both = zip(self.parts, outs or (None, None), strict=True)
            return tuple(part(*operands, **options, **({} if o is None else {"out": o})) for part, o in both)
        if outs:
            options["out"] = outs
        return self.function.ufunc(*operands, **options)

    # -- What is made when somebody asks for it: for all functions it would double the time of the import.

    def max_ulp(self) -> dict[str, float]:
        """The bounds of the row; on the NumPy backend those of NumPy's arithmetic, where the result is not exact."""
        stated = self.row.max_ulp if self.kind == "value" else self.row.derivative_max_ulp
        return {
            dtype: u if u <= 0.5 else getattr(self.backend, "MAX_ULP", stated)[dtype] for dtype, u in stated.items()
        }

    def docstring(self) -> str:
        return docstring(self.row, self.kind, self.max_ulp())

    def signature(self) -> Signature:
        return signature(self.inputs, self.row)


# -- The functions of a row -------------------------------------------------------------------------------------------


OPTIONS: dict[str, Any] = {
    "bias": None,
    "out": None,
    "where": True,
    "dtype": None,
    "casting": "same_kind",
    "order": "K",
    "subok": True,
}


def build(row: Activation, backend: Any) -> Any:
    """The function of a row, with its derivative, backward and value_and_derivative, all dressed."""
    made = {}
    for kind in KINDS:
        front = Front(row, kind, backend)
        checked = tuple(p.good is not None for p in row.parameters)
        front.function = made[kind] = function = backend.Function(row.name, kind, front, front.defaults, checked)
        if kind == "value_and_derivative":
            front.parts = (made["value"], made["derivative"])
        ufuncs.functions[row.name if kind == "value" else f"{row.name}_{kind}"] = function
        dress(function, row, kind)
        if kind != "value":
            trained = kind == "backward" and any(p.along_axis for p in row.parameters)
            if trained:
                function = backend.Learned(function, ParameterGradient(function, backend))
                dress(function, row, kind)
            setattr(made["value"], kind, function)
    return made["value"]


class ParameterGradient:
    """The slow path of the backward of an activation with a slope that is learned: (dx, dweight)."""

    def __init__(self, dx: Any, backend: Any) -> None:
        self.dx, self.backend = dx, backend
        self.parameters = dx.slow.parameters

    def __call__(self, grad: Any, x: Any, /, weight: Any, *, axis: Any = None, **options: Any) -> tuple[Any, Any]:
        out = options.get("out")
        if isinstance(out, np.ndarray):  # it may be one of them, which are read once more
            grad, x, weight = (
                a.copy() if isinstance(a, np.ndarray) and np.may_share_memory(a, out) else a for a in (grad, x, weight)
            )
        dx = self.dx(grad, x, weight, axis=axis, **options)
        grad, x, weight = np.asarray(grad), np.asarray(x), np.asarray(weight)
        loop = number_dtype(float_dtype([grad.dtype, x.dtype]))
        with np.errstate(all="ignore"):
            if options.get("bias") is not None:
                x = np.add(x, options["bias"])
            laid = weight.shape
            if axis is not None and weight.ndim == 1:
                laid = tuple(weight.size if k == axis % x.ndim else 1 for k in range(x.ndim))
            shape = np.broadcast_shapes(grad.shape, x.shape, laid)
            laid = (1,) * (len(shape) - len(laid)) + laid
            kept = [k for k, length in enumerate(laid) if length != 1]
            others = [k for k in range(len(shape)) if k not in kept]
            # Neighbouring axes of the weight stay where they are, others come first.
            first = kept[0] if kept and kept[-1] - kept[0] == len(kept) - 1 else 0
            order = others[:first] + kept + others[first:]
            cube = (prod(shape[k] for k in others[:first]), weight.size, prod(shape[k] for k in others[first:]))
            grad, x = (
                np.ascontiguousarray(np.broadcast_to(a, shape).transpose(order), loop).reshape(cube) for a in (grad, x)
            )
            total = self.backend.slope_sums(grad, x).reshape(weight.shape)
            return dx, total.astype(float_dtype([dx.dtype]))[()]

    def max_ulp(self) -> dict[str, float]:
        return dict(self.dx.max_ulp)

    def docstring(self) -> str:
        more = (
            "(dx, dweight): dweight is grad * x where x <= 0, summed over the axes along which weight was broadcast;\n"
            "dx, which `.dx` gives alone, is the gradient of"
        )
        return str(self.dx.__doc__).replace("The gradient of", more, 1)

    def signature(self) -> Signature:
        found: Signature = self.dx.slow.signature()
        return found


def dress(function: Any, row: Activation, kind: str) -> None:
    """The name, and what the row says, as attributes."""
    function.__name__ = row.name if kind == "value" else kind
    function.__qualname__ = row.name if kind == "value" else f"{row.name}.{kind}"
    function.__module__ = "fastact"
    function.formula = {
        "value": row.formula,
        "derivative": row.derivative_formula,
        "backward": f"grad * ({row.derivative_formula})",
        "value_and_derivative": f"({row.formula}), ({row.derivative_formula})",
    }[kind]
    function.parameters = {p.name: p.default for p in row.parameters}
    function.kinks = row.kinks
    if kind == "value":
        function.summary, function.latex = row.summary, row.latex
        function.range = row.range
        function.aliases = row.aliases


def connect(rows: Sequence[Activation], functions: dict[str, Any]) -> None:
    """Gives every function the ones that its `approximate` chooses among."""
    for row in (row for row in rows if row.approximations):
        for kind in KINDS:
            found = [(value, functions[name]) for value, name in row.approximations]
            function = functions[row.name] if kind == "value" else getattr(functions[row.name], kind)
            forms = [(value, f if kind == "value" else getattr(f, kind)) for value, f in found]
            function.slow.approximations = forms
            function.forms = {value: f for value, f in forms if isinstance(value, str)}


def shown(p: Parameter) -> str:
    """The default of a parameter, as text."""
    return "None" if p.shown is None else f"{p.shown:g}"


def signature(inputs: tuple[str, ...], row: Activation) -> Signature:
    from inspect import Parameter, Signature

    one, named = Parameter.POSITIONAL_ONLY, Parameter.KEYWORD_ONLY
    parameters = [Parameter(name, one) for name in inputs]
    for p in row.parameters:
        default = Parameter.empty if p.default is None else p.shown
        parameters.append(Parameter(p.name, Parameter.POSITIONAL_OR_KEYWORD, default=default))
    if row.approximations:
        parameters.append(Parameter("approximate", named, default=row.approximations[0][0]))
    if any(p.along_axis for p in row.parameters):
        parameters.append(Parameter("axis", named, default=None))
    taken = [p.name for p in row.parameters]
    parameters += [Parameter(name, named, default=value) for name, value in OPTIONS.items() if name not in taken]
    return Signature(parameters, __validate_parameters__=False)


WHAT = {
    "value": ("", "f(x)", "y"),
    "derivative": ("The derivative of {name} at x, exact in both tails.", "f'(x)", "dy"),
    "backward": ("The gradient of {name} with respect to x: grad * f'(x), in one pass.", "grad * f'(x)", "dx"),
    "value_and_derivative": ("The value and the derivative of {name} in one pass.", "(f(x), f'(x))", "y, dy"),
}

DOCSTRING = """{summary}

{formula}

Parameters
----------
{inputs}x : array_like
    Input. float16, bfloat16, float32 and float64 stay what they are; bool and integers of up to 16 bits are
    computed in float32, wider ones in float64.
{parameters}{approximate}{bias}out : {out_type}, optional
    Where the result goes; may be x itself.
where, dtype, casting, order, subok
    As for NumPy's ufuncs.

Returns
-------
{returns} : {out_type}
    {what}. {bound}
{more}"""


def docstring(row: Activation, kind: str, max_ulp: dict[str, float]) -> str:
    summary, what, returns = WHAT[kind]
    name = row.name
    two = kind == "value_and_derivative"
    notes = []
    if kind == "value":
        notes.append(f"At -inf it is {row.limits[0]:g}, at +inf {row.limits[1]:g}; NaN goes through.")
        if row.kinks:
            notes += [f"The derivative at {x:g} is {slope:g}." for x, slope in row.kinks]
        if row.reference:
            notes.append(row.reference)
        if row.aliases:
            notes.append(f"Known to `get` also as {', '.join(row.aliases)}.")
    elif kind == "derivative" and row.derivative_zeros:
        zeros = ", ".join(f"{z:.6f}" for z in row.derivative_zeros)
        notes.append(f"Beside its zero at {zeros} the error is small absolutely, not relatively.")
    if kind == "backward" and row.dead_zone:
        notes.append("Where the function is constant 0 is selected, whatever grad holds there.")
    exact = {0.0: "exact"}
    said = ", ".join(f"{exact.get(u, f'at most {u:g} ULP')} in {dtype}" for dtype, u in max_ulp.items())
    return DOCSTRING.format(
        summary=summary.format(name=name) or row.summary,
        formula=f"f(x) = {row.formula}" + ("" if kind == "value" else f"\nf'(x) = {row.derivative_formula}"),
        inputs="grad : array_like\n    Gradient of the result.\n" if kind == "backward" else "",
        parameters="".join(
            f"{p.name} : array_like{'' if p.default is None else f', default {shown(p)}'}\n"
            f"    {p.text} It must {p.must}.\n"
            for p in row.parameters
        )
        + "".join(
            f"axis : int, optional\n    Along what of x a 1-dimensional {p.name} lies; None: it broadcasts as it is.\n"
            for p in row.parameters
            if p.along_axis
        ),
        approximate="approximate : {}\n    Which form: {}.\n".format(
            " or ".join(repr(value) for value, _ in row.approximations),
            ", ".join(f"{value!r} is `{name}`" for value, name in row.approximations),
        )
        if row.approximations
        else "",
        bias=""
        if any(p.name == "bias" for p in row.parameters)
        else "bias : array_like, optional\n    Added to x in the same pass; it must broadcast to x's shape.\n",
        out_type="tuple of two ndarrays" if two else "ndarray",
        returns=returns,
        what=what,
        bound=f"Error: {said}; float16 and bfloat16 correctly rounded." if kind in ("value", "derivative") else "",
        more="\nNotes\n-----\n" + "\n".join(notes) + "\n" if notes else "",
    )
