"""What people write today: the plain NumPy or SciPy expression of each function, as f(x, out), and of rows, f(x, axis).

An activation without a line here is measured against the formula of its row in the catalogue.
"""

from functools import partial

import numpy as np
from scipy import special

import fastact as fa
from fastact.catalogue import ACTIVATIONS

ROOT_HALF = np.float32(0.5**0.5)

PLAIN = {
    "identity": lambda x, out: np.positive(x, out=out),
    "relu": lambda x, out: np.maximum(x, 0, out=out),
    "leaky_relu": lambda x, out: np.maximum(x, 0.01 * x, out=out),
    "exp": lambda x, out: np.exp(x, out=out),
    "sigmoid": lambda x, out: np.divide(1, 1 + np.exp(-x), out=out),
    "tanh": lambda x, out: np.tanh(x, out=out),
    "softplus": lambda x, out: np.log1p(np.exp(x), out=out),
    "silu": lambda x, out: np.divide(x, 1 + np.exp(-x), out=out),
    "gelu": lambda x, out: np.multiply(x / 2, 1 + special.erf(x * ROOT_HALF), out=out),
}


def catalogue_formula(row):
    parameters = [parameter.typical for parameter in row.parameters]

    def formula(x, out):
        result = row.value(x.astype(np.float64), *parameters).astype(x.dtype)
        if out is None:
            return result
        out[...] = result
        return out

    return formula


EXPRESSIONS = {row.name: PLAIN.get(row.name) or catalogue_formula(row) for row in ACTIVATIONS}
FUNCTIONS = {
    row.name: partial(fa.get(row.name), **{p.name: p.example for p in row.parameters if p.default is None})
    for row in ACTIVATIONS
}


def softmax(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def log_softmax(x, axis):
    z = x - x.max(axis=axis, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=axis, keepdims=True))


def logsumexp(x, axis):
    top = x.max(axis=axis, keepdims=True)
    return np.log(np.exp(x - top).sum(axis=axis)) + top.squeeze(axis)


ROW_EXPRESSIONS = {"softmax": softmax, "log_softmax": log_softmax, "logsumexp": logsumexp}
ROW_FUNCTIONS = {name: getattr(fa, name) for name in ROW_EXPRESSIONS}
