"""The NumPy ufuncs under the activations, by their own names: gelu, gelu_derivative, gelu_backward, …

They are also reached as `fastact.gelu.ufunc`, `fastact.gelu.derivative.ufunc`, …  They stand in a module so that
they can be pickled, as dask does to send them to its workers.
"""

from typing import Any

# Whose ufuncs they are; each is made when it is first asked for.
functions: dict[str, Any] = {}


def __getattr__(name: str) -> Any:
    if name in functions:
        return functions[name].ufunc
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *functions]
