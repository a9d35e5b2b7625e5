"""The test suites of others, run on fastact: those of ONNX, SciPy and NumPy as they lie in the installed packages, and
the values that JAX's nn_test.py looks at.  Nothing of theirs is copied here; a suite that is not installed is skipped.

All of them are looser than fastact's own bounds (test_accuracy.py).  `make conformance` writes docs/conformance.md.
"""

import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import fastact as fa

COUNTS = {}


@pytest.fixture(scope="module", autouse=True)
def report():
    """The counts of what passed, to the file that FASTACT_CONFORMANCE names."""
    yield
    if os.environ.get("FASTACT_CONFORMANCE"):
        Path(os.environ["FASTACT_CONFORMANCE"]).write_text(json.dumps(COUNTS, indent=1) + "\n")


def count(suite, what, passed, version):
    COUNTS.setdefault(suite, {"version": version, "cases": {}})["cases"].setdefault(what, 0)
    COUNTS[suite]["cases"][what] += passed


# -- ONNX ------------------------------------------------------------------------------------------------------------


def selu(x, alpha=1.6732632423543772, gamma=1.0507009873554805):
    if (np.float32(alpha), np.float32(gamma)) == (np.float32(1.6732632423543772), np.float32(1.0507009873554805)):
        return fa.selu(x)
    return (np.asarray(x).dtype.type(gamma) * fa.elu(x, float(alpha))).astype(x.dtype)


def reduce_log_sum_exp(x, axes=None, keepdims=1, noop_with_empty_axes=0):
    if axes is not None and len(axes) == 0:
        axes = () if noop_with_empty_axes else None
    return fa.logsumexp(x, None if axes is None else tuple(int(k) for k in axes), keepdims=bool(keepdims))


def along(f):
    def call(x, axis=None, opset=13):
        if opset >= 13:
            return f(x, -1 if axis is None else axis)
        flat = x.reshape(int(np.prod(x.shape[: 1 if axis is None else axis])), -1)
        return f(flat).reshape(x.shape)

    return call


OPERATORS = {
    "Celu": lambda x, alpha=1.0: fa.celu(x, alpha),
    "Elu": lambda x, alpha=1.0: fa.elu(x, alpha),
    "Gelu": lambda x, approximate=b"none": fa.gelu(x, approximate=approximate.decode()),
    "Hardmax": along(lambda x, axis=-1: fa.hardmax(x, axis)),
    "HardSigmoid": lambda x, alpha=0.2, beta=0.5: fa.hard_sigmoid(x, alpha, beta),
    "HardSwish": lambda x: fa.hard_silu(x),
    "LeakyRelu": lambda x, alpha=0.01: fa.leaky_relu(x, alpha),
    "LogSoftmax": along(lambda x, axis=-1: fa.log_softmax(x, axis)),
    "Mish": lambda x: fa.mish(x),
    "PRelu": lambda x, slope: fa.prelu(x, slope),
    "ReduceLogSumExp": reduce_log_sum_exp,
    "Relu": lambda x: fa.relu(x),
    "Selu": selu,
    "Shrink": lambda x, lambd=0.5, bias=0.0: fa.shrink(x, lambd, bias),
    "Sigmoid": lambda x: fa.sigmoid(x),
    "Softmax": along(lambda x, axis=-1: fa.softmax(x, axis)),
    "Softplus": lambda x: fa.softplus(x),
    "Softsign": lambda x: fa.softsign(x),
    "SwiGLU": lambda a, b, alpha=1.0: fa.silu(a, alpha) * b,
    "Swish": lambda x, alpha=1.0: fa.silu(x, alpha),
    "Tanh": lambda x: fa.tanh(x),
    "ThresholdedRelu": lambda x, alpha=1.0: fa.threshold(x, alpha, 0.0),
}
ONNX_NODES, ONNX_CONVERTED = 71, 20


def attributes(node):
    from onnx import helper

    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def floats(options):
    return {k: float(v) if isinstance(v, float) else v for k, v in options.items()}


def run_node(model, inputs, converted=False):
    (node,) = model.graph.node
    options = floats(attributes(node))
    opset = max(o.version for o in model.opset_import if not o.domain)
    if node.op_type in ("Softmax", "LogSoftmax", "Hardmax"):
        options["opset"] = opset
    if converted and node.op_type == "PRelu" and np.ndim(inputs[1]) == 1 and np.size(inputs[1]) > 1:
        return fa.prelu(inputs[0], inputs[1], axis=1)
    if converted and node.op_type == "Selu":
        # Those models were written with constants of two decimals less.
        return selu(inputs[0], **options)
    return OPERATORS[node.op_type](*inputs, **options)


def compare(got, want, rtol, atol):
    got, want = np.asarray(got), np.asarray(want)
    assert got.dtype == want.dtype
    assert got.shape == want.shape
    np.testing.assert_allclose(got.astype(np.float64), want.astype(np.float64), rtol=rtol, atol=atol)


@pytest.fixture(scope="module")
def onnx():
    return pytest.importorskip("onnx", exc_type=ImportError)


def test_onnx_nodes(onnx):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they compute what they expect with overflow
        from onnx.backend.test.case.node import collect_testcases

        cases = collect_testcases(None)
    cases = [c for c in cases if len(c.model.graph.node) == 1 and "_expanded" not in c.name]
    cases = [c for c in cases if c.model.graph.node[0].op_type in OPERATORS]
    assert len(cases) >= ONNX_NODES, "some of their cases have gone"
    failed = []
    for case in cases:
        operator = case.model.graph.node[0].op_type
        try:
            for inputs, outputs in case.data_sets:
                compare(run_node(case.model, inputs), outputs[0], case.rtol, case.atol)
            count("ONNX node cases", operator, 1, onnx.__version__)
        except Exception as error:
            failed.append(f"{case.name}: {str(error)[:300]}")
    assert not failed, "\n".join(failed)


def test_onnx_models_converted_from_pytorch(onnx):
    from onnx import numpy_helper
    from onnx.backend.test.loader import load_model_tests

    tried, failed = 0, []
    for case in load_model_tests(kind="pytorch-converted"):
        model = onnx.load(Path(case.model_dir) / "model.onnx")
        if len(model.graph.node) != 1 or model.graph.node[0].op_type not in OPERATORS:
            continue
        tried += 1
        weights = {w.name: numpy_helper.to_array(w) for w in model.graph.initializer}
        names = [i.name for i in model.graph.input if i.name not in weights]
        try:
            for folder in sorted(Path(case.model_dir).glob("test_data_set_*")):

                def tensor(kind, k, folder=folder):
                    loaded = onnx.TensorProto()
                    loaded.ParseFromString((folder / f"{kind}_{k}.pb").read_bytes())
                    return numpy_helper.to_array(loaded)

                known = weights | {name: tensor("input", k) for k, name in enumerate(names)}
                inputs = [known[name] for name in model.graph.node[0].input]
                compare(run_node(model, inputs, converted=True), tensor("output", 0), case.rtol, case.atol)
            count("ONNX models converted from PyTorch", model.graph.node[0].op_type, 1, onnx.__version__)
        except Exception as error:
            failed.append(f"{case.name}: {str(error)[:300]}")
    assert tried >= ONNX_CONVERTED
    assert not failed, "\n".join(failed)


# -- SciPy -----------------------------------------------------------------------------------------------------------

ADAPTER = """
import fastact as fa

expit, log_expit, logit = fa.sigmoid, fa.log_sigmoid, fa.logit

def softmax(x, axis=None):
    return fa.softmax(x, axis)

def log_softmax(x, axis=None):
    return fa.log_softmax(x, axis)

def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False):
    return fa.logsumexp(a, axis, b=b, keepdims=keepdims, return_sign=return_sign)
"""
# Those of complex numbers that no parameter shows.
COMPLEX = ["test_logsumexp_complex_sign", "test_gh21709_small_imaginary"]
SETUP = f"""
import numpy as np
import pytest

COMPLEX = {COMPLEX}

@pytest.fixture
def xp():
    import array_api_compat.numpy
    return array_api_compat.numpy

@pytest.fixture
def devices():
    return [None]

def is_complex(item):
    values = getattr(item, "callspec", None) and item.callspec.params.values() or ()
    return any(isinstance(v, complex) or "complex" in str(v) for v in values) or item.originalname in COMPLEX

def pytest_collection_modifyitems(config, items):
    names = {{item.originalname for item in items}}
    missing = [name for name in COMPLEX if name not in names]
    if any("logsumexp" in str(item.path) for item in items) and missing:
        raise pytest.UsageError(f"SciPy has no {{missing}} any more")
    items[:] = [item for item in items if not is_complex(item)]
"""
SCIPY = 69


@pytest.mark.native
def test_scipy(tmp_path):
    scipy = pytest.importorskip("scipy")
    pytest.importorskip("array_api_compat")
    source = Path(scipy.__file__).parent / "special/tests"
    if not source.is_dir():
        pytest.skip("SciPy is here without its tests")
    (tmp_path / "adapter.py").write_text(ADAPTER)
    (tmp_path / "conftest.py").write_text(SETUP)
    for name in ("test_logit.py", "test_logsumexp.py"):
        text = (source / name).read_text()
        text = re.sub(r"from scipy\.special import .*(logit|logsumexp).*", r"from adapter import *", text)
        text = re.sub(r"^@make_xp_test_case\(.*\)\n", "", text, flags=re.MULTILINE)
        text = re.sub(r"^def test_wrap_radians.*?(?=^#)", "", text, flags=re.MULTILINE | re.DOTALL)
        text = text.replace(", np.longdouble)", ")")
        assert "from adapter import *" in text
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", "-W", "ignore", str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(fa.__file__).parent.parent)])}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    passed = re.findall(r"^PASSED \S*::(\w+)::(\w+)", run.stdout, re.MULTILINE)
    assert run.returncode == 0, run.stdout[-4000:]
    assert len(passed) >= SCIPY
    for group, _ in passed:
        count("SciPy's tests", group.removeprefix("Test"), 1, scipy.__version__)


# -- NumPy -----------------------------------------------------------------------------------------------------------


@pytest.mark.native
@pytest.mark.parametrize("function", ["exp", "tanh", "expm1"])
def test_numpy_validation_sets(function):
    """Their inputs, outputs and allowed units in the last place; the rows shuffled, so that lanes mix."""
    path = Path(np.__file__).parent / f"_core/tests/data/umath-validation-set-{function}.csv"
    if not path.exists():
        pytest.skip("NumPy is here without its tests")
    f = fa.activations["elu" if function == "expm1" else function]
    lines = [line.split(",") for line in path.read_text().splitlines() if line.startswith("np.float")]
    np.random.default_rng(0).shuffle(lines)
    for dtype, bits in ((np.float32, np.uint32), (np.float64, np.uint64)):
        rows = [line for line in lines if line[0] == f"np.{dtype.__name__}"]
        x, want = (np.array([int(row[k], 16) for row in rows], bits).view(dtype) for k in (1, 2))
        allowed = np.array([int(row[3]) for row in rows])
        if function == "expm1":
            x, want, allowed = (a[x <= 0] for a in (x, want, allowed))
        got = f(x)
        wrong = np.flatnonzero(~((got == want) | (np.isnan(got) & np.isnan(want))))
        ulp = np.abs(got[wrong].view(bits).astype(np.int64) - want[wrong].view(bits).astype(np.int64))
        assert np.all(ulp <= allowed[wrong]), x[wrong][ulp > allowed[wrong]]
        assert x.size
        count("NumPy's validation sets", function, len(x), np.__version__)


# -- JAX: the values of its nn_test.py ---------------------------------------------------------------------------------


def jax_case():
    count("JAX's edge values", sys._getframe(1).f_code.co_name.removeprefix("test_jax_"), 1, "nn_test.py of 0.10")


def test_jax_gelu():
    x = np.linspace(-12, 5, 10000, dtype=np.float32)
    mpmath = pytest.importorskip("mpmath")
    want = np.array([float(mpmath.mpf(float(v)) * mpmath.ncdf(v)) for v in x])
    np.testing.assert_allclose(fa.gelu(x), want, rtol=2e-5, atol=0)
    np.testing.assert_allclose(fa.gelu(x, approximate="tanh"), want, rtol=1e9, atol=1e-3)
    assert fa.gelu(-1) == fa.gelu(-1.0)
    jax_case()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "bfloat16"])
def test_jax_softplus_squareplus_mish(dtype):
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    dtype = np.dtype(dtype)
    eps = float(2.0 ** -{"float16": 10, "bfloat16": 7, "float32": 23, "float64": 52}[dtype.name])
    one = lambda f, x: float(f(np.array([x], dtype))[0])  # noqa: E731
    assert one(fa.softplus, 89) == float(np.array(89, dtype))
    assert abs(one(fa.softplus, 0) - np.log(2)) <= eps
    assert one(fa.softplus.derivative, np.inf) == 1
    assert one(fa.squareplus, 0) == 1
    assert abs(one(fa.squareplus, 1e3) - 1e3) <= max(1e-3, 1e3 * eps)
    assert abs(one(fa.mish, 1e3) - 1e3) <= max(1e-3, 1e3 * eps)
    assert one(fa.mish, 0) == 0
    for f in (fa.softplus, fa.squareplus, fa.mish):
        assert np.isnan(one(f.derivative, np.nan))
        assert abs(one(f.derivative, 1e-8) - one(f.derivative, 0)) <= max(1e-8, 2 * eps)
        assert one(f.derivative, -np.inf) == 0
    jax_case()


def test_jax_sparse_plus():
    assert fa.sparse_plus(89.0) == 89
    assert fa.sparse_plus.derivative([-2, 0, 2]).tolist() == fa.sparse_sigmoid([-2, 0, 2]).tolist() == [0, 0.5, 1]
    jax_case()


def test_jax_kinks():
    assert fa.relu.derivative(0) == fa.relu6.derivative(0) == fa.relu6.derivative(6) == 0
    assert fa.elu(1e4) == 1e4
    assert fa.elu.derivative(1e4) == 1
    assert fa.glu([1, 0], axis=0).tolist() == [0.5]
    jax_case()


@pytest.mark.parametrize(("f", "dropped"), [(fa.softmax, 0.0), (fa.log_softmax, -np.inf)])
def test_jax_softmax(f, dropped):
    assert f(np.zeros((0, 3))).shape == (0, 3)
    x = np.array([5.5, 1.3, -4.2, 0.9])
    assert np.all(f(x, where=np.zeros(4, bool)) == dropped)
    mask = np.array([True, False, True, True])
    y = f(x, where=mask)
    assert y[1] == dropped
    np.testing.assert_allclose(y[mask], f(x[mask]), rtol=1e-15)
    assert abs(np.sum(y if f is fa.softmax else np.exp(y)) - 1) < 1e-15
    x = np.array([36, 10000.0])
    y = fa.softmax(x, where=x < 1000)
    assert fa.softmax.backward(np.array([1.0, 0.0]), y, where=x < 1000).tolist() == [0, 0]
    jax_case()


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("name", "gelu gelu_tanh relu identity softplus sparse_plus sigmoid squareplus mish".split())
def test_jax_dtypes(name, dtype):
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    assert fa.activations[name](np.zeros(3, dtype)).dtype == dtype
    jax_case()
