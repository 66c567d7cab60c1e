/* The four analogue channels A0 to A3, against AVCC: 0 to 1023. */
#ifndef CHANNELS_H
#define CHANNELS_H

#include <stdint.h>

enum { CHANNELS = 4 };

void channels_start(void);
/* Waits for one conversion, 0.1 ms. */
uint16_t channel_read(uint8_t channel);

#endif
