/* The derivative of silu, s(x) (1 + x (1 - s(x))), by the row engine (engine/engine.h; tables by
 * tools/make_engine.py).  On the left from -.5 on the rows hold f/(exp(x) (x - offset)): the offset is the zero of f,
 * -1.2784645, then the same in 12 bits, then -1, as f is exp(x) (x + 1) far out.
 *
 * Worst of all 2^32 inputs: .934842 ULP at -.917411804 (of the 4096 floats around the zero .593).
 *
 * What did not help: rows of f/exp(x) alone (unbounded error at the zero); -1.25 as offset on
 * [-3.5, -2.5] (the pole beside the zero costs 2^-24.8). */
#ifndef FA_MATH_FLOAT32_SILU_SLOPE_H
#define FA_MATH_FLOAT32_SILU_SLOPE_H
#include "../../engine/rows_silu_slope.h"
#include "../two_words.h"

PACK_FN f32p silu_slope_f32(const int U, f32p x) { return engine_f32(U, x, silu_slope_engine); }
/* The derivative at two words. */
PACK_FN f32p silu_slope_wide_f32(const int U, f32p2 z)
{
    const f32p low = select(lt(andnot(F(-0.0f), z.hi), F(120.0f)), z.lo, F(0.0f));
    return engine_wide_f32(U, z.hi, &low, silu_slope_engine);
}
#endif
