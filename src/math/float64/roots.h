/* squareplus, dish and their derivatives, float64; a = |x|.
 *
 * squareplus of x and b, 2^-60 <= b < 2^60, a < 2^60, as in float32/roots.h, with two steps of Newton.
 * The others for a < 2^8: R = 1/sqrt(1 + x^2) rounded to float32, so that R^2 is exact, and h = 1 - (1 + x^2) R^2;
 *     Z = 1 + x/sqrt(1 + x^2) = 1 + x R + x R ((1 - h)^-1/2 - 1) in two words, with no root or division of float64.
 *     dish(x) = x Z/2;  squareplus' at x sqrt(b) and b is D = Z/2;  dish' = D (4 D (3/2 - D) - 1).
 * All else is in activations/algebraic.h.
 *
 * Constants: tools/make_near_zero.py.  Worst inputs found by tools/check_float64.py:
 *   squareplus .840 ULP at 0x1.f1adeb6de0c16p-12, squareplus' .502 at -0x1.259ce158b6d23p+8
 *   dish .503, dish' .501 at -0x1.efd568addd526p+4, at its zero .49; signed_sqrt' .500
 * Tried: for squareplus seeds by bits and a polynomial, as in float32 (3 % faster, for 20 lines and their tables). */
#ifndef FA_MATH_FLOAT64_ROOTS_H
#define FA_MATH_FLOAT64_ROOTS_H
#include "../two_words.h"
#include "exp.h"
#include "near_zero.h"

PACK_FN f64p newton_squareplus_f64(const int U, f64p x, f64p b, const int is_4)
{
    const f64p a = andnot(D(-0.0), x), c = mul(D(0.25), b), s = fma(a, a, b), over_r = rough_over_root(s);
    const f64p y0 = mul(mul(D(0.5), b), rough_over(fma(s, over_r, a)));
    const f64p y1 = fma(fnma(y0, y0, fnma(a, y0, c)), over_r, y0);

    const f64p p = at_least(D(0.0), x), more = is_4 ? p : at_least(y1, p), less = is_4 ? y1 : at_most(y1, p);
    const f64p high = add(more, less), y = is_4 ? sub(high, p) : y1, residue = fnma(y, y, fnma(a, y, c));
    return is_4 ? fma(residue, over_r, high) : add(high, fma(residue, over_r, sub(less, sub(high, more))));
}

/* Z of |x| < 2^8; the second word may be 2^-22. */
PACK_FN f64p2 root_ratio_f64(const int U, f64p x)
{
    const f64p one = D(1.0), s = fma(x, x, one), s_low = fma(x, x, sub(one, s));
    const f64p rough = rough_over_root(s), square = mul(rough, rough);
    const f64p h = fnma(s_low, square, fnma(s, square, one));
    const f64p v = mul(x, rough), z = add(one, v), low = add(add(sub(one, z), v), fms(x, rough, v));
    const f64p terms = fma(fma(D(0.3125), h, D(0.375)), h, D(0.5));
    return (f64p2){z, fma(mul(v, h), terms, low)};
}
/* At h; a_low: what |h| lacks, if given; Z' is R^3. */
PACK_FN f64p near_squareplus_slope_f64(const int U, f64p h, const f64p *a_low)
{
    f64p2 z = root_ratio_f64(U, h);
    if (a_low) {
        const f64p rough = rough_over_root(fma(h, h, D(1.0))), low = xor_(and_(D(-0.0), h), *a_low);
        z.lo = fma(mul(low, rough), mul(rough, rough), z.lo);
    }
    return mul(D(0.5), add(z.hi, z.lo));
}
PACK_FN f64p near_dish_f64(const int U, f64p x)
{
    const f64p2 z = root_ratio_f64(U, x);
    const f64p half = mul(D(0.5), x);
    return fma(half, z.hi, mul(half, z.lo));
}
/* D m = D (h + h_low), m = 4 D (3/2 - D) - 1; beside its zero a polynomial about that. */
PACK_FN f64p near_dish_slope_f64(const int U, f64p x)
{
    const f64p2 z = root_ratio_f64(U, x), d = fast_two_sum(mul(D(0.5), z.hi), mul(D(0.5), z.lo));
    const f64p one = D(1.0), six = D(6.0), k = fnma(D(4.0), d.hi, six), k_low = fnma(D(4.0), d.hi, sub(six, k));
    const f64p p = mul(d.hi, k), h = sub(p, one), h_low = add(fms(d.hi, k, p), sub(p, add(h, one)));
    const f64p m_low = fma(d.hi, k_low, fma(d.lo, fnma(D(8.0), d.hi, six), h_low));
    const f64p v = mul(d.hi, h), y = add(v, fma(d.hi, m_low, fma(d.lo, h, fms(d.hi, h, v))));
    const f64p e = sub(D(-DISH64_ZERO), x);
    const m64p beside = lt(andnot(D(-0.0), e), D(DISH64_ZERO_REACH));
    if (!__builtin_expect(any(beside), 0))
        return y;
    const f64p minus = about_zero_f64(U, dish64_zero_terms, 4, DISH64_ZERO_SLOPE_LOW, e, 0);
    return select(beside, xor_(D(-0.0), minus), y);
}

/* 1/(2 sqrt(a)), a normal: that of a times a power of 4, in [1/2, 2), by float32's, and h as above. */
PACK_FN f64p half_over_root_f64(const int U, f64p a)
{
    const u64p even = splat_u64p(0x7fe0000000000000), near_one = splat_u64p(0x3fe0000000000000);
    const u64p power = sub(shr(near_one, 1), shr(and_(bits(a), even), 1));
    const f64p m = from_bits(or_(and_(bits(a), splat_u64p(0x001fffffffffffff)), near_one));
    const f64p rough = rough_over_root(m), h = fnma(mul(rough, rough), m, D(1.0)), half = mul(D(0.5), rough);
    const f64p y = fma(mul(half, h), fma(D(0.375), h, D(0.5)), half);
    return from_bits(add(bits(y), power));
}
#endif
