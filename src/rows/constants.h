/* Written by tools/make_rows.py. */
#ifndef FA_ROWS_CONSTANTS_H
#define FA_ROWS_CONSTANTS_H

/* T[j] within 0.054 ulp, less j where shifting 8 n puts it: adding 8 n gives 2^n in one addition */
static const float row_step_f32[8] = {
    0x1.feb052p-1f, 0x1.f6747cp-1f, 0x1.efa848p-1f, 0x1.eb2404p-1f, 0x1.e91c8ap-1f, 0x1.e9cb7cp-1f, 0x1.ed6fb4p-1f,
    0x1.f44dbcp-1f
};
/* e^r / T[0] - 1, within 2^-27.9 */
static const float row_poly_f32[5] = {0x1.508aa6p-9f, 0x1.00a842p+0f, 0x1.00a844p-1f, 0x1.56631ep-3f, 0x1.565562p-5f};
/* log2(e); ln 2 in two words, the first short */
static const float row_log_f32[3] = {0x1.71547652b82fep+0f, 0x1.62e4p-1f, 0x1.7f7d1cf79abcap-20f};

/* T[j] within 0.042 ulp, less j where shifting 8 n puts it: adding 8 n gives 2^n in one addition */
static const double row_step_f64[8] = {
    0x1.f53ef5649dc7dp-1, 0x1.f14e68852e4d2p-1, 0x1.ea0ae8c52ac3cp-1, 0x1.e5048cf03668p-1, 0x1.e26f34ac80d7dp-1,
    0x1.e28371896cd26p-1, 0x1.e57ef3c7d0b04p-1, 0x1.eba500fab2488p-1
};
/* e^r / T[0] - 1, within 2^-57.5 */
static const double row_poly_f64[9] = {
    0x1.5f836cdf6d396p-6, 0x1.057e0db37db4dp+0, 0x1.057e0db37db4ep-1, 0x1.5ca81244ac6bbp-3, 0x1.5ca81244a9e6p-5,
    0x1.16ecdad801ccfp-7, 0x1.73e67961965adp-10, 0x1.a920e170c8dd7p-13, 0x1.a91cb19a2c80dp-16
};
/* log2(e); ln 2 in two words, the first short */
static const double row_log_f64[3] = {0x1.71547652b82fep+0, 0x1.62e42ffp-1, -0x1.718432a1b0e26p-35};

/* log: |error of q| < 2^-54.6; ln 2 in two words */
static const double row_log_poly[8] = {
    0x1.5555555555555p-1, 0x1.9999999999d57p-2, 0x1.249249242f2e4p-2, 0x1.c71c725be0e25p-3, 0x1.745cdba58d46dp-3,
    0x1.3b214fb71dba4p-3, 0x1.0f4b009307f1ep-3, 0x1.101ac692154c4p-3
};
static const double row_ln2[2] = {0x1.62e42ffp-1, -0x1.718432a1b0e26p-35};
/* e^r, |r| <= ln2/2: |error| < 2^-63.8 */
static const double row_exp_poly[13] = {
    0x1p+0, 0x1p+0, 0x1p-1, 0x1.555555555555cp-3, 0x1.5555555555558p-5, 0x1.111111110e9dep-7, 0x1.6c16c16c15p-10,
    0x1.a01a01b455d91p-13, 0x1.a01a01ad7d6bp-16, 0x1.71ddee3ecd7a3p-19, 0x1.27e4cc1405417p-22, 0x1.af6ee586ebd03p-26,
    0x1.1f8bd99d1b7c7p-29
};

#endif
