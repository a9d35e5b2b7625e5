/* Every family, for the float type REAL (f32 or f64): elementwise.c includes this once for each.
 *
 * An activation is three functions of packs: VALUE(name), DERIVATIVE(name) and BACKWARD(name), the gradient times
 * the derivative (SMOOTH makes it; where a dead zone selects 0, it is written out).  M(name) is the function of
 * that name in math/ for this float type, C(c) a constant in every lane, p[k] the activation's parameters. */
#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define PASTE_P_(a) a##p
#define PASTE_P(a) PASTE_P_(a)
#define PASTE_P2_(a) a##p2
#define PASTE_P2(a) PASTE_P2_(a)
#define M(name) PASTE(name, REAL)
#define PACK PASTE_P(REAL)
#define PACK2 PASTE_P2(REAL)
#define C(c) PASTE(splat, PACK)(c)
#define VALUE(name) PACK_FN PACK M(name##_value)(const int U, PACK x, const PACK *p)
#define DERIVATIVE(name) PACK_FN PACK M(name##_derivative)(const int U, PACK x, const PACK *p)
#define BACKWARD(name) PACK_FN PACK M(name##_backward)(const int U, PACK grad, PACK x, const PACK *p)
#define SMOOTH(name)                                                                                    \
    BACKWARD(name)                                                                                      \
    {                                                                                                   \
        return mul(grad, M(name##_derivative)(U, x, p));                                                \
    }

#include "rectifiers.h"
#include "sigmoids.h"
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
#undef C
#undef VALUE
#undef DERIVATIVE
#undef BACKWARD
#undef SMOOTH
