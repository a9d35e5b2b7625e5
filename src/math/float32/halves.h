/* The exponential where the result becomes a half: fewer terms, no second words, one division.  That no input of the
 * 65,536 is rounded to the wrong half, or which few are, the caller finds out by trying them all (_native.pyx).
 *
 *     u = n ln 2 + r, n a multiple of 1/8, |r| <= ln2/16;  e^u = 2^floor(n) 2^(j/8) (1 + r + r^2/2 + r^3/6)
 *
 * Ends of the arguments keep e^u finite where it is divided by, and 1 + e^u that where it is; an x of -inf, which meets
 * 0, is one of those few. */
#ifndef FA_MATH_FLOAT32_HALVES_H
#define FA_MATH_FLOAT32_HALVES_H
#include "../../simd/pack.h"
#include "constants.h"

PACK_FN f32p half_between(const int U, float lo, float hi, f32p u) { return at_least(F(lo), at_most(F(hi), u)); }

PACK_FN f32p half_square(const int U, f32p a) { return mul(a, a); }

/* 2^(j/8) and e^r - 1 */
typedef struct { f32p z, n, t, q; } half_powers;
PACK_FN half_powers half_reduce(const int U, f32p u)
{
    const f32p z = fma(u, F(log2_e), F(0x1.8p20f)), n = sub(z, F(0x1.8p20f)), r = fma(n, F(-ln2_high), u);
    const f32p s = fma(fma(F(1.0f / 6), r, F(0.5f)), r, F(1));
    return (half_powers){z, n, lookup8(half_table, bits(z)), mul(r, s)};
}
PACK_FN f32p half_exp(const int U, f32p u)
{
    const half_powers e = half_reduce(U, half_between(U, -150, 100, u));
    return scale(fma(e.t, e.q, e.t), e.z, e.n, 3);
}
/* for u from -20 to 40 */
PACK_FN f32p half_expm1(const int U, f32p u)
{
    const half_powers e = half_reduce(U, u);
    const f32p t = scale_normal(e.t, e.z, e.n, 3);
    return fma(t, e.q, sub(t, F(1)));
}
PACK_FN f32p half_sigmoid(const int U, f32p u)
{
    const f32p e = half_exp(U, at_most(F(30), u));
    return div(e, add(F(1), e));
}
/* e^-|u|/(1 + e^-|u|)^2 */
PACK_FN f32p half_sigmoid_slope(const int U, f32p u)
{
    const f32p e = half_exp(U, or_(F(-0.0f), u)), sum = add(F(1), e);
    return div(e, mul(sum, sum));
}
PACK_FN f32p half_tanh(const int U, f32p u)
{
    const f32p m = half_expm1(U, half_between(U, -20, 20, add(u, u)));
    return with_sign(div(m, add(m, F(2))), u);
}
/* x tanh(softplus(x)): with w = e (e + 2) it is x w/(w + 2) */
PACK_FN f32p half_mish(const int U, f32p x)
{
    const f32p e = half_exp(U, at_most(F(20), x)), w = mul(e, add(e, F(2)));
    return mul(x, div(w, add(w, F(2))));
}
/* c (e^u - 1) where x < 0, else `right` */
PACK_FN f32p half_elu(const int U, f32p x, f32p u, f32p c, f32p right)
{
    const f32p m = half_expm1(U, half_between(U, -20, 0, u));
    return select(lt(x, F(0)), mul(c, m), right);
}
#endif
