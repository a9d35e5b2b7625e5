/* sigmoid and its derivative, float32.
 *
 *     With b = |x| and e^-b = 2^n T e^r as in exp.h, but r = b + n ln 2 on the other side of the fraction:
 *     e^-b : 1 = s : F,  s = 2^n T an exact float,  F = e^(r+D) = 1 + f, |f| < .08, the only inexact part, and small.
 *     sigmoid(-b) = s/(s+F); sigmoid(b) = 1 - that.
 *
 * The quotient needs no division and no pair of words: rc = 1/(s+F) to 2^-13, y0 = T rc, and the residue
 * T - y0 (s+F) = (T - y0) - y0 s - y0 f, whose first subtraction is exact and whose roundings are relative to .08.
 * Constants: tools/make_exp_family.py.
 * Worst over all inputs: sigmoid .8320 ULP at 0x3f26a72f = 0.650988519; subnormal results .8493 at 0xc2aeb8cf.
 *                        sigmoid' .7992 ULP at 1.79987121; subnormal results below .55.
 * Tried: a true division (costs as much as eight operations at 512 bits; no gain on AVX2); a table with low words; sigmoid
 * by steps as well (a quarter less time on AVX-512, half as much again on AVX2). */
#ifndef FA_MATH_FLOAT32_SIGMOID_H
#define FA_MATH_FLOAT32_SIGMOID_H
#include "../../engine/steps_sigmoid_slope.h"
#include "../two_words.h"
#include "exp.h"

/* The odds e^-b : 1 = s : 1 + f, and rc.  z, n and live serve to scale by 2^n. */
typedef struct {
    f32p z, n, t, s, f, rc;
    m32p live;
    int any_size;
} odds_f32;

/* y * 2^n; 0 where all results of this family are. */
PACK_FN f32p scale_odds_f32(const int U, odds_f32 o, f32p y)
{
    return o.any_size ? scale_live(o.live, y, o.z, o.n, 3) : scale_normal(y, o.z, o.n, 3);
}
/* 0 <= b <= 120 or NaN; any_size: else b is such that all results are normal.  b_low: what b lacks, if given. */
PACK_FN odds_f32 make_odds_f32(const int U, f32p b, const f32p *b_low, const int any_size)
{
    const reduced_f32 e = reduce_f32(U, b, -1.0f);
    const f32p r = b_low ? add(e.r, *b_low) : e.r;
    odds_f32 o = {.z = e.z, .n = e.n, .any_size = any_size, .live = not_lt(F(112.0f), b)};
    o.t = lookup8(odds_table, bits(e.z));
    o.s = scale_odds_f32(U, o, o.t);
    o.f = polynomial4_f32(U, odds_remainder, r);
    const f32p d = add(add(F(1.0f), o.s), o.f);
    const f32p q = fma(fma(F(odds_reciprocal[2]), d, F(odds_reciprocal[1])), d, F(odds_reciprocal[0]));
    o.rc = fma(q, fnma(d, q, F(odds_newton)), q);
    return o;
}
/* From rest = numerator - y0: numerator - y0 (s+F), what y0 lacks, times s+F. */
PACK_FN f32p residue_f32(const int U, odds_f32 o, f32p y0, f32p rest) { return fnma(y0, o.f, fnma(y0, o.s, rest)); }

/* What |z.hi| lacks to |z|; 0 where that does not matter, and z.lo may be NaN. */
PACK_FN f32p low_of_size_f32(const int U, f32p2 z)
{
    return select(lt(andnot(F(-0.0f), z.hi), F(168.0f)), xor_(and_(F(-0.0f), z.hi), z.lo), F(0.0f));
}

PACK_FN f32p sigmoid_sized_f32(const int U, f32p x, f32p b, const f32p *b_low, const int any_size)
{
    const odds_f32 o = make_odds_f32(U, b, b_low, any_size);
    const f32p y0 = mul(o.t, o.rc), t = residue_f32(U, o, y0, sub(o.t, y0));
    const f32p y = scale_odds_f32(U, o, fma(t, o.rc, y0));
    return select(negative(x), y, sub(F(1.0f), y));
}
PACK_FN f32p sigmoid_f32(const int U, f32p x)
{
    const f32p b = andnot(F(-0.0f), x);
    if (needs_scale(b, F(87.0f)))
        return sigmoid_sized_f32(U, x, at_most(F(120.0f), b), 0, 1);
    return sigmoid_sized_f32(U, x, b, 0, 0);
}
/* The sigmoid of two words. */
PACK_FN f32p sigmoid_wide_f32(const int U, f32p2 z)
{
    const f32p b = andnot(F(-0.0f), z.hi), b_low = low_of_size_f32(U, z);
    if (needs_scale(b, F(87.0f)))
        return sigmoid_sized_f32(U, z.hi, at_most(F(120.0f), b), &b_low, 1);
    return sigmoid_sized_f32(U, z.hi, b, &b_low, 0);
}

/* factor * sigmoid'(b), factor a power of two: 2^n y (1 - w), w = 2^n y, y = y0 + c; y0 (1 - w0) in two words.
 * For b of two words: the steps' d, rounded, would cost a quarter of a unit (.98 ULP). */
PACK_FN f32p logistic_slope_sized_f32(const int U, f32p b, const f32p *b_low, const float factor, const int any_size)
{
    const odds_f32 o = make_odds_f32(U, b, b_low, any_size);
    const f32p y0 = mul(o.t, o.rc), c = mul(residue_f32(U, o, y0, sub(o.t, y0)), o.rc);
    const f32p w = scale_odds_f32(U, o, y0);
    const f32p high = fnma(w, y0, y0), low = fnma(w, y0, sub(y0, high));
    const f32p y = add(high, fma(c, fnma(F(2.0f), w, F(1.0f)), low));
    return scale_odds_f32(U, o, mul(F(factor), y));
}
PACK_FN f32p logistic_slope_f32(const int U, f32p b, const f32p *b_low, const float factor)
{
    if (needs_scale(b, F(87.0f)))
        return logistic_slope_sized_f32(U, at_most(F(120.0f), b), b_low, factor, 1);
    return logistic_slope_sized_f32(U, b, b_low, factor, 0);
}

/* The same of one word by steps (engine/steps.h), factor = 1 or 4; far out factor e^-b. */
PACK_FN f32p logistic_slope_by_steps_f32(const int U, f32p b, const int factor, row_turn turn)
{
    const f32p y = mul(F((float)factor), steps_f32(U, b, sigmoid_slope_steps, turn));
    const m32p far = beyond_steps_f32(U, b);
    if (!__builtin_expect(any(far), 0))
        return y;
    const float twos = factor == 4 ? 2.0f : 0.0f; /* 2^2 or 2^0 */
    const f32p2 z = fast_two_sum(xor_(F(-0.0f), at_most(F(200.0f), b)), F(twos * ln2_high));
    return select(far, exp_sum_f32(U, z.hi, add(z.lo, F(twos * ln2_low))), y);
}
PACK_FN f32p sigmoid_slope_f32(const int U, f32p x, row_turn turn)
{
    return logistic_slope_by_steps_f32(U, andnot(F(-0.0f), x), 1, turn);
}
#endif
