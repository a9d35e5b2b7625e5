"""Write src/math/float32/constants.h: every constant of exp, sigmoid, silu and tanh in float32.

    python tools/make_exp_family.py            write the file
    python tools/make_exp_family.py --check    fail if the file differs

Needs NumPy and mpmath; deterministic; some ten seconds.
"""

import argparse
import difflib
import sys
from pathlib import Path

import mpmath as mp
import numpy as np

mp.mp.prec = 120
TARGET = Path(__file__).resolve().parent.parent / "src/math/float32/constants.h"
LN2 = mp.log(2)
HALF_STEP = float(LN2 / 16)  # |r| after the reduction by eighths of ln 2


def hexfloat(value):
    """The shortest C literal of a float32."""
    mantissa, exponent = float(np.float32(value)).hex().split("p")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}p{exponent}f"


def log2(value):
    return f"2^{float(mp.log(value, 2)):.2f}"


# -- tables of 2^(j/8) --------------------------------------------------------------------------------


def spread_of_errors(first):
    """Half the range of the relative rounding errors of first * 2^(j/8), and its middle, j = 0..7."""
    powers = np.array([float(mp.mpf(2) ** (mp.mpf(j) / 8)) for j in range(8)])
    exact = first.astype(np.float64)[:, None] * powers
    errors = exact.astype(np.float32).astype(np.float64) / exact - 1
    low, high = errors.min(axis=1), errors.max(axis=1)
    return (high - low) / 2, (high + low) / 2


def near_exact_table(low, high):
    """Entries T_j = base * 2^(j/8), the first in [low, high], all eight next to floats: (entries, ln base, error).

    One float32 an entry is then enough, and base = T_0 (1 + something small) costs nothing: its logarithm goes into
    the constant term of the polynomial.
    """
    bits = np.arange(np.float32(low).view(np.uint32), np.float32(high).view(np.uint32) + 1, dtype=np.uint32)
    first = bits.view(np.float32)
    spread, middle = spread_of_errors(first)
    best = int(np.argmin(spread))
    entries = [np.float32(mp.mpf(float(first[best])) * mp.mpf(2) ** (mp.mpf(j) / 8)) for j in range(8)]
    base = mp.mpf(float(first[best])) * (1 + mp.mpf(float(middle[best])))
    error = max(abs(mp.mpf(float(t)) / (base * mp.mpf(2) ** (mp.mpf(j) / 8)) - 1) for j, t in enumerate(entries))
    return entries, mp.log(base), error


# -- polynomials with float32 coefficients ------------------------------------------------------------


def fit(basis, target, weight):
    """Coefficients of the smallest largest weighted error (Lawson's reweighted least squares)."""
    rows, goal = basis * weight[:, None], target * weight
    trust = np.full(len(goal), 1 / len(goal))
    best, best_error = None, np.inf
    for _ in range(400):
        root = np.sqrt(trust)[:, None]
        c = np.linalg.lstsq(rows * root, goal * root[:, 0], rcond=None)[0]
        error = np.abs(rows @ c - goal)
        if error.max() < best_error:
            best, best_error = c, error.max()
        trust = trust * error
        trust /= trust.sum()
    return best


def float32_polynomial(function, x, degree, order, weight=None):
    """Float32 coefficients c_0..c_degree: those of `order` are rounded one after the other, down and up, and the
    others fitted again; the best of all these is taken.  Returns the coefficients and the largest weighted error."""
    weight = np.ones_like(x) if weight is None else weight
    target = np.array([float(function(mp.mpf(v))) for v in x])
    powers = x[:, None] ** np.arange(degree + 1)

    def finish(known):
        free = [k for k in range(degree + 1) if k not in known]
        rest = target - powers[:, list(known)] @ np.array(list(known.values())) if known else target
        if not free:
            error = float(np.max(np.abs(rest) * weight))
            return error, [known[k] for k in range(degree + 1)]
        fitted = dict(zip(free, fit(powers[:, free], rest, weight), strict=True))
        k = order[len(known)]
        near = np.float32(fitted[k])
        other = np.nextafter(near, np.float32(np.inf if near < fitted[k] else -np.inf), dtype=np.float32)
        return min(finish({**known, k: float(c)}) for c in ((near, other) if len(free) > 1 else (near,)))

    error, coefficients = finish({})
    return coefficients, error


def chebyshev_points(low, high, count):
    return (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * (np.arange(count) + 0.5) / count)


def reciprocal_seed(low, high, degree):
    """q of that degree with 1 - d q(d) = T(u(d)) / T(u(0)), T the Chebyshev polynomial of degree + 1."""
    u = lambda d: (2 * d - low - high) / (high - low)  # noqa: E731
    top = mp.chebyt(degree + 1, u(mp.mpf(0)))
    points = [mp.mpf(k + 1) for k in range(degree + 1)]
    values = [(1 - mp.chebyt(degree + 1, u(d)) / top) / d for d in points]
    c = mp.lu_solve(mp.matrix([[d**k for k in range(degree + 1)] for d in points]), mp.matrix(values))
    return [np.float32(v) for v in c], abs(1 / top)


# -- tanh: accurate points ----------------------------------------------------------------------------


def accurate_point(low, high):
    """c near the middle of [low, high] with T = tanh(c) next to a float32, and 1 - T^2, which counts for less, too.

    Returns c, the float32 T and the distance between T and tanh(c) in ulp.
    """
    middle = np.float32((low + high) / 2)
    if low < 4:
        bits = middle.view(np.uint32) + np.arange(-2500, 2501)
        candidates = bits.astype(np.uint32).view(np.float32)
        exact = np.tanh(candidates.astype(np.longdouble))  # 64 bits: enough to choose
        value = exact.astype(np.float32).astype(np.longdouble)
        slope = 1 - value * value
        distance = np.abs(exact - value) + np.abs(slope - slope.astype(np.float32)) * (high - low) / 2
        c = candidates[int(np.argmin(distance))]
        t = np.float32(mp.tanh(mp.mpf(float(c))))
    else:  # tanh is so flat that each float32 value has its point
        t = np.float32(mp.tanh(mp.mpf(float(middle))))
        c = np.float32(mp.atanh(mp.mpf(float(t))))
    ulp = mp.mpf(2) ** (mp.floor(mp.log(mp.mpf(float(t)), 2)) - 23)
    return c, t, abs(mp.tanh(mp.mpf(float(c))) - mp.mpf(float(t))) / ulp


def tanh_rows():
    """(slot, low, high, c, T, distance): quarters of a binade from 2^-3 to 8, and [8, 10) up to the clamp at 9.25."""
    rows = []
    for quarter in range(25):
        binade, part = divmod(quarter, 4)
        low, high = 2.0 ** (binade - 3) * (1 + part / 4), 2.0 ** (binade - 3) * (1 + (part + 1) / 4)
        slot = int(np.float32(low).view(np.uint32) >> 21) & 31
        rows.append((slot, low, high, *accurate_point(low, high)))
    return rows


def coth_weight(rows, r):
    """What an error of k(r^2) does to tanh, relative to it: S r^3 / tanh, the largest over the rows that reach r."""
    weight = np.where(np.abs(r) <= 0.125, r**2, 0.0)  # the row around 0
    for _, low, high, c, t, _ in rows:
        slope = 1 - float(t) ** 2
        reach = max(float(c) - low, min(high, 9.25) - float(c))
        weight = np.maximum(weight, np.where(np.abs(r) <= reach, slope * np.abs(r) ** 3 / np.tanh(low), 0.0))
    return weight


# -- the file -----------------------------------------------------------------------------------------


def array(name, values, comment):
    text = [f"/* {comment} */"]
    if len(values) == 1:
        text.append(f"static const float {name} = {hexfloat(values[0])};")
    else:
        text.append(f"static const float {name}[{len(values)}] = {{")
        literals = [hexfloat(v) for v in values]
        for start in range(0, len(values), 6):
            text.append("    " + ", ".join(literals[start : start + 6]) + ",")
        text.append("};")
    return "\n".join(text) + "\n"


def table_comment(shift, error):
    return f"2^(j/8) e^D, D = {mp.nstr(shift, 12)}, found by search: within {log2(error)}, relative"


def contents():
    r = chebyshev_points(-HALF_STEP * 1.0005, HALF_STEP * 1.0005, 129)
    half = f"|r| <= {HALF_STEP:.5f}"
    out = []

    high = np.float32(LN2)
    out.append(array("log2_e", [np.float32(1 / LN2)], "log2(e)"))
    out.append(array("ln2_high", [high], "ln 2, to nearest"))
    out.append(array("ln2_low", [np.float32(LN2 - mp.mpf(float(high)))], "and the rest"))

    table, shift, error = near_exact_table(2.0 ** (-1 / 16), 2.0 ** (1 / 16))
    out.append(array("exp_table", table, table_comment(shift, error)))
    c, error = float32_polynomial(lambda v: mp.expm1(v - shift), r, 4, (1, 2, 3, 4, 0))
    out.append(array("exp_remainder", c, f"e^(r-D) - 1, {half}, degree 4: within {log2(error)}"))

    last = np.float32(mp.log(mp.mpf(2) ** -126))
    last = last if mp.exp(mp.mpf(float(last))) < mp.mpf(2) ** -126 else np.nextafter(last, np.float32(-np.inf))
    out.append(array("exp_last_subnormal", [last], "the largest x with e^x < 2^-126"))

    # T_0 <= .978, so that y0 >= T/2 and T - y0 is exact
    table, shift, error = near_exact_table(2.0 ** (-1 / 16), 0.978)
    out.append(array("odds_table", table, table_comment(shift, error)))
    c, error = float32_polynomial(lambda v: mp.expm1(v + shift), r, 4, (1, 2, 3, 4, 0))
    out.append(array("odds_remainder", c, f"e^(r+D) - 1, {half}, degree 4: within {log2(error)}"))

    # d = s + F lies between the smallest F, and s = T_0 with the largest F
    low, top = mp.exp(shift - HALF_STEP) * 0.999, (mp.mpf(float(table[0])) + mp.exp(shift + HALF_STEP)) * 1.001
    c, error = reciprocal_seed(low, top, 2)
    comment = f"1/d, d in [{mp.nstr(low, 4)}, {mp.nstr(top, 4)}], degree 2: within {log2(error)}"
    out.append(array("odds_reciprocal", c, comment))
    comment = f"1 and half of what a Newton step lacks at most: within {log2(error**2 / 2)} after it"
    out.append(array("odds_newton", [np.float32(1 + error**2 / 2)], comment))

    rows = tanh_rows()
    table = [[np.float32(0)] * 2] * 32
    for slot, _, _, point, value, _ in rows:
        table[slot] = [point, value]
    worst = max(row[5] for row in rows)
    slots = "by (bits >> 21) & 31: quarters of a binade from 1/8 to 8, [8, 10), the rest 0"
    comment = f"Points c and tanh(c), {slots}: within {log2(worst)} ulp"
    out.append(array("tanh_rows", [v for row in table for v in row], comment))
    out.append(array("tanh_columns", [row[k] for k in (0, 1) for row in table], "The same, transposed"))
    r = np.concatenate([chebyshev_points(0.0, 0.127, 129), np.linspace(0.13, 0.95, 200)])
    c, error = float32_polynomial(
        lambda v: (mp.sqrt(v) * mp.coth(mp.sqrt(v)) - 1) / v if v > 1e-12 else mp.mpf(1) / 3,
        r**2, 2, (0, 1, 2), coth_weight(rows, r),
    )  # fmt: skip
    comment = f"(r coth r - 1)/r^2 in r^2, degree 2, weighted as it enters tanh: within {log2(error)} of tanh"
    out.append(array("tanh_coth", c, comment))
    return (
        "/* Written by tools/make_exp_family.py: do not edit. */\n/* clang-format off */\n"
        "#ifndef FA_MATH_FLOAT32_CONSTANTS_H\n#define FA_MATH_FLOAT32_CONSTANTS_H\n\n" + "\n".join(out) + "\n#endif\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    check = parser.parse_args().check
    new = contents()
    if not check:
        TARGET.write_text(new)
        return 0
    old = TARGET.read_text()
    difference = list(difflib.unified_diff(old.splitlines(), new.splitlines(), "file", "made", lineterm=""))
    print("\n".join(difference) or f"{TARGET.name} is as made")
    return int(bool(difference))


if __name__ == "__main__":
    sys.exit(main())
