/* Gathers, for avx2.h and avx512.h. */
#ifndef FA_SIMD_GATHERS_H
#define FA_SIMD_GATHERS_H

/* A gather waits for the number that its result replaces, even where it replaces all lanes, which GCC knows and leaves
 * there what was last: gathers one at a time, with a product and a store between them, then take three times as long (in
 * packs, no longer).  All lanes as a number that is not known: the result is made 0 before. */
REG __m256i all_lanes(void)
{
    __m256i a = _mm256_set1_epi32(-1);
    __asm__("" : "+x"(a));
    return a;
}

/* A table of words, LOOK_UP at once, where two bytes follow it.  (One gather of sixteen: 10 % slower.) */
enum { LOOK_UP = 16 };
REG void look_up_w16(const uint16_t *table, const uint16_t *x, uint16_t *to)
{
    const __m256i i = _mm256_loadu_si256((const __m256i *)x), low = _mm256_set1_epi32(0xffff);
    const __m256i zero = _mm256_setzero_si256();
    const __m256i even =
        _mm256_mask_i32gather_epi32(zero, (const int *)table, _mm256_and_si256(i, low), all_lanes(), 2);
    const __m256i odd = _mm256_mask_i32gather_epi32(zero, (const int *)table, _mm256_srli_epi32(i, 16), all_lanes(), 2);
    _mm256_storeu_si256((__m256i *)to, _mm256_blend_epi16(even, _mm256_slli_epi32(odd, 16), 0xaa));
}

#endif
