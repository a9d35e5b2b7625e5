/* squareplus, dish and their derivatives, float32.
 *
 * squareplus of x and b, 2^-60 <= b < 2^60, |x| < 2^60, is max(x, 0) + y, y = (r - |x|)/2 = b/2 / (r + |x|), where
 * y^2 + |x| y = b/4: a y good to 2^-14, from seeds of 1/r and 1/(r + |x|) by bits, and one step of Newton, whose residue
 * b/4 - |x| y - y^2 takes two operations.  No root, no division, and nothing cancels.  Of b = 4 the sum may round y, too:
 * no more than a quarter of a unit is lost where that shows, as y <= 1 <= x + y.
 *
 * The others up to |x| = 15 (30) by steps (engine/steps.h) in eighths of a binade of b + 1, b = |x|, r = sqrt(1 + b^2):
 *     D = (1 - b/r)/2:  dish(x) = max(x, 0) - b D;  squareplus' at 2x and 4 is D on the left, 1 - D on the right, and
 *     that of any b at sqrt(b) x the same;
 *     dish' on the left, 1 less that on the right; its zero is there, as in silu_slope.h.
 * Further out they are the first terms of 1/x (activations/algebraic.h), 1.7 to 2 times the time on AVX-512.
 *
 * Constants: tools/make_near_zero.py.  Worst of all 2^32 inputs:
 *   squareplus .8764 ULP at 0x3dfbd3b4, .8147 found for other b; squareplus' .7806 at 0x3b4864f0
 *   dish .7787 at 0xc1003d28, dish' .8091 at 0x3b97576c
 * Tried: squareplus by steps (4 % faster on AVX-512, 1.7 times the time on AVX2); steps in quarters of a binade (1.01 ULP);
 * a term less (1.12). */
#ifndef FA_MATH_FLOAT32_ROOTS_H
#define FA_MATH_FLOAT32_ROOTS_H
#include "../../engine/steps_dish_slope.h"
#include "../../engine/steps_root_ratio.h"
#include "near_zero.h"

/* c/s, c over the root of s, from a y near 1/s or 1/root(s): t = 1 - s y or 1 - s y^2 */
PACK_FN f32p better_f32(const int U, f32p y, f32p t, const float series[3], f32p c)
{
    const f32p s0 = mul(F(series[0]), c), s1 = mul(F(series[1]), c), s2 = mul(F(series[2]), c);
    return mul(y, fma(fma(s2, t, s1), t, s0));
}
/* is_4: b is 4. */
PACK_FN f32p newton_squareplus_f32(const int U, f32p x, f32p b, const int is_4)
{
    const f32p a = andnot(F(-0.0f), x), one = F(1.0f), s = fma(a, a, b);
    const f32p rough = from_bits(sub(splat_u32p(root_seed), shr(bits(s), 1)));
    const f32p over_r = better_f32(U, rough, fnma(mul(rough, rough), s, one), root_series, one);
    const f32p g = fma(s, over_r, a), rough_g = from_bits(sub(splat_u32p(quotient_seed), bits(g)));
    const f32p y0 = better_f32(U, rough_g, fnma(rough_g, g, one), quotient_series, mul(F(0.5f), b));

    const f32p p = at_least(F(0.0f), x), more = is_4 ? p : at_least(y0, p), less = is_4 ? y0 : at_most(y0, p);
    const f32p high = add(more, less), y = is_4 ? sub(high, p) : y0;
    const f32p residue = fnma(y, y, fnma(a, y, mul(F(0.25f), b)));
    return is_4 ? fma(residue, over_r, high) : add(high, fma(residue, over_r, sub(less, sub(high, more))));
}

/* x - b D: times c0 on the left and 1 - c0 on the right, which is exact, less b times the rest. */
PACK_FN f32p near_dish_f32(const int U, f32p x, row_turn turn)
{
    const f32p b = andnot(F(-0.0f), x), one = F(1.0f);
    const step_f32 e = find_eighth_f32(U, b, add(b, one), root_ratio_steps, turn);
    return fms(x, select(negative(x), e.c0, sub(one, e.c0)), mul(mul(e.p, e.d), b));
}
PACK_FN f32p near_dish_slope_f32(const int U, f32p x, row_turn turn)
{
    const f32p b = andnot(F(-0.0f), x), one = F(1.0f), above = add(b, one);
    const step_f32 e = find_eighth_f32(U, b, above, dish_slope_steps, turn);
    const m32p beside = both(ge(above, F(1 + DISH_SLOPE_STEPS_FIRST)), lt(above, F(1 + DISH_SLOPE_STEPS_LAST)));
    const f32p m = sub(b, F(DISH_SLOPE_STEPS_ZERO)), rest = F(DISH_SLOPE_STEPS_REST);
    const f32p l = mul(e.p, e.d), low = fms(m, l, mul(rest, add(e.c0, l)));
    const f32p left = select(beside, fma(m, e.c0, low), fma(e.p, e.d, e.c0));
    return select(negative(x), left, sub(one, left));
}
/* At h, b_low: what |h| lacks, if given. */
PACK_FN f32p near_squareplus_slope_f32(const int U, f32p h, const f32p *b_low, row_turn turn)
{
    const f32p b = andnot(F(-0.0f), h), one = F(1.0f);
    const step_f32 e = find_step_f32(U, b, b_low, shr(bits(add(b, one)), 20), root_ratio_steps, turn);
    const f32p left = fma(e.p, e.d, e.c0);
    return select(negative(h), left, sub(one, left));
}

/* 1/(2 sqrt(a)) = q + (1/2 - q h - q^2 rest) 2q, where q = 1/(2h), h = sqrt(a) rounded and rest = a - h^2, which is not
 * subnormal. */
PACK_FN f32p half_over_root_f32(const int U, f32p a)
{
    const f32p h = sqrt(a), q = div(F(0.5f), h);
    const f32p lack = fnma(mul(q, q), fnma(h, h, a), fnma(q, h, F(0.5f)));
    return fma(lack, add(q, q), q);
}
#endif
