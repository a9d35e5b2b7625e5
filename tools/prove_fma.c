/* portable.h's fma against the C library's, on random operands chosen to hurt: products of few digits, sums next to
 * half-way cases, cancellation, results in and around the subnormals, zeros, infinities, NaN.
 *
 *     cc -O2 -std=gnu11 -ffp-contract=off -fno-math-errno -Isrc tools/prove_fma.c -lm -o prove_fma && ./prove_fma [millions]
 *
 * 100 million float32 and 100 million float64 triples: none differs. */
#include "simd/portable.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 88172645463325252u;
static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1du;
}
static int below(int n) { return (int)(next() % (unsigned)n); }

#define PROVE(T, SCALAR, USCALAR, MANTISSA, BIAS, FMA)                                                  \
    /* A number with the exponent field e, its digits random, few, or only in the first half. */        \
    static SCALAR number_##T(int e)                                                                     \
    {                                                                                                   \
        const USCALAR one = 1, top = 2 * BIAS + 1;                                                      \
        USCALAR digits = (USCALAR)next();                                                               \
        switch (below(4)) {                                                                             \
        case 0:                                                                                         \
            digits = (one << below(MANTISSA)) ^ (one << below(MANTISSA));                               \
            if (below(2))                                                                               \
                digits = 0 - digits;                                                                    \
            break;                                                                                      \
        case 1:                                                                                         \
            digits &= ~((one << MANTISSA / 2) - 1);                                                     \
        }                                                                                               \
        const USCALAR field = e < 0 ? 0 : (USCALAR)e > top ? top : (USCALAR)e;                          \
        const USCALAR bits = (USCALAR)below(2) << (sizeof(SCALAR) * 8 - 1) | field << MANTISSA |        \
                             (digits & ((one << MANTISSA) - 1));                                        \
        SCALAR a;                                                                                       \
        memcpy(&a, &bits, sizeof a);                                                                    \
        return a;                                                                                       \
    }                                                                                                   \
    static SCALAR near_##T(SCALAR a)                                                                    \
    {                                                                                                   \
        USCALAR bits;                                                                                   \
        memcpy(&bits, &a, sizeof a);                                                                    \
        bits += (USCALAR)(below(5) - 2);                                                                \
        memcpy(&a, &bits, sizeof a);                                                                    \
        return a;                                                                                       \
    }                                                                                                   \
    static long prove_##T(long count)                                                                   \
    {                                                                                                   \
        static const int gap[] = {0, 0, MANTISSA + 1, -MANTISSA - 1, -2 * MANTISSA - 2};                \
        long differ = 0;                                                                                \
        for (long i = 0; i < count; i += W_##T) {                                                       \
            T##r a, b, c;                                                                               \
            for (int k = 0; k < W_##T; k++) {                                                           \
                int ea = below(2 * BIAS + 2), eb = below(2 * BIAS + 2);                                 \
                if (below(2)) /* a product of ordinary size */                                          \
                    ea = BIAS - 50 + below(100), eb = BIAS - 50 + below(100);                           \
                else if (below(2)) /* or about as small as the smallest numbers */                      \
                    eb = BIAS - ea + below(4 * MANTISSA) - 2 * MANTISSA;                                \
                a[k] = number_##T(ea);                                                                  \
                b[k] = number_##T(eb);                                                                  \
                switch (below(8)) {                                                                     \
                case 0: c[k] = number_##T(below(2 * BIAS + 2)); break;                                  \
                case 1: c[k] = near_##T(-a[k] * b[k]); break;                                           \
                case 2: c[k] = near_##T(-FMA(a[k], b[k], -a[k] * b[k])); break;                         \
                case 3: c[k] = below(2) ? 0 : -(SCALAR)0; break;                                        \
                default: c[k] = number_##T(ea + eb - BIAS + gap[below(5)] + below(5) - 2);              \
                }                                                                                       \
            }                                                                                           \
            const T##r y = fma_##T(a, b, c);                                                            \
            for (int k = 0; k < W_##T; k++) {                                                           \
                const SCALAR got = y[k], want = FMA(a[k], b[k], c[k]);                                  \
                if (memcmp(&got, &want, sizeof got) && !(got != got && want != want) && differ++ < 10)  \
                    printf("%a * %a + %a: %a, should be %a\n", (double)a[k], (double)b[k], (double)c[k], \
                           (double)got, (double)want);                                                  \
            }                                                                                           \
        }                                                                                               \
        printf(#T ": %ld of %ld differ\n", differ, count);                                              \
        return differ;                                                                                  \
    }
PROVE(f32, float, uint32_t, 23, 127, fmaf)
PROVE(f64, double, uint64_t, 52, 1023, fma)

int main(int argc, char **argv)
{
    const long count = 1000000 * (argc > 1 ? atol(argv[1]) : 100);
    const long differ = prove_f32(count) + prove_f64(count);
    return differ != 0;
}
