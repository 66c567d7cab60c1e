/* The reference board: four analogue channels over sensor link v1 (../PROTOCOL.md).
 *
 * To build firmware for another board, change `channels` and the texts in the Makefile; the rest stays. */
#include <avr/interrupt.h>
#include <avr/pgmspace.h>
#include <avr/wdt.h>

#include "channels.h"
#include "clock.h"
#include "link.h"
#include "reset_cause.h"
#include "uart.h"

enum { SHORTEST_PERIOD_MS = 20, LONGEST_PERIOD_MS = 60000 };

static uint16_t period_ms = PERIOD_MS;

#define FIELD(name, words)                                                                                            \
    struct {                                                                                                          \
        uint8_t tag, length;                                                                                          \
        char text[sizeof words - 1];                                                                                  \
    } name

static const struct {
    FIELD(name, FIRMWARE_NAME);
    FIELD(version, FIRMWARE_VERSION);
    FIELD(git_id, GIT_ID);
    FIELD(board, BOARD_ID);
} ident PROGMEM = {
    {1, sizeof FIRMWARE_NAME - 1, FIRMWARE_NAME},
    {2, sizeof FIRMWARE_VERSION - 1, FIRMWARE_VERSION},
    {3, sizeof GIT_ID - 1, GIT_ID},
    {4, sizeof BOARD_ID - 1, BOARD_ID},
};
_Static_assert(sizeof ident + 7 <= MOST_SENT, "the ident frame's texts are too long");

static void send_boot(void) {
    uart_put(0); /* what was half sent before the reset ends here */
    frame_begin('b');
    frame_u8(reset_cause());
    frame_send();
}

static void send_ident(void) {
    frame_begin('i');
    frame_flash(&ident, sizeof ident);
    frame_send();
}

static void send_readings(void) {
    frame_begin('d');
    frame_u8(CHANNELS);
    for (uint8_t channel = 0; channel < CHANNELS; channel++)
        frame_u16(channel_read(channel));
    frame_send();
}

static void set_period(uint16_t wanted) {
    period_ms = wanted < SHORTEST_PERIOD_MS ? SHORTEST_PERIOD_MS : wanted > LONGEST_PERIOD_MS ? LONGEST_PERIOD_MS : wanted;
    frame_begin('r');
    frame_u16(period_ms);
    frame_send();
}

static void follow(const uint8_t *order, uint8_t length) {
    switch (order[0]) {
    case 'P':
        frame_begin('p');
        frame_send();
        break;
    case 'I':
        send_ident();
        break;
    case 'R':
        if (length >= 3)
            set_period(order[1] | order[2] << 8);
        break;
#ifdef HANG_COMMAND
    case 'H':
        for (;;)
            ;
#endif
    }
}

int main(void) {
    uint8_t order[MOST_HEARD], length;
    uint32_t sent_at;
    watchdog_start();
    uart_start();
    clock_start();
    channels_start();
    sei();
    send_boot();
    send_ident();
    sent_at = clock_ms();
    for (;;) {
        wdt_reset();
        if ((length = frame_heard(order)) != 0)
            follow(order, length);
        if (clock_ms() - sent_at >= period_ms) {
            sent_at += period_ms;
            send_readings();
        }
    }
}
