/* Numbers in two words, hi + lo with lo of the size of hi's last place: twice the digits, where one rounding more would
 * show.  For float32 (f32p2) and float64 (f64p2); as in pack.h the operations take U from the scope and choose by type.
 *
 *   two_sum(a, b)            exactly a + b, six operations
 *   fast_two_sum(a, b)       the same in three, given |a| >= |b| or that a is a multiple of b's last place
 *   two_product(a, b)        exactly a*b, if that is not below 2^-102 (2^-969)
 *   two_quotient(a, b, rc)   a/b, given rc = 1/b or what division made of that
 *   pair_div(a, b, rc)       a/b of pairs, given rc, 1/b.hi within some units in the last place
 *
 * A quotient's lo may be as large as two units in the last place of hi: good as a factor and in a last sum, hi + lo.
 * Overflow, infinities and NaN are the caller's: where hi overflows, lo is NaN.
 * References: Dekker 1971; Knuth, volume 2, 4.2.2; Joldes, Muller and Popescu 2017. */
#ifndef FA_MATH_TWO_WORDS_H
#define FA_MATH_TWO_WORDS_H
#include "../simd/pack.h"

#define TWO_WORDS(P, P2)                                                                                \
    typedef struct { P hi, lo; } P2;                                                                    \
    PACK_FN P2 two_sum_##P(const int U, P a, P b)                                                       \
    {                                                                                                   \
        const P s = add(a, b), t = sub(s, a);                                                           \
        return (P2){s, add(sub(a, sub(s, t)), sub(b, t))};                                              \
    }                                                                                                   \
    PACK_FN P2 fast_two_sum_##P(const int U, P a, P b)                                                  \
    {                                                                                                   \
        const P s = add(a, b);                                                                          \
        return (P2){s, sub(b, sub(s, a))};                                                              \
    }                                                                                                   \
    PACK_FN P2 two_product_##P(const int U, P a, P b)                                                   \
    {                                                                                                   \
        const P p = mul(a, b);                                                                          \
        return (P2){p, fms(a, b, p)};                                                                   \
    }                                                                                                   \
    PACK_FN P2 two_quotient_##P(const int U, P a, P b, P rc)                                            \
    {                                                                                                   \
        const P q = mul(a, rc);                                                                         \
        return (P2){q, mul(fnma(q, b, a), rc)};                                                         \
    }                                                                                                   \
    PACK_FN P2 pair_div_##P2(const int U, P2 a, P2 b, P rc)                                             \
    {                                                                                                   \
        const P q = mul(a.hi, rc), rest = add(fnma(q, b.hi, a.hi), fnma(q, b.lo, a.lo));                \
        return (P2){q, mul(rest, rc)};                                                                  \
    }
TWO_WORDS(f32p, f32p2)
TWO_WORDS(f64p, f64p2)
#undef TWO_WORDS

#define BY_PAIR(op, a) _Generic((a), f32p2: op##_f32p2, f64p2: op##_f64p2)
#define two_sum(a, b) BY_FLOAT(two_sum, a)(U, a, b)
#define fast_two_sum(a, b) BY_FLOAT(fast_two_sum, a)(U, a, b)
#define two_product(a, b) BY_FLOAT(two_product, a)(U, a, b)
#define two_quotient(a, b, rc) BY_FLOAT(two_quotient, a)(U, a, b, rc)
#define pair_div(a, b, rc) BY_PAIR(pair_div, a)(U, a, b, rc)
#endif
