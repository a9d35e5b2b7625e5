/* squareplus, dish and their derivatives, float32.
 *
 * squareplus of x and b, 2^-60 <= b < 2^60, |x| < 2^60, is max(x, 0) + y, y = (r - |x|)/2 = b/2 / (r + |x|), where
 * y^2 + |x| y = b/4: a y good to 2^-14, from seeds of 1/r and 1/(r + |x|) by bits, and one step of Newton, whose residue
 * b/4 - |x| y - y^2 takes two operations.  No root, no division, and nothing cancels.
 *
 * The others up to |x| = 15 (30) by steps (engine/steps.h) in eighths of a binade of b + 1, b = |x|, r = sqrt(1 + b^2):
 *     D = (1 - b/r)/2:  dish(x) = max(x, 0) - b D;  squareplus' at 2x and 4 is D on the left, 1 - D on the right;
 *     dish' on the left, 1 less that on the right; its zero is there, as in silu_slope.h.
 * Further out they are the first terms of 1/x (activations/algebraic.h), 1.7 to 2 times the time on AVX-512.
 *
 * Constants: tools/make_near_zero.py.  Worst of all 2^32 inputs:
 *   squareplus .7538 ULP at 0xb9f4eb43, .8147 for other b; squareplus' .7982 at 0x3b50c4e0
 *   dish .7274 at 0xbfdff90b, dish' .8379 at 0xbf813dfe
 * Tried: squareplus by steps (as fast on AVX-512, 1.8 times the time on AVX2); steps in quarters of a binade (1.01 ULP);
 * a term less (1.12). */
#ifndef FA_MATH_FLOAT32_ROOTS_H
#define FA_MATH_FLOAT32_ROOTS_H
#include "../../engine/steps_dish_slope.h"
#include "../../engine/steps_root_ratio.h"
#include "near_zero.h"

/* 1/(1 - t) or its root, given y times that; t = 1 - s y or 1 - s y^2 */
PACK_FN f32p better_f32(const int U, f32p y, f32p t, const float series[3])
{
    return mul(y, fma(fma(F(series[2]), t, F(series[1])), t, F(series[0])));
}
PACK_FN f32p newton_squareplus_f32(const int U, f32p x, f32p b)
{
    const f32p a = andnot(F(-0.0f), x), one = F(1.0f), s = fma(a, a, b);
    const f32p rough = from_bits(sub(splat_u32p(root_seed), shr(bits(s), 1)));
    const f32p over_r = better_f32(U, rough, fnma(mul(rough, rough), s, one), root_series);
    const f32p g = fma(s, over_r, a), rough_g = from_bits(sub(splat_u32p(quotient_seed), bits(g)));
    const f32p over_g = better_f32(U, rough_g, fnma(rough_g, g, one), quotient_series);
    const f32p y = mul(mul(F(0.5f), b), over_g), residue = fnma(y, y, fnma(a, y, mul(F(0.25f), b)));

    const f32p p = at_least(F(0.0f), x), more = at_least(y, p), less = at_most(y, p);
    const f32p high = add(more, less), low = sub(less, sub(high, more));
    return add(high, fma(residue, over_r, low));
}

/* The rounding of b D is kept. */
PACK_FN f32p near_dish_f32(const int U, f32p x, row_turn turn)
{
    const f32p b = andnot(F(-0.0f), x), p = at_least(F(-0.0f), x);
    const step_f32 e = find_eighth_f32(U, b, add(b, F(1.0f)), root_ratio_steps, turn);
    const f32p whole = mul(b, e.c0), rest = fma(b, mul(e.p, e.d), fms(b, e.c0, whole));
    const f32p high = sub(p, whole), low = sub(sub(p, high), whole); /* whole <= p, or p is 0 */
    return sub(high, sub(rest, low)); /* -0 stays */
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
PACK_FN f32p near_squareplus_slope_f32(const int U, f32p x, row_turn turn)
{
    const f32p b = andnot(F(-0.0f), mul(F(0.5f), x)), one = F(1.0f);
    const step_f32 e = find_eighth_f32(U, b, add(b, one), root_ratio_steps, turn);
    const f32p left = fma(e.p, e.d, e.c0);
    return select(negative(x), left, sub(one, left));
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
