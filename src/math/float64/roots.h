/* squareplus, dish and their derivatives, float64; a = |x|.
 *
 * squareplus of x and b, 2^-60 <= b < 2^60, a < 2^60, as in float32/roots.h, with two steps of Newton.
 * The others for a < 2^13: r = sqrt(1 + a^2), w = r - a, where w^2 + 2 a w = 1, so that one step of Newton mends what
 * cancels; D = w/(2r) = w^2/(1 + w^2), whose residue is as short.  One root, and no division.
 *     dish(x) = max(x, 0) - a D;  squareplus' at 2x and 4 is D on the left, 1 - D on the right;
 *     dish' = D (4 D (3/2 - D) - 1) on the left, 1 less that on the right.
 * All else is in activations/algebraic.h.
 *
 * Constants: tools/make_near_zero.py.  Worst inputs found by tools/check_float64.py:
 *   squareplus .750 ULP at -0x1.55d6aa01fb3e0p-31, squareplus' .782 at -0x1.f20c55979926cp-2
 *   dish .860 at -0x1.686dbec8bede8p-2, dish' .501 at -0x1.47e158267146bp+11, at its zero .513
 * Tried: 1/(r + a) by bits as for squareplus instead of the root: 1.1 to 1.2 times the time, 1.3 on AVX2. */
#ifndef FA_MATH_FLOAT64_ROOTS_H
#define FA_MATH_FLOAT64_ROOTS_H
#include "exp.h"
#include "near_zero.h"

/* 1/(1 - t) or its root, given y times that; t = 1 - s y or 1 - s y^2 */
PACK_FN f64p better_f64(const int U, f64p y, f64p t, const double series[4])
{
    return mul(y, fma(fma(D(series[3]), t, D(series[2])), mul(t, t), fma(D(series[1]), t, D(series[0]))));
}
/* 1/sqrt(s) to 2^-20 */
PACK_FN f64p over_root_f64(const int U, f64p s)
{
    const f64p rough = from_bits(sub(splat_u64p(root64_seed), shr(bits(s), 1)));
    return better_f64(U, rough, fnma(mul(rough, rough), s, D(1.0)), root64_series);
}
PACK_FN f64p newton_squareplus_f64(const int U, f64p x, f64p b, const int is_4)
{
    const f64p a = andnot(D(-0.0), x), c = mul(D(0.25), b), s = fma(a, a, b), over_r = over_root_f64(U, s);
    const f64p g = fma(s, over_r, a), rough_g = from_bits(sub(splat_u64p(quotient64_seed), bits(g)));
    const f64p over_g = better_f64(U, rough_g, fnma(rough_g, g, D(1.0)), quotient64_series);
    const f64p y0 = mul(mul(D(0.5), b), over_g), y1 = fma(fnma(y0, y0, fnma(a, y0, c)), over_r, y0);

    const f64p p = at_least(D(0.0), x), more = is_4 ? p : at_least(y1, p), less = is_4 ? y1 : at_most(y1, p);
    const f64p high = add(more, less), y = is_4 ? sub(high, p) : y1, residue = fnma(y, y, fnma(a, y, c));
    return is_4 ? fma(residue, over_r, high) : add(high, fma(residue, over_r, sub(less, sub(high, more))));
}

/* D, what it lacks, 1 - D and about 1/(2r), of 0 <= a < 2^13.  exact: w to the last digit, else to 2^-53 w^2. */
typedef struct { f64p d, d_low, rest, half; } root_ratio_f64;

PACK_FN root_ratio_f64 make_root_ratio_f64(const int U, f64p a, const int exact)
{
    const f64p one = D(1.0), s = fma(a, a, one), r = sqrt(s), w = sub(r, a), twice = add(a, a);
    /* 1/(2r), too large by 2^-36: square - d is exact if d is not below half of square */
    const f64p rough = mul(D(0.5), over_root_f64(U, s));
    const f64p half = fma(rough, fnma(rough, add(r, r), D(1 + 0x1p-36)), rough);
    f64p residue = fnma(w, w, fnma(twice, w, one));
    if (exact) {
        const f64p p = mul(twice, w), u = sub(one, p);
        residue = add(fnma(w, w, u), sub(sub(sub(one, u), p), fms(twice, w, p)));
    }
    const f64p square = mul(w, w), low = fma(add(w, w), mul(residue, half), fms(w, w, square));
    const f64p d = mul(w, half), rest = sub(one, d);
    return (root_ratio_f64){d, mul(fma(low, rest, fnma(d, square, sub(square, d))), rest), rest, half};
}
/* y + low on the left, 1 less that on the right, where |y| <= 1. */
PACK_FN f64p left_or_rest_f64(const int U, f64p x, f64p y, f64p low)
{
    const f64p one = D(1.0), rest = sub(one, y);
    return select(negative(x), add(y, low), add(rest, sub(sub(sub(one, rest), y), low)));
}
/* At h, a_low: what |h| lacks, if given; D' is -1/(2 r^3). */
PACK_FN f64p near_squareplus_slope_f64(const int U, f64p h, const f64p *a_low)
{
    const root_ratio_f64 o = make_root_ratio_f64(U, andnot(D(-0.0), h), 0);
    const f64p by = a_low ? mul(mul(D(-4.0), *a_low), mul(o.half, mul(o.half, o.half))) : o.d_low;
    return left_or_rest_f64(U, h, o.d, a_low ? add(o.d_low, by) : o.d_low);
}
PACK_FN f64p near_dish_f64(const int U, f64p x)
{
    const f64p a = andnot(D(-0.0), x), p = at_least(D(-0.0), x);
    const root_ratio_f64 o = make_root_ratio_f64(U, a, 0);
    const f64p whole = mul(a, o.d), rest = fma(a, o.d_low, fms(a, o.d, whole));
    const f64p high = sub(p, whole), low = sub(sub(p, high), whole); /* whole <= p, or p is 0 */
    return sub(high, sub(rest, low)); /* -0 stays */
}
/* D m = D (h + h_low), m = 4 D (3/2 - D) - 1; beside its zero a polynomial about that. */
PACK_FN f64p near_dish_slope_f64(const int U, f64p x)
{
    const root_ratio_f64 o = make_root_ratio_f64(U, andnot(D(-0.0), x), 1);
    const f64p one = D(1.0), six = D(6.0), k = fnma(D(4.0), o.d, six), k_low = fnma(D(4.0), o.d, sub(six, k));
    const f64p p = mul(o.d, k), h = sub(p, one), h_low = add(fms(o.d, k, p), sub(p, add(h, one)));
    const f64p m_low = fma(o.d, k_low, fma(o.d_low, fnma(D(8.0), o.d, six), h_low));
    const f64p v = mul(o.d, h), low = fma(o.d, m_low, fma(o.d_low, h, fms(o.d, h, v)));
    const f64p y = left_or_rest_f64(U, x, v, low), e = sub(D(-DISH64_ZERO), x);
    const m64p beside = lt(andnot(D(-0.0), e), D(DISH64_ZERO_REACH));
    if (!__builtin_expect(any(beside), 0))
        return y;
    const f64p z = about_zero_f64(U, dish64_zero_terms, 4, DISH64_ZERO_SLOPE_LOW, e, 0);
    return select(beside, xor_(D(-0.0), z), y);
}
#endif
