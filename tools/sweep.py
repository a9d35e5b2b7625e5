"""Try every float32 input: errors, special values and bits of the kernels, on each instruction set of this machine.

    python tools/sweep.py sigmoid --kind value      one function: all 2^32 inputs, half a minute on two cores
    python tools/sweep.py                           every function and kind: 15 to 25 minutes
    python tools/sweep.py --every 997               every 997th input: seconds, nothing is recorded
    python tools/sweep.py gelu --range=-20:-5       what lies between two numbers
    python tools/sweep.py --check-reference         the reference, the float64 kernels, against mpmath
    python tools/sweep.py --table                   docs/accuracy.md anew from docs/accuracy.json

A sweep of all inputs is recorded in docs/accuracy.json, and docs/accuracy.md is made from that.  The exit status is 1
if an error is above 1 ULP, a special value is wrong, two instruction sets differ, or a fused kind differs.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mpmath as mp
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["FASTACT_BACKEND"] = "numpy"  # the table is wanted, no compiled part
from fastact.catalogue import ACTIVATIONS  # noqa: E402

BUILD = ROOT / "build/sweep"
RECORD, TABLE = ROOT / "docs/accuracy.json", ROOT / "docs/accuracy.md"
FUNCTIONS = {row.name: row for row in ACTIVATIONS}
KINDS = ("value", "derivative")
# As setup.py builds them; the instruction sets are tried in this order, and the first is the one judged.
FLAGS = "-O3 -std=gnu11 -fno-math-errno -ffp-contract=off -Wall -Wextra -Wno-unused-parameter".split()
ISA_FLAGS = {
    "avx512": "-mavx2 -mfma -mf16c -mavx512f -mavx512vl -mavx512dq -mavx512bw -mprefer-vector-width=512".split(),
    "avx2": "-mavx2 -mfma -mf16c".split(),
    "neon": [],
    "portable": [],
}


def instruction_sets():
    """What this machine runs; portable, which is slow, only where nothing else is there."""
    if platform.machine() in ("aarch64", "arm64"):
        return ["neon"]
    cpu = Path("/proc/cpuinfo")
    features = set(cpu.read_text().split("flags", 1)[-1].split("\n", 1)[0].split()) if cpu.exists() else set()
    found = [isa for isa, needed in {"avx512": "avx512dq", "avx2": "avx2"}.items() if needed in features]
    return found or ["portable"]


def build(isas):
    """The sweep with the loops of these instruction sets; objects are kept and made anew when a source is newer."""
    BUILD.mkdir(parents=True, exist_ok=True)
    compiler = os.environ.get("CC", "cc")
    newest = max(p.stat().st_mtime for pattern in ("**/*.h", "*.c", "*.def") for p in (ROOT / "src").glob(pattern))
    objects = {isa: BUILD / f"elementwise_{isa}.o" for isa in isas}

    def compile_loops(isa):
        if not objects[isa].exists() or objects[isa].stat().st_mtime < newest:
            defines = [f"-DFA_ISA={isa}", f"-DFA_ISA_{isa}"]
            source = ROOT / "src/elementwise.c"
            subprocess.run([compiler, *FLAGS, *ISA_FLAGS[isa], *defines, "-c", source, "-o", objects[isa]], check=True)

    with ThreadPoolExecutor() as pool:
        list(pool.map(compile_loops, isas))
    program, new = BUILD / f"sweep_{'_'.join(isas)}", BUILD / f"sweep_{os.getpid()}"
    # what judges need not run elsewhere, and is made of vectors as wide as they come
    flags = [*FLAGS, "-march=native", *(["-mprefer-vector-width=512"] if "avx512" in isas else [])]
    source = ROOT / "tools/sweep.c"
    subprocess.run([compiler, *flags, source, *objects.values(), "-lm", "-lpthread", "-o", new], check=True)
    new.replace(program)  # one that is running goes on
    return program


# -- the reference, checked ---------------------------------------------------------------------------


def run(program, name, kinds, *arguments, text=None):
    row = FUNCTIONS[name]
    zero = row.derivative_zeros[0] if row.derivative_zeros else 0
    command = [program, name, kinds, zero, *arguments, *(p.typical for p in row.parameters)]
    return subprocess.run(list(map(str, command)), input=text, capture_output=True, text=True, check=True).stdout


def check_reference(program, name, kind, count):
    """The largest error of the reference, in ULP of a float32 result, on inputs of all sizes."""
    generator = np.random.default_rng(20240229)
    row = FUNCTIONS[name]
    parameters = [float(np.float32(p.typical)) for p in row.parameters]
    x = np.concatenate(
        [
            generator.standard_normal(count // 4) * 2,
            generator.uniform(-110, 95, count // 4),
            generator.uniform(-15, 15, count // 4),
            generator.choice([-1, 1], count // 4) * np.exp2(generator.uniform(-149, 8, count // 4)),
            *(
                zero + np.ldexp(generator.uniform(-1, 1, 200), generator.integers(-22, -3, 200))
                for zero in row.derivative_zeros
            ),
        ]
    ).astype(np.float32)
    x = x[x != 0]
    text = "\n".join(f"{b:x}" for b in x.view(np.uint32))
    lines = run(program, name, kind, "reference", text=text).split()
    worst, at = 0.0, 0.0
    with mp.workprec(400):  # what cancels beside a zero or in a tail is still there
        for value, line in zip(x.tolist(), lines, strict=True):
            exact = row.true(kind, mp, mp.mpf(value), parameters)
            if exact == 0 or mp.isnan(exact) or abs(exact) >= mp.mpf(2) ** 128:
                continue
            exponent = max(int(mp.floor(mp.log(abs(exact), 2))), -126)
            error = float(abs(mp.mpf(float.fromhex(line)) - exact) * mp.mpf(2) ** (23 - exponent))
            if error > worst:
                worst, at = error, value
    print(f"{name} {kind}: the reference is within {worst:.1e} ULP of float32 on {len(x)} inputs (worst at {at!r})")
    return worst < 1e-4


# -- the sweep ----------------------------------------------------------------------------------------


def order(x):
    """The bit pattern of a float32 and whether it is negative."""
    bits = int(np.float32(x).view(np.uint32))
    return bits & 0x7FFFFFFF, bits >> 31


def bit_ranges(text):
    """LOW:HIGH, numbers or bit patterns in hex, as ranges of bit patterns."""
    low, high = text.split(":")
    if low.startswith("0x"):
        return [(int(low, 16), int(high, 16))]
    (a, a_negative), (b, b_negative) = order(float(low)), order(float(high))
    if a_negative and b_negative:
        return [(b | 1 << 31, a | 1 << 31)]
    if a_negative:
        return [(1 << 31, a | 1 << 31), (0, b)]
    return [(a, b)]


def sweep(program, name, kinds, bits, every, threads):
    """The result of each kind."""
    lines = run(program, name, ",".join(kinds), bits[0], bits[1], every, threads).splitlines()
    return dict(zip(kinds, map(json.loads, lines), strict=True))


def good(r):
    wrong = r["wrong_nan"] + r["wrong_infinity"] + r["wrong_sign"] + r["over_one"]
    return not wrong and not any(v["differing"] or v["unlike_fused"] for v in r["isa"].values())


def report(name, kind, r):
    print(f"{name} {kind}: {r['tried']} inputs, {'good' if good(r) else 'NOT GOOD'}")
    for part in ("normal", "subnormal", "near_zero"):
        if part in r and r[part]["error"]:
            unit = "absolute" if part == "near_zero" else "ULP"
            print(f"  {part:<10} {r[part]['error']:.6g} {unit} at {r[part]['input']} = {r[part]['x']}")
    print(f"  above .5: {r['over_half']}, .75: {r['over_three_quarters']}, 1: {r['over_one']}")
    if r["wrong_nan"] + r["wrong_infinity"] + r["wrong_sign"]:
        wrong = ", ".join(f"{what[6:]} {r[what]}" for what in ("wrong_nan", "wrong_infinity", "wrong_sign"))
        print(f"  WRONG: {wrong}; for example at {r['wrong_input']}")
    for isa, v in r["isa"].items():
        text = f"  {isa:<9} hash {v['hash']}"
        if v["differing"]:
            text += f", {v['differing']} DIFFER from the first, for example at {r['differing_input']}"
        if v["unlike_fused"]:
            text += f", {v['unlike_fused']} results of value_and_derivative or backward(1) DIFFER"
        print(text, flush=True)


# -- the record ---------------------------------------------------------------------------------------


def entry(r):
    hashes = {v["hash"] for v in r["isa"].values()}
    names = ("normal", "subnormal", "near_zero", "over_half", "over_three_quarters", "over_one")
    kept = {k: r[k] for k in names if k in r}
    kept["isa"] = list(r["isa"])
    kept["hash"] = hashes.pop() if len(hashes) == 1 else None
    return kept


def write_table(record):
    def worst(w):
        return f"{w['error']:.4f} | `{w['input']}` = {w['x']}" if w["error"] else "correctly rounded | "

    lines = [
        "# Accuracy in float32",
        "",
        "Every one of the 2^32 inputs, NaN and infinities included, tried by `python tools/sweep.py`, which writes",
        "this page. The error is |result - exact| in units of the last place of a float32 of that size, for subnormal",
        "results in units of 2^-149; a correctly rounded result is within .5. The hash is over all inputs and results,",
        "and the same on each of the instruction sets named.",
        "",
        "| function | largest error, ULP | at | largest error, subnormal results | at | not correctly rounded "
        "| above .75 | above 1 | same bits on | hash |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    notes = []
    for key, r in record.items():
        name, kind = key.split(".")
        shown = name if kind == "value" else f"{name}.derivative"
        share = f"{r['over_half'] / 2**32:.3%}"
        same = ", ".join(r["isa"]) if r["hash"] else "DIFFERENT"
        lines.append(
            f"| {shown} | {worst(r['normal'])} | {worst(r['subnormal'])} | {share} | {r['over_three_quarters']} "
            f"| {r['over_one']} | {same} | `{r['hash']}` |"
        )
        if "near_zero" in r:
            w = r["near_zero"]
            notes.append(
                f"- {shown} has a zero of its own: where it is smaller than 1/16 there, the sweep takes the "
                f"absolute error, at most {w['error']:.3g} = 2^{np.log2(w['error']):.2f}, at "
                f"`{w['input']}` = {w['x']}. tests/test_accuracy.py takes the floats beside the zero in ULP."
            )
    TABLE.write_text("\n".join([*lines, "", *notes]).rstrip() + "\n")


def save(name, kind, r):
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    record[f"{name}.{kind}"] = entry(r)
    record = {f"{n}.{k}": record[f"{n}.{k}"] for n in FUNCTIONS for k in KINDS if f"{n}.{k}" in record}
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1) + "\n")
    write_table(record)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help=", ".join(FUNCTIONS))
    parser.add_argument("--kind", choices=KINDS, action="append", help="default: both")
    parser.add_argument("--every", type=int, default=1, help="only every nth input")
    parser.add_argument("--range", type=bit_ranges, metavar="LOW:HIGH", help="numbers, or bit patterns as 0x…")
    parser.add_argument("--isa", action="append", choices=ISA_FLAGS, help="default: all of this machine")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--check-reference", nargs="?", type=int, const=4000, metavar="COUNT")
    parser.add_argument("--table", action="store_true", help="only write docs/accuracy.md from docs/accuracy.json")
    a = parser.parse_args()
    if unknown := set(a.functions) - set(FUNCTIONS):
        parser.error(f"no function {', '.join(sorted(unknown))}; there are {', '.join(FUNCTIONS)}")
    if a.table:
        write_table(json.loads(RECORD.read_text()))
        return 0
    program = build(a.isa or instruction_sets())
    fine = True
    kinds = [kind for kind in KINDS if kind in (a.kind or KINDS)]
    for name in a.functions or FUNCTIONS:
        if a.check_reference:
            for kind in kinds:
                fine &= check_reference(program, name, kind, a.check_reference)
            continue
        for bits in a.range or [(0, 2**32 - 1)]:
            for kind, result in sweep(program, name, kinds, bits, a.every, a.threads).items():
                report(name, kind, result)
                fine &= good(result)
                if result["tried"] == 2**32:
                    save(name, kind, result)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
