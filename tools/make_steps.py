#!/usr/bin/env python3
"""Write the tables of src/engine/steps.h: src/engine/steps_NAME.h.

    python tools/make_steps.py             write all of them
    python tools/make_steps.py sigmoid     write that of one function
    python tools/make_steps.py --check     make them anew and compare with the files

A function of b >= 0 is 32 rows t, c0..c6: M (c0 + d (c1 + d (...))), d = b - t; rows of equal width or, for functions
that fall like a power of b, each an eighth of a binade of b + 1.  To add one, add its formula to FUNCTIONS; centres and
coefficients are found here by trying them in float32.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import mpmath as mp
import numpy as np
from generated import arrays, hexf, numbers, write
from make_engine import DEGREE, chebyshev, cubic, cubic_slope, f32, fit, fit_rounded, phi

TRIALS = 3000  # points of a row at which a centre is tried
LIMIT = 0.9  # ULP there
LEAST = 2.0**-40  # for c1 where that would be 0, that nothing underflows


@dataclass(frozen=True)
class Function:
    says: str
    formula: Callable
    width: float = 2 / 3
    shift: float = 0.0  # the rows end so much later than at odd multiples of width/2
    zero: float = 0.0  # roughly where the formula is 0
    beside: tuple = ()  # the rows, from and to, where M = b - zero; elsewhere 1
    eighths: bool = False  # of a binade of b + 1; `beside` then ends before the next row
    complement: bool = False  # 1 - c0 lies next to a float too, and what is added is never -0 where that is 0
    numbers: tuple = ()  # p, q: row k is around p b + q b^2 = k; if there is no zero, the first lacks -b/2 (half_steps)


FUNCTIONS = {
    "sigmoid": Function("1/(1 + exp(b)), the sigmoid of -b", lambda b: 1 / (1 + mp.exp(b))),
    "sigmoid_slope": Function(
        "1/(2 + exp(b) + exp(-b)), the derivative of the sigmoid",
        lambda b: 1 / (2 + mp.exp(b) + mp.exp(-b)),
        width=1 / 2,
    ),
    "softplus": Function("log(1 + exp(-b))", lambda b: mp.log1p(mp.exp(-b))),
    "silu_slope": Function(
        "silu'(-b) = s (1 - b (1 - s)), s = 1/(1 + exp(b))",
        lambda b: (1 - b / (1 + mp.exp(-b))) / (1 + mp.exp(b)),
        width=1 / 2,
        shift=1 / 4,
        zero=1.28,
        beside=(1, 4),  # b - zero is exact there
    ),
    "root_ratio": Function(
        "(1 - b/r)/2, r = sqrt(1 + b^2)",
        lambda b: (1 - b / mp.sqrt(1 + b * b)) / 2,
        eighths=True,
        complement=True,
    ),
    "tanh_shrink": Function(
        "(b - tanh b)/b^3", lambda b: (b - mp.tanh(b)) / b**3 if b > 1e-9 else mp.mpf(1) / 3, eighths=True
    ),
    "dish_slope": Function(
        "dish'(-b) = (1 - b/r - b/r^3)/2, r = sqrt(1 + b^2)",
        lambda b: (1 - b / mp.sqrt(1 + b * b) * (1 + 1 / (1 + b * b))) / 2,
        zero=0.79,
        beside=(4, 8),
        eighths=True,
    ),
    "gelu": Function("gelu(-b)", lambda b: -b * mp.ncdf(-b), numbers=(1.625, 0.5)),
    "gelu_tanh": Function("gelu_tanh(-b)", lambda b: -b / (1 + mp.exp(cubic(b))), numbers=(1.5, 0.640625)),
    "gelu_slope": Function(
        "gelu'(-b)", lambda b: mp.ncdf(-b) - b * phi(b), zero=0.75, beside=(1, 4), numbers=(1.5, 0.5)
    ),
    "gelu_tanh_slope": Function(
        "gelu_tanh'(-b)",
        lambda b: (1 - b * cubic_slope(b) / (1 + mp.exp(-cubic(b)))) / (1 + mp.exp(cubic(b))),
        zero=0.75,
        beside=(1, 4),
        numbers=(1.5, 0.640625),
    ),
}


class Plan:
    """Rows and M of a function."""

    def __init__(self, f):
        self.f = f
        self.edges = [0.0, *((k + 0.5) * f.width + f.shift for k in range(32))]
        if f.eighths:
            self.edges = [(1 + k % 8 / 8) * 2.0 ** (k // 8) - 1 for k in range(33)]
        if f.numbers:
            p, q = f.numbers
            self.edges = [0.0, *(((p * p + 4 * q * (k + 0.5)) ** 0.5 - p) / (2 * q) for k in range(32))]
        zero = mp.findroot(f.formula, f.zero) if f.zero else mp.mpf(0)
        self.zero = float(f32(float(zero)))
        self.rest = float(f32(float(zero - mp.mpf(self.zero))))

    def begins(self, k):
        """The first float32 of row k, by the number that steps.h computes."""
        p, q = self.f.numbers
        around = np.uint32(np.float32(self.edges[k]).view(np.uint32)) + np.arange(-9, 9).astype(np.uint32)
        around = around.view(np.float32).astype(np.float64)
        number = np.array([np.rint(np.longdouble(b) * np.longdouble(f32(q * b + p))) for b in around])
        return around[number >= k].min()

    def beside(self, k):
        return self.f.zero and self.f.beside[0] <= k < self.f.beside[1]

    def halved(self, k):
        return self.f.numbers and not self.f.zero and k == 0

    def m(self, k, b):
        return b - mp.mpf(self.zero) - mp.mpf(self.rest) if self.beside(k) else mp.mpf(1)

    def evaluate(self, k, t, c, b):
        """As steps.h computes it."""
        d = f32(b - t)
        p = c[-1]
        for j in range(DEGREE - 1, 0, -1):
            p = f32(p * d + c[j])
        if self.halved(k):
            return f32(p * d - b / 2)
        if not self.beside(k):
            return f32(p * d + c[0])
        m, low = f32(b - self.zero), f32(p * d)
        return f32(m * c[0] + f32(m * low - f32(self.rest * f32(c[0] + low))))


def in_ulp(y, exact):
    """The largest error of y."""
    return float((np.abs(y - exact) / 2.0 ** (np.floor(np.log2(np.abs(exact))) - 23)).max())


class Row:
    """Row k: the centre and the coefficients with the least error of those tried."""

    def __init__(self, plan, k):
        self.plan, self.k = plan, k
        self.a, self.b = plan.edges[k], plan.edges[k + 1]
        formula = plan.f.formula
        self.x = chebyshev(self.a, self.b, 40)
        self.y = np.array([float(formula(mp.mpf(x)) / plan.m(k, mp.mpf(x))) for x in self.x])
        self.weight = 1 / np.abs(self.y)
        if plan.halved(k):
            self.y = self.y + self.x / 2
        points = np.random.default_rng(k).uniform(self.a, self.b, TRIALS * (20 if plan.beside(k) else 1))
        if plan.beside(k):  # more operations, and the worst of them together more rarely
            points = np.append(points, plan.zero + plan.f.width * np.outer([-1, 1], 2.0 ** -np.arange(0, 24, 0.01)))
        points = np.append(points, [1e-9 if plan.halved(k) else self.a, self.b])
        self.points = np.unique(f32(points[(points >= self.a) & (points <= self.b)]))
        self.exact = np.array([float(formula(mp.mpf(x))) for x in self.points])
        best = (np.inf, None, None)
        for t in self.centres():
            best = min(best, (*self.tried(t, 0), t), key=lambda found: found[0])
        self.error, self.c, self.t = min(best, (*self.tried(best[2], 20), best[2]), key=lambda found: found[0])

    def tried(self, t, rounds):
        powers, half = np.arange(DEGREE + 1), (self.b - self.a) / 2
        scale = 1 if 1 / 8 < half < 1 / 2 else 2 ** np.round(np.log2(half))  # lest powers of d be large or small
        fixed = (0.0, LEAST) if self.plan.halved(self.k) else ()
        c, _ = fit_rounded(((self.x - t) / scale)[:, None] ** powers, self.y, self.weight, rounds, fixed)
        c = c / scale**powers
        error = in_ulp(self.plan.evaluate(self.k, t, c, self.points), self.exact)
        if self.plan.f.complement:
            other = self.plan.evaluate(self.k, t, [f32(1 - c[0]), *-c[1:]], self.points)
            error = max(error, in_ulp(other, 1 - self.exact))
        return error, c

    def centres(self):
        """Floats at which value and slope lie next to floats; 0, where it is in the row."""
        if self.a == 0:
            yield LEAST if self.plan.f.complement else 0.0
        if self.plan.halved(self.k):
            return
        middle, half = (self.a + self.b) / 2, (self.b - self.a) / 2
        p = fit(((self.x - middle) / half)[:, None] ** np.arange(13), self.y, self.weight, 0)[::-1]
        for place in np.linspace(0.4, 0.75, 12):  # nearer to the end where the function is small
            around = int(np.float32(self.a + place * (self.b - self.a)).view(np.uint32))
            t = np.arange(around - 2**16, around + 2**16, dtype=np.uint32).view(np.float32).astype(np.float64)
            t = t[np.abs(t - self.a - place * (self.b - self.a)) < 0.03 * half]
            u = (t - middle) / half
            c0, c1 = np.polyval(p, u), np.polyval(np.polyder(p), u) / half
            reach = np.maximum(np.abs(self.a - t), np.abs(self.b - t))
            miss = (np.abs(c0 - f32(c0)) + 0.5 * np.abs(c1 - f32(c1)) * reach) / np.abs(c0)
            if self.plan.f.complement:
                miss += np.abs(1 - c0 - f32(1 - c0)) / (1 - c0)
            yield from t[np.argsort(miss, kind="stable")[:10]]


def table_file(name):
    plan = Plan(FUNCTIONS[name])
    rows = [Row(plan, k) for k in range(32)]
    worst = max(row.error for row in rows)
    print(f"{name}: {worst:.3f} ULP at {TRIALS} points of each row", file=sys.stderr)
    if worst > LIMIT:
        raise SystemExit(" ".join(f"{row.error:.3f}" for row in rows))
    table = np.array([[row.t, *row.c] for row in rows])
    if plan.f.eighths:
        table = np.roll(table, 24, 0)  # the number of the first row: the bits of 1, shifted by 20
    guard = f"FA_ENGINE_STEPS_{name.upper()}_H"
    lines = [
        f"/* {plan.f.says}.",
        f" * Made by tools/make_steps.py: 32 rows t, c0..c6 for b in [0, {plan.edges[32]:.2f}). */",
        f"#ifndef {guard}",
        f"#define {guard}",
        '#include "steps.h"',
        "",
        *arrays(f"{name}_steps", table),
    ]
    table = f"{{{name}_steps_rows, {name}_steps_columns}}"
    if plan.f.numbers:
        p, q = plan.f.numbers
        end = np.floor(plan.edges[32] * 64) / 64
        if plan.f.zero:
            kind, values = "slope_steps", [p, q, *map(plan.begins, plan.f.beside), plan.zero, plan.rest, end]
        else:
            kind, values = "half_steps", [p, q, plan.begins(1), end]
        lines += [f"static const {kind} {name}_steps = {{", f"    {table},", *numbers(values, 4), "};"]
    else:
        if plan.f.zero:
            first, last = (hexf(f32(plan.edges[k])) for k in plan.f.beside)
            edges = "<= b <" if plan.f.eighths else "< b <"
            lines.append(f"/* M is b - (zero + rest) for {first} {edges} {last}, else 1. */")
            lines.append(f"#define {name.upper()}_STEPS_FIRST {first}")
            lines.append(f"#define {name.upper()}_STEPS_LAST {last}")
            lines.append(f"#define {name.upper()}_STEPS_ZERO {hexf(plan.zero)}")
            lines.append(f"#define {name.upper()}_STEPS_REST {hexf(plan.rest)}")
        lines.append(f"static const step_table {name}_steps = {table};")
    lines.append("#endif")
    return "\n".join(lines) + "\n"


def files(names):
    return {f"steps_{name}.h": lambda name=name: table_file(name) for name in names or FUNCTIONS}


if __name__ == "__main__":
    write(__doc__, files)
