/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
/* One line a measurement; tests/bench/firmware.go reads them. */
#ifndef REPORT_H
#define REPORT_H

#include <stdint.h>
#include <stdio.h>

/* newlib-nano's printf has no 64-bit conversions, so 64-bit values are printed in halves. */
static inline void report(const char *workload, const char *bytecode, uint32_t load, uint32_t verify,
                          uint32_t run, uint64_t result, uint32_t fuel, unsigned status, uint32_t stack)
{
    printf("row %s %s load=%lu verify=%lu run=%lu r0=%08lx%08lx fuel=%lu status=%u stack=%lu\n",
           workload, bytecode, (unsigned long)load, (unsigned long)verify, (unsigned long)run,
           (unsigned long)(uint32_t)(result >> 32), (unsigned long)(uint32_t)result,
           (unsigned long)fuel, status, (unsigned long)stack);
}

#endif
