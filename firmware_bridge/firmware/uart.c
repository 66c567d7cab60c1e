#include "uart.h"

#include <avr/interrupt.h>
#include <avr/io.h>

enum { RING = 32 }; /* a power of two */

static volatile uint8_t ring[RING], put_at, taken_at;

ISR(USART_RX_vect) {
    uint8_t byte = UDR0, next = (put_at + 1) & (RING - 1);
    if (next != taken_at) { /* a full ring loses bytes: the frame's check will fail */
        ring[put_at] = byte;
        put_at = next;
    }
}

void uart_start(void) {
    UCSR0A = _BV(U2X0); /* before UBRR: simavr takes the rate when UBRR is written */
    UBRR0 = (F_CPU / 4 / BAUD - 1) / 2;
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
}

void uart_put(uint8_t byte) {
    while (!(UCSR0A & _BV(UDRE0)))
        ;
    UDR0 = byte;
}

int16_t uart_get(void) {
    if (taken_at == put_at)
        return -1;
    uint8_t byte = ring[taken_at];
    taken_at = (taken_at + 1) & (RING - 1);
    return byte;
}
