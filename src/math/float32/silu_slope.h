/* The derivative of silu, f(x) = s(x) (1 + x (1 - s(x))), s the sigmoid.  f(x) = 1 - f(-x): left of 0 by steps of |x|
 * (engine/steps.h), times |x| - 1.2784645 in two words beside that zero.
 *
 * Far out by the row engine (engine/engine.h; tables by tools/make_engine.py).  On the left from -.5 on its rows hold
 * f/(exp(x) (x - offset)): the offset is the zero of f, then the same in 12 bits, then -1, as f is exp(x) (x + 1) far out.
 *
 * Worst of all inputs: .8946 ULP at 0x3cc12ddc = .0235814378; subnormal results .8157 at 0xc2b7b77c.
 *
 * What did not help: by the engine, rows of f/exp(x) alone (unbounded error at the zero) and -1.25 as offset on
 * [-3.5, -2.5] (the pole beside the zero costs 2^-24.8); by steps, the factor |x| - 1.278 up to 3.2 (1.08 ULP), its rest
 * taken from it first (two roundings more, 1.11 ULP), rows two thirds wide up to 21 (.98 ULP, and no room for a low word);
 * the low word in d and not in P (1.55 ULP). */
#ifndef FA_MATH_FLOAT32_SILU_SLOPE_H
#define FA_MATH_FLOAT32_SILU_SLOPE_H
#include "../../engine/rows_silu_slope.h"
#include "../../engine/steps_silu_slope.h"
#include "../two_words.h"

static f32r __attribute__((noinline)) silu_slope_far_f32(f32r x, f32r x_low)
{
    enum { U = 1 };
    const f32p all = {{x, x, x, x}}, all_low = {{x_low, x_low, x_low, x_low}};
    const f32p low = only(negative(all), all_low); /* right of 0 what it adds would underflow */
    return engine_wide_f32(U, all, &low, silu_slope_engine, rows_at_once).r[0];
}
LIFT(f32p, silu_slope_where_far_f32p, (const int U, m32p far, f32p x, f32p x_low, f32p y),
     any_m32(far.r[k]) ? select_f32(far.r[k], silu_slope_far_f32(x.r[k], x_low.r[k]), y.r[k]) : y.r[k])

/* At x, or at x + x_low. */
PACK_FN f32p silu_slope_sum_f32(const int U, f32p x, const f32p *x_low, row_turn turn)
{
    const f32p b = andnot(F(-0.0f), x), one = F(1.0f);
    const u32p number = bits(add(fma(b, F(2.0f), F(-0.5f)), F(0x1.8p23f))); /* the first row ends at 1/2 */
    const f32p b_low = x_low ? xor_(and_(F(-0.0f), x), *x_low) : x;
    const step_f32 e = find_step_f32(U, b, x_low ? &b_low : 0, number, silu_slope_steps, turn);
    const m32p beside = both(gt(b, F(SILU_SLOPE_STEPS_FIRST)), lt(b, F(SILU_SLOPE_STEPS_LAST)));
    const f32p m = sub(b, F(SILU_SLOPE_STEPS_ZERO));
    const f32p rest = x_low ? sub(F(SILU_SLOPE_STEPS_REST), b_low) : F(SILU_SLOPE_STEPS_REST);
    const f32p l = mul(e.p, e.d), low = fms(m, l, mul(rest, add(e.c0, l)));
    const f32p left = select(beside, fma(m, e.c0, low), fma(e.p, e.d, e.c0));
    const f32p y = select(negative(x), left, sub(one, left));
    const m32p far = not_lt(b, F(16.0f));
    return __builtin_expect(any(far), 0) ? silu_slope_where_far_f32p(U, far, x, x_low ? *x_low : F(0.0f), y) : y;
}
PACK_FN f32p silu_slope_f32(const int U, f32p x, row_turn turn) { return silu_slope_sum_f32(U, x, 0, turn); }
PACK_FN f32p silu_slope_wide_f32(const int U, f32p2 z, row_turn turn)
{
    /* none far out, where f is 0 or 1, and z.lo may be NaN */
    const f32p low = only(lt(andnot(F(-0.0f), z.hi), F(120.0f)), z.lo);
    return silu_slope_sum_f32(U, z.hi, &low, turn);
}
#endif
