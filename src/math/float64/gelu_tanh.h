/* gelu by tanh, x sigmoid(v), v = 2 sqrt(2/pi) (x + .044715 x^3), and its derivative, float64.
 *
 *     As silu.h: f(x) = max(x, 0) - b sigmoid(-v(b)), b = |x|;  f'(x) = 1 - f'(-x) and
 *     -f'(-b) = 2^n y (b v' (1 - w) - 1) with w = 2^n y = sigmoid(-v), in two words; beside its zero, where the factor
 *     cancels, a polynomial about that zero.
 *     v = c b (b^2 + s) and b v' = c b (3 b^2 + s) in two words: the tail is e^-v, and v goes to 750.
 *
 * Constants: tools/make_float64.py.  Worst inputs found, by tools/check_float64.py:
 *   gelu_tanh
 *   gelu_tanh' */
#ifndef FA_MATH_FLOAT64_GELU_TANH_H
#define FA_MATH_FLOAT64_GELU_TANH_H
#include "rows.h"
#include "silu.h"

/* v(b), b v'(b) and the odds e^-v : 1 */
typedef struct {
    odds_f64 o;
    pair_f64 v, gain;
} gelu_tanh_parts_f64;

/* 0 <= b <= 26 or NaN */
PACK_FN gelu_tanh_parts_f64 make_gelu_tanh_f64(const int U, f64p b, const int any_size)
{
    const f64p s = D(GELU_TANH64_SQUARE), s_low = D(GELU_TANH64_SQUARE_LOW);
    const f64p c = mul(b, D(GELU_TANH64_CUBE));
    const f64p c_low = fma(b, D(GELU_TANH64_CUBE_LOW), fms(b, D(GELU_TANH64_CUBE), c));
    /* s - q is exact, as s ends before q does */
    const f64p q = fma(b, b, s), q_low = add(fma(b, b, sub(s, q)), s_low);
    const f64p v = mul(c, q), v_low = fma(c, q_low, fma(c_low, q, fms(c, q, v)));
    const f64p b2 = mul(b, b), b2_low = fms(b, b, b2);
    const f64p q3 = fma(D(3.0), b2, s), q3_low = fma(D(3.0), b2_low, add(fma(D(3.0), b2, sub(s, q3)), s_low));
    const f64p g = mul(c, q3), g_low = fma(c, q3_low, fma(c_low, q3, fms(c, q3, g)));
    reduced_f64 e = reduce_f64(U, v, -1.0);
    e.r = add(e.r, v_low);
    return (gelu_tanh_parts_f64){odds_of_reduced_f64(U, v, e, any_size, 0), {v, v_low}, {g, g_low}};
}

PACK_FN f64p gelu_tanh_sized_f64(const int U, f64p x, f64p b, const int any_size)
{
    const odds_f64 o = make_gelu_tanh_f64(U, b, any_size).o;
    const f64p y0 = mul(o.t, o.rc), t = residue_f64(U, o, y0);
    const f64p y = fma(t, o.rc, y0), low = fma(t, o.rc, sub(y0, y));
    /* -0 - 0 is -0: the sign of zero, and of the limit at -inf */
    return sub(at_least(D(-0.0), x), scale_odds_f64(U, o, fma(b, y, mul(b, low))));
}
PACK_FN f64p gelu_tanh_f64(const int U, f64p x)
{
    const f64p b = andnot(D(-0.0), x);
    if (needs_scale(b, D(21.0))) /* v(21) is 694 */
        return gelu_tanh_sized_f64(U, x, at_most(D(24.0), b), 1);
    return gelu_tanh_sized_f64(U, x, b, 0);
}

PACK_FN f64p gelu_tanh_slope_sized_f64(const int U, f64p x, f64p b, const int any_size)
{
    const gelu_tanh_parts_f64 parts = make_gelu_tanh_f64(U, b, any_size);
    const odds_f64 o = parts.o;
    const pair_f64 g = parts.gain;
    const f64p y0 = mul(o.t, o.rc), t = residue_f64(U, o, y0), c = mul(t, o.rc);
    const f64p w = mul(o.s, o.rc), w_low = mul(c, o.power);
    const f64p q = sub(D(1.0), w), q_low = sub(sub(sub(D(1.0), q), w), w_low);
    const f64p m = mul(g.high, q), m_low = fma(g.high, q_low, fma(g.low, q, fms(g.high, q, m)));
    const f64p h = sub(m, D(1.0)), h_low = add(sub(m, add(h, D(1.0))), m_low);
    const f64p v = mul(y0, h), v_low = fma(y0, h_low, fma(c, h, fms(y0, h, v)));
    f64p y = scale_odds_f64(U, o, add(v, v_low));
    const f64p d = sub(b, D(GELU_TANH64_ZERO));
    const m64p beside = lt(andnot(D(-0.0), d), D(GELU_TANH64_ZERO_REACH));
    if (any(beside)) {
        const f64p k = D(gelu_tanh64_zero_terms[1]), r = mul(d, polynomial_f64(U, gelu_tanh64_zero_terms + 2, 10, d));
        const f64p slope = add(k, r), slope_low = add(add(sub(k, slope), r), D(GELU_TANH64_ZERO_SLOPE_LOW));
        y = select(beside, fma(d, slope, fma(d, slope_low, D(gelu_tanh64_zero_terms[0]))), y);
    }
    return reflect_slope_f64(U, x, y);
}
PACK_FN f64p gelu_tanh_slope_f64(const int U, f64p x)
{
    const f64p b = andnot(D(-0.0), x);
    if (needs_scale(b, D(21.0)))
        return gelu_tanh_slope_sized_f64(U, x, at_most(D(24.0), b), 1);
    return gelu_tanh_slope_sized_f64(U, x, b, 0);
}
#endif
