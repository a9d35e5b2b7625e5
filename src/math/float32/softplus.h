/* softplus(x) = log(1 + exp(x)), by the row engine (engine/engine.h; tables by tools/make_engine.py): exp(x) times
 * rows of log1p(u)/u on the left, rows of f on the right, from 2.64 on rows of f/x times x.  No threshold.
 *
 * Worst of all 2^32 inputs: .784420 ULP at -87.4496689 (a subnormal result).
 *
 * What did not help: f/x from 1.9 on (2^-25.7 instead of 2^-32 in that row). */
#ifndef FA_MATH_FLOAT32_SOFTPLUS_H
#define FA_MATH_FLOAT32_SOFTPLUS_H
#include "../../engine/rows_softplus.h"
#include "../two_words.h"

PACK_FN f32p softplus_f32(const int U, f32p x) { return engine_f32(U, x, softplus_engine); }

/* log(1 + e^z)/beta, z = beta x in two words, 0 < beta < infinity: far on the right rows of f/z times x, else times
 * 1/beta in two words; the 2^80 of the left is taken off last where the result may be subnormal, first where it could
 * overflow. */
PACK_FN f32p softplus_wide_f32(const int U, f32p x, f32p2 z, f32p beta)
{
    struct engine_spec s = softplus_engine;
    s.lo = -140.0f; /* a small beta lifts what is far out; 0 below */
    const f32p low = select(lt(andnot(F(-0.0f), z.hi), F(150.0f)), z.lo, F(0.0f));
    const engine_parts e = engine_parts_f32(U, z.hi, &low, s);
    const m32p far = ge(e.w, F(s.start)), live = not_lt(z.hi, F(s.lo));
    const m32p deep = lt(e.a, F(-40.0f)), shallow = except(e.left, deep);
    const f32p high = mul_where(shallow, e.high, ENGINE_UNSCALE), rest = mul_where(shallow, e.low, ENGINE_UNSCALE);
    const f32p largest = F(0x1.fffffep127f), inverse = at_most(largest, div(F(1.0f), beta));
    const f32p inverse_low = select(far, F(0.0f), mul(fnma(inverse, beta, F(1.0f)), inverse));
    /* infinity must meet the high word alone */
    const f32p factor = select(far, at_most(largest, x), inverse);
    const f32p y = fma(select(far, x, inverse), high, fma(inverse_low, high, mul(factor, rest)));
    return only(live, mul_where(deep, y, ENGINE_UNSCALE));
}
#endif
