/* mish(x) = x tanh(log(1 + exp(x))) and its derivative, by the row engine (engine/engine.h; tables by
 * tools/make_engine.py): exp(x) times rows of f/(x exp(x)) on the left, rows of f/x on the right.  On the left from -.5
 * on the derivative's rows hold f/(exp(x) (x - offset)): the offset is its zero, -1.1924312, then the same in 12 bits,
 * then -1, as f is exp(x) (x + 1) far out.
 *
 * Worst of all 2^32 inputs: .934899 ULP at -.236473173, subnormal results .8139 at -91.869;
 * derivative .919294 ULP at -.49999997, subnormal results .8038 at -91.8647. */
#ifndef FA_MATH_FLOAT32_MISH_H
#define FA_MATH_FLOAT32_MISH_H
#include "../../engine/rows_mish.h"
#include "../../engine/rows_mish_slope.h"

PACK_FN f32p mish_f32(const int U, f32p x, row_turn turn) { return engine_f32(U, x, mish_engine, turn); }

PACK_FN f32p mish_slope_f32(const int U, f32p x, row_turn turn) { return engine_f32(U, x, mish_slope_engine, turn); }
#endif
