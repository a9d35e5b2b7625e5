"""How each contender spells each function.

A spelling is an expression of x and, for backward, of g and y = f(x); {out} stands for the argument that names the
result's place, {p[0]} for the first parameter of the activation.  (a, b): a makes a new array, b writes into o.
What differs from fastact's definition is found by its errors, and left out.  y is made beforehand: PyTorch keeps it
for those functions, which spares it the work that fastact does from x.
"""

import contextlib
import ctypes
import functools
import importlib
import os
import subprocess
import tempfile
import timeit
from pathlib import Path

import numpy as np
from numpy._core._multiarray_umath import __cpu_dispatch__

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

NUMPY = {
    "identity": ("x.copy()", "np.copyto(o, x)"),
    "relu": "np.maximum(x, 0{out})",
    "relu6": "np.clip(x, 0, 6{out})",
    "squared_relu": "np.square(np.maximum(x, 0){out})",
    "leaky_relu": "np.maximum(x, x * {p[0]}{out})",
    "hard_tanh": "np.clip(x, -1, 1{out})",
    "hard_sigmoid": "np.divide(np.clip(x + 3, 0, 6), 6{out})",
    "hard_silu": "np.multiply(x, np.clip(x + 3, 0, 6) / 6{out})",
    "softsign": "np.divide(x, 1 + np.abs(x){out})",
    "exp": "np.exp(x{out})",
    "sigmoid": "np.divide(1, 1 + np.exp(-x){out})",
    "tanh": "np.tanh(x{out})",
    "tanh_shrink": "np.subtract(x, np.tanh(x){out})",
    "silu": "np.divide(x, 1 + np.exp(-x){out})",
    "quick_gelu": "np.divide(x, 1 + np.exp(x * -1.702){out})",
    "softplus": "np.log1p(np.exp(x){out})",
    "log_sigmoid": "np.negative(np.log1p(np.exp(-x)){out})",
    "mish": "np.multiply(x, np.tanh(np.log1p(np.exp(x))){out})",
    "elu": ("np.where(x > 0, x, {p[0]} * np.expm1(x))", None),
    "celu": ("np.where(x > 0, x, {p[0]} * np.expm1(x / {p[0]}))", None),
    "selu": ("1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))", None),
    "gelu_tanh": "np.multiply(x / 2, 1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)){out})",
}
NUMPY_BACKWARD = {
    "relu": "np.multiply(g, x > 0{out})",
    "leaky_relu": ("np.where(x > 0, g, {p[0]} * g)", None),
    "exp": "np.multiply(g, y{out})",
    "sigmoid": "np.multiply(g * y, 1 - y{out})",
    "tanh": "np.multiply(g, 1 - y * y{out})",
    "softplus": "np.divide(g, 1 + np.exp(-x){out})",
    "silu": "np.multiply(g, (s := 1 / (1 + np.exp(-x))) * (1 + x * (1 - s)){out})",
}
SCIPY = {
    "sigmoid": "special.expit(x{out})",
    "silu": "np.multiply(x, special.expit(x){out})",
    "log_sigmoid": "special.log_expit(x{out})",
    "logit": "special.logit(x{out})",
    "gelu": "np.multiply(x / 2, 1 + special.erf(x * 0.7071067811865476){out})",
    "softplus": "np.negative(special.log_expit(-x){out})",
}
TORCH = {
    "identity": ("x.clone()", "o.copy_(x)"),
    "relu": ("torch.relu(x)", "torch.clamp_min(x, 0, out=o)"),
    "relu6": "nn.hardtanh(x, 0, 6{out})",
    "leaky_relu": "nn.leaky_relu(x, {p[0]}{out})",
    "threshold": "torch.threshold(x, {p[0]}, {p[1]}{out})",
    "hard_sigmoid": "nn.hardsigmoid(x{out})",
    "hard_tanh": "nn.hardtanh(x, -1, 1{out})",
    "hard_silu": "nn.hardswish(x{out})",
    "hard_shrink": "torch.hardshrink(x, {p[0]}{out})",
    "soft_shrink": "nn.softshrink(x, {p[0]}{out})",
    "softsign": "torch.div(x, 1 + x.abs(){out})",
    "exp": "torch.exp(x{out})",
    "sigmoid": "torch.sigmoid(x{out})",
    "log_sigmoid": "nn.log_sigmoid(x{out})",
    "logit": "torch.logit(x{out})",
    "tanh": "torch.tanh(x{out})",
    "tanh_shrink": "torch.sub(x, torch.tanh(x){out})",
    "silu": "nn.silu(x{out})",
    "softplus": "nn.softplus(x{out})",
    "mish": "nn.mish(x{out})",
    "elu": "nn.elu(x, {p[0]}{out})",
    "celu": ("torch.celu(x, {p[0]})", None),
    "selu": ("torch.selu(x)", None),
    "gelu": "nn.gelu(x{out})",
    "gelu_tanh": "nn.gelu(x, approximate='tanh'{out})",
}
# {grad} picks the overload that takes grad_input=; `saved` is what log_sigmoid keeps of its forward pass.
TORCH_BACKWARD = {
    "relu": "aten.threshold_backward{grad}(g, y, 0{out})",
    "relu6": "aten.hardtanh_backward{grad}(g, x, 0, 6{out})",
    "leaky_relu": "aten.leaky_relu_backward{grad}(g, x, {p[0]}, False{out})",
    "hard_sigmoid": "aten.hardsigmoid_backward{grad}(g, x{out})",
    "hard_tanh": "aten.hardtanh_backward{grad}(g, x, -1, 1{out})",
    "hard_silu": ("aten.hardswish_backward(g, x)", "aten.hardswish_backward.out(g, x, out=o)"),
    "hard_shrink": "aten.hardshrink_backward{grad}(g, x, {p[0]}{out})",
    "soft_shrink": "aten.softshrink_backward{grad}(g, x, {p[0]}{out})",
    "exp": ("torch.mul(g, y)", "torch.mul(g, y, out=o)"),
    "sigmoid": "aten.sigmoid_backward{grad}(g, y{out})",
    "log_sigmoid": "aten.log_sigmoid_backward{grad}(g, x, saved{out})",
    "tanh": "aten.tanh_backward{grad}(g, y{out})",
    "silu": "aten.silu_backward{grad}(g, x{out})",
    "softplus": "aten.softplus_backward{grad}(g, x, 1, 20{out})",
    "mish": ("aten.mish_backward(g, x)", None),
    "elu": "aten.elu_backward{grad}(g, {p[0]}, 1, 1, False, x{out})",
    "selu": "aten.elu_backward{grad}(g, 1.6732632423543772, 1.0507009873554805, 1, False, x{out})",
    "celu": "aten.elu_backward{grad}(g, {p[0]}, 1, 1 / {p[0]}, False, x{out})",
    "gelu": "aten.gelu_backward{grad}(g, x{out})",
    "gelu_tanh": "aten.gelu_backward{grad}(g, x, approximate='tanh'{out})",
}
# Whole numbers keep float32 what it is in numexpr; a fraction would make it float64.
NUMEXPR = {
    "relu": "where(x > 0, x, 0)",
    "relu6": "where(x < 0, 0, where(x > 6, 6, x))",
    "hard_tanh": "where(x < -1, -1, where(x > 1, 1, x))",
    "softsign": "x / (1 + abs(x))",
    "exp": "exp(x)",
    "sigmoid": "1 / (1 + exp(-x))",
    "tanh": "tanh(x)",
    "tanh_shrink": "x - tanh(x)",
    "silu": "x / (1 + exp(-x))",
    "softplus": "log1p(exp(x))",
    "log_sigmoid": "-log1p(exp(-x))",
    "mish": "x * tanh(log1p(exp(x)))",
    "elu": "where(x > 0, x, expm1(x))",
}
NUMEXPR_BACKWARD = {
    "relu": "where(x > 0, g, 0)",
    "exp": "g * y",
    "sigmoid": "g * y * (1 - y)",
    "tanh": "g * (1 - y * y)",
    "softplus": "g / (1 + exp(-x))",
}
JAX = {
    "identity": "jnp.copy(x)",
    "relu": "nn.relu(x)",
    "relu6": "nn.relu6(x)",
    "squared_relu": "jnp.square(nn.relu(x))",
    "leaky_relu": "nn.leaky_relu(x, {p[0]})",
    "hard_sigmoid": "nn.hard_sigmoid(x)",
    "hard_tanh": "nn.hard_tanh(x)",
    "hard_silu": "nn.hard_silu(x)",
    "softsign": "nn.soft_sign(x)",
    "squareplus": "nn.squareplus(x)",
    "sparse_plus": "nn.sparse_plus(x)",
    "sparse_sigmoid": "nn.sparse_sigmoid(x)",
    "exp": "jnp.exp(x)",
    "sigmoid": "nn.sigmoid(x)",
    "log_sigmoid": "nn.log_sigmoid(x)",
    "logit": "jax.scipy.special.logit(x)",
    "tanh": "jnp.tanh(x)",
    "tanh_shrink": "x - jnp.tanh(x)",
    "silu": "nn.silu(x)",
    "softplus": "nn.softplus(x)",
    "mish": "nn.mish(x)",
    "elu": "nn.elu(x, {p[0]})",
    "selu": "nn.selu(x)",
    "celu": "nn.celu(x, {p[0]})",
    "gelu": "nn.gelu(x, approximate=False)",
    "gelu_tanh": "nn.gelu(x, approximate=True)",
}
# Nodes in turn: the operator, then its inputs ("x", or the number of a node), then attributes.
ONNX = {
    "identity": [("Identity", ["x"], {})],
    "relu": [("Relu", ["x"], {})],
    "leaky_relu": [("LeakyRelu", ["x"], {"alpha": "{p[0]}"})],
    "hard_sigmoid": [("HardSigmoid", ["x"], {"alpha": "1 / 6", "beta": "0.5"})],
    "hard_silu": [("HardSwish", ["x"], {})],
    "softsign": [("Softsign", ["x"], {})],
    "exp": [("Exp", ["x"], {})],
    "sigmoid": [("Sigmoid", ["x"], {})],
    "log_sigmoid": [("Sigmoid", ["x"], {}), ("Log", ["0"], {})],
    "tanh": [("Tanh", ["x"], {})],
    "silu": [("Sigmoid", ["x"], {}), ("Mul", ["x", "0"], {})],
    "softplus": [("Softplus", ["x"], {})],
    "mish": [("Mish", ["x"], {})],
    "elu": [("Elu", ["x"], {"alpha": "{p[0]}"})],
    "celu": [("Celu", ["x"], {"alpha": "{p[0]}"})],
    "selu": [("Selu", ["x"], {})],
    "gelu": [("Gelu", ["x"], {})],
    "gelu_tanh": [("Gelu", ["x"], {"approximate": "'tanh'"})],
}


class NotThere(Exception):
    """The contender has not got what the cell asks for."""


def numpy_dtype(name):
    return np.dtype(importlib.import_module("ml_dtypes").bfloat16 if name == "bfloat16" else name)


class Contender:
    """call(cell, x, g) is a pair: a timer of the call, and a function that gives its result as a NumPy array."""

    modules = ()
    forward, backward = {}, {}
    out = ", out=o"

    def start(self, threads):
        self.names = {"np": np}
        for module in self.modules:
            self.names[module.rpartition(".")[2]] = importlib.import_module(module)

    def version(self):
        return importlib.import_module("importlib.metadata").version(self.modules[0].partition(".")[0])

    def array(self, values, dtype):
        return np.asarray(values).astype(numpy_dtype(dtype))

    def numpy(self, result):
        return np.asarray(result)

    def spelling(self, cell):
        """The expression of a cell, or NotThere."""
        if cell["kind"] == "rows":
            return self.rows(cell)
        found = (self.forward if cell["kind"] == "elementwise" else self.backward).get(cell["function"])
        if isinstance(found, tuple):
            found = found[cell["out"]]
        if found is None:
            raise NotThere("no spelling")
        grad = ".grad_input" if cell["out"] else ""
        out = self.out if cell["out"] else ""
        if cell["out"] and "{grad}" in found:
            out = ", grad_input=o"
        return found.format(out=out, p=cell["parameters"], grad=grad)

    def rows(self, cell):
        raise NotThere("no spelling")

    def call(self, cell, x, g):
        names = {**self.names, "x": self.array(x, cell["dtype"])}
        if cell["kind"] == "backward":
            names["g"] = self.array(g, cell["dtype"])
            if "y" in self.spelling(cell):
                names["y"] = eval(self.spelling({**cell, "kind": "elementwise", "out": False}), names)
            if "saved" in self.spelling(cell):
                names["saved"] = names["aten"].log_sigmoid_forward(names["x"])[1]
        if cell["out"]:
            names["o"] = self.array(np.zeros(np.shape(x)), cell["dtype"])
        expression = self.spelling(cell)

        def result():
            value = eval(expression, names)
            return self.numpy(names["o"] if cell["out"] else value)

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
        given = "".join(f", {name}={value}" for name, value in cell["given"].items())
        out = self.out if cell["out"] else ""
        if cell["kind"] == "rows":
            return f"fastact.{cell['function']}(x, axis={cell['axis']}{out})"
        f = f"fastact.{cell['function']}"
        return f"{f}(x{given}{out})" if cell["kind"] == "elementwise" else f"{f}.backward(g, x{given}{out})"

    def call(self, cell, x, g):
        timer, result = super().call(cell, x, g)
        if cell["dtype"] in ("float16", "bfloat16"):
            _, new = super().call({**cell, "out": False}, np.asarray(x)[:1], None if g is None else np.asarray(g)[:1])
            if new().dtype != numpy_dtype(cell["dtype"]):
                raise NotThere("the result has another dtype")
        return timer, result


class NumPy(Contender):
    modules = ("numpy",)
    forward, backward = NUMPY, NUMPY_BACKWARD

    def rows(self, cell):
        axis, out = cell["axis"], self.out if cell["out"] else ""
        top = f"x - x.max(axis={axis}, keepdims=True)"
        if cell["function"] == "softmax":
            return f"np.divide(e := np.exp({top}), e.sum(axis={axis}, keepdims=True){out})"
        return f"np.subtract(z := {top}, np.log(np.exp(z).sum(axis={axis}, keepdims=True)){out})"


class SciPy(Contender):
    modules = ("scipy", "scipy.special")
    forward = SCIPY

    def rows(self, cell):
        if cell["out"]:
            raise NotThere("no out=")
        return f"special.{cell['function']}(x, axis={cell['axis']})"


class Numexpr(Contender):
    modules = ("numexpr",)
    forward, backward = NUMEXPR, NUMEXPR_BACKWARD

    def start(self, threads):
        super().start(threads)
        self.names["numexpr"].set_num_threads(threads)

    def call(self, cell, x, g):
        expression = self.spelling(cell)
        values = {"x": self.array(x, cell["dtype"])}
        if cell["kind"] == "backward":
            values["g"] = self.array(g, cell["dtype"])
            if "y" in expression:
                values["y"] = self.names["numexpr"].evaluate(NUMEXPR[cell["function"]], values)
        out = np.empty_like(values["x"]) if cell["out"] else None
        timed = functools.partial(self.names["numexpr"].evaluate, expression, values, out=out)
        return timeit.Timer(timed), timed


class PyTorch(Contender):
    modules = ("torch",)
    forward, backward = TORCH, TORCH_BACKWARD

    def start(self, threads):
        super().start(threads)
        torch = self.names["torch"]
        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
        self.names |= {"nn": torch._C._nn, "aten": torch.ops.aten}

    def array(self, values, dtype):
        torch = self.names["torch"]
        return torch.from_numpy(np.ascontiguousarray(values)).to(getattr(torch, dtype))

    def numpy(self, result):
        return result.double().numpy()

    def rows(self, cell):
        if cell["out"]:
            return f"torch._{cell['function']}(x, {cell['axis']}, False, out=o)"
        return f"torch.{cell['function']}(x, {cell['axis']})"


class Jax(Contender):
    modules = ("jax", "jax.numpy", "jax.nn", "jax.scipy.special")
    forward = JAX

    def start(self, threads):
        super().start(threads)
        jax = importlib.import_module("jax")
        jax.config.update("jax_enable_x64", True)
        self.names |= {"jax": jax, "jnp": jax.numpy, "nn": jax.nn}

    def rows(self, cell):
        return f"nn.{cell['function']}(x, axis={cell['axis']})"

    def call(self, cell, x, g):
        if cell["out"]:
            raise NotThere("no out=")
        jax = self.names["jax"]
        kind = "elementwise" if cell["kind"] == "backward" else cell["kind"]
        f = eval(f"lambda x: {self.spelling({**cell, 'kind': kind})}", self.names)
        arguments = [jax.numpy.asarray(self.array(x, cell["dtype"]))]
        compiled = jax.jit(f)
        if cell["kind"] == "backward":
            arguments.append(jax.numpy.asarray(self.array(g, cell["dtype"])))
            compiled = jax.jit(lambda x, g: jax.vjp(f, x)[1](g)[0])
        names = {"f": compiled, "arguments": arguments}
        timer = timeit.Timer("f(*arguments).block_until_ready()", globals=names)
        return timer, lambda: np.asarray(compiled(*arguments))


class OnnxRuntime(Contender):
    modules = ("onnxruntime", "onnx")
    forward = ONNX

    def start(self, threads):
        super().start(threads)
        self.threads = threads

    def call(self, cell, x, g):
        ort, onnx = self.names["onnxruntime"], self.names["onnx"]
        if cell["kind"] == "backward" or cell["dtype"] == "bfloat16":
            raise NotThere("no spelling")
        if cell["kind"] == "rows":
            operator = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}[cell["function"]]
            nodes = [(operator, ["x"], {"axis": str(cell["axis"])})]
        elif cell["function"] in ONNX:
            nodes = ONNX[cell["function"]]
        else:
            raise NotThere("no spelling")
        x = self.array(x, cell["dtype"])
        kind = onnx.helper.np_dtype_to_tensor_dtype(x.dtype)
        made = []
        for number, (operator, inputs, attributes) in enumerate(nodes):
            values = {name: eval(text.format(p=cell["parameters"])) for name, text in attributes.items()}
            output = "y" if number == len(nodes) - 1 else str(number)
            made.append(onnx.helper.make_node(operator, inputs, [output], **values))
        x_info, y_info = (onnx.helper.make_tensor_value_info(name, kind, list(x.shape)) for name in "xy")
        graph = onnx.helper.make_graph(made, "arena", [x_info], [y_info])
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 22)], ir_version=10)
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        options.log_severity_level = 4
        session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        if not cell["out"]:
            names = {"session": session, "x": x}
            return timeit.Timer("session.run(None, {'x': x})", globals=names), lambda: session.run(None, {"x": x})[0]
        o = ort.OrtValue.ortvalue_from_numpy(np.zeros_like(x))
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

    WAYS = tuple((stream, prefetch) for stream in (0, 1) for prefetch in (0, 512, 1024, 2048))

    def start(self, threads):
        self.threads = threads
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

    def call(self, cell, x, g):
        x = np.ascontiguousarray(x).astype(cell["dtype"])
        o = np.zeros_like(x)
        # A small array is copied many times in a call: the call itself costs as much as some of the copies.
        times = cell["repeat"]

        def way(stream, prefetch):
            arguments = (o.ctypes.data, x.ctypes.data, x.nbytes, times, self.threads, stream, prefetch)
            # The arrays live as long as the call does.
            return lambda arrays=(o, x): self.copy(*arguments)

        best = {}
        for arguments in self.WAYS:
            best[arguments] = min(timeit.Timer(way(*arguments)).repeat(5, 1))
        chosen = way(*min(best, key=best.get))

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
