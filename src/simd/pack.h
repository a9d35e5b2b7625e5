/* Packs: up to four registers worked on in step, so that the latency of one hides behind the others.
 *
 * A kernel is written once, in pack operations, as `f32p f(const int U, f32p x)`; U, the number of registers
 * in use, is a constant after inlining (UNROLL in the main loop, 1 in the tail).  The operations take U from
 * the scope and choose float32 or float64 by type: fma(a, b, c) is a*b + c, rounded once, in each lane. */
#ifndef FA_SIMD_PACK_H
#define FA_SIMD_PACK_H

#if defined FA_ISA_avx512
#include "avx512.h"
#elif defined FA_ISA_avx2
#include "avx2.h"
#elif defined FA_ISA_neon
#include "neon.h"
#else
#include "portable.h"
#endif

#ifdef FA_ISA_portable /* it is there to be right: half the code, and slower by that */
#define PACK_FN static inline
#else
#define PACK_FN static inline __attribute__((always_inline))
#endif

/* Lane r: the W numbers at rows + r*W, added up as a tree of halves (lane l and lane l + W/2, and so on), or the greatest
 * of them. */
#define ACROSS_BY_COLUMNS(NAME, T, SCALAR, OP)                                                          \
    PACK_FN T##r NAME##_##T(const SCALAR *rows)                                                         \
    {                                                                                                   \
        enum { W = W_##T };                                                                             \
        SCALAR columns[W * W] __attribute__((aligned(64)));                                             \
        T##r a[W];                                                                                      \
        transpose_in_##T(rows, W, columns, W);                                                          \
        for (int l = 0; l < W; l++)                                                                     \
            a[l] = load_##T(columns + l * W);                                                           \
        for (int half = W / 2; half; half /= 2)                                                         \
            for (int l = 0; l < half; l++)                                                              \
                a[l] = OP(a[l], a[l + half]);                                                           \
        return a[0];                                                                                    \
    }
#ifndef ACROSS
ACROSS_BY_COLUMNS(sums_across, f32, float, add_f32)
ACROSS_BY_COLUMNS(most_across, f32, float, at_least_f32)
#endif
ACROSS_BY_COLUMNS(sums_across, f64, double, add_f64)
ACROSS_BY_COLUMNS(most_across, f64, double, at_least_f64)

typedef struct { f32r r[4]; } f32p;
typedef struct { u32r r[4]; } u32p;
typedef struct { m32r r[4]; } m32p;
typedef struct { f64r r[4]; } f64p;
typedef struct { u64r r[4]; } u64p;
typedef struct { m64r r[4]; } m64p;

/* RESULT op_TAG(U, ...): EXPR of register k; registers beyond U repeat the first (and vanish when unused). */
#define LIFT(RESULT, NAME, ARGS, EXPR)                       \
    PACK_FN RESULT NAME ARGS                                 \
    {                                                        \
        RESULT y_;                                           \
        { enum { k = 0 }; y_.r[0] = EXPR; }                  \
        if (U > 1) { enum { k = 1 }; y_.r[1] = EXPR; }       \
        else y_.r[1] = y_.r[0];                              \
        if (U > 2) { enum { k = 2 }; y_.r[2] = EXPR; }       \
        else y_.r[2] = y_.r[0];                              \
        if (U > 3) { enum { k = 3 }; y_.r[3] = EXPR; }       \
        else y_.r[3] = y_.r[0];                              \
        return y_;                                           \
    }
#define LIFT1(R, P, op, T) LIFT(R, op##_##P, (const int U, P a), op##_##T(a.r[k]))
#define LIFT2(R, P, op, T) LIFT(R, op##_##P, (const int U, P a, P b), op##_##T(a.r[k], b.r[k]))
#define LIFT3(R, P, op, T) LIFT(R, op##_##P, (const int U, P a, P b, P c), op##_##T(a.r[k], b.r[k], c.r[k]))

#define LIFT_FLOAT(P, UP, MP, T, UT, MT, SCALAR, USCALAR)                                               \
    PACK_FN P splat_##P(SCALAR a)                                                                       \
    {                                                                                                   \
        const P y = {{splat_##T(a), splat_##T(a), splat_##T(a), splat_##T(a)}};                         \
        return y;                                                                                       \
    }                                                                                                   \
    PACK_FN UP splat_##UP(USCALAR a)                                                                    \
    {                                                                                                   \
        const UP y = {{splat_##UT(a), splat_##UT(a), splat_##UT(a), splat_##UT(a)}};                    \
        return y;                                                                                       \
    }                                                                                                   \
    LIFT(P, load_##P, (const int U, const SCALAR *p), load_##T(p + (size_t)k * W_##T))                  \
    PACK_FN void store_##P(const int U, SCALAR *p, P a)                                                 \
    {                                                                                                   \
        store_##T(p, a.r[0]);                                                                           \
        if (U > 1) store_##T(p + W_##T, a.r[1]);                                                        \
        if (U > 2) store_##T(p + 2 * W_##T, a.r[2]);                                                    \
        if (U > 3) store_##T(p + 3 * W_##T, a.r[3]);                                                    \
    }                                                                                                   \
    LIFT2(P, P, add, T) LIFT2(P, P, sub, T) LIFT2(P, P, mul, T) LIFT2(P, P, div, T)                     \
    LIFT1(P, P, sqrt, T)                                                                                \
    LIFT3(P, P, fma, T) LIFT3(P, P, fms, T) LIFT3(P, P, fnma, T)                                        \
    LIFT2(P, P, at_least, T) LIFT2(P, P, at_most, T)                                                    \
    LIFT2(P, P, and, T) LIFT2(P, P, or, T) LIFT2(P, P, xor, T) LIFT2(P, P, andnot, T)                   \
    LIFT2(MP, P, lt, T) LIFT2(MP, P, le, T) LIFT2(MP, P, gt, T) LIFT2(MP, P, ge, T)                     \
    LIFT2(MP, P, eq, T) LIFT2(MP, P, not_lt, T) LIFT1(MP, P, negative, T)                               \
    LIFT(P, select_##P, (const int U, MP m, P a, P b), select_##T(m.r[k], a.r[k], b.r[k]))              \
    LIFT(UP, select_##UP, (const int U, MP m, UP a, UP b), select_##UT(m.r[k], a.r[k], b.r[k]))         \
    LIFT2(MP, MP, both, MT) LIFT2(MP, MP, either, MT) LIFT2(MP, MP, except, MT)                         \
    PACK_FN int any_##MP(const int U, MP m)                                                             \
    {                                                                                                   \
        MT##r all = m.r[0];                                                                             \
        if (U > 1) all = either_##MT(all, m.r[1]);                                                      \
        if (U > 2) all = either_##MT(all, m.r[2]);                                                      \
        if (U > 3) all = either_##MT(all, m.r[3]);                                                      \
        return any_##MT(all);                                                                           \
    }                                                                                                   \
    LIFT1(UP, P, bits, T) LIFT1(P, UP, from_bits, UT)                                                   \
    LIFT2(UP, UP, add, UT) LIFT2(UP, UP, sub, UT) LIFT2(UP, UP, and, UT) LIFT2(UP, UP, or, UT)          \
    LIFT2(UP, UP, xor, UT)                                                                              \
    LIFT(UP, shl_##UP, (const int U, UP a, const int s), shl_##UT(a.r[k], s))                           \
    LIFT(UP, shr_##UP, (const int U, UP a, const int s), shr_##UT(a.r[k], s))                           \
    LIFT(P, lookup8_##P, (const int U, const SCALAR *t, UP i), lookup8_##T(t, i.r[k]))                  \
    LIFT(P, lookup16_##P, (const int U, const SCALAR *t, UP i), lookup16_##T(t, i.r[k]))                \
    LIFT(P, scale_##P, (const int U, P y, P z, P n, const int frac),                                    \
         scale_##T(y.r[k], z.r[k], n.r[k], frac))                                                       \
    LIFT(P, scale_live_##P, (const int U, MP live, P y, P z, P n, const int frac),                      \
         scale_live_##T(live.r[k], y.r[k], z.r[k], n.r[k], frac))                                       \
    LIFT(P, scale_normal_##P, (const int U, P y, P z, P n, const int frac),                             \
         scale_normal_##T(y.r[k], z.r[k], n.r[k], frac))                                                \
    LIFT(P, only_fma_##P, (const int U, MP m, P a, P b, P c), only_fma_##T(m.r[k], a.r[k], b.r[k], c.r[k]))  \
    LIFT2(P, P, with_sign, T)                                                                           \
    LIFT(P, guard_argument_##P, (const int U, P x, SCALAR bound), guard_argument_##T(x.r[k], bound))    \
    LIFT1(P, P, guard_remainder, T)

LIFT_FLOAT(f32p, u32p, m32p, f32, u32, m32, float, uint32_t)
LIFT_FLOAT(f64p, u64p, m64p, f64, u64, m64, double, uint64_t)
LIFT2(m32p, u32p, lt, u32)
LIFT(m32p, none_u32p, (const int U, u32p a, u32p b), none_u32(a.r[k], b.r[k]))

/* The row engine's: float32 only. */
LIFT(f32p, only_f32p, (const int U, m32p m, f32p a), only_f32(m.r[k], a.r[k]))
LIFT(f32p, select_above_f32p, (const int U, m32p m, f32p a, f32p b), select_above_f32(m.r[k], a.r[k], b.r[k]))
LIFT(f32p, size_up_to_f32p, (const int U, float end, f32p a), size_up_to_f32(end, a.r[k]))
LIFT(f32p, fill_where_f32p, (const int U, m32p m, f32p a, f32p b), fill_where_f32(m.r[k], a.r[k], b.r[k]))
LIFT(f32p, add_where_f32p, (const int U, m32p m, f32p a, f32p b), add_where_f32(m.r[k], a.r[k], b.r[k]))
LIFT(f32p, mul_where_f32p, (const int U, m32p m, f32p a, float c), mul_where_f32(m.r[k], a.r[k], c))
/* Whether some a <= c; beside a NaN one may be overlooked.  Half the operations of any(le(a, F(c))). */
PACK_FN int any_up_to_f32p(const int U, float c, f32p a)
{
    f32r least = a.r[0];
    for (int k = 1; k < U; k++)
        least = at_most_f32(least, a.r[k]);
    return any_m32(le_f32(least, splat_f32(c)));
}
typedef struct { row_f32r r[4]; } row_f32p;

/* The rows of a pack are looked for where they are wanted, unless a loop (BY_TURNS in elementwise.c) passes a turn down to
 * there: it calls the kernel once for the numbers of rows and their table, when nothing else is done, and once with the
 * rows.  A kernel passes its turn to one look-up, whose table may depend on parameters, not on x. */
#ifdef ROWS_IN_TURNS
typedef struct {
    enum { ROWS_AT_ONCE, ROWS_ASKED, ROWS_FOUND } way;
    at_f32r *at;
    const float **table, **pairs; /* rows of eight or of two */
    row_f32r *rows;
} row_turn;
#define ONLY_ASKED(turn) ((turn).way == ROWS_ASKED)
#else
typedef struct {
} row_turn;
#define ONLY_ASKED(turn) 0
#endif
static const row_turn rows_at_once;

/* Registers beyond U are left as they are: column does not ask for them, and to fill or return them takes longer than all
 * the rest. */
PACK_FN void find_row_f32p(const int U, const float *rows, u32p i, row_turn turn, row_f32p *row)
{
#ifdef ROWS_IN_TURNS
    if (turn.way == ROWS_ASKED) {
        for (int k = 0; k < U; k++)
            turn.at[k] = at_f32(i.r[k]);
        *turn.table = rows;
    }
    if (turn.way != ROWS_AT_ONCE) {
        for (int k = 0; k < U; k++)
            for (int j = 0; j < 8; j++)
                row->r[k].c[j] = turn.rows[k].c[j];
        return;
    }
#endif
    at_f32r at[4];
    for (int k = 0; k < U; k++)
        at[k] = at_f32(i.r[k]);
    for (int k = 0; k < U; k++)
        THROUGH_MEMORY(at[k]);
    for (int k = 0; k < U; k++)
        row->r[k] = row_f32(rows, at[k]);
    for (int k = 0; k < U; k++)
        THROUGH_MEMORY(row->r[k]);
}
LIFT(f32p, column_f32p, (const int U, const row_f32p *row, const float *columns, const int j),
     column_f32(&row->r[k], columns, j))
PACK_FN void lookup_row_f32p(const int U, const float *rows, const float *columns, u32p i, f32p *c, row_turn turn)
{
    row_f32p row;
    find_row_f32p(U, rows, i, turn, &row);
    for (int j = 0; j < 8; j++)
        c[j] = column_f32p(U, &row, columns, j);
}

LIFT1(f64p, f64p, rough_over_root, f64)
LIFT1(f64p, f64p, rough_over, f64)

/* Rows of float64: see lookup_quad. */
typedef struct { at_f64r r[4]; } at_f64p;
LIFT(at_f64p, row_u64p, (const int U, u64p i), row_f64(i.r[k]))
PACK_FN void lookup_quad_f64p(const int U, const double *rows, const double *columns, at_f64p at, const int q, f64p *c)
{
    f64r quad[4][4];
    for (int k = 0; k < 4; k++)
        if (k < U)
            lookup_quad_f64(rows, columns, at.r[k], q, quad[k]);
    for (int j = 0; j < 4; j++)
        c[j] = (f64p){{quad[0][j], quad[U > 1 ? 1 : 0][j], quad[U > 2 ? 2 : 0][j], quad[U > 3 ? 3 : 0][j]}};
}

PACK_FN void lookup_pair_f64p(const int U, const double *rows, const double *columns, u64p i, f64p *a, f64p *b)
{
    for (int k = 0; k < 4; k++)
        if (k < U)
            lookup_pair_f64(rows, columns, i.r[k], &a->r[k], &b->r[k]);
    for (int k = U; k < 4; k++)
        a->r[k] = a->r[0], b->r[k] = b->r[0];
}
/* Rows of two float32. */
PACK_FN void find_pair_f32p(const int U, const float *rows, const float *columns, u32p i, f32p *a, f32p *b,
                            row_turn turn)
{
    for (int k = 0; k < U; k++) {
#ifdef ROWS_IN_TURNS
        if (turn.way == ROWS_ASKED) {
            turn.at[k] = at_pair_f32(i.r[k]);
            *turn.pairs = rows;
        }
        if (turn.way != ROWS_AT_ONCE) {
            a->r[k] = turn.rows[k].c[0];
            b->r[k] = turn.rows[k].c[1];
            continue;
        }
#endif
        lookup_pair_f32(rows, columns, i.r[k], &a->r[k], &b->r[k]);
    }
    for (int k = U; k < 4; k++)
        a->r[k] = a->r[0], b->r[k] = b->r[0];
}

/* By type; U is taken from the scope. */
#define BY_FLOAT(op, a) _Generic((a), f32p: op##_f32p, f64p: op##_f64p)
#define BY_BITS(op, a) _Generic((a), u32p: op##_u32p, u64p: op##_u64p)
#define BY_BOTH(op, a) _Generic((a), f32p: op##_f32p, f64p: op##_f64p, u32p: op##_u32p, u64p: op##_u64p)
#define BY_MASK(op, a) _Generic((a), m32p: op##_m32p, m64p: op##_m64p)

#define add(a, b) BY_BOTH(add, a)(U, a, b)
#define sub(a, b) BY_BOTH(sub, a)(U, a, b)
#define mul(a, b) BY_FLOAT(mul, a)(U, a, b)
#define div(a, b) BY_FLOAT(div, a)(U, a, b)
#define sqrt(a) BY_FLOAT(sqrt, a)(U, a)
#define fma(a, b, c) BY_FLOAT(fma, a)(U, a, b, c)   /*  a*b + c */
#define fms(a, b, c) BY_FLOAT(fms, a)(U, a, b, c)   /*  a*b - c */
#define fnma(a, b, c) BY_FLOAT(fnma, a)(U, a, b, c) /* -a*b + c */
#define at_least(lo, a) BY_FLOAT(at_least, a)(U, lo, a)
#define at_most(hi, a) BY_FLOAT(at_most, a)(U, hi, a)
#define and_(a, b) BY_BOTH(and, a)(U, a, b)
#define or_(a, b) BY_BOTH(or, a)(U, a, b)
#define xor_(a, b) BY_BOTH(xor, a)(U, a, b)
#define andnot(a, b) BY_FLOAT(andnot, a)(U, a, b) /* ~a & b */
#define lt(a, b) _Generic((a), f32p: lt_f32p, f64p: lt_f64p, u32p: lt_u32p)(U, a, b)
#define le(a, b) BY_FLOAT(le, a)(U, a, b)
#define gt(a, b) BY_FLOAT(gt, a)(U, a, b)
#define ge(a, b) BY_FLOAT(ge, a)(U, a, b)
#define eq(a, b) BY_FLOAT(eq, a)(U, a, b)
#define not_lt(a, b) BY_FLOAT(not_lt, a)(U, a, b) /* a >= b or NaN */
#define negative(a) BY_FLOAT(negative, a)(U, a)   /* sign bit */
#define select(m, a, b) BY_BOTH(select, a)(U, m, a, b)
#define both(m, o) BY_MASK(both, m)(U, m, o)
#define either(m, o) BY_MASK(either, m)(U, m, o)
#define except(m, o) BY_MASK(except, m)(U, m, o) /* m and not o */
#define any(m) BY_MASK(any, m)(U, m)
#define bits(a) BY_FLOAT(bits, a)(U, a)
#define from_bits(a) BY_BITS(from_bits, a)(U, a)
#define shl(a, s) BY_BITS(shl, a)(U, a, s)
#define shr(a, s) BY_BITS(shr, a)(U, a, s)
#define lookup8(t, i) _Generic((i), u32p: lookup8_f32p, u64p: lookup8_f64p)(U, t, i)
#define lookup16(t, i) _Generic((i), u32p: lookup16_f32p, u64p: lookup16_f64p)(U, t, i)
#define only_fma(m, a, b, c) BY_FLOAT(only_fma, a)(U, m, a, b, c) /* a*b + c where m, +0 elsewhere */
#define with_sign(a, b) BY_FLOAT(with_sign, a)(U, a, b) /* a | the sign of b */
/* y * 2^floor(n) rounded once; z is n + 1.5*2^(mantissa bits - frac), |n| <= 250 (2000 in float64).  _live: 0
 * elsewhere.  _normal: y in (1/2, 4) and a normal result. */
#define scale(y, z, n, frac) BY_FLOAT(scale, y)(U, y, z, n, frac)
#define scale_live(live, y, z, n, frac) BY_FLOAT(scale_live, y)(U, live, y, z, n, frac)
#define scale_normal(y, z, n, frac) BY_FLOAT(scale_normal, y)(U, y, z, n, frac)
/* Whether scale_normal will not do: some size (|x| or so) is not below the bound, or NaN; always where scale is free. */
#define needs_scale(size, bound) __builtin_expect(SCALE_IS_FREE || any(not_lt(size, bound)), SCALE_IS_FREE)
#define guard_argument(x, bound) BY_FLOAT(guard_argument, x)(U, x, bound)
#define guard_remainder(r) BY_FLOAT(guard_remainder, r)(U, r)
/* a where m, +0 elsewhere | a where m, b elsewhere, given that a >= 0 and a <= b there, or that b is +0 where m */
#define only(m, a) only_f32p(U, m, a)
#define select_above(m, a, b) select_above_f32p(U, m, a, b)
#define fill_where(m, a, b) fill_where_f32p(U, m, a, b)
/* a+b where m, a elsewhere (or +0 for -0) | a*c where m, a elsewhere */
#define add_where(m, a, b) add_where_f32p(U, m, a, b)
#define size_up_to(end, a) size_up_to_f32p(U, end, a) /* min(|a|, end); of a NaN, end or NaN */
#define mul_where(m, a, c) mul_where_f32p(U, m, a, c)
#define any_up_to(c, a) any_up_to_f32p(U, c, a)
/* Row i & 31 of a table, `rows` [32][8]; its numbers 0 to 7, `columns` being the same table transposed: one where it is
 * used, as on AVX-512 each is a permute and all are too many for its registers, or all at once. */
#define find_row(rows, i, row) find_row_f32p(U, rows, i, turn, row) /* turn is taken from the scope, too */
#define column(row, columns, j) column_f32p(U, &(row), columns, j)
#define lookup_row(rows, columns, i, c) lookup_row_f32p(U, rows, columns, i, c, turn)

/* c[0..3]: columns 4q to 4q+3 of row i & 15 of a float64 table [16][16]; at = at_row(i), `columns` = it, transposed */
#define at_row(i) row_u64p(U, i)
#define lookup_quad(rows, columns, at, q, c) lookup_quad_f64p(U, rows, columns, at, q, c)

/* 1/sqrt(a), 1/a: float64 within 2^-22.4, a and the result what float32 can hold */
#define rough_over_root(a) rough_over_root_f64p(U, a)
#define rough_over(a) rough_over_f64p(U, a)

/* a and b: row i & 31 of a float64 table [32][2] */
#define lookup_pair(rows, columns, i, a, b) lookup_pair_f64p(U, rows, columns, i, a, b)
#define find_pair(rows, columns, i, a, b) find_pair_f32p(U, rows, columns, i, a, b, turn)

/* A constant in every lane of a pack. */
#define F(c) splat_f32p(c)
#define D(c) splat_f64p(c)

#endif
