/* softplus, log(1 + e^x), float64.
 *
 *     softplus(x) = max(x, 0) + log1p(e), e = e^-|x|;  log1p(e) = Y + Y w L(w),  Y = 2z, w = z^2,  z = e/(2+e).
 *     Y = s/(F + s/2) by the odds s : F of sigmoid.h, its residue added to Y w L.  No threshold.
 *     Where both terms are of the same size (0 <= x < 15/32) the smaller words are added first.
 *
 * Constants: tools/make_float64.py.  Worst inputs found, by tools/check_float64.py and among 10^7 points against
 * 113-bit arithmetic:
 *   softplus  .826 ULP at 0x1.41acba48ab7dfp-2; subnormal results .792 at -0x1.62384f6695759p+9 */
#ifndef FA_MATH_FLOAT64_SOFTPLUS_H
#define FA_MATH_FLOAT64_SOFTPLUS_H
#include "sigmoid.h"

/* x is what z is to b, or, where z = beta x, inverse = 1/beta; b_low: see make_odds_f64. */
PACK_FN f64p softplus_sized_f64(const int U, f64p x, f64p z, f64p b, const f64p *b_low, const f64p2 *inverse,
                                const int any_size)
{
    odds_f64 o = make_odds_f64(U, b, b_low, any_size, 1);
    const f64p y0 = mul(o.t, o.rc), low = mul(residue_f64(U, o, y0), o.rc);
    const f64p y = add(y0, low);
    const f64p v = mul(y, mul(o.power, D(0.5))), w = mul(v, v);
    f64p high = y0, rest = fma(mul(y, w), polynomial_f64(U, log1p64_terms, 9, w), low);
    if (inverse) {
        o.live = not_lt(D(1300.0), b); /* 1/beta may be large */
        high = mul(y0, inverse->hi);
        rest = fma(rest, inverse->hi, fma(y0, inverse->lo, fms(y0, inverse->hi, high)));
    }
    const f64p sum = add(high, rest);
    const f64p apart = add(at_least(D(0.0), x), any_size ? scale_odds_f64(U, o, sum) : mul(sum, o.power));
    /* 2^floor(n) is 1 or 1/2 here */
    const f64p power = select(eq(o.n, D(0.0)), D(1.0), D(0.5));
    const f64p near = fma(power, high, fma(power, rest, x));
    return select(both(ge(z, D(0.0)), lt(z, D(0.46875))), near, apart);
}
PACK_FN f64p softplus_f64(const int U, f64p x)
{
    const f64p b = andnot(D(-0.0), x);
    if (needs_scale(b, D(350.0))) /* w is normal below */
        return softplus_sized_f64(U, x, x, at_most(D(1380.0), b), 0, 0, 1);
    return softplus_sized_f64(U, x, x, b, 0, 0, 0);
}
/* log(1 + e^z)/beta, z = beta x in two words, 0 < beta < infinity. */
PACK_FN f64p softplus_wide_f64(const int U, f64p x, f64p2 z, f64p beta)
{
    const f64p b = andnot(D(-0.0), z.hi), b_low = low_of_size_f64(U, z);
    const f64p hi = at_most(D(0x1.fffffffffffffp1023), div(D(1.0), beta));
    const f64p2 inverse = {hi, mul(fnma(hi, beta, D(1.0)), hi)};
    if (needs_scale(b, D(350.0)))
        return softplus_sized_f64(U, x, z.hi, at_most(D(1380.0), b), &b_low, &inverse, 1);
    return softplus_sized_f64(U, x, z.hi, b, &b_low, &inverse, 0);
}
PACK_FN f64p log_sigmoid_f64(const int U, f64p x) { return xor_(D(-0.0), softplus_f64(U, xor_(D(-0.0), x))); }
PACK_FN f64p log_sigmoid_slope_f64(const int U, f64p x) { return sigmoid_f64(U, xor_(D(-0.0), x)); }
#endif
