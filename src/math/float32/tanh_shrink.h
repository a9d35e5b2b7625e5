/* tanh_shrink, x - tanh x, and its derivative tanh^2 x, float32.
 *
 *     |x| <= 7/8: x^3 (1/3 + u q(u)), u = x^2, in two words up to the last product: one rounding, into subnormals too.
 *     beyond: tanh |x| = T + w, as tanh.h has it, summed in two words and taken from |x|.
 *     tanh^2 x: the square of a two-word tanh.
 *
 * Constants: tools/make_near_zero.py; tanh's: tools/make_exp_family.py.
 * Worst of all 2^32 inputs: tanh_shrink .8141 ULP at 0x3f451d38 = .769977093; subnormal results .7500 at 0x2a9f5ce8.
 * tanh^2 .6280 at 0x3e8260c8.
 * Tried: the series up to 1 (1.0067 at .992); the last product without lifting (results next to the subnormal range
 * rounded twice, .993). */
#ifndef FA_MATH_FLOAT32_TANH_SHRINK_H
#define FA_MATH_FLOAT32_TANH_SHRINK_H
#include "near_zero.h"
#include "tanh.h"

PACK_FN f32p tanh_shrink_f32(const int U, f32p x)
{
    const f32p b = andnot(F(-0.0f), x), one = F(1.0f);
    const f32p a = at_most(one, b), u = mul(a, a), u_low = fms(a, a, u);
    f32p q = F(tanh_shrink_terms[7]);
    for (int k = 6; k >= 0; k--)
        q = fma(q, u, F(tanh_shrink_terms[k]));
    const f32p c = fma(u, q, F(third)), c_low = add(fma(u, q, sub(F(third), c)), F(third_low));
    const f32p v = mul(u, c), v_low = fma(u, c_low, fma(u_low, c, fms(u, c, v)));
    /* lifted, so that nothing but the result is subnormal */
    const f32p lifted = mul(a, F(0x1p48f)), near = mul(fma(lifted, v, mul(lifted, v_low)), F(0x1p-48f));

    const tanh_parts_f32 e = make_tanh_f32(U, at_most(F(9.75f), b));
    const f32p p = mul(e.s, e.r), w = fnma(p, e.g, p), y = add(e.t, w), y_low = add(sub(e.t, y), w);
    const f32p far = sub(sub(b, y), y_low);
    return with_sign(select(gt(b, F(0.875f)), far, near), x);
}
PACK_FN f32p tanh_shrink_slope_f32(const int U, f32p x)
{
    const tanh_parts_f32 e = make_tanh_f32(U, at_most(F(9.75f), andnot(F(-0.0f), x)));
    const f32p p = mul(e.s, e.r), w = fnma(p, e.g, p), w_low = fnma(p, e.g, sub(p, w));
    const f32p y = add(e.t, w), y_low = add(add(sub(e.t, y), w), w_low);
    return fma(y, y, mul(add(y, y), y_low));
}
#endif
