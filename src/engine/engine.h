/* The row engine: smooth activations in float32 as data.
 *
 *     left   f(x) = M(x) * E(x) * row polynomial      E = exp(-x*x/2), exp(x) or exp(a cubic), the function's own tail
 *     right  f(x) = M(x) * row polynomial             E = 1, exactly
 *
 * A row is t0, c0..c6: c0 + d*P(d), d = x - t0, chosen by a quarter of a binade of w, an affine map of x on each
 * side, so that the sign lies in the index and there is one path.  What makes single words enough:
 *   - t0 is a float at which c0 and c1 lie next to floats (found by search), and |d*P(d)| <= .17 c0: the roundings of
 *     the polynomial and of the exponential's count little, only the last product is done in two words;
 *   - the exponential's table is kappa * 2^(j/8) with a kappa for which all eight entries lie next to floats; the
 *     rows are divided by kappa;
 *   - the reduction takes 13 bits of its constant, so that n*C1 is exact and r is rounded once at most; the rest is
 *     a smooth factor of the rows;
 *   - the left carries 2^80 up to the last multiplication, the one rounding into the subnormal range.
 * tools/make_engine.py writes the tables and the struct of each function; tools/sweep.py proves each over all inputs.
 *
 * AVX2 pays 24 of some 68 operations for the transpose of the rows, and works in turns (elementwise.c). */
#ifndef FA_ENGINE_ENGINE_H
#define FA_ENGINE_ENGINE_H
#include "../simd/pack.h"
#include "exponential.h"

/* exp(-x*x/2) | exp(x) | exp(2*sqrt(2/pi)*(x + .044715*x^3)) */
enum engine_exponent { ENGINE_GAUSS, ENGINE_EXP, ENGINE_CUBIC };

/* M: x | on the right x from `start` on, else 1 | on the left x - offset from `start` on, else 1 */
enum engine_factor { ENGINE_X, ENGINE_X_RIGHT, ENGINE_OFFSET };

struct engine_spec {
    const float *rows, *columns; /* [32][8] and, transposed, [8][32] */
    enum engine_exponent exponent;
    enum engine_factor factor;
    float lo, hi;           /* f(lo) rounds to 0; f/M is 1 from hi on */
    float w0, base, slope;  /* w = w0 - x on the left, base + slope*x on the right */
    float tail;             /* if not 0: the left's last row holds all below */
    float start;            /* in w */
    const float *offsets;   /* [16], by the low bits of the row's number */
    float offset_low;       /* what the offsets lack to the zero of f */
};

/* f(x) = M (high + low), times 2^80 on the left; row is what chose it, by w. */
typedef struct {
    f32p above, a, w, high, low; /* x bounded below, and on both sides */
    m32p left;
    u32p row;
} engine_parts;

/* All of `s` is known at compile time: what a function does not use is not there.  x_low, if given: the argument is
 * x + x_low; 0 where |x| > 120. */
PACK_FN engine_parts engine_parts_f32(const int U, f32p x, const f32p *x_low, const struct engine_spec s, row_turn turn)
{
    const f32p magic = F(0x1.8p23f);
    const f32p above = at_least(F(s.lo), x), a = at_most(F(s.hi), above);
    /* Tiny positives count as left: their products need the scaling too. */
    const m32p left = lt(a, F(0x1p-100f));

    /* The row: one quarter of a binade of w; the sixteen on the left and on the right have different low five bits. */
    const f32p bounded = s.tail < 0 ? at_least(F(s.tail), a) : a;
    const f32p w = select_above(left, sub(F(s.w0), bounded), fma(a, F(s.slope), F(s.base)));
    const u32p row = shr(bits(w), 21);
    f32p c[8];
    lookup_row(s.rows, s.columns, row, c);

    /* E = T * (1 + p), T = kappa * 2^(80 + n/8), p = exp(-(1+rho)r/2) - 1; on the right n = 0 and p = 0. */
    f32p r, n;
    if (s.exponent == ENGINE_CUBIC) {
        /* z = -a*(a*a + square), its bracket in two words: `square` ends before q does, and square - q is exact */
        const f32p square = F(ENGINE_CUBIC_SQUARE), q = fma(a, a, square), q_low = fma(a, a, sub(square, q));
        n = fma(only(left, mul(a, q)), F(ENGINE_CUBIC_STEPS), magic);
        const f32p m = fma(n, F(ENGINE_CUBIC_STEP), F(-0x1.8p23f * ENGINE_CUBIC_STEP));
        r = only(left, fnma(a, q_low, fnma(a, q, m)));
    } else {
        const f32p live = only(left, s.exponent == ENGINE_GAUSS ? mul(a, a) : a);
        n = fma(live, F(s.exponent == ENGINE_GAUSS ? -ENGINE_LOG2E_8 / 2 : ENGINE_LOG2E_8), magic);
        const f32p m = fma(n, F(ENGINE_C1), F(-0x1.8p23f * ENGINE_C1));
        r = s.exponent == ENGINE_GAUSS ? only(left, fma(a, a, m)) : fma(live, F(-2.0f), m);
    }
    if (x_low)
        r = fma(only(left, *x_low), F(-2.0f), r); /* ENGINE_EXP */
    const int cubic = s.exponent == ENGINE_CUBIC;
    f32p p = fma(F(cubic ? ENGINE_CUBIC_B4 : ENGINE_B4), r, F(cubic ? ENGINE_CUBIC_B3 : ENGINE_B3));
    p = fma(p, r, F(cubic ? ENGINE_CUBIC_B2 : ENGINE_B2));
    p = fma(p, r, F(cubic ? ENGINE_CUBIC_B1 : ENGINE_B1));
    p = mul(p, r);
    const u32p power = add(bits(lookup8(engine_exp2, bits(n))), shl(bits(n), 20));
    const f32p t = from_bits(power);

    f32p d = sub(a, c[0]);
    if (x_low)
        d = add(d, *x_low);
    f32p l = fma(c[7], d, c[6]);
    l = fma(l, d, c[5]);
    l = fma(l, d, c[4]);
    l = fma(l, d, c[3]);
    l = fma(l, d, c[2]);
    l = mul(l, d);
    l = fma(p, add(c[1], l), l); /* E * polynomial = T * (c0 + l) */

    const f32p high = mul(t, c[1]);
    return (engine_parts){above, a, w, high, fma(t, l, fms(t, c[1], high)), left, row};
}

/* The argument of two words: ENGINE_OFFSET alone. */
PACK_FN f32p engine_wide_f32(const int U, f32p x, const f32p *x_low, const struct engine_spec s, row_turn turn)
{
    const engine_parts e = engine_parts_f32(U, x, x_low, s, turn);
    const f32p one = F(1.0f);
    f32p y; /* infinity must meet the high word alone */
    if (s.factor == ENGINE_X) {
        y = fma(e.above, e.high, mul(e.a, e.low));
    } else if (s.factor == ENGINE_X_RIGHT) {
        const m32p far = ge(e.w, F(s.start));
        y = fma(select(far, e.above, one), e.high, mul(select(far, e.a, one), e.low));
    } else {
        const m32p far = both(e.left, ge(e.w, F(s.start)));
        const f32p factor = select(far, sub(e.a, lookup16(s.offsets, e.row)), one);
        const f32p rest = only(far, x_low ? sub(F(s.offset_low), *x_low) : F(s.offset_low));
        y = fma(factor, e.high, fnma(rest, e.high, mul(sub(factor, rest), e.low)));
    }
    /* Up to lo f is -0: said beforehand, because finding it out by underflow is slow. */
    if (__builtin_expect(any_up_to(s.lo, e.a), 0))
        y = select(le(e.a, F(s.lo)), F(-0.0f), y);
    return mul_where(e.left, y, ENGINE_UNSCALE);
}
PACK_FN f32p engine_f32(const int U, f32p x, const struct engine_spec s, row_turn turn)
{
    return engine_wide_f32(U, x, 0, s, turn);
}
#endif
