/* gelu by tanh, x sigmoid(v), v = 2 sqrt(2/pi) (x + .044715 x^3), and its derivative, by steps of |x|
 * (half_steps and slope_steps in engine/steps.h) down to -5.94; further left by the row engine (engine/engine.h; tables by
 * tools/make_engine.py): exp(v) times rows of 1/(1 + exp(v)) on the left.
 * The derivative's rows hold f/(exp(v) (x - offset)) on the left from -.26 on: the offset is its zero, -.7524614, then
 * the same in 12 bits, then -.921875, -1.25 and -2.625, which take from the growth of f/exp(v), a cubic, and whose poles
 * lie far enough from their rows.
 *
 * Worst of all 2^32 inputs: .98477 ULP at -4.99442434, subnormal results .7952 at -10.1035;
 * derivative .939189 ULP at -4.9989152, subnormal results .8148 at -10.2395.
 *
 * What did not help: offsets that make f/(x - offset) stationary in the middle of each row (the pole is then so near
 * that the row is off by 2^-22); a step of the exponential's exact length (1.003 ULP at -7.35).  The offset
 * -.921875 is the best of thirty tried between -.75 and -1.2; -1 gives 1.04 ULP at -3.377; steps
 * down to -6.13 (1.07 ULP in the last but one). */
#ifndef FA_MATH_FLOAT32_GELU_TANH_H
#define FA_MATH_FLOAT32_GELU_TANH_H
#include "../../engine/rows_gelu_tanh.h"
#include "../../engine/rows_gelu_tanh_slope.h"
#include "../../engine/steps_gelu_tanh.h"
#include "../../engine/steps_gelu_tanh_slope.h"

static f32r __attribute__((noinline)) gelu_tanh_far_f32(f32r x)
{
    return engine_f32(1, (f32p){{x, x, x, x}}, gelu_tanh_engine, rows_at_once).r[0];
}
PACK_FN f32p gelu_tanh_f32(const int U, f32p x, row_turn turn)
{
    return half_steps_f32(U, x, gelu_tanh_steps, gelu_tanh_far_f32, turn);
}

static f32r __attribute__((noinline)) gelu_tanh_slope_far_f32(f32r x)
{
    return engine_f32(1, (f32p){{x, x, x, x}}, gelu_tanh_slope_engine, rows_at_once).r[0];
}
PACK_FN f32p gelu_tanh_slope_f32(const int U, f32p x, row_turn turn)
{
    return slope_steps_f32(U, x, gelu_tanh_slope_steps, gelu_tanh_slope_far_f32, turn);
}
#endif
