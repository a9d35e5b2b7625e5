/* mish, x tanh(log(1 + e^x)), and its derivative, float64.
 *
 *     e^x = P : Q, by the odds s : F of e^-|x| (sigmoid.h): tanh(log(1 + e^x)) = P (P + 2Q)/D, D = P (P + 2Q) + 2 Q^2;
 *     mish'(x) = P (D (P + 2Q) + 4x Q^2 (P + Q))/D^2.  All of it in two words, with one division; P = s = 2^n T meets
 *     its 2^n last, so that nothing before is subnormal.
 *     Beside the zero of the derivative, where the bracket cancels, a polynomial about that zero.
 *
 * Constants: tools/make_float64.py.  Worst inputs found, by tools/check_float64.py:
 *   mish   .800 ULP at 0x1.8e2a2b897e003p-1021; subnormal results .720 at -0x1.65867bae38636p+9
 *   mish'  .623 ULP at -0x1.5141205bbed4cp+0, .524 at its zero; subnormal results .759 at -0x1.6591661891199p+9 */
#ifndef FA_MATH_FLOAT64_MISH_H
#define FA_MATH_FLOAT64_MISH_H
#include "../two_words.h"
#include "sigmoid.h"

enum { MISH_SATURATED = 20 }; /* mish(x) is x from here on */

/* Sum and product of pairs, not normalised: lo may be some units of hi's last place, which does no harm in what comes
 * next, and a quarter of the time is saved. */
PACK_FN f64p2 plus_f64(const int U, f64p2 a, f64p2 b)
{
    const f64p2 s = two_sum(a.hi, b.hi);
    return (f64p2){s.hi, add(s.lo, add(a.lo, b.lo))};
}
PACK_FN f64p2 times_f64(const int U, f64p2 a, f64p2 b)
{
    const f64p2 p = two_product(a.hi, b.hi);
    return (f64p2){p.hi, fma(a.hi, b.lo, fma(a.lo, b.hi, p.lo))};
}
PACK_FN f64p2 twice_f64(const int U, f64p2 a) { return (f64p2){add(a.hi, a.hi), add(a.lo, a.lo)}; }

typedef struct {
    odds_f64 o;
    f64p2 p, q, first, c, d; /* P, Q, P less its 2^n, P + 2Q, D */
} mish_f64_parts;

PACK_FN mish_f64_parts make_mish_f64(const int U, f64p x, f64p b, const int any_size)
{
    mish_f64_parts m = {.o = make_odds_f64(U, b, 0, any_size, 0)};
    const f64p zero = D(0.0);
    const f64p2 f = fast_two_sum(D(1.0), m.o.f);
    const m64p left = negative(x);
    m.first = (f64p2){select(left, m.o.t, f.hi), select(left, zero, f.lo)};
    m.p = (f64p2){select(left, m.o.s, f.hi), m.first.lo};
    m.q = (f64p2){select(left, f.hi, m.o.s), select(left, f.lo, zero)};
    m.c = plus_f64(U, m.p, twice_f64(U, m.q));
    m.d = plus_f64(U, times_f64(U, m.p, m.c), twice_f64(U, times_f64(U, m.q, m.q)));
    return m;
}

PACK_FN f64p mish_sized_f64(const int U, f64p x, f64p b, const int any_size)
{
    const mish_f64_parts m = make_mish_f64(U, x, b, any_size);
    const f64p2 w = pair_div(times_f64(U, m.first, m.c), m.d, div(D(1.0), m.d.hi));
    const f64p high = add(w.hi, w.lo), low = add(sub(w.hi, high), w.lo);
    const f64p y = fma(b, high, mul(b, low));
    const f64p size = select(negative(x), scale_odds_f64(U, m.o, y), y);
    return select(gt(x, D(MISH_SATURATED)), x, with_sign(size, x));
}
PACK_FN f64p mish_f64(const int U, f64p x)
{
    const f64p b = andnot(D(-0.0), x);
    if (needs_scale(b, D(700.0)))
        return mish_sized_f64(U, x, at_most(D(1380.0), b), 1);
    return mish_sized_f64(U, x, b, 0);
}

PACK_FN f64p mish_slope_sized_f64(const int U, f64p x, f64p b, const int any_size)
{
    const mish_f64_parts m = make_mish_f64(U, x, b, any_size);
    const f64p sign = and_(D(-0.0), x);
    const f64p2 four_x = {with_sign(mul(D(4.0), b), x), D(0.0)};
    const f64p2 bend = times_f64(U, times_f64(U, m.q, m.q), plus_f64(U, m.p, m.q));
    const f64p2 bracket = plus_f64(U, times_f64(U, m.d, m.c), times_f64(U, four_x, bend));
    const f64p2 square = times_f64(U, m.d, m.d);
    const f64p2 w = pair_div(times_f64(U, m.first, bracket), square, div(D(1.0), square.hi));
    /* where x < 0 its negative, so that the tail's sign survives a result of 0 */
    f64p y = xor_(sign, add(w.hi, w.lo));
    y = select(negative(x), scale_odds_f64(U, m.o, y), y);
    const f64p e = sub(xor_(D(-0.0), x), D(MISH64_ZERO));
    const m64p beside = lt(andnot(D(-0.0), e), D(MISH64_ZERO_REACH));
    if (any(beside))
        y = select(beside, about_zero_f64(U, mish64_zero_terms, 11, MISH64_ZERO_SLOPE_LOW, e, 0), y);
    return xor_(sign, y);
}
PACK_FN f64p mish_slope_f64(const int U, f64p x)
{
    const f64p b = andnot(D(-0.0), x);
    if (needs_scale(b, D(700.0)))
        return mish_slope_sized_f64(U, x, at_most(D(1380.0), b), 1);
    return mish_slope_sized_f64(U, x, b, 0);
}
#endif
