/* What costs less in float32 registers than a look-up among all 65,536 results: the loops of halves.
 *
 * Values and derivatives: one word where the nearest float32 takes two.  Whether that is right for every half is found
 * out (_native.pyx), and where it is not, the results are looked up. */
PACK_FN f32p between(const int U, float lo, float hi, f32p x) { return at_least(F(lo), at_most(F(hi), x)); }
PACK_FN f32p hard_sigmoid_halves(const int U, f32p x, const f32p *p)
{
    if (any_unusual_f32(U, p))
        return hard_sigmoid_value_f32(U, x, p);
    return mul(add(F(3), between(U, -3, 3, x)), F(1.0f / 6));
}
PACK_FN f32p hard_silu_halves(const int U, f32p x)
{
    return mul(at_least(F(-3), x), mul(add(F(3), between(U, -3, 3, x)), F(1.0f / 6)));
}
PACK_FN f32p sparse_plus_halves(const int U, f32p x)
{
    const f32p root = fma(F(0.5f), between(U, -1, 1, x), F(0.5f));
    return select(gt(x, F(1)), x, mul(root, root));
}
#define QUICK(LOOP)                                                                                     \
    LOOP(squared_relu, value, 0, squared_relu_value_f32(U, x, p))                                       \
    LOOP(squared_relu, derivative, 0, squared_relu_derivative_f32(U, x, p))                             \
    LOOP(leaky_relu, value, 1, leaky_relu_value_f32(U, x, p))                                           \
    LOOP(prelu, value, 1, prelu_value_f32(U, x, p))                                                     \
    LOOP(hard_sigmoid, value, 2, hard_sigmoid_halves(U, x, p))                                          \
    LOOP(hard_silu, value, 0, hard_silu_halves(U, x))                                                   \
    LOOP(hard_silu, derivative, 0, hard_silu_derivative_f32(U, x, p))                                   \
    LOOP(clipped_linear, value, 4, clipped_linear_value_f32(U, x, p))                                   \
    LOOP(sparse_plus, value, 0, sparse_plus_halves(U, x))                                               \
    LOOP(sparse_plus, derivative, 0, sparse_plus_derivative_f32(U, x, p))                               \
    LOOP(sparse_sigmoid, value, 0, sparse_sigmoid_value_f32(U, x, p))                                   \
    LOOP(shrink, value, 2, shrink_value_f32(U, x, p))                                                   \
    LOOP(soft_shrink, value, 1, soft_shrink_value_f32(U, x, p))                                         \
    LOOP(signed_sqrt, value, 0, signed_sqrt_value_f32(U, x, p))

/* Gradients: whether float32 holds the slope exactly (where |x| >= 2^-12), and the slope. */
#define QUICK_GRADIENTS(LOOP)                                                                           \
    LOOP(squared_relu, 0, 1)                                                                            \
    LOOP(leaky_relu, 1, 1)                                                                              \
    LOOP(prelu, 1, 1)                                                                                   \
    LOOP(hard_sigmoid, 2, 1)                                                                            \
    LOOP(hard_silu, 0, 0)                                                                               \
    LOOP(clipped_linear, 4, 1)                                                                          \
    LOOP(sparse_plus, 0, 1)                                                                             \
    LOOP(sparse_sigmoid, 0, 1)
