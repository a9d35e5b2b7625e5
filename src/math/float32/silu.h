/* silu, x * sigmoid(x), float32.
 *
 *     v = b sigmoid(-b) = b s/(s+F), b = |x|, as ONE quotient with the odds of sigmoid.h; silu(x) = max(x, -0) - v.
 *     The table carries 2^64 and n is 64 less, so that a subnormal b keeps its bits up to the last scaling.
 *
 * Constants: tools/make_exp_family.py.
 * Worst over all inputs: .9367 ULP at 0x3e077eb8 = 0.132319331; subnormal results .8170 at 0xc2b822e8.
 * Known to be better: the sigmoid in two words, then times x: .76 ULP for two operations more. */
#ifndef FA_MATH_FLOAT32_SILU_H
#define FA_MATH_FLOAT32_SILU_H
#include "sigmoid.h"

PACK_FN f32p silu_sized_f32(const int U, f32p x, f32p b, const int any_size)
{
    const odds_f32 o = make_odds_f32(U, b, 0, any_size, odds_table_lifted, 64.0f);
    const f32p y0 = mul(mul(b, o.t), o.rc), t = residue_f32(U, o, y0, fms(b, o.t, y0));
    const f32p y = fma(t, o.rc, y0); /* of any size, as x is: times a power of two where that is normal */
    const f32p v = any_size ? scale_odds_f32(U, o, y) : mul(y, scale_odds_f32(U, o, F(1.0f)));
    return sub(at_least(F(-0.0f), x), v);
}
PACK_FN f32p silu_f32(const int U, f32p x)
{
    const f32p b = andnot(F(-0.0f), x);
    if (needs_scale(b, F(42.0f)))
        return silu_sized_f32(U, x, at_most(F(120.0f), b), 1);
    return silu_sized_f32(U, x, b, 0);
}

/* x sigmoid(z), z of two words and of the sign of x.  The sigmoid in two words, then times |x|. */
PACK_FN f32p silu_wide_sized_f32(const int U, f32p x, f32p b, f32p b_low, const int any_size)
{
    odds_f32 o = make_odds_f32(U, b, &b_low, any_size, odds_table, 0.0f);
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
