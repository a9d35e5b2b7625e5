#!/usr/bin/env python3
"""Write the constants of the float32 row engine: src/engine/exponential.h and src/engine/rows_NAME.h.

    python tools/make_engine.py            write all of them
    python tools/make_engine.py gelu       write those of one function
    python tools/make_engine.py --check    make them anew and compare with the files

A function is f(x) = M(x) * E(x) * row polynomial (src/engine/engine.h).  To add one, add its formula to
FUNCTIONS below; everything else (ranges, rows, centres, coefficients) is found here and checked.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import mpmath as mp
import numpy as np
from generated import arrays, hexf, numbers, write

mp.mp.dps = 50

SCALE = 80  # the left rows carry 2^SCALE until the last multiplication, so that nothing before it is subnormal
DEGREE = 6

# The exponential is exp(-z/2) with z = x*x or z = -2x, reduced by multiples of C = 2 log(2)/8 in one step with 13
# bits of C; what that leaves, exp(RHO * z/2), is smooth and belongs to the rows.
C = 2 * mp.log(2) / 8
C1 = mp.mpf(int(mp.floor(C * 2**15))) / 2**15
RHO = (C - C1) / C1

# The same for exp(v), v = CUBE x (x^2 + SQUARE) / 2, with z = -x (x^2 + SQUARE1): multiples of STEP, 13 bits of C/CUBE.
# SQUARE1 ends before x^2 + SQUARE1 does in float32, so that what rounds off that sum is found by one fma.  STEP is half
# a percent too long: what that leaves, exp(v/200), flattens the rows of the derivative, which grow like a cubic.
CUBE = 4 * mp.sqrt(2 / mp.pi) * mp.mpf("0.044715")
SQUARE = 1 / mp.mpf("0.044715")
SQUARE1 = mp.floor(SQUARE * 2**16) / 2**16
STEP = mp.floor(C / CUBE * mp.mpf(1.005) * 2**12) / 2**12


@dataclass(frozen=True)
class Function:
    """What the engine needs to know of a function."""

    says: str
    exponent: str  # the left tail falls like: "gauss" exp(-x*x/2), "exp" exp(x), "cubic" exp(cubic(x))
    left: Callable  # f(x) / E(x), and / x where factor is "x", without cancellation at 50 digits
    right: Callable  # f(x), and / x where factor is "x"
    factor: str  # M: "x", "right" (x on the right from `start` on), "offset" (x - offset on the left)
    start: float = 0.0  # |x| from which "right" and "offset" hold, roughly: the nearest row edge is taken
    offsets: tuple = ()  # (|x| from which, roughly; offset): "zero" is f's own, "near" the same in few bits, a number
    zero: float = 0.0  # where f is 0, roughly
    w0: float = 1.0  # w = w0 - x: the rows' edges are where w is 1, 1.25, 1.5 or 1.75 times a power of two
    left_rows: int = 16
    error: float = 27.0  # each row must be within 2^-error of its function,
    share: float = 0.17  # and what it adds to c0 at most this share of c0 (the sweep has the last word)


def phi(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def mish_bottom(u):
    return u * (u + 2) + 2


def mish_bend(x):
    u = mp.exp(x)
    return 4 * x * (1 + u) / mish_bottom(u) ** 2


def cubic(x):
    return CUBE * x * (x * x + SQUARE) / 2


def cubic_slope(x):
    return CUBE * (3 * x * x + SQUARE) / 2


FUNCTIONS = {
    "gelu": Function(
        says="gelu(x)/x = Phi(x), the normal distribution",
        exponent="gauss",
        left=lambda x: mp.ncdf(x) * mp.exp(x * x / 2),
        right=mp.ncdf,
        factor="x",
    ),
    "gelu_slope": Function(
        says="gelu'(x) = Phi(x) + x*phi(x)",
        exponent="gauss",
        left=lambda x: mp.ncdf(x) * mp.exp(x * x / 2) + x / mp.sqrt(2 * mp.pi),
        right=lambda x: mp.ncdf(x) + x * phi(x),
        factor="offset",
        start=0.25,
        offsets=((0.25, "zero"), (1.25, "near"), (9.0, -0.5)),  # x + .7518 is exact on [-1.7518, -.2518]
        zero=-0.75,
        w0=0.74,
        left_rows=17,
        error=25.5,
    ),
    "softplus": Function(
        says="log(1 + exp(x))",
        exponent="exp",
        left=lambda x: mp.log1p(mp.exp(x)) * mp.exp(-x),
        right=lambda x: x + mp.log1p(mp.exp(-x)),
        factor="right",
        start=2.4,
        share=0.21,
        w0=1.5,
    ),
    "silu_slope": Function(
        says="silu'(x) = s*(1 + x*(1-s)), s = 1/(1 + exp(-x))",
        exponent="exp",
        left=lambda x: (1 + mp.exp(x) + x) / (1 + mp.exp(x)) ** 2,
        right=lambda x: (1 + mp.exp(-x) + x * mp.exp(-x)) / (1 + mp.exp(-x)) ** 2,
        factor="offset",
        start=0.5,
        offsets=((0.5, "zero"), (2.5, "near"), (4.5, -1.0)),
        zero=-1.28,
        error=26.5,
        w0=1.5,
    ),
    "mish": Function(
        says="mish(x)/x = tanh(log(1 + exp(x)))",
        exponent="exp",
        left=lambda x: (mp.exp(x) + 2) / mish_bottom(mp.exp(x)),
        right=lambda x: (1 + 2 * mp.exp(-x)) / (1 + 2 * mp.exp(-x) + 2 * mp.exp(-2 * x)),
        factor="x",
        w0=1.5,
    ),
    "mish_slope": Function(
        says="mish'(x) = w + 4*x*u*(1 + u)/d^2, u = exp(x), d = u^2 + 2*u + 2, w = (u^2 + 2*u)/d",
        exponent="exp",
        left=lambda x: (mp.exp(x) + 2) / mish_bottom(mp.exp(x)) + mish_bend(x),
        right=lambda x: 1 - 2 / mish_bottom(mp.exp(x)) + mp.exp(x) * mish_bend(x),
        factor="offset",
        start=0.5,
        offsets=((0.5, "zero"), (2.5, "near"), (4.5, -1.0)),
        zero=-1.19,
        error=26.5,
        w0=1.5,
    ),
    "gelu_tanh": Function(
        says="gelu_tanh(x)/x = 1/(1 + exp(-v)), v = 2*sqrt(2/pi)*(x + .044715*x^3)",
        exponent="cubic",
        left=lambda x: 1 / (1 + mp.exp(cubic(x))),
        right=lambda x: 1 / (1 + mp.exp(-cubic(x))),
        factor="x",
        w0=0.74,
        left_rows=17,
    ),
    "gelu_tanh_slope": Function(
        says="gelu_tanh'(x) = s*(1 + x*(1-s)*v'), s = 1/(1 + exp(-v)), v = 2*sqrt(2/pi)*(x + .044715*x^3)",
        exponent="cubic",
        left=lambda x: (1 + x * cubic_slope(x) / (1 + mp.exp(cubic(x)))) / (1 + mp.exp(cubic(x))),
        right=lambda x: (1 + x * cubic_slope(x) / (1 + mp.exp(cubic(x)))) / (1 + mp.exp(-cubic(x))),
        factor="offset",
        start=0.25,
        offsets=((0.25, "zero"), (1.25, "near"), (3.25, -0.921875), (4.25, -1.25), (7.25, -2.625)),
        zero=-0.75,
        w0=0.74,
        left_rows=17,
        error=25.5,
    ),
}


def f32(a):
    return np.asarray(a, dtype=np.float64).astype(np.float32).astype(np.float64)


def outward(x, digits=2):
    """x to so many decimals, away from 0."""
    return float(mp.sign(x) * mp.ceil(abs(x) * 10**digits) / 10**digits)


# -- fits ------------------------------------------------------------------------------------------------------


def fit(basis, target, weight, rounds):
    """Coefficients of least maximal weight*|error|: Lawson's reweighted least squares (0 rounds: least squares)."""
    lawson = np.ones(len(target))
    best, least = None, np.inf
    for _ in range(rounds + 1):
        w = weight * np.sqrt(lawson)
        c = np.linalg.lstsq(basis * w[:, None], target * w, rcond=None)[0]
        error = weight * np.abs(basis @ c - target)
        if error.max() < least:
            best, least = c, error.max()
        lawson *= error + 1e-3 * error.max()
        lawson /= lawson.mean()
    return best


def fit_rounded(basis, target, weight, rounds=0, fixed=()):
    """The same in float32: one coefficient rounded after the other, the rest fitted anew each time."""
    c = list(fixed)
    rest = target - basis[:, : len(c)] @ np.array(c) if c else target
    for k in range(len(c), basis.shape[1]):
        c.append(float(f32(fit(basis[:, k:], rest, weight, rounds)[0])))
        rest = rest - c[k] * basis[:, k]
    return np.array(c), float(np.abs(weight * rest).max())


def chebyshev(a, b, n):
    return (a + b) / 2 - (b - a) / 2 * np.cos(np.pi * (np.arange(n) + 0.5) / n)


# -- the exponential ----------------------------------------------------------------------------------------------


def find_kappa():
    """kappa in [1, 2) such that kappa*2^(j/8), j = 0..7, all lie next to a float32."""
    step = [float(mp.mpf(2) ** (mp.mpf(j) / 8)) for j in range(8)]
    least, found = 1.0, None
    for off in np.arange(-8, 9) * 0.004:
        m = np.arange(2**23, 2**24, dtype=np.float64) + off
        worst = np.full(len(m), abs(off))
        for j in range(1, 8):
            t = m * step[j]
            t *= np.where(t < 2**24, 1.0, 0.5)
            worst = np.maximum(worst, np.abs(t - np.rint(t)))
            keep = worst < least
            m, worst = m[keep], worst[keep]
        if len(m):
            least, found = worst.min(), m[worst.argmin()]
    # Of the eight equivalent ones, that whose first entry has the most exact reciprocal: f/M is 1 from hi on.
    kappas = [mp.mpf(found) / 2**23 * mp.mpf(2) ** (mp.mpf(j) / 8) for j in range(8)]
    kappas = [kappa if kappa < 2 else kappa / 2 for kappa in kappas]
    return min(kappas, key=lambda kappa: abs(reciprocal_error(float(f32(float(kappa)))))), least


def reciprocal_error(a):
    return mp.mpf(float(a)) * mp.mpf(float(f32(1 / a))) - 1


def exponential(kappa, miss):
    n_max = 1260  # z/C at the end of the longest tail, 109
    reach = float(C) / 2 * 1.001
    r = chebyshev(-reach, reach + n_max * float(C - C1), 200)
    target = np.array([float(mp.expm1(-(1 + RHO) * mp.mpf(t) / 2)) for t in r])
    b, error = fit_rounded(np.stack([r, r**2, r**3, r**4], axis=1), target, np.ones(len(r)), rounds=40)
    assert error < 2.0**-29.5, np.log2(error)
    rate = C / STEP
    r = chebyshev(-float(STEP) / 2 * 1.001, float(STEP) / 2 * 1.001, 200)
    target = np.array([float(mp.expm1(-rate * mp.mpf(t) / 2)) for t in r])
    cubic_b, cubic_error = fit_rounded(np.stack([r, r**2, r**3, r**4], axis=1), target, np.ones(len(r)), rounds=40)
    assert cubic_error < 2.0**-29.5, np.log2(cubic_error)
    table = [float(f32(float(kappa * mp.mpf(2) ** (SCALE + mp.mpf(j) / 8)))) for j in range(8)]
    exact = np.log2(float(abs(reciprocal_error(float(f32(float(kappa)))))))
    bits = np.array(table, dtype=np.float32).view(np.uint32) - (np.arange(8, dtype=np.uint32) << 20)
    entries = [hexf(t) for t in bits.astype(np.uint32).view(np.float32)]
    lines = [
        f"/* Made by tools/make_engine.py: kappa = {mp.nstr(kappa, 12)}, each kappa*2^(j/8) within {miss:.4f} ulp of a",
        f" * float32; the polynomial exp(-(1+rho)r/2) - 1 to 2^{np.log2(error):.1f}, rho = {mp.nstr(RHO, 5)}.",
        f" * The table is kappa*2^({SCALE}+j/8) less j eighths of an exponent, so that the bits of n, shifted, are",
        f" * added whole; its first entry has a reciprocal exact to 2^{exact:.1f}. */",
        "#ifndef FA_ENGINE_EXPONENTIAL_H",
        "#define FA_ENGINE_EXPONENTIAL_H",
        f"#define ENGINE_UNSCALE 0x1p-{SCALE}f",
        f"#define ENGINE_C1 {hexf(float(C1))}",
        f"#define ENGINE_LOG2E_8 {hexf(float(f32(float(8 / mp.log(2)))))}",
        *(f"#define ENGINE_B{k + 1} {hexf(b[k])}" for k in range(4)),
        "/* The same for v = -c*z, z = -x*(x*x + square), reduced by multiples of step; the polynomial",
        f" * exp(-c1*r) - 1 to 2^{np.log2(cubic_error):.1f}, c1 = {mp.nstr(rate / 2, 6)},"
        f" c = {mp.nstr(CUBE / 2, 6)}. */",
        f"#define ENGINE_CUBIC_SQUARE {hexf(float(SQUARE1))}",
        f"#define ENGINE_CUBIC_STEP {hexf(float(STEP))}",
        f"#define ENGINE_CUBIC_STEPS {hexf(float(f32(float(1 / STEP))))}",
        *(f"#define ENGINE_CUBIC_B{k + 1} {hexf(cubic_b[k])}" for k in range(4)),
        "static const float engine_exp2[8] = {",
        *("    " + ", ".join(entries[k : k + 4]) + "," for k in (0, 4)),
        "};",
        "#endif",
    ]
    return "\n".join(lines) + "\n"


# -- rows ---------------------------------------------------------------------------------------------------------


class Plan:
    """Ranges, rows and M of a function."""

    def __init__(self, name, function, kappa):
        self.name, self.f, self.kappa = name, function, kappa
        self.kappa32 = mp.mpf(float(f32(float(kappa))))  # the first entry of the table: E on the right
        f = function
        self.x0 = mp.findroot(f.left, f.zero) if f.zero else mp.mpf(0)
        self.x0_high = float(f32(float(self.x0)))
        self.x0_low = float(f32(float(self.x0 - mp.mpf(self.x0_high))))
        n = f.left_rows
        w = [f.w0]
        while len(w) < 33:
            quarter = 2.0 ** np.floor(np.log2(w[-1])) / 4
            w.append((np.floor(w[-1] / quarter) + 1) * quarter)
        self.index = [(int(np.float32(v).view(np.uint32)) >> 21) & 31 for v in w[:32]]
        assert len(set(self.index)) == 32
        self.edges = [v - f.w0 for v in w[: n + 1]]
        self.base, self.hi = w[n], self.find_hi()
        self.slope = float(f32(np.floor((w[32] * 0.997 - self.base) / self.hi * 1024) / 1024))
        right = [(v - self.base) / self.slope for v in w[n:]]
        self.start, self.w_start = 0.0, 0.0
        if f.factor == "right":  # the edge nearest to the wanted place
            k = int(np.argmin([abs(e - f.start) for e in right]))
            self.start, self.w_start = right[k], w[n + k]
        elif f.factor == "offset":
            k = int(np.argmin([abs(e - f.start) for e in self.edges]))
            self.start, self.w_start = self.edges[k], w[k]
        self.lo = self.find_lo()
        # Where the tail is longer than the rows, the index stops inside the last one, which holds the rest.
        e = self.edges
        self.tail = -(e[n - 1] + e[n]) / 2 if self.lo < -e[n] else 0.0
        self.rows = [(-e[k + 1], -e[k]) for k in range(n - 1)] + [(self.lo, -e[n - 1])]
        self.rows += [(right[k], min(right[k + 1], self.hi)) for k in range(32 - n)]

    def offset(self, x):
        """The offset of M on the left at x, high word only."""
        found = None
        for start, offset in self.f.offsets:
            if -x > start:
                found = {"zero": self.x0_high, "near": float(mp.nint(self.x0 * 4096) / 4096)}.get(offset, offset)
        return found

    def m(self, x, middle):
        """M at x in the row around `middle`, without the x of factor "x"."""
        if self.f.factor == "right" and middle > self.start:
            return x
        if self.f.factor == "offset" and middle < -self.start:
            return x - (mp.mpf(self.offset(middle)) + (self.x0 - mp.mpf(self.x0_high)))
        return mp.mpf(1)

    def half_z(self, x):
        """-log(E)"""
        return {"gauss": lambda: x * x / 2, "exp": lambda: -x, "cubic": lambda: -cubic(x)}[self.f.exponent]()

    def left_over(self, x):
        """log of what the reduction leaves of E for the rows."""
        if self.f.exponent == "cubic":
            return cubic(x) - C / STEP * x * (x * x + SQUARE1) / 2
        return RHO * self.half_z(x)

    def row_function(self, x, middle):
        """What the polynomial of the row around `middle` has to give at x."""
        x = mp.mpf(x)
        if middle < 0:
            return self.f.left(x) * mp.exp(self.left_over(x)) / (self.m(x, middle) * self.kappa)
        return self.f.right(x) / (self.m(x, middle) * self.kappa32)

    def value(self, x):
        """log2 of |f(x)|"""
        x = mp.mpf(x)
        y = self.f.left(x) * mp.exp(-self.half_z(x)) if x < 0 else self.f.right(x)
        return mp.log(abs(y * x if self.f.factor == "x" else y), 2)

    def find_lo(self):
        near, far = -4.0, -200.0
        while near - far > 1e-4:
            x = (near + far) / 2
            near, far = (x, far) if self.value(x) > -150 else (near, x)
        return outward(far)

    def find_hi(self):
        near, far = 1.0, 100.0
        while far - near > 1e-4:
            x = mp.mpf((near + far) / 2)
            y = self.f.right(x) / (x if self.f.factor == "right" else 1)
            near, far = (float(x), far) if abs(y - 1) > mp.mpf(2) ** -28.5 else (near, float(x))
        return float(f32(outward(far)))


class Row:
    """The search for one row: its centre and its seven coefficients."""

    def __init__(self, plan, k):
        self.plan, self.k = plan, k
        self.a, self.b = plan.rows[k]
        self.middle = (self.a + self.b) / 2
        self.last = k == 31
        self.x = chebyshev(self.a, self.b, 48)
        self.y = np.array([float(plan.row_function(t, self.middle)) for t in self.x])
        self.weight = 1 / np.abs(self.y)
        self.ulp = np.array([2.0 ** float(plan.value(t) - mp.floor(plan.value(t))) for t in self.x])

    def score(self, t0, c):
        """Estimated error in ULP above 1/2: that of the fit and 3.5 roundings of what is added to c0."""
        d = self.x - t0
        added = np.polyval(np.append(c[:0:-1], 0.0), d)
        error = np.abs(c[0] + added - self.y) * self.weight
        return float((self.ulp * (error * 2**23 + 1.75 * np.abs(added) * self.weight)).max())

    def solve(self):
        if self.last:  # constant from hi on
            t0 = self.plan.hi
            c = self.rounded(t0, rounds=20, fixed=(float(f32(float(1 / self.plan.kappa32))),))[0]
            return self.keep(t0, c)
        u = (self.x - self.middle) / (self.b - self.middle)
        p = fit(u[:, None] ** np.arange(DEGREE + 1), self.y, self.weight, 60)[::-1]
        best, least = None, np.inf
        places = np.concatenate([np.linspace(0.3, 0.7, 17), [-0.5, -1.0, 1.5, 2.0]])
        if self.k == 0 and self.plan.f.factor == "x":
            places = np.append(places, 1.03)  # a falling function obeys the rule of `allowed` just right of 0
        centres = []
        for place in places:
            t0 = self.a + place * (self.b - self.a)
            c0 = np.polyval(p, (t0 - self.middle) / (self.b - self.middle))
            added = (np.polyval(p, u) - c0) * self.weight
            # floats are too coarse for c0 where the function is flat: look there from outside the row too
            if self.allowed(t0, c0):
                centres.append(((self.ulp * 1.75 * np.abs(added)).max(), t0))
        for rough, t0 in sorted(centres)[:8]:
            if rough > least:
                break
            for t in self.candidates(p, t0):
                c, _ = self.rounded(t)
                s = self.score(t, c) if self.allowed(t, c[0]) else np.inf
                if s < least:
                    best, least = t, s
        c = min((self.rounded(best, r)[0] for r in (0, 20)), key=lambda c: self.score(best, c))
        return self.keep(best, c)

    def allowed(self, t0, c0):
        """At 0 what is added to c0 must be positive, for the sign of M = x = -0."""
        return not (self.k == 0 and self.plan.f.factor == "x") or c0 < self.y[-1] * (1 - 1e-6)

    def candidates(self, p, t0):
        """Floats near t0 at which the value and the slope of the polynomial p lie next to floats."""
        around = int(np.float32(t0).view(np.uint32))
        t = np.arange(around - 2**16, around + 2**16, dtype=np.uint32).view(np.float32).astype(np.float64)
        half = self.b - self.middle
        t = t[np.abs(t - t0) < 0.05 * half]
        v = (t - self.middle) / half
        c0, c1 = np.polyval(p, v), np.polyval(np.polyder(p), v) / half
        reach = np.maximum(np.abs(self.a - t), np.abs(self.b - t))
        miss = (np.abs(c0 - f32(c0)) + 0.3 * np.abs(c1 - f32(c1)) * reach) / np.abs(c0)
        return t[np.argsort(miss, kind="stable")[:24]]

    def rounded(self, t0, rounds=0, fixed=()):
        d = self.x - t0
        return fit_rounded(d[:, None] ** np.arange(DEGREE + 1), self.y, self.weight, rounds, fixed)

    def keep(self, t0, c):
        """Check the row on points of its own."""
        x = np.concatenate([np.linspace(self.a, self.b, 61)[1:-1], [self.a * (1 - 1e-9), self.b * (1 - 1e-9)]])
        x = x[(x >= self.a) & (x <= self.b) & (x != 0)]
        y = np.array([float(self.plan.row_function(t, self.middle)) for t in x])
        added = np.polyval(np.append(c[:0:-1], 0.0), x - t0)
        self.error = float(np.abs((c[0] + added) / y - 1).max())
        self.share = float(np.abs(added / c[0]).max())
        self.t0, self.c, self.left = t0, c, self.score(t0, c)
        return self


def rows(name, kappa):
    plan = Plan(name, FUNCTIONS[name], kappa)
    table = np.zeros((32, 8))
    worst_error = worst_share = 0.0
    for k in range(32):
        row = Row(plan, k).solve()
        print(
            f"{name} [{row.a:8.3f}, {row.b:8.3f}] t0 {row.t0:9.4f}: error 2^{np.log2(row.error):.2f},"
            f" |L/c0| {row.share:.3f}, estimated {0.5 + row.left:.3f} ULP",
            file=sys.stderr,
        )
        if row.error > 2.0**-plan.f.error or row.share > plan.f.share:
            raise SystemExit(f"{name}: row [{row.a}, {row.b}] fails: 2^{np.log2(row.error):.2f}, {row.share:.3f}")
        worst_error, worst_share = max(worst_error, row.error), max(worst_share, row.share)
        c = row.c if row.middle < 0 else row.c * 2.0**-SCALE
        table[plan.index[k]] = [row.t0, *c]
    return plan, table, worst_error, worst_share


def rows_file(name, kappa):
    plan, found, error, share = rows(name, kappa)
    f = plan.f
    guard = f"FA_ENGINE_ROWS_{name.upper()}_H"
    kind = {"x": "ENGINE_X", "right": "ENGINE_X_RIGHT", "offset": "ENGINE_OFFSET"}[f.factor]
    lines = [
        f"/* {f.says}.",
        f" * Made by tools/make_engine.py: 32 rows t0, c0..c6 for x in [{plan.lo:g}, {plan.hi:g}], each within"
        f" 2^{np.log2(error):.1f} of its",
        f" * function after rounding; what is added to c0 is at most {share:.3f} of it. */",
        f"#ifndef {guard}",
        f"#define {guard}",
        '#include "engine.h"',
        "",
        *arrays(name, found),
    ]
    if f.factor == "offset":
        offsets = np.zeros(16)
        for k, (a, b) in enumerate(plan.rows):
            if (a + b) / 2 < -plan.start:
                offsets[plan.index[k] & 15] = plan.offset((a + b) / 2)
        lines += [f"static const float {name}_offsets[16] = {{", *numbers(offsets, 4), "};"]
    lines += [
        f"static const struct engine_spec {name}_engine = {{",
        f"    .rows = {name}_rows,",
        f"    .columns = {name}_columns,",
        f"    .exponent = ENGINE_{f.exponent.upper()},",
        f"    .factor = {kind},",
        f"    .lo = {hexf(f32(plan.lo))},",
        f"    .hi = {hexf(plan.hi)},",
        f"    .w0 = {hexf(f32(f.w0))},",
        f"    .base = {hexf(plan.base)},",
        f"    .slope = {hexf(plan.slope)},",
    ]
    if plan.tail:
        lines.append(f"    .tail = {hexf(f32(plan.tail))},")
    if f.factor in ("right", "offset"):
        lines.append(f"    .start = {hexf(plan.w_start)},")
    if f.factor == "offset":
        lines += [f"    .offsets = {name}_offsets,", f"    .offset_low = {hexf(plan.x0_low)},"]
    lines += ["};", "#endif"]
    return "\n".join(lines) + "\n"


def files(names):
    kappa, miss = find_kappa()
    found = {} if names else {"exponential.h": lambda: exponential(kappa, miss)}
    return found | {f"rows_{name}.h": lambda name=name: rows_file(name, kappa) for name in names or FUNCTIONS}


if __name__ == "__main__":
    write(__doc__, files)
