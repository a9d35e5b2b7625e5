/* gelu in the erf form, x * Phi(x), right to the last subnormal of its left tail, and in the form with tanh. */

VALUE(gelu)
{
    (void)p;
    return M(gelu)(U, x);
}
DERIVATIVE(gelu)
{
    (void)p;
    return M(gelu_slope)(U, x);
}
SMOOTH(gelu)

/* x * sigmoid(v(x)), its tails e^v of a cubic v: no tanh, nothing cancels. */
VALUE(gelu_tanh)
{
    (void)p;
    return M(gelu_tanh)(U, x);
}
DERIVATIVE(gelu_tanh)
{
    (void)p;
    return M(gelu_tanh_slope)(U, x);
}
SMOOTH(gelu_tanh)
