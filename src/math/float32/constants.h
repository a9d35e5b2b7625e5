/* Written by tools/make_exp_family.py: do not edit. */
/* clang-format off */
#ifndef FA_MATH_FLOAT32_CONSTANTS_H
#define FA_MATH_FLOAT32_CONSTANTS_H

/* log2(e) */
static const float log2_e = 0x1.715476p+0f;

/* ln 2, to nearest */
static const float ln2_high = 0x1.62e43p-1f;

/* and the rest */
static const float ln2_low = -0x1.05c61p-29f;

/* 2^(j/8) e^D, D = -0.0025643160173, found by search: within 2^-28.43, relative */
static const float exp_table[8] = {
    0x1.feb052p-1f, 0x1.16747cp+0f, 0x1.2fa848p+0f, 0x1.4b2404p+0f, 0x1.691c8ap+0f, 0x1.89cb7cp+0f,
    0x1.ad6fb4p+0f, 0x1.d44dbcp+0f,
};

/* e^(r-D) - 1, |r| <= 0.04332, degree 4: within 2^-30.27 */
static const float exp_remainder[5] = {
    0x1.508a96p-9f, 0x1.00a846p+0f, 0x1.00a844p-1f, 0x1.562d74p-3f, 0x1.565c74p-5f,
};

/* the largest x with e^x < 2^-126 */
static const float exp_last_subnormal = -0x1.5d58ap+6f;

/* 2^(j/8) e^D, D = -0.0320565632753, found by search: within 2^-27.69, relative */
static const float odds_table[8] = {
    0x1.efd8eap-1f, 0x1.0e5cd8p+0f, 0x1.26d524p+0f, 0x1.418468p+0f, 0x1.5e9df4p+0f, 0x1.7e59bep+0f,
    0x1.a0f4ccp+0f, 0x1.c6b1aap+0f,
};

/* e^(r+D) - 1, |r| <= 0.04332, degree 4: within 2^-32.55 */
static const float odds_remainder[5] = {
    -0x1.02715ep-5f, 0x1.efd8eap-1f, 0x1.efd8eap-2f, 0x1.4a98d2p-3f, 0x1.4a9856p-5f,
};

/* 1/d, d in [0.9265, 1.982], degree 2: within 2^-6.24 */
static const float odds_reciprocal[3] = {
    0x1.1b5e9p+1f, -0x1.9303e8p+0f, 0x1.718a62p-2f,
};

/* 1 and half of what a Newton step lacks at most: within 2^-13.47 after it */
static const float odds_newton = 0x1.0005c2p+0f;

/* Points c and tanh(c), by (bits >> 21) & 31: quarters of a binade from 1/8 to 8, [8, 10), the rest 0: within 2^-8.58 ulp */
static const float tanh_rows[64] = {
    0x1.20093ep+1f, 0x1.f4c172p-1f, 0x1.5ff05ep+1f, 0x1.fbd406p-1f, 0x1.a00a88p+1f, 0x1.fe76bap-1f,
    0x1.e002cep+1f, 0x1.ff6f1ep-1f, 0x1.2000dcp+2f, 0x1.ffdfa8p-1f, 0x1.6005f2p+2f, 0x1.fffbap-1f,
    0x1.9fef28p+2f, 0x1.ffff68p-1f, 0x1.e0d5c4p+2f, 0x1.ffffecp-1f, 0x1.154246p+3f, 0x1.fffffep-1f,
    0x0p+0f, 0x0p+0f, 0x0p+0f, 0x0p+0f, 0x0p+0f, 0x0p+0f,
    0x0p+0f, 0x0p+0f, 0x0p+0f, 0x0p+0f, 0x0p+0f, 0x0p+0f,
    0x0p+0f, 0x0p+0f, 0x1.2012ep-3f, 0x1.1e3052p-3f, 0x1.5fef6ep-3f, 0x1.5c82fp-3f,
    0x1.9fee48p-3f, 0x1.9a4e1ap-3f, 0x1.e009a8p-3f, 0x1.d76f82p-3f, 0x1.2009ep-2f, 0x1.18acbcp-2f,
    0x1.6009d4p-2f, 0x1.52cb86p-2f, 0x1.a010d2p-2f, 0x1.8a9634p-2f, 0x1.e003bcp-2f, 0x1.bfb17p-2f,
    0x1.1ff862p-1f, 0x1.0502ccp-1f, 0x1.600fp-1f, 0x1.31618ap-1f, 0x1.a00322p-1f, 0x1.578ab8p-1f,
    0x1.e0100ep-1f, 0x1.77dfap-1f, 0x1.1ffa9ap+0f, 0x1.9e58fcp-1f, 0x1.5ff986p+0f, 0x1.c275b8p-1f,
    0x1.9ff48cp+0f, 0x1.d9c3bp-1f, 0x1.e00f84p+0f, 0x1.e87b68p-1f,
};

/* The same, transposed */
static const float tanh_columns[64] = {
    0x1.20093ep+1f, 0x1.5ff05ep+1f, 0x1.a00a88p+1f, 0x1.e002cep+1f, 0x1.2000dcp+2f, 0x1.6005f2p+2f,
    0x1.9fef28p+2f, 0x1.e0d5c4p+2f, 0x1.154246p+3f, 0x0p+0f, 0x0p+0f, 0x0p+0f,
    0x0p+0f, 0x0p+0f, 0x0p+0f, 0x0p+0f, 0x1.2012ep-3f, 0x1.5fef6ep-3f,
    0x1.9fee48p-3f, 0x1.e009a8p-3f, 0x1.2009ep-2f, 0x1.6009d4p-2f, 0x1.a010d2p-2f, 0x1.e003bcp-2f,
    0x1.1ff862p-1f, 0x1.600fp-1f, 0x1.a00322p-1f, 0x1.e0100ep-1f, 0x1.1ffa9ap+0f, 0x1.5ff986p+0f,
    0x1.9ff48cp+0f, 0x1.e00f84p+0f, 0x1.f4c172p-1f, 0x1.fbd406p-1f, 0x1.fe76bap-1f, 0x1.ff6f1ep-1f,
    0x1.ffdfa8p-1f, 0x1.fffbap-1f, 0x1.ffff68p-1f, 0x1.ffffecp-1f, 0x1.fffffep-1f, 0x0p+0f,
    0x0p+0f, 0x0p+0f, 0x0p+0f, 0x0p+0f, 0x0p+0f, 0x0p+0f,
    0x1.1e3052p-3f, 0x1.5c82fp-3f, 0x1.9a4e1ap-3f, 0x1.d76f82p-3f, 0x1.18acbcp-2f, 0x1.52cb86p-2f,
    0x1.8a9634p-2f, 0x1.bfb17p-2f, 0x1.0502ccp-1f, 0x1.31618ap-1f, 0x1.578ab8p-1f, 0x1.77dfap-1f,
    0x1.9e58fcp-1f, 0x1.c275b8p-1f, 0x1.d9c3bp-1f, 0x1.e87b68p-1f,
};

/* (r coth r - 1)/r^2 in r^2, degree 2, weighted as it enters tanh: within 2^-34.31 of tanh */
static const float tanh_coth[3] = {
    0x1.555554p-2f, -0x1.6c0ca2p-6f, 0x1.0d020ap-9f,
};

#endif
