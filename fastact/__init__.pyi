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
relu: _Activation
rectify: _Activation
leaky_relu: _LeakyRelu
exp: _Activation
exponential: _Activation
sigmoid: _Activation
expit: _Activation
logistic: _Activation
tanh: _Activation
silu: _Activation
swish: _Activation
softplus: _Activation
gelu: _Activation
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
def isa() -> str: ...
def isas() -> tuple[str, ...]: ...
def info() -> dict[str, Any]: ...

class threads:
    def __init__(self, n: int) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
