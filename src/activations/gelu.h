/* gelu in the erf form, x * Phi(x), right to the last subnormal of its left tail. */

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
