/* tanh and its derivative, float64.
 *
 *     |x| = c + r, c one of 30 points (0, and one in each quarter-binade from 1/8 on) whose T = tanh(c) is almost a
 *     float64, and c - T one (tanh_shrink.h; but that of the last); tanh|x| = T + S tanh(r)/(1 + T tanh(r)) = T + (p - p D/(1+D)), S = 1 - T^2, p = S r,
 *     D = r (T + r k(r^2)), k = (r coth(r) - 1)/r^2 by a polynomial of degree 7; beyond 19.1 the result is 1.
 *     tanh' = 4 sigmoid'(2x), from sigmoid.h.
 *
 * Constants: tools/make_float64.py.  Worst inputs found, by tools/check_float64.py and among 10^7 points against
 * 113-bit arithmetic:
 *   tanh   .643 ULP at 0x1.013239cc55f1cp-3; subnormal results are the inputs
 *   tanh'  .655 ULP at -0x1.92557067a8551p+1; subnormal results .784 at 0x1.62e9ed7c562d4p+8
 * Tried: 16 rows of degree 14 as for gelu (no division, but no faster on AVX-512 and far slower on AVX2). */
#ifndef FA_MATH_FLOAT64_TANH_H
#define FA_MATH_FLOAT64_TANH_H
#include "sigmoid.h"

/* tanh b = t + s r (1 - g), b = c + r >= 0. */
typedef struct { f64p c, r, t, s, g; } tanh_parts_f64;

PACK_FN tanh_parts_f64 make_tanh_f64(const int U, f64p b)
{
    f64p c, t;
    lookup_pair(tanh64_rows, tanh64_columns, shr(bits(at_least(D(0.109375), b)), 50), &c, &t);
    const f64p r = sub(b, c), k = polynomial_f64(U, tanh64_coth, 7, mul(r, r));
    const f64p d = mul(r, fma(r, k, t));
    return (tanh_parts_f64){c, r, t, fnma(t, t, D(1.0)), div(d, add(D(1.0), d))};
}
static const double tanh_end_f64 = 19.5; /* from 19.1 on it is 1 */

PACK_FN f64p tanh_f64(const int U, f64p x)
{
    const tanh_parts_f64 e = make_tanh_f64(U, at_most(D(tanh_end_f64), andnot(D(-0.0), x)));
    const f64p p = mul(e.s, e.r);
    return with_sign(add(e.t, fnma(p, e.g, p)), x);
}
PACK_FN f64p tanh_slope_f64(const int U, f64p x)
{
    const f64p b = andnot(D(-0.0), x);
    return logistic_slope_f64(U, add(b, b), 0, 4.0);
}
#endif
