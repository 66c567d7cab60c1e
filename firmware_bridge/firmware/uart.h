/* UART0, 8N1 at BAUD: what arrives is kept by an interrupt, what is sent is waited for. */
#ifndef UART_H
#define UART_H

#include <stdint.h>

void uart_start(void);
void uart_put(uint8_t byte);
/* The next byte that arrived, or -1. */
int16_t uart_get(void);

#endif
