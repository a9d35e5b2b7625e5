/* The elementwise loops, compiled once per instruction set (FA_ISA_<name>) into one table of functions. */
#include <string.h>

#include "kernels.h"
#include "simd/pack.h"

#include <string.h>

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

/* A loop from the step BODY: whole packs, then what is left in registers that need not be full; parameters that are arrays
 * come one register at a time (packs of them, and full registers apart, were a third of all code).  BEFORE is the number of
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
        for (; UNROLL > 1 && !arrays && i + UNROLL * W_##T <= n; i += UNROLL * W_##T)                                 \
            step_##NAME(UNROLL, 0, 0, i, o, steps, numbers);                                            \
        for (; i < n; i += W_##T)                                                                       \
            step_##NAME(1, n - i < W_##T ? n - i : W_##T, arrays, i, o, steps, numbers);                \
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

/* Value and derivative, block by block through the cache: a loop of its own for each would be a third of all code and as
 * fast.  An output may be x: the value waits until x has been read twice. */
static void value_and_derivative(fa_loop *value, fa_loop *derivative, int parameters, size_t size, size_t n,
                                 char *const *operands, const unsigned char *steps)
{
    enum { BLOCK = 512 };
    double kept[BLOCK];
    for (size_t i = 0; i < n; i += BLOCK) {
        const size_t count = n - i < BLOCK ? n - i : BLOCK;
        char *o[FA_MAX_OPERANDS];
        for (int k = 0; k <= parameters; k++)
            o[k] = operands[k] + (steps[k] ? i * size : 0);
        o[parameters + 1] = (char *)kept;
        value(count, o, steps);
        o[parameters + 1] = operands[parameters + 2] + i * size;
        derivative(count, o, steps);
        memcpy(operands[parameters + 1] + i * size, kept, count * size);
    }
}

LOOP(loop_add_f32, f32, float, 2, 0, 1, OUT(f32, 0, add(IN(f32, 0), IN(f32, 1)));)
LOOP(loop_add_f64, f64, double, 2, 0, 1, OUT(f64, 0, add(IN(f64, 0), IN(f64, 1)));)
LOOP(loop_mul_f32, f32, float, 2, 0, 1, OUT(f32, 0, mul(IN(f32, 0), IN(f32, 1)));)
LOOP(loop_mul_f64, f64, double, 2, 0, 1, OUT(f64, 0, mul(IN(f64, 0), IN(f64, 1)));)

/* grad times the derivative, in the same way; the result may be grad or x. */
static void product(fa_loop *derivative, fa_loop *times, int parameters, size_t size, size_t n, char *const *operands,
                    const unsigned char *steps)
{
    static const unsigned char ones[3] = {1, 1, 1};
    enum { BLOCK = 512 };
    double slope[BLOCK];
    for (size_t i = 0; i < n; i += BLOCK) {
        const size_t count = n - i < BLOCK ? n - i : BLOCK;
        char *o[FA_MAX_OPERANDS];
        for (int k = 0; k <= parameters; k++)
            o[k] = operands[k + 1] + (steps[k + 1] ? i * size : 0);
        o[parameters + 1] = (char *)slope;
        unsigned char step[FA_MAX_OPERANDS];
        memcpy(step, steps + 1, (size_t)parameters + 1);
        step[parameters + 1] = 1;
        derivative(count, o, step);
        char *const factors[3] = {operands[0] + i * size, (char *)slope, operands[parameters + 2] + i * size};
        times(count, factors, ones);
    }
}

#define LOOPS(name, T, SCALAR, P)                                                                       \
    LOOP(loop_##name##_value_##T, T, SCALAR, 1, P, 1, OUT(T, 0, name##_value_##T(U, IN(T, 0), p));)     \
    LOOP(loop_##name##_derivative_##T, T, SCALAR, 1, P, 1,                                              \
         OUT(T, 0, name##_derivative_##T(U, IN(T, 0), p));)                                             \
    LOOP(loop_##name##_fused_##T, T, SCALAR, 2, P, 1,                                                \
         OUT(T, 0, name##_backward_##T(U, IN(T, 0), IN(T, 1), p));)                                     \
    static void loop_##name##_backward_##T(size_t n, char *const *operands, const unsigned char *steps) \
    {                                                                                                   \
        if (name##_in_two_steps_##T)                                                                    \
            product(loop_##name##_derivative_##T, loop_mul_##T, P, sizeof(SCALAR), n, operands, steps); \
        else                                                                                            \
            loop_##name##_fused_##T(n, operands, steps);                                                \
    }                                                                                                   \
    static void loop_##name##_both_##T(size_t n, char *const *operands, const unsigned char *steps)     \
    {                                                                                                   \
        value_and_derivative(loop_##name##_value_##T, loop_##name##_derivative_##T, P, sizeof(SCALAR), n, operands, \
                             steps);                                                                    \
    }
#define ACTIVATION(name, parameters, ...) LOOPS(name, f32, float, parameters) LOOPS(name, f64, double, parameters)
#include "activations.def"
#undef ACTIVATION

/* Halves.  An end of less than a register goes through a block of its own. */
#define WIDEN(H)                                                                                        \
    static void widen_##H(size_t n, const uint16_t *from, float *to)                                    \
    {                                                                                                   \
        size_t i = 0;                                                                                   \
        for (; i + W_f32 <= n; i += W_f32)                                                              \
            store_f32(to + i, load_##H(from + i));                                                      \
        if (i < n) {                                                                                    \
            uint16_t part[W_f32] = {0};                                                                 \
            memcpy(part, from + i, (n - i) * sizeof *part);                                             \
            store_part_f32(to + i, load_##H(part), n - i);                                              \
        }                                                                                               \
    }
WIDEN(f16)
WIDEN(bf16)

/* Whether a float32 result, which may be wrong by two units of 2^-23 of it or of the last place of a subnormal, decides
 * about its half: both ends of twice that interval round to the same one, and nothing in near_ differs from 0.
 * float16: below 2^-126 nothing matters, so that the ends are products; rounding both sees to its subnormals.
 * bfloat16: the middle of two is the same bit everywhere. */
typedef h16r near_f16r;
typedef m32r near_bf16r;
REG near_f16r near_f16(f32r a, h16r *half)
{
    *half = to_f16(mul_f32(a, splat_f32(1 - 0x1p-21f)));
    return xor_h16(*half, to_f16(mul_f32(a, splat_f32(1 + 0x1p-21f))));
}
REG near_bf16r near_bf16(f32r a, h16r *half)
{
    *half = to_bf16(a);
    return none_u32(add_u32(bits_f32(a), splat_u32(0x8004)), splat_u32(0xfff8));
}
REG near_f16r or_near_f16(near_f16r a, near_f16r b) { return or_h16(a, b); }
REG near_bf16r or_near_bf16(near_bf16r a, near_bf16r b) { return either_m32(a, b); }
REG int any_near_f16(near_f16r a) { return any_h16(a); }
REG int any_near_bf16(near_bf16r a) { return any_m32(a); }
REG unsigned lanes_f16(near_f16r a)
{
    uint16_t differ[W_f32];
    unsigned lanes = 0;
    store_h16(differ, a);
    for (int k = 0; k < W_f32; k++)
        lanes |= (unsigned)(differ[k] != 0) << k;
    return lanes;
}
REG unsigned lanes_bf16(near_bf16r a) { return lanes_m32(a); }

#define NARROW(H)                                                                                       \
    PACK_FN size_t narrow_step_##H(const int U, const float *from, size_t i, uint16_t *to, uint16_t *near, \
                                   size_t found)                                                        \
    {                                                                                                   \
        const f32p a = load_f32p(U, from);                                                              \
        h16r half[4];                                                                                   \
        near_##H##r m[4], all;                                                                          \
        if (!near) {                                                                                    \
            for (int k = 0; k < U; k++)                                                                 \
                store_h16(to + (size_t)k * W_f32, to_##H(a.r[k]));                                      \
            return found;                                                                               \
        }                                                                                               \
        all = m[0] = near_##H(a.r[0], &half[0]);                                                        \
        for (int k = 1; k < U; k++) {                                                                   \
            m[k] = near_##H(a.r[k], &half[k]);                                                          \
            all = or_near_##H(all, m[k]);                                                               \
        }                                                                                               \
        for (int k = 0; k < U; k++)                                                                     \
            store_h16(to + (size_t)k * W_f32, half[k]);                                                 \
        if (__builtin_expect(any_near_##H(all), 0))                                                     \
            for (int k = 0; k < U; k++)                                                                 \
                for (unsigned lanes = lanes_##H(m[k]); lanes; lanes &= lanes - 1)                       \
                    near[found++] = (uint16_t)(i + (size_t)k * W_f32 + (size_t)__builtin_ctz(lanes));   \
        return found;                                                                                   \
    }                                                                                                   \
    PACK_FN size_t narrow_all_##H(size_t n, const float *from, uint16_t *to, uint16_t *near)            \
    {                                                                                                   \
        size_t i = 0, found = 0;                                                                        \
        for (; i + UNROLL * W_f32 <= n; i += UNROLL * W_f32)                                            \
            found = narrow_step_##H(UNROLL, from + i, i, to + i, near, found);                          \
        for (; i + W_f32 <= n; i += W_f32)                                                              \
            found = narrow_step_##H(1, from + i, i, to + i, near, found);                               \
        if (i < n) {                                                                                    \
            float rest[W_f32] = {0};                                                                    \
            uint16_t part[W_f32];                                                                       \
            memcpy(rest, from + i, (n - i) * sizeof *rest);                                             \
            found = narrow_step_##H(1, rest, i, part, near, found);                                     \
            memcpy(to + i, part, (n - i) * sizeof *part);                                               \
        }                                                                                               \
        return found;                                                                                   \
    }                                                                                                   \
    static size_t narrow_##H(size_t n, const float *from, uint16_t *to, uint16_t *near)                 \
    {                                                                                                   \
        return near ? narrow_all_##H(n, from, to, near) : narrow_all_##H(n, from, to, NULL);            \
    }
NARROW(f16)
NARROW(bf16)

/* Plain C: compilers make vectors of it. */
PACK_FN int find_any(const int count, size_t n, const uint16_t *x, const uint16_t *wanted)
{
    uint16_t least = 1;
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < count; c++) {
            const uint16_t differs = x[i] ^ wanted[c];
            least = differs < least ? differs : least;
        }
    return !least;
}
PACK_FN size_t find_of(const int count, size_t n, const uint16_t *x, const uint16_t *wanted, uint16_t *found)
{
    enum { PIECE = 64 };
    size_t k = 0;
    if (!find_any(count, n, x, wanted))
        return 0;
    for (size_t i = 0; i < n; i += PIECE) {
        const size_t m = n - i < PIECE ? n - i : PIECE;
        if (find_any(count, m, x + i, wanted))
            for (size_t j = i; j < i + m; j++)
                for (int c = 0; c < count; c++)
                    if (x[j] == wanted[c])
                        found[k++] = (uint16_t)j;
    }
    return k;
}
static size_t find(size_t n, const uint16_t *x, const uint16_t *from, int count, uint16_t *found)
{
    uint16_t wanted[FA_WANTED];
    for (int c = 0; c < count; c++)
        wanted[c] = from[c];
    return count == 1   ? find_of(1, n, x, wanted, found)
           : count == 2 ? find_of(2, n, x, wanted, found)
           : count == 3 ? find_of(3, n, x, wanted, found)
           : count == 4 ? find_of(4, n, x, wanted, found)
                        : 0;
}

/* Block by block: computed into the cache and written from there, so that every loop serves as it is.  What is read is
 * fetched into the L2 three blocks before its turn: the processor's own prefetch ends with each page, and rests while
 * results are computed.
 * Tried: blocks of 1 and 4 KiB, one, two and four blocks ahead, to fetch after the loop: up to 25 % slower; to fetch past
 * the L2 (prefetchnta): twice as slow; the choice of the store inside the loops: 10 % faster here, and tanh in the cache
 * 6 % slower; to fetch ahead and store plainly: from 8 to 16 MiB up to 1.7 times as fast for relu, and slower for tanh. */
static void stream(fa_loop *loop, int inputs, int outputs, size_t size, size_t n, char *const *operands,
                   const unsigned char *steps)
{
    enum { BLOCK = 2048, AHEAD = 3 * BLOCK, LINE = 64, L2 = 2 };
    _Alignas(LINE) char block[2][BLOCK];
    const size_t head = -(uintptr_t)operands[inputs] % LINE / size;
    for (size_t i = 0, count; i < n; i += count) {
        const int whole = i >= head && n - i >= BLOCK / size;
        char *o[FA_MAX_OPERANDS];
        count = whole ? BLOCK / size : i < head && head < n ? head : n - i;
        for (int k = 0; k < inputs; k++) {
            o[k] = operands[k] + (steps[k] ? i * size : 0);
            for (size_t line = 0; steps[k] && line < BLOCK; line += LINE)
                __builtin_prefetch(o[k] + AHEAD + line, 0, L2);
        }
        for (int k = inputs; k < inputs + outputs; k++)
            o[k] = whole ? block[k - inputs] : operands[k] + i * size;
        loop(count, o, steps);
        for (int k = inputs; whole && k < inputs + outputs; k++)
            for (size_t at = 0; at < BLOCK; at += sizeof(f32r))
                stream_f32((float *)(operands[k] + i * size + at), load_f32((const float *)(o[k] + at)));
    }
    stream_end();
}

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
    .widen = {widen_f16, widen_bf16},
    .narrow = {narrow_f16, narrow_bf16},
    .find = find,
    .stream = STREAMS ? stream : NULL,
};
