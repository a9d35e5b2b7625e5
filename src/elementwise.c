/* The elementwise loops, compiled once per instruction set (FA_ISA_<name>) into one table of functions. */
#include <string.h>

#include "kernels.h"
#include "simd/pack.h"

#include "math/float32/all.h"
#include "math/float64/all.h"
#include "math/two_words.h"

/* The activations, for each float type: f32p relu_value_f32(U, halves, x, p), relu_derivative_f32, relu_backward_f32 … */
#define INFINITY __builtin_inff()
#define REAL f32
#define REAL_LOWEST -0x1.fffffep127f
#define REAL_LEAST_NORMAL 0x1p-126f
#define IN_HALVES(y) \
    if (halves)      \
        return y;
#include "activations/all.h"
#undef REAL
#undef REAL_LOWEST
#undef REAL_LEAST_NORMAL
#undef IN_HALVES
#define REAL f64
#define REAL_LOWEST -0x1.fffffffffffffp1023
#define REAL_LEAST_NORMAL 0x1p-1022
#define IN_HALVES(y)
#include "activations/all.h"
#undef REAL
#undef REAL_LOWEST
#undef REAL_LEAST_NORMAL
#undef IN_HALVES

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

/* Loops over as many elements begin with the part of a register that makes their (first) output aligned: NumPy's large
 * arrays begin 16 bytes past a page, and a store into two cache lines takes hard_tanh from .15 to .25 ns an element.
 * That loads cross lines costs next to nothing. */
enum { ALIGNED = 512 };

/* A loop from the step BODY: whole packs, then what is left in registers that need not be full; parameters that are arrays
 * come one register at a time (packs of them, and full registers apart, were a third of all code).  BEFORE is the number of
 * operands in front of the parameters, PARAMETERS theirs; the OUTPUTS follow.  Where every parameter is one number
 * (`arrays` is 0), what follows from it is computed once, in front of the loop. */
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
        enum { OUT = BEFORE + PARAMETERS };                                                             \
        char *o[BEFORE + PARAMETERS + OUTPUTS]; /* copies that no store can change */                   \
        T##p numbers[PARAMETERS + 1];                                                                   \
        size_t i = 0;                                                                                   \
        for (int k = 0; k < BEFORE + PARAMETERS + OUTPUTS; k++)                                         \
            o[k] = operands[k];                                                                         \
        for (int k = 0; k < PARAMETERS; k++)                                                            \
            numbers[k] = splat_##T##p(n ? *(const SCALAR *)o[BEFORE + k] : 0);                          \
        size_t end = UNROLL_##T > 1 && !arrays && n >= ALIGNED ? -(uintptr_t)o[OUT] / sizeof(SCALAR) % W_##T : 0; \
        for (;; end = n) {                                                                              \
            for (size_t count; i < end; i += count) {                                                   \
                count = end - i < W_##T ? end - i : W_##T;                                              \
                step_##NAME(1, count, arrays, i, o, steps, numbers);                                    \
            }                                                                                           \
            if (i == n)                                                                                 \
                break;                                                                                  \
            for (; UNROLL_##T > 1 && !arrays && i + UNROLL_##T * W_##T <= n; i += UNROLL_##T * W_##T)   \
                step_##NAME(UNROLL_##T, 0, 0, i, o, steps, numbers);                                    \
        }                                                                                               \
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

/* What fa_slope_sums says, of U registers of columns or of `rest` columns. */
PACK_FN void columns_f32(const int U, const size_t rest, size_t rows, size_t stride, size_t i, const void *grad,
                         const void *x, double *sums)
{
    f64r s[8];
    for (int k = 0; k < 2 * U; k++)
        s[k] = load_f64(sums + i + k * W_f64);
    for (size_t r = 0; r < rows; r++, i += stride) {
        const f32p a = get_f32(U, rest, x, i), zero = splat_f32p(0);
        const m32p above = gt(a, zero);
        const f32p b = select(above, zero, get_f32(U, rest, grad, i)), c = select(above, zero, a);
        for (int k = 0; k < U; k++) {
            s[2 * k] = add_f64(s[2 * k], mul_f64(widen_low_f32(b.r[k]), widen_low_f32(c.r[k])));
            s[2 * k + 1] = add_f64(s[2 * k + 1], mul_f64(widen_high_f32(b.r[k]), widen_high_f32(c.r[k])));
        }
    }
    i -= rows * stride;
    for (int k = 0; k < 2 * U; k++)
        store_f64(sums + i + k * W_f64, s[k]);
}
PACK_FN void columns_f64(const int U, const size_t rest, size_t rows, size_t stride, size_t i, const void *grad,
                         const void *x, double *sums)
{
    f64p s = load_f64p(U, sums + i);
    for (size_t r = 0; r < rows; r++, i += stride) {
        const f64p a = get_f64(U, rest, x, i), zero = splat_f64p(0);
        s = add(s, select(gt(a, zero), zero, mul(get_f64(U, rest, grad, i), a)));
    }
    store_f64p(U, sums + i - rows * stride, s);
}
#define SLOPE_SUMS(T)                                                                                   \
    static void slope_sums_##T(size_t rows, size_t columns, size_t stride, const void *grad, const void *x, double *sums) \
    {                                                                                                   \
        size_t i = 0;                                                                                   \
        for (; UNROLL_##T > 1 && i + UNROLL_##T * W_##T <= columns; i += UNROLL_##T * W_##T)            \
            columns_##T(UNROLL_##T, 0, rows, stride, i, grad, x, sums);                                 \
        for (; i < columns; i += W_##T)                                                                 \
            columns_##T(1, columns - i < W_##T ? columns - i : 0, rows, stride, i, grad, x, sums);      \
    }
SLOPE_SUMS(f32)
SLOPE_SUMS(f64)

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
    LOOP(loop_##name##_value_##T, T, SCALAR, 1, P, 1, OUT(T, 0, name##_value_##T(U, 0, IN(T, 0), p));)     \
    LOOP(loop_##name##_derivative_##T, T, SCALAR, 1, P, 1,                                              \
         OUT(T, 0, name##_derivative_##T(U, 0, IN(T, 0), p));)                                             \
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

/* Slopes that float32 does not hold, or may not: with a large or a small gradient the product is a number all the same.
 * In float16 no gradient is large or small enough. */
REG near_f16r or_lost_f16(near_f16r near, f32r slope, const enum fa_gradient way)
{
    (void)slope, (void)way;
    return near;
}
REG near_bf16r or_lost_bf16(near_bf16r near, f32r slope, const enum fa_gradient way)
{
    const f32r size = andnot_f32(splat_f32(-0.0f), slope);
    m32r small = lt_f32(size, splat_f32(0x1p-126f));
    if (way == FA_DEAD)
        small = except_m32(small, eq_f32(slope, splat_f32(0)));
    return either_m32(near, either_m32(small, eq_f32(size, splat_f32(INFINITY))));
}
/* The same of products that float32 holds, unless they are subnormal there. */
REG near_f16r short_f16(f32r a, f32r slope)
{
    (void)slope;
    return xor_h16(to_f16(a), to_f16(a));
}
REG near_bf16r short_bf16(f32r a, f32r slope)
{
    const f32r size = andnot_f32(splat_f32(-0.0f), a), steep = andnot_f32(splat_f32(-0.0f), slope);
    const m32r small = except_m32(lt_f32(size, splat_f32(0x1p-126f)), eq_f32(slope, splat_f32(0)));
    return either_m32(small, eq_f32(steep, splat_f32(INFINITY)));
}

#define NARROW(H)                                                                                       \
    PACK_FN size_t narrow_step_##H(const int U, const float *from, const int slopes, const uint16_t *grad, \
                                   const enum fa_gradient way, size_t i, uint16_t *to, const int look, \
                                   uint16_t *near, size_t found)                                        \
    {                                                                                                   \
        const f32p slope = load_f32p(U, from);                                                          \
        f32p a = slope;                                                                                 \
        h16r half[4];                                                                                   \
        near_##H##r m[4], all;                                                                          \
        if (slopes) {                                                                                   \
            for (int k = 0; k < U; k++)                                                                 \
                a.r[k] = mul_f32(load_##H(grad + (size_t)k * W_f32), slope.r[k]);                       \
            if (way != FA_PRODUCT)                                                                      \
                a = select(eq(slope, F(0)), F(0), a);                                                   \
        }                                                                                               \
        if (!look) {                                                                                    \
            for (int k = 0; k < U; k++)                                                                 \
                store_h16(to + (size_t)k * W_f32, to_##H(a.r[k]));                                      \
            return found;                                                                               \
        }                                                                                               \
        for (int k = 0; k < U; k++) {                                                                   \
            if (way == FA_SHORT) {                                                                      \
                half[k] = to_##H(a.r[k]);                                                               \
                m[k] = short_##H(a.r[k], slope.r[k]);                                                   \
            } else {                                                                                    \
                m[k] = near_##H(a.r[k], &half[k]);                                                      \
                if (slopes)                                                                             \
                    m[k] = or_lost_##H(m[k], slope.r[k], way);                                          \
            }                                                                                           \
        }                                                                                               \
        all = m[0];                                                                                     \
        for (int k = 1; k < U; k++)                                                                     \
            all = or_near_##H(all, m[k]);                                                               \
        for (int k = 0; k < U; k++)                                                                     \
            store_h16(to + (size_t)k * W_f32, half[k]);                                                 \
        if (__builtin_expect(any_near_##H(all), 0))                                                     \
            for (int k = 0; k < U; k++)                                                                 \
                for (unsigned lanes = lanes_##H(m[k]); lanes; lanes &= lanes - 1)                       \
                    near[found++] = (uint16_t)(i + (size_t)k * W_f32 + (size_t)__builtin_ctz(lanes));   \
        return found;                                                                                   \
    }                                                                                                   \
    PACK_FN size_t narrow_all_##H(size_t n, const float *from, const int slopes, const uint16_t *grad,  \
                                  const enum fa_gradient way, uint16_t *to, const int look, uint16_t *near) \
    {                                                                                                   \
        size_t i = 0, found = 0;                                                                        \
        for (; i + UNROLL_f32 * W_f32 <= n; i += UNROLL_f32 * W_f32)                                            \
            found = narrow_step_##H(UNROLL_f32, from + i, slopes, grad + i, way, i, to + i, look, near, found); \
        for (; UNROLL_f32 > 1 && i + W_f32 <= n; i += W_f32)                                                \
            found = narrow_step_##H(1, from + i, slopes, grad + i, way, i, to + i, look, near, found);  \
        if (i < n) {                                                                                    \
            float rest[W_f32] = {0};                                                                    \
            uint16_t part[W_f32] = {0};                                                                 \
            memcpy(rest, from + i, (n - i) * sizeof *rest);                                             \
            if (slopes)                                                                                 \
                memcpy(part, grad + i, (n - i) * sizeof *part);                                         \
            const size_t more = narrow_step_##H(1, rest, slopes, part, way, i, part, look, near, found); \
            memcpy(to + i, part, (n - i) * sizeof *part);                                               \
            for (; found < more && near[found] < n; found++) /* beyond n all is 0 */                    \
                ;                                                                                       \
        }                                                                                               \
        return found;                                                                                   \
    }                                                                                                   \
    static size_t narrow_##H(size_t n, const float *from, const uint16_t *grad, enum fa_gradient way,   \
                             uint16_t *to, uint16_t *near)                                              \
    {                                                                                                   \
        if (!grad)                                                                                      \
            return near ? narrow_all_##H(n, from, 0, (const uint16_t *)0, FA_PRODUCT, to, 1, near)             \
                        : narrow_all_##H(n, from, 0, (const uint16_t *)0, FA_PRODUCT, to, 0, near);            \
        return way == FA_STRAIGHT ? narrow_all_##H(n, from, 1, grad, FA_STRAIGHT, to, 0, near)          \
               : way == FA_SHORT  ? narrow_all_##H(n, from, 1, grad, FA_SHORT, to, 1, near)             \
               : way == FA_DEAD   ? narrow_all_##H(n, from, 1, grad, FA_DEAD, to, 1, near)              \
                                  : narrow_all_##H(n, from, 1, grad, FA_PRODUCT, to, 1, near);          \
    }
NARROW(f16)
NARROW(bf16)

/* The values and derivatives of halves: packs of them become float32 in registers and halves again there.  One loop for
 * both types looks at the type once a pack: the code of one for each would be twice as long.  A rest goes through a pack of
 * its own. */
enum { HALF_UNROLL = UNROLL_f32 > 1 ? UNROLL_f32 : 2, HALF_PACK = HALF_UNROLL * W_f32 };
PACK_FN f32p get_halves(enum fa_half half, const uint16_t *from)
{
    f32p a;
    for (int k = HALF_UNROLL; k < 4; k++)
        a.r[k] = splat_f32(0);
    if (half == FA_F16)
        for (int k = 0; k < HALF_UNROLL; k++)
            a.r[k] = load_f16(from + k * W_f32);
    else
        for (int k = 0; k < HALF_UNROLL; k += 2)
            load_pair_bf16(from + k * W_f32, &a.r[k]);
    return a;
}
PACK_FN void put_halves(enum fa_half half, uint16_t *to, f32p a)
{
    if (half == FA_F16)
        for (int k = 0; k < HALF_UNROLL; k++)
            store_h16(to + k * W_f32, to_f16(a.r[k]));
    else
        for (int k = 0; k < HALF_UNROLL; k += 2)
            store_pair_bf16(to + k * W_f32, a.r[k], a.r[k + 1]);
}
#define HALVES(name, kind, PARAMETERS)                                                                  \
    static void halves_##name##_##kind(enum fa_half half, size_t n, char *const *operands)              \
    {                                                                                                   \
        const uint16_t *from = (const uint16_t *)operands[0];                                           \
        uint16_t *to = (uint16_t *)operands[1 + PARAMETERS];                                            \
        uint16_t part[HALF_PACK] = {0};                                                                 \
        f32p p[PARAMETERS + 1];                                                                         \
        for (int k = 0; k < PARAMETERS; k++)                                                            \
            p[k] = splat_f32p(*(const float *)operands[1 + k]);                                         \
        for (size_t i = 0; i < n; i += HALF_PACK) {                                                     \
            const int whole = n - i >= HALF_PACK;                                                       \
            if (!whole)                                                                                 \
                memcpy(part, from + i, (n - i) * sizeof *part);                                         \
            const f32p x = get_halves(half, whole ? from + i : part);                                   \
            put_halves(half, whole ? to + i : part, name##_##kind##_f32(HALF_UNROLL, 1, x, p));         \
            if (!whole)                                                                                 \
                memcpy(to + i, part, (n - i) * sizeof *part);                                           \
        }                                                                                               \
    }
#define ACTIVATION(name, parameters, ...) HALVES(name, value, parameters) HALVES(name, derivative, parameters)
#include "activations.def"
#undef ACTIVATION

/* Plain C, of which compilers make vectors; hits are rare. */
PACK_FN int any_tiny(size_t n, const uint16_t *x)
{
    uint16_t least = 0xffff;
    for (size_t i = 0; i < n; i++) {
        const uint16_t size = (uint16_t)(2 * x[i] - 2);
        least = size < least ? size : least;
    }
    return least < 2 * FA_TINY - 2;
}
/* The hits among m of 64. */
PACK_FN size_t find_in(const uint16_t *x, size_t m, const fa_set *set, const int some, const int tiny, size_t at,
                       uint16_t *found, size_t k)
{
    if (__builtin_expect((some && any_of_64(x, set->count, set->listed, set->multiplier, set->hashed)) ||
                             (tiny && any_tiny(64, x)),
                         0))
        for (size_t j = 0; j < m; j++)
            if ((some && x[j] == set->hashed[((uint32_t)x[j] * set->multiplier >> 16) % FA_WANTED]) ||
                (tiny && (uint16_t)(2 * x[j] - 2) < 2 * FA_TINY - 2))
                found[k++] = (uint16_t)(at + j);
    return k;
}
PACK_FN size_t find_all(size_t n, const uint16_t *x, const fa_set *set, const int some, const int tiny, uint16_t *found)
{
    const fa_set kept = *set; /* that no store to `found` can change */
    uint16_t part[64] = {0};
    size_t i = 0, k = 0;
    for (; i + 64 <= n; i += 64)
        k = find_in(x + i, 64, &kept, some, tiny, i, found, k);
    if (i < n) {
        memcpy(part, x + i, (n - i) * sizeof *part);
        k = find_in(part, n - i, &kept, some, tiny, i, found, k);
    }
    return k;
}
static size_t find(size_t n, const uint16_t *x, const fa_set *set, int tiny, uint16_t *found)
{
    return !set->count ? find_all(n, x, set, 0, 1, found)
           : tiny      ? find_all(n, x, set, 1, 1, found)
                       : find_all(n, x, set, 1, 0, found);
}

/* Block by block: computed into the cache and written from there, so that every loop serves as it is.  What is read is
 * fetched into the L2 three blocks before its turn: the processor's own prefetch ends with each page, and rests while
 * results are computed.
 * Tried: blocks of 1 and 4 KiB, one, two and four blocks ahead, to fetch after the loop: up to 25 % slower; to fetch past
 * the L2 (prefetchnta): twice as slow; the choice of the store inside the loops: 10 % faster here, and tanh in the cache
 * 6 % slower; fetches and stores inside the loop, 2 to 4 KiB ahead, into L1 or L2: within the
 * noise of this; to fetch ahead and store plainly, from 3 to 16 MiB: no faster. */
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
#define TABLE__(isa) fa_elementwise_##isa
#define TABLE_(isa) TABLE__(isa)
const fa_elementwise TABLE_(FA_ISA) = {
    .loops =
        {
#define ACTIVATION(name, ...) {KINDS(name, f32), KINDS(name, f64)},
#include "activations.def"
#undef ACTIVATION
        },
    .add = {loop_add_f32, loop_add_f64},
    .mul = {loop_mul_f32, loop_mul_f64},
    .slope_sums = {slope_sums_f32, slope_sums_f64},
    .halves =
        {
#define ACTIVATION(name, ...) {halves_##name##_value, halves_##name##_derivative},
#include "activations.def"
#undef ACTIVATION
        },
    .gradient =
        {
#define ACTIVATION(name, ...) name##_gradient_f32,
#include "activations.def"
#undef ACTIVATION
        },
    .widen = {widen_f16, widen_bf16},
    .narrow = {narrow_f16, narrow_bf16},
    .find = find,
    .stream = STREAMS ? stream : NULL,
};
