/* Every family, for the float type REAL (f32 or f64): elementwise.c includes this once for each.
 *
 * An activation is three functions of packs: VALUE(name), DERIVATIVE(name) and BACKWARD(name), the gradient times
 * the derivative.  SMOOTH or LONG makes the last one, and DEAD_ZONE where the function is constant somewhere;
 * ONLY_WHERE makes the last two of a function that is straight and elsewhere constant.  M(name) is the function of that
 * name in math/ for this float type, AND_TURN the last argument of those that go by rows in float32 (row_turn in pack.h),
 * C(c) a constant in every lane, p[k] the activation's parameters. */
#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define PASTE_P_(a) a##p
#define PASTE_P(a) PASTE_P_(a)
#define PASTE_P2_(a) a##p2
#define PASTE_P2(a) PASTE_P2_(a)
#define M(name) PASTE(name, REAL)
#define PACK PASTE_P(REAL)
#define PACK2 PASTE_P2(REAL)
#define MASK_f32 m32p
#define MASK_f64 m64p
#define MASK PASTE(MASK, REAL)
#define C(c) PASTE(splat, PACK)(c)
#define VALUE(name) PACK_FN PACK M(name##_value)(const int U, PACK x, const PACK *p, row_turn turn)
#define DERIVATIVE(name) \
    PACK_FN PACK M(name##_derivative)(const int U, PACK x, const PACK *p, row_turn turn)
/* A value of two registers after two where there are 16: of four at once they are not enough (softsign and
 * hard_silu take a quarter more time, hard_sigmoid .4).  Parameters of four registers are numbers, alike in all. */
#define VALUE_IN_TWOS(name)                                                                             \
    PACK_FN PACK M(name##_of)(const int U, PACK x, const PACK *p);                                      \
    VALUE(name)                                                                                         \
    {                                                                                                   \
        if (U < 4 || !FEW_REGISTERS)                                                                    \
            return M(name##_of)(U, x, p);                                                               \
        const PACK a = M(name##_of)(2, x, p);                                                           \
        const PACK b = M(name##_of)(2, (PACK){{x.r[2], x.r[3], x.r[2], x.r[3]}}, p);                    \
        return (PACK){{a.r[0], a.r[1], b.r[0], b.r[1]}};                                                \
    }                                                                                                   \
    PACK_FN PACK M(name##_of)(const int U, PACK x, const PACK *p)
/* The gradient, written out: for what selects 0, and for what is quick (PRODUCT).  WAY is an enum fa_gradient. */
#define BACKWARD(name, WAY)                                                                             \
    enum { M(name##_at_once) = FA_ALWAYS, M(name##_gradient) = WAY };                                   \
    PACK_FN PACK M(name##_backward)(const int U, PACK grad, PACK x, const PACK *p, row_turn turn)
#define PRODUCT(name)                                                                                   \
    BACKWARD(name, FA_PRODUCT)                                                                                    \
    {                                                                                                   \
        return mul(grad, M(name##_derivative)(U, x, p, turn));                                          \
    }
/* The same by the loop of the derivative and one of products, a block at a time (elementwise.c): half the code.  Where
 * arithmetic takes the time that is 15 to 20 % slower, so that float32 has it only where the derivative is LONG, but for
 * a usual parameter, whose slope is shorter. */
#define LONG(name) AT_ONCE(name, FA_NEVER, grad)
#define LONG_BUT_FOR(name, usual, slope) AT_ONCE(name, PASTE(AT_ONCE, REAL)(usual), mul(grad, slope))
#define SMOOTH(name) AT_ONCE(name, PASTE(AT_ONCE, REAL)(FA_ALWAYS), mul(grad, M(name##_derivative)(U, x, p, turn)))
#define AT_ONCE_f32(when) when
#define AT_ONCE_f64(when) FA_NEVER
#define AT_ONCE(name, WHEN, product)                                                                    \
    enum { M(name##_at_once) = WHEN, M(name##_gradient) = FA_PRODUCT };                                 \
    PACK_FN PACK M(name##_backward)(const int U, PACK grad, PACK x, const PACK *p, row_turn turn)       \
    {                                                                                                   \
        const int when = M(name##_at_once);                                                             \
        return when == FA_NEVER ? grad : product;                                                       \
    }
/* Where the derivative is 0, that is the gradient, even if grad is infinite or NaN. */
#define DEAD_ZONE(name)                                                                                 \
    BACKWARD(name, FA_DEAD)                                                                                    \
    {                                                                                                   \
        const PACK slope = M(name##_derivative)(U, x, p, turn);                                         \
        return select(eq(slope, C(0)), C(0), mul(grad, slope));                                         \
    }
/* The slope where `inside`, which is asked first (it may branch, and what else is known would wait in memory), 0 elsewhere,
 * NaN for NaN. */
#define ONLY_WHERE(name, inside, slope)                                                                 \
    DERIVATIVE(name)                                                                                    \
    {                                                                                                   \
        (void)p;                                                                                        \
        const MASK m = inside;                                                                          \
        return select(m, slope, select(eq(x, x), C(0), x));                                             \
    }                                                                                                   \
    BACKWARD(name, FA_DEAD)                                                                             \
    {                                                                                                   \
        (void)p;                                                                                        \
        const MASK m = inside;                                                                          \
        return select(m, mul(grad, slope), select(eq(x, x), C(0), x));                                  \
    }

#include "rectifiers.h"
#include "hard.h"
#include "shrinks.h"
#include "algebraic.h"
#include "sigmoids.h"
#include "scaled.h"
#include "softplus.h"
#include "gelu.h"
#include "elu.h"

#undef PASTE_
#undef PASTE
#undef PASTE_P_
#undef PASTE_P
#undef PASTE_P2_
#undef PASTE_P2
#undef M
#undef PACK
#undef PACK2
#undef MASK_f32
#undef MASK_f64
#undef MASK
#undef C
#undef VALUE
#undef VALUE_IN_TWOS
#undef DERIVATIVE
#undef BACKWARD
#undef SMOOTH
#undef LONG
#undef LONG_BUT_FOR
#undef AT_ONCE
#undef AT_ONCE_f32
#undef AT_ONCE_f64
#undef PRODUCT
#undef DEAD_ZONE
#undef ONLY_WHERE
