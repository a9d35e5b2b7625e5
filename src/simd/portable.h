/* The vector vocabulary in plain C (GNU vector extensions): one register of 4 float32 or 2 float64, no instruction
 * beyond the platform's baseline.  The same bits as the others, slower.  Names and meaning as in avx512.h. */
#ifndef FA_SIMD_PORTABLE_H
#define FA_SIMD_PORTABLE_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FA_ISA_NAME "portable"
#define REG static inline

typedef float f32r __attribute__((vector_size(16)));
typedef uint32_t u32r __attribute__((vector_size(16)));
typedef int32_t m32r __attribute__((vector_size(16)));
typedef double f64r __attribute__((vector_size(16)));
typedef uint64_t u64r __attribute__((vector_size(16)));
typedef int64_t m64r __attribute__((vector_size(16)));
enum { W_f32 = 4, W_f64 = 2 };
enum { UNROLL_f32 = 1, UNROLL_f64 = 1, UNROLL_ROWS = 1 };
enum { FEW_REGISTERS = 0 };

/* EXPR for each lane k of y. */
#define LANES_(W, EXPR)         \
    for (int k = 0; k < W; k++) \
        y[k] = EXPR;            \
    return y;

/* fma, rounded once, where the platform has it. */
#ifdef __FP_FAST_FMA
REG f32r fma_f32(f32r a, f32r b, f32r c)
{
    f32r y;
    LANES_(4, __builtin_fmaf(a[k], b[k], c[k]))
}
REG f64r fma_f64(f64r a, f64r b, f64r c)
{
    f64r y;
    LANES_(2, __builtin_fma(a[k], b[k], c[k]))
}
#else
/* Elsewhere it is put together, ten times as fast as the C library does it.  Functions, not inlined: there are too many
 * of them. */
REG f64r size_f64(f64r a) { return (f64r)((u64r)a & ~(UINT64_C(1) << 63)); }
/* What s = a + b lacks to the sum: exact. */
REG f64r sum_error(f64r a, f64r b, f64r s)
{
    const f64r t = s - a;
    return (a - (s - t)) + (b - t);
}
/* a + b or, if that is inexact, the odd one of the two numbers around it: rounded again, to two bits less or fewer, it
 * gives what rounding the exact sum gives. */
REG f64r sum_to_odd(f64r a, f64r b)
{
    const f64r s = a + b, e = sum_error(a, b, s);
    const f64r away = (f64r)((u64r)e ^ ((u64r)s & (UINT64_C(1) << 63))); /* > 0: s is too small in size; NaN: neither */
    const u64r even = ((u64r)s & 1) - 1;
    return (f64r)((u64r)s + (((u64r)(away < 0) - (u64r)(away > 0)) & even));
}
/* In float64 the product is exact. */
static __attribute__((noinline)) f32r fma_f32(f32r a, f32r b, f32r c)
{
    typedef double wide __attribute__((vector_size(32)));
    typedef union {
        wide all;
        f64r half[2];
    } halves;
    const halves x = {__builtin_convertvector(a, wide)}, y = {__builtin_convertvector(b, wide)};
    const halves z = {__builtin_convertvector(c, wide)};
    const f64r s0 = sum_to_odd(x.half[0] * y.half[0], z.half[0]), s1 = sum_to_odd(x.half[1] * y.half[1], z.half[1]);
    const halves s = {.half = {s0, s1}};
    return __builtin_convertvector(s.all, f32r);
}
/* The first half of a number's digits. */
REG f64r head_f64(f64r a)
{
    const f64r t = a * 0x1.000002p27;
    return t - (t - a);
}
/* p + q = a*b by halves (Dekker, Veltkamp); u + the rest rounded to odd is a*b + c (Boldo and Melquiond, 2008). */
static __attribute__((noinline)) f64r fma_f64(f64r a, f64r b, f64r c)
{
    const f64r p = a * b;
    const m64r fit = (size_f64(p) >= 0x1p-900) & (size_f64(p) <= 0x1p1000) & (size_f64(a) <= 0x1p970) &
                     (size_f64(b) <= 0x1p970) & (size_f64(c) <= 0x1p1000);
    if (__builtin_expect(!(fit[0] & fit[1]), 0))
        return (f64r){__builtin_fma(a[0], b[0], c[0]), __builtin_fma(a[1], b[1], c[1])};
    const f64r ah = head_f64(a), al = a - ah, bh = head_f64(b), bl = b - bh;
    const f64r q = al * bl - (((p - ah * bh) - al * bh) - ah * bl);
    const f64r t = c + q, u = p + t;
    return u + sum_to_odd(sum_error(c, q, t), sum_error(p, t, u));
}
#endif

#define PORTABLE(T, UT, MT, SCALAR, USCALAR, ISCALAR, W, SQRT, MANTISSA, BIAS, TOP)                     \
    REG T##r splat_##T(SCALAR a)                                                                        \
    {                                                                                                   \
        T##r y;                                                                                         \
        LANES_(W, a)                                                                                    \
    }                                                                                                   \
    REG UT##r splat_##UT(USCALAR a)                                                                     \
    {                                                                                                   \
        UT##r y;                                                                                        \
        LANES_(W, a)                                                                                    \
    }                                                                                                   \
    REG T##r load_##T(const SCALAR *p)                                                                  \
    {                                                                                                   \
        T##r y;                                                                                         \
        memcpy(&y, p, sizeof y);                                                                        \
        return y;                                                                                       \
    }                                                                                                   \
    REG void store_##T(SCALAR *p, T##r a) { memcpy(p, &a, sizeof a); }                                  \
    REG T##r load_part_##T(const SCALAR *p, size_t n)                                                   \
    {                                                                                                   \
        T##r y = {0};                                                                                   \
        memcpy(&y, p, n * sizeof *p);                                                                   \
        return y;                                                                                       \
    }                                                                                                   \
    REG T##r load_part_or_##T(const SCALAR *p, size_t n, SCALAR rest)                                   \
    {                                                                                                   \
        T##r y = splat_##T(rest);                                                                       \
        memcpy(&y, p, n * sizeof *p);                                                                   \
        return y;                                                                                       \
    }                                                                                                   \
    REG void store_part_##T(SCALAR *p, T##r a, size_t n) { memcpy(p, &a, n * sizeof *p); }              \
    REG T##r add_##T(T##r a, T##r b) { return a + b; }                                                  \
    REG T##r sub_##T(T##r a, T##r b) { return a - b; }                                                  \
    REG T##r mul_##T(T##r a, T##r b) { return a * b; }                                                  \
    REG T##r div_##T(T##r a, T##r b) { return a / b; }                                                  \
    REG T##r sqrt_##T(T##r a)                                                                           \
    {                                                                                                   \
        T##r y;                                                                                         \
        LANES_(W, SQRT(a[k]))                                                                           \
    }                                                                                                   \
    REG T##r fms_##T(T##r a, T##r b, T##r c) { return fma_##T(a, b, -c); }                              \
    REG T##r fnma_##T(T##r a, T##r b, T##r c) { return fma_##T(-a, b, c); }                             \
    REG UT##r bits_##T(T##r a) { return (UT##r)a; }                                                     \
    REG T##r from_bits_##UT(UT##r a) { return (T##r)a; }                                                \
    REG T##r select_##T(MT##r m, T##r a, T##r b)                                                        \
    {                                                                                                   \
        return (T##r)(((UT##r)m & (UT##r)a) | (~(UT##r)m & (UT##r)b));                                  \
    }                                                                                                   \
    REG UT##r select_##UT(MT##r m, UT##r a, UT##r b) { return ((UT##r)m & a) | (~(UT##r)m & b); }       \
    REG T##r at_least_##T(T##r lo, T##r a) { return select_##T(lo > a, lo, a); }                        \
    REG T##r at_most_##T(T##r hi, T##r a) { return select_##T(hi < a, hi, a); }                         \
    REG T##r and_##T(T##r a, T##r b) { return (T##r)((UT##r)a & (UT##r)b); }                            \
    REG T##r or_##T(T##r a, T##r b) { return (T##r)((UT##r)a | (UT##r)b); }                             \
    REG T##r xor_##T(T##r a, T##r b) { return (T##r)((UT##r)a ^ (UT##r)b); }                            \
    REG T##r andnot_##T(T##r a, T##r b) { return (T##r)(~(UT##r)a & (UT##r)b); }                        \
    REG T##r with_sign_##T(T##r a, T##r b) { return or_##T(a, and_##T(b, -splat_##T(0))); }             \
    REG MT##r lt_##T(T##r a, T##r b) { return a < b; }                                                  \
    REG MT##r le_##T(T##r a, T##r b) { return a <= b; }                                                 \
    REG MT##r gt_##T(T##r a, T##r b) { return a > b; }                                                  \
    REG MT##r ge_##T(T##r a, T##r b) { return a >= b; }                                                 \
    REG MT##r eq_##T(T##r a, T##r b) { return a == b; }                                                 \
    REG MT##r not_lt_##T(T##r a, T##r b) { return ~(a < b); }                                           \
    REG MT##r negative_##T(T##r a) { return (MT##r)a < 0; }                                             \
    REG MT##r both_##MT(MT##r a, MT##r b) { return a & b; }                                             \
    REG MT##r either_##MT(MT##r a, MT##r b) { return a | b; }                                           \
    REG MT##r except_##MT(MT##r a, MT##r b) { return a & ~b; }                                          \
    REG int any_##MT(MT##r a)                                                                           \
    {                                                                                                   \
        ISCALAR y = 0;                                                                                  \
        for (int k = 0; k < W; k++)                                                                     \
            y |= a[k];                                                                                  \
        return y != 0;                                                                                  \
    }                                                                                                   \
    REG UT##r add_##UT(UT##r a, UT##r b) { return a + b; }                                              \
    REG UT##r sub_##UT(UT##r a, UT##r b) { return a - b; }                                              \
    REG UT##r and_##UT(UT##r a, UT##r b) { return a & b; }                                              \
    REG UT##r or_##UT(UT##r a, UT##r b) { return a | b; }                                               \
    REG UT##r xor_##UT(UT##r a, UT##r b) { return a ^ b; }                                              \
    REG UT##r shl_##UT(UT##r a, int s) { return a << s; }                                               \
    REG UT##r shr_##UT(UT##r a, int s) { return a >> s; }                                               \
    REG MT##r lt_##UT(UT##r a, UT##r b) { return (MT##r)(a < b); }                                      \
    REG T##r lookup8_##T(const SCALAR *t, UT##r i)                                                      \
    {                                                                                                   \
        T##r y;                                                                                         \
        LANES_(W, t[i[k] & 7])                                                                          \
    }                                                                                                   \
    REG T##r lookup16_##T(const SCALAR *t, UT##r i)                                                     \
    {                                                                                                   \
        T##r y;                                                                                         \
        LANES_(W, t[i[k] & 15])                                                                         \
    }                                                                                                   \
    /* Two powers of two, the first product exact where the second rounds. */                           \
    REG T##r scale_##T(T##r y, T##r z, T##r n, int frac)                                                \
    {                                                                                                   \
        const int up = TOP + frac;                                                                      \
        const MT##r e = (MT##r)((UT##r)z << TOP) >> up, h = e >> 1;                                     \
        const T##r a = (T##r)((UT##r)(h + BIAS) << MANTISSA);                                           \
        const T##r b = (T##r)((UT##r)(e - h + BIAS) << MANTISSA);                                       \
        (void)n;                                                                                        \
        return y * a * b;                                                                               \
    }                                                                                                   \
    REG T##r scale_live_##T(MT##r live, T##r y, T##r z, T##r n, int frac)                               \
    {                                                                                                   \
        return select_##T(live, scale_##T(y, z, n, frac), splat_##T(0)); /* by & GCC 12 fails */          \
    }                                                                                                   \
    REG T##r scale_normal_##T(T##r y, T##r z, T##r n, int frac)                                         \
    {                                                                                                   \
        const USCALAR field = ~(USCALAR)0 << MANTISSA;                                                  \
        (void)n;                                                                                        \
        return (T##r)((UT##r)y + (((UT##r)z << (MANTISSA - frac)) & field));                            \
    }                                                                                                   \
    REG T##r guard_argument_##T(T##r x, SCALAR bound)                                                   \
    {                                                                                                   \
        return at_most_##T(splat_##T(bound), at_least_##T(splat_##T(-bound), x));                       \
    }                                                                                                   \
    REG T##r guard_remainder_##T(T##r r) { return r; }

PORTABLE(f32, u32, m32, float, uint32_t, int32_t, 4, __builtin_sqrtf, 23, 127, 10)
PORTABLE(f64, u64, m64, double, uint64_t, int64_t, 2, __builtin_sqrt, 52, 1023, 32)

enum { SCALE_IS_FREE = 0 };

REG f32r only_f32(m32r m, f32r a) { return (f32r)(m & (m32r)a); }
REG f32r select_above_f32(m32r m, f32r a, f32r b) { return select_f32(m, a, b); }
REG f32r size_up_to_f32(float end, f32r a) { return at_most_f32(splat_f32(end), andnot_f32(splat_f32(-0.0f), a)); }
REG f32r fill_where_f32(m32r m, f32r a, f32r b) { return select_f32(m, a, b); }
REG f32r add_where_f32(m32r m, f32r a, f32r b) { return a + only_f32(m, b); }
REG f32r mul_where_f32(m32r m, f32r a, float c) { return select_f32(m, a * c, a); }

REG f32r lookup32_f32(const float *t, u32r i)
{
    f32r y;
    LANES_(4, t[i[k] & 31])
}
REG void lookup_pair_f32(const float *rows, const float *columns, u32r i, f32r *a, f32r *b)
{
    (void)rows;
    *a = lookup32_f32(columns, i);
    *b = lookup32_f32(columns + 32, i);
}
typedef u32r at_f32r, row_f32r;
REG at_f32r at_f32(u32r i) { return i; }
#define THROUGH_MEMORY(a) ((void)(a))
REG row_f32r row_f32(const float *rows, at_f32r i) { return i; }
REG f32r column_f32(const row_f32r *i, const float *columns, int k) { return lookup32_f32(columns + 32 * k, *i); }
/* Rows of 16 float64: columns 4q to 4q+3. */
typedef u64r at_f64r;
REG at_f64r row_f64(u64r i) { return i; }
REG void lookup_quad_f64(const double *rows, const double *columns, at_f64r at, int q, f64r *c)
{
    (void)columns;
    const double *r0 = rows + 16 * (at[0] & 15) + 4 * q, *r1 = rows + 16 * (at[1] & 15) + 4 * q;
    for (int j = 0; j < 4; j++)
        c[j] = (f64r){r0[j], r1[j]};
}
/* Both entries of row i & 31 of a table of 32 pairs. */
REG void lookup_pair_f64(const double *rows, const double *columns, u64r i, f64r *a, f64r *b)
{
    (void)columns;
    const double *r0 = rows + 2 * (i[0] & 31), *r1 = rows + 2 * (i[1] & 31);
    *a = (f64r){r0[0], r1[0]};
    *b = (f64r){r0[1], r1[1]};
}

/* Half a register of float32 as float64: the first lanes, the last ones. */
REG f64r widen_low_f32(f32r a) { return (f64r){a[0], a[1]}; }
REG f64r widen_high_f32(f32r a) { return (f64r){a[2], a[3]}; }
/* And both halves back, rounded; volatile, since GCC 12 takes them, widened again, for what they were before. */
REG f32r narrow_f64(f64r a, f64r b)
{
    const volatile float y[4] = {(float)a[0], (float)a[1], (float)b[0], (float)b[1]};
    return (f32r){y[0], y[1], y[2], y[3]};
}
REG f64r rough_over_root_f64(f64r a) { return widen_low_f32(splat_f32(1) / sqrt_f32(narrow_f64(a, a))); }
REG f64r rough_over_f64(f64r a) { return widen_low_f32(splat_f32(1) / narrow_f64(a, a)); }

/* Across the lanes: the greatest number, and the sum as a tree of halves (lane l and lane l + W/2, and so on). */
REG float max_lanes_f32(f32r a)
{
    const float b = a[0] > a[2] ? a[0] : a[2], c = a[1] > a[3] ? a[1] : a[3];
    return b > c ? b : c;
}
REG double max_lanes_f64(f64r a) { return a[0] > a[1] ? a[0] : a[1]; }
REG double sum_lanes_f64(f64r a) { return a[0] + a[1]; }
REG float sum_lanes_f32(f32r a) { return (a[0] + a[2]) + (a[1] + a[3]); }

/* W rows of n numbers at x to n rows of W numbers, `step` apart; and back. */
REG void transpose_in_f32(const float *x, size_t n, float *to, size_t step)
{
    for (size_t i = 0; i < n; i++)
        for (size_t r = 0; r < W_f32; r++)
            to[i * step + r] = x[r * n + i];
}
REG void transpose_out_f32(const float *from, size_t step, size_t n, float *y)
{
    for (size_t r = 0; r < W_f32; r++)
        for (size_t i = 0; i < n; i++)
            y[r * n + i] = from[i * step + r];
}
/* W rows of n numbers at x to n rows of W numbers, `step` apart; and back. */
REG void transpose_in_f64(const double *x, size_t n, double *to, size_t step)
{
    for (size_t i = 0; i < n; i++)
        for (size_t r = 0; r < W_f64; r++)
            to[i * step + r] = x[r * n + i];
}
REG void transpose_out_f64(const double *from, size_t step, size_t n, double *y)
{
    for (size_t r = 0; r < W_f64; r++)
        for (size_t i = 0; i < n; i++)
            y[r * n + i] = from[i * step + r];
}

/* a*b + c where m, else +0 (whatever a, b and c are there). */
REG f32r only_fma_f32(m32r m, f32r a, f32r b, f32r c) { return (f32r)((u32r)fma_f32(a, b, c) & (u32r)m); }
REG f64r only_fma_f64(m64r m, f64r a, f64r b, f64r c) { return (f64r)((u64r)fma_f64(a, b, c) & (u64r)m); }

/* The lanes of a mask as bits | lanes of a that have none of the bits b. */
REG unsigned lanes_m32(m32r m) { return (m[0] & 1) | (m[1] & 2) | (m[2] & 4) | (m[3] & 8); }
REG m32r none_u32(u32r a, u32r b) { return (m32r)((a & b) == 0); }

/* Registers of float32 from halves in memory, exactly, and to halves, ties to even, NaN stays NaN. */
typedef u32r h16r; /* in the lower halves of the lanes */
REG f32r load_bf16(const uint16_t *p) { return (f32r)((u32r){p[0], p[1], p[2], p[3]} << 16); }
REG u32r round_bf16(u32r b) { return b + 0x7fff + ((b >> 16) & 1); }
/* Without a NaN, but for those whose last 16 bits are 0, as where they come from bfloat16 | with any. */
REG h16r quick_bf16(f32r a) { return round_bf16(bits_f32(a)) >> 16; }
REG h16r to_bf16(f32r a) { return select_u32(a == a, round_bf16(bits_f32(a)), bits_f32(a) | 0x400000) >> 16; }
/* Registers of 16-bit words: halves as words in the order of their numbers, NaNs at both ends | a + b where `at`, a word
 * with a sign, is beyond `last`, else a | (a & keep) | set */
typedef uint16_t w16r __attribute__((vector_size(16)));
typedef int16_t s16r __attribute__((vector_size(16)));
enum { W_w16 = 8 };
REG w16r splat_w16(uint16_t a) { return (w16r){a, a, a, a, a, a, a, a}; }
REG w16r load_w16(const uint16_t *p)
{
    w16r a;
    memcpy(&a, p, sizeof(a));
    return a;
}
REG void store_w16(uint16_t *p, w16r a) { memcpy(p, &a, sizeof(a)); }
REG w16r add_w16(w16r a, w16r b) { return a + b; }
REG w16r order_w16(w16r a) { return a ^ (w16r)((s16r)a < 0) >> 1; }
REG w16r add_beyond_w16(w16r at, w16r last, w16r a, w16r b) { return a + (b & (w16r)((s16r)at > (s16r)last)); }
REG w16r keep_w16(w16r a, w16r keep, w16r set) { return (a & keep) | set; }

/* Two registers of bfloat16 at once, the even ones and the odd ones: half the operations.  pair_bf16 rounds, and pair_up
 * does, but for the middle of two, which goes up; a NaN is kept only where the last 16 bits of the float32 are 0, as where
 * it comes from a bfloat16. */
REG void load_pair_bf16(const uint16_t *p, f32r *a)
{
    a[0] = (f32r)((u32r){p[0], p[2], p[4], p[6]} << 16);
    a[1] = (f32r)((u32r){p[1], p[3], p[5], p[7]} << 16);
}
REG w16r join_upper(u32r a, u32r b)
{
    w16r y = {0};
    for (int k = 0; k < 4; k++)
        y[2 * k] = (uint16_t)(a[k] >> 16), y[2 * k + 1] = (uint16_t)(b[k] >> 16);
    return y;
}
REG w16r pair_bf16(f32r even, f32r odd) { return join_upper(round_bf16(bits_f32(even)), round_bf16(bits_f32(odd))); }
REG w16r pair_up_bf16(f32r even, f32r odd)
{
    return join_upper(add_u32(bits_f32(even), splat_u32(0x8000)), add_u32(bits_f32(odd), splat_u32(0x8000)));
}
/* Whether some of these are in the middle of two, or subnormals: all whose last 16 bits are 0x8000. */
REG int some_middle_bf16(const f32r *a, int n)
{
    int some = 0;
    for (int k = 0; k < n; k++)
        for (int l = 0; l < 4; l++)
            some |= (bits_f32(a[k])[l] & 0xffff) == 0x8000;
    return some;
}
/* The exponent and fraction of a float16, moved to float32's place, are 2^-112 times the number: subnormals too. */
REG f32r load_f16(const uint16_t *p)
{
    const u32r b = {p[0], p[1], p[2], p[3]}, size = b & 0x7fff;
    const f32r a = (f32r)(size << 13) * 0x1p112f;
    const u32r special = (size << 13) + 0x70000000; /* inf and NaN: the largest exponent again */
    const u32r quiet = (u32r)(size > 0x7c00) & 0x400000;
    return (f32r)(select_u32((m32r)(size >= 0x7c00), special | quiet, (u32r)a) | (b & 0x8000) << 16);
}
/* Below 2^-14 the places of a float16 are those of a float32 at 1/2. */
REG h16r to_f16(f32r a)
{
    const u32r b = (u32r)a & 0x7fffffff, sign = ((u32r)a >> 16) & 0x8000;
    const u32r normal = (b - 0x38000000 + 0xfff + ((b >> 13) & 1)) >> 13;
    const u32r small = (u32r)((f32r)b + 0.5f) - 0x3f000000;
    const u32r large = select_u32(a == a, (u32r){0x7c00, 0x7c00, 0x7c00, 0x7c00}, 0x7e00 | ((b >> 13) & 0x3ff));
    const u32r finite = select_u32((m32r)(b < 0x38800000), small, normal);
    return select_u32((m32r)(b >= 0x477ff000), large, finite) | sign;
}
REG void store_h16(uint16_t *p, h16r a)
{
    for (int k = 0; k < 4; k++)
        p[k] = (uint16_t)a[k];
}

/* Words of 16 bits in lanes of 32, in turn or in pairs of registers as above; numbers of a table of float32 by them. */
REG u32r load_words_u32(const uint16_t *p) { return (u32r){p[0], p[1], p[2], p[3]}; }
REG void load_pair_words_u32(const uint16_t *p, u32r *a)
{
    a[0] = (u32r){p[0], p[2], p[4], p[6]};
    a[1] = (u32r){p[1], p[3], p[5], p[7]};
}
REG f32r look_up_f32(const float *table, u32r i) { return (f32r){table[i[0]], table[i[1]], table[i[2]], table[i[3]]}; }
/* A table of words, LOOK_UP at once, where two bytes follow it. */
enum { LOOK_UP = 4 };
REG void look_up_w16(const uint16_t *table, const uint16_t *x, uint16_t *to)
{
    const uint16_t a = table[x[0]], b = table[x[1]], c = table[x[2]], d = table[x[3]];
    to[0] = a, to[1] = b, to[2] = c, to[3] = d;
}

/* Past the cache: no such store here. */
enum { STREAMS = 0 };
REG void stream_f32(float *p, f32r a) { store_f32(p, a); }
REG void stream_end(void) {}

#endif
