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
SMOOTH(exp)

VALUE(sigmoid)
{
    (void)p;
    return M(sigmoid)(U, x);
}
DERIVATIVE(sigmoid)
{
    (void)p;
    return M(sigmoid_slope)(U, x AND_TURN);
}
SMOOTH(sigmoid)

VALUE(logit) { return M(logit)(U, x, p[0]); }
/* Beyond eps, where x is clamped, 0 is selected, whatever the gradient holds there. */
PACK_FN PACK M(logit_inside)(const int U, PACK x, PACK eps, PACK y)
{
    return select(lt(at_most(x, sub(C(1), x)), eps), C(0), y);
}
DERIVATIVE(logit) { return M(logit_inside)(U, x, p[0], M(logit_slope)(U, x, p[0])); }
BACKWARD(logit, FA_DEAD) { return M(logit_inside)(U, x, p[0], mul(grad, M(logit_slope)(U, x, p[0]))); }

VALUE(tanh)
{
    (void)p;
    return M(tanh)(U, x AND_TURN);
}
DERIVATIVE(tanh)
{
    (void)p;
    return M(tanh_slope)(U, x AND_TURN);
}
SMOOTH(tanh)

VALUE(tanh_shrink)
{
    (void)p;
    return M(tanh_shrink)(U, x AND_TURN);
}
DERIVATIVE(tanh_shrink)
{
    (void)p;
    return M(tanh_shrink_slope)(U, x AND_TURN);
}
SMOOTH(tanh_shrink)
