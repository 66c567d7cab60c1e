#include "reset_cause.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/wdt.h>

/* Memory that no start clears. A boot loader such as optiboot clears the reset register before we see it; this word
 * lives on, and the watchdog writes it on its first stroke, before its second one resets. */
static const uint32_t BY_WATCHDOG = 0x57A7CD06;
static volatile uint32_t marker __attribute__((section(".noinit")));
static uint8_t register_at_start __attribute__((section(".noinit")));

/* After a watchdog reset the watchdog runs on with its shortest time: it must be stopped before memory is cleared. */
__attribute__((naked, used, section(".init3"))) void take_reset_register(void) {
    register_at_start = MCUSR;
    MCUSR = 0;
    wdt_disable();
}

ISR(WDT_vect) {
    marker = BY_WATCHDOG;
    for (;;)
        ; /* the next stroke resets */
}

uint8_t reset_cause(void) {
    uint8_t cause = register_at_start;
    if (marker == BY_WATCHDOG && !(cause & POWER_ON)) /* after a power cut memory holds anything */
        cause |= WATCHDOG;
    marker = 0;
    return cause;
}

void watchdog_start(void) {
    cli();
    wdt_reset();
    WDTCSR = _BV(WDCE) | _BV(WDE);
    WDTCSR = _BV(WDIE) | _BV(WDE) | _BV(WDP2); /* 250 ms: first an interrupt, then a reset */
    sei();
}
