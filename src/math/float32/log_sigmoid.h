/* log_sigmoid(x) = -softplus(-x), float32: softplus by the row engine (engine/engine.h) with the signs of x and of the
 * result in the constants, two operations less than turning them.
 *
 * With a = -x there, every odd step is a subtraction here; the factor of the last product, 1 or a, is -1 or x.
 * Worst of all 2^32 inputs: .6892 ULP at 0xc0290dfe; subnormal results .7844 at 0x42aee63b. */
#ifndef FA_MATH_FLOAT32_LOG_SIGMOID_H
#define FA_MATH_FLOAT32_LOG_SIGMOID_H
#include "../../engine/rows_softplus.h"

PACK_FN f32p log_sigmoid_f32(const int U, f32p x)
{
    const struct engine_spec s = softplus_engine;
    const f32p magic = F(0x1.8p23f);
    const f32p below = at_most(F(-s.lo), x), a = at_least(F(-s.hi), below);
    const m32p left = lt(F(-0x1p-100f), a);

    const f32p w = select_above(left, add(at_most(F(-s.tail), a), F(s.w0)), fma(a, F(-s.slope), F(s.base)));
    const u32p row = shr(bits(w), 21);
    f32p c[8];
    lookup_row(s.rows, s.columns, row, c);

    const f32p live = only(left, a);
    const f32p n = fma(live, F(-ENGINE_LOG2E_8), magic);
    const f32p r = fma(live, F(2.0f), fma(n, F(ENGINE_C1), F(-0x1.8p23f * ENGINE_C1)));
    f32p p = fma(F(ENGINE_B4), r, F(ENGINE_B3));
    p = fma(p, r, F(ENGINE_B2));
    p = fma(p, r, F(ENGINE_B1));
    p = mul(p, r);
    const f32p t = from_bits(add(bits(lookup8(engine_exp2, bits(n))), shl(bits(n), 20)));

    const f32p d = add(a, c[0]);
    f32p l = fnma(c[7], d, c[6]);
    l = fnma(l, d, c[5]);
    l = fnma(l, d, c[4]);
    l = fnma(l, d, c[3]);
    l = fnma(l, d, c[2]);
    l = mul(l, d);
    l = fms(p, sub(c[1], l), l); /* E * polynomial = T * (c0 + l) */

    const f32p high = mul(t, c[1]), low = fma(t, l, fms(t, c[1], high));
    const m32p far = ge(w, F(s.start));
    const f32p y = fma(select(far, below, F(-1.0f)), high, mul(select(far, a, F(-1.0f)), low));
    return mul_where(left, y, ENGINE_UNSCALE);
}
#endif
