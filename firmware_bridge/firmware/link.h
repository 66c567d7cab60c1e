/* Sensor link v1 (../PROTOCOL.md): payloads with CRC-16/CCITT-FALSE, COBS, 00 behind each frame. Numbers little-endian. */
#ifndef LINK_H
#define LINK_H

#include <stdint.h>

enum { MOST_SENT = 96, MOST_HEARD = 8 }; /* bytes of a payload to the bridge; of a payload from it */

/* Begins a frame of this type; it carries the next number and the time. */
void frame_begin(uint8_t type);
void frame_u8(uint8_t value);
void frame_u16(uint16_t value);
/* Bytes that lie in flash. */
void frame_flash(const void *bytes, uint8_t count);
/* Sends what was begun; waits until the last byte is on its way. */
void frame_send(void);

/* Takes the next whole and undamaged frame from the bridge: its payload's length, 0 when there is none yet. */
uint8_t frame_heard(uint8_t payload[MOST_HEARD]);

#endif
