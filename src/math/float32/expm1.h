/* expm1 in two words, and what follows from it: elu, selu, celu; float32.
 *
 *     x = n ln 2 + r, |r| <= ln2/2;  e^x - 1 = (s - 1) + s r + s e,  s = 2^n,  e = expm1(r) - r = r^2 q(r).
 *     s - 1 is exact (for n in [-24, 24]), s r is added to it with its rounding error kept, and e is small.
 *     r is left exact: what n ln 2 lacks goes to e.
 *
 * Constants: tools/make_near_zero.py.
 * Worst of all 2^32 inputs: elu, celu .8444 ULP at 0xbe92441e = -.285675943; selu .9848 at 0xbea940ab = -.330571502,
 * subnormal results 1.0000 at 0x005a5f56 (the product with the low word of lambda is rounded there; 1 cannot be passed).
 *     elu', celu' .6165 at 0xbf3ca9d9 = -.73696667, subnormal results .5417; selu' .6395 at 0xc2999eff = -76.8105392, subnormal .5471.
 * Not done: eighths of ln 2 by a table, as in exp.h: s - 1 is then not exact, and the table needs low words. */
#ifndef FA_MATH_FLOAT32_EXPM1_H
#define FA_MATH_FLOAT32_EXPM1_H
#include "../two_words.h"
#include "exp.h"
#include "near_zero.h"

/* expm1(x + rest), x <= 17, |rest| below the last place of x; -1 and next to nothing below -18. */
PACK_FN f32p2 expm1_f32p2(const int U, f32p x, f32p rest, const int has_rest)
{
    const f32p a = at_least(F(-18.0f), x), magic = F(0x1.8p23f);
    const f32p z = fma(a, F(log2_e), magic), n = sub(z, magic);
    /* exact: a multiple of 2^-25 (if n is not 0, |a| > 2^-2) below 2^-1 */
    const f32p r = fma(n, F(-ln2_high), a);
    f32p q = fma(F(expm1_curve[5]), r, F(expm1_curve[4]));
    q = fma(q, r, F(expm1_curve[3]));
    q = fma(q, r, F(expm1_curve[2]));
    q = fma(q, r, F(expm1_curve[1]));
    q = fma(q, r, F(expm1_curve[0]));
    const f32p lost = has_rest ? fma(n, F(-ln2_low), rest) : mul(n, F(-ln2_low));
    const f32p e = fma(r, has_rest ? fma(r, q, rest) : mul(r, q), lost);
    const f32p s = scale_normal(F(1.0f), z, n, 0), base = sub(s, F(1.0f));
    const f32p high = fma(s, r, base);
    return (f32p2){high, fma(s, e, fma(s, r, sub(base, high)))};
}
PACK_FN f32p2 expm1_f32(const int U, f32p x) { return expm1_f32p2(U, x, x, 0); }
PACK_FN f32p2 expm1_sum_f32(const int U, f32p x, f32p rest) { return expm1_f32p2(U, x, rest, 1); }

/* selu: lambda x, rounded once, and lambda alpha expm1(x) with the constant in two words. */
PACK_FN f32p selu_f32(const int U, f32p x)
{
    const f32p2 e = expm1_f32(U, x);
    const f32p low = fma(F(selu_slope), e.lo, mul(F(selu_slope_low), e.hi));
    return select(lt(x, F(0.0f)), fma(F(selu_slope), e.hi, low), fma(F(selu_scale), x, mul(F(selu_scale_low), x)));
}
/* lambda alpha e^x, x <= 0: exp with a table and a remainder that have the constant in them. */
static const exp_constants_f32 selu_exp_f32 = {
    .table = selu_slope_table,
    .remainder = selu_slope_remainder,
    .live = -105.0f,
    .last_subnormal = selu_slope_last_subnormal,
};
PACK_FN f32p selu_slope_f32(const int U, f32p x)
{
    const f32p a = at_most(F(0.0f), x);
    return select(gt(x, F(0.0f)), F(selu_scale + selu_scale_low), exp_by_f32(U, a, a, 0, selu_exp_f32));
}
#endif
