"""Plain records.  typing.NamedTuple compiles its annotations: 1 ms of the import for two dozen fields."""

from __future__ import annotations

from typing import Any, dataclass_transform


@dataclass_transform(frozen_default=True)
class Record:
    """Fields as a subclass annotates them, given by position or by name, and not changed after that."""

    def __init__(self, *values: Any, **named: Any) -> None:
        self.__dict__.update(zip(type(self).__annotations__, values, strict=False), **named)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")
