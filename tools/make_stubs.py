"""Writes fastact/__init__.pyi, the types of the public names, from the tables.

python tools/make_stubs.py > fastact/__init__.pyi
"""

from fastact._gates import GATES as GATES_OF_ONE_ARRAY
from fastact._rows import ROWS
from fastact.catalogue import ACTIVATIONS

HEAD = """# The public names, with their types.  Written by tools/make_stubs.py.

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

"""

ELEMENTWISE = """@type_check_only
class _{name}Part(_Described):
    def __call__(
        self,
        x: Any,
        /,
{parameters}        *,
        bias: ArrayLike | None = None,
        out: {out} = None,
        where: ArrayLike = True,
        dtype: DTypeLike | None = None,
        casting: _Casting = "same_kind",
        order: Literal["K", "C", "F", "A"] = "K",
        subok: bool = True,
    ) -> {result}: ...
    ufunc: np.ufunc
    parameters: dict[str, float]
    max_ulp: dict[str, float]
"""

WHOLE = """@type_check_only
class _{name}(_{name}Part):
    range: tuple[float, float]
    aliases: tuple[str, ...]
    derivative: _{name}Part
    backward: _{name}Backward
    value_and_derivative: _{name}Both

"""

ROW = """@type_check_only
class _{name}Backward(_Described):
    def __call__(
        self,
        grad: Any,
        {saved}: Any,
        /,
        axis: _Axis = -1,
        *,
{backward_options}        out: NDArray[Any] | None = None,
        dtype: DTypeLike | None = None,
    ) -> Any: ...

@type_check_only
class _{name}(_Described):
    def __call__(
        self,
        x: Any,
        /,
        axis: _Axis = -1,
        *,
{options}        out: NDArray[Any] | None = None,
        dtype: DTypeLike | None = None,
    ) -> Any: ...
    aliases: tuple[str, ...]
    max_ulp: dict[str, float]
    backward: _{name}Backward

"""

OPTION_TYPES = {
    "keepdims": "bool",
    "temperature": "ArrayLike",
    "softcap": "float | None",
    "causal": "bool",
    "offset": "int | None",
    "return_sign": "bool",
}

GATES = """@type_check_only
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

"""

TAIL = """
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
"""


def class_name(row):
    """One class for all activations without parameters, one for each with."""
    return row.name.title().replace("_", "") if row.parameters else "Activation"


def classes(row):
    name = class_name(row)
    defaults = {p.name: "" if p.default is None else f" = {p.shown!r}" for p in row.parameters}
    types = {p.name: "ArrayLike" if p.off is None else "ArrayLike | None" for p in row.parameters}
    parameters = "".join(f"        {name}: {types[name]}{default},\n" for name, default in defaults.items())
    one = "NDArray[Any] | tuple[NDArray[Any]] | None"
    two = "tuple[NDArray[Any] | None, NDArray[Any] | None] | None"
    option = "        bias: ArrayLike | None = None,\n"
    template = ELEMENTWISE.replace(option, "") if "bias" in defaults else ELEMENTWISE
    part = template.format(name=name, parameters=parameters, out=one, result="Any")
    backward = part.replace("        x: Any,\n", "        grad: Any,\n        x: Any,\n").replace("Part(", "Backward(")
    both = template.format(name=name, parameters=parameters, out=two, result="tuple[Any, Any]")
    return "\n".join([part, backward, both.replace("Part(", "Both("), WHOLE.format(name=name)])


def row_class(row):
    """One class for all row functions with the same options."""
    return next(r for r in ROWS if (r.options, r.saved) == (row.options, row.saved)).name.title().replace("_", "")


def row_classes(row):
    def lines(options):
        types = {name: OPTION_TYPES.get(name, "ArrayLike | None") for name in options}
        return "".join(f"        {name}: {types[name]} = {default!r},\n" for name, default in options.items())

    return ROW.format(
        name=row_class(row),
        saved=row.saved,
        options=lines(row.options),
        backward_options=lines(row.backward_options),
    )


def stub():
    text = HEAD
    text += '_Casting: TypeAlias = Literal["no", "equiv", "safe", "same_kind", "unsafe"]\n'
    text += "_Axis: TypeAlias = int | tuple[int, ...] | None\n"
    text += "_Function: TypeAlias = str | Callable[..., Any]\n\n"
    text += "".join({class_name(row): classes(row) for row in ACTIVATIONS}.values())
    text += GATES
    text += "".join({row_class(row): row_classes(row) for row in reversed(ROWS)}.values())
    text += "__version__: str\n\n"
    for row in ACTIVATIONS:
        text += "".join(f"{name}: _{class_name(row)}\n" for name in (row.name, *row.module_names))
    text += "".join(f"{row.name}: _{row_class(row)}\n" for row in ROWS)
    text += "".join(f"{gate.name}: _{'Glu' if gate.name == 'glu' else 'Gate'}\n" for gate in GATES_OF_ONE_ARRAY)
    return text + TAIL


if __name__ == "__main__":
    print(stub(), end="")
