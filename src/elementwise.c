/* The elementwise loops, compiled once per instruction set (FA_ISA_<name>) into one table of functions. */
#include "kernels.h"
#include "simd/pack.h"

#include "math/float32/all.h"
#include "math/float64/all.h"
#include "math/two_words.h"

/* The activations, for each float type: f32p relu_value_f32(U, x, p), relu_derivative_f32, relu_backward_f32 … */
#define INFINITY __builtin_inff()
#define REAL f32
#define REAL_LOWEST -0x1.fffffep127f
#define REAL_LEAST_NORMAL 0x1p-126f
#include "activations/all.h"
#undef REAL
#undef REAL_LOWEST
#undef REAL_LEAST_NORMAL
#define REAL f64
#define REAL_LOWEST -0x1.fffffffffffffp1023
#define REAL_LEAST_NORMAL 0x1p-1022
#include "activations/all.h"
#undef REAL
#undef REAL_LOWEST
#undef REAL_LEAST_NORMAL

/* `rest` elements (fewer than a register holds) or, where it is 0, U registers of them. */
#define ACCESS(T, SCALAR)                                                                               \
    PACK_FN T##p get_##T(const int U, const size_t rest, const char *from, size_t i)                    \
    {                                                                                                   \
        const SCALAR *at = (const SCALAR *)from + i;                                                    \
        if (!rest)                                                                                      \
            return load_##T##p(U, at);                                                                  \
        const T##r a = load_part_##T(at, rest);                                                         \
        return (T##p){{a, a, a, a}};                                                                    \
    }                                                                                                   \
    PACK_FN void put_##T(const int U, const size_t rest, char *to, size_t i, T##p a)                    \
    {                                                                                                   \
        SCALAR *at = (SCALAR *)to + i;                                                                  \
        if (!rest)                                                                                      \
            store_##T##p(U, at, a);                                                                     \
        else                                                                                            \
            store_part_##T(at, a.r[0], rest);                                                           \
    }
ACCESS(f32, float)
ACCESS(f64, double)

/* A loop from the step BODY: whole packs, then single registers, then the rest of one.  BEFORE is the number of
 * operands in front of the parameters, PARAMETERS theirs; the OUTPUTS follow.  Where every parameter is one number
 * (`arrays` is 0), what follows from it is computed once, in front of the loop.
 * Tried: a part of a register first, so that the stores are aligned: within the noise from 1,000 elements on. */
#define LOOP(NAME, T, SCALAR, BEFORE, PARAMETERS, OUTPUTS, BODY)                                        \
    PACK_FN void step_##NAME(const int U, const size_t rest, const int arrays, size_t i, char *const *o, \
                             const unsigned char *steps, const T##p *numbers)                           \
    {                                                                                                   \
        enum { OUT = BEFORE + PARAMETERS };                                                             \
        T##p p[PARAMETERS + 1];                                                                         \
        for (int k = 0; k < PARAMETERS; k++)                                                            \
            p[k] = arrays && steps[BEFORE + k] ? get_##T(U, rest, o[BEFORE + k], i) : numbers[k];       \
        (void)p;                                                                                        \
        BODY                                                                                            \
    }                                                                                                   \
    PACK_FN void all_##NAME(const int arrays, size_t n, char *const *operands, const unsigned char *steps) \
    {                                                                                                   \
        char *o[BEFORE + PARAMETERS + OUTPUTS]; /* copies that no store can change */                   \
        T##p numbers[PARAMETERS + 1];                                                                   \
        size_t i = 0;                                                                                   \
        for (int k = 0; k < BEFORE + PARAMETERS + OUTPUTS; k++)                                         \
            o[k] = operands[k];                                                                         \
        for (int k = 0; k < PARAMETERS; k++)                                                            \
            numbers[k] = splat_##T##p(n ? *(const SCALAR *)o[BEFORE + k] : 0);                          \
        for (; i + UNROLL * W_##T <= n; i += UNROLL * W_##T)                                            \
            step_##NAME(UNROLL, 0, arrays, i, o, steps, numbers);                                       \
        for (; i + W_##T <= n; i += W_##T)                                                              \
            step_##NAME(1, 0, arrays, i, o, steps, numbers);                                            \
        if (i < n)                                                                                      \
            step_##NAME(1, n - i, arrays, i, o, steps, numbers);                                        \
    }                                                                                                   \
    static void NAME(size_t n, char *const *operands, const unsigned char *steps)                       \
    {                                                                                                   \
        int arrays = 0;                                                                                 \
        for (int k = 0; k < PARAMETERS; k++)                                                            \
            arrays |= steps[BEFORE + k];                                                                \
        if (arrays)                                                                                     \
            all_##NAME(1, n, operands, steps);                                                          \
        else                                                                                            \
            all_##NAME(0, n, operands, steps);                                                          \
    }
#define IN(T, k) get_##T(U, rest, o[k], i)
#define OUT(T, k, a) put_##T(U, rest, o[OUT + k], i, a)

#define LOOPS(name, T, SCALAR, P)                                                                       \
    LOOP(loop_##name##_value_##T, T, SCALAR, 1, P, 1, OUT(T, 0, name##_value_##T(U, IN(T, 0), p));)     \
    LOOP(loop_##name##_derivative_##T, T, SCALAR, 1, P, 1,                                              \
         OUT(T, 0, name##_derivative_##T(U, IN(T, 0), p));)                                             \
    LOOP(loop_##name##_backward_##T, T, SCALAR, 2, P, 1,                                                \
         OUT(T, 0, name##_backward_##T(U, IN(T, 0), IN(T, 1), p));)                                     \
    LOOP(loop_##name##_both_##T, T, SCALAR, 1, P, 2, {                                                  \
        const T##p x = IN(T, 0);                                                                        \
        OUT(T, 0, name##_value_##T(U, x, p));                                                           \
        OUT(T, 1, name##_derivative_##T(U, x, p));                                                      \
    })
#define ACTIVATION(name, parameters, ...) LOOPS(name, f32, float, parameters) LOOPS(name, f64, double, parameters)
#include "activations.def"
#undef ACTIVATION

LOOP(loop_add_f32, f32, float, 2, 0, 1, OUT(f32, 0, add(IN(f32, 0), IN(f32, 1)));)
LOOP(loop_add_f64, f64, double, 2, 0, 1, OUT(f64, 0, add(IN(f64, 0), IN(f64, 1)));)
LOOP(loop_mul_f32, f32, float, 2, 0, 1, OUT(f32, 0, mul(IN(f32, 0), IN(f32, 1)));)
LOOP(loop_mul_f64, f64, double, 2, 0, 1, OUT(f64, 0, mul(IN(f64, 0), IN(f64, 1)));)

#define KINDS(name, T)                                                                                  \
    {                                                                                                   \
        loop_##name##_value_##T, loop_##name##_derivative_##T, loop_##name##_backward_##T,              \
            loop_##name##_both_##T                                                                      \
    }
#define ACTIVATION(name, ...) {KINDS(name, f32), KINDS(name, f64)},
#define TABLE__(isa) fa_elementwise_##isa
#define TABLE_(isa) TABLE__(isa)
const fa_elementwise TABLE_(FA_ISA) = {
    .loops =
        {
#include "activations.def"
        },
    .add = {loop_add_f32, loop_add_f64},
    .mul = {loop_mul_f32, loop_mul_f64},
};
