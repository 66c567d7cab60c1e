#include "clock.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

static volatile uint32_t milliseconds;

ISR(TIMER1_COMPA_vect) { milliseconds++; }

void clock_start(void) {
    OCR1A = F_CPU / 64 / 1000 - 1;
    TCCR1B = _BV(WGM12) | _BV(CS11) | _BV(CS10); /* begin anew at OCR1A, clock / 64 */
    TIMSK1 = _BV(OCIE1A);
}

uint32_t clock_ms(void) {
    uint32_t now;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { now = milliseconds; }
    return now;
}
