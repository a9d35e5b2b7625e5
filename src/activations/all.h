/* Every family, for the float type REAL (f32 or f64): elementwise.c includes this once for each.
 *
 * An activation is three functions of packs: VALUE(name), DERIVATIVE(name) and BACKWARD(name), the gradient times
 * the derivative.  SMOOTH makes the last one, and DEAD_ZONE where the function is constant somewhere; ONLY_WHERE makes
 * the last two of a function that is straight and elsewhere constant.  M(name) is the function of that
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
/* The gradient by the loop of the derivative, which takes gradients as well (elementwise.c).  DEAD_ZONE: where the
 * derivative is 0, that is the gradient, even if grad is infinite or NaN. */
#define SMOOTH(name) SHARED(name, FA_PRODUCT)
#define DEAD_ZONE(name) SHARED(name, FA_DEAD)
#define SHARED(name, WAY)                                                                               \
    enum { M(name##_is_shared) = 1, M(name##_gradient) = WAY };                                         \
    PACK_FN PACK M(name##_backward)(const int U, PACK grad, PACK x, const PACK *p, row_turn turn) { return x; }
/* And by one of its own, for what only selects (logit: 9 % slower by DEAD_ZONE).  WAY is an enum fa_gradient. */
#define BACKWARD(name, WAY)                                                                             \
    enum { M(name##_is_shared) = 0, M(name##_gradient) = WAY };                                         \
    PACK_FN PACK M(name##_backward)(const int U, PACK grad, PACK x, const PACK *p, row_turn turn)
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
#undef SHARED
#undef DEAD_ZONE
#undef ONLY_WHERE
