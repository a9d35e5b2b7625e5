/* silu and its derivative, float64.
 *
 *     silu(x) = max(x, 0) - b sigmoid(-b), b = |x|, the product with the quotient of sigmoid.h in two words.
 *     silu'(x) = 1 - silu'(-x), and -silu'(-b) = s ((b - 1) F - s)/(s + F)^2 with the odds s : F of sigmoid.h: the
 *     bracket in two words, and beside its zero a polynomial about that; the quotients' residues as for sigmoid.
 *
 * Constants: tools/make_float64.py.  Worst inputs found, by tools/check_float64.py and among 10^7 points against
 * 113-bit arithmetic:
 *   silu   .791 ULP at 0x1.5012b91f95254p-1; subnormal results .783 at -0x1.658e9630e62b7p+9
 *   silu'  .879 ULP at 0x1.3b922e4f3a271p-2, .82 beside its zero; subnormal results .793 at -0x1.65850d94eae71p+9
 * Tried: rows as for gelu' (poles at i pi: 16 rows of degree 13 leave 2^-45); a second way for ordinary arguments, as on
 * AVX2 (3 % here, 8 % of sigmoid, for twice the code); the division of the odds by float32's and two steps of Newton (as
 * fast); w (b - 1 - b w), w = sigmoid(-b), in two words (fewer operations, 1 to 15 % slower); the remainder's polynomial
 * in two chains (3 % faster, sigmoid' 7 % slower). */
#ifndef FA_MATH_FLOAT64_SILU_H
#define FA_MATH_FLOAT64_SILU_H
#include "sigmoid.h"

/* x sigmoid(+-b), u = |x|; see make_odds_f64. */
PACK_FN f64p silu_sized_f64(const int U, f64p x, f64p u, f64p b, const f64p *b_low, const int any_size)
{
    odds_f64 o = make_odds_f64(U, b, b_low, any_size, 0);
    if (b_low)
        o.live = not_lt(D(1300.0), b); /* x may be large */
    const f64p y0 = mul(o.t, o.rc), t = residue_f64(U, o, y0);
    const f64p y = fma(t, o.rc, y0), v = fma(u, y, mul(u, fma(t, o.rc, sub(y0, y))));
    /* -0 - 0 is -0: the sign of zero, and of the limit at -inf */
    return sub(at_least(D(-0.0), x), any_size ? scale_odds_f64(U, o, v) : mul(v, o.power));
}
PACK_FN f64p silu_f64(const int U, f64p x)
{
    const f64p b = andnot(D(-0.0), x);
    if (needs_scale(b, D(700.0)))
        return silu_sized_f64(U, x, b, at_most(D(1380.0), b), 0, 1);
    return silu_sized_f64(U, x, b, b, 0, 0);
}
/* x sigmoid(z), z of two words and of the sign of x. */
PACK_FN f64p silu_wide_f64(const int U, f64p x, f64p2 z)
{
    const f64p u = andnot(D(-0.0), x), b = andnot(D(-0.0), z.hi), b_low = low_of_size_f64(U, z);
    if (needs_scale(b, D(700.0)))
        return silu_sized_f64(U, x, u, at_most(D(1380.0), b), &b_low, 1);
    return silu_sized_f64(U, x, u, b, &b_low, 0);
}

/* y where x < 0, 1 - y elsewhere, from -y: the derivatives of functions with f(x) = x + f(-x). */
PACK_FN f64p reflect_slope_f64(const int U, f64p x, f64p minus_y)
{
    return select(negative(x), xor_(D(-0.0), minus_y), add(D(1.0), minus_y));
}

/* -f'(-b)/2^n of f(-b) = -b sigmoid(-v), where the odds are those of v(b) and g + g_low = b v'(b). */
PACK_FN f64p bent_slope_f64(const int U, odds_f64 o, f64p g, const f64p *g_low)
{
    const f64p m = sub(g, D(1.0)), q = sub(m, o.s), h = fma(m, o.f, q);
    const f64p q_low = sub(sub(m, q), o.s), rest = g_low ? add(q_low, fma(*g_low, o.f, *g_low)) : q_low;
    const f64p h_low = fma(m, o.f, add(sub(q, h), rest));
    const f64p y = mul(o.t, o.rc), z = mul(h, o.rc), z_rest = add(fnma(z, o.f, fnma(z, o.s, sub(h, z))), h_low);
    return fma(y, z, mul(o.rc, fma(y, z_rest, mul(z, residue_f64(U, o, y)))));
}
/* y or, where d, to which *b_low is to be added, is next to 0, -silu' at that distance from its zero. */
PACK_FN f64p beside_silu_zero_f64(const int U, f64p y, f64p d, const f64p *b_low)
{
    const m64p beside = lt(andnot(D(-0.0), d), D(SILU64_ZERO_REACH));
    if (!any(beside))
        return y;
    const f64p sum = b_low ? add(d, *b_low) : d, d_low = b_low ? sub(*b_low, sub(sum, d)) : D(0.0);
    return select(beside, about_zero_f64(U, silu64_zero_terms, 8, SILU64_ZERO_SLOPE_LOW, sum, b_low ? &d_low : 0), y);
}
PACK_FN f64p silu_slope_sized_f64(const int U, f64p x, f64p b, const f64p *b_low, const int any_size)
{
    const odds_f64 o = make_odds_f64(U, b, b_low, any_size, 0);
    f64p y = scale_odds_f64(U, o, bent_slope_f64(U, o, b, b_low));
    const f64p d = sub(D(-SILU64_ZERO), x);
    for (int k = 0; k < U; k++) { /* a register at a time: of 16 or 32 numbers often some are there */
        const f64p low = {{b_low ? b_low->r[k] : d.r[k]}};
        y.r[k] = beside_silu_zero_f64(1, (f64p){{y.r[k]}}, (f64p){{d.r[k]}}, b_low ? &low : 0).r[0];
    }
    return reflect_slope_f64(U, x, y);
}
PACK_FN f64p silu_slope_f64(const int U, f64p x)
{
    const f64p b = andnot(D(-0.0), x);
    if (needs_scale(b, D(700.0)))
        return silu_slope_sized_f64(U, x, at_most(D(1380.0), b), 0, 1);
    return silu_slope_sized_f64(U, x, b, 0, 0);
}
/* The derivative at two words. */
PACK_FN f64p silu_slope_wide_f64(const int U, f64p2 z)
{
    const f64p b = andnot(D(-0.0), z.hi), b_low = low_of_size_f64(U, z);
    if (needs_scale(b, D(700.0)))
        return silu_slope_sized_f64(U, z.hi, at_most(D(1380.0), b), &b_low, 1);
    return silu_slope_sized_f64(U, z.hi, b, &b_low, 0);
}
#endif
