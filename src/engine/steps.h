/* Functions of b = |x| that fall like e^-b, float32, as data up to b = 21; their tail is the kernel's own.
 *
 *     c0 + d P(d), d = b - t, P of degree 5, by 32 rows t, c0..c6 two thirds wide: no exponential, no scaling.
 *
 * b - t is exact, t is a float at which c0 and c1 lie next to floats, and the last step, one fma, rounds a sum of which
 * d P(d) is three tenths: what is rounded before it counts as much less.  From 21 on e^-b is below 2^-30, and
 * functions are e^-b or the like.  tools/make_steps.py writes the tables.  sigmoid' has rows of 1/2 up to 15.75, silu' up to
 * 16, which leaves room for b_low, and gelu has rows that grow narrower up to 6.47.
 *
 * Columns are asked for one by one: all at once, in front, is 25 % slower on AVX-512, which spills them.  AVX2 pays for
 * the transpose of the rows (engine.h): sigmoid' takes it 20 % longer than a quotient of exponentials does, where AVX-512
 * takes 45 % less. */
#ifndef FA_ENGINE_STEPS_H
#define FA_ENGINE_STEPS_H
#include "../simd/pack.h"

typedef struct { const float *rows, *columns; /* [32][8] and, transposed, [8][32] */ } step_table;

/* c0 + d p */
typedef struct { f32p c0, d, p; } step_f32;

/* The number of the row, in the low bits, of rows 2/3 wide (all but those of sigmoid', silu' and gelu). */
PACK_FN u32p step_number_f32(const int U, f32p b) { return bits(fma(b, F(1.5f), F(0x1.8p23f))); }
/* b_low: what b lacks, if given. */
PACK_FN step_f32 find_step_f32(const int U, f32p b, const f32p *b_low, u32p number, const step_table s, row_turn turn)
{
    row_f32p row;
    find_row(s.rows, number, &row);
    const f32p exact = sub(b, column(row, s.columns, 0)), d = b_low ? add(exact, *b_low) : exact;
    f32p p = fma(column(row, s.columns, 7), d, column(row, s.columns, 6));
    p = fma(p, d, column(row, s.columns, 5));
    p = fma(p, d, column(row, s.columns, 4));
    p = fma(p, d, column(row, s.columns, 3));
    p = fma(p, d, column(row, s.columns, 2));
    return (step_f32){column(row, s.columns, 1), d, p};
}
PACK_FN f32p steps_f32(const int U, f32p b, const step_table s, row_turn turn)
{
    const step_f32 e = find_step_f32(U, b, 0, step_number_f32(U, b), s, turn);
    return fma(e.p, e.d, e.c0);
}
/* Where another way is to be taken. */
PACK_FN m32p beyond_steps_f32(const int U, f32p b) { return not_lt(b, F(21.0f)); }

/* The same of functions that fall like a power of b, by rows of eighths of a binade of above = b + 1, up to b = 15. */
PACK_FN step_f32 find_eighth_f32(const int U, f32p b, f32p above, const step_table s, row_turn turn)
{
    return find_step_f32(U, b, 0, shr(bits(above), 20), s, turn);
}
PACK_FN m32p beyond_eighths_f32(const int U, f32p b) { return not_lt(b, F(15.0f)); }

/* f of f(x) = x + f(-x), by rows of f(-b): row k is around p b + q b^2 = k, denser the larger b is, as f falls like
 * e^(-b^2/2) or faster.  The first holds f(x) - x/2, which is even in x, and adds x/2 in the one last step; `second` is where
 * the next begins.  x + f(-x) is exact, or the second counts half at most.
 * Left of -end another way, register by register, as where one number is far most are not. */
typedef struct {
    step_table steps;
    float p, q, second, end;
} half_steps;

LIFT(f32p, where_far_f32p, (const int U, f32r (*far)(f32r), m32p m, f32p x, f32p y),
     any_m32(m.r[k]) ? select_f32(m.r[k], far(x.r[k]), y.r[k]) : y.r[k])
PACK_FN u32p step_of_f32(const int U, f32p b, float p, float q)
{
    return bits(fma(b, fma(b, F(q), F(p)), F(0x1.8p23f)));
}
PACK_FN f32p half_steps_f32(const int U, f32p x, const half_steps s, f32r (*far)(f32r), row_turn turn)
{
    const f32p second = F(s.second), b = size_up_to(s.end, x);
    const step_f32 e = find_step_f32(U, b, 0, step_of_f32(U, b, s.p, s.q), s.steps, turn);
    const f32p left = fma(e.p, e.d, fill_where(lt(b, second), mul(F(0.5f), x), e.c0));
    const f32p y = with_sign(add_where(not_lt(x, second), left, x), x); /* it may be the other 0 */
    const m32p m = lt(x, F(-s.end));
    return __builtin_expect(any(m), 0) ? where_far_f32p(U, far, m, x, y) : y;
}

/* The derivative of such an f, f(x) = 1 - f(-x), by rows of f(-b); those from `first` to `last` lie beside the zero of f
 * there, and are times b - zero in two words. */
typedef struct {
    step_table steps;
    float p, q, first, last, zero, rest, end;
} slope_steps;

PACK_FN f32p slope_steps_f32(const int U, f32p x, const slope_steps s, f32r (*far)(f32r), row_turn turn)
{
    const f32p b = size_up_to(s.end, x), m = sub(b, F(s.zero));
    const step_f32 e = find_step_f32(U, b, 0, step_of_f32(U, b, s.p, s.q), s.steps, turn);
    const f32p l = mul(e.p, e.d), low = fms(m, l, mul(F(s.rest), add(e.c0, l)));
    const m32p beside = both(ge(b, F(s.first)), lt(b, F(s.last)));
    const f32p left = select(beside, fma(m, e.c0, low), fma(e.p, e.d, e.c0));
    const f32p y = select(negative(x), left, sub(F(1.0f), left));
    const m32p outside = not_lt(F(-s.end), x); /* NaN, too */
    return __builtin_expect(any(outside), 0) ? where_far_f32p(U, far, outside, x, y) : y;
}
#endif
