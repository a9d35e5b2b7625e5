/* The vector vocabulary on AVX2 with FMA: one register of 8 float32 or 4 float64.  Names and meaning as in avx512.h. */
#ifndef FA_SIMD_AVX2_H
#define FA_SIMD_AVX2_H
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define FA_ISA_NAME "avx2"
#define REG static inline __attribute__((always_inline))

typedef __m256 f32r;
typedef __m256i u32r;
typedef __m256 m32r;
typedef __m256d f64r;
typedef __m256i u64r;
typedef __m256d m64r;
enum { W_f32 = 8, W_f64 = 4 };
/* Elementwise, packs of four gain 5 % over two or three although they spill; what goes by rows has packs of two. */
enum { UNROLL_f32 = 4, UNROLL_f64 = 2, UNROLL_ROWS = 2 };
enum { FEW_REGISTERS = 1 }; /* 16 */

/* First k lanes of a masked load or store: a window into ones and zeros. */
static const int32_t part_window[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

/* -- float32 ------------------------------------------------------------------------------------- */
REG f32r splat_f32(float a) { return _mm256_set1_ps(a); }
REG f32r load_f32(const float *p) { return _mm256_loadu_ps(p); }
REG void store_f32(float *p, f32r a) { _mm256_storeu_ps(p, a); }
enum { STREAMS = 1 };
REG void stream_f32(float *p, f32r a) { _mm256_stream_ps(p, a); }
REG void stream_end(void) { _mm_sfence(); }
REG __m256i part_f32(size_t k) { return _mm256_loadu_si256((const __m256i *)(part_window + 8 - k)); }
REG f32r load_part_f32(const float *p, size_t k) { return _mm256_maskload_ps(p, part_f32(k)); }
REG f32r load_part_or_f32(const float *p, size_t k, float rest)
{
    return _mm256_blendv_ps(splat_f32(rest), load_part_f32(p, k), _mm256_castsi256_ps(part_f32(k)));
}
REG void store_part_f32(float *p, f32r a, size_t k) { _mm256_maskstore_ps(p, part_f32(k), a); }

REG f32r add_f32(f32r a, f32r b) { return _mm256_add_ps(a, b); }
REG f32r sub_f32(f32r a, f32r b) { return _mm256_sub_ps(a, b); }
REG f32r mul_f32(f32r a, f32r b) { return _mm256_mul_ps(a, b); }
REG f32r div_f32(f32r a, f32r b) { return _mm256_div_ps(a, b); }
REG f32r sqrt_f32(f32r a) { return _mm256_sqrt_ps(a); }
REG f32r fma_f32(f32r a, f32r b, f32r c) { return _mm256_fmadd_ps(a, b, c); }
REG f32r fms_f32(f32r a, f32r b, f32r c) { return _mm256_fmsub_ps(a, b, c); }
REG f32r fnma_f32(f32r a, f32r b, f32r c) { return _mm256_fnmadd_ps(a, b, c); }
REG f32r at_least_f32(f32r lo, f32r a) { return _mm256_max_ps(lo, a); }
REG f32r at_most_f32(f32r hi, f32r a) { return _mm256_min_ps(hi, a); }
REG f32r and_f32(f32r a, f32r b) { return _mm256_and_ps(a, b); }
REG f32r or_f32(f32r a, f32r b) { return _mm256_or_ps(a, b); }
REG f32r xor_f32(f32r a, f32r b) { return _mm256_xor_ps(a, b); }
REG f32r andnot_f32(f32r a, f32r b) { return _mm256_andnot_ps(a, b); }
REG f32r with_sign_f32(f32r a, f32r b) { return or_f32(a, and_f32(b, splat_f32(-0.0f))); }

REG m32r lt_f32(f32r a, f32r b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
REG m32r le_f32(f32r a, f32r b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
REG m32r gt_f32(f32r a, f32r b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
REG m32r ge_f32(f32r a, f32r b) { return _mm256_cmp_ps(a, b, _CMP_GE_OQ); }
REG m32r eq_f32(f32r a, f32r b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
REG m32r not_lt_f32(f32r a, f32r b) { return _mm256_cmp_ps(a, b, _CMP_NLT_UQ); }
REG m32r negative_f32(f32r a) { return _mm256_castsi256_ps(_mm256_srai_epi32(_mm256_castps_si256(a), 31)); }
REG u32r bits_f32(f32r a) { return _mm256_castps_si256(a); }
/* Of a blend with 0 GCC makes an and, but compares the mask with 0 once more before. */
REG int is_zero(__m256i a)
{
    const long long any = a[0] | a[1] | a[2] | a[3];
    return __builtin_constant_p(any) && any == 0;
}
REG f32r select_f32(m32r m, f32r a, f32r b)
{
    if (is_zero(bits_f32(a)))
        return _mm256_andnot_ps(m, b);
    return is_zero(bits_f32(b)) ? _mm256_and_ps(m, a) : _mm256_blendv_ps(b, a, m);
}
REG m32r both_m32(m32r a, m32r b) { return _mm256_and_ps(a, b); }
REG m32r either_m32(m32r a, m32r b) { return _mm256_or_ps(a, b); }
REG m32r except_m32(m32r a, m32r b) { return _mm256_andnot_ps(b, a); }
REG int any_m32(m32r a) { return _mm256_movemask_ps(a) != 0; }

REG f32r from_bits_u32(u32r a) { return _mm256_castsi256_ps(a); }
REG u32r splat_u32(uint32_t a) { return _mm256_set1_epi32((int)a); }
REG u32r add_u32(u32r a, u32r b) { return _mm256_add_epi32(a, b); }
REG u32r sub_u32(u32r a, u32r b) { return _mm256_sub_epi32(a, b); }
REG u32r and_u32(u32r a, u32r b) { return _mm256_and_si256(a, b); }
REG u32r or_u32(u32r a, u32r b) { return _mm256_or_si256(a, b); }
REG u32r xor_u32(u32r a, u32r b) { return _mm256_xor_si256(a, b); }
#define shl_u32(a, k) _mm256_slli_epi32(a, k)
#define shr_u32(a, k) _mm256_srli_epi32(a, k)
REG m32r lt_u32(u32r a, u32r b)
{
    const __m256i top = _mm256_set1_epi32((int)0x80000000u);
    return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_xor_si256(b, top), _mm256_xor_si256(a, top)));
}
REG u32r select_u32(m32r m, u32r a, u32r b) { return _mm256_blendv_epi8(b, a, _mm256_castps_si256(m)); }

REG f32r lookup8_f32(const float *t, u32r i) { return _mm256_permutevar8x32_ps(_mm256_loadu_ps(t), i); }
REG f32r lookup16_f32(const float *t, u32r i)
{
    return _mm256_blendv_ps(lookup8_f32(t, i), lookup8_f32(t + 8, i), _mm256_castsi256_ps(_mm256_slli_epi32(i, 28)));
}
/* A row is 32 bytes: eight row loads and a transpose beat eight look-ups of four permutes and three blends.  The
 * row numbers of a whole pack are stored before the first is loaded, and the columns go through memory too: long
 * chains become short ones.  (Two numbers by one load, blends instead of inserts, shuffles instead of vunpcklps, which one
 * port alone does: no faster.) */
#define ROWS_IN_TURNS
typedef struct { uint32_t lane[8]; } at_f32r;
typedef struct { f32r c[8]; } row_f32r;
#define THROUGH_MEMORY(a) __asm__("" : "+m"(a))
REG at_f32r at_f32(u32r i)
{
    at_f32r at;
    _mm256_storeu_si256((__m256i *)at.lane, _mm256_slli_epi32(_mm256_and_si256(i, _mm256_set1_epi32(31)), 3));
    return at;
}
REG row_f32r row_f32(const float *rows, at_f32r at)
{
    row_f32r row;
    __m256 a[4], b[4];
    for (int k = 0; k < 4; k++) {
        const float *lo = rows + at.lane[k], *hi = rows + at.lane[k + 4];
        a[k] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(lo)), _mm_loadu_ps(hi), 1);
        b[k] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(lo + 4)), _mm_loadu_ps(hi + 4), 1);
    }
    for (int h = 0; h < 2; h++) {
        __m256 *v = h ? b : a;
        __m256 t0 = _mm256_unpacklo_ps(v[0], v[1]), t1 = _mm256_unpackhi_ps(v[0], v[1]);
        __m256 t2 = _mm256_unpacklo_ps(v[2], v[3]), t3 = _mm256_unpackhi_ps(v[2], v[3]);
        row.c[4 * h + 0] = _mm256_shuffle_ps(t0, t2, 0x44);
        row.c[4 * h + 1] = _mm256_shuffle_ps(t0, t2, 0xee);
        row.c[4 * h + 2] = _mm256_shuffle_ps(t1, t3, 0x44);
        row.c[4 * h + 3] = _mm256_shuffle_ps(t1, t3, 0xee);
    }
    return row;
}
REG f32r column_f32(const row_f32r *row, const float *columns, int k) { return row->c[k]; }
/* A row of two is 8 bytes: loads that fill a register with it, and blends of known lanes, which any port does. */
REG at_f32r at_pair_f32(u32r i)
{
    at_f32r at;
    _mm256_storeu_si256((__m256i *)at.lane, _mm256_slli_epi32(_mm256_and_si256(i, _mm256_set1_epi32(31)), 1));
    return at;
}
REG void pair_f32(const float *rows, at_f32r at, f32r *a, f32r *b)
{
    __m256d pair[8];
    for (int k = 0; k < 8; k++)
        pair[k] = _mm256_broadcast_sd((const double *)(rows + at.lane[k]));
    for (int k = 0; k < 4; k += 2)
        pair[k] =
            _mm256_blend_pd(_mm256_blend_pd(pair[k], pair[k + 1], 2), _mm256_blend_pd(pair[k + 4], pair[k + 5], 8), 12);
    *a = _mm256_shuffle_ps(_mm256_castpd_ps(pair[0]), _mm256_castpd_ps(pair[2]), 0x88);
    *b = _mm256_shuffle_ps(_mm256_castpd_ps(pair[0]), _mm256_castpd_ps(pair[2]), 0xdd);
}
REG void lookup_pair_f32(const float *rows, const float *columns, u32r i, f32r *a, f32r *b)
{
    at_f32r at = at_pair_f32(i);
    (void)columns;
    THROUGH_MEMORY(at);
    pair_f32(rows, at, a, b);
}

/* Two powers of two, the first product exact, so that only the second rounds: the bits of scalef. */
REG f32r scale_f32(f32r y, f32r z, f32r n, int frac)
{
    const __m256i e = _mm256_srai_epi32(_mm256_slli_epi32(_mm256_castps_si256(z), 10), 10 + frac);
    const __m256i h = _mm256_srai_epi32(e, 1), one = _mm256_set1_epi32(0x3f800000);
    const __m256i a = _mm256_add_epi32(_mm256_slli_epi32(h, 23), one);
    const __m256i b = _mm256_add_epi32(_mm256_slli_epi32(_mm256_sub_epi32(e, h), 23), one);
    (void)n;
    return _mm256_mul_ps(_mm256_mul_ps(y, _mm256_castsi256_ps(a)), _mm256_castsi256_ps(b));
}
REG f32r scale_live_f32(m32r live, f32r y, f32r z, f32r n, int frac)
{
    return scale_f32(_mm256_and_ps(y, live), z, n, frac);
}
REG f32r scale_normal_f32(f32r y, f32r z, f32r n, int frac)
{
    const __m256i field = _mm256_set1_epi32((int)0xff800000u);
    const __m256i e = _mm256_and_si256(_mm256_slli_epi32(_mm256_castps_si256(z), 23 - frac), field);
    (void)n;
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(y), e));
}
enum { SCALE_IS_FREE = 0 };
REG f32r guard_argument_f32(f32r x, float bound)
{
    return at_most_f32(splat_f32(bound), at_least_f32(splat_f32(-bound), x));
}
REG f32r guard_remainder_f32(f32r r) { return r; }

/* Without blends, which cost three operations on recent processors. */
REG f32r only_f32(m32r m, f32r a) { return _mm256_and_ps(m, a); }
REG f32r select_above_f32(m32r m, f32r a, f32r b) { return _mm256_max_ps(_mm256_andnot_ps(m, b), a); }
REG f32r size_up_to_f32(float end, f32r a) { return at_most_f32(splat_f32(end), andnot_f32(splat_f32(-0.0f), a)); }
REG f32r fill_where_f32(m32r m, f32r a, f32r b) { return or_f32(and_f32(m, a), b); }
REG f32r add_where_f32(m32r m, f32r a, f32r b) { return add_f32(a, and_f32(m, b)); }
REG f32r mul_where_f32(m32r m, f32r a, float c)
{
    const f32r one = splat_f32(1.0f);
    return _mm256_mul_ps(a, _mm256_xor_ps(one, _mm256_and_ps(m, _mm256_xor_ps(splat_f32(c), one))));
}

/* -- float64 ------------------------------------------------------------------------------------- */
REG f64r splat_f64(double a) { return _mm256_set1_pd(a); }
REG f64r load_f64(const double *p) { return _mm256_loadu_pd(p); }
REG void store_f64(double *p, f64r a) { _mm256_storeu_pd(p, a); }
REG __m256i part_f64(size_t k) { return _mm256_loadu_si256((const __m256i *)(part_window + 8 - 2 * k)); }
REG f64r load_part_f64(const double *p, size_t k) { return _mm256_maskload_pd(p, part_f64(k)); }
REG f64r load_part_or_f64(const double *p, size_t k, double rest)
{
    return _mm256_blendv_pd(splat_f64(rest), load_part_f64(p, k), _mm256_castsi256_pd(part_f64(k)));
}
REG void store_part_f64(double *p, f64r a, size_t k) { _mm256_maskstore_pd(p, part_f64(k), a); }

REG f64r add_f64(f64r a, f64r b) { return _mm256_add_pd(a, b); }
REG f64r sub_f64(f64r a, f64r b) { return _mm256_sub_pd(a, b); }
REG f64r mul_f64(f64r a, f64r b) { return _mm256_mul_pd(a, b); }
REG f64r div_f64(f64r a, f64r b) { return _mm256_div_pd(a, b); }
REG f64r sqrt_f64(f64r a) { return _mm256_sqrt_pd(a); }
REG f64r fma_f64(f64r a, f64r b, f64r c) { return _mm256_fmadd_pd(a, b, c); }
REG f64r fms_f64(f64r a, f64r b, f64r c) { return _mm256_fmsub_pd(a, b, c); }
REG f64r fnma_f64(f64r a, f64r b, f64r c) { return _mm256_fnmadd_pd(a, b, c); }
REG f64r at_least_f64(f64r lo, f64r a) { return _mm256_max_pd(lo, a); }
REG f64r at_most_f64(f64r hi, f64r a) { return _mm256_min_pd(hi, a); }
REG f64r and_f64(f64r a, f64r b) { return _mm256_and_pd(a, b); }
REG f64r or_f64(f64r a, f64r b) { return _mm256_or_pd(a, b); }
REG f64r xor_f64(f64r a, f64r b) { return _mm256_xor_pd(a, b); }
REG f64r andnot_f64(f64r a, f64r b) { return _mm256_andnot_pd(a, b); }
REG f64r with_sign_f64(f64r a, f64r b) { return or_f64(a, and_f64(b, splat_f64(-0.0))); }

REG m64r lt_f64(f64r a, f64r b) { return _mm256_cmp_pd(a, b, _CMP_LT_OQ); }
REG m64r le_f64(f64r a, f64r b) { return _mm256_cmp_pd(a, b, _CMP_LE_OQ); }
REG m64r gt_f64(f64r a, f64r b) { return _mm256_cmp_pd(a, b, _CMP_GT_OQ); }
REG m64r ge_f64(f64r a, f64r b) { return _mm256_cmp_pd(a, b, _CMP_GE_OQ); }
REG m64r eq_f64(f64r a, f64r b) { return _mm256_cmp_pd(a, b, _CMP_EQ_OQ); }
REG m64r not_lt_f64(f64r a, f64r b) { return _mm256_cmp_pd(a, b, _CMP_NLT_UQ); }
REG m64r negative_f64(f64r a)
{
    return _mm256_castsi256_pd(_mm256_cmpgt_epi64(_mm256_setzero_si256(), _mm256_castpd_si256(a)));
}
REG u64r bits_f64(f64r a) { return _mm256_castpd_si256(a); }
REG f64r select_f64(m64r m, f64r a, f64r b)
{
    if (is_zero(bits_f64(a)))
        return _mm256_andnot_pd(m, b);
    return is_zero(bits_f64(b)) ? _mm256_and_pd(m, a) : _mm256_blendv_pd(b, a, m);
}
REG m64r both_m64(m64r a, m64r b) { return _mm256_and_pd(a, b); }
REG m64r either_m64(m64r a, m64r b) { return _mm256_or_pd(a, b); }
REG m64r except_m64(m64r a, m64r b) { return _mm256_andnot_pd(b, a); }
REG int any_m64(m64r a) { return _mm256_movemask_pd(a) != 0; }

REG f64r from_bits_u64(u64r a) { return _mm256_castsi256_pd(a); }
REG u64r splat_u64(uint64_t a) { return _mm256_set1_epi64x((long long)a); }
REG u64r add_u64(u64r a, u64r b) { return _mm256_add_epi64(a, b); }
REG u64r sub_u64(u64r a, u64r b) { return _mm256_sub_epi64(a, b); }
REG u64r and_u64(u64r a, u64r b) { return _mm256_and_si256(a, b); }
REG u64r or_u64(u64r a, u64r b) { return _mm256_or_si256(a, b); }
REG u64r xor_u64(u64r a, u64r b) { return _mm256_xor_si256(a, b); }
#define shl_u64(a, k) _mm256_slli_epi64(a, k)
#define shr_u64(a, k) _mm256_srli_epi64(a, k)
REG u64r select_u64(m64r m, u64r a, u64r b) { return _mm256_blendv_epi8(b, a, _mm256_castpd_si256(m)); }

/* No 64-bit permute by variable across a register: four dwords pairs by vpermd, two halves of the table. */
REG f64r lookup4_f64(const double *t, u64r i)
{
    const __m256i even = _mm256_slli_epi64(i, 1); /* dword number of the low half; vpermd takes three bits */
    const __m256i both = _mm256_or_si256(_mm256_and_si256(even, _mm256_set1_epi64x(7)),
                                         _mm256_slli_epi64(_mm256_or_si256(even, _mm256_set1_epi64x(1)), 32));
    return _mm256_castsi256_pd(_mm256_permutevar8x32_epi32(_mm256_loadu_si256((const __m256i *)t), both));
}
REG f64r lookup8_f64(const double *t, u64r i)
{
    return _mm256_blendv_pd(lookup4_f64(t, i), lookup4_f64(t + 4, i), _mm256_castsi256_pd(_mm256_slli_epi64(i, 61)));
}
REG f64r lookup16_f64(const double *t, u64r i)
{
    return _mm256_blendv_pd(lookup8_f64(t, i), lookup8_f64(t + 8, i), _mm256_castsi256_pd(_mm256_slli_epi64(i, 60)));
}
REG f64r scale_f64(f64r y, f64r z, f64r n, int frac)
{
    /* floor(n) as 32-bit numbers in the low halves: the low dword of z holds n * 2^frac */
    const __m256i e = _mm256_srai_epi32(_mm256_castpd_si256(z), frac), h = _mm256_srai_epi32(e, 1);
    const __m256i bias = _mm256_set1_epi64x(1023);
    const __m256i a = _mm256_slli_epi64(_mm256_add_epi32(h, bias), 52);
    const __m256i b = _mm256_slli_epi64(_mm256_add_epi32(_mm256_sub_epi32(e, h), bias), 52);
    (void)n;
    return _mm256_mul_pd(_mm256_mul_pd(y, _mm256_castsi256_pd(a)), _mm256_castsi256_pd(b));
}
REG f64r scale_live_f64(m64r live, f64r y, f64r z, f64r n, int frac)
{
    return scale_f64(_mm256_and_pd(y, live), z, n, frac);
}
REG f64r scale_normal_f64(f64r y, f64r z, f64r n, int frac)
{
    const __m256i field = _mm256_set1_epi64x((long long)0xfff0000000000000ull);
    const __m256i e = _mm256_and_si256(_mm256_slli_epi64(_mm256_castpd_si256(z), 52 - frac), field);
    (void)n;
    return _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(y), e));
}
REG f64r guard_argument_f64(f64r x, double bound)
{
    return at_most_f64(splat_f64(bound), at_least_f64(splat_f64(-bound), x));
}
REG f64r guard_remainder_f64(f64r r) { return r; }

/* Rows: four row loads of 32 bytes and a transpose. */
typedef struct { uint64_t lane[4]; } at_f64r;
REG at_f64r row_f64(u64r i)
{
    at_f64r at;
    _mm256_storeu_si256((__m256i *)at.lane, _mm256_slli_epi64(_mm256_and_si256(i, _mm256_set1_epi64x(15)), 4));
    return at;
}
REG void lookup_quad_f64(const double *rows, const double *columns, at_f64r at, int q, f64r *c)
{
    (void)columns;
    const double *r0 = rows + 4 * q + at.lane[0], *r1 = rows + 4 * q + at.lane[1];
    const double *r2 = rows + 4 * q + at.lane[2], *r3 = rows + 4 * q + at.lane[3];
    for (int h = 0; h < 4; h += 2) {
        const __m256d low0 = _mm256_castpd128_pd256(_mm_loadu_pd(r0 + h));
        const __m256d low1 = _mm256_castpd128_pd256(_mm_loadu_pd(r1 + h));
        const __m256d even = _mm256_insertf128_pd(low0, _mm_loadu_pd(r2 + h), 1);
        const __m256d odd = _mm256_insertf128_pd(low1, _mm_loadu_pd(r3 + h), 1);
        c[h] = _mm256_unpacklo_pd(even, odd);
        c[h + 1] = _mm256_unpackhi_pd(even, odd);
    }
}
/* Pairs: four row loads of 16 bytes. */
REG void lookup_pair_f64(const double *rows, const double *columns, u64r i, f64r *a, f64r *b)
{
    uint64_t at[4];
    (void)columns;
    _mm256_storeu_si256((__m256i *)at, _mm256_slli_epi64(_mm256_and_si256(i, _mm256_set1_epi64x(31)), 1));
    const __m256d even =
        _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(rows + at[0])), _mm_loadu_pd(rows + at[2]), 1);
    const __m256d odd =
        _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(rows + at[1])), _mm_loadu_pd(rows + at[3]), 1);
    *a = _mm256_unpacklo_pd(even, odd);
    *b = _mm256_unpackhi_pd(even, odd);
}

/* Half a register of float32 as float64: the first lanes, the last ones. */
REG f64r widen_low_f32(f32r a) { return _mm256_cvtps_pd(_mm256_castps256_ps128(a)); }
REG f64r widen_high_f32(f32r a) { return _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1)); }
/* And both halves back, rounded. */
REG f32r narrow_f64(f64r a, f64r b) { return _mm256_set_m128(_mm256_cvtpd_ps(b), _mm256_cvtpd_ps(a)); }

REG f64r rough_over_root_f64(f64r a)
{
    return _mm256_cvtps_pd(_mm_div_ps(_mm_set1_ps(1), _mm_sqrt_ps(_mm256_cvtpd_ps(a))));
}
REG f64r rough_over_f64(f64r a) { return _mm256_cvtps_pd(_mm_div_ps(_mm_set1_ps(1), _mm256_cvtpd_ps(a))); }

/* Across the lanes: the greatest number, and the sum as a tree of halves (lane l and lane l + W/2, and so on). */
REG float max_lanes_f32(f32r a)
{
    const __m128 b = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 c = _mm_max_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_max_ss(c, _mm_movehdup_ps(c)));
}
REG double max_lanes_f64(f64r a)
{
    const __m128d b = _mm_max_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
    return _mm_cvtsd_f64(_mm_max_sd(b, _mm_unpackhi_pd(b, b)));
}
REG double sum_lanes_f64(f64r a)
{
    const __m128d b = _mm_add_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
    return _mm_cvtsd_f64(_mm_add_sd(b, _mm_unpackhi_pd(b, b)));
}
REG float sum_lanes_f32(f32r a)
{
    const __m128 b = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 c = _mm_add_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_add_ss(c, _mm_movehdup_ps(c)));
}

/* Transposition in squares of 8 numbers. */
REG void eights_f32(f32r *a)
{
    for (int k = 0; k < 8; k += 4) {
        const f32r b = _mm256_unpacklo_ps(a[k], a[k + 1]), c = _mm256_unpackhi_ps(a[k], a[k + 1]);
        const f32r d = _mm256_unpacklo_ps(a[k + 2], a[k + 3]), e = _mm256_unpackhi_ps(a[k + 2], a[k + 3]);
        a[k] = _mm256_shuffle_ps(b, d, 0x44);
        a[k + 1] = _mm256_shuffle_ps(b, d, 0xee);
        a[k + 2] = _mm256_shuffle_ps(c, e, 0x44);
        a[k + 3] = _mm256_shuffle_ps(c, e, 0xee);
    }
    for (int k = 0; k < 4; k++) {
        const f32r b = a[k], c = a[k + 4];
        a[k] = _mm256_permute2f128_ps(b, c, 0x20);
        a[k + 4] = _mm256_permute2f128_ps(b, c, 0x31);
    }
}
/* W rows of n numbers at x to n rows of W numbers, `step` apart; and back. */
REG void transpose_in_f32(const float *x, size_t n, float *to, size_t step)
{
    f32r a[8];
    for (size_t i = 0; i < n; i += 8, x += 8, to += 8 * step) {
        const size_t m = n - i < 8 ? n - i : 8;
        const __m256i some = part_f32(m);
        for (int r = 0; r < 8; r++)
            a[r] = _mm256_maskload_ps(x + (size_t)r * n, some);
        eights_f32(a);
        for (size_t k = 0; k < m; k++)
            _mm256_storeu_ps(to + k * step, a[k]);
    }
}
REG void transpose_out_f32(const float *from, size_t step, size_t n, float *y)
{
    f32r a[8];
    for (size_t i = 0; i < n; i += 8, y += 8, from += 8 * step) {
        const size_t m = n - i < 8 ? n - i : 8;
        const __m256i some = part_f32(m);
        for (size_t k = 0; k < 8; k++)
            a[k] = _mm256_loadu_ps(from + (k < m ? k : 0) * step);
        eights_f32(a);
        for (int r = 0; r < 8; r++)
            _mm256_maskstore_ps(y + (size_t)r * n, some, a[r]);
    }
}

/* The same in squares of 2; the last one overlaps the one before. */
REG f64r together_f64(const double *a, const double *b)
{
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_loadu_pd(a)), _mm_loadu_pd(b), 1);
}
REG void transpose_in_f64(const double *x, size_t n, double *to, size_t step)
{
    if (n == 1)
        _mm256_storeu_pd(to, _mm256_loadu_pd(x));
    for (size_t i = 0; i < n && n > 1; i += 2) {
        const size_t j = i + 2 <= n ? i : n - 2;
        const f64r a = together_f64(x + j, x + j + 2 * n), b = together_f64(x + j + n, x + j + 3 * n);
        _mm256_storeu_pd(to + j * step, _mm256_unpacklo_pd(a, b));
        _mm256_storeu_pd(to + (j + 1) * step, _mm256_unpackhi_pd(a, b));
    }
}
REG void transpose_out_f64(const double *from, size_t step, size_t n, double *y)
{
    if (n == 1)
        _mm256_storeu_pd(y, _mm256_loadu_pd(from));
    for (size_t i = 0; i < n && n > 1; i += 2) {
        const size_t j = i + 2 <= n ? i : n - 2;
        const f64r a = _mm256_loadu_pd(from + j * step), b = _mm256_loadu_pd(from + (j + 1) * step);
        const f64r c = _mm256_unpacklo_pd(a, b), d = _mm256_unpackhi_pd(a, b);
        _mm_storeu_pd(y + j, _mm256_castpd256_pd128(c));
        _mm_storeu_pd(y + j + n, _mm256_castpd256_pd128(d));
        _mm_storeu_pd(y + j + 2 * n, _mm256_extractf128_pd(c, 1));
        _mm_storeu_pd(y + j + 3 * n, _mm256_extractf128_pd(d, 1));
    }
}

/* a*b + c where m, else +0 (whatever a, b and c are there). */
REG f32r only_fma_f32(m32r m, f32r a, f32r b, f32r c) { return _mm256_and_ps(m, fma_f32(a, b, c)); }
REG f64r only_fma_f64(m64r m, f64r a, f64r b, f64r c) { return _mm256_and_pd(m, fma_f64(a, b, c)); }

/* The lanes of a mask as bits | lanes of a that have none of the bits b. */
REG unsigned lanes_m32(m32r m) { return (unsigned)_mm256_movemask_ps(m); }
REG m32r none_u32(u32r a, u32r b)
{
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(a, b), _mm256_setzero_si256()));
}

/* Registers of float32 from halves in memory, exactly, and to halves, ties to even, NaN stays NaN. */
typedef __m128i h16r;
REG f32r load_f16(const uint16_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
REG f32r load_bf16(const uint16_t *p)
{
    const __m256i a = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(a, 16));
}
REG h16r to_f16(f32r a) { return _mm256_cvtps_ph(a, 0); }
REG u32r round_bf16(u32r b)
{
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(b, 16), splat_u32(1));
    return _mm256_add_epi32(b, _mm256_add_epi32(odd, splat_u32(0x7fff)));
}
/* Without a NaN, but for those whose last 16 bits are 0, as where they come from bfloat16 | with any. */
REG h16r upper_halves(u32r a)
{
    const __m256i b = _mm256_srli_epi32(a, 16);
    return _mm_packus_epi32(_mm256_castsi256_si128(b), _mm256_extracti128_si256(b, 1));
}
REG h16r quick_bf16(f32r a) { return upper_halves(round_bf16(bits_f32(a))); }
REG h16r to_bf16(f32r a)
{
    const __m256i b = bits_f32(a), nan = _mm256_or_si256(b, splat_u32(0x400000));
    return upper_halves(select_u32(_mm256_cmp_ps(a, a, _CMP_UNORD_Q), nan, round_bf16(b)));
}
/* Registers of 16-bit words: halves as words in the order of their numbers, NaNs at both ends | a + b where `at`, a word
 * with a sign, is beyond `last`, else a | (a & keep) | set */
typedef __m256i w16r;
enum { W_w16 = 16 };
REG w16r splat_w16(uint16_t a) { return _mm256_set1_epi16((short)a); }
REG w16r load_w16(const uint16_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
REG void store_w16(uint16_t *p, w16r a) { _mm256_storeu_si256((__m256i *)p, a); }
REG w16r add_w16(w16r a, w16r b) { return _mm256_add_epi16(a, b); }
REG w16r order_w16(w16r a) { return _mm256_xor_si256(a, _mm256_srli_epi16(_mm256_srai_epi16(a, 15), 1)); }
REG w16r add_beyond_w16(w16r at, w16r last, w16r a, w16r b)
{
    return _mm256_add_epi16(a, _mm256_and_si256(_mm256_cmpgt_epi16(at, last), b));
}
REG w16r keep_w16(w16r a, w16r keep, w16r set) { return _mm256_or_si256(_mm256_and_si256(a, keep), set); }

/* Two registers of bfloat16 at once, the even ones and the odd ones: half the operations.  pair_bf16 rounds, and pair_up
 * does, but for the middle of two, which goes up; a NaN is kept only where the last 16 bits of the float32 are 0, as where
 * it comes from a bfloat16. */
REG void load_pair_bf16(const uint16_t *p, f32r *a)
{
    const __m256i b = _mm256_loadu_si256((const __m256i *)p);
    a[0] = _mm256_castsi256_ps(_mm256_slli_epi32(b, 16));
    a[1] = _mm256_castsi256_ps(_mm256_and_si256(b, splat_u32(0xffff0000)));
}
REG w16r join_upper(u32r a, u32r b)
{
    return _mm256_blend_epi16(_mm256_srli_epi32(a, 16), b, 0xaa);
} /* the upper halves */
REG w16r pair_bf16(f32r even, f32r odd) { return join_upper(round_bf16(bits_f32(even)), round_bf16(bits_f32(odd))); }
REG w16r pair_up_bf16(f32r even, f32r odd)
{
    return join_upper(add_u32(bits_f32(even), splat_u32(0x8000)), add_u32(bits_f32(odd), splat_u32(0x8000)));
}
/* Whether some of these are in the middle of two, or subnormals: all whose last 16 bits are 0x8000. */
REG int some_middle_bf16(const f32r *a, int n)
{
    __m256i m = _mm256_setzero_si256();
    for (int k = 0; k < n; k++)
        m = _mm256_or_si256(m, _mm256_cmpeq_epi16(bits_f32(a[k]), splat_w16(0x8000)));
    return !_mm256_testz_si256(m, splat_u32(0xffff));
}
REG void store_h16(uint16_t *p, h16r a) { _mm_storeu_si128((__m128i *)p, a); }

/* Words of 16 bits in lanes of 32, in turn or in pairs of registers as above; numbers of a table of float32 by them. */
REG u32r load_words_u32(const uint16_t *p) { return _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p)); }
REG void load_pair_words_u32(const uint16_t *p, u32r *a)
{
    const __m256i b = _mm256_loadu_si256((const __m256i *)p);
    a[0] = _mm256_and_si256(b, splat_u32(0xffff));
    a[1] = _mm256_srli_epi32(b, 16);
}
#include "gathers.h"
REG f32r look_up_f32(const float *table, u32r i)
{
    return _mm256_mask_i32gather_ps(splat_f32(0), table, i, _mm256_castsi256_ps(all_lanes()), 4);
}

#endif
