/* The vector vocabulary on AVX-512 (F, VL, DQ, BW): one register of 16 float32 or 8 float64.
 *
 * Every name here exists in avx2.h, neon.h and portable.h too and gives the same bits there; pack.h lifts
 * the names to packs of registers, and kernels speak packs only.  Intrinsics stand in these headers alone. */
#ifndef FA_SIMD_AVX512_H
#define FA_SIMD_AVX512_H
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define FA_ISA_NAME "avx512"
#define REG static inline __attribute__((always_inline))

typedef __m512 f32r;
typedef __m512i u32r;
typedef __mmask16 m32r;
typedef __m512d f64r;
typedef __m512i u64r;
typedef __mmask8 m64r;
enum { W_f32 = 16, W_f64 = 8 };
/* Registers in a pack of the elementwise loops and of the rows: the scheduler does not hide a chain of 95 cycles by
 * itself (gelu: 20 % slower with one). */
enum { UNROLL_f32 = 4, UNROLL_f64 = 4, UNROLL_ROWS = 4 };
enum { FEW_REGISTERS = 0 };

/* -- float32 ------------------------------------------------------------------------------------- */
REG f32r splat_f32(float a) { return _mm512_set1_ps(a); }
REG f32r load_f32(const float *p) { return _mm512_loadu_ps(p); }
REG void store_f32(float *p, f32r a) { _mm512_storeu_ps(p, a); }
/* To an aligned place, past the cache; after the last of them stream_end. */
enum { STREAMS = 1 };
REG void stream_f32(float *p, f32r a) { _mm512_stream_ps(p, a); }
REG void stream_end(void) { _mm_sfence(); }
REG f32r load_part_f32(const float *p, size_t k) { return _mm512_maskz_loadu_ps((__mmask16)((1u << k) - 1), p); }
REG f32r load_part_or_f32(const float *p, size_t k, float rest)
{
    return _mm512_mask_loadu_ps(splat_f32(rest), (__mmask16)((1u << k) - 1), p);
}
REG void store_part_f32(float *p, f32r a, size_t k) { _mm512_mask_storeu_ps(p, (__mmask16)((1u << k) - 1), a); }

REG f32r add_f32(f32r a, f32r b) { return _mm512_add_ps(a, b); }
REG f32r sub_f32(f32r a, f32r b) { return _mm512_sub_ps(a, b); }
REG f32r mul_f32(f32r a, f32r b) { return _mm512_mul_ps(a, b); }
REG f32r div_f32(f32r a, f32r b) { return _mm512_div_ps(a, b); }
REG f32r sqrt_f32(f32r a) { return _mm512_sqrt_ps(a); }
REG f32r fma_f32(f32r a, f32r b, f32r c) { return _mm512_fmadd_ps(a, b, c); }
REG f32r fms_f32(f32r a, f32r b, f32r c) { return _mm512_fmsub_ps(a, b, c); }
REG f32r fnma_f32(f32r a, f32r b, f32r c) { return _mm512_fnmadd_ps(a, b, c); }
/* max and min that let a NaN of the second operand through */
REG f32r at_least_f32(f32r lo, f32r a) { return _mm512_max_ps(lo, a); }
REG f32r at_most_f32(f32r hi, f32r a) { return _mm512_min_ps(hi, a); }
REG f32r and_f32(f32r a, f32r b) { return _mm512_and_ps(a, b); }
REG f32r or_f32(f32r a, f32r b) { return _mm512_or_ps(a, b); }
REG f32r xor_f32(f32r a, f32r b) { return _mm512_xor_ps(a, b); }
REG f32r andnot_f32(f32r a, f32r b) { return _mm512_andnot_ps(a, b); } /* ~a & b */
/* a | the sign of b */
REG f32r with_sign_f32(f32r a, f32r b)
{
    const __m512i sign = _mm512_set1_epi32((int)0x80000000u);
    return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b), sign, 0xf8));
}

REG m32r lt_f32(f32r a, f32r b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
REG m32r le_f32(f32r a, f32r b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
REG m32r gt_f32(f32r a, f32r b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
REG m32r ge_f32(f32r a, f32r b) { return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ); }
REG m32r eq_f32(f32r a, f32r b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
REG m32r not_lt_f32(f32r a, f32r b) { return _mm512_cmp_ps_mask(a, b, _CMP_NLT_UQ); } /* true for NaN */
REG m32r negative_f32(f32r a) { return _mm512_movepi32_mask(_mm512_castps_si512(a)); } /* sign bit */
REG f32r select_f32(m32r m, f32r a, f32r b) { return _mm512_mask_mov_ps(b, m, a); }
REG m32r both_m32(m32r a, m32r b) { return a & b; }
REG m32r either_m32(m32r a, m32r b) { return a | b; }
REG m32r except_m32(m32r a, m32r b) { return a & (__mmask16)~b; }
REG int any_m32(m32r a) { return a != 0; }

REG u32r bits_f32(f32r a) { return _mm512_castps_si512(a); }
REG f32r from_bits_u32(u32r a) { return _mm512_castsi512_ps(a); }
REG u32r splat_u32(uint32_t a) { return _mm512_set1_epi32((int)a); }
REG u32r add_u32(u32r a, u32r b) { return _mm512_add_epi32(a, b); }
REG u32r sub_u32(u32r a, u32r b) { return _mm512_sub_epi32(a, b); }
REG u32r and_u32(u32r a, u32r b) { return _mm512_and_si512(a, b); }
REG u32r or_u32(u32r a, u32r b) { return _mm512_or_si512(a, b); }
REG u32r xor_u32(u32r a, u32r b) { return _mm512_xor_si512(a, b); }
#define shl_u32(a, k) _mm512_slli_epi32(a, k)
#define shr_u32(a, k) _mm512_srli_epi32(a, k)
REG m32r lt_u32(u32r a, u32r b) { return _mm512_cmplt_epu32_mask(a, b); }
REG u32r select_u32(m32r m, u32r a, u32r b) { return _mm512_mask_mov_epi32(b, m, a); }

/* Table look-ups by the low bits of the index. */
REG f32r lookup8_f32(const float *t, u32r i)
{
    return _mm512_permutexvar_ps(i, _mm512_broadcast_f32x8(_mm256_loadu_ps(t)));
}
REG f32r lookup16_f32(const float *t, u32r i) { return _mm512_permutexvar_ps(i, _mm512_loadu_ps(t)); }
REG f32r lookup32_f32(const float *t, u32r i)
{
    return _mm512_permutex2var_ps(_mm512_loadu_ps(t), i, _mm512_loadu_ps(t + 16));
}
REG void lookup_pair_f32(const float *rows, const float *columns, u32r i, f32r *a, f32r *b)
{
    (void)rows;
    *a = lookup32_f32(columns, i);
    *b = lookup32_f32(columns + 32, i);
}
/* Rows of eight of a 32-row table: `columns` is [8][32], `rows` the same transposed.  at_f32 and row_f32 do what comes
 * before a column is wanted: here nothing. */
typedef u32r at_f32r, row_f32r;
REG at_f32r at_f32(u32r i) { return i; }
#define THROUGH_MEMORY(a) ((void)(a))
REG row_f32r row_f32(const float *rows, at_f32r i) { return i; }
REG f32r column_f32(const row_f32r *i, const float *columns, int k) { return lookup32_f32(columns + 32 * k, *i); }

/* y * 2^floor(n), rounded once (into the subnormals too).  z = n + 1.5*2^(23-FRAC), so that its low bits are n in
 * units of 2^-FRAC: what the others use; there |n| <= 250 and y * 2^(n/2) must be normal (or 0). */
#define scale_f32(y, z, n, FRAC) _mm512_scalef_ps(y, n)
/* The same where `live`, exactly 0 elsewhere (no assist for what underflows). */
#define scale_live_f32(live, y, z, n, FRAC) _mm512_maskz_scalef_ps(live, y, n)
/* The same where y is in (1/2, 4) and the result is known to be normal: one integer addition elsewhere. */
#define scale_normal_f32(y, z, n, FRAC) _mm512_scalef_ps(y, n)
/* Here scalef takes whatever comes; where it must be built, kernels have a second way for ordinary arguments. */
enum { SCALE_IS_FREE = 1 };
/* The exponential's guard against huge arguments: scalef needs a bounded remainder, the others a bounded x. */
REG f32r guard_argument_f32(f32r x, float bound)
{
    (void)bound;
    return x;
}
REG f32r guard_remainder_f32(f32r r) { return _mm512_range_ps(r, splat_f32(1.0f), 2); } /* min(|r|,1), NaN gives 1 */

/* What the row engine and the steps add: see pack.h. */
REG f32r only_f32(m32r m, f32r a) { return _mm512_maskz_mov_ps(m, a); }
REG f32r select_above_f32(m32r m, f32r a, f32r b) { return _mm512_mask_mov_ps(b, m, a); }
REG f32r size_up_to_f32(float end, f32r a) { return _mm512_range_ps(a, splat_f32(end), 10); }
REG f32r fill_where_f32(m32r m, f32r a, f32r b) { return _mm512_mask_mov_ps(b, m, a); }
REG f32r add_where_f32(m32r m, f32r a, f32r b) { return _mm512_mask_add_ps(a, m, a, b); }
REG f32r mul_where_f32(m32r m, f32r a, float c) { return _mm512_mask_mul_ps(a, m, a, splat_f32(c)); }

/* -- float64 ------------------------------------------------------------------------------------- */
REG f64r splat_f64(double a) { return _mm512_set1_pd(a); }
REG f64r load_f64(const double *p) { return _mm512_loadu_pd(p); }
REG void store_f64(double *p, f64r a) { _mm512_storeu_pd(p, a); }
REG f64r load_part_f64(const double *p, size_t k) { return _mm512_maskz_loadu_pd((__mmask8)((1u << k) - 1), p); }
REG f64r load_part_or_f64(const double *p, size_t k, double rest)
{
    return _mm512_mask_loadu_pd(splat_f64(rest), (__mmask8)((1u << k) - 1), p);
}
REG void store_part_f64(double *p, f64r a, size_t k) { _mm512_mask_storeu_pd(p, (__mmask8)((1u << k) - 1), a); }

REG f64r add_f64(f64r a, f64r b) { return _mm512_add_pd(a, b); }
REG f64r sub_f64(f64r a, f64r b) { return _mm512_sub_pd(a, b); }
REG f64r mul_f64(f64r a, f64r b) { return _mm512_mul_pd(a, b); }
REG f64r div_f64(f64r a, f64r b) { return _mm512_div_pd(a, b); }
REG f64r sqrt_f64(f64r a) { return _mm512_sqrt_pd(a); }
REG f64r fma_f64(f64r a, f64r b, f64r c) { return _mm512_fmadd_pd(a, b, c); }
REG f64r fms_f64(f64r a, f64r b, f64r c) { return _mm512_fmsub_pd(a, b, c); }
REG f64r fnma_f64(f64r a, f64r b, f64r c) { return _mm512_fnmadd_pd(a, b, c); }
REG f64r at_least_f64(f64r lo, f64r a) { return _mm512_max_pd(lo, a); }
REG f64r at_most_f64(f64r hi, f64r a) { return _mm512_min_pd(hi, a); }
REG f64r and_f64(f64r a, f64r b) { return _mm512_and_pd(a, b); }
REG f64r or_f64(f64r a, f64r b) { return _mm512_or_pd(a, b); }
REG f64r xor_f64(f64r a, f64r b) { return _mm512_xor_pd(a, b); }
REG f64r andnot_f64(f64r a, f64r b) { return _mm512_andnot_pd(a, b); }
REG f64r with_sign_f64(f64r a, f64r b)
{
    const __m512i sign = _mm512_set1_epi64((long long)0x8000000000000000ull);
    return _mm512_castsi512_pd(_mm512_ternarylogic_epi64(_mm512_castpd_si512(a), _mm512_castpd_si512(b), sign, 0xf8));
}

REG m64r lt_f64(f64r a, f64r b) { return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ); }
REG m64r le_f64(f64r a, f64r b) { return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ); }
REG m64r gt_f64(f64r a, f64r b) { return _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ); }
REG m64r ge_f64(f64r a, f64r b) { return _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ); }
REG m64r eq_f64(f64r a, f64r b) { return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ); }
REG m64r not_lt_f64(f64r a, f64r b) { return _mm512_cmp_pd_mask(a, b, _CMP_NLT_UQ); }
REG m64r negative_f64(f64r a) { return _mm512_movepi64_mask(_mm512_castpd_si512(a)); }
REG f64r select_f64(m64r m, f64r a, f64r b) { return _mm512_mask_mov_pd(b, m, a); }
REG m64r both_m64(m64r a, m64r b) { return a & b; }
REG m64r either_m64(m64r a, m64r b) { return a | b; }
REG m64r except_m64(m64r a, m64r b) { return a & (__mmask8)~b; }
REG int any_m64(m64r a) { return a != 0; }

REG u64r bits_f64(f64r a) { return _mm512_castpd_si512(a); }
REG f64r from_bits_u64(u64r a) { return _mm512_castsi512_pd(a); }
REG u64r splat_u64(uint64_t a) { return _mm512_set1_epi64((long long)a); }
REG u64r add_u64(u64r a, u64r b) { return _mm512_add_epi64(a, b); }
REG u64r sub_u64(u64r a, u64r b) { return _mm512_sub_epi64(a, b); }
REG u64r and_u64(u64r a, u64r b) { return _mm512_and_si512(a, b); }
REG u64r or_u64(u64r a, u64r b) { return _mm512_or_si512(a, b); }
REG u64r xor_u64(u64r a, u64r b) { return _mm512_xor_si512(a, b); }
#define shl_u64(a, k) _mm512_slli_epi64(a, k)
#define shr_u64(a, k) _mm512_srli_epi64(a, k)
REG u64r select_u64(m64r m, u64r a, u64r b) { return _mm512_mask_mov_epi64(b, m, a); }

REG f64r lookup8_f64(const double *t, u64r i) { return _mm512_permutexvar_pd(i, _mm512_loadu_pd(t)); }
REG f64r lookup16_f64(const double *t, u64r i)
{
    return _mm512_permutex2var_pd(_mm512_loadu_pd(t), i, _mm512_loadu_pd(t + 8));
}
#define scale_f64(y, z, n, FRAC) _mm512_scalef_pd(y, n)
#define scale_live_f64(live, y, z, n, FRAC) _mm512_maskz_scalef_pd(live, y, n)
#define scale_normal_f64(y, z, n, FRAC) _mm512_scalef_pd(y, n)
REG f64r guard_argument_f64(f64r x, double bound)
{
    (void)bound;
    return x;
}
REG f64r guard_remainder_f64(f64r r) { return _mm512_range_pd(r, splat_f64(1.0), 2); }

/* Rows of 16 float64 by the low four bits of an index: columns 4q to 4q+3 of a table of 16 rows, given row by row and
 * column by column.  row_f64 does once what each lookup_quad_f64 needs. */
typedef u64r at_f64r;
REG at_f64r row_f64(u64r i) { return i; }
REG void lookup_quad_f64(const double *rows, const double *columns, at_f64r at, int q, f64r *c)
{
    (void)rows;
    for (int k = 0; k < 4; k++)
        c[k] = lookup16_f64(columns + 64 * q + 16 * k, at);
}
/* Both entries of row i & 31 of a table of 32 pairs. */
REG void lookup_pair_f64(const double *rows, const double *columns, u64r i, f64r *a, f64r *b)
{
    const __mmask8 upper = _mm512_test_epi64_mask(i, _mm512_set1_epi64(16));
    (void)rows;
    *a = _mm512_mask_mov_pd(lookup16_f64(columns, i), upper, lookup16_f64(columns + 16, i));
    *b = _mm512_mask_mov_pd(lookup16_f64(columns + 32, i), upper, lookup16_f64(columns + 48, i));
}

/* Half a register of float32 as float64: the first lanes, the last ones. */
REG f64r widen_low_f32(f32r a) { return _mm512_cvtps_pd(_mm512_castps512_ps256(a)); }
REG f64r widen_high_f32(f32r a) { return _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1)); }
/* And both halves back, rounded. */
REG f32r narrow_f64(f64r a, f64r b)
{
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(a)), _mm512_cvtpd_ps(b), 1);
}

/* 1/sqrt(a) and 1/a of what float32 can hold, by its operations: within 2^-22.4, in a third of the time. */
REG f64r rough_over_root_f64(f64r a)
{
    return _mm512_cvtps_pd(_mm256_div_ps(_mm256_set1_ps(1), _mm256_sqrt_ps(_mm512_cvtpd_ps(a))));
}
REG f64r rough_over_f64(f64r a) { return _mm512_cvtps_pd(_mm256_div_ps(_mm256_set1_ps(1), _mm512_cvtpd_ps(a))); }

/* Across the lanes: the greatest number, and the sum as a tree of halves (lane l and lane l + W/2, and so on). */
REG float max_lanes_f32(f32r a) { return _mm512_reduce_max_ps(a); }
REG double max_lanes_f64(f64r a) { return _mm512_reduce_max_pd(a); }
REG double sum_lanes_f64(f64r a)
{
    const __m256d b = _mm256_add_pd(_mm512_castpd512_pd256(a), _mm512_extractf64x4_pd(a, 1));
    const __m128d c = _mm_add_pd(_mm256_castpd256_pd128(b), _mm256_extractf128_pd(b, 1));
    return _mm_cvtsd_f64(_mm_add_sd(c, _mm_unpackhi_pd(c, c)));
}
REG float sum_lanes_f32(f32r a)
{
    const __m256 b = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    const __m128 c = _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    const __m128 d = _mm_add_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_add_ss(d, _mm_movehdup_ps(d)));
}

/* W rows of n numbers at x to n rows of W numbers, `step` apart; and back.  In squares of 4, of which a register holds four:
 * bringing these together is work for any port that reads, where wider squares want twice the shuffles of one port.  The
 * last square overlaps the one before. */
REG void quads_f32(f32r *a)
{
    const f32r b = _mm512_unpacklo_ps(a[0], a[1]), c = _mm512_unpackhi_ps(a[0], a[1]);
    const f32r d = _mm512_unpacklo_ps(a[2], a[3]), e = _mm512_unpackhi_ps(a[2], a[3]);
    a[0] = _mm512_shuffle_ps(b, d, 0x44);
    a[1] = _mm512_shuffle_ps(b, d, 0xee);
    a[2] = _mm512_shuffle_ps(c, e, 0x44);
    a[3] = _mm512_shuffle_ps(c, e, 0xee);
}
REG f32r together_f32(__m128 a, __m128 b, __m128 c, __m128 d)
{
    const f32r ab = _mm512_insertf32x4(_mm512_castps128_ps512(a), b, 1);
    return _mm512_insertf32x4(_mm512_insertf32x4(ab, c, 2), d, 3);
}
REG void transpose_in_f32(const float *x, size_t n, float *to, size_t step)
{
    const __mmask8 some = (__mmask8)((1u << (n & 3)) - 1);
    f32r a[4];
    for (size_t i = 0; i < n; i += 4) {
        const size_t j = i + 4 <= n || n < 4 ? i : n - 4;
        const float *at = x + j;
        for (size_t r = 0; r < 4; r++, at += n)
            if (n < 4)
                a[r] = together_f32(_mm_maskz_loadu_ps(some, at), _mm_maskz_loadu_ps(some, at + 4 * n),
                                    _mm_maskz_loadu_ps(some, at + 8 * n), _mm_maskz_loadu_ps(some, at + 12 * n));
            else
                a[r] = together_f32(_mm_loadu_ps(at), _mm_loadu_ps(at + 4 * n), _mm_loadu_ps(at + 8 * n),
                                    _mm_loadu_ps(at + 12 * n));
        quads_f32(a);
        for (size_t k = 0; k < 4 && j + k < n; k++)
            _mm512_storeu_ps(to + (j + k) * step, a[k]);
    }
}
REG void transpose_out_f32(const float *from, size_t step, size_t n, float *y)
{
    const __mmask8 some = (__mmask8)((1u << (n & 3)) - 1);
    f32r a[4];
    for (size_t i = 0; i < n; i += 4) {
        const size_t j = i + 4 <= n || n < 4 ? i : n - 4;
        for (size_t k = 0; k < 4; k++)
            a[k] = _mm512_loadu_ps(from + (j + (j + k < n ? k : 0)) * step);
        quads_f32(a);
        float *at = y + j;
        for (size_t r = 0; r < 4; r++, at += n) {
            __m128 b[4] = {_mm512_castps512_ps128(a[r]), _mm512_extractf32x4_ps(a[r], 1),
                           _mm512_extractf32x4_ps(a[r], 2), _mm512_extractf32x4_ps(a[r], 3)};
            for (size_t l = 0; l < 4; l++)
                if (n < 4) { /* GCC would merge the two into a masked vextract, which faults in the lanes left out */
                    __asm__("" : "+v"(b[l]));
                    _mm_mask_storeu_ps(at + 4 * l * n, some, b[l]);
                } else {
                    _mm_storeu_ps(at + 4 * l * n, b[l]);
                }
        }
    }
}

/* In squares of 2, of which a register holds four. */
REG f64r together_f64(__m128d a, __m128d b, __m128d c, __m128d d)
{
    const f64r ab = _mm512_insertf64x2(_mm512_castpd128_pd512(a), b, 1);
    return _mm512_insertf64x2(_mm512_insertf64x2(ab, c, 2), d, 3);
}
REG void transpose_in_f64(const double *x, size_t n, double *to, size_t step)
{
    if (n == 1)
        _mm512_storeu_pd(to, _mm512_loadu_pd(x));
    for (size_t i = 0; i < n && n > 1; i += 2) {
        const size_t j = i + 2 <= n ? i : n - 2;
        const double *at = x + j;
        const f64r a = together_f64(_mm_loadu_pd(at), _mm_loadu_pd(at + 2 * n), _mm_loadu_pd(at + 4 * n),
                                    _mm_loadu_pd(at + 6 * n));
        at += n;
        const f64r b = together_f64(_mm_loadu_pd(at), _mm_loadu_pd(at + 2 * n), _mm_loadu_pd(at + 4 * n),
                                    _mm_loadu_pd(at + 6 * n));
        _mm512_storeu_pd(to + j * step, _mm512_unpacklo_pd(a, b));
        _mm512_storeu_pd(to + (j + 1) * step, _mm512_unpackhi_pd(a, b));
    }
}
REG void transpose_out_f64(const double *from, size_t step, size_t n, double *y)
{
    if (n == 1)
        _mm512_storeu_pd(y, _mm512_loadu_pd(from));
    for (size_t i = 0; i < n && n > 1; i += 2) {
        const size_t j = i + 2 <= n ? i : n - 2;
        const f64r a = _mm512_loadu_pd(from + j * step), b = _mm512_loadu_pd(from + (j + 1) * step);
        double *at = y + j;
        for (int odd = 0; odd < 2; odd++, at += n) {
            const f64r c = odd ? _mm512_unpackhi_pd(a, b) : _mm512_unpacklo_pd(a, b);
            _mm_storeu_pd(at, _mm512_castpd512_pd128(c));
            _mm_storeu_pd(at + 2 * n, _mm512_extractf64x2_pd(c, 1));
            _mm_storeu_pd(at + 4 * n, _mm512_extractf64x2_pd(c, 2));
            _mm_storeu_pd(at + 6 * n, _mm512_extractf64x2_pd(c, 3));
        }
    }
}

/* pack.h; two registers become one that has half as many numbers of each row, until one has all rows, in the order in which
 * they were read. */
#define ACROSS(NAME, OP)                                                                                \
    REG f32r NAME##_f32(const float *rows)                                                              \
    {                                                                                                   \
        f32r a[16];                                                                                     \
        for (int k = 0; k < 16; k++)                                                                    \
            a[k] = load_f32(rows + 16 * ((k & 4) * 2 + (k & 8) / 2 + (k & 1) * 2 + (k & 2) / 2));       \
        for (int k = 0; k < 8; k++)                                                                     \
            a[k] = OP(_mm512_shuffle_f32x4(a[k], a[k + 8], 0x44), _mm512_shuffle_f32x4(a[k], a[k + 8], 0xee)); \
        for (int k = 0; k < 4; k++)                                                                     \
            a[k] = OP(_mm512_shuffle_f32x4(a[k], a[k + 4], 0x88), _mm512_shuffle_f32x4(a[k], a[k + 4], 0xdd)); \
        for (int k = 0; k < 2; k++)                                                                     \
            a[k] = OP(_mm512_shuffle_ps(a[k], a[k + 2], 0x44), _mm512_shuffle_ps(a[k], a[k + 2], 0xee)); \
        return OP(_mm512_shuffle_ps(a[0], a[1], 0x88), _mm512_shuffle_ps(a[0], a[1], 0xdd));            \
    }
ACROSS(sums_across, add_f32)
ACROSS(most_across, at_least_f32)

/* a*b + c where m, else +0 (whatever a, b and c are there). */
REG f32r only_fma_f32(m32r m, f32r a, f32r b, f32r c) { return _mm512_maskz_fmadd_ps(m, a, b, c); }
REG f64r only_fma_f64(m64r m, f64r a, f64r b, f64r c) { return _mm512_maskz_fmadd_pd(m, a, b, c); }

/* The lanes of a mask as bits | lanes of a that have none of the bits b. */
REG unsigned lanes_m32(m32r m) { return m; }
REG m32r none_u32(u32r a, u32r b) { return _mm512_testn_epi32_mask(a, b); }

/* Registers of float32 from halves in memory, exactly, and to halves, ties to even, NaN stays NaN. */
typedef __m256i h16r;
REG f32r load_f16(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
REG f32r load_bf16(const uint16_t *p)
{
    const __m512i a = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(a, 16));
}
REG h16r to_f16(f32r a) { return _mm512_cvtps_ph(a, 0); }
REG u32r round_bf16(u32r b)
{
    const __mmask16 odd = _mm512_test_epi32_mask(b, splat_u32(0x10000));
    return _mm512_mask_add_epi32(_mm512_add_epi32(b, splat_u32(0x7fff)), odd, b, splat_u32(0x8000));
}
/* Without a NaN, but for those whose last 16 bits are 0, as where they come from bfloat16 | with any. */
REG h16r quick_bf16(f32r a) { return _mm512_cvtepi32_epi16(_mm512_srli_epi32(round_bf16(bits_f32(a)), 16)); }
REG h16r to_bf16(f32r a)
{
    const __m512i b = bits_f32(a);
    const __m512i c =
        _mm512_mask_or_epi32(round_bf16(b), _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q), b, splat_u32(0x400000));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(c, 16));
}
/* Registers of 16-bit words: halves as words in the order of their numbers, NaNs at both ends | a + b where `at`, a word
 * with a sign, is beyond `last`, else a | (a & keep) | set */
typedef __m512i w16r;
enum { W_w16 = 32 };
REG w16r splat_w16(uint16_t a) { return _mm512_set1_epi16((short)a); }
REG w16r load_w16(const uint16_t *p) { return _mm512_loadu_si512(p); }
REG void store_w16(uint16_t *p, w16r a) { _mm512_storeu_si512(p, a); }
REG w16r add_w16(w16r a, w16r b) { return _mm512_add_epi16(a, b); }
REG w16r order_w16(w16r a) /* a ^ (its sign & 0x7fff) */
{
    return _mm512_ternarylogic_epi32(a, _mm512_srai_epi16(a, 15), splat_w16(0x7fff), 0x78);
}
REG w16r add_beyond_w16(w16r at, w16r last, w16r a, w16r b)
{
    return _mm512_mask_add_epi16(a, _mm512_cmpgt_epi16_mask(at, last), a, b);
}
REG w16r keep_w16(w16r a, w16r keep, w16r set) { return _mm512_ternarylogic_epi32(a, keep, set, 0xea); }

/* Two registers of bfloat16 at once, the even ones and the odd ones: half the operations.  pair_bf16 rounds, and pair_up
 * does, but for the middle of two, which goes up; a NaN is kept only where the last 16 bits of the float32 are 0, as where
 * it comes from a bfloat16. */
REG void load_pair_bf16(const uint16_t *p, f32r *a)
{
    const __m512i b = _mm512_loadu_si512(p);
    a[0] = _mm512_castsi512_ps(_mm512_slli_epi32(b, 16));
    a[1] = _mm512_castsi512_ps(_mm512_and_si512(b, splat_u32(0xffff0000)));
}
REG w16r join_upper(u32r a, u32r b) /* the upper halves */
{
    return _mm512_ternarylogic_epi32(_mm512_srli_epi32(a, 16), b, splat_u32(0xffff0000), 0xf8); /* a | b & mask */
}
REG w16r pair_bf16(f32r even, f32r odd) { return join_upper(round_bf16(bits_f32(even)), round_bf16(bits_f32(odd))); }
REG w16r pair_up_bf16(f32r even, f32r odd)
{
    return join_upper(add_u32(bits_f32(even), splat_u32(0x8000)), add_u32(bits_f32(odd), splat_u32(0x8000)));
}
/* Whether some of these are in the middle of two, or subnormals: all whose last 16 bits are 0x8000. */
REG int some_middle_bf16(const f32r *a, int n)
{
    __mmask32 m = 0;
    for (int k = 0; k < n; k++)
        m |= _mm512_cmpeq_epi16_mask(bits_f32(a[k]), splat_w16(0x8000));
    return (m & 0x55555555) != 0;
}
REG void store_h16(uint16_t *p, h16r a) { _mm256_storeu_si256((__m256i *)p, a); }

/* Words of 16 bits in lanes of 32, in turn or in pairs of registers as above; numbers of a table of float32 by them. */
REG u32r load_words_u32(const uint16_t *p) { return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)); }
REG void load_pair_words_u32(const uint16_t *p, u32r *a)
{
    const __m512i b = _mm512_loadu_si512(p);
    a[0] = _mm512_and_si512(b, splat_u32(0xffff));
    a[1] = _mm512_srli_epi32(b, 16);
}
#include "gathers.h"
REG f32r look_up_f32(const float *table, u32r i)
{
    __mmask16 all = 0xffff; /* not known to be all, as in gathers.h */
    __asm__("" : "+k"(all));
    return _mm512_mask_i32gather_ps(splat_f32(0), all, i, table, 4);
}

#endif
