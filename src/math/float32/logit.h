/* logit, log(p/(1-p)), and its derivative 1/(p (1-p)), float32.
 *
 *     b = min(p, 1-p), exact; c = 1 - b in two words;  c/b = 2^k c/a, a = 2^k b, and c/a is about 1/T, T one of eight:
 *     log(c/b) = (k ln 2 - log T) + 2 atanh(z),  z = (c T - a)/(c T + a): the bracket is exact but for a rest of k ln 2.
 *     Up to 1/6 of it k is 0 and T is 1: the sum is z's alone, and c + a is 1, so that nothing is lost beside p = 1/2.
 *
 * Constants: tools/make_near_zero.py.
 * Worst of all 2^32 inputs: logit .9488 ULP at 0x3ee07094 = .438358903 (8,021 are above .75); logit' correctly rounded.
 * Tried: 31 rows from 3/2^14 to 1/2 (as fast on AVX-512, 2.4 times the time on AVX2); k to the nearest, T always 1 and z
 * in two words (.59 ULP, 1.4 times the time). */
#ifndef FA_MATH_FLOAT32_LOGIT_H
#define FA_MATH_FLOAT32_LOGIT_H
#include "../../simd/pack.h"
#include "near_zero.h"

/* b = min(p, 1-p), not below eps (-inf: as it is), and c + c_low = 1 - b.  NaN stays. */
typedef struct { f32p b, c, c_low; } odds_of_f32;

PACK_FN odds_of_f32 make_odds_of_f32(const int U, f32p p, f32p eps)
{
    const f32p one = F(1.0f), least = at_most(F(0.5f), eps);
    const f32p b = at_least(least, at_most(p, sub(one, p))), c = sub(one, b);
    return (odds_of_f32){b, c, sub(sub(one, c), b)};
}
/* Whether some b may be tiny, 0, negative or NaN; else all are from 2^-64 to 1/2. */
#define ODDS_ANY_SIZE(b) any(not_lt(F(0x1p-64f), b))

/* y, or for b = 0 infinity, for a negative one and NaN NaN */
PACK_FN f32p within_f32(const int U, f32p b, f32p y)
{
    return select(gt(b, F(0.0f)), y, select(eq(b, F(0.0f)), F(__builtin_inff()), F(__builtin_nanf(""))));
}

PACK_FN f32p logit_sized_f32(const int U, f32p p, odds_of_f32 o, const int any_size)
{
    const f32p two23 = F(0x1p23f);
    const m32p tiny = lt(o.b, F(0x1p-64f));
    const f32p m = any_size ? mul(o.b, select(tiny, F(0x1p64f), F(1.0f))) : o.b; /* not subnormal */
    const u32p ratio = sub(bits(o.c), bits(m));                                  /* its logarithm, nearly */
    const f32p a = from_bits(add(bits(m), and_(ratio, splat_u32p(0xffu << 23))));
    f32p k = sub(from_bits(add(shr(ratio, 23), bits(two23))), two23);
    if (any_size)
        k = add(k, select(tiny, F(64.0f), F(0.0f)));
    const f32p t = lookup8(odds_factor, shr(ratio, 20)), base = lookup8(odds_base, shr(ratio, 20));

    const f32p d = fma(o.c_low, t, fms(o.c, t, a));
    const f32p z = div(d, fma(F(2.0f), a, d)), w = mul(z, z), twice = add(z, z);
    const f32p series = mul(w, fma(F(log_odds_series[1]), w, F(log_odds_series[0])));
    const f32p rest = fma(twice, series, fma(k, F(ln2_short_rest), twice));
    const f32p y = add(fma(k, F(ln2_short), base), rest);
    return with_sign(any_size ? within_f32(U, o.b, y) : y, sub(p, F(0.5f)));
}
PACK_FN f32p logit_f32(const int U, f32p p, f32p eps)
{
    const odds_of_f32 o = make_odds_of_f32(U, p, eps);
    if (__builtin_expect(ODDS_ANY_SIZE(o.b), 0))
        return logit_sized_f32(U, p, o, 1);
    return logit_sized_f32(U, p, o, 0);
}

PACK_FN f32p logit_slope_sized_f32(const int U, odds_of_f32 o, const int any_size)
{
    const f32p power = select(lt(o.b, F(0x1p-64f)), F(0x1p64f), F(1.0f)), b = any_size ? mul(o.b, power) : o.b;
    const f32p product = mul(b, o.c), low = fma(b, o.c_low, fms(b, o.c, product));
    const f32p y0 = div(F(1.0f), product), left = fnma(y0, low, fnma(y0, product, F(1.0f)));
    const f32p y = fma(y0, left, y0);
    return any_size ? within_f32(U, o.b, mul(y, power)) : y;
}
/* Beyond eps that at eps, whose place 0 is to take. */
PACK_FN f32p logit_slope_f32(const int U, f32p p, f32p eps)
{
    const odds_of_f32 o = make_odds_of_f32(U, p, eps);
    return __builtin_expect(ODDS_ANY_SIZE(o.b), 0) ? logit_slope_sized_f32(U, o, 1) : logit_slope_sized_f32(U, o, 0);
}
#undef ODDS_ANY_SIZE
#endif
