/* gelu(x) = x Phi(x) and its derivative Phi(x) + x phi(x).
 *
 * gelu by steps of b = |x| (engine/steps.h): rows hold gelu(-b) itself, down to -6.47 without an exponential, and gelu(x) =
 * x + gelu(-x), where x - v is exact or v counts half at most.  Its slope there is that of -log f, b: the rows are denser
 * the larger b is, row k around P b + Q b^2 = k.  The first holds gelu(x) - x/2, which is even in x, and adds x/2 in the
 * one last step.
 * Further left, and the derivative, by the row engine (engine/engine.h; tables, ranges and centres by
 * tools/make_engine.py).  Left of 0 Phi is exp(-x*x/2) times rows of a smooth ratio, so that nothing cancels down to the
 * last subnormal at -14.356; right of 0 the rows give Phi itself.
 * The derivative is 0 at -.7517915: its rows hold f/(x - offset), and the product with x - offset is made in two
 * words, so that the relative error stays bounded at the zero.
 *
 * Worst of all 2^32 inputs: gelu .953059 ULP at .304544866, subnormal results .8073 at -13.1816607;
 * derivative .82933 ULP at -13.3497219 (a subnormal result; of the 4096 floats around the zero .627).
 *
 * Of a normal distribution gelu takes, beside the engine alone, .63 of the time at deviations up to 2, .93 at 3 and 1.85 at
 * 4, where most registers have a number that is far.
 *
 * What did not help: rows of the derivative without the offset (unbounded error at the zero); the
 * zero itself as offset everywhere (x - offset is inexact for x < -1.7518 and x > -.2518: 1.4 and 1.09 ULP; hence
 * the edges of the rows, and elsewhere an offset of 12 bits); a first row [-.25, 0] for it (1.19 ULP: what is
 * added to c0 is .23 of it); selecting 2^80 instead of the table's first entry on the right (one or two operations
 * more, no more accurate); the far numbers four registers at once (twice as slow at deviation 3, a tenth faster at 4); a
 * first row up to .43 (1.06 ULP).  AVX2 pays 24 operations for the rows' transpose. */
#ifndef FA_MATH_FLOAT32_GELU_H
#define FA_MATH_FLOAT32_GELU_H
#include "../../engine/rows_gelu.h"
#include "../../engine/rows_gelu_slope.h"
#include "../../engine/steps_gelu.h"

/* Register by register, as where one number is far most are not. */
static f32r __attribute__((noinline)) gelu_far_f32(f32r x)
{
    return engine_f32(1, (f32p){{x, x, x, x}}, gelu_engine, rows_at_once).r[0];
}
LIFT(f32p, gelu_where_far_f32p, (const int U, m32p far, f32p x, f32p y),
     any_m32(far.r[k]) ? select_f32(far.r[k], gelu_far_f32(x.r[k]), y.r[k]) : y.r[k])

PACK_FN f32p gelu_f32(const int U, f32p x, row_turn turn)
{
    const f32p second = F(GELU_STEPS_SECOND), b = size_up_to(GELU_STEPS_END, x);
    const u32p number = bits(fma(b, fma(b, F(GELU_STEPS_Q), F(GELU_STEPS_P)), F(0x1.8p23f)));
    const step_f32 e = find_step_f32(U, b, 0, number, gelu_steps, turn);
    const f32p left = fma(e.p, e.d, select(lt(b, second), mul(F(0.5f), x), e.c0)); /* in the first row all of it */
    const f32p y = with_sign(select(not_lt(x, second), add(left, x), left), x); /* left may be the other 0 */
    const m32p far = lt(x, F(-GELU_STEPS_END));
    return __builtin_expect(any(far), 0) ? gelu_where_far_f32p(U, far, x, y) : y;
}

PACK_FN f32p gelu_slope_f32(const int U, f32p x, row_turn turn) { return engine_f32(U, x, gelu_slope_engine, turn); }
#endif
