/* tanh_shrink, x - tanh x, and its derivative tanh^2 x, float64.
 *
 *     |x| <= 1: x^3 (1/3 + u q(u)), u = x^2, in two words up to the last product: one rounding, into subnormals too.
 *     beyond: tanh |x| = T + w, as tanh.h has it, summed in two words and taken from |x|.
 *     tanh^2 x: the square of a two-word tanh.
 *
 * Constants: tools/make_near_zero.py; tanh's: tools/make_float64.py.
 * Worst inputs found by tools/check_float64.py:
 *   tanh_shrink   .866 ULP at -0x1.00400980624c9p+0; tanh^2 .668 at 0x1.0346441a917cep-2 */
#ifndef FA_MATH_FLOAT64_TANH_SHRINK_H
#define FA_MATH_FLOAT64_TANH_SHRINK_H
#include "near_zero.h"
#include "tanh.h"

PACK_FN f64p tanh_shrink_f64(const int U, f64p x)
{
    const f64p b = andnot(D(-0.0), x), one = D(1.0);
    const f64p a = at_most(one, b), u = mul(a, a), u_low = fms(a, a, u);
    const f64p q = polynomial_f64(U, tanh_shrink64_terms, 17, u);
    const f64p c = fma(u, q, D(third64)), c_low = add(fma(u, q, sub(D(third64), c)), D(third64_low));
    const f64p v = mul(u, c), v_low = fma(u, c_low, fma(u_low, c, fms(u, c, v)));
    /* lifted, so that nothing but the result is subnormal */
    const f64p lifted = mul(a, D(0x1p100)), near = mul(fma(lifted, v, mul(lifted, v_low)), D(0x1p-100));

    const tanh_parts_f64 e = make_tanh_f64(U, at_most(D(19.75f), b));
    const f64p p = mul(e.s, e.r), w = fnma(p, e.g, p), y = add(e.t, w), y_low = add(sub(e.t, y), w);
    const f64p far = sub(sub(b, y), y_low);
    return with_sign(select(gt(b, one), far, near), x);
}
PACK_FN f64p tanh_shrink_slope_f64(const int U, f64p x)
{
    const tanh_parts_f64 e = make_tanh_f64(U, at_most(D(19.75f), andnot(D(-0.0), x)));
    const f64p p = mul(e.s, e.r), w = fnma(p, e.g, p), w_low = fnma(p, e.g, sub(p, w));
    const f64p y = add(e.t, w), y_low = add(add(sub(e.t, y), w), w_low);
    return fma(y, y, mul(add(y, y), y_low));
}
#endif
