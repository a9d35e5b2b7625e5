"""Gates and the neuron: value * activation(gate), in one array or two, and activation(x @ weight + bias)."""

from __future__ import annotations

from math import prod
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from ._front import FLOAT32, FLOAT64, FLOATS, as_array, check_out, float_dtype, overrides
from ._record import Record

if TYPE_CHECKING:
    from .catalogue import Names

    Array = np.ndarray[Any, Any]


class Gate(Record):
    """A gate in one array: its name, its other spellings, and the activation of its second half."""

    name: str
    aliases: tuple[str, ...]
    activation: str
    reference: str


GATES = (
    Gate("glu", ("GLU",), "sigmoid", "Y. Dauphin et al., Language modeling with gated convolutional networks, 2017."),
    Gate("reglu", ("ReGLU",), "relu", "N. Shazeer, GLU variants improve transformer, arXiv:2002.05202."),
    Gate("geglu", ("GEGLU", "GeGLU"), "gelu", "N. Shazeer, GLU variants improve transformer, arXiv:2002.05202."),
    Gate("swiglu", ("SwiGLU",), "silu", "N. Shazeer, GLU variants improve transformer, arXiv:2002.05202."),
)


class Work:
    """What the functions here share: the table of activations and the backend's loop."""

    def __init__(self, backend: Any, activations: Names) -> None:
        self.backend, self.activations = backend, activations
        self.asked: dict[Any, Any] = {}  # what `activation` has found before

    def activation(self, label: str, activation: Any) -> Any:
        """The function of a name or a spelling; one of ours, without parameters that must be given."""
        try:
            return self.asked[activation]
        except (KeyError, TypeError):
            pass
        function: Any = activation
        if isinstance(activation, str):
            try:
                function = self.activations[activation]
            except KeyError:
                nearest = self.activations.nearest(activation)
                hint = f" Did you mean {nearest!r}?" if nearest else ""
                raise ValueError(f"{label}: no activation is called {activation!r}.{hint}") from None
        if function is None or function not in self.activations.values():
            raise TypeError(f"{label}: activation is {activation!r}; expected a name or one of fastact's activations.")
        missing = [name for name, default in function.parameters.items() if default is None]
        if missing:
            raise ValueError(
                f"{label}: {function.__name__} needs a {missing[0]}; call it and multiply the two instead."
            )
        self.asked[activation] = function
        return function

    def real(self, label: str, named: dict[str, Any]) -> tuple[dict[str, Any], np.dtype[Any]]:
        """The values as arrays, and the dtype of the result."""
        arrays = {name: as_array(label, name, value) for name, value in named.items()}
        first, *others = [a.dtype for a in arrays.values()]
        if first.num in FLOATS and first.isnative and all(dtype is first for dtype in others):
            return arrays, first
        return arrays, float_dtype([first, *others])

    def empty(self, shape: tuple[int, ...], loop: np.dtype[Any]) -> Any:
        return self.backend.pooled(prod(shape) * loop.itemsize, np.empty, shape, loop)

    def run(self, function: Any, arrays: list[Array], outs: list[Array], fresh: bool) -> None:
        """The loop over [rows][inner] of one dtype, each row contiguous; what shares a part with an out is copied."""
        if fresh:
            ready = arrays
        else:
            ready = [
                a.copy() if any(np.may_share_memory(a, o) and not same_place(a, o) for o in outs) else a for a in arrays
            ]
        self.backend.gate(function, function.backward, (*ready, *outs))


def same_place(a: Array, b: Array) -> bool:
    return a.__array_interface__["data"] == b.__array_interface__["data"] and a.strides == b.strides


def place(label: str, out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """The out that was given, checked."""
    check_out(label, out, dtype, "same_kind")
    if out.shape != shape:
        raise ValueError(
            f"{label}: out has shape {out.shape}, but the result has shape {shape}. Pass an out of that shape."
        )
    return out


def put(result: Array, out: Any, dtype: np.dtype[Any]) -> Any:
    """The result in its dtype, or in `out`."""
    if out is result or (out is None and result.dtype == dtype):
        return result
    with np.errstate(all="ignore"):
        if out is not None:
            np.copyto(out, result, casting="unsafe")
            return out
        return result.astype(dtype, copy=False)


def usable(out: Any, loop: np.dtype[Any]) -> bool:
    """Whether the loop can write straight into `out`."""
    return (
        type(out) is np.ndarray
        and out.dtype == loop
        and out.dtype.isnative
        and out.flags.c_contiguous
        and out.flags.aligned
    )


def loop_dtype(result: np.dtype[Any]) -> np.dtype[Any]:
    return result if result.char in "fd" else FLOAT32


def flat(a: Array, dtype: np.dtype[Any]) -> Array:
    """One row; itself where it is contiguous, else a copy."""
    return contiguous(a, dtype).reshape(1, -1)


def contiguous(a: Array, dtype: np.dtype[Any]) -> Array:
    a = np.ascontiguousarray(a, dtype)
    return a if a.flags.aligned else a.copy()


# -- Two arrays ------------------------------------------------------------------------------------------------------


def build_gated(work: Work) -> Any:
    def gated(value: Any, gate: Any, activation: Any, *, out: Any = None) -> Any:
        """A value and its gate: value * activation(gate), in one pass.

        Parameters
        ----------
        value, gate : array_like
            Broadcast against each other.
        activation : str or function
            Of the gate: a name in any spelling that `get` knows, or one of fastact's activations.
        out : ndarray, optional
            Where the result goes; may be value or gate.

        Returns
        -------
        y : ndarray
            A plain product: 0 times infinity is NaN.
        """
        function = work.activation("gated", activation)
        if gate is not None:
            y = work.backend.gated(function, function.backward, None, value, gate, None, out)
            if y is not None:
                return y
        if overrides("gated", "value", value) or overrides("gated", "gate", gate):
            return value * function.ufunc(gate, *function.parameters.values())
        arrays, result = work.real("gated", {"value": value, "gate": gate})
        v, g = arrays.values()
        loop = loop_dtype(result)
        shape = common("gated", arrays)
        if out is not None:
            place("gated", out, shape, result)
        if v.shape != g.shape or type(v) is not np.ndarray or type(g) is not np.ndarray:
            with np.errstate(all="ignore"):
                y = v * function(g, dtype=loop)
            return put(y, out, result) if out is not None else y.astype(result, copy=False)
        y = out if usable(out, loop) else work.empty(shape, loop)
        work.run(function, [flat(v, loop), flat(g, loop)], [y.reshape(1, -1)], y is not out)
        y = put(y, out, result)
        return y[()] if y.ndim == 0 and out is None else y

    def backward(grad: Any, value: Any, gate: Any, activation: Any) -> tuple[Any, Any]:
        """The gradients of gated with respect to value and gate.

        Parameters
        ----------
        grad : array_like
            Gradient of the result, in its shape.
        value, gate, activation
            As for gated.

        Returns
        -------
        dvalue, dgate : ndarray
            grad * activation(gate) and grad * value * activation'(gate), summed over broadcast axes; where the
            activation is constant 0 is selected.
        """
        label = "gated.backward"
        function = work.activation(label, activation)
        if grad is not None and gate is not None:
            both: tuple[Any, Any] | None = work.backend.gated(
                function, function.backward, grad, value, gate, None, None
            )
            if both is not None:
                return both
        arrays, result = work.real(label, {"grad": grad, "value": value, "gate": gate})
        shape = common(label, {"value": arrays["value"], "gate": arrays["gate"]})
        if arrays["grad"].shape != shape:
            raise ValueError(f"{label}: grad has shape {arrays['grad'].shape}; expected {shape}.")
        loop = loop_dtype(result)
        full = [flat(np.broadcast_to(a, shape), loop) for a in arrays.values()]
        dvalue, dgate = work.empty(shape, loop), work.empty(shape, loop)
        work.run(function, full, [dvalue.reshape(1, -1), dgate.reshape(1, -1)], True)
        with np.errstate(all="ignore"):
            dvalue, dgate = summed(dvalue, arrays["value"].shape), summed(dgate, arrays["gate"].shape)
            return dvalue.astype(result, copy=False), dgate.astype(result, copy=False)

    return dressed(
        gated, backward, "value * activation(gate)", "grad * activation(gate), grad * value * activation'(gate)"
    )


def common(label: str, arrays: dict[str, Array]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*(a.shape for a in arrays.values()))
    except ValueError:
        listed = ", ".join(f"{name} {a.shape}" for name, a in arrays.items())
        raise ValueError(f"{label}: shapes do not broadcast together: {listed}.") from None


def summed(a: Array, shape: tuple[int, ...]) -> Array:
    """Summed over the axes along which `shape` was broadcast, in float64."""
    if a.shape == shape:
        return a
    axes = tuple(range(a.ndim - len(shape)))
    axes += tuple(k for k in range(len(axes), a.ndim) if shape[k - len(axes)] == 1 and a.shape[k] != 1)
    total: Array = a.sum(axis=axes, keepdims=True, dtype=np.float64).reshape(shape)
    return total.astype(a.dtype)


# -- One array -------------------------------------------------------------------------------------------------------


def halves(label: str, x: Any, axis: Any) -> tuple[Any, Any]:
    """The two halves of x along the axis."""
    try:
        k = index(axis)
    except TypeError:
        raise TypeError(f"{label}: axis is {axis!r}; expected an int.") from None
    if not -x.ndim <= k < x.ndim:
        raise np.exceptions.AxisError(k, x.ndim, label)
    n = x.shape[k]
    if n % 2:
        raise ValueError(f"{label}: axis {k} has length {n}; it must be even, values first and gates after them.")
    before = (slice(None),) * (k % x.ndim)
    return x[(*before, slice(n // 2))], x[(*before, slice(n // 2, None))]


def packed(x: Array, axis: int) -> list[Array]:
    """The halves of a contiguous array as [rows][inner]."""
    k = index(axis) % x.ndim
    outer = prod(x.shape[:k])
    cube = x.reshape(outer, prod(x.shape[k:]))
    inner = cube.shape[1] // 2
    return [cube[:, :inner], cube[:, inner:]]


def build_gate(work: Work, gate: Gate) -> Any:
    def run(x: Any, axis: Any, activation: Any, out: Any) -> Any:
        function = work.activation(gate.name, activation)
        y = work.backend.gated(function, function.backward, None, x, None, axis, out)
        if y is not None:
            return y
        if overrides(gate.name, "x", x):
            value, gates = halves(gate.name, x, axis)
            return value * function.ufunc(gates, *function.parameters.values())
        arrays, result = work.real(gate.name, {"x": x})
        a = arrays["x"]
        value, gates = halves(gate.name, a, axis)
        loop = loop_dtype(result)
        if out is not None:
            place(gate.name, out, value.shape, result)
        if type(a) is not np.ndarray:
            with np.errstate(all="ignore"):
                y = value * function(gates, dtype=loop)
            return put(y, out, result)
        direct = usable(out, loop) and not np.may_share_memory(out, a)
        y = out if direct else work.empty(value.shape, loop)
        halfs = packed(contiguous(a, loop), axis)
        work.run(function, halfs, [y.reshape(halfs[0].shape)], not direct)
        return put(y, out, result)

    def run_backward(grad: Any, x: Any, axis: Any, activation: Any, out: Any) -> Any:
        label = f"{gate.name}.backward"
        function = work.activation(label, activation)
        if grad is not None:
            dx = work.backend.gated(function, function.backward, grad, x, None, axis, out)
            if dx is not None:
                return dx
        arrays, result = work.real(label, {"grad": grad, "x": x})
        g, a = (np.asarray(b) for b in arrays.values())
        half = halves(label, a, axis)[0].shape
        if g.shape != half:
            raise ValueError(f"{label}: grad has shape {g.shape}; expected {half}.")
        loop = loop_dtype(result)
        if out is not None:
            place(label, out, a.shape, result)
        direct = usable(out, loop) and not (np.may_share_memory(out, a) or np.may_share_memory(out, g))
        dx = out if direct else work.empty(a.shape, loop)
        inputs, outs = packed(contiguous(a, loop), axis), packed(dx, axis)
        work.run(function, [contiguous(g, loop).reshape(inputs[0].shape), *inputs], outs, not direct)
        return put(dx, out, result)

    def glu(x: Any, axis: Any = -1, activation: Any = gate.activation, *, out: Any = None) -> Any:
        return run(x, axis, activation, out)

    def glu_backward(grad: Any, x: Any, axis: Any = -1, activation: Any = gate.activation, *, out: Any = None) -> Any:
        return run_backward(grad, x, axis, activation, out)

    def other(x: Any, axis: Any = -1, *, out: Any = None) -> Any:
        return run(x, axis, gate.activation, out)

    def other_backward(grad: Any, x: Any, axis: Any = -1, *, out: Any = None) -> Any:
        return run_backward(grad, x, axis, gate.activation, out)

    function: Any = glu if gate.name == "glu" else other
    backward: Any = glu_backward if gate.name == "glu" else other_backward
    function.__name__ = gate.name
    chosen = "activation : str or function, default 'sigmoid'\n    Of the second half.\n" if gate.name == "glu" else ""
    name = "activation" if chosen else gate.activation
    function.__doc__ = GATE_DOC.format(
        summary=f"A gated linear unit: the first half of x times {name} of the second, in one pass.",
        grad="",
        x="Of even length along the axis: values first, gates after them.",
        chosen=chosen,
        returns="y : ndarray\n    Half as long along the axis; a plain product: 0 times infinity is NaN.",
        reference=gate.reference,
    )
    backward.__doc__ = GATE_DOC.format(
        summary=f"The gradient of {gate.name} with respect to x, packed as x is.",
        grad="grad : array_like\n    Gradient of the result, half as long as x along the axis.\n",
        x="The input of the forward call.",
        chosen=chosen,
        returns="dx : ndarray\n    grad * act(second), grad * first * act'(second).",
        reference=gate.reference,
    )
    made = dressed(
        function, backward, f"first * {name}(second)", f"grad * {name}(second), grad * first * {name}'(second)"
    )
    made.aliases = gate.aliases
    return made


GATE_DOC = """{summary}

Parameters
----------
{grad}x : array_like
    {x}
axis : int, default -1
    Along what x is split.
{chosen}out : ndarray, optional
    Where the result goes.

Returns
-------
{returns}

Notes
-----
{reference}
"""


def dressed(function: Any, backward: Any, formula: str, gradient: str) -> Any:
    backward.__name__, backward.__qualname__ = "backward", f"{function.__name__}.backward"
    function.__qualname__ = function.__name__
    function.__module__ = backward.__module__ = "fastact"
    function.backward, function.formula, backward.formula = backward, formula, gradient
    function.aliases = ()
    return function


# -- The neuron ------------------------------------------------------------------------------------------------------


def is_plain_layer(x: Any, weight: Any, bias: Any) -> bool:
    """Whether all are arrays of one dtype with a loop, in shapes that fit: nothing to convert, nothing to refuse."""
    return (
        type(x) is type(weight) is np.ndarray
        and x.dtype is weight.dtype
        and x.dtype in (FLOAT32, FLOAT64)
        and x.ndim > 0
        and weight.ndim == 2
        and x.shape[-1] == weight.shape[0]
        and (bias is None or (type(bias) is np.ndarray and bias.dtype is x.dtype and bias.shape == weight.shape[1:]))
    )


def place_is_free(out: Any, shape: tuple[int, ...], arrays: tuple[Any, ...]) -> bool:
    """Whether the layer can be computed in `out`, or out is None."""
    return out is None or (
        usable(out, arrays[0].dtype)
        and out.shape == shape
        and out.flags.writeable
        and not any(np.may_share_memory(out, a) for a in arrays if a is not None)
    )


def finished(a: Array, weight: Array, bias: Array | None, function: Any, y: Array) -> Array:
    with np.errstate(all="ignore"):
        np.matmul(a, weight, out=y)
        if function is not None:
            function(y, bias=bias, out=y)
        elif bias is not None:
            np.add(y, bias, out=y)
    return y


def build_dense(work: Work) -> Any:
    def checked(label: str, x: Any, weight: Any, bias: Any, activation: Any) -> Any:
        function = None if activation is None else work.activation(label, activation)
        named = {"x": x, "weight": weight} | ({} if bias is None else {"bias": bias})
        arrays, result = work.real(label, named)
        a, w = np.asarray(arrays["x"]), np.asarray(arrays["weight"])
        if a.ndim < 1 or w.ndim != 2 or a.shape[-1] != w.shape[0]:
            raise ValueError(
                f"{label}: x has shape {a.shape} and weight {w.shape}; expected (..., inputs) and (inputs, outputs)."
            )
        b = None if bias is None else np.asarray(arrays["bias"])
        if b is not None and b.shape not in ((), (w.shape[1],)):
            raise ValueError(
                f"{label}: bias has shape {b.shape}; expected ({w.shape[1]},), one number for each output."
            )
        loop = loop_dtype(result)
        if b is not None and b.ndim == 0:
            b = np.broadcast_to(b, w.shape[1])
        with np.errstate(all="ignore"):
            a, w = np.asarray(a, loop), np.asarray(w, loop)
            return function, a, w, b if b is None else np.ascontiguousarray(b, loop), loop, result

    def dense(x: Any, weight: Any, bias: Any = None, activation: Any = None, *, out: Any = None) -> Any:
        """A layer of neurons: activation(x @ weight + bias); the product by NumPy's BLAS, the rest in place on it.

        Parameters
        ----------
        x : array_like, shape (..., inputs)
        weight : array_like, shape (inputs, outputs)
        bias : array_like, shape (outputs,), optional
        activation : str or function, optional
            A name in any spelling that `get` knows, or one of fastact's activations; None: the sum itself.
        out : ndarray, shape (..., outputs), optional
            Where the result goes; it may not be x or weight.

        Returns
        -------
        y : ndarray, shape (..., outputs)
        """
        if is_plain_layer(x, weight, bias):
            shape = (*x.shape[:-1], weight.shape[1])
            if place_is_free(out, shape, (x, weight, bias)):
                function = None if activation is None else work.activation("dense", activation)
                return finished(x, weight, bias, function, work.empty(shape, x.dtype) if out is None else out)
        function, a, w, b, loop, result = checked("dense", x, weight, bias, activation)
        shape = (*a.shape[:-1], w.shape[1])
        if out is not None:
            place("dense", out, shape, result)
        direct = usable(out, loop) and not any(np.may_share_memory(out, c) for c in (a, w, b) if c is not None)
        y = out if direct else work.empty(shape, loop)
        return put(finished(a, w, b, function, y), out, result)

    def backward(grad: Any, x: Any, weight: Any, bias: Any = None, activation: Any = None) -> Any:
        """The gradients of dense with respect to x, weight and bias.

        Parameters
        ----------
        grad : array_like, shape (..., outputs)
            Gradient of the result.
        x, weight, bias, activation
            As for dense; the sum is computed anew, in one product.

        Returns
        -------
        dx, dweight, dbias : ndarray
            dz @ weight.T, x.T @ dz and dz summed over all but the last axis, where
            dz = grad * activation'(x @ weight + bias); dbias is None where bias is.
        """
        label = "dense.backward"
        if is_plain_layer(x, weight, bias) and type(grad) is np.ndarray and grad.dtype is x.dtype:
            function = None if activation is None else work.activation(label, activation)
            a, w, b, g, loop, result = x, weight, bias, grad, x.dtype, x.dtype
        else:
            function, a, w, b, loop, result = checked(label, x, weight, bias, activation)
            g = as_array(label, "grad", grad)
        shape = (*a.shape[:-1], w.shape[1])
        if g.shape != shape:
            raise ValueError(f"{label}: grad has shape {g.shape}; expected {shape}.")
        with np.errstate(all="ignore"):
            rows, dz = a.reshape(-1, w.shape[0]), np.asarray(g, loop).reshape(-1, w.shape[1])
            if function is not None:
                z = rows @ w
                dz = function.backward(dz, z, bias=b, out=z)
            dx, dweight = (dz @ w.T).reshape(a.shape), rows.T @ dz
            dbias = None if b is None else dz.sum(axis=0, dtype=np.float64).astype(result)
            return dx.astype(result, copy=False), dweight.astype(result, copy=False), dbias

    return dressed(dense, backward, "activation(x @ weight + bias)", "dz @ weight.T, x.T @ dz, sum dz")


def build(backend: Any, activations: Names) -> dict[str, Any]:
    """The gates and the neuron, by name."""
    work = Work(backend, activations)
    made = [*(build_gate(work, gate) for gate in GATES), build_gated(work), build_dense(work)]
    return {function.__name__: function for function in made}
