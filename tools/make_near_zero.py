"""Write src/math/float32/near_zero.h and src/math/float64/near_zero.h: the constants of expm1, selu, logit,
tanh_shrink and squareplus, functions whose plain formulas cancel beside their zero or in a tail.

    python tools/make_near_zero.py            write the files
    python tools/make_near_zero.py --check    fail if one differs

Needs NumPy and mpmath; deterministic; some ten seconds.
"""

import argparse
import sys
from pathlib import Path

import make_exp_family as f32
import make_float64 as f64
import mpmath as mp
import numpy as np

mp.mp.prec = 400
MATH = Path(__file__).resolve().parent.parent / "src/math"
LN2 = mp.log(2)
HALF = LN2 / 2 * (1 + mp.mpf(2) ** -20)  # |r| after the reduction by ln 2
ODDS_TOP = mp.mpf("0.0095")  # z^2 of the odds' logarithm
ODDS64_TOP = mp.tanh(mp.mpf("0.5862") * LN2 / 2) ** 2  # 1/2, and what bits as a logarithm are wrong by
ODDS_BASES = (0, 0, 0.40, 0.44, 0.45, 0.45, 0.45, 0.45)  # where in each eighth of a binade its base lies; 1, 1


def selu_constants():
    """lambda and lambda*alpha: mean 0 and variance 1 are a fixed point (Klambauer et al., appendix)."""
    e, root, far = mp.sqrt(mp.e), mp.erfc(1 / mp.sqrt(2)), mp.erfc(mp.sqrt(2))
    alpha = -mp.sqrt(2 / mp.pi) / (root * e - 1)
    square = 2 * far * mp.e**2 + mp.pi * root**2 * mp.e - 2 * (2 + mp.pi) * root * e + mp.pi + 2
    scale = (1 - root * e) * mp.sqrt(2 * mp.pi) / mp.sqrt(square)
    return scale, scale * alpha


def curve(r):
    """(e^r - 1 - r)/r^2"""
    if abs(r) < mp.mpf(2) ** -100:
        return mp.mpf(1) / 2
    return (mp.expm1(r) - r) / r**2


def odds_series(w):
    """(atanh(z)/z - 1)/w, w = z^2"""
    if w < mp.mpf(2) ** -100:
        return mp.mpf(1) / 3
    z = mp.sqrt(w)
    return (mp.atanh(z) / z - 1) / w


def odds_bases():
    """T_j, and -log T_j next to multiples of 2^-16, both floats; the first two are 1."""
    factors, bases, miss = [], [], 0
    for j, place in enumerate(ODDS_BASES):
        middle = int(np.float32(mp.exp(-(j + place) / 8 * LN2 if place else 0)).view(np.uint32))
        near = np.arange(middle - 2**15, middle + 2**15, dtype=np.uint32).view(np.float32) if place else np.ones(1)
        logs = -np.log(near.astype(np.float64)) * 2**16
        best = np.argmin(np.abs(logs - np.rint(logs)))
        factors.append(np.float32(near[best]))
        bases.append(np.float32(abs(np.rint(logs[best])) / 2**16))
        miss = max(miss, abs(mp.log(mp.mpf(float(near[best]))) + mp.mpf(float(bases[-1]))))
    return factors, bases, miss


def seed(shift, top, power):
    """N such that the float of the bits N - (bits of s >> shift) is s^(-1/2) or 1/s within least t = 1 - s y^power."""
    s = np.linspace(1, top, 20001, endpoint=False).astype(np.float32)

    def ends(magic):
        y = (np.uint32(magic) - (s.view(np.uint32) >> np.uint32(shift))).view(np.float32).astype(np.float64)
        t = 1 - s.astype(np.float64) * y**power
        return t.min(), t.max()

    one = int(np.float32(1).view(np.uint32))  # the seed of 1 is below 1, and above 1/2
    low, high = one + (one >> shift) - (1 << 23), one + (one >> shift)
    while high - low > 1:  # a larger N makes y larger and t less
        magic = (low + high) // 2
        low, high = (magic, high) if sum(ends(magic)) > 0 else (low, magic)
    return low, max(map(abs, ends(low)))


# 1/sqrt(1 - t) and 1/(1 - t): of s what `seed` asks, and the formula
SEEDS = {
    "root": ("1/sqrt(1 - t)", 1, 4, 2, lambda t: 1 / mp.sqrt(1 - t)),
    "quotient": ("1/(1 - t)", 0, 2, 1, lambda t: 1 / (1 - t)),
}


def seed_comment(shift, reach):
    return f"/* bits less those of s{' >> 1' if shift else ''}: t within {reach:.4f} of 0 */\n"


def split(value, to_float, positive=False):
    """Two words; positive: the second is not negative."""
    high = to_float(value)
    if positive and high > value:
        high = to_float(value - abs(value - high) * 2)
    assert not positive or high <= value
    return high, to_float(value - high)


# -- float32 ----------------------------------------------------------------------------------------------------------


def single(value):
    return mp.mpf(float(np.float32(value)))


def line32(name, value, comment):
    return f32.array(name, [np.float32(float(value))], comment)


def log2(value):
    return f"2^{float(mp.log(value, 2)):.2f}"


def fit32(function, low, high, degree, order, weight):
    x = f32.chebyshev_points(float(low), float(high), 129)
    return f32.float32_polynomial(function, x, degree, order, np.array([float(weight(mp.mpf(v))) for v in x]))


def table32(base, shift):
    entries = [np.float32(base * mp.mpf(2) ** (mp.mpf(j) / 8)) for j in range(8)]
    error = max(abs(mp.mpf(float(t)) / (base * mp.mpf(2) ** (mp.mpf(j) / 8)) - 1) for j, t in enumerate(entries))
    return entries, f32.table_comment(shift, error)


def contents32():
    out = []
    c, error = fit32(curve, -HALF, HALF, 5, (0, 1, 2, 3, 4, 5), abs)
    out.append(f32.array("expm1_curve", c, f"(e^r - 1 - r)/r^2, |r| <= ln2/2, degree 5: within {log2(error)} of r"))

    scale, slope = selu_constants()
    high, low = split(scale, single, positive=True)
    out.append(line32("selu_scale", high, "lambda, rounded down"))
    out.append(line32("selu_scale_low", low, "and the rest"))
    high, low = split(slope, single)
    out.append(line32("selu_slope", high, "lambda alpha, to nearest"))
    out.append(line32("selu_slope_low", low, "and the rest"))
    # lambda alpha e^x = 2^floor(n) T_j e^(r-D): the table begins where lambda alpha is, and D takes up what is left
    table, shift, error = f32.near_exact_table(float(slope) * 0.98, float(slope) * 1.02)
    shift -= mp.log(slope)
    comment = f32.table_comment(shift, error).replace("2^(j/8)", "lambda alpha 2^(j/8)")
    out.append(f32.array("selu_slope_table", table, comment))
    x = f32.chebyshev_points(-f32.HALF_STEP * 1.0005, f32.HALF_STEP * 1.0005, 129)
    c, error = f32.float32_polynomial(lambda v: mp.expm1(v - shift), x, 4, (1, 2, 3, 4, 0))
    out.append(f32.array("selu_slope_remainder", c, f"e^(r-D) - 1, |r| <= ln2/16, degree 4: within {log2(error)}"))
    last = np.float32(mp.log(mp.mpf(2) ** -126 / slope))
    last = last if slope * mp.exp(mp.mpf(float(last))) < mp.mpf(2) ** -126 else np.nextafter(last, np.float32(-np.inf))
    out.append(f32.array("selu_slope_last_subnormal", [last], "the largest x with lambda alpha e^x < 2^-126"))

    high = mp.floor(LN2 * 2**16) / 2**16
    out.append(line32("ln2_short", high, "ln 2 to 16 bits: exact times an exponent"))
    out.append(line32("ln2_short_rest", LN2 - high, "and the rest"))
    factors, bases, miss = odds_bases()
    out.append(f32.array("odds_factor", factors, "T_j, the first two 1"))
    out.append(f32.array("odds_base", bases, f"-log T_j, multiples of 2^-16: within {log2(miss)}"))
    c, error = fit32(odds_series, 0, ODDS_TOP, 1, (0, 1), lambda w: w)
    out.append(f32.array("log_odds_series", c, f"(atanh(z)/z - 1)/w, w = z^2 <= .0095, degree 1: within {log2(error)}"))

    for name, (says, shift, top, power, exact) in SEEDS.items():
        magic, reach = seed(shift, top, power)
        x = f32.chebyshev_points(-reach, reach, 129)
        c, error = f32.float32_polynomial(exact, x, 2, (0, 1, 2))
        out.append(f"{seed_comment(shift, reach)}enum {{ {name}_seed = {magic:#x} }};\n")
        out.append(f32.array(f"{name}_series", c, f"{says}, degree 2: within {log2(error)}"))

    return "FLOAT32", out


# -- float64 ----------------------------------------------------------------------------------------------------------


def line64(name, value, comment):
    return f"/* {comment} */\nstatic const double {name} = {f64.literal(value)};\n"


def contents64():
    out = []
    exact = f64.interpolate(curve, -HALF, HALF, range(11))
    points = [(r, abs(r)) for r in f64.nodes(-HALF, HALF, 50)]
    c = f64.settle([exact[k] for k in range(11)], points, [0, 1, 2], range(11))
    error = f64.bits_of_error(curve, c, -HALF, HALF, lambda r: 1 / abs(r) if r else 1)
    comment = f"(e^r - 1 - r)/r^2, |r| <= ln2/2, degree 10: within 2^{error:.1f} of r"
    out.append(f64.array("expm1_64_curve", c, comment))
    high = f64.to_float(LN2)
    out.append(line64("expm1_64_ln2", high, "ln 2, to nearest"))
    out.append(line64("expm1_64_ln2_low", LN2 - high, "and the rest"))

    scale, slope = selu_constants()
    high, low = split(scale, f64.to_float, positive=True)
    out.append(line64("selu64_scale", high, "lambda, rounded down"))
    out.append(line64("selu64_scale_low", low, "and the rest"))
    high, low = split(slope, f64.to_float)
    out.append(line64("selu64_slope", high, "lambda alpha, to nearest"))
    out.append(line64("selu64_slope_low", low, "and the rest"))
    # lambda alpha e^x = 2^floor(n) T_j e^(r-D), T_j the table of exp from 2^(7/8) on
    table = [f64.to_float(f64.T0 * mp.mpf(2) ** (mp.mpf(j + 7) / 8)) for j in range(8)]
    shift = mp.log(f64.T0) + 7 * LN2 / 8 - mp.log(slope)
    out.append(f64.array("selu64_slope_table", table, f"lambda alpha 2^(j/8) e^D, D = {mp.nstr(shift, 12)}"))
    bound = LN2 / 16 * (1 + mp.mpf(2) ** -40)

    def function(r):
        return mp.expm1(r - shift)

    exact = f64.interpolate(function, -bound, bound, range(8))
    points = [(r, 1) for r in f64.nodes(-bound, bound, 50)]
    c = f64.settle([exact[k] for k in range(8)], points, [1, 2, 3], range(8))
    error = f64.bits_of_error(function, c, -bound, bound)
    out.append(f64.array("selu64_slope_remainder", c, f"e^(r-D) - 1, |r| <= ln2/16, degree 7: within 2^{error:.1f}"))

    high, low = split(mp.mpf(1) / 3, f64.to_float)
    out.append(line64("third64", high, "1/3"))
    out.append(line64("third64_low", low, "and the rest"))
    _, spans, _ = f64.tanh_points()

    def weight(r):
        """Part of an error of k in the result, relatively: S r g of c - r, g = 1 - 1/(r coth r - T r)."""
        rows = [(1 - t * t) * r**3 / (r * mp.coth(r) - t * r) ** 2 / (c - t) for c, t, reach in spans if reach >= r]
        return max([mp.mpf(3) * (r <= mp.mpf(1) / 8), *rows])

    points = f64.coth_points(spans)
    aims = [(r, (f64.coth_rest(r * r) - mp.mpf(1) / 3) / r**2, weight(r) * r * r) for r in points]
    c, error = f64.even_terms(aims, 6)
    comment = f"((r coth(r) - 1)/r^2 - 1/3)/r^2 in r^2; error in x - tanh x 2^{float(mp.log(error, 2)):.1f}"
    out.append(f64.array("tanh_shrink64_coth", c, comment))

    terms = f64.interpolate(odds_series, 0, ODDS64_TOP, range(8))
    c = [f64.to_float(terms[k]) for k in range(8)]
    error = f64.bits_of_error(odds_series, c, 0, ODDS64_TOP, lambda w: 1 / (w + mp.mpf(2) ** -99))
    comment = f"(atanh(z)/z - 1)/w, w = z^2 <= {float(ODDS64_TOP):.4f}, degree 7: w times that within 2^{error:.1f}"
    out.append(f64.array("log_odds64_series", c, comment))
    return "FLOAT64", out


def text(bits, parts):
    return (
        "/* Written by tools/make_near_zero.py: do not edit. */\n/* clang-format off */\n"
        f"#ifndef FA_MATH_{bits}_NEAR_ZERO_H\n#define FA_MATH_{bits}_NEAR_ZERO_H\n\n" + "\n".join(parts) + "\n#endif\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    check = parser.parse_args().check
    for bits, parts in (contents32(), contents64()):
        target = MATH / bits.lower() / "near_zero.h"
        new = text(bits, parts)
        if not check:
            target.write_text(new)
        elif target.read_text() != new:
            sys.exit(f"{target} is not what {Path(__file__).name} writes: run it without --check")


if __name__ == "__main__":
    main()
