"""The table: one row per activation, in a file for each family, as the bodies in src/activations/.

A row says what a function is called (by whom), what it computes, at the edges too, and how accurately; and it
computes it, in NumPy.  Ufuncs, public names, aliases, docstrings, stubs and tests are all made from the rows.

The formulas are written for float64 arrays, which may be broadcast against each other, and must keep NaN, the
limits at +-inf, the sign of zero and subnormal results.  float32 is computed in float64 and rounded once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import algebraic, elu, gelu, hard, rectifiers, scaled, shrinks, sigmoids, softplus
from .row import Activation, Parameter

__all__ = ["ACTIVATIONS", "Activation", "Names", "Parameter"]

ACTIVATIONS: tuple[Activation, ...] = (
    *rectifiers.ROWS,
    *hard.ROWS,
    *shrinks.ROWS,
    *algebraic.ROWS,
    *sigmoids.ROWS,
    *scaled.ROWS,
    *elu.ROWS,
    *softplus.ROWS,
    *gelu.ROWS,
)


def normal_form(name: str) -> str:
    """A name without case, underscores, hyphens and spaces."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


class Names(Mapping[str, Any]):
    """Functions by name: goes over the canonical names, and finds every alias in any spelling."""

    def __init__(self, functions: dict[str, Any], aliases: dict[str, str]) -> None:
        self._functions = functions
        self._by_form = {normal_form(name): function for name, function in functions.items()}
        for alias, name in aliases.items():
            self._by_form[normal_form(alias)] = functions[name]

    def __getitem__(self, name: str) -> Any:
        return self._by_form[normal_form(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)

    def __repr__(self) -> str:
        return f"<fastact.activations: {', '.join(self._functions)}>"

    def nearest(self, name: str) -> str | None:
        """The known spelling closest to an unknown one."""
        import difflib

        found = difflib.get_close_matches(normal_form(name), self._by_form, 1, 0.5)
        return str(self._by_form[found[0]].__name__) if found else None
