"""fastact.h and c_api.pxd: modules written against them build and give the bits of Python's calls."""

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from support import assert_same_bits

import fastact as fa

pytestmark = [pytest.mark.native, pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")]

C = r"""
#include <fastact.h>
#include <stdint.h>

/* call(name, kind, type, n, [addresses of inputs], [parameters] or None, [addresses of outputs]) */
static PyObject *call(PyObject *self, PyObject *args)
{
    const char *name, *kind;
    int type, answer;
    Py_ssize_t n;
    PyObject *in, *p, *out;
    if (!PyArg_ParseTuple(args, "ssinOOO", &name, &kind, &type, &n, &in, &p, &out))
        return NULL;
    const fastact_function *f = fastact_api->get(name, kind, type);
    if (!f)
        return PyLong_FromLong(-2);
    const void *inputs[2];
    void *outputs[2];
    double numbers[8];
    for (Py_ssize_t k = 0; k < PyList_Size(in); k++)
        inputs[k] = PyLong_AsVoidPtr(PyList_GetItem(in, k));
    for (Py_ssize_t k = 0; k < PyList_Size(out); k++)
        outputs[k] = PyLong_AsVoidPtr(PyList_GetItem(out, k));
    for (Py_ssize_t k = 0; p != Py_None && k < PyList_Size(p); k++)
        numbers[k] = PyFloat_AsDouble(PyList_GetItem(p, k));
    if (p != Py_None && PyList_Size(p) != fastact_api->parameters(f))
        return PyLong_FromLong(-3);
    Py_BEGIN_ALLOW_THREADS
    answer = fastact_api->run(f, n, inputs, p == Py_None ? NULL : numbers, outputs);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(answer);
}
static PyObject *rows(PyObject *self, PyObject *args)
{
    const char *name;
    int type;
    Py_ssize_t x, grad, out, outer, n, inner;
    double temperature;
    if (!PyArg_ParseTuple(args, "sinnnnnnd", &name, &type, &x, &grad, &out, &outer, &n, &inner, &temperature))
        return NULL;
    return PyLong_FromLong(
        fastact_api->rows(name, type, (void *)x, (void *)grad, (void *)out, outer, n, inner, temperature));
}
static PyMethodDef methods[] = {{"call", call, METH_VARARGS, ""}, {"rows", rows, METH_VARARGS, ""}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "embedded", NULL, -1, methods};
PyMODINIT_FUNC PyInit_embedded(void) { return fastact_import() < 0 ? NULL : PyModule_Create(&module); }
"""

CYTHON = """# cython: language_level=3
from fastact.c_api cimport FASTACT_FLOAT64, fastact_api, fastact_function, fastact_import
fastact_import()

def silu(double[::1] x not None):
    cdef const fastact_function *f = fastact_api.get("silu", "value", FASTACT_FLOAT64)
    cdef const void *inputs[1]
    cdef void *outputs[1]
    inputs[0] = outputs[0] = &x[0]
    with nogil:
        fastact_api.run(f, x.shape[0], inputs, NULL, outputs)
"""


def load(folder, name, source):
    built = folder / (name + sysconfig.get_config_var("EXT_SUFFIX"))
    include = [f"-I{sysconfig.get_path('include')}", f"-I{fa.get_include()}"]
    command = ["cc", "-O1", "-shared", "-fPIC", *include, str(source), "-o", str(built)]
    subprocess.run([*command, *(["-undefined", "dynamic_lookup"] if sys.platform == "darwin" else [])], check=True)
    spec = importlib.util.spec_from_file_location(name, built)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embedded")
    (folder / "embedded.c").write_text(C)
    return load(folder, "embedded", folder / "embedded.c")


def addresses(*arrays):
    return [a.ctypes.data for a in arrays]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", fa.activations)
def test_elementwise(embedded, name, dtype):
    f, t = fa.activations[name], int(dtype is np.float64)
    x = np.random.default_rng(0).standard_normal(777).astype(dtype) * 4
    grad, y, dy = x[::-1].copy(), np.empty_like(x), np.empty_like(x)
    numbers = [1.5 if default is None else default for default in f.parameters.values()]
    if None in f.parameters.values():
        assert embedded.call(name, "value", t, x.size, addresses(x), None, addresses(y)) == -1
    assert embedded.call(name, "value", t, x.size, addresses(x), numbers, addresses(y)) == 0
    assert_same_bits(y, f(x, *numbers))
    assert embedded.call(name, "backward", t, x.size, addresses(grad, x), numbers, addresses(y)) == 0
    assert_same_bits(y, getattr(f.backward, "dx", f.backward)(grad, x, *numbers))
    assert embedded.call(name, "value_and_derivative", t, x.size, addresses(x), numbers, addresses(y, dy)) == 0
    assert_same_bits((y, dy), f.value_and_derivative(x, *numbers))


def test_unknown_names(embedded):
    assert embedded.call("glue", "value", 0, 0, [], None, []) == -2
    assert embedded.call("gelu", "values", 0, 0, [], None, []) == -2
    assert embedded.call("gelu", "value", 2, 0, [], None, []) == -2
    assert embedded.rows("softmaxx", 0, 0, 0, 0, 0, 0, 0, 1.0) == -1


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_rows(embedded, name):
    x = np.random.default_rng(0).standard_normal((3, 50, 4)).astype(np.float32)
    y, dx = np.empty_like(x), np.empty_like(x)
    assert embedded.rows(name, 0, x.ctypes.data, 0, y.ctypes.data, 3, 50, 4, 2.0) == 0
    assert_same_bits(y, getattr(fa, name)(x, 1, temperature=2.0))
    assert embedded.rows(f"{name}_backward", 0, y.ctypes.data, x.ctypes.data, dx.ctypes.data, 3, 50, 4, 1.0) == 0
    assert_same_bits(dx, getattr(fa, name).backward(x, y, 1))


def test_cython(tmp_path):
    pytest.importorskip("Cython")
    source = tmp_path / "cythonized.pyx"
    source.write_text(CYTHON)
    package = Path(fa.__file__).parent.parent
    subprocess.run([sys.executable, "-m", "cython", "-I", str(package), str(source)], check=True)
    module = load(tmp_path, "cythonized", source.with_suffix(".c"))
    x = np.linspace(-5, 5, 101)
    want = fa.silu(x)
    module.silu(x)
    assert_same_bits(x, want)
