/* The elementwise loops, compiled once per instruction set (FA_ISA_<name>) into one table of functions. */
#include <string.h>

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
#define FLOAT32_OR(a, b) a
#define AND_TURN , turn
#include "activations/all.h"
#undef REAL
#undef REAL_LOWEST
#undef REAL_LEAST_NORMAL
#undef FLOAT32_OR
#undef AND_TURN
#include "activations/halves.h"
#define REAL f64
#define REAL_LOWEST -0x1.fffffffffffffp1023
#define REAL_LEAST_NORMAL 0x1p-1022
#define FLOAT32_OR(a, b) b
#define AND_TURN
#include "activations/all.h"
#undef REAL
#undef REAL_LOWEST
#undef REAL_LEAST_NORMAL
#undef FLOAT32_OR
#undef AND_TURN

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

/* Loops over as many elements begin with what brings their (first) output to a cache line: NumPy's large arrays begin 16
 * bytes past a page, and a store into two lines takes hard_tanh from .15 to .25 ns an element.  Registers of half a line
 * want it too: GCC stores those of a pack in any order, which costs identity half as much again where it leaves a line
 * unfinished.  That loads cross lines costs next to nothing. */
enum { ALIGNED = 512, LINE = 64 };

/* Where a kernel goes by rows, on AVX2: so many registers in three short loops, which are the numbers of their rows, the
 * rows, and the rest in packs of two.  In one loop what waits for a row fills the scheduler, and what could be done
 * meanwhile has no room there: 10 to 40 % more time.  In other kernels `table` and `pairs` stay NULL, and the compiler
 * leaves this out.  (Packs of four: 1 to 20 % slower.  Half as many registers: as fast, but GCC unrolls all of it.  Packs
 * that look for the rows of the next one: 5 % slower than one loop.) */
#ifdef ROWS_IN_TURNS
enum { TURNS = 32, TURN = 2 };
#define BY_TURNS(NAME, T)                                                                               \
    {                                                                                                   \
        enum { STEP = TURN * W_##T };                                                                   \
        at_f32r at[TURNS];                                                                              \
        row_f32r rows[TURNS];                                                                           \
        const float *table = NULL, *pairs = NULL;                                                       \
        const size_t m = n - i < TURNS * W_##T ? (n - i) / STEP * TURN : TURNS;                         \
        size_t asked = 0;                                                                               \
        do                                                                                              \
            step_##NAME(TURN, 0, 0, i + asked * W_##T, o, steps, numbers,                               \
                        (row_turn){ROWS_ASKED, at + asked, &table, &pairs, rows + asked});              \
        while ((asked += TURN) < m);                                                                    \
        if (table || pairs) {                                                                           \
            for (size_t k = 0; k < m; k++)                                                              \
                if (table)                                                                              \
                    rows[k] = row_f32(table, at[k]);                                                    \
                else                                                                                    \
                    pair_f32(pairs, at[k], &rows[k].c[0], &rows[k].c[1]);                               \
            for (size_t k = 0; k < m; k += TURN)                                                        \
                step_##NAME(TURN, 0, 0, i + k * W_##T, o, steps, numbers,                               \
                            (row_turn){ROWS_FOUND, at + k, &table, &pairs, rows + k});                  \
            count = m * W_##T;                                                                          \
            continue;                                                                                   \
        }                                                                                               \
    }
#else
#define BY_TURNS(NAME, T)
#endif

/* A loop from the step BODY: whole packs, then what is left in registers that need not be full; parameters that are arrays
 * come one register at a time (packs of them, and full registers apart, were a third of all code).  BEFORE is the number of
 * operands in front of the parameters, PARAMETERS theirs; the OUTPUTS follow.  Where every parameter is one number
 * (`arrays` is 0), what follows from it is computed once, in front of the loop. */
#define LOOP(NAME, T, SCALAR, BEFORE, PARAMETERS, OUTPUTS, BODY)                                        \
    PACK_FN void step_##NAME(const int U, const size_t rest, const int arrays, size_t i, char *const *o, \
                             const unsigned char *steps, const T##p *numbers, row_turn turn)            \
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
        size_t end = UNROLL_##T > 1 && !arrays && n >= ALIGNED ? -(uintptr_t)o[OUT] % LINE / sizeof(SCALAR) : 0; \
        for (;; end = n) {                                                                              \
            for (size_t count; i < end; i += count) {                                                   \
                count = end - i < W_##T ? end - i : W_##T;                                              \
                step_##NAME(1, count, arrays, i, o, steps, numbers, rows_at_once);                      \
            }                                                                                           \
            if (i == n)                                                                                 \
                break;                                                                                  \
            for (size_t count; UNROLL_##T > 1 && !arrays && i + UNROLL_##T * W_##T <= n; i += count) {  \
                count = UNROLL_##T * W_##T;                                                             \
                BY_TURNS(NAME, T)                                                                       \
                step_##NAME(UNROLL_##T, 0, 0, i, o, steps, numbers, rows_at_once);                      \
            }                                                                                           \
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
#define OUT(T, k, a)                                                                                    \
    const T##p y_ = a;                                                                                  \
    if (!ONLY_ASKED(turn))                                                                              \
        put_##T(U, rest, o[OUT + k], i, y_)

/* identity: memcpy need not fetch what it writes over, which takes 5 % off in the cache, a quarter with new results. */
#define COPY(T, SCALAR)                                                                                 \
    static void copy_##T(size_t n, char *const *operands, const unsigned char *steps)                   \
    {                                                                                                   \
        (void)steps;                                                                                    \
        if (operands[1] != operands[0])                                                                 \
            memcpy(operands[1], operands[0], n * sizeof(SCALAR));                                       \
    }
COPY(f32, float)
COPY(f64, double)

/* Value and derivative, block by block through the cache: a loop of its own for each would be a third of all code and as
 * fast.  A value that takes the place of an operand waits until that has been read twice. */
static void value_and_derivative(fa_loop *value, fa_loop *derivative, int parameters, size_t size, size_t n,
                                 char *const *operands, const unsigned char *steps)
{
    enum { BLOCK = 512 };
    _Alignas(64) double kept[BLOCK];
    int in_place = 0;
    for (int k = 0; k <= parameters; k++)
        in_place |= operands[k] == operands[parameters + 1];
    for (size_t i = 0; i < n; i += BLOCK) {
        const size_t count = n - i < BLOCK ? n - i : BLOCK;
        char *o[FA_MAX_OPERANDS], *const to = operands[parameters + 1] + i * size;
        for (int k = 0; k <= parameters; k++)
            o[k] = operands[k] + (steps[k] ? i * size : 0);
        o[parameters + 1] = in_place ? (char *)kept : to;
        value(count, o, steps);
        o[parameters + 1] = operands[parameters + 2] + i * size;
        derivative(count, o, steps);
        if (in_place)
            memcpy(to, kept, count * size);
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

/* A gradient and a slope; of FA_DEAD 0 where the slope is, whatever the gradient. */
#define PRODUCT_OF(T)                                                                                   \
    PACK_FN T##p product_of_##T(const int U, T##p grad, T##p slope, const int way)                      \
    {                                                                                                   \
        const T##p a = mul(grad, slope), zero = splat_##T##p(0);                                        \
        return way == FA_PRODUCT ? a : select(eq(slope, zero), zero, a);                                \
    }
PRODUCT_OF(f32)
PRODUCT_OF(f64)

/* A loop that takes a gradient, without one. */
static void without_gradient(fa_loop *loop, int operands, size_t n, char *const *from, const unsigned char *from_steps)
{
    char *o[FA_MAX_OPERANDS] = {NULL};
    unsigned char steps[FA_MAX_OPERANDS] = {0};
    memcpy(o + 1, from, (size_t)operands * sizeof *o);
    memcpy(steps + 1, from_steps, (size_t)operands);
    loop(n, o, steps);
}

/* The derivative or, unless operand 0 is NULL, its product with the gradient there: one loop for both. */
#define SLOPE(name, T)                                                                                  \
    T##p slope = name##_derivative_##T(U, IN(T, 1), p, turn);                                           \
    if (!ONLY_ASKED(turn) && o[0])                                                                      \
        slope = product_of_##T(U, IN(T, 0), slope, name##_gradient_##T);                                \
    OUT(T, 0, slope);

#define LOOPS(name, T, SCALAR, P)                                                                       \
    LOOP(loop_##name##_value_##T, T, SCALAR, 1, P, 1, OUT(T, 0, name##_value_##T(U, IN(T, 0), p, turn));) \
    LOOP(loop_##name##_slope_##T, T, SCALAR, 2, P, 1, SLOPE(name, T))                                   \
    LOOP(loop_##name##_selected_##T, T, SCALAR, 1, P, 1,                                                \
         OUT(T, 0, name##_derivative_##T(U, IN(T, 0), p, turn));)                                       \
    LOOP(loop_##name##_gradient_##T, T, SCALAR, 2, P, 1,                                                \
         OUT(T, 0, name##_backward_##T(U, IN(T, 0), IN(T, 1), p, turn));)                               \
    static void loop_##name##_derivative_##T(size_t n, char *const *operands, const unsigned char *steps) \
    {                                                                                                   \
        if (name##_is_shared_##T)                                                                       \
            without_gradient(loop_##name##_slope_##T, P + 2, n, operands, steps);                       \
        else                                                                                            \
            loop_##name##_selected_##T(n, operands, steps);                                             \
    }                                                                                                   \
    static void loop_##name##_backward_##T(size_t n, char *const *operands, const unsigned char *steps) \
    {                                                                                                   \
        if (name##_is_shared_##T)                                                                       \
            loop_##name##_slope_##T(n, operands, steps);                                                \
        else                                                                                            \
            loop_##name##_gradient_##T(n, operands, steps);                                             \
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

/* Whether a float32 number, which may be wrong by 2.5 of its last places, is too near the middle of two halves to decide.
 * The middle is the same bit of all numbers but those below 2^-14 in float16: plus 2^-14, they have it too. */
REG m32r near_f16(f32r a)
{
    const f32r size = andnot_f32(splat_f32(-0.0f), a), least = splat_f32(0x1p-14f);
    return none_u32(add_u32(bits_f32(add_f32(size, only_f32(lt_f32(size, least), least))), splat_u32(0x1004)),
                    splat_u32(0x1ff8));
}
REG m32r near_bf16(f32r a) { return none_u32(add_u32(bits_f32(a), splat_u32(0x8004)), splat_u32(0xfff8)); }

/* Slopes that float32 does not hold, or may not: with a large or a small gradient the product is a number all the same.
 * In float16 only an infinite gradient, or one that is 0, is so large or small. */
REG m32r lost_f16(f32r slope, f32r product, const int way)
{
    (void)slope, (void)way;
    return except_m32(eq_f32(splat_f32(0), splat_f32(0)), eq_f32(product, product));
}
REG m32r lost_bf16(f32r slope, f32r product, const int way)
{
    const f32r size = andnot_f32(splat_f32(-0.0f), slope);
    m32r small = lt_f32(size, splat_f32(0x1p-126f));
    (void)product;
    if (way != FA_PRODUCT)
        small = except_m32(small, eq_f32(slope, splat_f32(0)));
    return either_m32(small, eq_f32(size, splat_f32(INFINITY)));
}

#define NARROW(H)                                                                                       \
    PACK_FN size_t narrow_step_##H(const int U, const float *from, const uint16_t *grad,                \
                                   const int way, size_t i, uint16_t *to, const int look,  \
                                   uint16_t *near, size_t found)                                        \
    {                                                                                                   \
        f32p slope = load_f32p(U, from), a = slope;                                                     \
        m32p m = eq(a, a);                                                                              \
        if (way >= 0) {                                                                                      \
            for (int k = 0; k < U; k++)                                                                 \
                a.r[k] = load_##H(grad + (size_t)k * W_f32);                                            \
            a = product_of_f32(U, a, slope, way);                                                           \
        }                                                                                               \
        for (int k = 0; k < U; k++) {                                                                   \
            store_h16(to + (size_t)k * W_f32, to_##H(a.r[k]));                                          \
            m.r[k] = near_##H(a.r[k]);                                                                  \
            if (way >= 0)                                                                                    \
                m.r[k] = either_m32(m.r[k], lost_##H(slope.r[k], a.r[k], way));                         \
        }                                                                                               \
        if (look && __builtin_expect(any(m), 0))                                                        \
            for (int k = 0; k < U; k++)                                                                 \
                for (unsigned lanes = lanes_m32(m.r[k]); lanes; lanes &= lanes - 1)                     \
                    near[found++] = (uint16_t)(i + (size_t)k * W_f32 + (size_t)__builtin_ctz(lanes));   \
        return found;                                                                                   \
    }                                                                                                   \
    PACK_FN size_t narrow_all_##H(size_t n, const float *from, const uint16_t *grad,                    \
                                  const int way, uint16_t *to, const int look, uint16_t *near) \
    {                                                                                                   \
        size_t i = 0, found = 0;                                                                        \
        for (; i + UNROLL_f32 * W_f32 <= n; i += UNROLL_f32 * W_f32)                                    \
            found = narrow_step_##H(UNROLL_f32, from + i, grad + i, way, i, to + i, look, near, found); \
        for (; UNROLL_f32 > 1 && i + W_f32 <= n; i += W_f32)                                            \
            found = narrow_step_##H(1, from + i, grad + i, way, i, to + i, look, near, found);          \
        if (i < n) {                                                                                    \
            float rest[W_f32] = {0};                                                                    \
            uint16_t part[W_f32] = {0};                                                                 \
            memcpy(rest, from + i, (n - i) * sizeof *rest);                                             \
            if (way >= 0)                                                                                    \
                memcpy(part, grad + i, (n - i) * sizeof *part);                                         \
            const size_t more = narrow_step_##H(1, rest, part, way, i, part, look, near, found);        \
            memcpy(to + i, part, (n - i) * sizeof *part);                                               \
            for (; found < more && near[found] < n; found++) /* beyond n all is 0 */                    \
                ;                                                                                       \
        }                                                                                               \
        return found;                                                                                   \
    }                                                                                                   \
    static size_t narrow_##H(size_t n, const float *from, const uint16_t *grad, enum fa_gradient way,   \
                             uint16_t *to, uint16_t *near)                                              \
    {                                                                                                   \
        return !near              ? narrow_all_##H(n, from, to, -1, to, 0, near)                        \
               : !grad            ? narrow_all_##H(n, from, to, -1, to, 1, near)                         \
               : way == FA_PRODUCT ? narrow_all_##H(n, from, grad, FA_PRODUCT, to, 1, near)             \
                                   : narrow_all_##H(n, from, grad, FA_DEAD, to, 1, near);               \
    }
NARROW(f16)
NARROW(bf16)

/* Loops over halves: packs of them become float32 in registers and halves again there; bfloat16 in pairs of registers, the
 * even ones and the odd ones.  Each loop calls itself for a rest, in a pack of its own. */
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
            store_w16(to + k * W_f32, pair_bf16(a.r[k], a.r[k + 1]));
}
/* The same where no result is in the middle of two bfloat16, or does not matter. */
PACK_FN void put_settled(enum fa_half half, uint16_t *to, f32p a)
{
    if (half == FA_F16)
        put_halves(FA_F16, to, a);
    else
        for (int k = 0; k < HALF_UNROLL; k += 2)
            store_w16(to + k * W_f32, pair_up_bf16(a.r[k], a.r[k + 1]));
}

/* One loop serves both types and looks at the type once a pack: the code of one for each would be twice as long. */
#define BEFORE_value 1
#define BEFORE_derivative 1
#define BEFORE_backward 2
#define QUICK_LOOP(name, kind, PARAMETERS, PUT, RESULT)                                                     \
    static void halves_##name##_##kind(enum fa_half half, size_t n, char *const *operands)              \
    {                                                                                                   \
        enum { U = HALF_UNROLL, BEFORE = BEFORE_##kind, OUT = BEFORE + PARAMETERS };                    \
        const uint16_t *grad_from = (const uint16_t *)operands[0];                                      \
        const uint16_t *from = (const uint16_t *)operands[BEFORE - 1];                                  \
        uint16_t *to = (uint16_t *)operands[OUT];                                                       \
        size_t i = 0;                                                                                   \
        f32p p[PARAMETERS + 1];                                                                         \
        for (int k = 0; k < PARAMETERS; k++)                                                            \
            p[k] = splat_f32p(*(const float *)operands[BEFORE + k]);                                    \
        (void)p;                                                                                        \
        for (; i + HALF_PACK <= n; i += HALF_PACK) {                                                    \
            const f32p x = get_halves(half, from + i), grad = BEFORE > 1 ? get_halves(half, grad_from + i) : x; \
            (void)grad;                                                                                 \
            PUT(half, to + i, RESULT);                                                                  \
        }                                                                                               \
        if (i < n) {                                                                                    \
            uint16_t part[2][HALF_PACK] = {{0}, {0}};                                                   \
            char *at[OUT + 1];                                                                          \
            memcpy(at, operands, sizeof at);                                                            \
            for (int k = 0; k < BEFORE; k++)                                                            \
                at[k] = memcpy(part[k], (const uint16_t *)operands[k] + i, (n - i) * sizeof *to);       \
            at[OUT] = (char *)part;                                                                     \
            halves_##name##_##kind(half, HALF_PACK, at);                                                \
            memcpy(to + i, part, (n - i) * sizeof *to);                                                 \
        }                                                                                               \
    }
QUICK(QUICK_LOOP)

/* A few bits tell about most products: in float16 the middle of two halves, subnormals too, has 12 zeros at the end; what
 * a product with as many, or nearly, is, is asked only where there is one (and always where many are 0).  It is decided
 * where the slope is exact, not odd, and so is the product. */
PACK_FN size_t put_product(const enum fa_half half, const int way, f32p grad, f32p slope, size_t i, uint16_t *to,
                           uint16_t *near, size_t found)
{
    enum { U = HALF_UNROLL };
    const f32p a = product_of_f32(U, grad, slope, way);
    m32p m = none_u32p(U, add(bits(a), splat_u32p(half == FA_F16 ? 4 : 0x8004)),
                       splat_u32p(half == FA_F16 ? 0xff8 : 0xfff8));
    if (half == FA_F16 && way == FA_DEAD)
        for (int k = 0; k < U; k++)
            m.r[k] = near_f16(a.r[k]);
    put_settled(half, to + i, a);
    if (__builtin_expect(any(m), 0)) {
        const m32p exact = both(none_u32p(U, bits(slope), splat_u32p(1)), eq(fms(grad, slope, a), F(0)));
        const m32p small = lt(andnot(F(-0.0f), a), F(0x1p-100f));
        if (half == FA_BF16)
            put_halves(half, to + i, a);
        m = except(m, except(exact, small));
        for (int k = 0; k < U; k++) {
            if (half == FA_F16)
                m.r[k] = both_m32(m.r[k], near_f16(a.r[k]));
            for (unsigned lanes = lanes_m32(m.r[k]); lanes; lanes &= lanes - 1) {
                const size_t lane = (size_t)__builtin_ctz(lanes);
                near[found++] =
                    (uint16_t)(i + (half == FA_F16 ? (size_t)k * W_f32 + lane
                                                   : (size_t)(k & ~1) * W_f32 + 2 * lane + (size_t)(k & 1)));
            }
        }
    }
    return found;
}

/* The slopes of x from the table of them all. */
PACK_FN f32p known_slopes(const enum fa_half half, const float *table, const uint16_t *x)
{
    f32p a;
    for (int k = HALF_UNROLL; k < 4; k++)
        a.r[k] = splat_f32(0);
    for (int k = 0; k < HALF_UNROLL; k += 2) {
        u32r at[2];
        if (half == FA_F16)
            at[0] = load_words_u32(x + k * W_f32), at[1] = load_words_u32(x + (k + 1) * W_f32);
        else
            load_pair_words_u32(x + k * W_f32, at);
        a.r[k] = look_up_f32(table, at[0]);
        a.r[k + 1] = look_up_f32(table, at[1]);
    }
    return a;
}

#define GRADIENT(NAME, WAY)                                                                             \
    PACK_FN size_t all_##NAME(const enum fa_half half, size_t n, const uint16_t *grad, const uint16_t *x, \
                              const float *table, uint16_t *to, uint16_t *near)                         \
    {                                                                                                   \
        size_t found = 0;                                                                               \
        for (size_t i = 0; i < n; i += HALF_PACK)                                                       \
            found = put_product(half, WAY, get_halves(half, grad + i), known_slopes(half, table, x + i), i, to, near, \
                                found);                                                                 \
        return found;                                                                                   \
    }                                                                                                   \
    static size_t NAME(enum fa_half half, size_t n, const uint16_t *grad, const uint16_t *x, const float *table, \
                       uint16_t *to, uint16_t *near)                                                    \
    {                                                                                                   \
        const size_t rest = n % HALF_PACK, i = n - rest;                                                \
        size_t found = half == FA_F16 ? all_##NAME(FA_F16, i, grad, x, table, to, near)                 \
                                      : all_##NAME(FA_BF16, i, grad, x, table, to, near);               \
        if (rest) {                                                                                     \
            uint16_t part[2][HALF_PACK] = {{0}, {0}}, near_part[HALF_PACK];                             \
            memcpy(part[0], grad + i, rest * sizeof *grad);                                             \
            memcpy(part[1], x + i, rest * sizeof *x);                                                   \
            const size_t more = NAME(half, HALF_PACK, part[0], part[1], table, part[0], near_part);     \
            memcpy(to + i, part[0], rest * sizeof *to);                                                 \
            for (size_t k = 0; k < more; k++)                                                           \
                if (near_part[k] < rest)                                                                \
                    near[found++] = (uint16_t)(i + near_part[k]);                                       \
        }                                                                                               \
        return found;                                                                                   \
    }
GRADIENT(gradient_product, FA_PRODUCT)
GRADIENT(gradient_dead, FA_DEAD)

static void look_up(size_t n, const uint16_t *x, const uint16_t *table, uint16_t *to)
{
    size_t i = 0;
    for (; i + LOOK_UP <= n; i += LOOK_UP)
        look_up_w16(table, x + i, to + i);
    for (; i < n; i++)
        to[i] = table[x[i]];
}

/* What changes from piece to piece is added at each. */
PACK_FN void choose_of(const int pieces, size_t n, const uint16_t *x, const uint16_t *from, const fa_pieces *p,
                       uint16_t *to)
{
    const w16r shift = splat_w16(p->shift);
    w16r last[FA_PIECES], keep[FA_PIECES], set[FA_PIECES];
    for (int k = 0; k < pieces; k++) {
        last[k] = splat_w16(p->last[k]);
        keep[k] = splat_w16((uint16_t)(p->keep[k] - (k ? p->keep[k - 1] : 0)));
        set[k] = splat_w16((uint16_t)(p->set[k] - (k ? p->set[k - 1] : 0)));
    }
    for (size_t i = 0; i < n; i += W_w16) {
        const w16r at = add_w16(order_w16(load_w16(x + i)), shift);
        w16r a = keep[0], b = set[0];
        for (int k = 1; k < pieces; k++) {
            a = add_beyond_w16(at, last[k], a, keep[k]);
            b = add_beyond_w16(at, last[k], b, set[k]);
        }
        store_w16(to + i, keep_w16(load_w16(from + i), a, b));
    }
}
static void choose(size_t n, const uint16_t *x, const uint16_t *from, const fa_pieces *p, uint16_t *to)
{
    const size_t rest = n % W_w16, i = n - rest;
    if (p->count == 1 && p->keep[0] == 0xffff) { /* all itself */
        if (to != from)
            memcpy(to, from, n * sizeof *to);
        return;
    }
    if (p->count <= 2)
        choose_of(2, i, x, from, p, to);
    else if (p->count == 3)
        choose_of(3, i, x, from, p, to);
    else
        choose_of(4, i, x, from, p, to);
    if (rest) {
        uint16_t part[2][W_w16] = {{0}, {0}};
        memcpy(part[0], x + i, rest * sizeof *x);
        memcpy(part[1], from + i, rest * sizeof *x);
        choose(W_w16, part[0], part[1], p, part[0]);
        memcpy(to + i, part[0], rest * sizeof *x);
    }
}

/* Blocks of large operands. */
enum { STREAM = 512, AHEAD = 8 * STREAM };

/* Line by line, a block is written past the cache, and the one that lies ahead in what is read is fetched into the L2. */
PACK_FN void pass(const int writes, const int reads, char *to, const char *from, const char *at)
{
    for (size_t line = 0; line < STREAM; line += LINE) {
        for (size_t i = line; writes && i < line + LINE; i += sizeof(f32r))
            stream_f32((float *)(to + i), load_f32((const float *)(from + i)));
        if (reads)
            __builtin_prefetch(at + AHEAD + line, 0, 2);
    }
}

/* Block by block: computed into the cache and written from there, so that every loop serves as it is.  A core has room for
 * 16 lines on their way: with more stores and fetches at once the next loop stands behind them (ADR 12). */
static void stream(fa_loop *loop, int inputs, int outputs, size_t size, size_t n, char *const *operands,
                   const unsigned char *steps)
{
    _Alignas(LINE) char block[2][STREAM];
    const size_t head = -(uintptr_t)operands[inputs] % LINE / size, most = STREAM / size;
    for (size_t i = 0, count; i < n; i += count) {
        const int whole = i >= head && n - i >= most;
        char *o[FA_MAX_OPERANDS];
        count = whole ? most : i < head && head < n ? head : n - i;
        for (int k = 0; k < inputs; k++)
            o[k] = operands[k] + (steps[k] ? i * size : 0);
        for (int k = 0; k < outputs; k++)
            o[inputs + k] = whole ? block[k] : operands[inputs + k] + i * size;
        loop(count, o, steps);
        if (!whole)
            continue;
        pass(1, 1, operands[inputs] + i * size, block[0], o[0]);
        if (outputs > 1)
            pass(1, 0, operands[inputs + 1] + i * size, block[1], NULL);
        for (int k = 1; k < inputs; k++)
            if (steps[k])
                pass(0, 1, NULL, NULL, o[k]);
    }
    stream_end();
}

#define KINDS(name, T)                                                                                  \
    {                                                                                                   \
        FA_##name == FA_identity ? copy_##T : loop_##name##_value_##T, loop_##name##_derivative_##T,    \
            loop_##name##_backward_##T, loop_##name##_both_##T                                          \
    }
enum { IS_value = FA_VALUE, IS_derivative = FA_DERIVATIVE, IS_backward = FA_BACKWARD };
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
#define QUICK_ENTRY(name, kind, ...) [FA_##name][IS_##kind] = halves_##name##_##kind,
            QUICK(QUICK_ENTRY)},
    .gradient = {gradient_product, gradient_dead},
    .way =
        {
#define ACTIVATION(name, ...) name##_gradient_f32,
#include "activations.def"
#undef ACTIVATION
        },
    .widen = {widen_f16, widen_bf16},
    .narrow = {narrow_f16, narrow_bf16},
    .look_up = look_up,
    .choose = choose,
    .stream = STREAMS ? stream : NULL,
};
