/* exp, float64.
 *
 *     x = n ln 2 + r, n a multiple of 1/8, |r| <= ln2/16;  e^x = 2^floor(n) * T_j * e^(r-D), j = 8n mod 8,
 *     T_j = 2^(j/8) e^D from a table in which D is chosen such that all eight entries lie next to float64s:
 *     one word an entry, no low words; e^(r-D) - 1 by a polynomial of degree 7, its constant term not 0.
 *
 * Constants: tools/make_float64.py.  Worst inputs found, by tools/check_float64.py and among 10^7 points against
 * 113-bit arithmetic:
 *   exp  .614 ULP at 0x1.742c3245cb538p+8; subnormal results .784 at -0x1.624e799f9db93p+9 */
#ifndef FA_MATH_FLOAT64_EXP_H
#define FA_MATH_FLOAT64_EXP_H
#include "../../simd/pack.h"
#include "constants.h"

/* e^(sign a) = 2^n e^(sign r), sign = 1 or -1; z holds 8n in its low bits (frac = 3 of the scale operations). */
typedef struct { f64p z, n, r; } reduced_f64;

PACK_FN reduced_f64 reduce_f64(const int U, f64p a, const double sign)
{
    const f64p magic = D(0x1.8p49);
    const f64p z = fma(a, D(sign * EXP64_LOG2E), magic);
    const f64p n = sub(z, magic);
    /* exact: a multiple of 2^-53 (if n is not 0, |a| > 2^-5) below 2^-4 */
    const f64p r = fma(n, D(sign * -EXP64_LN2_HIGH), a);
    return (reduced_f64){z, n, fma(n, D(sign * -EXP64_LN2_LOW), r)};
}

/* c[0] + c[1] x + ... + c[degree] x^degree */
PACK_FN f64p polynomial_f64(const int U, const double *c, const int degree, f64p x)
{
    f64p y = D(c[degree]);
    for (int k = degree - 1; k >= 0; k--)
        y = fma(y, x, D(c[k]));
    return y;
}

/* c[0] + d (c[1] + slope_low + c[2] d + ... + c[1 + degree] d^degree), relatively right; the distance to the zero is
 * d + *d_low, if that is given. */
PACK_FN f64p about_zero_f64(const int U, const double *c, const int degree, const double slope_low, f64p d,
                            const f64p *d_low)
{
    const f64p k = D(c[1]), s = mul(d, polynomial_f64(U, c + 2, degree - 1, d)), slope = add(k, s);
    const f64p zero = d_low ? fma(*d_low, slope, D(c[0])) : D(c[0]);
    return fma(d, slope, fma(d, add(add(sub(k, slope), s), D(slope_low)), zero));
}

/* What makes c e^x: exp itself, or a table and a remainder that have a constant c in them. */
typedef struct { const double *table, *remainder; } exp_constants_f64;
static const exp_constants_f64 plain_exp_f64 = {exp64_table, exp64_remainder};

/* c e^(x + rest), rest below the last place of x, if has_rest.  any_size: x may be anything; else the result is known
 * to be normal. */
PACK_FN f64p exp_sized_f64(const int U, f64p x, f64p rest, const int has_rest, const exp_constants_f64 c,
                           const int any_size)
{
    const reduced_f64 e = reduce_f64(U, any_size ? guard_argument(x, 1380.0) : x, 1.0);
    const f64p t = lookup8(c.table, bits(e.z)), r = has_rest ? add(e.r, rest) : e.r;
    const f64p p = polynomial_f64(U, c.remainder, 7, any_size ? guard_remainder(r) : r);
    const f64p y = fma(t, p, t);
    /* below -746 the result is 0: said beforehand, because finding it out by underflow is slow */
    return any_size ? scale_live(not_lt(x, D(-746.0)), y, e.z, e.n, 3) : scale_normal(y, e.z, e.n, 3);
}

PACK_FN f64p exp_by_f64(const int U, f64p x, f64p rest, const int has_rest, const exp_constants_f64 c)
{
    if (needs_scale(andnot(D(-0.0), x), D(700.0)))
        return exp_sized_f64(U, x, rest, has_rest, c, 1);
    return exp_sized_f64(U, x, rest, has_rest, c, 0);
}
PACK_FN f64p exp_f64(const int U, f64p x) { return exp_by_f64(U, x, x, 0, plain_exp_f64); }
PACK_FN f64p exp_sum_f64(const int U, f64p x, f64p rest) { return exp_by_f64(U, x, rest, 1, plain_exp_f64); }
#endif
