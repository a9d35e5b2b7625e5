/* mish, x tanh(log(1 + e^x)), and its derivative, float64.
 *
 *     e^x = P : Q, by the odds s : F of e^-|x| (sigmoid.h): tanh(log(1 + e^x)) = P (P + 2Q)/D, D = P (P + 2Q) + 2 Q^2;
 *     mish'(x) = P (D (P + 2Q) + 4x Q^2 (P + Q))/D^2.  All of it in two words, with one division; P = s = 2^n T meets
 *     its 2^n last, so that nothing before is subnormal.
 *     Beside the zero of the derivative, where the bracket cancels, a polynomial about that zero.
 *
 * Constants: tools/make_float64.py.  Worst inputs found, by tools/check_float64.py:
 *   mish
 *   mish' */
#ifndef FA_MATH_FLOAT64_MISH_H
#define FA_MATH_FLOAT64_MISH_H
#include "rows.h"
#include "sigmoid.h"

enum { MISH_SATURATED = 20 }; /* mish(x) is x from here on */

PACK_FN pair_f64 plus_f64(const int U, pair_f64 a, pair_f64 b)
{
    const f64p high = add(a.high, b.high), part = sub(high, a.high);
    const f64p rest = add(sub(a.high, sub(high, part)), sub(b.high, part));
    return (pair_f64){high, add(rest, add(a.low, b.low))};
}
PACK_FN pair_f64 times_f64(const int U, pair_f64 a, pair_f64 b)
{
    const f64p high = mul(a.high, b.high);
    return (pair_f64){high, fma(a.high, b.low, fma(a.low, b.high, fms(a.high, b.high, high)))};
}
PACK_FN pair_f64 doubled_f64(const int U, pair_f64 a, const double power)
{
    return (pair_f64){mul(a.high, D(power)), mul(a.low, D(power))};
}
/* The low word is not small against the high one's last place: a/b to some 2^-100 of it all the same. */
PACK_FN pair_f64 over_f64(const int U, pair_f64 a, pair_f64 b)
{
    const f64p rc = div(D(1.0), b.high), first = mul(a.high, rc);
    const f64p rest = fnma(first, b.low, add(fnma(first, b.high, a.high), a.low));
    const f64p high = fma(rest, rc, first);
    return (pair_f64){high, fma(rest, rc, sub(first, high))};
}

typedef struct {
    odds_f64 o;
    pair_f64 p, q, first, c, d; /* P, Q, P less its 2^n, P + 2Q, D */
} mish_f64_parts;

PACK_FN mish_f64_parts make_mish_f64(const int U, f64p x, f64p b, const int any_size)
{
    mish_f64_parts m = {.o = make_odds_f64(U, b, any_size, 0)};
    const f64p zero = D(0.0), high = add(D(1.0), m.o.f), low = sub(m.o.f, sub(high, D(1.0)));
    const m64p left = negative(x);
    m.first = (pair_f64){select(left, m.o.t, high), select(left, zero, low)};
    m.p = (pair_f64){select(left, m.o.s, high), m.first.low};
    m.q = (pair_f64){select(left, high, m.o.s), select(left, low, zero)};
    m.c = plus_f64(U, m.p, doubled_f64(U, m.q, 2.0));
    m.d = plus_f64(U, times_f64(U, m.p, m.c), doubled_f64(U, times_f64(U, m.q, m.q), 2.0));
    return m;
}

PACK_FN f64p mish_sized_f64(const int U, f64p x, f64p b, const int any_size)
{
    const mish_f64_parts m = make_mish_f64(U, x, b, any_size);
    const pair_f64 w = over_f64(U, times_f64(U, m.first, m.c), m.d);
    const f64p y = fma(b, w.high, mul(b, w.low));
    const f64p either = select(negative(x), scale_odds_f64(U, m.o, y), y);
    return select(gt(x, D(MISH_SATURATED)), x, with_sign(either, x));
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
    const pair_f64 four_x = {xor_(sign, mul(D(4.0), b)), D(0.0)};
    const pair_f64 bend = times_f64(U, times_f64(U, m.q, m.q), plus_f64(U, m.p, m.q));
    const pair_f64 bracket = plus_f64(U, times_f64(U, m.d, m.c), times_f64(U, four_x, bend));
    const pair_f64 w = over_f64(U, times_f64(U, m.first, bracket), times_f64(U, m.d, m.d));
    /* where x < 0 its negative, so that the tail's sign survives a result of 0 */
    f64p y = xor_(sign, w.high);
    y = select(negative(x), scale_odds_f64(U, m.o, y), y);
    const f64p e = sub(xor_(D(-0.0), x), D(MISH64_ZERO));
    const m64p beside = lt(andnot(D(-0.0), e), D(MISH64_ZERO_REACH));
    if (any(beside)) {
        const f64p k = D(mish64_zero_terms[1]), s = mul(e, polynomial_f64(U, mish64_zero_terms + 2, 10, e));
        const f64p slope = add(k, s), slope_low = add(add(sub(k, slope), s), D(MISH64_ZERO_SLOPE_LOW));
        y = select(beside, fma(e, slope, fma(e, slope_low, D(mish64_zero_terms[0]))), y);
    }
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
