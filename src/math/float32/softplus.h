/* softplus(x) = log(1 + exp(x)), by the row engine (engine/engine.h; tables by tools/make_engine.py): exp(x) times
 * rows of log1p(u)/u on the left, rows of f on the right, from 2.64 on rows of f/x times x.  No threshold.
 *
 * Worst of all 2^32 inputs: .784420 ULP at -87.4496689 (a subnormal result).
 *
 * What did not help: f/x from 1.9 on (2^-25.7 instead of 2^-32 in that row). */
#ifndef FA_MATH_FLOAT32_SOFTPLUS_H
#define FA_MATH_FLOAT32_SOFTPLUS_H
#include "../../engine/rows_softplus.h"

PACK_FN f32p softplus_f32(const int U, f32p x) { return engine_f32(U, x, softplus_engine); }
#endif
