/* Sensor boards at line rate: frames of link v1 (firmware_bridge/PROTOCOL.md) on pseudo terminals, paced by the clock.
 *
 *     frame_sender PORTS FRAMES_PER_SECOND SECONDS
 *
 * Prints the ports' paths, waits for a line on standard input, sends, and prints how many frames each port was given.
 * A serial line does not wait for its reader: what the terminal does not take is lost, and its number with it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { MOST_PORTS = 16, CHANNELS = 6 };

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

static uint16_t crc16(const uint8_t *bytes, int count) {
    uint16_t crc = 0xFFFF;
    for (int i = 0; i < count; i++) {
        crc ^= (uint16_t)(bytes[i] << 8);
        for (int bit = 0; bit < 8; bit++) crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

static int stuff(const uint8_t *from, int count, uint8_t *to) {
    int length_at = 0, at = 1;
    for (int i = 0; i < count; i++) {
        if (from[i]) {
            to[at++] = from[i];
        } else {
            to[length_at] = (uint8_t)(at - length_at);
            length_at = at++;
        }
    }
    to[length_at] = (uint8_t)(at - length_at);
    to[at++] = 0;
    return at;
}

/* Six readings that belong together: whoever reads them can tell whether a frame is whole. */
static int frame(uint32_t number, uint32_t t_ms, int port, uint8_t *to) {
    uint8_t payload[22] = {0x64, (uint8_t)number, (uint8_t)(number >> 8)};
    memcpy(payload + 3, &t_ms, 4);
    payload[7] = CHANNELS;
    for (int channel = 0; channel < CHANNELS; channel++) {
        uint16_t value = (uint16_t)((number * 7u + (uint32_t)channel * 31u + (uint32_t)port * 101u) & 0x7FFF);
        memcpy(payload + 8 + 2 * channel, &value, 2);
    }
    uint16_t crc = crc16(payload, 20);
    memcpy(payload + 20, &crc, 2);
    return stuff(payload, 22, to);
}

int main(int argc, char **argv) {
    if (argc != 4) return 3;
    int ports = atoi(argv[1]), lines[MOST_PORTS];
    double rate = atof(argv[2]), span = atof(argv[3]);
    if (ports < 1 || ports > MOST_PORTS) return 3;
    for (int i = 0; i < ports; i++) {
        lines[i] = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
        if (lines[i] < 0 || grantpt(lines[i]) || unlockpt(lines[i])) return 2;
        struct termios settings;
        tcgetattr(lines[i], &settings);
        cfmakeraw(&settings);
        tcsetattr(lines[i], TCSANOW, &settings);
        printf("%s\n", ptsname(lines[i]));
    }
    fflush(stdout);
    char line[16];
    if (!fgets(line, sizeof line, stdin)) return 0;
    double begun = seconds_now();
    uint32_t sent = 0;
    for (double now = begun; now < begun + span; now = seconds_now()) {
        uint32_t due = (uint32_t)((now - begun) * rate);
        for (; sent < due; sent++) {
            for (int i = 0; i < ports; i++) {
                uint8_t bytes[40];
                int count = frame(sent, (uint32_t)((now - begun) * 1000), i, bytes);
                if (write(lines[i], bytes, (size_t)count) < 0) continue;
            }
        }
        for (int i = 0; i < ports; i++) {
            uint8_t asked[256];
            while (read(lines[i], asked, sizeof asked) > 0) continue;
        }
        struct timespec pause = {0, 1000000};
        nanosleep(&pause, NULL);
    }
    printf("%u\n", sent);
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin)) return 0;
    return 0;
}
