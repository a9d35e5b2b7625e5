"""What a row of the catalogue says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._record import Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Formula = Callable[..., Array]
    Bounds = Mapping[str, float]

INF, NAN = float("inf"), float("nan")


class Parameter(Record):
    """A number that an activation depends on."""

    name: str
    # None: it has to be given.
    default: float | None
    text: str
    # What is wrong with a bad number, after "must"; and the test for it, which every finite number above 0 passes.
    # NaN is always bad.
    must: str = "not be NaN"
    good: Callable[[float], bool] | None = None
    # For tests and measurements, where there is no default.
    example: float = 1.0
    # Whether `axis` may lay a one-dimensional array of it along an axis of x.
    along_axis: bool = False
    # The number that None stands for, "not at all"; as a default it is shown as None.
    off: float | None = None

    @property
    def shown(self) -> float | None:
        """The default as a caller writes it."""
        return None if self.default == self.off else self.default

    @property
    def typical(self) -> float:
        return self.example if self.default is None else self.default


NONZERO: dict[str, Any] = {"must": "not be 0 or NaN", "good": lambda value: value != 0.0}
POSITIVE: dict[str, Any] = {"must": "be positive", "good": lambda value: value > 0.0}
NOT_NEGATIVE: dict[str, Any] = {"must": "not be negative or NaN", "good": lambda value: value >= 0.0}


class Activation(Record):
    """A row.  Limits and kinks are those of the typical parameters."""

    name: str
    # Every spelling of PyTorch, Keras, JAX, ONNX and SciPy; `get` looks away from case and underscores.
    aliases: tuple[str, ...]
    # Those aliases that are names of the module as well.
    module_names: tuple[str, ...]
    summary: str
    formula: str
    latex: str
    derivative_formula: str
    # The least and the largest value over the real line (the infimum or supremum where it is not reached).
    range: tuple[float, float]
    # Values at -inf and at +inf.
    limits: tuple[float, float]
    derivative_limits: tuple[float, float]
    # (x, f'(x)) where the derivative jumps.
    kinks: tuple[tuple[float, float], ...]
    # Where the derivative is zero while the function is curved: beside it only an absolute error can be promised.
    derivative_zeros: tuple[float, ...]
    # The largest error in units in the last place, by dtype, of the compiled kernels.
    max_ulp: Bounds
    derivative_max_ulp: Bounds
    value: Formula
    derivative: Formula
    # f(x, *parameters) of mpmath numbers, x finite; the first argument is mpmath, which only tests and tools have.
    exact: Callable[..., Any]
    # The same for f'; by None it is the numerical derivative of `exact`, for a function without kinks.
    exact_derivative: Callable[..., Any] | None = None
    parameters: tuple[Parameter, ...] = ()
    # Where the derivative is 0 because the function is constant: backward selects 0 there, whatever the gradient is.
    dead_zone: bool = False
    # |x| around which tests look closely: the ends of the results' range, where a formula or a kernel changes.
    edges: tuple[float, ...] = ()
    # What `approximate` may be, and the activation it stands for.
    approximations: tuple[tuple[object, str], ...] = ()
    reference: str = ""

    def true(self, kind: str, mp: Any, x: Any, parameters: Sequence[Any] | None = None) -> Any:
        """f(x) or f'(x) in mpmath's working precision, x finite, with these or the typical parameters."""
        p = [q.typical for q in self.parameters] if parameters is None else parameters
        if kind == "value":
            return self.exact(mp, x, *p)
        if self.exact_derivative is None:
            return mp.diff(lambda t: self.exact(mp, t, *p), x)
        return self.exact_derivative(mp, x, *p)


def bounds(float32: float, float64: float) -> Bounds:
    """Bounds in ULP by dtype."""
    return {"float32": float32, "float64": float64}


EXACT, HALF, ONE = bounds(0.0, 0.0), bounds(0.5, 0.5), bounds(1.0, 1.0)
