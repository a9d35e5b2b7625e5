/* Made by tools/make_engine.py: kappa = 1.829311135, each kappa*2^(j/8) within 0.0320 ulp of a
 * float32; the polynomial exp(-(1+rho)r/2) - 1 to 2^-30.2, rho = 4.6091e-5.
 * The table is kappa*2^(80+j/8) less j eighths of an exponent, so that the bits of n, shifted, are
 * added whole; its first entry has a reciprocal exact to 2^-27.9. */
#ifndef FA_ENGINE_EXPONENTIAL_H
#define FA_ENGINE_EXPONENTIAL_H
#define ENGINE_UNSCALE 0x1p-80f
#define ENGINE_C1 0x1.62ep-3f
#define ENGINE_LOG2E_8 0x1.715476p+3f
#define ENGINE_B1 -0x1.000306p-1f
#define ENGINE_B2 0x1.00060ep-3f
#define ENGINE_B3 -0x1.555af6p-6f
#define ENGINE_B4 0x1.5406ep-9f
/* The same for v = -c*z, z = -x*(x*x + square), reduced by multiples of step; the polynomial
 * exp(-c1*r) - 1 to 2^-30.6, c1 = 0.0710067, c = 0.0713548. */
#define ENGINE_CUBIC_SQUARE 0x1.65d25p+4f
#define ENGINE_CUBIC_STEP 0x1.386p+0f
#define ENGINE_CUBIC_STEPS 0x1.a39926p-1f
#define ENGINE_CUBIC_B1 -0x1.22d7e4p-4f
#define ENGINE_CUBIC_B2 0x1.4a6dd8p-9f
#define ENGINE_CUBIC_B3 -0x1.f4ae76p-15f
#define ENGINE_CUBIC_B4 0x1.1c69b4p-20f
static const float engine_exp2[8] = {
    0x1.d44dbcp+80f, 0x1.deb052p+80f, 0x1.d6747cp+80f, 0x1.cfa848p+80f,
    0x1.cb2404p+80f, 0x1.c91c8ap+80f, 0x1.c9cb7cp+80f, 0x1.cd6fb4p+80f,
};
#endif
