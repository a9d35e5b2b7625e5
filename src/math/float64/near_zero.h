/* Written by tools/make_near_zero.py: do not edit. */
/* clang-format off */
#ifndef FA_MATH_FLOAT64_NEAR_ZERO_H
#define FA_MATH_FLOAT64_NEAR_ZERO_H

/* (e^r - 1 - r)/r^2, |r| <= ln2/2, degree 10: within 2^-60.8 of r */
static const double expm1_64_curve[11] = {
    0x1.0000000000000p-1, 0x1.5555555555557p-3, 0x1.5555555555556p-5, 0x1.1111111110069p-7,
    0x1.6c16c16c16131p-10, 0x1.a01a01ac0efb3p-13, 0x1.a01a01a75ddafp-16, 0x1.71de01daad354p-19,
    0x1.27e4da48e2a7bp-22, 0x1.af4e71e5fe00dp-26, 0x1.1f74b23f6899dp-29,
};

/* ln 2, to nearest */
static const double expm1_64_ln2 = 0x1.62e42fefa39efp-1;

/* and the rest */
static const double expm1_64_ln2_low = 0x1.abc9e3b39803fp-56;

/* lambda, rounded down */
static const double selu64_scale = 0x1.0cfabd6a91132p+0;

/* and the rest */
static const double selu64_scale_low = 0x1.6fc7d272f2696p-55;

/* lambda alpha, to nearest */
static const double selu64_slope = 0x1.c212cc640f031p+0;

/* and the rest */
static const double selu64_slope_low = 0x1.05161b045a1f1p-56;

/* lambda alpha 2^(j/8) e^D, D = 0.0118142698476 */
static const double selu64_slope_table[8] = {
    0x1.c76c18da6b8e4p+0, 0x1.f0a438ae08be4p+0, 0x1.0ecbb28173694p+1, 0x1.274e0727ae9eap+1,
    0x1.42083beae4195p+1, 0x1.5f2db674a62a5p+1, 0x1.7ef6834d4be81p+1, 0x1.a19fc1a4614cdp+1,
};

/* e^(r-D) - 1, |r| <= ln2/16, degree 7: within 2^-58.3 */
static const double selu64_slope_remainder[8] = {
    -0x1.80da2623a7f4bp-7, 0x1.f9fc976771603p-1, 0x1.f9fc9767718ddp-2, 0x1.51530f9a4b237p-3,
    0x1.51530f8b7579ep-5, 0x1.0ddc0c90878f8p-7, 0x1.67d63d69af954p-10, 0x1.9b34f330952dap-13,
};

/* 1/3 */
static const double third64 = 0x1.5555555555555p-2;

/* and the rest */
static const double third64_low = 0x1.5555555555555p-56;

/* ((r coth(r) - 1)/r^2 - 1/3)/r^2 in r^2; error in x - tanh x 2^-60.0 */
static const double tanh_shrink64_coth[7] = {
    -0x1.6c16c16c16bb8p-6, 0x1.1566abbfd0f14p-9, -0x1.bbd777999da36p-13, 0x1.66a73a45f6398p-16,
    -0x1.221f1ee7eaa18p-19, 0x1.c7dae44d8f19dp-23, -0x1.0b902b9129682p-26,
};

/* (atanh(z)/z - 1)/w, w = z^2 <= 0.0402, degree 7: w times that within 2^-60.2 */
static const double log_odds64_series[8] = {
    0x1.5555555555555p-2, 0x1.9999999999f41p-3, 0x1.24924923d9d3dp-3, 0x1.c71c72e5562f2p-4,
    0x1.745caa6d5cddbp-4, 0x1.3b2a19b23258fp-4, 0x1.0e86b1370d325p-4, 0x1.16c7914b9180cp-4,
};

#endif
