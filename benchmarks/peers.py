"""fastact against its peers, on one thread of this machine.

    python benchmarks/peers.py [elementwise] [rows] [small] [avx2] [errors] [--markdown | --readme]

Peers: NumPy and SciPy, PyTorch, ONNX Runtime, JAX; one that is not installed is left out, and said so.  A section
runs in a process of its own, held to one processor.  The contenders of a line take turns, so that all meet the same
machine; times are medians, ± half the distance between the quartiles, and a ratio is the peer's median over ours.
"goal" is the ratio the project asks of itself.  Without a section, all of them run (about two minutes).
"""

import argparse
import functools
import gc
import importlib.metadata
import importlib.util
import json
import os
import platform
import subprocess
import sys
import timeit

SECTIONS = ["elementwise", "rows", "small", "avx2", "errors"]
# The first two hold PyTorch's own kernels and oneDNN; exp and tanh are MKL's, which only the third holds.
AVX2 = {
    "FASTACT_ISA": "avx2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}
ELEMENTS = 32768
PEERS = ["numpy", "scipy", "torch", "onnxruntime", "jax"]

# name: our call and the peers', with the goals against PyTorch and against NumPy and SciPy
ELEMENTWISE = {
    "exp": ("fa.exp(x, out=o)", {"PyTorch": "torch.exp(tx, out=to)", "NumPy": "np.exp(x, out=o)"}, 1.2, 2.2),
    "sigmoid": (
        "fa.sigmoid(x, out=o)",
        {
            "PyTorch": "torch.sigmoid(tx, out=to)",
            "SciPy": "special.expit(x, out=o)",
            "NumPy": "np.divide(1, 1 + np.exp(-x), out=o)",
        },
        1.2,
        5,
    ),
    "silu": (
        "fa.silu(x, out=o)",
        {
            "PyTorch": "torch._C._nn.silu(tx, out=to)",
            "SciPy": "np.multiply(x, special.expit(x), out=o)",
            "NumPy": "np.divide(x, 1 + np.exp(-x), out=o)",
        },
        1.2,
        5,
    ),
    "tanh": ("fa.tanh(x, out=o)", {"PyTorch": "torch.tanh(tx, out=to)", "NumPy": "np.tanh(x, out=o)"}, 1.0, None),
    "gelu": (
        "fa.gelu(x, out=o)",
        {
            "PyTorch": "torch._C._nn.gelu(tx, out=to)",
            "SciPy": "np.multiply(x / 2, 1 + special.erf(x * root_half), out=o)",
        },
        1.0,
        5,
    ),
    "softplus": (
        "fa.softplus(x, out=o)",
        {
            "PyTorch": "torch._C._nn.softplus(tx, out=to)",
            "NumPy": "np.log1p(np.exp(x), out=o)",
            "NumPy, logaddexp": "np.logaddexp(x, 0, out=o)",
        },
        3,
        5,
    ),
    "relu": (
        "fa.relu(x, out=o)",
        {"PyTorch": "torch.clamp_min(tx, 0, out=to)", "NumPy": "np.maximum(x, 0, out=o)"},
        None,
        None,
    ),
    "leaky_relu": (
        "fa.leaky_relu(x, out=o)",
        {"PyTorch": "torch._C._nn.leaky_relu(tx, 0.01, out=to)", "NumPy": "np.maximum(x, 0.01 * x, out=o)"},
        None,
        5,
    ),
}
ROW_LENGTHS = [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]
COLUMN_SHAPES = [(1000, 1000), (64, 8192), (128, 256)]


def race(calls, names, rounds=41, seconds=5e-4):
    """{call: [first quartile, median, third quartile]} in seconds, the calls taking turns."""
    timers = {call: timeit.Timer(call, globals=names) for call in calls}
    numbers = {}
    for call, timer in timers.items():
        timer.timeit(3)
        numbers[call] = max(1, round(seconds / (min(timer.repeat(5, 3)) / 3)))
    times = {call: [] for call in calls}
    gc.disable()
    for turn in range(rounds):
        order = calls[turn % len(calls) :] + calls[: turn % len(calls)]
        for call in order:
            times[call].append(timers[call].timeit(numbers[call]) / numbers[call])
    gc.enable()
    return {call: [sorted(taken)[rounds * quarter // 4] for quarter in (1, 2, 3)] for call, taken in times.items()}


# -- in the process of a section: each yields (line, elements, our call, {peer: call}, {peer: goal}, times) ----------


def peers():
    """What can be imported, by name; PyTorch on one thread, without gradients."""
    found = {"np": importlib.import_module("numpy")}
    for name in PEERS[1:]:
        try:
            found[name] = importlib.import_module(name)
        except ImportError:
            continue
    if "scipy" in found:
        found["special"] = importlib.import_module("scipy.special")
    if "torch" in found:
        found["torch"].set_num_threads(1)
        found["torch"].set_grad_enabled(False)
    found["fa"] = importlib.import_module("fastact")
    return found


def possible(calls, names):
    needs = {"PyTorch": "torch", "SciPy": "special"}
    return {peer: call for peer, call in calls.items() if needs.get(peer, "np") in names}


def elementwise():
    names = peers()
    np = names["np"]
    x = np.random.default_rng(0).normal(0, 2, ELEMENTS).astype(np.float32)
    names |= {"x": x, "o": np.empty_like(x), "root_half": np.float32(0.5**0.5)}
    if "torch" in names:
        names |= {"tx": names["torch"].from_numpy(x), "to": names["torch"].empty(ELEMENTS)}
    for name, (ours, calls, torch_goal, numpy_goal) in ELEMENTWISE.items():
        calls = possible(calls, names)
        goals = {peer: torch_goal if peer == "PyTorch" else numpy_goal for peer in calls}
        yield name, ELEMENTS, ours, calls, goals, race([ours, *calls.values()], names)


def onnx_softmax(x, axis):
    """A bound run of ONNX Runtime's Softmax on x, into memory of its own."""
    import numpy as np
    import onnx
    import onnxruntime as ort

    def info(name):
        return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, list(x.shape))

    node = onnx.helper.make_node("Softmax", ["x"], ["y"], axis=axis)
    graph = onnx.helper.make_graph([node], "softmax", [info("x")], [info("y")])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=9)
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    binding.bind_ortvalue_input("x", ort.OrtValue.ortvalue_from_numpy(x))
    binding.bind_ortvalue_output("y", ort.OrtValue.ortvalue_from_numpy(np.empty_like(x)))
    return lambda: session.run_with_iobinding(binding)


def rows():
    names = peers()
    np = names["np"]
    shapes = [((ELEMENTS // n, n), -1, f"softmax, rows of {n}") for n in ROW_LENGTHS]
    shapes += [(shape, 0, f"softmax, axis 0 of {shape[0]} x {shape[1]}") for shape in COLUMN_SHAPES]
    for shape, axis, line in shapes:
        x = np.random.default_rng(0).normal(0, 2, shape).astype(np.float32)
        names |= {"x": x, "o": np.empty_like(x)}
        ours = f"fa.softmax(x, axis={axis}, out=o)"
        calls = {}
        if "torch" in names:
            names |= {"tx": names["torch"].from_numpy(x), "to": names["torch"].empty(shape)}
            calls["PyTorch"] = f"torch._softmax(tx, {axis}, False, out=to)"
        if "onnxruntime" in names and importlib.util.find_spec("onnx"):
            names["run_onnx"] = onnx_softmax(x, axis)
            calls["ONNX Runtime"] = "run_onnx()"
        if "jax" in names:
            names["jax_softmax"] = names["jax"].jit(functools.partial(names["jax"].nn.softmax, axis=axis))
            names["jx"] = names["jax"].numpy.asarray(x)
            calls["JAX"] = "jax_softmax(jx).block_until_ready()"
        short = axis == -1 and shape[1] <= 8
        goals = dict.fromkeys(calls, 2 if short or axis == 0 else 1.1)
        if short:
            goals["PyTorch"] = 20
        yield line, x.size, ours, calls, goals, race([ours, *calls.values()], names)


def small():
    names = peers()
    np = names["np"]
    x = np.random.default_rng(0).normal(0, 2, 16).astype(np.float32)
    names |= {"x": x, "o": np.empty_like(x)}
    for ours, theirs, goal in [
        ("fa.exp(x)", "np.exp(x)", 3),
        ("fa.exp(x, out=o)", "np.exp(x, out=o)", 5),
        ("fa.gelu(x)", "np.exp(x)", None),
        ("fa.gelu(x, out=o)", "np.exp(x, out=o)", None),
    ]:
        yield f"16 float32: {ours}", 1, ours, {theirs: theirs}, {theirs: goal}, race([ours, theirs], names)


def references(np, special):
    """float64 formulas good to far less than a float32 ULP over the whole line."""
    return {
        "exp": np.exp,
        "sigmoid": special.expit,
        "silu": lambda x: x * special.expit(x),
        "tanh": np.tanh,
        "gelu": lambda x: x * special.ndtr(x),
        "softplus": lambda x: np.where(x > 0, x, 0) + np.log1p(np.exp(-abs(x))),
        "relu": lambda x: np.where(x > 0, x, 0),
        "leaky_relu": lambda x: np.where(x > 0, x, x * np.float64(np.float32(0.01))),
    }


def errors():
    """{name: {contender: greatest error in ULP}} over every 1021st float32 whose true result is a normal number."""
    names = peers()
    np = names["np"]
    found = {}
    pattern = np.arange(0, 2**32, 1021, dtype=np.uint64).astype(np.uint32)
    x = pattern.view(np.float32)
    x = x[np.isfinite(x)]
    names |= {"x": x, "o": np.empty_like(x), "root_half": np.float32(0.5**0.5)}
    if "torch" in names:
        names |= {"tx": names["torch"].from_numpy(x), "to": names["torch"].empty(len(x))}
    with np.errstate(all="ignore"):
        for name, reference in references(np, names["special"]).items():
            true = reference(x.astype(np.float64))
            limits = np.finfo(np.float32)
            kept = (abs(true) >= limits.tiny) & (abs(true) <= limits.max)
            ulp = np.ldexp(1.0, np.frexp(true[kept])[1] - 24)
            ours, calls, _, _ = ELEMENTWISE[name]
            found[name] = {}
            for who, call in {"fastact": ours, **possible(calls, names)}.items():
                value = np.asarray(eval(call, names), dtype=np.float64)[kept]
                error = np.where(np.isnan(value), np.inf, abs(value - true[kept]) / ulp)
                found[name][who] = float(error.max())
    return found


# -- the report -------------------------------------------------------------------------------------------------------


def child(section):
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if section == "errors":
        json.dump(errors(), sys.stdout)
        return
    for line in {"elementwise": elementwise, "avx2": elementwise, "rows": rows, "small": small}[section]():
        print(json.dumps(line), flush=True)


def run(section):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu", **(AVX2 if section == "avx2" else {})}
    command = [sys.executable, __file__, "--child", section]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def machine():
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), model)
    fastact = importlib.import_module("fastact")
    versions, missing = [f"fastact {fastact.__version__} ({fastact.isa()})"], []
    for name in PEERS:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    left_out = f"; not installed, left out: {', '.join(missing)}" if missing else ""
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{model}, {system}; {', '.join(versions)}; one thread{left_out}"


def table(header, body, markdown):
    if markdown:
        rows = [header, ["---"] + ["---:"] * (len(header) - 1), *body]
        return "\n".join("| " + " | ".join(row) + " |" for row in rows)
    widths = [max(map(len, column)) for column in zip(header, *body, strict=True)]
    lines = []
    for first, *rest in [header, *body]:
        lines.append("  ".join([first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])]))
    return "\n".join(lines)


def report(section, output, markdown):
    if section == "errors":
        print("Greatest error in ULP over every 1021st finite float32 whose result is a normal number")
        print("(1.7e+07: no digit is right; inf: inf or NaN where the result is finite)\n")
        found = json.loads(output)
        who = ["fastact", "PyTorch", "SciPy", "NumPy"]
        body = [[name, *(f"{e[w]:.3g}" if w in e else "" for w in who)] for name, e in found.items()]
        print(table(["function", *who], body, markdown), "\n")
        return
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("[")]
    nanoseconds = section == "small"
    unit = "ns a call" if nanoseconds else "ns an element"
    title = {
        "elementwise": f"float32, {ELEMENTS:,} elements into out=",
        "avx2": f"the same held to AVX2: {' '.join(f'{k}={v}' for k, v in AVX2.items())}",
        "rows": f"softmax, float32, {ELEMENTS:,} elements (axis 0: as said) into out=",
        "small": "calls on 16 float32",
    }[section]
    print(f"{title}; {unit}\n")
    body = []
    digits = 0 if nanoseconds else 3

    def shown(quartiles, elements):
        first, median, third = (1e9 * t / elements for t in quartiles)
        return f"{median:.{digits}f} ±{(third - first) / 2:.{digits}f}"

    for line, elements, ours, calls, goals, times in lines:
        for peer, call in calls.items():
            ratio, goal = times[call][1] / times[ours][1], goals[peer]
            if section == "avx2":
                goal = 1.0 if peer == "PyTorch" and line not in ("gelu", "relu", "leaky_relu") else None
            verdict = ["", ""] if goal is None else [f"{goal:g}", "reached" if ratio >= goal else "missed"]
            mine, theirs = shown(times[ours], elements), shown(times[call], elements)
            body.append([line, mine, peer, theirs, f"{ratio:.2f}", *verdict])
    print(table(["line", "fastact", "peer", "peer's time", "ratio", "goal", ""], body, markdown), "\n")


def readme():
    """The README's table: elementwise and errors in one, the fastest and the most accurate in bold."""
    who = ["fastact", "PyTorch", "SciPy", "NumPy"]
    found = json.loads(run("errors"))
    body = []
    for line in run("elementwise").splitlines():
        if line.startswith("["):
            name, elements, ours, calls, _, times = json.loads(line)
            calls = {"fastact": ours, **calls}
            speed = {w: 1e9 * times[calls[w]][1] / elements for w in who if w in calls}
            error = {w: found[name][w] for w in speed}
            cells = []
            for w in who:
                if w not in speed:
                    cells.append("")
                    continue
                ns, ulp = f"{speed[w]:.2f} ns", "wrong" if error[w] > 1e6 else f"{error[w]:.2f} ULP"
                ns = f"**{ns}**" if speed[w] == min(speed.values()) else ns
                ulp = f"**{ulp}**" if error[w] == min(error.values()) else ulp
                cells.append(f"{ns}, {ulp}")
            body.append([name, *cells])
    print(table(["", *who], body, markdown=True))
    print(f"\n{machine()}. *wrong*: some results that are normal numbers have no right digit.")
    print("NumPy, SciPy: the usual expression. Errors over every 1021st float32. Made by `make readme-table`.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="section", help=f"of {', '.join(SECTIONS)}; all by default")
    parser.add_argument("--markdown", action="store_true", help="tables in Markdown")
    parser.add_argument("--readme", action="store_true", help="the table of the README alone")
    parser.add_argument("--child", choices=SECTIONS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = set(arguments.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    if arguments.child:
        child(arguments.child)
        return
    if arguments.readme:
        readme()
        return
    print(machine(), "\n")
    for section in arguments.sections or SECTIONS:
        report(section, run(section), arguments.markdown)


if __name__ == "__main__":
    main()
