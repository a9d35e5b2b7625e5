/* sigmoid and its derivative, float64.
 *
 *     With b = |x| and e^-b = 2^n T e^-(r+D) as in exp.h, r on the other side of the fraction:
 *     e^-b : 1 = s : F,  s = 2^n T an exact number,  F = e^(r+D) = 1 + f, |f| < .08, the only inexact part, and small.
 *     sigmoid(-b) = s/(s+F); sigmoid(b) = 1 - that; sigmoid' = s/(s+F) * F/(s+F): no 1 - y with y near 1.
 *
 * The quotient needs no pair of words: rc = 1/(s+F), y0 = T rc, and the residue
 * T - y0 (s+F) = (T - y0) - y0 s - y0 f, whose first subtraction is exact and whose roundings are relative to .08.
 * Constants: tools/make_float64.py.  Worst inputs found, by tools/check_float64.py and among 10^7 points against
 * 113-bit arithmetic:
 *   sigmoid   .781 ULP at 0x1.0af26f9bee671p-3 (.784 in random samples); subnormal results .792 at -0x1.62384f6695759p+9
 *   sigmoid'  .642 ULP at 0x1.c771881067ee0p+4; subnormal results .792 at -0x1.62384f6695759p+9 */
#ifndef FA_MATH_FLOAT64_SIGMOID_H
#define FA_MATH_FLOAT64_SIGMOID_H
#include "../two_words.h"
#include "exp.h"

/* The odds e^-b : 1 = s : 1 + f, and rc = 1/(s+F); where `half`, s is half of that.  power = 2^n, 0 where s
 * is; z, n and live serve to scale by 2^n. */
typedef struct {
    f64p z, n, t, s, f, rc, power;
    m64p live;
    int any_size;
} odds_f64;

/* y * 2^n; 0 where all results of this family are. */
PACK_FN f64p scale_odds_f64(const int U, odds_f64 o, f64p y)
{
    return o.any_size ? scale_live(o.live, y, o.z, o.n, 3) : scale_normal(y, o.z, o.n, 3);
}
/* 0 <= b <= 1380 or NaN; any_size: else b is such that all results are normal.  b_low: what b lacks, if given. */
PACK_FN odds_f64 make_odds_f64(const int U, f64p b, const f64p *b_low, const int any_size, const int half)
{
    const reduced_f64 e = reduce_f64(U, b, -1.0);
    const f64p r = b_low ? add(e.r, *b_low) : e.r;
    odds_f64 o = {.any_size = any_size, .live = not_lt(D(760.0), b), .z = e.z, .n = e.n};
    o.t = lookup8(exp64_table, bits(e.z));
    /* beyond 100 s is beneath notice beside 1: it is 0 there, lest it be subnormal and slow */
    const m64p seen = not_lt(D(100.0), b);
    const f64p t = half ? mul(o.t, D(0.5)) : o.t;
    o.s = any_size ? scale_live(seen, t, o.z, o.n, 3) : scale_normal(t, o.z, o.n, 3);
    o.power = any_size ? scale_live(seen, D(1.0), o.z, o.n, 3) : scale_normal(D(1.0), o.z, o.n, 3);
    o.f = polynomial_f64(U, odds64_remainder, 7, r);
    o.rc = div(D(1.0), add(add(D(1.0), o.s), o.f));
    return o;
}
/* What y0 = T rc lacks, times 1/rc. */
PACK_FN f64p residue_f64(const int U, odds_f64 o, f64p y0) { return fnma(y0, o.f, fnma(y0, o.s, sub(o.t, y0))); }

/* What |z.hi| lacks to |z|; 0 where that does not matter, and z.lo may be NaN. */
PACK_FN f64p low_of_size_f64(const int U, f64p2 z)
{
    return select(lt(andnot(D(-0.0), z.hi), D(1380.0)), xor_(and_(D(-0.0), z.hi), z.lo), D(0.0));
}

PACK_FN f64p sigmoid_sized_f64(const int U, f64p x, f64p b, const f64p *b_low, const int any_size)
{
    const odds_f64 o = make_odds_f64(U, b, b_low, any_size, 0);
    const f64p y0 = mul(o.t, o.rc);
    const f64p y = scale_odds_f64(U, o, fma(residue_f64(U, o, y0), o.rc, y0));
    return select(negative(x), y, sub(D(1.0), y));
}
PACK_FN f64p sigmoid_f64(const int U, f64p x)
{
    const f64p b = andnot(D(-0.0), x);
    if (needs_scale(b, D(700.0)))
        return sigmoid_sized_f64(U, x, at_most(D(1380.0), b), 0, 1);
    return sigmoid_sized_f64(U, x, b, 0, 0);
}
/* The sigmoid of two words. */
PACK_FN f64p sigmoid_wide_f64(const int U, f64p2 z)
{
    const f64p b = andnot(D(-0.0), z.hi), b_low = low_of_size_f64(U, z);
    if (needs_scale(b, D(700.0)))
        return sigmoid_sized_f64(U, z.hi, at_most(D(1380.0), b), &b_low, 1);
    return sigmoid_sized_f64(U, z.hi, b, &b_low, 0);
}

/* factor * sigmoid'(b), factor a power of two: 2^n y (1 - w), w = 2^n y, y = y0 + c; y0 (1 - w0) in two words. */
PACK_FN f64p logistic_slope_sized_f64(const int U, f64p b, const f64p *b_low, const double factor, const int any_size)
{
    const odds_f64 o = make_odds_f64(U, b, b_low, any_size, 0);
    const f64p y0 = mul(o.t, o.rc), c = mul(residue_f64(U, o, y0), o.rc);
    const f64p w = mul(o.s, o.rc);
    const f64p high = fnma(w, y0, y0), low = fnma(w, y0, sub(y0, high));
    const f64p y = add(high, fma(c, fnma(D(2.0), w, D(1.0)), low));
    return scale_odds_f64(U, o, mul(D(factor), y));
}
PACK_FN f64p logistic_slope_f64(const int U, f64p b, const f64p *b_low, const double factor)
{
    const f64p low = b_low ? low_of_size_f64(U, (f64p2){b, *b_low}) : b;
    if (needs_scale(b, D(700.0)))
        return logistic_slope_sized_f64(U, at_most(D(1380.0), b), b_low ? &low : 0, factor, 1);
    return logistic_slope_sized_f64(U, b, b_low ? &low : 0, factor, 0);
}
PACK_FN f64p sigmoid_slope_f64(const int U, f64p x) { return logistic_slope_f64(U, andnot(D(-0.0), x), 0, 1.0); }
#endif
