/* shrink, hard_shrink, soft_shrink: odd to the bit, the dead zone |x| <= lambd a zero with the sign of x. */

VALUE(shrink)
{
    const PACK size = andnot(C(-0.0), x), sign = and_(C(-0.0), x);
    return xor_(select(le(size, p[0]), C(0), sub(size, p[1])), sign);
}
ONLY_WHERE(shrink, gt(andnot(C(-0.0), x), p[0]), C(1))

VALUE(hard_shrink) { return select(le(andnot(C(-0.0), x), p[0]), and_(C(-0.0), x), x); }
ONLY_WHERE(hard_shrink, gt(andnot(C(-0.0), x), p[0]), C(1))

VALUE(soft_shrink) { return with_sign(at_least(C(0), sub(andnot(C(-0.0), x), p[0])), x); }
ONLY_WHERE(soft_shrink, gt(andnot(C(-0.0), x), p[0]), C(1))
