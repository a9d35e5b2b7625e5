/* Which instruction sets are compiled in, which of them the processor and the operating system support, and which
 * one is used.  Reading the processor's registers and deciding are apart, so that a test can decide for processors
 * that are not there. */
#ifndef FA_DISPATCH_H
#define FA_DISPATCH_H
#include <stddef.h>
#include <stdint.h>

#include "kernels.h"
#include "rows.h"

/* What the decision depends on (x86; elsewhere all 0). */
struct fa_registers {
    uint32_t max_leaf;  /* CPUID(0).EAX */
    uint32_t leaf1_ecx; /* CPUID(1).ECX */
    uint32_t leaf7_ebx; /* CPUID(7, 0).EBX, 0 where max_leaf < 7 */
    uint64_t xcr0;      /* XGETBV(0): the registers that the system saves; 0 where OSXSAVE is not set */
};

struct fa_isa {
    const char *name;
    const fa_elementwise *elementwise;
    const fa_row_table *rows;
    const fa_staged_table *staged;
    struct fa_registers needs; /* the least max_leaf, and the bits that must be set */
};

void fa_read_registers(struct fa_registers *registers);

/* The instruction sets compiled in, best first; the last one, portable, runs everywhere. */
const struct fa_isa *fa_isas(int *count);

int fa_supported(const struct fa_isa *isa, const struct fa_registers *registers);

/* The instruction set to use: the best supported one, or the one named by `wanted`, the value of FASTACT_ISA (NULL or
 * "" where it is not set).  `why` then says why.  NULL where `wanted` is unknown or not supported: `why` is the text
 * of the error. */
const struct fa_isa *fa_select(const char *wanted, const struct fa_registers *registers, char *why, size_t size);

#endif
