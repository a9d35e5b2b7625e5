"""Activation functions for NumPy arrays: fast, accurate, with their derivatives."""

__version__ = "0.1.0"

from ._public import (
    activations,
    clear_pool,
    get,
    get_include,
    get_num_threads,
    info,
    isa,
    isas,
    module_names,
    set_num_threads,
    set_pool_limit,
    threads,
)

globals().update(module_names)

__all__ = [
    "__version__",
    "activations",
    "clear_pool",
    "get",
    "get_include",
    "get_num_threads",
    "info",
    "isa",
    "isas",
    "set_num_threads",
    "set_pool_limit",
    "threads",
    *module_names,
]
del module_names
