/* exp, float32.
 *
 *     x = n ln 2 + r, n a multiple of 1/8, |r| <= ln2/16;  e^x = 2^floor(n) * T_j * e^(r-D), j = 8n mod 8,
 *     T_j = 2^(j/8) e^D from a table in which D is chosen such that all eight entries lie next to floats:
 *     one float an entry, no low words; e^(r-D) - 1 by a polynomial of degree 4, its constant term not 0.
 *
 * Constants: tools/make_exp_family.py.
 * Worst over all inputs: .6201 ULP at 0x3f26597d = 0.649802983; subnormal results .5417 at 0xc2aeeedb.
 * Tried: 16 entries and degree 3 (one operation less, .76 ULP: sixteen entries cannot all lie next to floats). */
#ifndef FA_MATH_FLOAT32_EXP_H
#define FA_MATH_FLOAT32_EXP_H
#include "../../simd/pack.h"
#include "constants.h"

/* e^(sign a) = 2^n e^(sign r), sign = 1 or -1; z holds 8n in its low bits (frac = 3 of the scale operations). */
typedef struct { f32p z, n, r; } reduced_f32;

PACK_FN reduced_f32 reduce_f32(const int U, f32p a, const float sign)
{
    const f32p magic = F(0x1.8p20f);
    const f32p z = fma(a, F(sign * log2_e), magic);
    const f32p n = sub(z, magic);
    /* exact: a multiple of 2^-28 (if n is not 0, |a| > 2^-5) below 2^-4 */
    const f32p r = fma(n, F(sign * -ln2_high), a);
    return (reduced_f32){z, n, fma(n, F(sign * -ln2_low), r)};
}

PACK_FN f32p polynomial4_f32(const int U, const float c[5], f32p x)
{
    f32p y = fma(F(c[4]), x, F(c[3]));
    y = fma(y, x, F(c[2]));
    y = fma(y, x, F(c[1]));
    return fma(y, x, F(c[0]));
}

/* (y + low) * 2^n as a subnormal, rounded once: the number of units of 2^-149 is rounded to a whole k, the other way
 * where what y lost says so, and k is the result's bits.  Above the subnormals that is y*2^n exactly. */
PACK_FN f32p to_subnormal_f32(const int U, f32p y, f32p low, f32p z, f32p n)
{
    const f32p units = scale_normal(F(1), add(z, F(149)), add(n, F(149)), 3), whole = F(0x1p23f);
    const f32p v = mul(y, units);
    const f32p k = sub(add(v, whole), whole);
    const f32p left = fma(low, units, sub(v, k));
    const f32p up = select(gt(left, F(0.5f)), F(1), select(lt(left, F(-0.5f)), F(-1), F(0)));
    const f32p y_bits = from_bits(sub(bits(add(add(k, up), whole)), bits(whole)));
    return select(lt(v, whole), y_bits, mul(v, F(0x1p-149f)));
}

/* What makes c e^x: exp itself, or a table and a remainder that have a constant c in them. */
typedef struct {
    const float *table, *remainder;
    float live, last_subnormal; /* below `live` the result is 0; the largest x with a subnormal one */
} exp_constants_f32;
static const exp_constants_f32 plain_exp_f32 = {exp_table, exp_remainder, -104.0f, exp_last_subnormal};

/* c e^(x + rest), rest below the last place of x, if has_rest.  any_size: x may be anything; else the result is known
 * to be normal. */
PACK_FN f32p exp_sized_f32(const int U, f32p x, f32p rest, const int has_rest, const exp_constants_f32 c,
                           const int any_size)
{
    const reduced_f32 e = reduce_f32(U, any_size ? guard_argument(x, 170.0f) : x, 1.0f);
    const f32p t = lookup8(c.table, bits(e.z)), r = has_rest ? add(e.r, rest) : e.r;
    const f32p p = polynomial4_f32(U, c.remainder, any_size ? guard_remainder(r) : r);
    const f32p y = fma(t, p, t);
    if (!any_size)
        return scale_normal(y, e.z, e.n, 3);
    /* far below the result is 0: said beforehand, because finding it out by underflow is slow */
    const m32p live = not_lt(x, F(c.live));
    const float rest_at_most = has_rest ? 0x1p-16f : 0.0f;
    const m32p subnormal = both(live, le(x, F(c.last_subnormal + rest_at_most)));
    if (__builtin_expect(any(subnormal), 0)) {
        const f32p tiny = to_subnormal_f32(U, y, fma(t, p, sub(t, y)), e.z, e.n);
        return select(subnormal, tiny, scale_live(except(live, subnormal), y, e.z, e.n, 3));
    }
    return scale_live(live, y, e.z, e.n, 3);
}

PACK_FN f32p exp_by_f32(const int U, f32p x, f32p rest, const int has_rest, const exp_constants_f32 c)
{
    /* One comparison for the guards of every size: 8 % on AVX-512 too, where scale itself is free. */
    if (__builtin_expect(any(not_lt(andnot(F(-0.0f), x), F(87.0f))), 0))
        return exp_sized_f32(U, x, rest, has_rest, c, 1);
    return exp_sized_f32(U, x, rest, has_rest, c, 0);
}
PACK_FN f32p exp_f32(const int U, f32p x) { return exp_by_f32(U, x, x, 0, plain_exp_f32); }
PACK_FN f32p exp_sum_f32(const int U, f32p x, f32p rest) { return exp_by_f32(U, x, rest, 1, plain_exp_f32); }
#endif
