/* gelu(x) = x Phi(x) and its derivative Phi(x) + x phi(x).
 *
 * By steps of |x| (half_steps and slope_steps in engine/steps.h): rows hold gelu(-b), or gelu'(-b), itself, down to -6.47
 * and -6.56 without an exponential.
 * Further left by the row engine (engine/engine.h; tables, ranges and centres by tools/make_engine.py).  Left of 0 Phi is
 * exp(-x*x/2) times rows of a smooth ratio, so that nothing cancels down to the
 * last subnormal at -14.356.
 * The derivative is 0 at -.7517915: rows beside it hold f/(x - offset), and the product with x - offset is made in two
 * words, so that the relative error stays bounded at the zero.
 *
 * Worst of all 2^32 inputs: gelu .953059 ULP at .304544866, subnormal results .8073 at -13.1816607;
 * derivative .916219 ULP at -.327137858, subnormal results .8293 at -13.3497219.
 *
 * Of a normal distribution gelu takes, beside the engine alone, .6 of the time at deviations up to 2, .9 at 3 and 1.4 at
 * 4, where most registers have a number that is far; the derivative as much.
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
#include "../../engine/steps_gelu_slope.h"

static f32r __attribute__((noinline)) gelu_far_f32(f32r x)
{
    return engine_f32(1, (f32p){{x, x, x, x}}, gelu_engine, rows_at_once).r[0];
}
PACK_FN f32p gelu_f32(const int U, f32p x, row_turn turn)
{
    return half_steps_f32(U, x, gelu_steps, gelu_far_f32, turn);
}

static f32r __attribute__((noinline)) gelu_slope_far_f32(f32r x)
{
    return engine_f32(1, (f32p){{x, x, x, x}}, gelu_slope_engine, rows_at_once).r[0];
}
PACK_FN f32p gelu_slope_f32(const int U, f32p x, row_turn turn)
{
    return slope_steps_f32(U, x, gelu_slope_steps, gelu_slope_far_f32, turn);
}
#endif
