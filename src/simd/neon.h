/* The vector vocabulary on AArch64 NEON: one register of 4 float32 or 2 float64.  Names and meaning as in avx512.h;
 * NEON's own min, max and multiply-add order their operands differently, so that they are spelled out here. */
#ifndef FA_SIMD_NEON_H
#define FA_SIMD_NEON_H
#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FA_ISA_NAME "neon"
#define REG static inline __attribute__((always_inline))

typedef float32x4_t f32r;
typedef uint32x4_t u32r;
typedef uint32x4_t m32r;
typedef float64x2_t f64r;
typedef uint64x2_t u64r;
typedef uint64x2_t m64r;
enum { W_f32 = 4, W_f64 = 2 };
enum { UNROLL_f32 = 4, UNROLL_f64 = 4, UNROLL_ROWS = 4 };
enum { FEW_REGISTERS = 0 };

/* What float32 and float64 share: F and U are the suffixes of the intrinsics. */
#define NEON(T, UT, MT, SCALAR, USCALAR, F, U, I, INTS, MANTISSA, BIAS, UP)                             \
    REG T##r splat_##T(SCALAR a) { return vdupq_n_##F(a); }                                             \
    REG UT##r splat_##UT(USCALAR a) { return vdupq_n_##U(a); }                                          \
    REG T##r load_##T(const SCALAR *p) { return vld1q_##F(p); }                                         \
    REG void store_##T(SCALAR *p, T##r a) { vst1q_##F(p, a); }                                          \
    REG T##r load_part_##T(const SCALAR *p, size_t n)                                                   \
    {                                                                                                   \
        SCALAR part[W_##T] = {0};                                                                       \
        memcpy(part, p, n * sizeof *p);                                                                 \
        return vld1q_##F(part);                                                                         \
    }                                                                                                   \
    REG T##r load_part_or_##T(const SCALAR *p, size_t n, SCALAR rest)                                   \
    {                                                                                                   \
        SCALAR part[W_##T];                                                                             \
        vst1q_##F(part, splat_##T(rest));                                                               \
        memcpy(part, p, n * sizeof *p);                                                                 \
        return vld1q_##F(part);                                                                         \
    }                                                                                                   \
    REG void store_part_##T(SCALAR *p, T##r a, size_t n)                                                \
    {                                                                                                   \
        SCALAR part[W_##T];                                                                             \
        vst1q_##F(part, a);                                                                             \
        memcpy(p, part, n * sizeof *p);                                                                 \
    }                                                                                                   \
    REG T##r add_##T(T##r a, T##r b) { return vaddq_##F(a, b); }                                        \
    REG T##r sub_##T(T##r a, T##r b) { return vsubq_##F(a, b); }                                        \
    REG T##r mul_##T(T##r a, T##r b) { return vmulq_##F(a, b); }                                        \
    REG T##r div_##T(T##r a, T##r b) { return vdivq_##F(a, b); }                                        \
    REG T##r sqrt_##T(T##r a) { return vsqrtq_##F(a); }                                                 \
    REG T##r fma_##T(T##r a, T##r b, T##r c) { return vfmaq_##F(c, a, b); }                             \
    REG T##r fms_##T(T##r a, T##r b, T##r c) { return vfmaq_##F(vnegq_##F(c), a, b); }                  \
    REG T##r fnma_##T(T##r a, T##r b, T##r c) { return vfmsq_##F(c, a, b); }                            \
    REG UT##r bits_##T(T##r a) { return vreinterpretq_##U##_##F(a); }                                   \
    REG T##r from_bits_##UT(UT##r a) { return vreinterpretq_##F##_##U(a); }                             \
    REG T##r select_##T(MT##r m, T##r a, T##r b) { return vbslq_##F(m, a, b); }                         \
    REG UT##r select_##UT(MT##r m, UT##r a, UT##r b) { return vbslq_##U(m, a, b); }                     \
    REG T##r at_least_##T(T##r lo, T##r a) { return vbslq_##F(vcgtq_##F(lo, a), lo, a); }               \
    REG T##r at_most_##T(T##r hi, T##r a) { return vbslq_##F(vcltq_##F(hi, a), hi, a); }                \
    REG T##r and_##T(T##r a, T##r b) { return from_bits_##UT(vandq_##U(bits_##T(a), bits_##T(b))); }    \
    REG T##r or_##T(T##r a, T##r b) { return from_bits_##UT(vorrq_##U(bits_##T(a), bits_##T(b))); }     \
    REG T##r xor_##T(T##r a, T##r b) { return from_bits_##UT(veorq_##U(bits_##T(a), bits_##T(b))); }    \
    REG T##r andnot_##T(T##r a, T##r b) { return from_bits_##UT(vbicq_##U(bits_##T(b), bits_##T(a))); } \
    REG T##r with_sign_##T(T##r a, T##r b) { return or_##T(a, and_##T(b, splat_##T(-0.0f))); }          \
    REG MT##r lt_##T(T##r a, T##r b) { return vcltq_##F(a, b); }                                        \
    REG MT##r le_##T(T##r a, T##r b) { return vcleq_##F(a, b); }                                        \
    REG MT##r gt_##T(T##r a, T##r b) { return vcgtq_##F(a, b); }                                        \
    REG MT##r ge_##T(T##r a, T##r b) { return vcgeq_##F(a, b); }                                        \
    REG MT##r eq_##T(T##r a, T##r b) { return vceqq_##F(a, b); }                                        \
    REG MT##r not_lt_##T(T##r a, T##r b)                                                                \
    {                                                                                                   \
        return veorq_##U(vcltq_##F(a, b), vdupq_n_##U(~(USCALAR)0));                                    \
    }                                                                                                   \
    REG MT##r negative_##T(T##r a) { return vcltzq_##I(vreinterpretq_##I##_##F(a)); }                   \
    REG MT##r both_##MT(MT##r a, MT##r b) { return vandq_##U(a, b); }                                   \
    REG MT##r either_##MT(MT##r a, MT##r b) { return vorrq_##U(a, b); }                                 \
    REG MT##r except_##MT(MT##r a, MT##r b) { return vbicq_##U(a, b); }                                 \
    REG int any_##MT(MT##r a) { return vmaxvq_u32(vreinterpretq_u32_u8(vreinterpretq_u8_##U(a))) != 0; } \
    REG UT##r add_##UT(UT##r a, UT##r b) { return vaddq_##U(a, b); }                                    \
    REG UT##r sub_##UT(UT##r a, UT##r b) { return vsubq_##U(a, b); }                                    \
    REG UT##r and_##UT(UT##r a, UT##r b) { return vandq_##U(a, b); }                                    \
    REG UT##r or_##UT(UT##r a, UT##r b) { return vorrq_##U(a, b); }                                     \
    REG UT##r xor_##UT(UT##r a, UT##r b) { return veorq_##U(a, b); }                                    \
    REG UT##r shl_##UT(UT##r a, int s) { return a << s; }                                               \
    REG UT##r shr_##UT(UT##r a, int s) { return a >> s; }                                               \
    REG MT##r lt_##UT(UT##r a, UT##r b) { return vcltq_##U(a, b); }                                     \
    /* Two powers of two, the first product exact where the second rounds. */                           \
    REG T##r scale_##T(T##r y, T##r z, T##r n, int frac)                                                \
    {                                                                                                   \
        const INTS e = vreinterpretq_##I##_##F(z) << UP >> (UP + frac), h = vshrq_n_##I(e, 1);          \
        const INTS bias = vdupq_n_##I(BIAS);                                                            \
        const INTS a = vshlq_n_##I(vaddq_##I(h, bias), MANTISSA);                                       \
        const INTS b = vshlq_n_##I(vaddq_##I(vsubq_##I(e, h), bias), MANTISSA);                         \
        (void)n;                                                                                        \
        return vmulq_##F(vmulq_##F(y, vreinterpretq_##F##_##I(a)), vreinterpretq_##F##_##I(b));         \
    }                                                                                                   \
    REG T##r scale_live_##T(MT##r live, T##r y, T##r z, T##r n, int frac)                               \
    {                                                                                                   \
        return from_bits_##UT(vandq_##U(bits_##T(scale_##T(y, z, n, frac)), live));                     \
    }                                                                                                   \
    REG T##r scale_normal_##T(T##r y, T##r z, T##r n, int frac)                                         \
    {                                                                                                   \
        const UT##r e = bits_##T(z) << (MANTISSA - frac) & splat_##UT(~(USCALAR)0 << MANTISSA);         \
        (void)n;                                                                                        \
        return from_bits_##UT(vaddq_##U(bits_##T(y), e));                                               \
    }                                                                                                   \
    REG T##r guard_argument_##T(T##r x, SCALAR bound)                                                   \
    {                                                                                                   \
        return at_most_##T(splat_##T(bound), at_least_##T(splat_##T(-bound), x));                       \
    }                                                                                                   \
    REG T##r guard_remainder_##T(T##r r) { return r; }

NEON(f32, u32, m32, float, uint32_t, f32, u32, s32, int32x4_t, 23, 127, 10)
NEON(f64, u64, m64, double, uint64_t, f64, u64, s64, int64x2_t, 52, 1023, 32)

enum { SCALE_IS_FREE = 0 };

REG f32r only_f32(m32r m, f32r a) { return from_bits_u32(vandq_u32(bits_f32(a), m)); }
REG f32r select_above_f32(m32r m, f32r a, f32r b) { return select_f32(m, a, b); }
REG f32r size_up_to_f32(float end, f32r a) { return at_most_f32(splat_f32(end), andnot_f32(splat_f32(-0.0f), a)); }
REG f32r fill_where_f32(m32r m, f32r a, f32r b) { return select_f32(m, a, b); }
REG f32r add_where_f32(m32r m, f32r a, f32r b) { return add_f32(a, only_f32(m, b)); }
REG f32r mul_where_f32(m32r m, f32r a, float c) { return vmulq_f32(a, select_f32(m, splat_f32(c), splat_f32(1.0f))); }

/* Tables are looked up by bytes: four times the index, in each byte of a lane its own offset. */
REG uint8x16_t byte_index(u32r i, uint32_t entries)
{
    const u32r four = vmulq_n_u32(vandq_u32(i, vdupq_n_u32(entries - 1)), 0x04040404u);
    return vreinterpretq_u8_u32(vaddq_u32(four, vdupq_n_u32(0x03020100u)));
}
REG f32r lookup8_f32(const float *t, u32r i)
{
    const uint8x16x2_t table = {{vld1q_u8((const uint8_t *)t), vld1q_u8((const uint8_t *)(t + 4))}};
    return vreinterpretq_f32_u8(vqtbl2q_u8(table, byte_index(i, 8)));
}
REG f32r lookup16_f32(const float *t, u32r i)
{
    const uint8_t *b = (const uint8_t *)t;
    const uint8x16x4_t table = {{vld1q_u8(b), vld1q_u8(b + 16), vld1q_u8(b + 32), vld1q_u8(b + 48)}};
    return vreinterpretq_f32_u8(vqtbl4q_u8(table, byte_index(i, 16)));
}
REG f32r lookup32_f32(const float *t, u32r i)
{
    const uint8_t *b = (const uint8_t *)t;
    const uint8x16x4_t low = {{vld1q_u8(b), vld1q_u8(b + 16), vld1q_u8(b + 32), vld1q_u8(b + 48)}};
    const uint8x16x4_t high = {{vld1q_u8(b + 64), vld1q_u8(b + 80), vld1q_u8(b + 96), vld1q_u8(b + 112)}};
    const uint8x16_t at = byte_index(i, 32);
    /* an index beyond its table gives 0 in the first and keeps the first's result in the second */
    return vreinterpretq_f32_u8(vqtbx4q_u8(vqtbl4q_u8(low, at), high, vsubq_u8(at, vdupq_n_u8(64))));
}
REG void lookup_pair_f32(const float *rows, const float *columns, u32r i, f32r *a, f32r *b)
{
    (void)rows;
    *a = lookup32_f32(columns, i);
    *b = lookup32_f32(columns + 32, i);
}
typedef u32r at_f32r;
typedef struct { f32r c[8]; } row_f32r;
REG at_f32r at_f32(u32r i) { return i; }
#define THROUGH_MEMORY(a) ((void)(a))
REG row_f32r row_f32(const float *rows, at_f32r i)
{
    row_f32r row;
    const u32r at = vshlq_n_u32(vandq_u32(i, vdupq_n_u32(31)), 3);
    const float *p0 = rows + vgetq_lane_u32(at, 0), *p1 = rows + vgetq_lane_u32(at, 1);
    const float *p2 = rows + vgetq_lane_u32(at, 2), *p3 = rows + vgetq_lane_u32(at, 3);
    for (int h = 0; h < 8; h += 4) {
        const f32r a = vld1q_f32(p0 + h), b = vld1q_f32(p1 + h), d = vld1q_f32(p2 + h), e = vld1q_f32(p3 + h);
        const float64x2_t ab0 = vreinterpretq_f64_f32(vtrn1q_f32(a, b)), ab1 = vreinterpretq_f64_f32(vtrn2q_f32(a, b));
        const float64x2_t de0 = vreinterpretq_f64_f32(vtrn1q_f32(d, e)), de1 = vreinterpretq_f64_f32(vtrn2q_f32(d, e));
        row.c[h + 0] = vreinterpretq_f32_f64(vtrn1q_f64(ab0, de0));
        row.c[h + 1] = vreinterpretq_f32_f64(vtrn1q_f64(ab1, de1));
        row.c[h + 2] = vreinterpretq_f32_f64(vtrn2q_f64(ab0, de0));
        row.c[h + 3] = vreinterpretq_f32_f64(vtrn2q_f64(ab1, de1));
    }
    return row;
}
REG f32r column_f32(const row_f32r *row, const float *columns, int k) { return row->c[k]; }
REG f64r lookup8_f64(const double *t, u64r i)
{
    const f64r y = vdupq_n_f64(t[vgetq_lane_u64(i, 0) & 7]);
    return vsetq_lane_f64(t[vgetq_lane_u64(i, 1) & 7], y, 1);
}
REG f64r lookup16_f64(const double *t, u64r i)
{
    const f64r y = vdupq_n_f64(t[vgetq_lane_u64(i, 0) & 15]);
    return vsetq_lane_f64(t[vgetq_lane_u64(i, 1) & 15], y, 1);
}
/* Rows of 16 float64: columns 4q to 4q+3. */
typedef u64r at_f64r;
REG at_f64r row_f64(u64r i) { return vshlq_n_u64(vandq_u64(i, vdupq_n_u64(15)), 4); }
REG void lookup_quad_f64(const double *rows, const double *columns, at_f64r at, int q, f64r *c)
{
    (void)columns;
    const double *r0 = rows + 4 * q + vgetq_lane_u64(at, 0), *r1 = rows + 4 * q + vgetq_lane_u64(at, 1);
    for (int h = 0; h < 4; h += 2) {
        const f64r a = vld1q_f64(r0 + h), b = vld1q_f64(r1 + h);
        c[h] = vtrn1q_f64(a, b);
        c[h + 1] = vtrn2q_f64(a, b);
    }
}
/* Both entries of row i & 31 of a table of 32 pairs. */
REG void lookup_pair_f64(const double *rows, const double *columns, u64r i, f64r *a, f64r *b)
{
    (void)columns;
    const f64r r0 = vld1q_f64(rows + 2 * (vgetq_lane_u64(i, 0) & 31));
    const f64r r1 = vld1q_f64(rows + 2 * (vgetq_lane_u64(i, 1) & 31));
    *a = vtrn1q_f64(r0, r1);
    *b = vtrn2q_f64(r0, r1);
}

/* Half a register of float32 as float64: the first lanes, the last ones. */
REG f64r widen_low_f32(f32r a) { return vcvt_f64_f32(vget_low_f32(a)); }
REG f64r widen_high_f32(f32r a) { return vcvt_high_f64_f32(a); }
/* And both halves back, rounded. */
REG f32r narrow_f64(f64r a, f64r b) { return vcombine_f32(vcvt_f32_f64(a), vcvt_f32_f64(b)); }

REG f64r rough_over_root_f64(f64r a) { return vcvt_f64_f32(vdiv_f32(vdup_n_f32(1), vsqrt_f32(vcvt_f32_f64(a)))); }
REG f64r rough_over_f64(f64r a) { return vcvt_f64_f32(vdiv_f32(vdup_n_f32(1), vcvt_f32_f64(a))); }

/* Across the lanes: the greatest number, and the sum as a tree of halves (lane l and lane l + W/2, and so on). */
REG float max_lanes_f32(f32r a) { return vmaxvq_f32(a); }
REG double max_lanes_f64(f64r a) { return vmaxvq_f64(a); }
REG double sum_lanes_f64(f64r a) { return vgetq_lane_f64(a, 0) + vgetq_lane_f64(a, 1); }
REG float sum_lanes_f32(f32r a)
{
    const float32x2_t b = vadd_f32(vget_low_f32(a), vget_high_f32(a));
    return vget_lane_f32(b, 0) + vget_lane_f32(b, 1);
}

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
REG f32r only_fma_f32(m32r m, f32r a, f32r b, f32r c) { return from_bits_u32(and_u32(m, bits_f32(fma_f32(a, b, c)))); }
REG f64r only_fma_f64(m64r m, f64r a, f64r b, f64r c) { return from_bits_u64(and_u64(m, bits_f64(fma_f64(a, b, c)))); }

/* The lanes of a mask as bits | lanes of a that have none of the bits b. */
REG unsigned lanes_m32(m32r m)
{
    const uint32_t bit[4] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(m, vld1q_u32(bit)));
}
REG m32r none_u32(u32r a, u32r b) { return vceqzq_u32(vandq_u32(a, b)); }

/* Registers of float32 from halves in memory, exactly, and to halves, ties to even, NaN stays NaN. */
typedef uint16x4_t h16r;
REG f32r load_f16(const uint16_t *p) { return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p))); }
REG f32r load_bf16(const uint16_t *p) { return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16)); }
REG h16r to_f16(f32r a) { return vreinterpret_u16_f16(vcvt_f16_f32(a)); }
REG u32r round_bf16(u32r b)
{
    return vaddq_u32(b, vaddq_u32(vandq_u32(vshrq_n_u32(b, 16), splat_u32(1)), splat_u32(0x7fff)));
}
/* Without a NaN, but for those whose last 16 bits are 0, as where they come from bfloat16 | with any. */
REG h16r quick_bf16(f32r a) { return vshrn_n_u32(round_bf16(bits_f32(a)), 16); }
REG h16r to_bf16(f32r a)
{
    const u32r b = bits_f32(a);
    return vshrn_n_u32(select_u32(eq_f32(a, a), round_bf16(b), vorrq_u32(b, splat_u32(0x400000))), 16);
}
/* Registers of 16-bit words: halves as words in the order of their numbers, NaNs at both ends | a + b where `at`, a word
 * with a sign, is beyond `last`, else a | (a & keep) | set */
typedef uint16x8_t w16r;
enum { W_w16 = 8 };
REG w16r splat_w16(uint16_t a) { return vdupq_n_u16(a); }
REG w16r load_w16(const uint16_t *p) { return vld1q_u16(p); }
REG void store_w16(uint16_t *p, w16r a) { vst1q_u16(p, a); }
REG w16r add_w16(w16r a, w16r b) { return vaddq_u16(a, b); }
REG w16r order_w16(w16r a)
{
    const w16r sign = vreinterpretq_u16_s16(vshrq_n_s16(vreinterpretq_s16_u16(a), 15));
    return veorq_u16(a, vshrq_n_u16(sign, 1));
}
REG w16r add_beyond_w16(w16r at, w16r last, w16r a, w16r b)
{
    return vaddq_u16(a, vandq_u16(vcgtq_s16(vreinterpretq_s16_u16(at), vreinterpretq_s16_u16(last)), b));
}
REG w16r keep_w16(w16r a, w16r keep, w16r set) { return vorrq_u16(vandq_u16(a, keep), set); }

/* Two registers of bfloat16 at once, the even ones and the odd ones: half the operations.  pair_bf16 rounds, and pair_up
 * does, but for the middle of two, which goes up; a NaN is kept only where the last 16 bits of the float32 are 0, as where
 * it comes from a bfloat16. */
REG void load_pair_bf16(const uint16_t *p, f32r *a)
{
    const u32r b = vreinterpretq_u32_u16(vld1q_u16(p));
    a[0] = vreinterpretq_f32_u32(vshlq_n_u32(b, 16));
    a[1] = vreinterpretq_f32_u32(vandq_u32(b, splat_u32(0xffff0000)));
}
REG w16r join_upper(u32r a, u32r b) /* the upper halves */
{
    return vreinterpretq_u16_u32(vbslq_u32(splat_u32(0xffff0000), b, vshrq_n_u32(a, 16)));
}
REG w16r pair_bf16(f32r even, f32r odd) { return join_upper(round_bf16(bits_f32(even)), round_bf16(bits_f32(odd))); }
REG w16r pair_up_bf16(f32r even, f32r odd)
{
    return join_upper(add_u32(bits_f32(even), splat_u32(0x8000)), add_u32(bits_f32(odd), splat_u32(0x8000)));
}
/* Whether some of these are in the middle of two, or subnormals: all whose last 16 bits are 0x8000. */
REG int some_middle_bf16(const f32r *a, int n)
{
    u32r m = splat_u32(0);
    for (int k = 0; k < n; k++)
        m = vorrq_u32(m, vceqq_u32(vshlq_n_u32(bits_f32(a[k]), 16), splat_u32(0x80000000)));
    return vmaxvq_u32(m) != 0;
}
REG void store_h16(uint16_t *p, h16r a) { vst1_u16(p, a); }

/* Words of 16 bits in lanes of 32, in turn or in pairs of registers as above; numbers of a table of float32 by them. */
REG u32r load_words_u32(const uint16_t *p) { return vmovl_u16(vld1_u16(p)); }
REG void load_pair_words_u32(const uint16_t *p, u32r *a)
{
    const u32r b = vreinterpretq_u32_u16(vld1q_u16(p));
    a[0] = vandq_u32(b, splat_u32(0xffff));
    a[1] = vshrq_n_u32(b, 16);
}
REG f32r look_up_f32(const float *table, u32r i)
{
    const float a[4] = {table[vgetq_lane_u32(i, 0)], table[vgetq_lane_u32(i, 1)], table[vgetq_lane_u32(i, 2)],
                        table[vgetq_lane_u32(i, 3)]};
    return vld1q_f32(a);
}
/* A table of words, LOOK_UP at once, where two bytes follow it. */
enum { LOOK_UP = 4 };
REG void look_up_w16(const uint16_t *table, const uint16_t *x, uint16_t *to)
{
    const uint16_t a = table[x[0]], b = table[x[1]], c = table[x[2]], d = table[x[3]];
    to[0] = a, to[1] = b, to[2] = c, to[3] = d;
}

/* Past the cache: left to the cache, as a pair of registers (STNP) is only a hint, and was never measured. */
enum { STREAMS = 0 };
REG void stream_f32(float *p, f32r a) { store_f32(p, a); }
REG void stream_end(void) {}

#endif
