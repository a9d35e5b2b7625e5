/* softplus(x) = log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), the last by steps (engine/steps.h) and the sum in two words;
 * far out e^-|x| is all of that.  log_sigmoid(x) = -softplus(-x).  No threshold.
 *
 * Of an argument in two words by the row engine (engine/engine.h; tables by tools/make_engine.py): exp(x) times
 * rows of log1p(u)/u on the left, rows of f on the right, from 2.64 on rows of f/x times x.
 *
 * Worst of all inputs: softplus .7777 ULP at -5.66801786, log_sigmoid' .8059 at -1.03409719; subnormal results below .55.
 *
 * What did not help: the engine for one word too (twice the time on AVX-512, 1.6 times on AVX2); in it, f/x from 1.9 on
 * (2^-25.7 instead of 2^-32 in that row). */
#ifndef FA_MATH_FLOAT32_SOFTPLUS_H
#define FA_MATH_FLOAT32_SOFTPLUS_H
#include "../../engine/rows_softplus.h"
#include "../../engine/steps_sigmoid.h"
#include "../../engine/steps_softplus.h"
#include "../two_words.h"
#include "exp.h"

/* sign softplus(sign x), sign = 1 or -1. */
PACK_FN f32p signed_softplus_f32(const int U, f32p x, const int sign, row_turn turn)
{
    const f32p b = andnot(F(-0.0f), x), large = sign > 0 ? at_least(F(0.0f), x) : at_most(F(-0.0f), x);
    const step_f32 e = find_step_f32(U, b, 0, step_number_f32(U, b), softplus_steps, turn);
    /* high + low = large + sign c0 */
    const f32p high = sign > 0 ? add(large, e.c0) : sub(large, e.c0), c = sub(high, large);
    const f32p rest = sub(large, sub(high, c)), low = sign > 0 ? add(rest, sub(e.c0, c)) : sub(rest, add(e.c0, c));
    const f32p sum = add(high, sign > 0 ? fma(e.p, e.d, low) : fnma(e.p, e.d, low));
    const f32p alone = sign > 0 ? fma(e.p, e.d, high) : fnma(e.p, e.d, high); /* rounded once */
    const f32p y = sign > 0 ? select(negative(x), alone, sum) : select(negative(x), sum, alone);
    const m32p far = beyond_steps_f32(U, b);
    if (!__builtin_expect(any(far), 0))
        return y;
    /* 0 for NaN too: of two NaN in a sum the compiler would choose one. */
    const f32p small = exp_f32(U, at_least(xor_(F(-0.0f), b), F(-1000.0f)));
    return select(far, sign > 0 ? add(large, small) : sub(large, small), y);
}
PACK_FN f32p softplus_f32(const int U, f32p x, row_turn turn) { return signed_softplus_f32(U, x, 1, turn); }
PACK_FN f32p log_sigmoid_f32(const int U, f32p x, row_turn turn) { return signed_softplus_f32(U, x, -1, turn); }

/* sigmoid(-x), by steps: a quarter less time than sigmoid.h on AVX-512, half as much again on AVX2. */
PACK_FN f32p log_sigmoid_slope_f32(const int U, f32p x, row_turn turn)
{
    const f32p b = andnot(F(-0.0f), x);
    const m32p far = beyond_steps_f32(U, b);
    f32p y = steps_f32(U, b, sigmoid_steps, turn);
    if (__builtin_expect(any(far), 0))
        y = select(far, exp_f32(U, xor_(F(-0.0f), b)), y);
    return select(negative(x), sub(F(1.0f), y), y);
}

/* log(1 + e^z)/beta, z = beta x in two words, 0 < beta < infinity: far on the right rows of f/z times x, else times
 * 1/beta in two words; the 2^80 of the left is taken off last where the result may be subnormal, first where it could
 * overflow. */
PACK_FN f32p softplus_wide_f32(const int U, f32p x, f32p2 z, f32p beta)
{
    struct engine_spec s = softplus_engine;
    s.lo = -140.0f; /* a small beta lifts what is far out; 0 below */
    const f32p low = select(both(gt(z.hi, F(-150.0f)), lt(z.hi, F(s.hi))), z.lo, F(0.0f));
    const engine_parts e = engine_parts_f32(U, z.hi, &low, s, rows_at_once);
    const m32p far = ge(e.w, F(s.start)), live = not_lt(z.hi, F(s.lo));
    const m32p deep = lt(e.a, F(-40.0f)), shallow = except(e.left, deep);
    const f32p high = mul_where(shallow, e.high, ENGINE_UNSCALE), rest = mul_where(shallow, e.low, ENGINE_UNSCALE);
    const f32p largest = F(0x1.fffffep127f), inverse = at_most(largest, div(F(1.0f), beta));
    const f32p inverse_low = select(far, F(0.0f), mul(fnma(inverse, beta, F(1.0f)), inverse));
    /* infinity must meet the high word alone */
    const f32p factor = select(far, at_most(largest, x), inverse);
    const f32p y = fma(select(far, x, inverse), high, fma(inverse_low, high, mul(factor, rest)));
    return mul_where(deep, only(live, y), ENGINE_UNSCALE);
}
#endif
