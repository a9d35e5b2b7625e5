#!/usr/bin/env python3
"""Compare the float64 functions with mpmath on points chosen to hurt.

    python tools/check_float64.py [NAME or NAME.derivative ...] [--points N] [--json FILE] [--jobs N]

The functions come from the package fastact, compiled, and what is exact from the table.  Prints for each the largest
error and its input; exits with 1 if some error is above the bound of the table or a limit is wrong.  With gmpy2
installed mpmath is several times faster.
"""

import argparse
import json
import math
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import mpmath as mp
import numpy as np

import fastact
from fastact.catalogue import ACTIVATIONS

PRECISION = 240
ROWS = {row.name: row for row in ACTIVATIONS}
CASES = [name for row in ACTIVATIONS for name in (row.name, f"{row.name}.derivative")]
# Where functions made of exponentials do something: the ends of the normal results and of all results.
EDGES = (700.0, 708.3964185322641, 709.782712893384, 745.1332191019411, 760.0, 36.7368, 37.4299, 19.0616, 8.6)


def neighbours(x, reach):
    """The floats within `reach` steps of x."""
    return (np.float64(abs(x) or 5e-324).view(np.int64) + np.arange(-reach, reach + 1)).view(np.float64) * (
        math.copysign(1, x)
    )


def row_edges():
    """Where the rows of the tables of rows.h meet."""
    for start, stretch in ((1.25, 0.98), (2.5, 0.968)):
        for w in (2.0**k * q for k in range(6) for q in (1, 1.25, 1.5, 1.75)):
            if start <= w <= 16 * start:
                yield (w - start) / stretch


def hard_points(row, count, rng):
    """At least `count` arguments."""
    sign = rng.choice([-1.0, 1.0], count)
    own = (*row.edges, *(x for x, _ in row.kinks), *(p.typical for p in row.parameters))
    own = tuple(filter(math.isfinite, own))
    edges = sorted({s * abs(e) for e in (*EDGES, *own) for s in (-1, 1)})
    edges += row.derivative_zeros
    reach = 2 * max([50.0, *(abs(x) for x in own if abs(x) < 1e6)])
    parts = [
        rng.integers(0, 2**64, count // 8, dtype=np.uint64).view(np.float64),
        rng.normal(size=count // 6) * 2,
        rng.uniform(-1, 1, count // 6),
        rng.uniform(-reach, reach, count // 6),
        (2.0 ** rng.uniform(-60, 12, count // 6)) * sign[: count // 6],
        (2.0 ** rng.uniform(-1074, -40, count // 30)) * sign[: count // 30],
        (2.0 ** rng.uniform(-1074, -1015, count // 30)) * sign[: count // 30],
    ]
    for edge in edges:
        parts.append(neighbours(edge, 40))
        for spread in (1e-12, 1e-6, 1e-3, 1e-1):
            parts.append(edge + rng.normal(size=count // 400) * spread)
    # the table of the exponential: boundaries of its argument, for e^x, e^2x and e^(x^2/2)
    k = rng.integers(-17300, 16400, count // 40) / 16 * math.log(2)
    small = rng.integers(-400, 400, count // 40) / 16 * math.log(2)
    for a in (k, small, k / 2, small / 2, np.sqrt(2 * np.abs(k)), -np.sqrt(2 * np.abs(k)), np.sqrt(2 * np.abs(small))):
        parts.append(a + np.spacing(a) * rng.integers(-3, 4, len(a)))
    for edge in row_edges():
        parts += [neighbours(edge, 10), -neighbours(edge, 10)]
    x = np.concatenate(parts)
    x = x[np.isfinite(x)]
    return np.concatenate([x, x[: max(0, count - len(x))]])


def error_in_ulp(got, exact):
    """|got - exact| in units of the last place of the float64 beside the exact result."""
    if mp.isnan(exact) or math.isnan(got):
        return 0.0 if mp.isnan(exact) and math.isnan(got) else math.inf
    if not math.isfinite(got):
        overflow = abs(exact) >= mp.mpf(2) ** 1024 - mp.mpf(2) ** 970
        return 0.0 if overflow and (got > 0) == (exact > 0) else math.inf
    exponent = -1022 if exact == 0 else max(mp.mag(exact) - 1, -1022)
    return float(mp.ldexp(abs(mp.mpf(got) - exact), 52 - exponent))


def check(case, count, seed=1):
    """The findings for one function."""
    name, _, derivative = case.partition(".")
    row, kind = ROWS[name], derivative or "value"
    f = fastact.activations[name].derivative if derivative else fastact.activations[name]
    parameters = [p.typical for p in row.parameters]
    zeros = row.derivative_zeros if derivative else ()
    x = hard_points(row, count, np.random.default_rng(seed))
    worst = {"normal": (0.0, 0.0), "subnormal": (0.0, 0.0), "near_zero": (0.0, 0.0), "near_zero_absolute": (0.0, 0.0)}
    bound, above = f.max_ulp["float64"], 0
    with mp.workprec(PRECISION):
        for argument, got in zip(x.tolist(), f(x, *parameters).tolist(), strict=True):
            exact = row.true(kind, mp, mp.mpf(argument), parameters)
            error = error_in_ulp(got, exact)
            part = "normal" if abs(exact) >= mp.mpf(2) ** -1022 else "subnormal"
            if any(abs(argument - zero) < 1e-3 for zero in zeros):
                part = "near_zero"
                absolute = float(abs(mp.mpf(got) - exact))
                worst["near_zero_absolute"] = max(worst["near_zero_absolute"], (absolute, argument))
            worst[part] = max(worst[part], (error, argument))
            above += error > bound
    limits, wanted = (
        f(np.array([-math.inf, math.inf]), *parameters),
        row.derivative_limits if derivative else row.limits,
    )
    right = np.array_equal(limits, wanted, equal_nan=True)
    right = right and np.array_equal(np.signbit(limits)[limits == limits], np.signbit(wanted)[limits == limits])
    right = bool(right and np.isnan(f(np.array([math.nan]), *parameters)[0]))
    findings = {"points": len(x), "bound": bound, "above_bound": above, "limits_right": right}
    for part, (error, argument) in worst.items():
        if zeros or not part.startswith("near"):
            findings[part] = {"error": error, "input": argument, "hex": argument.hex()}
    return case, findings


PAGE = """# Accuracy in float64

Against mpmath at {precision} bits, on points chosen to hurt (tails, subnormal results, tiny inputs, both sides of every
crossover and table edge, random bit patterns), by `python tools/check_float64.py --points 100000 --json
docs/accuracy_float64.json`, which writes this page ({source}). The error is in units in the last place of the exact
result, subnormal results in units of 2^-1074; beside a derivative's own zero it is that of the nearest floats.

| function | points | largest error, ULP | at | subnormal results | beside its own zero | bound | above it |
|---|---|---|---|---|---|---|---|
"""


def page(source, results):
    lines = [PAGE.format(precision=PRECISION, source=source)]
    for name, found in results.items():
        worst = {key: f"{found[key]['error']:.3f}" for key in ("subnormal", "near_zero") if key in found}
        lines.append(
            f"| {name} | {found['points']:,} | {found['normal']['error']:.3f} | `{found['normal']['hex']}` "
            f"| {worst.get('subnormal', '')} | {worst.get('near_zero', '')} | {found['bound']:g} "
            f"| {found['above_bound']} |\n"
        )
    return "".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="NAME or NAME.derivative; default: all")
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(CASES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(CASES)}")
    if fastact.info()["backend"] != "native":
        parser.error(f"the compiled part is wanted: {fastact.info()['backend_why']}")
    source = f"fastact {fastact.isa()}"
    print(f"{source}; errors in ULP")
    results = {}
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for case, found in pool.map(check, arguments.names or CASES, [arguments.points] * len(CASES)):
            results[case] = found
            line = f"{case:22s} {found['points']} points, above {found['bound']:g}: {found['above_bound']}"
            for part in ("normal", "subnormal", "near_zero", "near_zero_absolute"):
                if part in found:
                    line += f"; {part} {found[part]['error']:.4g} at {found[part]['hex']} ({found[part]['input']:.9g})"
            print(line + ("" if found["limits_right"] else "; LIMITS WRONG"), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps({"source": source, "functions": results}, indent=2) + "\n")
        arguments.json.with_suffix(".md").write_text(page(source, results))
    sys.exit(any(r["above_bound"] or not r["limits_right"] for r in results.values()))


if __name__ == "__main__":
    main()
