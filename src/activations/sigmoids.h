/* exp, sigmoid, logit, tanh, tanh_shrink: kernels of their own in math/. */

VALUE(exp)
{
    (void)p;
    return M(exp)(U, x);
}
DERIVATIVE(exp)
{
    (void)p;
    return M(exp)(U, x);
}
PRODUCT(exp)

VALUE(sigmoid)
{
    (void)p;
    return M(sigmoid)(U, x);
}
DERIVATIVE(sigmoid)
{
    (void)p;
    return M(sigmoid_slope)(U, x);
}
PRODUCT(sigmoid)

VALUE(logit) { return M(logit)(U, x, p[0]); }
DERIVATIVE(logit) { return M(logit_slope)(U, x, p[0]); }
/* Beyond eps, where x is clamped, 0 is selected, whatever the gradient holds there. */
BACKWARD(logit, FA_DEAD)
{
    return select(lt(at_most(x, sub(C(1), x)), p[0]), C(0), mul(grad, M(logit_slope)(U, x, p[0])));
}

VALUE(tanh)
{
    (void)p;
    return M(tanh)(U, x);
}
DERIVATIVE(tanh)
{
    (void)p;
    return M(tanh_slope)(U, x);
}
PRODUCT(tanh)

VALUE(tanh_shrink)
{
    (void)p;
    return M(tanh_shrink)(U, x);
}
DERIVATIVE(tanh_shrink)
{
    (void)p;
    return M(tanh_shrink_slope)(U, x);
}
SMOOTH(tanh_shrink)
