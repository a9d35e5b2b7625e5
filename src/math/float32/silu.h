/* silu, x * sigmoid(x), float32.
 *
 *     v = b sigmoid(-b) = b s/(s+F), b = |x|, as ONE quotient with the odds of sigmoid.h; silu(x) = max(x, -0) - v.
 *
 * Constants: tools/make_exp_family.py.
 * Worst over all inputs: 1 ULP at 0x01000008 = 2.35e-38, where b s is rounded as a subnormal number.
 * Known to be better: b times 2^64 up to the last scaling: .94 ULP for one operation more; the sigmoid in two words, then
 * times x: .76 ULP for two.
 * Tried: by steps of |x|, .70 to 1.02 ULP: .77 of the time on AVX-512, 1.5 times it on AVX2, which pays for the rows. */
#ifndef FA_MATH_FLOAT32_SILU_H
#define FA_MATH_FLOAT32_SILU_H
#include "sigmoid.h"

PACK_FN f32p silu_sized_f32(const int U, f32p x, f32p b, const int any_size)
{
    const odds_f32 o = make_odds_f32(U, b, 0, any_size);
    const f32p n = any_size ? o.t : o.s; /* nothing gets small in between: the power of two first */
    const f32p y0 = mul(mul(b, n), o.rc), t = residue_f32(U, o, y0, fms(b, n, y0));
    const f32p y = fma(t, o.rc, y0);
    return sub(at_least(F(-0.0f), x), any_size ? scale_odds_f32(U, o, y) : y);
}
PACK_FN f32p silu_f32(const int U, f32p x)
{
    const f32p b = andnot(F(-0.0f), x);
    if (needs_scale(b, F(42.0f)))
        return silu_sized_f32(U, x, size_up_to(120.0f, x), 1);
    return silu_sized_f32(U, x, b, 0);
}

/* x sigmoid(z), z of two words and of the sign of x.  The sigmoid in two words, then times |x|. */
PACK_FN f32p silu_wide_sized_f32(const int U, f32p x, f32p b, f32p b_low, const int any_size)
{
    odds_f32 o = make_odds_f32(U, b, &b_low, any_size);
    o.live = not_lt(F(160.0f), b); /* x may be large */
    const f32p y0 = mul(o.t, o.rc), t = residue_f32(U, o, y0, sub(o.t, y0));
    const f32p y = fma(t, o.rc, y0), y_low = fma(t, o.rc, sub(y0, y)); /* times |x| that must not be rounded apart */
    const f32p u = andnot(F(-0.0f), x), product = fma(u, y, mul(u, y_low));
    const f32p v = any_size ? scale_odds_f32(U, o, product) : mul(product, scale_odds_f32(U, o, F(1.0f)));
    return sub(at_least(F(-0.0f), x), v);
}
PACK_FN f32p silu_wide_f32(const int U, f32p x, f32p2 z)
{
    const f32p b = andnot(F(-0.0f), z.hi), b_low = low_of_size_f32(U, z);
    if (needs_scale(b, F(87.0f)))
        return silu_wide_sized_f32(U, x, at_most(F(168.0f), b), b_low, 1);
    return silu_wide_sized_f32(U, x, b, b_low, 0);
}
#endif
