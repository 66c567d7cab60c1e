#include "link.h"

#include <avr/pgmspace.h>
#include <util/crc16.h>

#include "clock.h"
#include "uart.h"

static uint8_t frame[MOST_SENT + 2]; /* payload and its check */
static uint8_t filled;
static uint16_t number;

static uint16_t check(const uint8_t *bytes, uint8_t count) {
    uint16_t crc = 0xFFFF;
    while (count--)
        crc = _crc_xmodem_update(crc, *bytes++);
    return crc;
}

void frame_u8(uint8_t value) {
    if (filled < MOST_SENT)
        frame[filled++] = value;
}

void frame_u16(uint16_t value) {
    frame_u8(value);
    frame_u8(value >> 8);
}

void frame_begin(uint8_t type) {
    uint32_t now = clock_ms();
    filled = 0;
    frame_u8(type);
    frame_u16(number++);
    frame_u16(now);
    frame_u16(now >> 16);
}

void frame_flash(const void *bytes, uint8_t count) {
    const uint8_t *next = bytes;
    while (count--)
        frame_u8(pgm_read_byte(next++));
}

void frame_send(void) {
    uint16_t crc = check(frame, filled);
    uint8_t from = 0, end;
    frame[filled++] = crc;
    frame[filled++] = crc >> 8;
    do { /* one COBS block: how far to the next zero, then what stands before it */
        for (end = from; end < filled && frame[end]; end++)
            ;
        uart_put(end - from + 1);
        while (from < end)
            uart_put(frame[from++]);
        from++;
    } while (end < filled);
    uart_put(0);
}

uint8_t frame_heard(uint8_t payload[MOST_HEARD]) {
    static uint8_t heard[MOST_HEARD + 2], length, to_zero, first, spoilt;
    int16_t byte;
    while ((byte = uart_get()) >= 0) {
        if (byte == 0) {
            uint8_t whole = !spoilt && to_zero == 0 && length > 2 && check(heard, length - 2) ==
                                (uint16_t)(heard[length - 2] | heard[length - 1] << 8);
            uint8_t taken = whole ? length - 2 : 0;
            for (uint8_t i = 0; i < taken; i++)
                payload[i] = heard[i];
            length = to_zero = first = spoilt = 0;
            if (taken)
                return taken;
            continue;
        }
        if (to_zero == 0) { /* a block begins; between two of them stood a zero */
            to_zero = byte - 1;
            if (first++ == 0)
                continue;
            byte = 0;
        } else {
            to_zero--;
        }
        if (length < sizeof heard)
            heard[length++] = byte;
        else
            spoilt = 1;
    }
    return 0;
}
