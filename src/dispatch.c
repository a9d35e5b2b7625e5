/* The choice of an instruction set; see dispatch.h.
 *
 * A set is used only where every feature that its compiler flags name is there and the operating system saves its
 * registers: one missing bit would be an illegal instruction on somebody else's machine.  A flag added in setup.py is
 * a bit added here.
 *
 * avx512 stands above avx2 on every processor that has it, the first generations (Skylake-X, Cascade Lake) included,
 * whose clock goes down under 512-bit arithmetic, by some 15 % against AVX2: the loops gain a factor of 1.3 to 1.9,
 * and the 512-bit loops of NumPy and oneDNN run beside them.  FASTACT_ISA=avx2 is for those whose other work on the
 * same core suffers. */
#include "dispatch.h"

#include <stdio.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

/* CPUID(1).ECX */
#define FMA (UINT32_C(1) << 12)
#define OSXSAVE (UINT32_C(1) << 27)
#define AVX (UINT32_C(1) << 28)
#define F16C (UINT32_C(1) << 29)
/* CPUID(7, 0).EBX */
#define AVX2 (UINT32_C(1) << 5)
#define AVX512F (UINT32_C(1) << 16)
#define AVX512DQ (UINT32_C(1) << 17)
#define AVX512BW (UINT32_C(1) << 30)
#define AVX512VL (UINT32_C(1) << 31)
/* XCR0 */
#define XMM_YMM 0x06
#define MASKS_ZMM 0xe0

#define ISA(name) #name, &fa_elementwise_##name, &fa_rows_##name, &fa_staged_##name

static const struct fa_isa isas[] = {
#ifdef FA_HAVE_avx512
    {ISA(avx512),
     {7, OSXSAVE | AVX | F16C | FMA, AVX2 | AVX512F | AVX512DQ | AVX512BW | AVX512VL, XMM_YMM | MASKS_ZMM}},
#endif
#ifdef FA_HAVE_avx2
    {ISA(avx2), {7, OSXSAVE | AVX | F16C | FMA, AVX2, XMM_YMM}},
#endif
#ifdef FA_HAVE_neon
    {ISA(neon), {0, 0, 0, 0}}, /* part of every AArch64 */
#endif
    {ISA(portable), {0, 0, 0, 0}},
};
enum { COUNT = sizeof isas / sizeof *isas };

const struct fa_isa *fa_isas(int *count)
{
    *count = COUNT;
    return isas;
}

void fa_read_registers(struct fa_registers *r)
{
    *r = (struct fa_registers){0};
#if defined(__x86_64__) || defined(__i386__)
    unsigned eax, ebx, ecx, edx;
    r->max_leaf = __get_cpuid_max(0, NULL);
    if (r->max_leaf < 1)
        return;
    __cpuid(1, eax, ebx, ecx, edx);
    r->leaf1_ecx = ecx;
    if (r->max_leaf >= 7) {
        __cpuid_count(7, 0, eax, ebx, ecx, edx);
        r->leaf7_ebx = ebx;
    }
    if (r->leaf1_ecx & OSXSAVE) {
        __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
        r->xcr0 = (uint64_t)edx << 32 | eax;
    }
#endif
}

int fa_supported(const struct fa_isa *isa, const struct fa_registers *r)
{
    const struct fa_registers *needs = &isa->needs;
    return r->max_leaf >= needs->max_leaf && !(needs->leaf1_ecx & ~r->leaf1_ecx) &&
           !(needs->leaf7_ebx & ~r->leaf7_ebx) && !(needs->xcr0 & ~r->xcr0);
}

/* "portable, avx2, avx512": the sets from the plainest up to isas[first]. */
static const char *names_up_to(int first, char *text, size_t size)
{
    size_t used = 0;
    text[0] = 0;
    for (int i = COUNT - 1; i >= first && used < size; i--)
        used += snprintf(text + used, size - used, "%s%s", used ? ", " : "", isas[i].name);
    return text;
}

const struct fa_isa *fa_select(const char *wanted, const struct fa_registers *registers, char *why, size_t size)
{
    char names[64];
    int best = 0, asked = 0;
    while (!fa_supported(&isas[best], registers))
        best++;
    if (!wanted || !*wanted) {
        snprintf(why, size, "the best that this processor supports");
        return &isas[best];
    }
    while (asked < COUNT && strcmp(isas[asked].name, wanted))
        asked++;
    if (asked == COUNT)
        snprintf(why, size, "FASTACT_ISA='%.40s': not one of %s (this processor supports up to %s)", wanted,
                 names_up_to(0, names, sizeof names), isas[best].name);
    else if (!fa_supported(&isas[asked], registers))
        snprintf(why, size, "FASTACT_ISA='%s': above this processor, which supports up to %s; choose one of %s", wanted,
                 isas[best].name, names_up_to(best, names, sizeof names));
    else {
        snprintf(why, size, "FASTACT_ISA");
        return &isas[asked];
    }
    return NULL;
}
