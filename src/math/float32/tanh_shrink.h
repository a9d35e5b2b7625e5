/* tanh_shrink, x - tanh x, and its derivative tanh^2 x, float32.
 *
 *     b = |x|: b^3 R(b), R = (b - tanh b)/b^3 by steps (engine/steps.h), in two words up to the last product: one rounding,
 *     into subnormals too. From 15 on b - 1.
 *     tanh^2 x: the square of a two-word tanh.
 *
 * Constants: tools/make_steps.py; tanh's: tools/make_exp_family.py.
 * Worst of all 2^32 inputs: tanh_shrink .8101 ULP at 0x408f3491 = 4.4751668.
 * tanh^2 .6280 at 0x3e8260c8.
 * Tried: a series up to 7/8, and b less tanh in two words beyond (twice the time). */
#ifndef FA_MATH_FLOAT32_TANH_SHRINK_H
#define FA_MATH_FLOAT32_TANH_SHRINK_H
#include "../../engine/steps_tanh_shrink.h"
#include "tanh.h"

PACK_FN f32p tanh_shrink_f32(const int U, f32p x, row_turn turn)
{
    const f32p b = andnot(F(-0.0f), x);
    const step_f32 e = find_eighth_f32(U, b, add(b, F(1.0f)), tanh_shrink_steps, turn);
    /* lifted, so that nothing but the result is subnormal; 0 where that is */
    const f32p a = only(ge(b, F(0x1p-50f)), mul(b, F(0x1p37f))), u = mul(a, a), u_low = fms(a, a, u);
    const f32p v = mul(u, e.c0), v_low = fma(u, mul(e.p, e.d), fma(u_low, e.c0, fms(u, e.c0, v)));
    const f32p y = mul(fma(a, v, mul(a, v_low)), F(0x1p-111f));
    const m32p far = beyond_eighths_f32(U, b);
    return with_sign(__builtin_expect(any(far), 0) ? select(far, sub(b, F(1.0f)), y) : y, x);
}
PACK_FN f32p tanh_shrink_slope_f32(const int U, f32p x, row_turn turn)
{
    const tanh_parts_f32 e = make_tanh_f32(U, at_most(F(9.75f), andnot(F(-0.0f), x)), turn);
    const f32p p = mul(e.s, e.r), w = fnma(p, e.g, p), w_low = fnma(p, e.g, sub(p, w));
    const f32p y = add(e.t, w), y_low = add(add(sub(e.t, y), w), w_low);
    return fma(y, y, mul(add(y, y), y_low));
}
#endif
