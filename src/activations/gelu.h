/* gelu in the erf form, x * Phi(x), right to the last subnormal of its left tail, and in the form with tanh. */

VALUE(gelu)
{
    (void)p;
    return M(gelu)(U, x AND_TURN);
}
DERIVATIVE(gelu)
{
    (void)p;
    return M(gelu_slope)(U, x AND_TURN);
}
SMOOTH(gelu)

/* x * sigmoid(v(x)), its tails e^v of a cubic v: no tanh, nothing cancels. */
VALUE(gelu_tanh)
{
    (void)p;
    return M(gelu_tanh)(U, x AND_TURN);
}
DERIVATIVE(gelu_tanh)
{
    (void)p;
    return M(gelu_tanh_slope)(U, x AND_TURN);
}
SMOOTH(gelu_tanh)
