/* Milliseconds since the start, by timer 1 (timer 0 is missing in QEMU's board). */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

void clock_start(void);
uint32_t clock_ms(void);

#endif
