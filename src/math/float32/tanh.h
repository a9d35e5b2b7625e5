/* tanh and its derivative, float32.
 *
 *     |x| = c + r,  tanh |x| = T + S t/(1 + T t),  T = tanh c, S = 1 - T^2, t = tanh r = r/(1 + r^2 k(r^2)):
 *     D = r (T + r k), p = S r, tanh |x| = T + (p - p D/(1 + D)); k is r coth r, whose poles are far: degree 2.
 *     c is one of 25 points, one for each quarter of a binade, at which T is next to a float; below 1/8 c = T = 0.
 *
 * |r| <= c/8, so that all errors but the last rounding count an eighth at most.
 * tanh' = 4 sigmoid'(2x), right in both tails, which 1 - tanh^2 is not.
 * Constants: tools/make_exp_family.py.
 * Worst over all inputs: tanh .6274 ULP at 0x3f02877e = 0.509879947.
 *                        tanh' .7350 ULP at 3.12149072; subnormal results below .55.
 * Tried: k of degree 1 (.85 ULP at 4, no faster: the division bounds); the division by a polynomial and two steps
 * (needs 2^-21: as slow); on AVX2 c and T by gathers or by permutes (40 % slower than rows in turns). */
#ifndef FA_MATH_FLOAT32_TANH_H
#define FA_MATH_FLOAT32_TANH_H
#include "sigmoid.h"

/* tanh b = t + s r (1 - g), b = c + r >= 0. */
typedef struct { f32p c, r, t, s, g; } tanh_parts_f32;

PACK_FN tanh_parts_f32 make_tanh_f32(const int U, f32p b, row_turn turn)
{
    f32p c, t;
    find_pair(tanh_rows, tanh_columns, shr(bits(at_least(F(0.0625f), b)), 21), &c, &t);
    const f32p r = sub(b, c), tiny = F(0x1p-80f), rr = fma(r, r, tiny);
    const f32p k = fma(fma(F(tanh_coth[2]), rr, F(tanh_coth[1])), rr, F(tanh_coth[0]));
    const f32p d = fma(r, fma(r, k, t), tiny);
    return (tanh_parts_f32){c, r, t, fnma(t, t, F(1.0f)), div(d, add(F(1.0f), d))};
}
static const float tanh_end_f32 = 9.25f; /* from 9.02 on it is 1 */

PACK_FN f32p tanh_f32(const int U, f32p x, row_turn turn)
{
    const tanh_parts_f32 e = make_tanh_f32(U, at_most(F(tanh_end_f32), andnot(F(-0.0f), x)), turn);
    const f32p p = mul(e.s, e.r);
    return with_sign(add(e.t, fnma(p, e.g, p)), x);
}

PACK_FN f32p tanh_slope_f32(const int U, f32p x, row_turn turn)
{
    return logistic_slope_f32(U, andnot(F(-0.0f), mul(F(2.0f), x)), 0, 4, turn);
}
#endif
