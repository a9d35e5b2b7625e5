#!/usr/bin/env python3
"""Compare the float64 functions with mpmath on points chosen to hurt.

    python tools/check_float64.py [names] [--points N] [--json FILE] [--source auto|package|kernels] [--isa avx512|avx2]

The functions come from the installed package fastact, or, without it, from the headers of src/math/float64 compiled
into a small shared object.  Prints for each function the largest error and its input; exits with 1 if some error is
above 1 ULP or a limit is wrong.  With gmpy2 installed mpmath is several times faster.
"""

import argparse
import ctypes
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import mpmath as mp
import numpy as np

SOURCE = Path(__file__).parents[1] / "src"
PRECISION = 240
FLAGS = "-O3 -std=gnu11 -fno-math-errno -ffp-contract=off -shared -fPIC".split()
ISA_FLAGS = {
    "avx512": "-march=x86-64-v4 -mprefer-vector-width=512".split(),
    "avx2": ["-march=x86-64-v3"],
    "neon": [],
    "portable": [],
}
STUB = """
#include "simd/pack.h"
#include "math/float64/all.h"
#define FUNCTION(name)                                                                        \\
    void run_##name(size_t n, const double *x, double *y)                                     \\
    {                                                                                         \\
        size_t i = 0;                                                                         \\
        for (; i + UNROLL * W_f64 <= n; i += UNROLL * W_f64)                                  \\
            store_f64p(UNROLL, y + i, name##_f64(UNROLL, load_f64p(UNROLL, x + i)));          \\
        for (; i + W_f64 <= n; i += W_f64)                                                    \\
            store_f64p(1, y + i, name##_f64(1, load_f64p(1, x + i)));                         \\
    }
"""


# -- the exact functions -----------------------------------------------------------------------------------------------
def sigmoid(x):
    e = mp.exp(-abs(x))
    return 1 / (1 + e) if x >= 0 else e / (1 + e)


def sigmoid_slope(x):
    e = mp.exp(-abs(x))
    return e / (1 + e) ** 2


def normal_cdf(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def normal_density(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


EXACT = {
    "exp": mp.exp,
    "tanh": mp.tanh,
    "tanh_slope": lambda x: 4 * sigmoid_slope(2 * x),
    "sigmoid": sigmoid,
    "sigmoid_slope": sigmoid_slope,
    "silu": lambda x: x * sigmoid(x),
    "silu_slope": lambda x: sigmoid(x) * (1 + x * sigmoid(-x)),
    "softplus": lambda x: max(x, mp.mpf(0)) + mp.log1p(mp.exp(-abs(x))),
    "gelu": lambda x: x * normal_cdf(x),
    "gelu_slope": lambda x: normal_cdf(x) + x * normal_density(x),
}
# f(-inf), f(-0.0), f(0.0), f(inf)
LIMITS = {
    "exp": (0.0, 1.0, 1.0, math.inf),
    "tanh": (-1.0, -0.0, 0.0, 1.0),
    "tanh_slope": (0.0, 1.0, 1.0, 0.0),
    "sigmoid": (0.0, 0.5, 0.5, 1.0),
    "sigmoid_slope": (0.0, 0.25, 0.25, 0.0),
    "silu": (-0.0, -0.0, 0.0, math.inf),
    "silu_slope": (-0.0, 0.5, 0.5, 1.0),
    "softplus": (0.0, math.log(2), math.log(2), math.inf),
    "gelu": (-0.0, -0.0, 0.0, math.inf),
    "gelu_slope": (-0.0, 0.5, 0.5, 1.0),
}
SILU_ZERO, GELU_ZERO = -1.2784645427610738, -0.7517915246935645
# Where something happens: the end of the normal results, of all results, a zero, a change of formula.
EDGES = {
    "exp": [-745.1332191019411, -708.3964185322641, 709.782712893384, 700, -700, -746],
    "tanh": [19.0616, 19.125, 0.55, 1e-8],
    "tanh_slope": [372.56, 373.2596, 354.198, 354.891, 350, 380],
    "sigmoid": [-745.1332191019411, -708.3964185322641, -700, 36.7368, 37.4299, -760],
    "sigmoid_slope": [745.1332191019411, 708.3964185322641, 700, 760],
    "silu": [-751.8, -714.96, -700, -760, 36.7, 37.4],
    "silu_slope": [-751.8, -714.96, -700, -760, SILU_ZERO, SILU_ZERO + 3 / 32, SILU_ZERO - 3 / 32, 1.2784645427610738],
    "softplus": [-745.1332191019411, -708.3964185322641, -700, 0.46875, 36.7, 0.6931471805599453],
    "gelu": [-38.5745, -37.5194, -37, 38.625, -39, 8.2923, -0.7517915246935645],
    "gelu_slope": [-38.67, -37.62, -37, 38.625, -39, GELU_ZERO, -GELU_ZERO, 8.6],
}
# Beside these a relative error says little; errors are listed apart, with the absolute ones.
ZEROS = {"silu_slope": SILU_ZERO, "gelu_slope": GELU_ZERO}


def neighbours(x, reach):
    """The floats within `reach` steps of x."""
    return (np.float64(abs(x)).view(np.int64) + np.arange(-reach, reach + 1)).view(np.float64) * math.copysign(1, x)


def row_edges():
    """Where the rows of the tables of rows.h meet."""
    for start, stretch in ((1.25, 0.98), (2.5, 0.968)):
        for w in (2.0**k * q for k in range(6) for q in (1, 1.25, 1.5, 1.75)):
            if start <= w <= 16 * start:
                yield (w - start) / stretch


def hard_points(name, count, rng):
    """At least `count` arguments."""
    sign = rng.choice([-1.0, 1.0], count)
    edges = EDGES[name]
    low, high = min([*edges, -50.0]) - 5, max([*edges, 50.0]) + 5
    parts = [
        rng.integers(0, 2**64, count // 8, dtype=np.uint64).view(np.float64),
        rng.normal(size=count // 6) * 2,
        rng.uniform(-1, 1, count // 6),
        rng.uniform(low, high, count // 6),
        (2.0 ** rng.uniform(-60, 6, count // 6)) * sign[: count // 6],
        (2.0 ** rng.uniform(-1074, -40, count // 30)) * sign[: count // 30],
        (2.0 ** rng.uniform(-1074, -1015, count // 30)) * sign[: count // 30],
    ]
    for edge in edges:
        parts.append(neighbours(edge, 40))
        for spread in (1e-12, 1e-6, 1e-3, 1e-1):
            parts.append(edge + rng.normal(size=count // 200) * spread)
    # the table of the exponential: boundaries of its argument, for e^x, e^2x and e^(x^2/2)
    k = rng.integers(-17300, 16400, count // 40) / 16 * math.log(2)
    small = rng.integers(-400, 400, count // 40) / 16 * math.log(2)
    for a in (k, small, k / 2, small / 2, np.sqrt(2 * np.abs(k)), -np.sqrt(2 * np.abs(k)), np.sqrt(2 * np.abs(small))):
        parts.append(a + np.spacing(a) * rng.integers(-3, 4, len(a)))
    for edge in row_edges():
        parts += [neighbours(edge or 5e-324, 10), -neighbours(edge or 5e-324, 10)]
    x = np.concatenate(parts)
    x = x[np.isfinite(x)]
    return np.concatenate([x, x[: max(0, count - len(x))]])


def from_package():
    """The functions of the installed package."""
    import fastact

    def get(name):
        function = getattr(fastact, name.removesuffix("_slope"))
        return function.derivative if name.endswith("_slope") else function

    return get, f"fastact {fastact.info()['isa']}"


def from_kernels(isa, folder):
    """The functions of the headers, compiled here."""
    stub, library = Path(folder) / "stub.c", Path(folder) / "kernels.so"
    stub.write_text(STUB + "".join(f"FUNCTION({name})\n" for name in EXACT))
    command = ["cc", *FLAGS, f"-I{SOURCE}", f"-DFA_ISA_{isa}", f"-DFA_ISA={isa}", *ISA_FLAGS[isa]]
    subprocess.run([*command, str(stub), "-o", str(library), "-lm"], check=True)
    loaded = ctypes.CDLL(str(library))
    array = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")

    def get(name):
        run = getattr(loaded, f"run_{name}")
        run.argtypes = [ctypes.c_size_t, array, array]

        def function(x):
            x = np.asarray(x, np.float64)
            padded = np.zeros(-(-x.size // 32) * 32)
            padded[: x.size] = x.ravel()
            y = np.empty_like(padded)
            run(padded.size, padded, y)
            return y[: x.size].reshape(x.shape)

        return function

    return get, f"kernels {isa}"


def default_isa():
    """The best instruction set of this machine that the headers know."""
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return "portable"
    return "avx512" if "avx512dq" in flags else "avx2" if "avx2" in flags else "portable"


def error_in_ulp(got, exact):
    """|got - exact| in units of the last place of the float64 beside the exact result."""
    if not math.isfinite(got):
        overflow = abs(exact) >= mp.mpf(2) ** 1024 - mp.mpf(2) ** 970
        return 0.0 if math.isinf(got) and overflow and (got > 0) == (exact > 0) else math.inf
    exponent = -1022 if exact == 0 else max(mp.mag(exact) - 1, -1022)
    return float(mp.ldexp(abs(mp.mpf(got) - exact), 52 - exponent))


def check(name, function, count, rng):
    """The findings for one function."""
    x = hard_points(name, count, rng)
    y = function(x)
    exact_of, zero = EXACT[name], ZEROS.get(name)
    worst = {"normal": (0.0, 0.0), "subnormal": (0.0, 0.0), "near_zero": (0.0, 0.0), "near_zero_absolute": (0.0, 0.0)}
    above = 0
    with mp.workprec(PRECISION):
        for argument, got in zip(x.tolist(), y.tolist(), strict=True):
            exact = exact_of(mp.mpf(argument))
            error = error_in_ulp(got, exact)
            kind = "normal" if abs(exact) >= mp.mpf(2) ** -1022 else "subnormal"
            if zero is not None and abs(argument - zero) < 1e-3:
                kind = "near_zero"
                absolute = float(abs(mp.mpf(got) - exact))
                worst["near_zero_absolute"] = max(worst["near_zero_absolute"], (absolute, argument))
            worst[kind] = max(worst[kind], (error, argument))
            above += error > 1
    specials = np.array([-math.inf, -0.0, 0.0, math.inf])
    limits = function(specials)
    wanted = np.array(LIMITS[name])
    right = bool(np.all(limits == wanted) and np.all(np.signbit(limits) == np.signbit(wanted)))
    right = right and bool(np.isnan(function(np.array([math.nan]))[0]))
    findings = {"points": len(x), "above_1_ulp": above, "limits_right": right}
    for kind, (error, argument) in worst.items():
        if zero is not None or not kind.startswith("near"):
            findings[kind] = {"error": error, "input": argument, "hex": argument.hex()}
    return findings


PAGE = """# Accuracy in float64

Against mpmath at {precision} bits, on points chosen to hurt (tails, subnormal results, tiny inputs, both sides of every
crossover and table edge, random bit patterns), by `python tools/check_float64.py --points 100000 --json
docs/accuracy_float64.json`, which writes this page ({source}). The error is in units in the last place of the exact
result, subnormal results in units of 2^-1074. The derivative of `x` is the row `x_slope`; beside a derivative's own
zero the error is that of the nearest floats.

| function | points | largest error, ULP | at | subnormal results | beside its own zero | above 1 |
|---|---|---|---|---|---|---|
"""


def page(source, results):
    lines = [PAGE.format(precision=PRECISION, source=source)]
    for name, found in results.items():
        worst = {key: f"{found[key]['error']:.3f}" for key in ("subnormal", "near_zero") if key in found}
        lines.append(
            f"| {name} | {found['points']:,} | {found['normal']['error']:.3f} | `{found['normal']['hex']}` "
            f"| {worst.get('subnormal', '')} | {worst.get('near_zero', '')} | {found['above_1_ulp']} |\n"
        )
    return "".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(EXACT), help="functions; *_slope is the derivative")
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--source", choices=["auto", "package", "kernels"], default="auto")
    parser.add_argument("--isa", choices=list(ISA_FLAGS), default=default_isa())
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(EXACT):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(EXACT)}")
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        get, source = None, ""
        if arguments.source != "kernels":
            try:
                get, source = from_package()
            except ImportError:
                if arguments.source == "package":
                    raise
        if get is None:
            get, source = from_kernels(arguments.isa, folder)
        print(f"{source}; errors in ULP")
        for name in arguments.names:
            rng = np.random.default_rng(arguments.seed)
            found = results[name] = check(name, get(name), arguments.points, rng)
            line = f"{name:14s} {found['points']} points, above 1: {found['above_1_ulp']}"
            for kind in ("normal", "subnormal", "near_zero", "near_zero_absolute"):
                if kind in found:
                    line += f"; {kind} {found[kind]['error']:.4g} at {found[kind]['hex']} ({found[kind]['input']:.9g})"
            print(line + ("" if found["limits_right"] else "; LIMITS WRONG"), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps({"source": source, "functions": results}, indent=2) + "\n")
        arguments.json.with_suffix(".md").write_text(page(source, results))
    sys.exit(any(r["above_1_ulp"] or not r["limits_right"] for r in results.values()))


if __name__ == "__main__":
    main()
