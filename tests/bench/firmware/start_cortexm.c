/* SPDX-FileCopyrightText: The femtocontainer authors */
/* SPDX-License-Identifier: MIT */
/* Start-up code for QEMU's mps2 boards with newlib's semihosting library. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern uint32_t stack_top, data_start, data_end, data_load, bss_start, bss_end;
int main(int argc, char **argv);
void initialise_monitor_handles(void);

void reset_handler(void)
{
    memcpy(&data_start, &data_load, (size_t)((char *)&data_end - (char *)&data_start));
    memset(&bss_start, 0, (size_t)((char *)&bss_end - (char *)&bss_start));
    initialise_monitor_handles();
    exit(main(0, NULL));
}

/* Any exception ends the run: print one line (SYS_WRITE0) and leave. */
static void fault_handler(void)
{
    static const char line[] = "cpu exception\n";
    register int operation __asm__("r0") = 4;
    register const char *argument __asm__("r1") = line;

    __asm__ volatile ("bkpt 0xab" : "+r" (operation) : "r" (argument) : "memory");
    exit(3);
}

__attribute__((section(".vectors"), used))
static const void *const vectors[16] = {
    &stack_top, (const void *)reset_handler,
    (const void *)fault_handler, (const void *)fault_handler, (const void *)fault_handler,
    (const void *)fault_handler, (const void *)fault_handler, 0, 0, 0, 0,
    (const void *)fault_handler, (const void *)fault_handler, 0,
    (const void *)fault_handler, (const void *)fault_handler,
};

/* newlib's exit() calls these; there is nothing to do. */
void _init(void) {}
void _fini(void) {}
