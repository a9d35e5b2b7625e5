#!/usr/bin/env python3
"""Write src/rows/constants.h, the constants of the row kernels.

    python tools/make_rows.py            write the file
    python tools/make_rows.py --check    make it anew and compare

The exponential of the row kernels is 2^n * T[j] * (1 + p(r)), |r| <= ln2/8 (the remainders of x and of the row's
maximum, ln2/16 each).  T[j] = T[0] * 2^(j/8), with T[0] sought so that all eight entries are nearly exact; the
shift log(T[0]) is taken up by p(r) = e^r / T[0] - 1.  p is a least-squares fit in Chebyshev nodes, its
coefficients rounded one by one (c1, c2, ..., c0 last), the others fitted again after each.
"""

import argparse
import pathlib

import mpmath as mp
import numpy as np

mp.mp.dps = 60
TARGET = pathlib.Path(__file__).resolve().parent.parent / "src" / "rows" / "constants.h"
REACH = mp.log(2) / 8 * mp.mpf("1.002")


def rounded(x, bits):
    x = mp.mpf(x)
    if x == 0:
        return x
    e = int(mp.floor(mp.log(abs(x), 2)))
    unit = mp.mpf(2) ** (e - bits + 1)
    return mp.nint(x / unit) * unit


def split_product(a, b):
    """a * b as an unevaluated sum of two float64 (Dekker)."""
    p = a * b
    ah = a * 134217729.0
    ah = ah - (ah - a)
    bh = b * 134217729.0
    bh = bh - (bh - b)
    al, bl = a - ah, b - bh
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def table(bits, candidates):
    """T[0] near 1 with T[0] * 2^(j/8) nearest to numbers of so many bits."""
    best = None
    for first in np.array_split(candidates, max(1, len(candidates) // 1000000)):
        worst = np.zeros(len(first))
        for j in range(1, 8):
            root = mp.mpf(2) ** (mp.mpf(j) / 8)
            hi = float(root)
            lo = float(root - mp.mpf(hi))
            if bits == 24:
                y = first * hi + first * lo
                unit = 2.0 ** (np.floor(np.log2(y)) - 23)
                off = np.abs(y / unit - np.rint(y / unit))
            else:
                p, q = split_product(first, np.full_like(first, hi))
                q = q + first * lo
                s = p + q
                rest = q - (s - p)
                off = np.abs(rest) / 2.0 ** (np.floor(np.log2(s)) - 52)
            worst = np.maximum(worst, off)
        k = int(np.argmin(worst))
        if best is None or worst[k] < best[0]:
            best = (float(worst[k]), float(first[k]))
    t0 = mp.mpf(best[1])
    return [rounded(t0 * mp.mpf(2) ** (mp.mpf(j) / 8), bits) for j in range(8)], best[0]


def fit(target, basis, reach, bits, order, low=None):
    """Coefficients of the functions `basis`, rounded in the given order, fitted to target on [low, reach]."""
    low = -reach if low is None else low
    nodes = [(low + reach) / 2 + (reach - low) / 2 * mp.cos(mp.pi * (2 * k + 1) / 120) for k in range(60)]
    fixed = {}
    for now in [*order, None]:
        free = [k for k in range(len(basis)) if k not in fixed]
        if not free:
            break
        a = mp.matrix(len(nodes), len(free))
        b = mp.matrix(len(nodes), 1)
        for row, x in enumerate(nodes):
            for column, k in enumerate(free):
                a[row, column] = basis[k](x)
            b[row] = target(x) - sum(c * basis[k](x) for k, c in fixed.items())
        at = a.T
        c = mp.lu_solve(at * a, at * b)
        fixed[now] = rounded(c[free.index(now)], bits)
    error = max(abs(target(x) - sum(c * basis[k](x) for k, c in fixed.items())) for x in nodes)
    return [fixed[k] for k in range(len(basis))], error


def powers(n):
    return [lambda x, k=k: x**k for k in range(n)]


def hexed(x, bits):
    text = float(x).hex()
    mantissa, exponent = text.split("p")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}p{exponent}" + ("f" if bits == 24 else "")


def listed(kind, name, values, bits):
    size = f"[{len(values)}]"
    body = ", ".join(hexed(v, bits) for v in values)
    text = f"static const {kind} {name}{size} = {{{body}}};"
    if len(text) <= 120:
        return text + "\n"
    lines, line = [], "   "
    for item in body.split(", "):
        if len(line) + len(item) + 2 > 118:
            lines.append(line)
            line = "   "
        line += f" {item},"
    lines.append(line.rstrip(","))
    return f"static const {kind} {name}{size} = {{\n" + "\n".join(lines) + "\n};\n"


def steps(entries, bits):
    """The entries less j where shifting 8 n puts it: adding 8 n gives 2^n in one addition."""
    kind, place = (np.float32, 20) if bits == 24 else (np.float64, 49)
    whole = np.array([float(v) for v in entries], kind).view(f"u{np.dtype(kind).itemsize}")
    j = np.arange(8).astype(whole.dtype)
    return (whole - (j << whole.dtype.type(place))).view(kind)


def make():
    out = ["/* Written by tools/make_rows.py. */\n#ifndef FA_ROWS_CONSTANTS_H\n#define FA_ROWS_CONSTANTS_H\n\n"]
    rng = np.random.default_rng(1)
    plans = [
        ("float", "f32", 24, 4, 15, (np.arange(-600000, 600000) * 2.0**-24 + 1.0)),
        ("double", "f64", 53, 8, 32, 1.0 + np.rint(rng.uniform(-0.035, 0.035, 20000000) * 2.0**53) * 2.0**-53),
    ]
    for kind, name, bits, degree, bits_l1, candidates in plans:
        entries, off = table(bits, candidates.astype(np.float32).astype(float) if bits == 24 else candidates)
        t0 = entries[0]
        c, error = fit(lambda r, t0=t0: mp.exp(r) / t0 - 1, powers(degree + 1), REACH, bits, [*range(1, degree + 1), 0])
        unit = mp.mpf(2) ** -bits_l1
        l1 = mp.nint(mp.log(2) / unit) * unit
        step = "less j where shifting 8 n puts it: adding 8 n gives 2^n in one addition"
        out.append(f"/* T[j] within {off:.3f} ulp, {step} */\n")
        out.append(listed(kind, f"row_step_{name}", steps(entries, bits), bits))
        out.append(f"/* e^r / T[0] - 1, within 2^{float(mp.log(error, 2)):.1f} */\n")
        out.append(listed(kind, f"row_poly_{name}", c, bits))
        out.append("/* log2(e); ln 2 in two words, the first short */\n")
        out.append(listed(kind, f"row_log_{name}", [1 / mp.log(2), l1, mp.log(2) - l1], bits))
        out.append("\n")
    # log(1 + f) = f - (f^2/2 - s*(f^2/2 + w*q(w))), s = f/(2+f), w = s^2
    reach = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mp.mpf("1.001")

    def tail(w):
        s = mp.sqrt(w)
        return (2 * mp.atanh(s) - 2 * s) / (s * w)

    q, error = fit(tail, powers(8), reach, 53, list(range(8)), mp.mpf(2) ** -60)
    unit = mp.mpf(2) ** -32
    hi = mp.nint(mp.log(2) / unit) * unit
    out.append(f"/* log: |error of q| < 2^{float(mp.log(error, 2)):.1f}; ln 2 in two words */\n")
    out.append(listed("double", "row_log_poly", q, 53))
    out.append(listed("double", "row_ln2", [hi, mp.log(2) - hi], 53))
    # e^r on |r| <= ln2/2 for the factors between blocks
    e, error = fit(mp.exp, powers(13), mp.log(2) / 2 * mp.mpf("1.001"), 53, list(range(13)))
    out.append(f"/* e^r, |r| <= ln2/2: |error| < 2^{float(mp.log(error, 2)):.1f} */\n")
    out.append(listed("double", "row_exp_poly", e, 53))
    out.append("\n#endif\n")
    return "".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    text = make()
    if args.check:
        raise SystemExit(0 if TARGET.read_text() == text else f"{TARGET} differs")
    TARGET.write_text(text)


if __name__ == "__main__":
    main()
