/* gelu by tanh, x sigmoid(v), v = 2 sqrt(2/pi) (x + .044715 x^3), and its derivative, by the row engine
 * (engine/engine.h; tables by tools/make_engine.py): exp(v) times rows of 1/(1 + exp(v)) on the left.
 * The derivative's rows hold f/(exp(v) (x - offset)) on the left from -.26 on: the offset is its zero, -.7524614, then
 * the same in 12 bits, then -.921875, -1.25 and -2.625, which take from the growth of f/exp(v), a cubic, and whose poles lie
 * far enough from their rows.
 *
 * Worst of all 2^32 inputs:
 */
#ifndef FA_MATH_FLOAT32_GELU_TANH_H
#define FA_MATH_FLOAT32_GELU_TANH_H
#include "../../engine/rows_gelu_tanh.h"
#include "../../engine/rows_gelu_tanh_slope.h"

PACK_FN f32p gelu_tanh_f32(const int U, f32p x) { return engine_f32(U, x, gelu_tanh_engine); }

PACK_FN f32p gelu_tanh_slope_f32(const int U, f32p x) { return engine_f32(U, x, gelu_tanh_slope_engine); }
#endif
