/* tanh_shrink, x - tanh x, and its derivative tanh^2 x, float64.
 *
 *     |x| = c + r, c as in tanh.h, T = tanh(c), S = 1 - T^2, tanh(c + r) = T + S r (1 - g):
 *     |x - tanh x| = (c - T) + r (T^2 + S g), where nothing cancels.  Below 1/8 c is 0, and the result r g, with g in
 *     two words.
 *     tanh^2 x: the square of a two-word tanh.
 *
 * Constants: tools/make_near_zero.py; tanh's: tools/make_float64.py.
 * Worst inputs found by tools/check_float64.py:
 *   tanh_shrink   .82 ULP at .1288; tanh^2 .649 at -0x1.00861e4e8e288p+4
 * Tried: c - T from a table, and T from that (too coarse where 1 - T counts); a series up to 1 (1.4 times the time). */
#ifndef FA_MATH_FLOAT64_TANH_SHRINK_H
#define FA_MATH_FLOAT64_TANH_SHRINK_H
#include "near_zero.h"
#include "tanh.h"

PACK_FN f64p tanh_shrink_f64(const int U, f64p x)
{
    const f64p size = andnot(D(-0.0), x), end = D(19.75), b = at_most(end, size), one = D(1.0);
    f64p c, t;
    lookup_pair(tanh64_rows, tanh64_columns, shr(bits(at_least(D(0.109375), b)), 50), &c, &t);
    const f64p r = sub(b, c), u = mul(r, r);

    const f64p curve = polynomial_f64(U, tanh_shrink64_coth, 6, u), third = D(third64), k = fma(u, curve, third);
    const f64p k_low = add(fma(u, curve, sub(third, k)), D(third64_low));
    const f64p e = fma(r, k, t), e_low = fma(r, k_low, fma(r, k, sub(t, e)));
    const f64p d = mul(r, e), d_low = fma(r, e_low, fms(r, e, d)), rc = div(one, add(one, d));
    const f64p g = mul(d, rc), g_low = mul(rc, add(fnma(g, d, sub(d, g)), d_low));
    const f64p s = fnma(t, t, one), y = fma(r, fma(t, t, mul(s, g)), fma(mul(r, s), g_low, sub(c, t)));
    return with_sign(select(ge(size, end), sub(size, one), y), x);
}
PACK_FN f64p tanh_shrink_slope_f64(const int U, f64p x)
{
    const tanh_parts_f64 e = make_tanh_f64(U, at_most(D(19.75f), andnot(D(-0.0), x)));
    const f64p p = mul(e.s, e.r), w = fnma(p, e.g, p), w_low = fnma(p, e.g, sub(p, w));
    const f64p y = add(e.t, w), y_low = add(add(sub(e.t, y), w), w_low);
    return fma(y, y, mul(add(y, y), y_low));
}
#endif
