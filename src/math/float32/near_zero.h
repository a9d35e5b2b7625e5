/* Written by tools/make_near_zero.py: do not edit. */
/* clang-format off */
#ifndef FA_MATH_FLOAT32_NEAR_ZERO_H
#define FA_MATH_FLOAT32_NEAR_ZERO_H

/* (e^r - 1 - r)/r^2, |r| <= ln2/2, degree 5: within 2^-31.15 of r */
static const float expm1_curve[6] = {
    0x1p-1f, 0x1.555556p-3f, 0x1.5554f6p-5f, 0x1.111002p-7f, 0x1.6d3c86p-10f, 0x1.a247ap-13f,
};

/* lambda, rounded down */
static const float selu_scale = 0x1.0cfabcp+0f;

/* and the rest */
static const float selu_scale_low = 0x1.6a9114p-24f;

/* lambda alpha, to nearest */
static const float selu_slope = 0x1.c212ccp+0f;

/* and the rest */
static const float selu_slope_low = 0x1.903c0cp-26f;

/* lambda alpha 2^(j/8) e^D, D = 0.0102139141714, found by search: within 2^-27.69, relative */
static const float selu_slope_table[8] = {
    0x1.c6b1aap+0f, 0x1.efd8eap+0f, 0x1.0e5cd8p+1f, 0x1.26d524p+1f, 0x1.418468p+1f, 0x1.5e9df4p+1f,
    0x1.7e59bep+1f, 0x1.a0f4ccp+1f,
};

/* e^(r-D) - 1, |r| <= ln2/16, degree 4: within 2^-30.81 */
static const float selu_slope_remainder[5] = {
    -0x1.4cfc7p-7f, 0x1.facc0ep-1f, 0x1.facc0cp-2f, 0x1.51e6d4p-3f, 0x1.51fb1ap-5f,
};

/* the largest x with lambda alpha e^x < 2^-126 */
static const float selu_slope_last_subnormal = -0x1.5f9a66p+6f;

/* ln 2 to 16 bits: exact times an exponent */
static const float ln2_short = 0x1.62e4p-1f;

/* and the rest */
static const float ln2_short_rest = 0x1.7f7d1cp-20f;

/* T_j, the first two 1 */
static const float odds_factor[8] = {
    0x1p+0f, 0x1p+0f, 0x1.9f17a4p-1f, 0x1.7ba99ep-1f, 0x1.5bc826p-1f, 0x1.3f8ac8p-1f,
    0x1.256cdep-1f, 0x1.0bb8c4p-1f,
};

/* -log T_j, multiples of 2^-16: within 2^-31.03 */
static const float odds_base[8] = {
    0x0p+0f, 0x0p+0f, 0x1.adb8p-3f, 0x1.3238p-2f, 0x1.8c08p-2f, 0x1.e2cp-2f,
    0x1.1d08p-1f, 0x1.4bf8p-1f,
};

/* (atanh(z)/z - 1)/w, w = z^2 <= .0095, degree 1: within 2^-27.64 */
static const float log_odds_series[2] = {
    0x1.5553dcp-2f, 0x1.9d80fep-3f,
};

/* bits less those of s >> 1: t within 0.0681 of 0 */
enum { root_seed = 0x5f374756 };

/* 1/sqrt(1 - t), degree 2: within 2^-15.30 */
static const float root_series[3] = {
    0x1.ffffcep-1f, 0x1.008f0cp-1f, 0x1.81a258p-2f,
};

/* bits less those of s: t within 0.0505 of 0 */
enum { quotient_seed = 0x7ef311c2 };

/* 1/(1 - t), degree 2: within 2^-14.92 */
static const float quotient_series[3] = {
    0x1.ffffcap-1f, 0x1.007daap+0f, 0x1.00d044p+0f,
};

#endif
