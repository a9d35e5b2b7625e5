"""The contenders: what each makes of a cell, a timer and a result.  How they spell the functions is in spellings.py."""

import contextlib
import ctypes
import functools
import importlib
import os
import re
import subprocess
import tempfile
import timeit
from pathlib import Path

import numpy as np
from numpy._core._multiarray_umath import __cpu_dispatch__

from . import spellings

# The first two hold PyTorch's own kernels and oneDNN; exp and tanh are MKL's, which only the third holds.
AVX2 = {
    "FASTACT_ISA": "avx2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    # NumPy has changed the names of its targets: those of the one that is here.
    "NPY_DISABLE_CPU_FEATURES": " ".join(t for t in __cpu_dispatch__ if "AVX512" in t or t == "X86_V4"),
}
# Its kernels ask the processor alone.
NOT_HELD = ("ONNX Runtime",)


class NotThere(Exception):
    """The contender has not got what the cell asks for."""


def numpy_dtype(name):
    return np.dtype(importlib.import_module("ml_dtypes").bfloat16 if name == "bfloat16" else name)


class Contender:
    """call(cell, arrays) is a pair: a timer of the call, and a function that gives its result."""

    modules = ()
    forward, backward, rows = {}, {}, {}
    out = ", out=o"

    def start(self, threads):
        self.names = {"np": np}
        for module in self.modules:
            self.names[module.rpartition(".")[2]] = importlib.import_module(module)

    def version(self):
        return importlib.import_module("importlib.metadata").version(self.modules[0].partition(".")[0])

    def array(self, values, dtype):
        return np.array(values, numpy_dtype(dtype))

    def float64(self, result, dtype):
        """A result for the referee; one of another type than asked for is not what the cell is about."""
        if result.dtype != numpy_dtype(dtype):
            raise NotThere(f"the result is of {result.dtype}")
        return np.asarray(result).astype(np.float64)

    def spelling(self, cell):
        """The expression of a cell, or NotThere."""
        if "rows" in cell["kind"]:
            found = self.rows.get((cell["function"], cell["kind"]))
        else:
            found = (self.forward if cell["kind"] == "elementwise" else self.backward).get(cell["function"])
        if isinstance(found, tuple):
            found = found[cell["out"]]
        if found is None:
            raise NotThere("no spelling")
        grad = ".grad_input" if cell["out"] else ""
        out = self.out if cell["out"] else ""
        if cell["out"] and "{grad}" in found:
            out = ", grad_input=o"
        return found.format(out=out, p=cell["parameters"], grad=grad, a=cell["axis"])

    def forward_too(self, cell, expression):
        """The expression of f(x) where that of backward wants it as y, or None."""
        if cell["kind"] == "backward" and re.search(r"\by\b", expression):
            return self.spelling({**cell, "kind": "elementwise", "out": False})
        return None

    def spares_x(self, cell):
        """Whether the derivative is made from y, from what was kept with it, or from nothing."""
        names = re.findall(r"\b(x|y|buffer)\b", self.spelling(cell))
        return "x" not in names or len(set(names)) > 1

    def call(self, cell, arrays):
        expression = self.spelling(cell)
        names = {**self.names, **arrays}
        forward = self.forward_too(cell, expression)
        if forward:
            names["y"] = eval(forward, names)

        def result():
            value = eval(expression, names)
            return names["o"] if cell["out"] else value[0] if isinstance(value, tuple) else value

        return timeit.Timer(expression, globals=names), result


class Fastact(Contender):
    modules = ("fastact",)

    def start(self, threads):
        super().start(threads)
        self.names["fastact"].set_num_threads(threads)

    def version(self):
        fastact = self.names["fastact"]
        return f"{fastact.__version__} ({fastact.isa()})"

    def spelling(self, cell):
        f = f"fastact.{cell['function']}"
        given = "".join(f", {name}={value}" for name, value in cell["given"].items())
        out = self.out if cell["out"] else ""
        return {
            "elementwise": f"{f}(x{given}{out})",
            "backward": f"{f}.backward(g, x{given}{out})",
            "rows": f"{f}(x, axis={cell['axis']}{out})",
            "rows backward": f"{f}.backward(g, y, axis={cell['axis']}{out})",
        }[cell["kind"]]


class NumPy(Contender):
    modules = ("numpy",)
    forward, backward, rows = spellings.NUMPY, spellings.NUMPY_BACKWARD, spellings.NUMPY_ROWS


class SciPy(Contender):
    modules = ("scipy", "scipy.special")
    forward, backward, rows = spellings.SCIPY, spellings.SCIPY_BACKWARD, spellings.SCIPY_ROWS


class Numexpr(Contender):
    modules = ("numexpr",)
    forward, backward = spellings.NUMEXPR, spellings.NUMEXPR_BACKWARD

    def start(self, threads):
        super().start(threads)
        self.names["numexpr"].set_num_threads(threads)

    def bound(self, expression, values, out=None):
        """A call of evaluate.  Fractions become variables of x's type: as numbers they make everything float64."""
        values = dict(values)

        def name(number):
            values[f"c{len(values)}"] = values["x"].dtype.type(number[0])
            return f"c{len(values) - 1}"

        return functools.partial(self.names["numexpr"].evaluate, re.sub(r"\d+\.\d+", name, expression), values, out=out)

    def call(self, cell, arrays):
        expression = self.spelling(cell)
        values = {name: arrays[name] for name in "xg" if name in arrays}
        forward = self.forward_too(cell, expression)
        if forward:
            values["y"] = self.bound(forward, values)()
        timed = self.bound(expression, values, arrays["o"] if cell["out"] else None)
        return timeit.Timer(timed), timed


class PyTorch(Contender):
    modules = ("torch",)
    forward, backward, rows = spellings.TORCH, spellings.TORCH_BACKWARD, spellings.TORCH_ROWS

    def start(self, threads):
        super().start(threads)
        torch = self.names["torch"]
        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
        self.names |= {"nn": torch._C._nn, "aten": torch.ops.aten}

    def array(self, values, dtype):
        torch = self.names["torch"]
        return torch.from_numpy(np.ascontiguousarray(values)).to(getattr(torch, dtype), copy=True)

    def float64(self, result, dtype):
        if result.dtype != getattr(self.names["torch"], dtype):
            raise NotThere(f"the result is of {result.dtype}")
        return result.double().numpy()

    def call(self, cell, arrays):
        arrays = {**arrays, "w": self.array(cell["parameters"][:1], cell["dtype"])}
        if cell["function"] == "log_sigmoid" and cell["kind"] == "backward":
            arrays["buffer"] = self.names["aten"].log_sigmoid_forward(arrays["x"])[1]
        return super().call(cell, arrays)


class Jax(Contender):
    modules = ("jax", "jax.numpy", "jax.nn", "jax.scipy.special")
    forward, backward, rows = spellings.JAX, spellings.JAX_BACKWARD, spellings.JAX_ROWS

    def start(self, threads):
        super().start(threads)
        jax = importlib.import_module("jax")
        jax.config.update("jax_enable_x64", True)
        self.names |= {"jax": jax, "jnp": jax.numpy, "nn": jax.nn}

    def array(self, values, dtype):
        return self.names["jnp"].asarray(super().array(values, dtype))

    def call(self, cell, arrays):
        if cell["out"]:
            raise NotThere("no out=")
        jax, taken = self.names["jax"], {"backward": "xg", "rows backward": "gy"}.get(cell["kind"], "x")
        f = eval(f"lambda {'g, y' if taken == 'gy' else 'x'}: {self.spelling(cell)}", self.names)
        compiled = jax.jit((lambda x, g: jax.vjp(f, x)[1](g)[0]) if taken == "xg" else f)
        arguments = [arrays[name] for name in taken]
        names = {"f": compiled, "arguments": arguments}
        return timeit.Timer("f(*arguments).block_until_ready()", globals=names), lambda: compiled(*arguments)


class OnnxRuntime(Contender):
    modules = ("onnxruntime", "onnx")

    def start(self, threads):
        super().start(threads)
        self.threads = threads

    def nodes(self, cell):
        if cell["kind"] == "rows":
            return [(spellings.ONNX_ROWS[cell["function"]], ["x"], {"axis": str(cell["axis"])})]
        if cell["kind"] != "elementwise" or cell["function"] not in spellings.ONNX:
            raise NotThere("no spelling")
        return spellings.ONNX[cell["function"]]

    def session(self, cell, x):
        ort, helper = self.names["onnxruntime"], self.names["onnx"].helper
        kind, made, constants = helper.np_dtype_to_tensor_dtype(x.dtype), [], []
        nodes = self.nodes(cell)
        for number, (operator, inputs, attributes) in enumerate(nodes):
            names = []
            for value in inputs:
                if isinstance(value, int):
                    names.append(f"node{value}")
                elif value == "x":
                    names.append(value)
                else:
                    names.append(f"constant{len(constants)}")
                    constant = float(value.format(p=cell["parameters"]))
                    constants.append(helper.make_tensor(names[-1], kind, [], [constant]))
            domain, _, operator = operator.rpartition(".")
            given = {name: eval(text.format(p=cell["parameters"], type=kind)) for name, text in attributes.items()}
            output = "y" if number == len(nodes) - 1 else f"node{number}"
            made.append(helper.make_node(operator, names, [output], domain=domain, **given))
        x_info, y_info = (helper.make_tensor_value_info(name, kind, list(x.shape)) for name in "xy")
        graph = helper.make_graph(made, "arena", [x_info], [y_info], constants)
        opsets = [helper.make_opsetid("", 22), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        options.log_severity_level = 4
        return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def call(self, cell, arrays):
        if cell["dtype"] == "bfloat16":
            raise NotThere("no bfloat16 of NumPy")
        ort, x = self.names["onnxruntime"], arrays["x"]
        session = self.session(cell, x)
        if not cell["out"]:
            names = {"session": session, "x": x}
            return timeit.Timer("session.run(None, {'x': x})", globals=names), lambda: session.run(None, {"x": x})[0]
        o = ort.OrtValue.ortvalue_from_numpy(arrays["o"])
        binding = session.io_binding()
        binding.bind_ortvalue_input("x", ort.OrtValue.ortvalue_from_numpy(x))
        binding.bind_ortvalue_output("y", o)

        def result():
            session.run_with_iobinding(binding)
            return o.numpy()

        names = {"session": session, "binding": binding}
        return timeit.Timer("session.run_with_iobinding(binding)", globals=names), result


class Limit(Contender):
    """What the machine can do: the fastest of some ways to copy (limit.c), compiled when asked for."""

    WAYS = tuple((stream, prefetch) for stream in (0, 1) for prefetch in (0, 512, 2048, 8192))

    def start(self, threads):
        self.threads, self.fastest = threads, {}
        source = Path(__file__).with_name("limit.c")
        with tempfile.TemporaryDirectory() as directory:
            library = Path(directory, "limit.so")
            isa = ["-march=native"]
            if os.environ.get("FASTACT_ISA") == "avx2":
                isa = ["-mavx2", "-mfma"]
            command = [os.environ.get("CC", "cc"), "-O3", *isa, "-shared", "-fPIC", "-pthread"]
            subprocess.run([*command, "-o", library, source], check=True)
            self.copy = ctypes.CDLL(str(library)).limit_copy
        self.copy.argtypes = [ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_size_t] * 5

    def version(self):
        return "limit.c"

    def call(self, cell, arrays):
        x, o, times = arrays["x"], arrays["o"], cell["repeat"]
        if not cell["cold"]:
            # Where a copy is fastest: both from a line's start, half a page apart.
            room = np.ones(2 * x.nbytes + 3 * 4096, np.uint8)  # zeros may all be one page
            begin = -room.ctypes.data % 4096
            far = begin + -(-x.nbytes // 4096) * 4096 + 2048
            x, o = (room[at : at + x.nbytes] for at in (begin, far))

        def way(stream, prefetch):
            arguments = (o.ctypes.data, x.ctypes.data, x.nbytes, times, self.threads, stream, prefetch)
            # The arrays live as long as the call does.
            return lambda arrays=(o, x): self.copy(*arguments)

        key = (x.nbytes, times)
        if key not in self.fastest:
            took = {arguments: timeit.Timer(way(*arguments)).repeat(7, 1) for arguments in self.WAYS}
            self.fastest[key] = min(took, key=lambda arguments: np.median(took[arguments]))
        chosen = way(*self.fastest[key])

        def result():
            chosen()
            return o

        return timeit.Timer(chosen), result


CONTENDERS = {
    "fastact": Fastact,
    "PyTorch": PyTorch,
    "ONNX Runtime": OnnxRuntime,
    "JAX": Jax,
    "NumPy": NumPy,
    "SciPy": SciPy,
    "numexpr": Numexpr,
    "limit": Limit,
}
PEERS = [name for name in CONTENDERS if name not in ("fastact", "limit")]


def environment(threads, isa=None):
    """What a contender's process is started with."""
    settings = dict(os.environ)
    for variable in ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "FASTACT"):
        settings[f"{variable}_NUM_THREADS"] = str(threads)
    settings["NUMEXPR_MAX_THREADS"] = str(threads)
    settings["JAX_PLATFORMS"] = "cpu"
    return settings | (AVX2 if isa == "avx2" else {})


def hold_to(threads):
    """As many processors as threads, the same ones for every contender."""
    with contextlib.suppress(AttributeError):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
