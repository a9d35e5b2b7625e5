# The public names, with their types.  Written by tools/make_stubs.py.

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Literal, TypeAlias, type_check_only

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

# What comes back has the type of what goes in: arrays, NumPy scalars, subclasses, dask arrays, pandas objects.
# x and grad are Any, not ArrayLike: objects with an `__array_ufunc__` are taken too.

@type_check_only
class _Described:
    __name__: str
    __qualname__: str
    formula: str

_Casting: TypeAlias = Literal["no", "equiv", "safe", "same_kind", "unsafe"]
_Axis: TypeAlias = int | tuple[int, ...] | None
_Function: TypeAlias = str | Callable[..., Any]

@type_check_only
class _ActivationPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _ActivationBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _ActivationBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _Activation(_ActivationPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _ActivationPart
    backward: _ActivationBackward
    value_and_derivative: _ActivationBoth

@type_check_only
class _StepPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        threshold: ArrayLike = 0.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _StepBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        threshold: ArrayLike = 0.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _StepBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        threshold: ArrayLike = 0.0,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _Step(_StepPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _StepPart
    backward: _StepBackward
    value_and_derivative: _StepBoth

@type_check_only
class _LeakyReluPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        negative_slope: ArrayLike = 0.01,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _LeakyReluBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        negative_slope: ArrayLike = 0.01,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _LeakyReluBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        negative_slope: ArrayLike = 0.01,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _LeakyRelu(_LeakyReluPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _LeakyReluPart
    backward: _LeakyReluBackward
    value_and_derivative: _LeakyReluBoth

@type_check_only
class _PreluPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        weight: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _PreluBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        weight: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _PreluBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        weight: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _Prelu(_PreluPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _PreluPart
    backward: _PreluBackward
    value_and_derivative: _PreluBoth

@type_check_only
class _ThresholdPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        threshold: ArrayLike,
        value: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _ThresholdBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        threshold: ArrayLike,
        value: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _ThresholdBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        threshold: ArrayLike,
        value: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _Threshold(_ThresholdPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _ThresholdPart
    backward: _ThresholdBackward
    value_and_derivative: _ThresholdBoth

@type_check_only
class _HardSigmoidPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        slope: ArrayLike = 0.16666666666666666,
        offset: ArrayLike = 0.5,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _HardSigmoidBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        slope: ArrayLike = 0.16666666666666666,
        offset: ArrayLike = 0.5,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _HardSigmoidBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        slope: ArrayLike = 0.16666666666666666,
        offset: ArrayLike = 0.5,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _HardSigmoid(_HardSigmoidPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _HardSigmoidPart
    backward: _HardSigmoidBackward
    value_and_derivative: _HardSigmoidBoth

@type_check_only
class _HardTanhPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        min_val: ArrayLike = -1.0,
        max_val: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _HardTanhBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        min_val: ArrayLike = -1.0,
        max_val: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _HardTanhBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        min_val: ArrayLike = -1.0,
        max_val: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _HardTanh(_HardTanhPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _HardTanhPart
    backward: _HardTanhBackward
    value_and_derivative: _HardTanhBoth

@type_check_only
class _ClippedLinearPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        slope: ArrayLike = 1.0,
        offset: ArrayLike = 0.0,
        min_val: ArrayLike = 0.0,
        max_val: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _ClippedLinearBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        slope: ArrayLike = 1.0,
        offset: ArrayLike = 0.0,
        min_val: ArrayLike = 0.0,
        max_val: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _ClippedLinearBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        slope: ArrayLike = 1.0,
        offset: ArrayLike = 0.0,
        min_val: ArrayLike = 0.0,
        max_val: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _ClippedLinear(_ClippedLinearPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _ClippedLinearPart
    backward: _ClippedLinearBackward
    value_and_derivative: _ClippedLinearBoth

@type_check_only
class _ShrinkPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        lambd: ArrayLike = 0.5,
        bias: ArrayLike = 0.0,
        *,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _ShrinkBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        lambd: ArrayLike = 0.5,
        bias: ArrayLike = 0.0,
        *,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _ShrinkBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        lambd: ArrayLike = 0.5,
        bias: ArrayLike = 0.0,
        *,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _Shrink(_ShrinkPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _ShrinkPart
    backward: _ShrinkBackward
    value_and_derivative: _ShrinkBoth

@type_check_only
class _HardShrinkPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        lambd: ArrayLike = 0.5,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _HardShrinkBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        lambd: ArrayLike = 0.5,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _HardShrinkBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        lambd: ArrayLike = 0.5,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _HardShrink(_HardShrinkPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _HardShrinkPart
    backward: _HardShrinkBackward
    value_and_derivative: _HardShrinkBoth

@type_check_only
class _SoftShrinkPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        lambd: ArrayLike = 0.5,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _SoftShrinkBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        lambd: ArrayLike = 0.5,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _SoftShrinkBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        lambd: ArrayLike = 0.5,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _SoftShrink(_SoftShrinkPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _SoftShrinkPart
    backward: _SoftShrinkBackward
    value_and_derivative: _SoftShrinkBoth

@type_check_only
class _SquareplusPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        b: ArrayLike = 4.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _SquareplusBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        b: ArrayLike = 4.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _SquareplusBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        b: ArrayLike = 4.0,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _Squareplus(_SquareplusPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _SquareplusPart
    backward: _SquareplusBackward
    value_and_derivative: _SquareplusBoth

@type_check_only
class _LogitPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        eps: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _LogitBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        eps: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _LogitBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        eps: ArrayLike | None = None,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _Logit(_LogitPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _LogitPart
    backward: _LogitBackward
    value_and_derivative: _LogitBoth

@type_check_only
class _SiluPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        beta: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _SiluBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        beta: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _SiluBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        beta: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _Silu(_SiluPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _SiluPart
    backward: _SiluBackward
    value_and_derivative: _SiluBoth

@type_check_only
class _QuickGeluPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        alpha: ArrayLike = 1.702,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _QuickGeluBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        alpha: ArrayLike = 1.702,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _QuickGeluBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        alpha: ArrayLike = 1.702,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _QuickGelu(_QuickGeluPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _QuickGeluPart
    backward: _QuickGeluBackward
    value_and_derivative: _QuickGeluBoth

@type_check_only
class _SoftcapPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        cap: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _SoftcapBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        cap: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _SoftcapBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        cap: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _Softcap(_SoftcapPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _SoftcapPart
    backward: _SoftcapBackward
    value_and_derivative: _SoftcapBoth

@type_check_only
class _EluPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        alpha: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _EluBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        alpha: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _EluBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        alpha: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _Elu(_EluPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _EluPart
    backward: _EluBackward
    value_and_derivative: _EluBoth

@type_check_only
class _CeluPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        alpha: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _CeluBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        alpha: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _CeluBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        alpha: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _Celu(_CeluPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _CeluPart
    backward: _CeluBackward
    value_and_derivative: _CeluBoth

@type_check_only
class _SoftplusPart(_Described):
    def __call__(
        self,
        x: Any,
        /,
        beta: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _SoftplusBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        beta: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: NDArray[Any] | tuple[NDArray[Any]] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> Any: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _SoftplusBoth(_Described):
    def __call__(
        self,
        x: Any,
        /,
        beta: ArrayLike = 1.0,
        *,
        bias: ArrayLike | None = None,
        out: tuple[NDArray[Any] | None, NDArray[Any] | None] | None = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> tuple[Any, Any]: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]

@type_check_only
class _Softplus(_SoftplusPart):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _SoftplusPart
    backward: _SoftplusBackward
    value_and_derivative: _SoftplusBoth

@type_check_only
class _Gate(_Described):
    def __call__(self, x: Any, /, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
    def backward(self, grad: Any, x: Any, /, axis: int = -1, *, out: NDArray[Any] | None = None) -> Any: ...
    aliases: tuple[str, ...]

@type_check_only
class _Glu(_Described):
    def __call__(
        self, x: Any, /, axis: int = -1, activation: _Function = "sigmoid", *, out: NDArray[Any] | None = None
    ) -> Any: ...
    def backward(
        self,
        grad: Any,
        x: Any,
        /,
        axis: int = -1,
        activation: _Function = "sigmoid",
        *,
        out: NDArray[Any] | None = None,
    ) -> Any: ...
    aliases: tuple[str, ...]

@type_check_only
class _Gated(_Described):
    def __call__(self, value: Any, gate: Any, activation: _Function, *, out: NDArray[Any] | None = None) -> Any: ...
    def backward(self, grad: Any, value: Any, gate: Any, activation: _Function) -> tuple[Any, Any]: ...

@type_check_only
class _Dense(_Described):
    def __call__(
        self,
        x: ArrayLike,
        weight: ArrayLike,
        bias: ArrayLike | None = None,
        activation: _Function | None = None,
        *,
        out: NDArray[Any] | None = None,
    ) -> Any: ...
    def backward(
        self,
        grad: ArrayLike,
        x: ArrayLike,
        weight: ArrayLike,
        bias: ArrayLike | None = None,
        activation: _Function | None = None,
    ) -> tuple[Any, Any, Any]: ...

@type_check_only
class _LogsumexpBackward(_Described):
    def __call__(
        self,
        grad: Any,
        x: Any,
        /,
        axis: _Axis = -1,
        *,
        temperature: ArrayLike = 1.0,
        softcap: float | None = None,
        bias: ArrayLike | None = None,
        where: ArrayLike | None = None,
        lengths: ArrayLike | None = None,
        causal: bool = False,
        offset: int | None = None,
        sink: ArrayLike | None = None,
        b: ArrayLike | None = None,
        out: NDArray[Any] | None = None,
        dtype: DTypeLike | None = None,
    ) -> Any: ...

@type_check_only
class _Logsumexp(_Described):
    def __call__(
        self,
        x: Any,
        /,
        axis: _Axis = -1,
        *,
        keepdims: bool = False,
        temperature: ArrayLike = 1.0,
        softcap: float | None = None,
        bias: ArrayLike | None = None,
        where: ArrayLike | None = None,
        lengths: ArrayLike | None = None,
        causal: bool = False,
        offset: int | None = None,
        sink: ArrayLike | None = None,
        b: ArrayLike | None = None,
        return_sign: bool = False,
        out: NDArray[Any] | None = None,
        dtype: DTypeLike | None = None,
    ) -> Any: ...
    aliases: tuple[str, ...]
    max_ulp: dict[str, float]
    backward: _LogsumexpBackward

@type_check_only
class _HardmaxBackward(_Described):
    def __call__(
        self,
        grad: Any,
        y: Any,
        /,
        axis: _Axis = -1,
        *,
        where: ArrayLike | None = None,
        out: NDArray[Any] | None = None,
        dtype: DTypeLike | None = None,
    ) -> Any: ...

@type_check_only
class _Hardmax(_Described):
    def __call__(
        self,
        x: Any,
        /,
        axis: _Axis = -1,
        *,
        where: ArrayLike | None = None,
        out: NDArray[Any] | None = None,
        dtype: DTypeLike | None = None,
    ) -> Any: ...
    aliases: tuple[str, ...]
    max_ulp: dict[str, float]
    backward: _HardmaxBackward

@type_check_only
class _SoftmaxBackward(_Described):
    def __call__(
        self,
        grad: Any,
        y: Any,
        /,
        axis: _Axis = -1,
        *,
        temperature: ArrayLike = 1.0,
        where: ArrayLike | None = None,
        lengths: ArrayLike | None = None,
        causal: bool = False,
        offset: int | None = None,
        sink: ArrayLike | None = None,
        out: NDArray[Any] | None = None,
        dtype: DTypeLike | None = None,
    ) -> Any: ...

@type_check_only
class _Softmax(_Described):
    def __call__(
        self,
        x: Any,
        /,
        axis: _Axis = -1,
        *,
        temperature: ArrayLike = 1.0,
        softcap: float | None = None,
        bias: ArrayLike | None = None,
        where: ArrayLike | None = None,
        lengths: ArrayLike | None = None,
        causal: bool = False,
        offset: int | None = None,
        sink: ArrayLike | None = None,
        out: NDArray[Any] | None = None,
        dtype: DTypeLike | None = None,
    ) -> Any: ...
    aliases: tuple[str, ...]
    max_ulp: dict[str, float]
    backward: _SoftmaxBackward

__version__: str

identity: _Activation
linear: _Activation
step: _Step
heaviside: _Step
binary_step: _Step
relu: _Activation
rectify: _Activation
relu6: _Activation
squared_relu: _Activation
leaky_relu: _LeakyRelu
prelu: _Prelu
threshold: _Threshold
hard_sigmoid: _HardSigmoid
hardsigmoid: _HardSigmoid
hard_tanh: _HardTanh
hardtanh: _HardTanh
hard_silu: _Activation
hard_swish: _Activation
hardswish: _Activation
clipped_linear: _ClippedLinear
sparse_plus: _Activation
sparse_sigmoid: _Activation
shrink: _Shrink
hard_shrink: _HardShrink
hardshrink: _HardShrink
soft_shrink: _SoftShrink
softshrink: _SoftShrink
softsign: _Activation
soft_sign: _Activation
squareplus: _Squareplus
dish: _Activation
signed_sqrt: _Activation
exp: _Activation
exponential: _Activation
sigmoid: _Activation
expit: _Activation
logistic: _Activation
logit: _Logit
tanh: _Activation
tanh_shrink: _Activation
silu: _Silu
swish: _Silu
quick_gelu: _QuickGelu
softcap: _Softcap
elu: _Elu
selu: _Activation
celu: _Celu
softplus: _Softplus
log_sigmoid: _Activation
log_expit: _Activation
logsigmoid: _Activation
mish: _Activation
gelu: _Activation
gelu_tanh: _Activation
softmax: _Softmax
log_softmax: _Softmax
softmin: _Softmax
hardmax: _Hardmax
sparsemax: _Hardmax
logsumexp: _Logsumexp
glu: _Glu
reglu: _Gate
geglu: _Gate
swiglu: _Gate

gated: _Gated
dense: _Dense
activations: Mapping[str, Any]

def get(name: str | Callable[..., Any]) -> Any: ...
def get_include() -> str: ...
def set_num_threads(n: int | None) -> None: ...
def get_num_threads() -> int: ...
def set_pool_limit(limit: int | None) -> None: ...
def clear_pool() -> None: ...
def isa() -> str: ...
def isas() -> tuple[str, ...]: ...
def info() -> dict[str, Any]: ...

class threads:
    def __init__(self, n: int) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
