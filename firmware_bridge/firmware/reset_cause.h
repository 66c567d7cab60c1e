/* Why the board began anew, and the watchdog that may be the reason. */
#ifndef RESET_CAUSE_H
#define RESET_CAUSE_H

#include <stdint.h>

enum { POWER_ON = 0x01, EXTERNAL = 0x02, BROWN_OUT = 0x04, WATCHDOG = 0x08 };

/* The bits of the reset register, completed where a boot loader has cleared it; 0 when nobody knows. Ask once. */
uint8_t reset_cause(void);
/* From now on wdt_reset() is due at least every 250 ms; a board that hangs begins anew within 0.6 s. */
void watchdog_start(void);

#endif
