/* gelu by tanh, x sigmoid(v), v = 2 sqrt(2/pi) (x + .044715 x^3), and its derivative, float64.
 *
 *     As silu.h: f(x) = max(x, 0) - b sigmoid(-v(b)), b = |x|;  f'(x) = 1 - f'(-x), and -f'(-b) is that of silu.h with
 *     b v' for b; beside its zero a polynomial about that.
 *     v = c b (b^2 + s) and b v' = c b (3 b^2 + s) in two words: the tail is e^-v, and v goes to 750.
 *
 * Constants: tools/make_float64.py.  Worst inputs found, by tools/check_float64.py:
 *   gelu_tanh   .770 ULP at 0x1.15ba744fe9184p-2; subnormal results .689 at -0x1.52e6df337e4b4p+4
 *   gelu_tanh'  .886 ULP at 0x1.91c348dbeb520p-3, .502 at its zero; subnormal results .640 at -0x1.539856f938db8p+4
 * Known to be quicker, by a sixth: the odds of v made here, without the signs that silu_wide_f64 takes off. */
#ifndef FA_MATH_FLOAT64_GELU_TANH_H
#define FA_MATH_FLOAT64_GELU_TANH_H
#include "silu.h"

enum { GELU_TANH_DEAD = 24 }; /* |x| from which sigmoid(-v(|x|)) is 0: v is bounded by its value there */

/* c x (x^2 + s) with s 1 or 3 times, |x| <= 27 or NaN: v(x), or x v'(x) from 3 x^2 + s. */
PACK_FN f64p2 gelu_tanh_cubic_f64(const int U, f64p x, const double times)
{
    const f64p s = D(GELU_TANH64_SQUARE), k = D(times), x2 = mul(x, x);
    const f64p c = mul(x, D(GELU_TANH64_CUBE));
    const f64p c_low = fma(x, D(GELU_TANH64_CUBE_LOW), fms(x, D(GELU_TANH64_CUBE), c));
    /* s - q is exact, as s ends before q does */
    const f64p q = fma(k, x2, s), q_rest = fma(k, x2, sub(s, q));
    const f64p q_low = add(fma(k, fms(x, x, x2), q_rest), D(GELU_TANH64_SQUARE_LOW));
    const f64p v = mul(c, q);
    return (f64p2){v, fma(c, q_low, fma(c_low, q, fms(c, q, v)))};
}

PACK_FN f64p gelu_tanh_f64(const int U, f64p x)
{
    const f64p near = at_most(D(27.0), at_least(D(-27.0), x)); /* v(27) is 1447: silu_wide_f64 has 0 from 1300 on */
    return silu_wide_f64(U, x, gelu_tanh_cubic_f64(U, near, 1.0));
}

PACK_FN f64p gelu_tanh_slope_sized_f64(const int U, f64p x, f64p b, const int any_size)
{
    const f64p2 z = gelu_tanh_cubic_f64(U, b, 1.0), g = gelu_tanh_cubic_f64(U, b, 3.0);
    const odds_f64 o = make_odds_f64(U, z.hi, &z.lo, any_size, 0);
    f64p y = scale_odds_f64(U, o, bent_slope_f64(U, o, g.hi, &g.lo));
    const f64p d = sub(D(-GELU_TANH64_ZERO), x);
    const m64p beside = lt(andnot(D(-0.0), d), D(GELU_TANH64_ZERO_REACH));
    if (any(beside))
        y = select(beside, about_zero_f64(U, gelu_tanh64_zero_terms, 8, GELU_TANH64_ZERO_SLOPE_LOW, d, 0), y);
    return reflect_slope_f64(U, x, y);
}
PACK_FN f64p gelu_tanh_slope_f64(const int U, f64p x)
{
    const f64p b = andnot(D(-0.0), x);
    if (needs_scale(b, D(21.0))) /* v(21) is 694 */
        return gelu_tanh_slope_sized_f64(U, x, at_most(D(GELU_TANH_DEAD), b), 1);
    return gelu_tanh_slope_sized_f64(U, x, b, 0);
}
#endif
