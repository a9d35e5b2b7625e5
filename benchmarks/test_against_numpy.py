"""fastact against the plain NumPy or SciPy expression; `make bench` runs this and prints the ratios (table.py)."""

import numpy as np
import pytest
from expressions import EXPRESSIONS, FUNCTIONS, ROW_EXPRESSIONS, ROW_FUNCTIONS

import fastact as fa

pytestmark = pytest.mark.benchmark(max_time=0.05, min_rounds=10, warmup=True, warmup_iterations=20, disable_gc=True)

SIZES = [16, 1024, 32768, 1 << 20]
SHAPES = [((8192, 4), -1), ((4096, 10), -1), ((512, 64), -1), ((32, 1024), -1), ((4, 8192), -1), ((1000, 1000), 0)]


def data(shape):
    return np.random.default_rng(0).normal(0, 2, shape).astype(np.float32)


def describe(benchmark, **facts):
    info = fa.info()
    chosen = f"{info['version']} on {info['isa']}, {info['threads']} threads"
    benchmark.extra_info.update(facts, fastact=chosen)


@pytest.mark.parametrize("contender", ["fastact", "NumPy"])
@pytest.mark.parametrize("result", ["new", "out="])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_activation(benchmark, name, size, result, contender):
    describe(benchmark, table="activations", line=name, column=f"{size:,}", result=result, contender=contender)
    x = data(size)
    out = np.empty_like(x) if result == "out=" else None
    if contender == "NumPy":
        benchmark(EXPRESSIONS[name], x, out)
    elif out is None:
        benchmark(FUNCTIONS[name], x)
    else:
        benchmark(FUNCTIONS[name], x, out=out)


@pytest.mark.parametrize("contender", ["fastact", "NumPy"])
@pytest.mark.parametrize(("shape", "axis"), SHAPES)
@pytest.mark.parametrize("name", ROW_EXPRESSIONS)
def test_rows(benchmark, name, shape, axis, contender):
    column = f"{shape[0]}x{shape[1]}" + (" axis 0" if axis == 0 else "")
    describe(benchmark, table="rows", line=name, column=column, result="new", contender=contender)
    functions = ROW_FUNCTIONS if contender == "fastact" else ROW_EXPRESSIONS
    benchmark(functions[name], data(shape), axis=axis)
