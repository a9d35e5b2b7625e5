/* logit, log(p/(1-p)), and its derivative 1/(p (1-p)), float64.
 *
 *     b = min(p, 1-p), exact; c = 1 - b in two words;  c/b = 2^k c/a, a = 2^k b, log2(c/a) within .59 of 0:
 *     log(c/b) = k ln 2 + 2 atanh(z),  z = (c - a)/(c + a): c - a is exact, and z is taken in two words.
 *     Beside p = 1/2 k is 0 and c + a is 1: full relative accuracy down to the zero.
 *
 * Constants: tools/make_near_zero.py.
 * Worst inputs found by tools/check_float64.py:
 *   logit   .576 ULP at 0x1.241232ca4a9c5p-3; logit' correctly rounded */
#ifndef FA_MATH_FLOAT64_LOGIT_H
#define FA_MATH_FLOAT64_LOGIT_H
#include "exp.h"
#include "near_zero.h"

/* b = min(p, 1-p), not below eps (-inf: as it is), and c + c_low = 1 - b.  NaN stays. */
typedef struct { f64p b, c, c_low; } odds_of_f64;

PACK_FN odds_of_f64 make_odds_of_f64(const int U, f64p p, f64p eps)
{
    const f64p one = D(1.0), least = at_most(D(0.5), eps);
    const f64p b = at_least(least, at_most(p, sub(one, p))), c = sub(one, b);
    return (odds_of_f64){b, c, sub(sub(one, c), b)};
}
/* Whether some b may be tiny, 0, negative or NaN; else all are from 2^-64 to 1/2. */
#define ODDS_ANY_SIZE(b) any(not_lt(D(0x1p-64), b))

/* y, or for b = 0 infinity, for a negative one and NaN NaN */
PACK_FN f64p within_f64(const int U, f64p b, f64p y)
{
    return select(gt(b, D(0.0)), y, select(eq(b, D(0.0)), D(__builtin_inf()), D(__builtin_nan(""))));
}

PACK_FN f64p logit_sized_f64(const int U, f64p p, odds_of_f64 o, const int any_size)
{
    const f64p one = D(1.0), two52 = D(0x1p52);
    const m64p tiny = lt(o.b, D(0x1p-64));
    const f64p m = any_size ? mul(o.b, select(tiny, D(0x1p64), one)) : o.b; /* not subnormal */
    /* the bits as a logarithm: k to the nearest */
    const u64p shift = and_(add(sub(bits(o.c), bits(m)), splat_u64p(1ull << 51)), splat_u64p(0x7ffull << 52));
    const f64p a = from_bits(add(bits(m), shift));
    f64p k = sub(from_bits(add(shr(shift, 52), bits(two52))), two52);
    if (any_size)
        k = add(k, select(tiny, D(64.0), D(0.0)));

    const f64p d = sub(o.c, a), g = add(o.c, a), g_low = add(add(sub(o.c, g), a), o.c_low);
    const f64p rc = div(one, g), z = mul(d, rc), w = mul(z, z);
    const f64p z_low = mul(rc, add(fnma(z, g, d), fnma(z, g_low, o.c_low)));
    const f64p series = polynomial_f64(U, log_odds64_series, 7, w);

    const f64p whole = mul(k, D(EXP64_LN2_HIGH)), twice = add(z, z), high = add(whole, twice);
    const f64p rest = fma(twice, mul(w, series), fma(D(2.0), z_low, mul(k, D(EXP64_LN2_LOW))));
    const f64p y = add(high, add(add(sub(whole, high), twice), rest));
    return with_sign(any_size ? within_f64(U, o.b, y) : y, sub(p, D(0.5)));
}
PACK_FN f64p logit_f64(const int U, f64p p, f64p eps)
{
    const odds_of_f64 o = make_odds_of_f64(U, p, eps);
    if (__builtin_expect(ODDS_ANY_SIZE(o.b), 0))
        return logit_sized_f64(U, p, o, 1);
    return logit_sized_f64(U, p, o, 0);
}

PACK_FN f64p logit_slope_sized_f64(const int U, odds_of_f64 o, const int any_size)
{
    const f64p power = select(lt(o.b, D(0x1p-64)), D(0x1p64), D(1.0)), b = any_size ? mul(o.b, power) : o.b;
    const f64p product = mul(b, o.c), low = fma(b, o.c_low, fms(b, o.c, product));
    const f64p y0 = div(D(1.0), product), left = fnma(y0, low, fnma(y0, product, D(1.0)));
    const f64p y = fma(y0, left, y0);
    return any_size ? within_f64(U, o.b, mul(y, power)) : y;
}
/* Beyond eps that at eps, whose place 0 is to take. */
PACK_FN f64p logit_slope_f64(const int U, f64p p, f64p eps)
{
    const odds_of_f64 o = make_odds_of_f64(U, p, eps);
    return __builtin_expect(ODDS_ANY_SIZE(o.b), 0) ? logit_slope_sized_f64(U, o, 1) : logit_slope_sized_f64(U, o, 0);
}
#undef ODDS_ANY_SIZE
#endif
