/* expm1 in two words, and what follows from it: elu, selu, celu; float64.
 *
 *     x = n ln 2 + r, |r| <= ln2/2;  e^x - 1 = (s - 1) + s r + s e,  s = 2^n,  e = expm1(r) - r = r^2 q(r).
 *     s - 1 is exact (for n in [-53, 53]), s r is added to it with its rounding error kept, and e is small.
 *     r is left exact: what n ln 2 lacks goes to e.
 *
 * Constants: tools/make_near_zero.py.
 * Worst inputs found by tools/check_float64.py:
 *   elu, celu   .676 ULP at -0x1.62eb1c432ca53p-2; derivatives .582 at -0x1.0000000000005p+0, subnormal results .656
 *   selu   .626 at -0x1.3b91d5f8c3572p-2; selu' .557 at -0x1.c1129e684c1aep+7, subnormal results .611
 * Not done: eighths of ln 2 by a table, as in exp.h: s - 1 is then not exact, and the table needs low words. */
#ifndef FA_MATH_FLOAT64_EXPM1_H
#define FA_MATH_FLOAT64_EXPM1_H
#include "../two_words.h"
#include "exp.h"
#include "near_zero.h"

/* expm1(x + rest), x <= 36, |rest| below the last place of x; -1 and next to nothing below -38. */
PACK_FN f64p2 expm1_f64p2(const int U, f64p x, f64p rest, const int has_rest)
{
    const f64p a = at_least(D(-38.0), x), magic = D(0x1.8p52);
    const f64p z = fma(a, D(EXP64_LOG2E), magic), n = sub(z, magic);
    /* exact: a multiple of 2^-54 (if n is not 0, |a| > 2^-2) below 2^-1 */
    const f64p r = fma(n, D(-expm1_64_ln2), a);
    const f64p q = polynomial_f64(U, expm1_64_curve, 10, r);
    const f64p lost = has_rest ? fma(n, D(-expm1_64_ln2_low), rest) : mul(n, D(-expm1_64_ln2_low));
    const f64p e = fma(r, has_rest ? fma(r, q, rest) : mul(r, q), lost);
    const f64p s = scale_normal(D(1.0), z, n, 0), base = sub(s, D(1.0));
    const f64p high = fma(s, r, base);
    return (f64p2){high, fma(s, e, fma(s, r, sub(base, high)))};
}
PACK_FN f64p2 expm1_f64(const int U, f64p x) { return expm1_f64p2(U, x, x, 0); }
PACK_FN f64p2 expm1_sum_f64(const int U, f64p x, f64p rest) { return expm1_f64p2(U, x, rest, 1); }

/* selu: lambda x, rounded once, and lambda alpha expm1(x) with the constant in two words. */
PACK_FN f64p selu_f64(const int U, f64p x)
{
    const f64p2 e = expm1_f64(U, x);
    const f64p low = fma(D(selu64_slope), e.lo, mul(D(selu64_slope_low), e.hi));
    return select(lt(x, D(0.0)), fma(D(selu64_slope), e.hi, low), fma(D(selu64_scale), x, mul(D(selu64_scale_low), x)));
}
/* lambda alpha e^x, x <= 0: exp with a table and a remainder that have the constant in them. */
static const exp_constants_f64 selu_exp_f64 = {selu64_slope_table, selu64_slope_remainder};
PACK_FN f64p selu_slope_f64(const int U, f64p x)
{
    const f64p a = at_most(D(0.0), x);
    return select(gt(x, D(0.0)), D(selu64_scale + selu64_scale_low), exp_by_f64(U, a, a, 0, selu_exp_f64));
}
#endif
