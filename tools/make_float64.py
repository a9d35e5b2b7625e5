#!/usr/bin/env python3
"""Write src/math/float64/constants.h: every table and coefficient of the float64 kernels.

    python tools/make_float64.py            write the header
    python tools/make_float64.py --check    say whether the header is what this script writes

All values come from mpmath at 400 bits.  A polynomial is found by interpolation in Chebyshev nodes; coefficients
whose rounding would show are rounded first and the rest fitted around them.
"""

import argparse
import functools
import sys
from pathlib import Path

import mpmath as mp

mp.mp.prec = 400
HEADER = Path(__file__).parents[1] / "src" / "math" / "float64" / "constants.h"

LN2 = mp.log(2)
# exp64_table[0] = T0, found by trying 3e10 neighbours of .97 for eight entries T0*2^(j/8) that are all almost float64.
T0 = mp.mpf(8736983277098762 + 26209989850) / 2**53
DELTA = mp.log(T0)


def to_float(value):
    """The float64 nearest to a number that may have more than 53 bits."""
    return mp.mpf(float(value)) if value else mp.mpf(0)


def nodes(low, high, count):
    """Chebyshev nodes of an interval."""
    middle, half = (mp.mpf(low) + high) / 2, (mp.mpf(high) - low) / 2
    return [middle + half * mp.cos(mp.pi * (2 * k + 1) / (2 * count)) for k in range(count)]


def interpolate(function, low, high, powers):
    """Coefficients {power: value} of the combination of powers that meets the function in Chebyshev nodes."""
    powers = list(powers)
    points = nodes(low, high, len(powers))
    matrix = mp.matrix([[x**p for p in powers] for x in points])
    values = mp.matrix([function(x) for x in points])
    return dict(zip(powers, mp.lu_solve(matrix, values), strict=True))


def settle(exact, points, first, free):
    """Coefficients as float64: the powers `first` are rounded one by one, and what that loses is made good by the
    powers `free` as far as they can, by least squares over points (x, weight)."""
    terms, free = list(exact), list(free)
    for power in first:
        lost = terms[power] - to_float(terms[power])
        free = [p for p in free if p != power]
        matrix = mp.matrix([[x**p * weight for p in free] for x, weight in points])
        repair = mp.lu_solve(matrix, mp.matrix([lost * x**power * weight for x, weight in points]))
        for p, change in zip(free, repair, strict=True):
            terms[p] += change
        terms[power] = to_float(terms[power])
    return [to_float(c) for c in terms]


def slope_about(function, center):
    """The function of d that is (f(center + d) - f(center)) / d."""
    middle, derivative = function(center), mp.diff(function, center)

    def slope(d):
        return (function(center + d) - middle) / d if abs(d) > mp.mpf(2) ** -90 else derivative

    return slope


def bits_of_error(function, coefficients, low, high, weight=lambda x: 1):
    """log2 of the largest error over the interval, divided by the weight."""
    worst = mp.mpf(0)
    for k in range(201):
        x = low + (mp.mpf(high) - low) * k / 200
        worst = max(worst, abs((mp.polyval(coefficients[::-1], x) - function(x)) / weight(x)))
    return float(mp.log(worst, 2))


def literal(value):
    """A C literal, exact."""
    return float(value).hex()


def array(name, values, comment, per_line=4):
    """A C array with its comment."""
    words = [literal(v) for v in values]
    lines = [", ".join(words[i : i + per_line]) for i in range(0, len(words), per_line)]
    body = ",\n".join("    " + line for line in lines)
    return f"/* {comment} */\nstatic const double {name}[{len(values)}] = {{\n{body},\n}};\n"


def define(name, value, comment):
    """A named constant."""
    return f"#define {name} {literal(value)} /* {comment} */\n"


# -- the exponential ---------------------------------------------------------------------------------------------------
def exponential():
    """Reduction, table of eight, and exp(+-(r - delta)) - 1."""
    log2e = 1 / LN2
    high = mp.floor(LN2 * 2**39) / 2**39
    low = to_float(LN2 - high)
    table = [T0 * mp.mpf(2) ** (mp.mpf(j) / 8) for j in range(8)]
    off = max(abs(t - to_float(t)) * 2**52 for t in table)
    bound = LN2 / 16 * (1 + mp.mpf(2) ** -40)
    out = [
        "/* a = n ln2 + r with n a multiple of 1/8: e^a = 2^floor(n) * exp64_table[8 frac(n)] * exp(r - delta),\n"
        " * delta = log(exp64_table[0]).  n * EXP64_LN2_HIGH is exact for |n| < 2^11. */\n",
        define("EXP64_LOG2E", to_float(log2e), "log2(e)"),
        define("EXP64_LN2_HIGH", high, "log(2) to 39 bits"),
        define("EXP64_LN2_LOW", low, "the rest"),
        "\n",
        array(
            "exp64_table",
            [to_float(t) for t in table],
            f"T0 * 2^(j/8), T0 such that each is a float64 to {float(off):.4f} of 2^-52",
        ),
    ]
    for name, sign in (("exp64_remainder", -1), ("odds64_remainder", 1)):

        def function(r, sign=sign):
            return mp.expm1(r + sign * DELTA)

        exact = interpolate(function, -bound, bound, range(8))
        points = [(r, 1) for r in nodes(-bound, bound, 50)]
        terms = settle([exact[k] for k in range(8)], points, [1, 2, 3], range(8))
        error = bits_of_error(function, terms, -bound, bound)
        formula = "exp(r - delta) - 1" if sign < 0 else "exp(r + delta) - 1"
        out.append(array(name, terms, f"{formula} for |r| <= ln2/16, degree 7, absolute error 2^{error:.1f}"))
    return out


# -- softplus ----------------------------------------------------------------------------------------------------------
def logarithm():
    """log(1+e) = 2z (1 + w L(w)), z = e/(2+e), w = z^2."""

    def series(w):
        if w < mp.mpf(2) ** -60:
            return mp.mpf(1) / 3 + w / 5
        z = mp.sqrt(w)
        return (mp.atanh(z) / z - 1) / w

    top = mp.mpf(1) / 9
    exact = interpolate(series, 0, top, range(10))
    terms = [to_float(exact[k]) for k in range(10)]
    error = bits_of_error(series, terms, mp.mpf(2) ** -50, top, lambda w: 1 / w)
    return [
        array("log1p64_terms", terms, f"(atanh(z)/z - 1)/w, w = z^2, on [0, 1/9], degree 9; w L(w) to 2^{error:.1f}")
    ]


# -- derivatives beside their zeros -----------------------------------------------------------------------------------
def silu_slope(t):
    """-silu'(-t)."""
    u = mp.exp(-t)
    return -u * (1 + u - t) / (1 + u) ** 2


def mish_slope(t):
    """-mish'(-t)."""
    u = mp.exp(-t)
    d = u * (u + 2) + 2
    return 4 * t * u * (1 + u) / d**2 - u * (u + 2) / d


# 2 sqrt(2/pi) (x + a x^3) = GELU_TANH_CUBE x (x^2 + GELU_TANH_SQUARE)
GELU_TANH_CUBE = 2 * mp.sqrt(2 / mp.pi) * mp.mpf("0.044715")
GELU_TANH_SQUARE = 1 / mp.mpf("0.044715")


def gelu_tanh_slope(t):
    """-gelu_tanh'(-t)."""
    u = mp.exp(-GELU_TANH_CUBE * t * (t * t + GELU_TANH_SQUARE))
    return u / (1 + u) * (GELU_TANH_CUBE * t * (3 * t * t + GELU_TANH_SQUARE) / (1 + u) - 1)


def dish_slope(t):
    """-dish'(-t)."""
    r = mp.sqrt(1 + t * t)
    return (t / r + t / r**3 - 1) / 2


def zero_terms(name, function, near, reach, degree):
    """-f'(-t) about its zero."""
    zero = mp.findroot(function, mp.mpf(near))
    center = to_float(zero)
    c0 = function(center)

    slope = slope_about(function, center)
    fitted = interpolate(slope, -reach, reach, range(degree))
    terms = [to_float(c0)] + [to_float(fitted[k]) for k in range(degree)]
    rest = to_float(fitted[0] - terms[1])
    worst = max(
        abs((mp.polyval([terms[1] + rest, *terms[2:]][::-1], d)) / slope(d) - 1) for d in nodes(-reach, reach, 40)
    )
    upper = name.upper()
    return [
        define(f"{upper}64_ZERO", center, f"-(the zero of {name}'), rounded"),
        define(f"{upper}64_ZERO_REACH", reach, f"half the width of the interval of {name}64_zero_terms"),
        define(f"{upper}64_ZERO_SLOPE_LOW", rest, f"{name}64_zero_terms[1] to two words"),
        array(
            f"{name}64_zero_terms",
            terms,
            f"-{name}'(-({upper}64_ZERO + d)), the constant what the rounding of the zero leaves;\n"
            f" * relative error 2^{float(mp.log(worst, 2)):.1f}",
        ),
    ]


# -- the argument of gelu_tanh -----------------------------------------------------------------------------------------
def cubic():
    """v = c x (x^2 + b), c and b in two words; b's first so short that b - (3 x^2 + b) is exact up to |x| = 26."""
    square = mp.floor(GELU_TANH_SQUARE * 2**42) / 2**42
    cube = to_float(GELU_TANH_CUBE)
    return [
        define("GELU_TANH64_SQUARE", square, "1/.044715 to 2^-42"),
        define("GELU_TANH64_SQUARE_LOW", to_float(GELU_TANH_SQUARE - square), "the rest"),
        define("GELU_TANH64_CUBE", cube, "2 sqrt(2/pi) * .044715"),
        define("GELU_TANH64_CUBE_LOW", to_float(GELU_TANH_CUBE - cube), "the rest"),
    ]


# -- rows --------------------------------------------------------------------------------------------------------------
ROWS, COLUMNS = 16, 16
ROW_START, ROW_STRETCH = mp.mpf("2.5"), to_float(mp.mpf("0.968"))  # the last row ends at 38.7
ROOT2 = mp.sqrt(2)


def mills(t):
    """Phi(-t) exp(t^2/2)."""
    return mp.erfc(t / ROOT2) / 2 * mp.exp(t * t / 2)


def mills_slope(t):
    """-gelu'(-t) exp(t^2/2)."""
    return t / mp.sqrt(2 * mp.pi) - mills(t)


def edge(quarter):
    """Start of a quarter-binade: 4 is 1, 5 is 1.25, 8 is 2."""
    return mp.mpf(2) ** (quarter // 4 - 1) * (4 + quarter % 4) / 4


def row(function, low, high, center, fixed):
    """t0, c0, ... c14 with function(t) = c0 + d (c1 + d (...)), d = t - t0, and its relative error.

    Where t0 is free it is moved until c0 and c1 are both float64 but for 2^-6 of their last place.
    """
    degree = COLUMNS - 2

    def fit(t0):
        fitted = interpolate(slope_about(function, t0), low - t0, high - t0, range(degree))
        return [function(t0)] + [fitted[k] for k in range(degree)]

    def miss(value):
        return abs(value - to_float(value)) / mp.mpf(2) ** (mp.floor(mp.log(abs(value), 2)) - 52)

    if center is None:
        # Near 0, t - t0 loses what t has below the last place of t0: keep that t0 small.
        center = to_float((low + high) / 2) if low else mp.mpf(2) ** -6
    if not fixed:
        t0 = center
        terms = fit(t0)
        best = None
        # About t0 the polynomial itself says what c0 and c1 become at a neighbour.
        unit = mp.mpf(2) ** (mp.floor(mp.log(high - low, 2)) - 22)
        derivative = [k * c for k, c in enumerate(terms)][1:]
        for k in range(1, 20000):
            d = unit * k
            a, b = mp.polyval(terms[::-1], d), mp.polyval(derivative[::-1], d)
            quality = max(miss(a), miss(b) / 2)
            if best is None or quality < best[0]:
                best = (quality, t0 + d)
            if quality < mp.mpf(2) ** -6:
                break
        center = best[1]
    t0 = center
    exact = fit(t0)
    points = [(d, 1 / function(t0 + d)) for d in nodes(low - t0, high - t0, 60)]
    terms = settle(exact, points, [2], range(3, degree + 1))
    worst = mp.mpf(0)
    for d in nodes(low - t0, high - t0, 61):
        if d:
            worst = max(worst, abs(mp.polyval(terms[::-1], d) / function(t0 + d) - 1))
    if fixed:
        terms[0] = mp.mpf(0)
    return [t0, *terms], float(mp.log(worst, 2)), float(miss(exact[0])) if exact[0] else 0.0, float(miss(exact[1]))


def rows(name, formula, function, centers):
    """Sixteen rows, quarter-binades of w = ROWS64_START + ROWS64_STRETCH * t."""
    start, stretch = ROW_START, ROW_STRETCH
    first = next(q for q in range(-20, 20) if edge(q) == start)
    table, remarks = [None] * ROWS, []
    for k in range(ROWS):
        low, high = ((edge(first + k + i) - start) / stretch for i in (0, 1))
        entries, error, miss0, miss1 = row(function, low, high, *centers.get(k, (None, False)))
        table[(first + k) % ROWS] = entries
        remarks.append(f" *   [{float(low):.4g}, {float(high):.4g}]: 2^{error:.1f}")
        print(f"{name} [{float(low):.5g}, {float(high):.5g}] 2^{error:.2f}; c0, c1 off by {miss0:.3f}, {miss1:.3f}")
    # Slot of a row: the two top bits of the mantissa of w and the two low bits of its exponent.
    shift = (1023 * 4) % ROWS
    by_slot = [table[(slot - shift + 4) % ROWS] for slot in range(ROWS)]
    comment = (
        f"{formula}: t0, c0..c{COLUMNS - 2} by rows, quarter-binades of w = ROWS64_START + ROWS64_STRETCH * t;\n"
        " * interval of t and relative error of each row:\n" + "\n".join(remarks) + "\n"
    )
    flat = [v for r in by_slot for v in r]
    columns = [by_slot[r][c] for c in range(COLUMNS) for r in range(ROWS)]
    return [
        array(f"{name}_rows", flat, comment),
        array(f"{name}_columns", columns, f"The same, transposed: column k of {name}_rows is at {ROWS}*k."),
    ]


# -- tanh --------------------------------------------------------------------------------------------------------------
def coth_rest(u):
    """(r coth(r) - 1)/r^2, u = r^2"""
    if u < mp.mpf(2) ** -80:
        return mp.mpf(1) / 3 - u / 45
    r = mp.sqrt(u)
    return (r * mp.coth(r) - 1) / u


def even_terms(aims, degree):
    """Coefficients in r^2 for aims (r, value, weight) with the least weighed error, and that."""
    shares = [mp.mpf(1)] * len(aims)
    for _ in range(25):  # Lawson: the share of a point grows with its error
        roots = [w * mp.sqrt(share) for (_, _, w), share in zip(aims, shares, strict=True)]
        matrix = mp.matrix([[a[0] ** (2 * j) * q for j in range(degree + 1)] for a, q in zip(aims, roots, strict=True)])
        right = mp.matrix([value * q for (_, value, _), q in zip(aims, roots, strict=True)])
        terms = list(mp.lu_solve(matrix, right))
        errors = [abs(mp.polyval(terms[::-1], r * r) - value) * w for r, value, w in aims]
        total = mp.fdot(shares, errors) / len(aims)
        shares = [share * e / total for share, e in zip(shares, errors, strict=True)]
    terms = [to_float(c) for c in terms]
    return terms, max(abs(mp.polyval(terms[::-1], r * r) - value) * w for r, value, w in aims)


@functools.cache
def tanh_points():
    """Points c and T = tanh(c) by quarter-binades of |x| from 1/8 to 20, in rows of 32; these and how far each
    reaches; and how far off T is, in its last place."""
    table = [(mp.mpf(0), mp.mpf(0))] * 32
    spans = []
    worst = mp.mpf(0)
    for quarter in range(-8, 21):  # quarter-binades as in edge()
        low, high = edge(quarter), edge(quarter + 1)
        middle = to_float(mp.tanh((low + high) / 2))
        # c - T is exact: T is a multiple of its last place, but in the last row
        coarse = mp.mpf(2) ** (mp.mag((low + high) / 2 - middle) - 53)
        step = max(mp.mpf(2) ** (mp.mag(middle) - 53), coarse if coarse < (1 - middle) / 4 else 0)
        middle = step * mp.floor(middle / step)
        best = None
        for k in range(100_000):
            # T first: c may then be off by half its last place, of which T sees little where it is flat
            value = middle + k * step
            if value >= 1:
                break
            point = to_float(mp.atanh(value))
            miss = abs(mp.tanh(point) - value) * mp.mpf(2) ** (53 - mp.mag(value))
            if best is None or miss < best[0]:
                best = (miss, point, value)
            if miss < min(mp.mpf(2) ** -9, point**2 * mp.mpf(2) ** -9):  # c - T is wanted, too
                break
        worst = max(worst, best[0])
        table[(1023 * 4 + quarter - 4) % 32] = best[1:]
        spans.append((best[1], best[2], max(high - best[1], best[1] - low)))
    return table, spans, worst


def coth_points(spans):
    """Where (r coth(r) - 1)/r^2 is fitted."""
    top = max(reach for _, _, reach in spans)
    points = [mp.mpf(k) / 400 for k in range(1, 51)]
    return points + [mp.mpf(1) / 8 * (top * 8) ** (mp.mpf(k) / 80) for k in range(1, 80)]


def hyperbolic():
    """The points of tanh, and (r coth(r) - 1)/r^2."""
    table, spans, worst = tanh_points()

    def weight(r):
        """Part in the result of a relative error of 1 + r^2 k."""
        if r <= mp.mpf(1) / 8:
            return r * r
        t = mp.tanh(r)
        return r * r * max((1 - c**2) * t / (1 - c * t) / c for _, c, reach in spans if reach >= r)

    points = coth_points(spans)
    terms, error = even_terms([(r, coth_rest(r * r), weight(r)) for r in points], 7)
    flat = [v for pair in table for v in pair]
    return [
        array(
            "tanh64_rows",
            flat,
            f"c and T = tanh(c) by the quarter-binade of |x|, T to {float(worst):.4f} of its last place; 0 below 1/8",
            4,
        ),
        array("tanh64_columns", [p[k] for k in (0, 1) for p in table], "The same, transposed."),
        array("tanh64_coth", terms, f"(r coth(r) - 1)/r^2 in r^2; error in tanh 2^{float(mp.log(error, 2)):.1f}"),
    ]


def text():
    """The whole header."""
    zero = to_float(mp.findroot(mills_slope, mp.mpf("0.7517915246935645")))
    slope = mp.diff(mills_slope, zero)
    parts = [
        "/* Constants of the float64 kernels.  Written by tools/make_float64.py; do not edit. */\n"
        "/* clang-format off */\n"
        "#ifndef FA_MATH_FLOAT64_CONSTANTS_H\n#define FA_MATH_FLOAT64_CONSTANTS_H\n\n",
        *exponential(),
        *logarithm(),
        *zero_terms("silu", silu_slope, "1.2784645427610738", mp.mpf(3) / 64, 9),
        *zero_terms("mish", mish_slope, "1.1924312145154952", mp.mpf(1) / 8, 12),
        *zero_terms("gelu_tanh", gelu_tanh_slope, "0.75246142207101626", mp.mpf(3) / 64, 9),
        *zero_terms("dish", dish_slope, "0.78615137775742329", mp.mpf(1) / 2048, 5),
        *cubic(),
        *hyperbolic(),
        define("ROWS64_START", ROW_START, "w of t = 0"),
        define("ROWS64_STRETCH", ROW_STRETCH, "growth of w with t"),
        *rows("gelu64", "Phi(-t) exp(t^2/2)", mills, {}),
        *rows("gelu64_slope", "-gelu'(-t) exp(t^2/2)", mills_slope, {0: (mp.mpf("0.1875"), False), 1: (zero, True)}),
        define(
            "GELU64_ZERO_VALUE_LOW", to_float(mills_slope(zero)), "c0 of the row of the zero of gelu', 0 in the table"
        ),
        define("GELU64_ZERO_SLOPE_LOW", to_float(slope - to_float(slope)), "and the second word of its c1"),
        "\n#endif\n",
    ]
    return "".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the header instead of writing it")
    arguments = parser.parse_args()
    new = text()
    if arguments.check:
        if HEADER.read_text() != new:
            sys.exit(f"{HEADER.name} is not what {Path(__file__).name} writes: run it without --check")
        return
    HEADER.write_text(new)


if __name__ == "__main__":
    main()
