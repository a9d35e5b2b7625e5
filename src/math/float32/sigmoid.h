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
 *                        sigmoid' .7350 ULP at 6.24298143; subnormal results below .55.
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

/* factor * sigmoid'(b), factor = 1 or 4, by steps (engine/steps.h); b >= 0, b_low: what it lacks, if given.  Far out it is
 * factor e^-b (1 - 2 e^-b), that is e^-(b + 2 e^-b), and for the small one what bits tell will do: 3 %. */
PACK_FN f32p logistic_slope_f32(const int U, f32p b, const f32p *b_low, const int factor, row_turn turn)
{
    const u32p number = bits(fma(b, F(2.0f), F(0x1.8p23f)));
    const step_f32 e = find_step_f32(U, b, b_low, number, sigmoid_slope_steps, turn);
    const f32p y = mul(F((float)factor), fma(e.p, e.d, e.c0));
    const m32p far = not_lt(b, F(15.75f));
    if (!__builtin_expect(any(far), 0))
        return y;
    const float twos = factor == 4 ? 2.0f : 0.0f; /* 2^2 or 2^0 */
    const f32p2 z = fast_two_sum(xor_(F(-0.0f), at_most(F(200.0f), b)), F(twos * ln2_high));
    const f32p exponent = fma(at_most(F(80.0f), b), F(-0x1p8f * log2_e), F(0x1.8p23f + 0x1p8f * 127.957f));
    f32p low = sub(z.lo, from_bits(shl(bits(exponent), 15)));
    if (b_low)
        low = sub(low, only(lt(b, F(168.0f)), *b_low)); /* NaN further out */
    return select(far, exp_sized_f32(U, z.hi, add(low, F(twos * ln2_low)), 1, plain_exp_f32, 1), y);
}
PACK_FN f32p sigmoid_slope_f32(const int U, f32p x, row_turn turn)
{
    return logistic_slope_f32(U, andnot(F(-0.0f), x), 0, 1, turn);
}
#endif
