/* softplus: log(1 + e^(beta x))/beta, odd in x and beta together; its derivative the sigmoid of beta x.
 * log_sigmoid(x) = -softplus(-x).  mish: x tanh(softplus(x)). */

VALUE(softplus)
{
    if (M(all_one)(U, p[0]))
        return M(softplus)(U, x AND_TURN);
    const PACK sign = and_(C(-0.0), p[0]), beta = at_most(C(-(REAL_LOWEST)), andnot(C(-0.0), p[0]));
    const PACK2 z = M(scaled)(U, x, p[0]);
    return xor_(sign, M(softplus_wide)(U, xor_(sign, x), z, beta));
}
DERIVATIVE(softplus) { return M(all_one)(U, p[0]) ? M(sigmoid)(U, x) : M(sigmoid_wide)(U, M(scaled)(U, x, p[0])); }
SMOOTH(softplus)

VALUE(mish)
{
    (void)p;
    return M(mish)(U, x AND_TURN);
}
DERIVATIVE(mish)
{
    (void)p;
    return M(mish_slope)(U, x AND_TURN);
}
SMOOTH(mish)

VALUE(log_sigmoid)
{
    (void)p;
    return M(log_sigmoid)(U, x AND_TURN);
}
DERIVATIVE(log_sigmoid)
{
    (void)p;
    return M(log_sigmoid_slope)(U, x AND_TURN);
}
SMOOTH(log_sigmoid)
