/* Constants of the float64 kernels.  Written by tools/make_float64.py; do not edit. */
/* clang-format off */
#ifndef FA_MATH_FLOAT64_CONSTANTS_H
#define FA_MATH_FLOAT64_CONSTANTS_H

/* a = n ln2 + r with n a multiple of 1/8: e^a = 2^floor(n) * exp64_table[8 frac(n)] * exp(r - delta),
 * delta = log(exp64_table[0]).  n * EXP64_LN2_HIGH is exact for |n| < 2^11. */
#define EXP64_LOG2E 0x1.71547652b82fep+0 /* log2(e) */
#define EXP64_LN2_HIGH 0x1.62e42fefa0000p-1 /* log(2) to 39 bits */
#define EXP64_LN2_LOW 0x1.cf79abc9e3b3ap-40 /* the rest */

/* T0 * 2^(j/8), T0 such that each is a float64 to 0.0175 of 2^-52 */
static const double exp64_table[8] = {
    0x1.f0a438ae08be4p-1, 0x1.0ecbb28173694p+0, 0x1.274e0727ae9eap+0, 0x1.42083beae4195p+0,
    0x1.5f2db674a62a5p+0, 0x1.7ef6834d4be81p+0, 0x1.a19fc1a4614cdp+0, 0x1.c76c18da6b8e4p+0,
};
/* exp(r - delta) - 1 for |r| <= ln2/16, degree 7, absolute error 2^-58.2 */
static const double exp64_remainder[8] = {
    0x1.faabc54d1bc7ep-6, 0x1.07eaaf15346f2p+0, 0x1.07eaaf153486fp-1, 0x1.5fe3941c45cdfp-3,
    0x1.5fe3940ccae95p-5, 0x1.1982dce50b956p-7, 0x1.775f97af98826p-10, 0x1.acfb9a54a45aap-13,
};
/* exp(r + delta) - 1 for |r| <= ln2/16, degree 7, absolute error 2^-58.0 */
static const double odds64_remainder[8] = {
    -0x1.eb78ea3ee8381p-6, 0x1.f0a438ae08be4p-1, 0x1.f0a438ae08eb0p-2, 0x1.4b1825c95b319p-3,
    0x1.4b1825baccd8ep-5, 0x1.08e01e34a3329p-7, 0x1.6130e247f12cdp-10, 0x1.93a3edab440e7p-13,
};
/* (atanh(z)/z - 1)/w, w = z^2, on [0, 1/9], degree 9; w L(w) to 2^-56.9 */
static const double log1p64_terms[10] = {
    0x1.5555555555555p-2, 0x1.999999999a3ddp-3, 0x1.24924923d44c6p-3, 0x1.c71c727143318p-4,
    0x1.745cf0b0e03bdp-4, 0x1.3b18b294bebf9p-4, 0x1.10ac75dc602b1p-4, 0x1.eb905e8575054p-5,
    0x1.687a6e7c95176p-5, 0x1.4b0a26c5f2aefp-4,
};
#define SILU64_ZERO 0x1.474973c84120bp+0 /* -(the zero of silu'), rounded */
#define SILU64_ZERO_REACH 0x1.8000000000000p-5 /* half the width of the interval of silu64_zero_terms */
#define SILU64_ZERO_SLOPE_LOW 0x1.bd82b59157b35p-62 /* silu64_zero_terms[1] to two words */
/* -silu'(-(SILU64_ZERO + d)), the constant what the rounding of the zero leaves;
 * relative error 2^-58.5 */
static const double silu64_zero_terms[10] = {
    -0x1.b7d7537967aa7p-56, 0x1.be14104605280p-3, -0x1.2c563458cc0aep-3, 0x1.353eb573ca456p-6,
    0x1.f2d0e32bd7666p-7, -0x1.b0f82c4993efep-8, -0x1.098eb401471cbp-13, 0x1.a2a7cbc38b4c0p-11,
    -0x1.8525eb33d4a3bp-13, -0x1.5742c3e4cd039p-15,
};
#define MISH64_ZERO 0x1.31432c0d12d84p+0 /* -(the zero of mish'), rounded */
#define MISH64_ZERO_REACH 0x1.0000000000000p-3 /* half the width of the interval of mish64_zero_terms */
#define MISH64_ZERO_SLOPE_LOW -0x1.77124efa63aafp-56 /* mish64_zero_terms[1] to two words */
/* -mish'(-(MISH64_ZERO + d)), the constant what the rounding of the zero leaves;
 * relative error 2^-57.5 */
static const double mish64_zero_terms[13] = {
    -0x1.dd827678b94bap-57, 0x1.115acb42500bcp-2, -0x1.a34a251d8ad7bp-3, 0x1.574f121a868dfp-5,
    0x1.4c222fe64d4e1p-6, -0x1.03369d4acac44p-6, 0x1.b87ddfb54380bp-9, 0x1.1e5e186718752p-10,
    -0x1.037991d821845p-10, 0x1.0a791d2ebc807p-12, 0x1.6004c67f6ab5fp-15, -0x1.d3f1a2477821cp-15,
    0x1.1ff2079478a0bp-16,
};
#define GELU_TANH64_ZERO 0x1.81429f9e97e4dp-1 /* -(the zero of gelu_tanh'), rounded */
#define GELU_TANH64_ZERO_REACH 0x1.8000000000000p-5 /* half the width of the interval of gelu_tanh64_zero_terms */
#define GELU_TANH64_ZERO_SLOPE_LOW -0x1.23405ce0d041ap-57 /* gelu_tanh64_zero_terms[1] to two words */
/* -gelu_tanh'(-(GELU_TANH64_ZERO + d)), the constant what the rounding of the zero leaves;
 * relative error 2^-57.6 */
static const double gelu_tanh64_zero_terms[10] = {
    0x1.20a50541a648bp-56, 0x1.b8bacd2c96b91p-2, -0x1.8cd1a2b2fff2fp-2, -0x1.029615edb0792p-6,
    0x1.d2b773462ff7cp-4, -0x1.104a83ed956a4p-6, -0x1.4279948d6b574p-6, 0x1.58c9e918c734dp-8,
    0x1.3d61a0adc52b4p-9, -0x1.e5ecbf8a48997p-11,
};
#define DISH64_ZERO 0x1.92826ef258d1bp-1 /* -(the zero of dish'), rounded */
#define DISH64_ZERO_REACH 0x1.0000000000000p-11 /* half the width of the interval of dish64_zero_terms */
#define DISH64_ZERO_SLOPE_LOW 0x1.2a2e42b435186p-59 /* dish64_zero_terms[1] to two words */
/* -dish'(-(DISH64_ZERO + d)), the constant what the rounding of the zero leaves;
 * relative error 2^-59.1 */
static const double dish64_zero_terms[6] = {
    -0x1.4999ff30cdc59p-59, 0x1.a8f0ca985721dp-3, -0x1.7af2c00ba42d2p-2, 0x1.47a8de2b528fbp-2,
    -0x1.9e8c2ab0d2c2ap-4, -0x1.d71e16c122d53p-4,
};
#define GELU_TANH64_SQUARE 0x1.65d25edd9ed80p+4 /* 1/.044715 to 2^-42 */
#define GELU_TANH64_SQUARE_LOW 0x1.fd4f2671c239cp-48 /* the rest */
#define GELU_TANH64_CUBE 0x1.2444f2a4d8b4bp-4 /* 2 sqrt(2/pi) * .044715 */
#define GELU_TANH64_CUBE_LOW -0x1.6c843a29d1c70p-61 /* the rest */
/* c and T = tanh(c) by the quarter-binade of |x|, T to 0.0018 of its last place; 0 below 1/8 */
static const double tanh64_rows[64] = {
    0x1.2000000000472p+1, 0x1.f4bfd6c2dfde4p-1, 0x1.6000000000397p+1, 0x1.fbd509ae7ae7ap-1,
    0x1.a00000000028dp+1, 0x1.fe76795d353b0p-1, 0x1.dffffffffff1bp+1, 0x1.ff6f17a754770p-1,
    0x1.1fffffffffc92p+2, 0x1.ffdfa72153980p-1, 0x1.5fffffffff571p+2, 0x1.fffb9f2fc1e90p-1,
    0x1.9ffffffffcf66p+2, 0x1.ffff684fec9b8p-1, 0x1.dfffffffaf98ap+2, 0x1.ffffeb78a3c70p-1,
    0x1.1ffffff866dafp+3, 0x1.fffffefa59d70p-1, 0x1.5ffffd48b256dp+3, 0x1.fffffffb352d0p-1,
    0x1.9fff8492c3f7ep+3, 0x1.ffffffffe9870p-1, 0x1.dfe71896ae106p+3, 0x1.ffffffffff960p-1,
    0x1.205966f2b4f12p+4, 0x1.ffffffffffffcp-1, 0x0.0p+0, 0x0.0p+0,
    0x0.0p+0, 0x0.0p+0, 0x0.0p+0, 0x0.0p+0,
    0x1.20000000036fap-3, 0x1.1e1dd055d0f59p-3, 0x1.60000000006d2p-3, 0x1.5c9307227a310p-3,
    0x1.a000000001091p-3, 0x1.9a5f1be7674eep-3, 0x1.e000000000335p-3, 0x1.d7665cf9bbb32p-3,
    0x1.200000000077dp-2, 0x1.18a399e6b4f33p-2, 0x1.600000000013dp-2, 0x1.52c2c561d8723p-2,
    0x1.a0000000004bap-2, 0x1.8a87e14b3403fp-2, 0x1.e000000000545p-2, 0x1.bfae6ab972921p-2,
    0x1.200000000058ep-1, 0x1.05086f2f6d8d3p-1, 0x1.6000000000109p-1, 0x1.3157dfe9f7206p-1,
    0x1.a0000000002a2p-1, 0x1.5788ff10d2b0bp-1, 0x1.e00000000005fp-1, 0x1.77d838e3405a8p-1,
    0x1.2000000000095p+0, 0x1.9e5cb5ba44dd0p-1, 0x1.6000000000038p+0, 0x1.c278a52a4e491p-1,
    0x1.a0000000000e1p+0, 0x1.d9c6fafe61cb9p-1, 0x1.e00000000014cp+0, 0x1.e8789ecec0e16p-1,
};
/* The same, transposed. */
static const double tanh64_columns[64] = {
    0x1.2000000000472p+1, 0x1.6000000000397p+1, 0x1.a00000000028dp+1, 0x1.dffffffffff1bp+1,
    0x1.1fffffffffc92p+2, 0x1.5fffffffff571p+2, 0x1.9ffffffffcf66p+2, 0x1.dfffffffaf98ap+2,
    0x1.1ffffff866dafp+3, 0x1.5ffffd48b256dp+3, 0x1.9fff8492c3f7ep+3, 0x1.dfe71896ae106p+3,
    0x1.205966f2b4f12p+4, 0x0.0p+0, 0x0.0p+0, 0x0.0p+0,
    0x1.20000000036fap-3, 0x1.60000000006d2p-3, 0x1.a000000001091p-3, 0x1.e000000000335p-3,
    0x1.200000000077dp-2, 0x1.600000000013dp-2, 0x1.a0000000004bap-2, 0x1.e000000000545p-2,
    0x1.200000000058ep-1, 0x1.6000000000109p-1, 0x1.a0000000002a2p-1, 0x1.e00000000005fp-1,
    0x1.2000000000095p+0, 0x1.6000000000038p+0, 0x1.a0000000000e1p+0, 0x1.e00000000014cp+0,
    0x1.f4bfd6c2dfde4p-1, 0x1.fbd509ae7ae7ap-1, 0x1.fe76795d353b0p-1, 0x1.ff6f17a754770p-1,
    0x1.ffdfa72153980p-1, 0x1.fffb9f2fc1e90p-1, 0x1.ffff684fec9b8p-1, 0x1.ffffeb78a3c70p-1,
    0x1.fffffefa59d70p-1, 0x1.fffffffb352d0p-1, 0x1.ffffffffe9870p-1, 0x1.ffffffffff960p-1,
    0x1.ffffffffffffcp-1, 0x0.0p+0, 0x0.0p+0, 0x0.0p+0,
    0x1.1e1dd055d0f59p-3, 0x1.5c9307227a310p-3, 0x1.9a5f1be7674eep-3, 0x1.d7665cf9bbb32p-3,
    0x1.18a399e6b4f33p-2, 0x1.52c2c561d8723p-2, 0x1.8a87e14b3403fp-2, 0x1.bfae6ab972921p-2,
    0x1.05086f2f6d8d3p-1, 0x1.3157dfe9f7206p-1, 0x1.5788ff10d2b0bp-1, 0x1.77d838e3405a8p-1,
    0x1.9e5cb5ba44dd0p-1, 0x1.c278a52a4e491p-1, 0x1.d9c6fafe61cb9p-1, 0x1.e8789ecec0e16p-1,
};
/* (r coth(r) - 1)/r^2 in r^2; error in tanh 2^-60.1 */
static const double tanh64_coth[8] = {
    0x1.555555555554cp-2, -0x1.6c16c16c0db71p-6, 0x1.1566ababce65fp-9, -0x1.bbd75bfd09bd2p-13,
    0x1.66a102473cdc7p-16, -0x1.2191d6a15a918p-19, 0x1.be778a165ce5ap-23, -0x1.e418cf0ba4014p-27,
};
#define ROWS64_START 0x1.4000000000000p+1 /* w of t = 0 */
#define ROWS64_STRETCH 0x1.ef9db22d0e560p-1 /* growth of w with t */
/* Phi(-t) exp(t^2/2): t0, c0..c14 by rows, quarter-binades of w = ROWS64_START + ROWS64_STRETCH * t;
 * interval of t and relative error of each row:
 *   [0, 0.5165]: 2^-57.4
 *   [0.5165, 1.033]: 2^-58.8
 *   [1.033, 1.55]: 2^-59.0
 *   [1.55, 2.583]: 2^-56.9
 *   [2.583, 3.616]: 2^-59.0
 *   [3.616, 4.649]: 2^-58.2
 *   [4.649, 5.682]: 2^-59.7
 *   [5.682, 7.748]: 2^-56.4
 *   [7.748, 9.814]: 2^-59.6
 *   [9.814, 11.88]: 2^-60.7
 *   [11.88, 13.95]: 2^-60.8
 *   [13.95, 18.08]: 2^-57.3
 *   [18.08, 22.21]: 2^-58.1
 *   [22.21, 26.34]: 2^-59.4
 *   [26.34, 30.48]: 2^-61.1
 *   [30.48, 38.74]: 2^-58.1
 */
static const double gelu64_rows[256] = {
    0x1.14e102767ab5fp+5, 0x1.796596a6d9c93p-7, -0x1.5c5b9a0c2d617p-12, 0x1.41496ac77fda4p-17,
    -0x1.281313f75b67ap-22, 0x1.109da317e7047p-27, -0x1.f59e5626f34d5p-33, 0x1.cd1d8bca4158ep-38,
    -0x1.a789289cf36b7p-43, 0x1.84b37f29ed6ccp-48, -0x1.6471c154d34afp-53, 0x1.469886ca571eap-58,
    -0x1.2ab616667ce6ap-63, 0x1.114039aae1e77p-68, -0x1.068975f02862bp-73, 0x1.dfbc783a3f06bp-79,
    0x1.0037000000000p-6, 0x1.f9ac74a0de0e6p-2, -0x1.909beeda8bb29p-2, 0x1.f368ac9f729bdp-3,
    -0x1.08782f46e1c1cp-3, 0x1.ef45e89b0d66ap-5, -0x1.a40d97efe845dp-6, 0x1.47fe10876e9a3p-7,
    -0x1.dd213107356dfp-9, 0x1.46203efe38c07p-10, -0x1.a5d2eab55004ap-12, 0x1.0364f24891b39p-13,
    -0x1.2f54ce92b380ep-15, 0x1.49f2655486d5fp-17, -0x1.2ea986a851006p-19, 0x1.546027d541a0dp-22,
    0x1.8cb2d010ecf57p-1, 0x1.2f13eb0a13aa7p-2, -0x1.5b6224b94a9cfp-3, 0x1.51009b62b8726p-4,
    -0x1.211abf6736c19p-5, 0x1.c2018ef2a53b2p-7, -0x1.4319d97464f48p-8, 0x1.b11d859d15a73p-10,
    -0x1.1160f17a828acp-11, 0x1.47354b34e40a3p-13, -0x1.75549739442d9p-15, 0x1.97d4b8600a3d4p-17,
    -0x1.ac17192f92bb6p-19, 0x1.b114df962392ep-21, -0x1.ad10289e1b9f5p-23, 0x1.9c61de037912cp-25,
    0x1.4a9587637021ep+0, 0x1.cf66b17d71579p-3, -0x1.b53f33acbac46p-4, 0x1.6a2a8556fb2ebp-5,
    -0x1.0f355e1f15d0ep-6, 0x1.761bd5db9f2e4p-8, -0x1.e1627567d149ap-10, 0x1.2399bfbb38aeep-11,
    -0x1.4efa83f7b485ep-13, 0x1.6eea348c93306p-15, -0x1.80ef0ed187407p-17, 0x1.843a53307c814p-19,
    -0x1.7993d3fbf578fp-21, 0x1.639ec474d4fdfp-23, -0x1.47430db8fee00p-25, 0x1.fcc9cc1ef4403p-28,
    0x1.087a82b5f34e5p+1, 0x1.4ff319e9c7467p-3, -0x1.eb86d90cd936fp-5, 0x1.482fd586156acp-6,
    -0x1.9696914e0d51dp-8, 0x1.d8a3a3b1f9ee4p-10, -0x1.03e82864c7722p-11, 0x1.102a7643ab077p-13,
    -0x1.10b975eec01bdp-15, 0x1.0693265f927e6p-17, -0x1.e76e074ec5b04p-20, 0x1.b56290abb292ap-22,
    -0x1.7c204e931830fp-24, 0x1.4108ebc37e71dp-26, -0x1.11beb6aa0b68ap-28, 0x1.b5b4507b9c4d9p-31,
    0x1.8cbb3e10ecf57p+1, 0x1.e4117274ef3a4p-4, -0x1.0b6e6d4b39c64p-5, 0x1.167c1b913bfc9p-7,
    -0x1.136dd4b87e8d0p-9, 0x1.0441bc27c41f7p-11, -0x1.d81864130b6adp-14, 0x1.9c8a8cba60949p-16,
    -0x1.5c69f8110a885p-18, 0x1.1d22574e6eedbp-20, -0x1.c53d2fc1a723fp-23, 0x1.5e8326f634c35p-25,
    -0x1.081be2a88a563p-27, 0x1.84a09ed213bc2p-30, -0x1.1f9e1fc0e74b2p-32, 0x1.951b2687319eep-35,
    0x1.087821b5f34e5p+2, 0x1.777b7b3bdebbep-4, -0x1.49cc8d3f794f6p-6, 0x1.162e321374d07p-8,
    -0x1.c46ea36d825cdp-11, 0x1.63d7f0b632176p-13, -0x1.0f697d29bc661p-15, 0x1.92698d10795cdp-18,
    -0x1.2282f31d06797p-20, 0x1.9928ba040e855p-23, -0x1.1978c72e4adcdp-25, 0x1.7acdc9bf3d6b7p-28,
    -0x1.f31eb6c8bc2dap-31, 0x1.424e9a2399309p-33, -0x1.a1ff31f65c5cap-36, 0x1.07b393bf4a2bdp-38,
    0x1.4a94bc637021ep+2, 0x1.31a10cb9d5419p-4, -0x1.bb24da2bd1fe0p-7, 0x1.3819066ed747fp-9,
    -0x1.abf827e68dd1cp-12, 0x1.1e2e0c1bc2d90p-14, -0x1.75dcfa11de775p-17, 0x1.ddc02542b07f3p-20,
    -0x1.2af3deba8ae32p-22, 0x1.6ed05c043ccb3p-25, -0x1.b9b1f1e2e6bb5p-28, 0x1.0534d2c000d1cp-30,
    -0x1.2fa5b2c3a3a04p-33, 0x1.5b1346c1bbac2p-36, -0x1.8e045203d48e2p-39, 0x1.c70a068778963p-42,
    0x1.adc0af67ab5f4p+2, 0x1.dc8e0e87ca21bp-5, -0x1.107e70ffb1d25p-7, 0x1.31d11a1c4d6d0p-10,
    -0x1.51231eb0ff3fap-13, 0x1.6d64c39b86d55p-16, -0x1.85a24a99e1133p-19, 0x1.991192cc1c796p-22,
    -0x1.a71c814273c1cp-25, 0x1.af6796bf69b0bp-28, -0x1.b1d5b772616d5p-31, 0x1.ae80dbcadafa0p-34,
    -0x1.a541c80591b1bp-37, 0x1.979bc2d445e3dp-40, -0x1.9acc14f841d4cp-43, 0x1.83af82c04bf57p-46,
    0x1.19027a6152833p+3, 0x1.6f827dc18d29ap-5, -0x1.46a21fbb46ce5p-8, 0x1.1eebf069a4c0dp-11,
    -0x1.f264f8fc9d585p-15, 0x1.ac2387a77333cp-18, -0x1.6be434f418dd9p-21, 0x1.321ad317e6b17p-24,
    -0x1.fdd7c3395408ep-28, 0x1.a47706b2ff521p-31, -0x1.577986cd68617p-34, 0x1.15fe544a20689p-37,
    -0x1.bdb57bcd21c5cp-41, 0x1.62541489b6192p-44, -0x1.218cc6e625a69p-47, 0x1.c58720a3dd3b2p-51,
    0x1.5b1bcd0ecf56cp+3, 0x1.2acabbc32d8c3p-5, -0x1.b18a0222d0bbep-9, 0x1.380a39cb03466p-12,
    -0x1.bdb5cbb78d8f4p-16, 0x1.3bea143603ed0p-19, -0x1.bc85288c6acc2p-23, 0x1.367983c134386p-26,
    -0x1.ae9facafa8b0cp-30, 0x1.288ea4521002dp-33, -0x1.95ac924d1a808p-37, 0x1.139ccb6011f9ep-40,
    -0x1.73f11089ec4aep-44, 0x1.f2ef3897156bap-48, -0x1.5510af0ea7a8dp-51, 0x1.c062945900ce8p-55,
    0x1.9d396ebc4c2a5p+3, 0x1.f72f550113d23p-6, -0x1.3419c95a651d3p-9, 0x1.772709ad9c930p-13,
    -0x1.c63d054e6c00fp-17, 0x1.117b9b932379ep-20, -0x1.47867336bb1dbp-24, 0x1.86270e37fad76p-28,
    -0x1.ce4fc98a3c0fbp-32, 0x1.107d64ec6519bp-35, -0x1.3f93755cc39b8p-39, 0x1.74e8b489fc6d4p-43,
    -0x1.b0eea73b01c19p-47, 0x1.f5004c64181bbp-51, -0x1.252cac6dc829ep-54, 0x1.36074b3018304p-58,
    0x1.0033aae043b3dp+4, 0x1.969f1103950f5p-6, -0x1.93311f729a85dp-10, 0x1.8e48d3f11b069p-14,
    -0x1.87f86200388cdp-18, 0x1.805574c2843bdp-22, -0x1.7778bc67c8ff4p-26, 0x1.6d7d72882862dp-30,
    -0x1.6280d71eac3fap-34, 0x1.56a1b235affbdp-38, -0x1.4a00c82970117p-42, 0x1.3cbc4e0a2f9c4p-46,
    -0x1.2e9d147ff4f13p-50, 0x1.207839fda0bdfp-54, -0x1.2123cbc2f411fp-58, 0x1.11c28dc4c5356p-62,
    0x1.42520b8dc0877p+4, 0x1.43aac0d79f078p-6, -0x1.ffa2c17317c3bp-11, 0x1.9368919bc8008p-15,
    -0x1.3d503336afbb2p-19, 0x1.f1ff9738b4f08p-24, -0x1.85dcc6601fb46p-28, 0x1.307de60282a4cp-32,
    -0x1.da85ff68ce240p-37, 0x1.70e57f06b08b3p-41, -0x1.1e1fbfdc541dep-45, 0x1.bad574568d6b2p-50,
    -0x1.55befc51a6a34p-54, 0x1.0746bfdc52cc5p-58, -0x1.a31111ca09655p-63, 0x1.4116ff9de021ep-67,
    0x1.8472013b3d5b0p+4, 0x1.0cc600696225dp-6, -0x1.61124cc751956p-11, 0x1.cf089bb5bf8e6p-16,
    -0x1.2f1dd537c77b9p-20, 0x1.8c33e7800204dp-25, -0x1.0282e8e9fbb9cp-29, 0x1.50ca511e08fb4p-34,
    -0x1.b60e9ed5e5f9dp-39, 0x1.1c6c97bda0db9p-43, -0x1.70bfbe5c7a0eep-48, 0x1.dd4ebe03eb889p-53,
    -0x1.3457bf65d27fep-57, 0x1.8da19c2da5b6cp-62, -0x1.0694a325fe062p-66, 0x1.58b7ff34522bep-71,
    0x1.c68ca6e8ba2e9p+4, 0x1.cb94d5c8ffdaep-7, -0x1.02324ed7602e2p-11, 0x1.21c21c9501dafp-16,
    -0x1.44c7f262ef29fp-21, 0x1.6b981a8c70d32p-26, -0x1.968d613eed7b6p-31, 0x1.c6096af4934b4p-36,
    -0x1.fa750ada41633p-41, 0x1.1a204a23a8df1p-45, -0x1.39f22c905121ep-50, 0x1.5cf34b505a0b8p-55,
    -0x1.835260aacd97fp-60, 0x1.ab8135c730137p-65, -0x1.e447f0c9cb097p-70, 0x1.4cafe8f60d4f5p-74,
};
/* The same, transposed: column k of gelu64_rows is at 16*k. */
static const double gelu64_columns[256] = {
    0x1.14e102767ab5fp+5, 0x1.0037000000000p-6, 0x1.8cb2d010ecf57p-1, 0x1.4a9587637021ep+0,
    0x1.087a82b5f34e5p+1, 0x1.8cbb3e10ecf57p+1, 0x1.087821b5f34e5p+2, 0x1.4a94bc637021ep+2,
    0x1.adc0af67ab5f4p+2, 0x1.19027a6152833p+3, 0x1.5b1bcd0ecf56cp+3, 0x1.9d396ebc4c2a5p+3,
    0x1.0033aae043b3dp+4, 0x1.42520b8dc0877p+4, 0x1.8472013b3d5b0p+4, 0x1.c68ca6e8ba2e9p+4,
    0x1.796596a6d9c93p-7, 0x1.f9ac74a0de0e6p-2, 0x1.2f13eb0a13aa7p-2, 0x1.cf66b17d71579p-3,
    0x1.4ff319e9c7467p-3, 0x1.e4117274ef3a4p-4, 0x1.777b7b3bdebbep-4, 0x1.31a10cb9d5419p-4,
    0x1.dc8e0e87ca21bp-5, 0x1.6f827dc18d29ap-5, 0x1.2acabbc32d8c3p-5, 0x1.f72f550113d23p-6,
    0x1.969f1103950f5p-6, 0x1.43aac0d79f078p-6, 0x1.0cc600696225dp-6, 0x1.cb94d5c8ffdaep-7,
    -0x1.5c5b9a0c2d617p-12, -0x1.909beeda8bb29p-2, -0x1.5b6224b94a9cfp-3, -0x1.b53f33acbac46p-4,
    -0x1.eb86d90cd936fp-5, -0x1.0b6e6d4b39c64p-5, -0x1.49cc8d3f794f6p-6, -0x1.bb24da2bd1fe0p-7,
    -0x1.107e70ffb1d25p-7, -0x1.46a21fbb46ce5p-8, -0x1.b18a0222d0bbep-9, -0x1.3419c95a651d3p-9,
    -0x1.93311f729a85dp-10, -0x1.ffa2c17317c3bp-11, -0x1.61124cc751956p-11, -0x1.02324ed7602e2p-11,
    0x1.41496ac77fda4p-17, 0x1.f368ac9f729bdp-3, 0x1.51009b62b8726p-4, 0x1.6a2a8556fb2ebp-5,
    0x1.482fd586156acp-6, 0x1.167c1b913bfc9p-7, 0x1.162e321374d07p-8, 0x1.3819066ed747fp-9,
    0x1.31d11a1c4d6d0p-10, 0x1.1eebf069a4c0dp-11, 0x1.380a39cb03466p-12, 0x1.772709ad9c930p-13,
    0x1.8e48d3f11b069p-14, 0x1.9368919bc8008p-15, 0x1.cf089bb5bf8e6p-16, 0x1.21c21c9501dafp-16,
    -0x1.281313f75b67ap-22, -0x1.08782f46e1c1cp-3, -0x1.211abf6736c19p-5, -0x1.0f355e1f15d0ep-6,
    -0x1.9696914e0d51dp-8, -0x1.136dd4b87e8d0p-9, -0x1.c46ea36d825cdp-11, -0x1.abf827e68dd1cp-12,
    -0x1.51231eb0ff3fap-13, -0x1.f264f8fc9d585p-15, -0x1.bdb5cbb78d8f4p-16, -0x1.c63d054e6c00fp-17,
    -0x1.87f86200388cdp-18, -0x1.3d503336afbb2p-19, -0x1.2f1dd537c77b9p-20, -0x1.44c7f262ef29fp-21,
    0x1.109da317e7047p-27, 0x1.ef45e89b0d66ap-5, 0x1.c2018ef2a53b2p-7, 0x1.761bd5db9f2e4p-8,
    0x1.d8a3a3b1f9ee4p-10, 0x1.0441bc27c41f7p-11, 0x1.63d7f0b632176p-13, 0x1.1e2e0c1bc2d90p-14,
    0x1.6d64c39b86d55p-16, 0x1.ac2387a77333cp-18, 0x1.3bea143603ed0p-19, 0x1.117b9b932379ep-20,
    0x1.805574c2843bdp-22, 0x1.f1ff9738b4f08p-24, 0x1.8c33e7800204dp-25, 0x1.6b981a8c70d32p-26,
    -0x1.f59e5626f34d5p-33, -0x1.a40d97efe845dp-6, -0x1.4319d97464f48p-8, -0x1.e1627567d149ap-10,
    -0x1.03e82864c7722p-11, -0x1.d81864130b6adp-14, -0x1.0f697d29bc661p-15, -0x1.75dcfa11de775p-17,
    -0x1.85a24a99e1133p-19, -0x1.6be434f418dd9p-21, -0x1.bc85288c6acc2p-23, -0x1.47867336bb1dbp-24,
    -0x1.7778bc67c8ff4p-26, -0x1.85dcc6601fb46p-28, -0x1.0282e8e9fbb9cp-29, -0x1.968d613eed7b6p-31,
    0x1.cd1d8bca4158ep-38, 0x1.47fe10876e9a3p-7, 0x1.b11d859d15a73p-10, 0x1.2399bfbb38aeep-11,
    0x1.102a7643ab077p-13, 0x1.9c8a8cba60949p-16, 0x1.92698d10795cdp-18, 0x1.ddc02542b07f3p-20,
    0x1.991192cc1c796p-22, 0x1.321ad317e6b17p-24, 0x1.367983c134386p-26, 0x1.86270e37fad76p-28,
    0x1.6d7d72882862dp-30, 0x1.307de60282a4cp-32, 0x1.50ca511e08fb4p-34, 0x1.c6096af4934b4p-36,
    -0x1.a789289cf36b7p-43, -0x1.dd213107356dfp-9, -0x1.1160f17a828acp-11, -0x1.4efa83f7b485ep-13,
    -0x1.10b975eec01bdp-15, -0x1.5c69f8110a885p-18, -0x1.2282f31d06797p-20, -0x1.2af3deba8ae32p-22,
    -0x1.a71c814273c1cp-25, -0x1.fdd7c3395408ep-28, -0x1.ae9facafa8b0cp-30, -0x1.ce4fc98a3c0fbp-32,
    -0x1.6280d71eac3fap-34, -0x1.da85ff68ce240p-37, -0x1.b60e9ed5e5f9dp-39, -0x1.fa750ada41633p-41,
    0x1.84b37f29ed6ccp-48, 0x1.46203efe38c07p-10, 0x1.47354b34e40a3p-13, 0x1.6eea348c93306p-15,
    0x1.0693265f927e6p-17, 0x1.1d22574e6eedbp-20, 0x1.9928ba040e855p-23, 0x1.6ed05c043ccb3p-25,
    0x1.af6796bf69b0bp-28, 0x1.a47706b2ff521p-31, 0x1.288ea4521002dp-33, 0x1.107d64ec6519bp-35,
    0x1.56a1b235affbdp-38, 0x1.70e57f06b08b3p-41, 0x1.1c6c97bda0db9p-43, 0x1.1a204a23a8df1p-45,
    -0x1.6471c154d34afp-53, -0x1.a5d2eab55004ap-12, -0x1.75549739442d9p-15, -0x1.80ef0ed187407p-17,
    -0x1.e76e074ec5b04p-20, -0x1.c53d2fc1a723fp-23, -0x1.1978c72e4adcdp-25, -0x1.b9b1f1e2e6bb5p-28,
    -0x1.b1d5b772616d5p-31, -0x1.577986cd68617p-34, -0x1.95ac924d1a808p-37, -0x1.3f93755cc39b8p-39,
    -0x1.4a00c82970117p-42, -0x1.1e1fbfdc541dep-45, -0x1.70bfbe5c7a0eep-48, -0x1.39f22c905121ep-50,
    0x1.469886ca571eap-58, 0x1.0364f24891b39p-13, 0x1.97d4b8600a3d4p-17, 0x1.843a53307c814p-19,
    0x1.b56290abb292ap-22, 0x1.5e8326f634c35p-25, 0x1.7acdc9bf3d6b7p-28, 0x1.0534d2c000d1cp-30,
    0x1.ae80dbcadafa0p-34, 0x1.15fe544a20689p-37, 0x1.139ccb6011f9ep-40, 0x1.74e8b489fc6d4p-43,
    0x1.3cbc4e0a2f9c4p-46, 0x1.bad574568d6b2p-50, 0x1.dd4ebe03eb889p-53, 0x1.5cf34b505a0b8p-55,
    -0x1.2ab616667ce6ap-63, -0x1.2f54ce92b380ep-15, -0x1.ac17192f92bb6p-19, -0x1.7993d3fbf578fp-21,
    -0x1.7c204e931830fp-24, -0x1.081be2a88a563p-27, -0x1.f31eb6c8bc2dap-31, -0x1.2fa5b2c3a3a04p-33,
    -0x1.a541c80591b1bp-37, -0x1.bdb57bcd21c5cp-41, -0x1.73f11089ec4aep-44, -0x1.b0eea73b01c19p-47,
    -0x1.2e9d147ff4f13p-50, -0x1.55befc51a6a34p-54, -0x1.3457bf65d27fep-57, -0x1.835260aacd97fp-60,
    0x1.114039aae1e77p-68, 0x1.49f2655486d5fp-17, 0x1.b114df962392ep-21, 0x1.639ec474d4fdfp-23,
    0x1.4108ebc37e71dp-26, 0x1.84a09ed213bc2p-30, 0x1.424e9a2399309p-33, 0x1.5b1346c1bbac2p-36,
    0x1.979bc2d445e3dp-40, 0x1.62541489b6192p-44, 0x1.f2ef3897156bap-48, 0x1.f5004c64181bbp-51,
    0x1.207839fda0bdfp-54, 0x1.0746bfdc52cc5p-58, 0x1.8da19c2da5b6cp-62, 0x1.ab8135c730137p-65,
    -0x1.068975f02862bp-73, -0x1.2ea986a851006p-19, -0x1.ad10289e1b9f5p-23, -0x1.47430db8fee00p-25,
    -0x1.11beb6aa0b68ap-28, -0x1.1f9e1fc0e74b2p-32, -0x1.a1ff31f65c5cap-36, -0x1.8e045203d48e2p-39,
    -0x1.9acc14f841d4cp-43, -0x1.218cc6e625a69p-47, -0x1.5510af0ea7a8dp-51, -0x1.252cac6dc829ep-54,
    -0x1.2123cbc2f411fp-58, -0x1.a31111ca09655p-63, -0x1.0694a325fe062p-66, -0x1.e447f0c9cb097p-70,
    0x1.dfbc783a3f06bp-79, 0x1.546027d541a0dp-22, 0x1.9c61de037912cp-25, 0x1.fcc9cc1ef4403p-28,
    0x1.b5b4507b9c4d9p-31, 0x1.951b2687319eep-35, 0x1.07b393bf4a2bdp-38, 0x1.c70a068778963p-42,
    0x1.83af82c04bf57p-46, 0x1.c58720a3dd3b2p-51, 0x1.c062945900ce8p-55, 0x1.36074b3018304p-58,
    0x1.11c28dc4c5356p-62, 0x1.4116ff9de021ep-67, 0x1.58b7ff34522bep-71, 0x1.4cafe8f60d4f5p-74,
};
/* -gelu'(-t) exp(t^2/2): t0, c0..c14 by rows, quarter-binades of w = ROWS64_START + ROWS64_STRETCH * t;
 * interval of t and relative error of each row:
 *   [0, 0.5165]: 2^-58.5
 *   [0.5165, 1.033]: 2^-53.7
 *   [1.033, 1.55]: 2^-56.8
 *   [1.55, 2.583]: 2^-57.6
 *   [2.583, 3.616]: 2^-60.1
 *   [3.616, 4.649]: 2^-60.9
 *   [4.649, 5.682]: 2^-58.9
 *   [5.682, 7.748]: 2^-58.2
 *   [7.748, 9.814]: 2^-60.0
 *   [9.814, 11.88]: 2^-58.3
 *   [11.88, 13.95]: 2^-59.2
 *   [13.95, 18.08]: 2^-59.7
 *   [18.08, 22.21]: 2^-62.8
 *   [22.21, 26.34]: 2^-58.5
 *   [26.34, 30.48]: 2^-61.6
 *   [30.48, 38.74]: 2^-59.1
 */
static const double gelu64_slope_rows[256] = {
    0x1.14de87767ab5fp+5, 0x1.b9736a6b630c0p+3, 0x1.98db6bb24454ap-2, -0x1.41520624c7fe4p-17,
    0x1.281da50fb2465p-22, -0x1.10a9ca0a66454p-27, 0x1.f5b925ae76babp-33, -0x1.cd3a46c89f0e6p-38,
    0x1.a7a74b1b47454p-43, -0x1.84d295bcbb198p-48, 0x1.649167fb2640ep-53, -0x1.46b86b38048d1p-58,
    0x1.2ad5ddd21ece2p-63, -0x1.115f4a93d8d3dp-68, 0x1.06a9ff1c19da6p-73, -0x1.dffed9ff98e85p-79,
    0x1.8011100000000p-3, -0x1.6ef537f9596b7p-2, 0x1.6eecd7d242b30p-1, -0x1.7e8eb7aba422ap-3,
    0x1.81f32ef6a0ffdp-4, -0x1.5a5e4fb02ff85p-5, 0x1.1ac71e7fa0308p-6, -0x1.aa789f07df589p-8,
    0x1.2c52f1e5e0601p-9, -0x1.8e4f9808ba791p-11, 0x1.f4b5f81698f3cp-13, -0x1.2bde5223f0708p-14,
    0x1.57bd5073f0a07p-16, -0x1.7ab8ef3c629d2p-18, 0x1.8d4a4c1c8ca9ep-20, -0x1.479c4ee66d8dfp-22,
    0x1.80ead197f00b4p-1, 0x0.0p+0, 0x1.25126c1543190p-1, -0x1.5b297ebb9a527p-4,
    0x1.2bad2862a3fddp-5, -0x1.d507ae5ca756fp-7, 0x1.526fe74d6d3edp-8, -0x1.c7c0250ab37f2p-10,
    0x1.20e4236f9f034p-11, -0x1.5b28580ae84cfp-13, 0x1.8d96b7563dee2p-15, -0x1.b3e46bed39c18p-17,
    0x1.cb2019cea82fdp-19, -0x1.d1fb8235c1cffp-21, 0x1.cde0968be8272p-23, -0x1.b35e5a9a2b2fap-25,
    0x1.4a9ea7637021ep+0, 0x1.27e84cc01501fp-2, 0x1.02e87303fde96p-1, -0x1.6a1c0587c3f31p-5,
    0x1.0f2808c2effe6p-6, -0x1.760663c2654c6p-8, 0x1.e14347f4ea2e6p-10, -0x1.2384db5bc2031p-11,
    0x1.4ee05cdf34f6bp-13, -0x1.6ecb566e113cap-15, 0x1.80cc77e51c072p-17, -0x1.8415c2b1f6225p-19,
    0x1.796de7da0ef89p-21, -0x1.632ee78c7f6d8p-23, 0x1.471be2294c763p-25, -0x1.119d054c729d1p-27,
    0x1.08780eb5f34e5p+1, 0x1.520aae2386560p-1, 0x1.d5f5f7a5ff47cp-2, -0x1.4835adb4caa0dp-6,
    0x1.969fa04f751f5p-8, -0x1.d8b017cd85befp-10, 0x1.03effb7eee8cbp-11, -0x1.10339c073e64fp-13,
    0x1.10c386a6392b9p-15, -0x1.069da8f99a6e5p-17, 0x1.e782fc96865eap-20, -0x1.b5769b47fb590p-22,
    0x1.7c32c4506f0bdp-24, -0x1.4119beaa82596p-26, 0x1.11cd6468498d9p-28, -0x1.b5bbeaea97846p-31,
    0x1.8cb68610ecf57p+1, 0x1.1e46945bf9eb3p+0, 0x1.b9f2c52c1ddc0p-2, -0x1.1683b93896ac9p-7,
    0x1.13776d18330a5p-9, -0x1.044c9d0aeb41dp-11, 0x1.d82f34bb80449p-14, -0x1.9ca107adebf39p-16,
    0x1.5c7efeaaa521bp-18, -0x1.1d35243c95c3ap-20, 0x1.c55d7ee40d37ap-23, -0x1.5e9dd7d689f0ep-25,
    0x1.08316110682a8p-27, -0x1.84ca6f6e0e84bp-30, 0x1.1fb8455b377d1p-32, -0x1.9429966df2621p-35,
    0x1.087773b5f34e5p+2, 0x1.8e8f4e4953bc7p+0, 0x1.ad2133b3bb538p-2, -0x1.162fff5a2e9cep-8,
    0x1.c4726ae57eac4p-11, -0x1.63db8b1c24113p-13, 0x1.0f6cb1ba7742cp-15, -0x1.926ef34d0aa44p-18,
    0x1.22874b8ce46c8p-20, -0x1.992f74e515e48p-23, 0x1.197dce92a112fp-25, -0x1.7ad46d33c4450p-28,
    0x1.f328fb185c390p-31, -0x1.428bdac61d09dp-33, 0x1.a2091c32a450cp-36, -0x1.00c16f2d283fep-38,
    0x1.4a9b1f637021ep+2, 0x1.fc786526caf25p+0, 0x1.a65cfd7d56eccp-2, -0x1.380902fcc54c2p-9,
    0x1.abdb9a1000b82p-12, -0x1.1e16bbd364152p-14, 0x1.75b93a3f68a65p-17, -0x1.dd8bf32b0361cp-20,
    0x1.2acf4640ce6fbp-22, -0x1.6e9eca9b1519cp-25, 0x1.b970ccb7654e9p-28, -0x1.050a4b9e416fep-30,
    0x1.2f71b4051bc47p-33, -0x1.5b64875aec3fcp-36, 0x1.8db9b460da0fap-39, -0x1.a18f657bb7234p-42,
    0x1.adc74b67ab5f4p+2, 0x1.4f77c740d01a2p+1, 0x1.a108079c89d54p-2, -0x1.31c40c13a3b26p-10,
    0x1.5110414b38d28p-13, -0x1.6d4b9e89a53f3p-16, 0x1.85829d046d78dp-19, -0x1.98eb590e0ffefp-22,
    0x1.a6eff699fb190p-25, -0x1.af3532b3c0c31p-28, 0x1.b19e2883c3a44p-31, -0x1.ae45152aaebb5p-34,
    0x1.a502a93a6a886p-37, -0x1.9755d899a3f7bp-40, 0x1.9a8602a9b13cep-43, -0x1.83bfc30d8c78fp-46,
    0x1.18feaa6152833p+3, 0x1.baa900cc55d22p+1, 0x1.9d9efdebf6713p-2, -0x1.1ef712e40360ap-11,
    0x1.f27e7ae9136f8p-15, -0x1.ac3ea15a5f6bbp-18, 0x1.6bff9049b3585p-21, -0x1.3235679d35da9p-24,
    0x1.fe09de25d115dp-28, -0x1.a4a5130174855p-31, 0x1.57a2f004536b8p-34, -0x1.1622d44206af3p-37,
    0x1.bdf4d3d7a70bfp-41, -0x1.628da40c0eebdp-44, 0x1.21bc059ede3e0p-47, -0x1.c5565e2590decp-51,
    0x1.5b208d0ecf56cp+3, 0x1.12a219cf28a99p+2, 0x1.9be750193c936p-2, -0x1.37fdd26f3d6d9p-12,
    0x1.bd9e5a1bebe74p-16, -0x1.3bd57655f6820p-19, 0x1.bc629993b3a8ep-23, -0x1.365d8e102961ap-26,
    0x1.ae73aa06bbd47p-30, -0x1.286cc790e7161p-33, 0x1.9579723bd77f2p-37, -0x1.137697b2d6d77p-40,
    0x1.73b988a9c4befp-44, -0x1.f2c786c8f4605p-48, 0x1.54d69da17b7eep-51, -0x1.baea9221b0f53p-55,
    0x1.9d3af5bc4c2a5p+3, 0x1.47be9ab578979p+2, 0x1.9aec825605252p-2, -0x1.7722f90a49cc4p-13,
    0x1.c6367e8e2da70p-17, -0x1.1176b90497739p-20, 0x1.477f779be4b87p-24, -0x1.861d66f947382p-28,
    0x1.ce42c8428532dp-32, -0x1.1074d08a9111bp-35, 0x1.3f8855bff4403p-39, -0x1.74da978f0b70dp-43,
    0x1.b0dcbcc5119e8p-47, -0x1.f4da3b0688e3ep-51, 0x1.251f1ce71e135p-54, -0x1.380164f70629cp-58,
    0x1.0034f0e043b3dp+4, 0x1.974231708425bp+2, 0x1.9a1780665bf6ap-2, -0x1.8e42fa8cd006ep-14,
    0x1.87f0bc64b6624p-18, -0x1.804c1e327ec31p-22, 0x1.776dd40471bc0p-26, -0x1.6d711ab4489dcp-30,
    0x1.627334daa4119p-34, -0x1.5692ec8353e0cp-38, 0x1.49f10725425f1p-42, -0x1.3cabb7a683ab6p-46,
    0x1.2e8bdccf28d55p-50, -0x1.2066d1599e19fp-54, 0x1.2110bc99e70aap-58, -0x1.11ad566650db5p-62,
    0x1.4255598dc0877p+4, 0x1.008d7e0bb66efp+3, 0x1.99841f68edad8p-2, -0x1.935c47fe670e0p-15,
    0x1.3d4358148aee9p-19, -0x1.f1e66e1d927bap-24, 0x1.85c531b452fa9p-28, -0x1.3068765729761p-32,
    0x1.da5fe86ce1ed3p-37, -0x1.70c44272153a5p-41, 0x1.1e032c47aa67ap-45, -0x1.baa51fb921ca3p-50,
    0x1.55963788f794fp-54, -0x1.071be3fa4cc41p-58, 0x1.a2d6e0182b935p-63, -0x1.4214752aa9ce1p-67,
    0x1.84729a3b3d5b0p+4, 0x1.356954ce932a3p+3, 0x1.9934dbd9494c8p-2, -0x1.cf067c3cead24p-16,
    0x1.2f1bfba38a745p-20, -0x1.8c30e30256938p-25, 0x1.02808d1271c2ap-29, -0x1.50c6bccf20583p-34,
    0x1.b6094ef7e2d2ep-39, -0x1.1c68b9234640dp-43, 0x1.70ba2c2322b74p-48, -0x1.dd456570201a1p-53,
    0x1.3452271b65574p-57, -0x1.8e10585c7cb25p-62, 0x1.06900b9091f9dp-66, -0x1.4974b683d7c93p-71,
    0x1.c68bade8ba2e9p+4, 0x1.6a39e30a1769ap+3, 0x1.99056cf19a6f4p-2, -0x1.21c3f670bdf92p-16,
    0x1.44cab5b49461ep-21, -0x1.6b9bf72985606p-26, 0x1.96928e263c186p-31, -0x1.c6102720afa3ap-36,
    0x1.fa7d9e3a6f786p-41, -0x1.1a25ad3c4a1efp-45, 0x1.39f8cda75d21cp-50, -0x1.5cf50424d7432p-55,
    0x1.835c2536ccf9dp-60, -0x1.afb0c22b6e45bp-65, 0x1.e458214541a90p-70, -0x1.88df374da0997p-75,
};
/* The same, transposed: column k of gelu64_slope_rows is at 16*k. */
static const double gelu64_slope_columns[256] = {
    0x1.14de87767ab5fp+5, 0x1.8011100000000p-3, 0x1.80ead197f00b4p-1, 0x1.4a9ea7637021ep+0,
    0x1.08780eb5f34e5p+1, 0x1.8cb68610ecf57p+1, 0x1.087773b5f34e5p+2, 0x1.4a9b1f637021ep+2,
    0x1.adc74b67ab5f4p+2, 0x1.18feaa6152833p+3, 0x1.5b208d0ecf56cp+3, 0x1.9d3af5bc4c2a5p+3,
    0x1.0034f0e043b3dp+4, 0x1.4255598dc0877p+4, 0x1.84729a3b3d5b0p+4, 0x1.c68bade8ba2e9p+4,
    0x1.b9736a6b630c0p+3, -0x1.6ef537f9596b7p-2, 0x0.0p+0, 0x1.27e84cc01501fp-2,
    0x1.520aae2386560p-1, 0x1.1e46945bf9eb3p+0, 0x1.8e8f4e4953bc7p+0, 0x1.fc786526caf25p+0,
    0x1.4f77c740d01a2p+1, 0x1.baa900cc55d22p+1, 0x1.12a219cf28a99p+2, 0x1.47be9ab578979p+2,
    0x1.974231708425bp+2, 0x1.008d7e0bb66efp+3, 0x1.356954ce932a3p+3, 0x1.6a39e30a1769ap+3,
    0x1.98db6bb24454ap-2, 0x1.6eecd7d242b30p-1, 0x1.25126c1543190p-1, 0x1.02e87303fde96p-1,
    0x1.d5f5f7a5ff47cp-2, 0x1.b9f2c52c1ddc0p-2, 0x1.ad2133b3bb538p-2, 0x1.a65cfd7d56eccp-2,
    0x1.a108079c89d54p-2, 0x1.9d9efdebf6713p-2, 0x1.9be750193c936p-2, 0x1.9aec825605252p-2,
    0x1.9a1780665bf6ap-2, 0x1.99841f68edad8p-2, 0x1.9934dbd9494c8p-2, 0x1.99056cf19a6f4p-2,
    -0x1.41520624c7fe4p-17, -0x1.7e8eb7aba422ap-3, -0x1.5b297ebb9a527p-4, -0x1.6a1c0587c3f31p-5,
    -0x1.4835adb4caa0dp-6, -0x1.1683b93896ac9p-7, -0x1.162fff5a2e9cep-8, -0x1.380902fcc54c2p-9,
    -0x1.31c40c13a3b26p-10, -0x1.1ef712e40360ap-11, -0x1.37fdd26f3d6d9p-12, -0x1.7722f90a49cc4p-13,
    -0x1.8e42fa8cd006ep-14, -0x1.935c47fe670e0p-15, -0x1.cf067c3cead24p-16, -0x1.21c3f670bdf92p-16,
    0x1.281da50fb2465p-22, 0x1.81f32ef6a0ffdp-4, 0x1.2bad2862a3fddp-5, 0x1.0f2808c2effe6p-6,
    0x1.969fa04f751f5p-8, 0x1.13776d18330a5p-9, 0x1.c4726ae57eac4p-11, 0x1.abdb9a1000b82p-12,
    0x1.5110414b38d28p-13, 0x1.f27e7ae9136f8p-15, 0x1.bd9e5a1bebe74p-16, 0x1.c6367e8e2da70p-17,
    0x1.87f0bc64b6624p-18, 0x1.3d4358148aee9p-19, 0x1.2f1bfba38a745p-20, 0x1.44cab5b49461ep-21,
    -0x1.10a9ca0a66454p-27, -0x1.5a5e4fb02ff85p-5, -0x1.d507ae5ca756fp-7, -0x1.760663c2654c6p-8,
    -0x1.d8b017cd85befp-10, -0x1.044c9d0aeb41dp-11, -0x1.63db8b1c24113p-13, -0x1.1e16bbd364152p-14,
    -0x1.6d4b9e89a53f3p-16, -0x1.ac3ea15a5f6bbp-18, -0x1.3bd57655f6820p-19, -0x1.1176b90497739p-20,
    -0x1.804c1e327ec31p-22, -0x1.f1e66e1d927bap-24, -0x1.8c30e30256938p-25, -0x1.6b9bf72985606p-26,
    0x1.f5b925ae76babp-33, 0x1.1ac71e7fa0308p-6, 0x1.526fe74d6d3edp-8, 0x1.e14347f4ea2e6p-10,
    0x1.03effb7eee8cbp-11, 0x1.d82f34bb80449p-14, 0x1.0f6cb1ba7742cp-15, 0x1.75b93a3f68a65p-17,
    0x1.85829d046d78dp-19, 0x1.6bff9049b3585p-21, 0x1.bc629993b3a8ep-23, 0x1.477f779be4b87p-24,
    0x1.776dd40471bc0p-26, 0x1.85c531b452fa9p-28, 0x1.02808d1271c2ap-29, 0x1.96928e263c186p-31,
    -0x1.cd3a46c89f0e6p-38, -0x1.aa789f07df589p-8, -0x1.c7c0250ab37f2p-10, -0x1.2384db5bc2031p-11,
    -0x1.10339c073e64fp-13, -0x1.9ca107adebf39p-16, -0x1.926ef34d0aa44p-18, -0x1.dd8bf32b0361cp-20,
    -0x1.98eb590e0ffefp-22, -0x1.3235679d35da9p-24, -0x1.365d8e102961ap-26, -0x1.861d66f947382p-28,
    -0x1.6d711ab4489dcp-30, -0x1.3068765729761p-32, -0x1.50c6bccf20583p-34, -0x1.c6102720afa3ap-36,
    0x1.a7a74b1b47454p-43, 0x1.2c52f1e5e0601p-9, 0x1.20e4236f9f034p-11, 0x1.4ee05cdf34f6bp-13,
    0x1.10c386a6392b9p-15, 0x1.5c7efeaaa521bp-18, 0x1.22874b8ce46c8p-20, 0x1.2acf4640ce6fbp-22,
    0x1.a6eff699fb190p-25, 0x1.fe09de25d115dp-28, 0x1.ae73aa06bbd47p-30, 0x1.ce42c8428532dp-32,
    0x1.627334daa4119p-34, 0x1.da5fe86ce1ed3p-37, 0x1.b6094ef7e2d2ep-39, 0x1.fa7d9e3a6f786p-41,
    -0x1.84d295bcbb198p-48, -0x1.8e4f9808ba791p-11, -0x1.5b28580ae84cfp-13, -0x1.6ecb566e113cap-15,
    -0x1.069da8f99a6e5p-17, -0x1.1d35243c95c3ap-20, -0x1.992f74e515e48p-23, -0x1.6e9eca9b1519cp-25,
    -0x1.af3532b3c0c31p-28, -0x1.a4a5130174855p-31, -0x1.286cc790e7161p-33, -0x1.1074d08a9111bp-35,
    -0x1.5692ec8353e0cp-38, -0x1.70c44272153a5p-41, -0x1.1c68b9234640dp-43, -0x1.1a25ad3c4a1efp-45,
    0x1.649167fb2640ep-53, 0x1.f4b5f81698f3cp-13, 0x1.8d96b7563dee2p-15, 0x1.80cc77e51c072p-17,
    0x1.e782fc96865eap-20, 0x1.c55d7ee40d37ap-23, 0x1.197dce92a112fp-25, 0x1.b970ccb7654e9p-28,
    0x1.b19e2883c3a44p-31, 0x1.57a2f004536b8p-34, 0x1.9579723bd77f2p-37, 0x1.3f8855bff4403p-39,
    0x1.49f10725425f1p-42, 0x1.1e032c47aa67ap-45, 0x1.70ba2c2322b74p-48, 0x1.39f8cda75d21cp-50,
    -0x1.46b86b38048d1p-58, -0x1.2bde5223f0708p-14, -0x1.b3e46bed39c18p-17, -0x1.8415c2b1f6225p-19,
    -0x1.b5769b47fb590p-22, -0x1.5e9dd7d689f0ep-25, -0x1.7ad46d33c4450p-28, -0x1.050a4b9e416fep-30,
    -0x1.ae45152aaebb5p-34, -0x1.1622d44206af3p-37, -0x1.137697b2d6d77p-40, -0x1.74da978f0b70dp-43,
    -0x1.3cabb7a683ab6p-46, -0x1.baa51fb921ca3p-50, -0x1.dd456570201a1p-53, -0x1.5cf50424d7432p-55,
    0x1.2ad5ddd21ece2p-63, 0x1.57bd5073f0a07p-16, 0x1.cb2019cea82fdp-19, 0x1.796de7da0ef89p-21,
    0x1.7c32c4506f0bdp-24, 0x1.08316110682a8p-27, 0x1.f328fb185c390p-31, 0x1.2f71b4051bc47p-33,
    0x1.a502a93a6a886p-37, 0x1.bdf4d3d7a70bfp-41, 0x1.73b988a9c4befp-44, 0x1.b0dcbcc5119e8p-47,
    0x1.2e8bdccf28d55p-50, 0x1.55963788f794fp-54, 0x1.3452271b65574p-57, 0x1.835c2536ccf9dp-60,
    -0x1.115f4a93d8d3dp-68, -0x1.7ab8ef3c629d2p-18, -0x1.d1fb8235c1cffp-21, -0x1.632ee78c7f6d8p-23,
    -0x1.4119beaa82596p-26, -0x1.84ca6f6e0e84bp-30, -0x1.428bdac61d09dp-33, -0x1.5b64875aec3fcp-36,
    -0x1.9755d899a3f7bp-40, -0x1.628da40c0eebdp-44, -0x1.f2c786c8f4605p-48, -0x1.f4da3b0688e3ep-51,
    -0x1.2066d1599e19fp-54, -0x1.071be3fa4cc41p-58, -0x1.8e10585c7cb25p-62, -0x1.afb0c22b6e45bp-65,
    0x1.06a9ff1c19da6p-73, 0x1.8d4a4c1c8ca9ep-20, 0x1.cde0968be8272p-23, 0x1.471be2294c763p-25,
    0x1.11cd6468498d9p-28, 0x1.1fb8455b377d1p-32, 0x1.a2091c32a450cp-36, 0x1.8db9b460da0fap-39,
    0x1.9a8602a9b13cep-43, 0x1.21bc059ede3e0p-47, 0x1.54d69da17b7eep-51, 0x1.251f1ce71e135p-54,
    0x1.2110bc99e70aap-58, 0x1.a2d6e0182b935p-63, 0x1.06900b9091f9dp-66, 0x1.e458214541a90p-70,
    -0x1.dffed9ff98e85p-79, -0x1.479c4ee66d8dfp-22, -0x1.b35e5a9a2b2fap-25, -0x1.119d054c729d1p-27,
    -0x1.b5bbeaea97846p-31, -0x1.9429966df2621p-35, -0x1.00c16f2d283fep-38, -0x1.a18f657bb7234p-42,
    -0x1.83bfc30d8c78fp-46, -0x1.c5565e2590decp-51, -0x1.baea9221b0f53p-55, -0x1.380164f70629cp-58,
    -0x1.11ad566650db5p-62, -0x1.4214752aa9ce1p-67, -0x1.4974b683d7c93p-71, -0x1.88df374da0997p-75,
};
#define GELU64_ZERO_VALUE_LOW 0x1.3bdb95217ce99p-57 /* c0 of the row of the zero of gelu', 0 in the table */
#define GELU64_ZERO_SLOPE_LOW -0x1.657a6a16e04d7p-55 /* and the second word of its c1 */

#endif
