/* Boxes, or a listener that stores nothing, on a plain MQTT 3.1.1 port of this machine: the load of measure_province.
 *
 *   telemetry_load publish PORT TRAFFIC WINDOW WORDS_PER_SECOND   every box of the file, each with its own connection:
 *       go-back-N with at most WINDOW messages ahead of the mark, from the mark on again after 2 s without progress (4,
 *       8, ... while there is none); 0 words per second: as fast as the marks allow. Ends when everything is marked; prints one line of JSON.
 *   telemetry_load listen PORT TRAFFIC                            in place of central's program: takes each message,
 *       compares it with the file, acknowledges it and answers with marks. Until SIGTERM.
 *
 * TRAFFIC (little-endian, packed): u32 boxes; each: u16 length and name, u16 length and topic, u32 messages; each: u64
 * last row, u32 words, u32 length and payload. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <search.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mqtt_line.h"

#define RETRY_NS 2000000000ULL
#define MARK_NS 20000000ULL

typedef struct {
    uint64_t last, sent_at;
    uint32_t words, length;
    const uint8_t *payload;
    float took_ms;
} message;

typedef struct {
    char name[80], topic[120];
    message *messages;
    uint32_t count, sent, marked;
    uint64_t progress_at, patience_ns;
    int touched;
    line wire;
} box;

static box *boxes;
static uint32_t box_count;
static uint64_t resent;
static volatile sig_atomic_t ended;

/* ---- the traffic ---- */

static const uint8_t *take(const uint8_t **at, size_t length) {
    const uint8_t *here = *at;
    *at += length;
    return here;
}

static uint64_t number(const uint8_t **at, int length) {
    uint64_t value = 0;
    const uint8_t *bytes = take(at, (size_t)length);
    for (int i = length - 1; i >= 0; i--) value = value << 8 | bytes[i];
    return value;
}

static void text(const uint8_t **at, char *into, size_t room) {
    size_t length = number(at, 2);
    if (length >= room) stop_with("a name is too long");
    memcpy(into, take(at, length), length);
    into[length] = 0;
}

static void read_traffic(const char *path) {
    int file = open(path, O_RDONLY);
    struct stat about;
    if (file < 0 || fstat(file, &about) < 0) stop_with(path);
    const uint8_t *at = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (at == MAP_FAILED) stop_with("mmap");
    box_count = (uint32_t)number(&at, 4);
    boxes = need(calloc(box_count, sizeof *boxes));
    for (uint32_t i = 0; i < box_count; i++) {
        text(&at, boxes[i].name, sizeof boxes[i].name);
        text(&at, boxes[i].topic, sizeof boxes[i].topic);
        boxes[i].count = (uint32_t)number(&at, 4);
        boxes[i].messages = need(calloc(boxes[i].count, sizeof(message)));
        for (uint32_t n = 0; n < boxes[i].count; n++) {
            message *one = &boxes[i].messages[n];
            one->last = number(&at, 8);
            one->words = (uint32_t)number(&at, 4);
            one->length = (uint32_t)number(&at, 4);
            one->payload = take(&at, one->length);
        }
    }
}

/* ---- boxes ---- */

static void hear_mark(void *whose, const char *topic, size_t topic_length, const uint8_t *payload, size_t length) {
    (void)topic, (void)topic_length;
    box *one = whose;
    const uint8_t *found = memmem(payload, length, "\"held\":", 7);
    uint64_t held = 0, now = now_ns();
    if (!found) return;
    for (found += 7; found < payload + length && *found >= '0' && *found <= '9'; found++) held = held * 10 + *found - '0';
    while (one->marked < one->count && one->messages[one->marked].last <= held) {
        message *done = &one->messages[one->marked++];
        done->took_ms = (float)(now - done->sent_at) / 1e6f;
        one->progress_at = now;
        one->patience_ns = RETRY_NS;
    }
    if (one->sent < one->marked) one->sent = one->marked;
}

static void send_due(box *one, uint32_t window, double step_ns, uint32_t place, uint64_t began, uint64_t now) {
    if (one->sent > one->marked && now > one->progress_at + one->patience_ns) {
        one->patience_ns *= 2; /* a busy centre is not helped by repeats */
        resent += one->sent - one->marked;
        one->sent = one->marked;
        one->progress_at = now;
    }
    while (one->sent < one->count && one->sent - one->marked < window) {
        message *next = &one->messages[one->sent];
        if (step_ns > 0 && now < began + (uint64_t)((one->sent + (double)place / box_count) * step_ns)) break;
        if (one->sent == one->marked) one->progress_at = now;
        if (!next->sent_at) next->sent_at = now;
        put_publish(&one->wire, one->topic, next->payload, next->length);
        one->sent++;
    }
}

static int by_size(const void *left, const void *right) {
    float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

static void report(uint64_t took_ns) {
    uint64_t messages = 0, words = 0, at = 0;
    for (uint32_t i = 0; i < box_count; i++) messages += boxes[i].count;
    float *times = need(malloc(messages * sizeof *times));
    for (uint32_t i = 0; i < box_count; i++)
        for (uint32_t n = 0; n < boxes[i].count; n++) {
            words += boxes[i].messages[n].words;
            times[at++] = boxes[i].messages[n].took_ms;
        }
    qsort(times, messages, sizeof *times, by_size);
    printf("{\"messages\":%lu,\"words\":%lu,\"seconds\":%.3f,\"resent\":%lu,\"p50_ms\":%.1f,\"p99_ms\":%.1f,\"longest_ms\":%.1f}\n",
           messages, words, (double)took_ns / 1e9, resent, times[messages / 2], times[messages * 99 / 100],
           times[messages - 1]);
}

static int publish(int port, uint32_t window, double words_a_second) {
    int poller = epoll_create1(0);
    struct epoll_event events[512];
    uint64_t began = 0, now = now_ns();
    double step_ns = 0;
    if (words_a_second > 0) step_ns = boxes[0].messages[0].words * (double)box_count / words_a_second * 1e9;
    for (uint32_t i = 0; i < box_count; i++) {
        char wanted[120];
        join(&boxes[i].wire, port, boxes[i].name, poller, &boxes[i]);
        snprintf(wanted, sizeof wanted, "down/%s/mark", boxes[i].name);
        put_subscribe(&boxes[i].wire, wanted);
        boxes[i].wire.pinged_at = now;
        boxes[i].patience_ns = RETRY_NS;
        flush(&boxes[i].wire);
    }
    for (;;) {
        uint32_t ready = 0, done = 0;
        int heard = epoll_wait(poller, events, 512, 1);
        for (int i = 0; i < heard; i++) {
            box *one = events[i].data.ptr;
            hear(&one->wire, one, hear_mark);
        }
        now = now_ns();
        for (uint32_t i = 0; i < box_count; i++) {
            ready += boxes[i].wire.subscribed > 0;
            done += boxes[i].marked == boxes[i].count;
            if (began) {
                send_due(&boxes[i], window, step_ns, i, began, now);
                keep_alive(&boxes[i].wire, now);
            }
            flush(&boxes[i].wire);
        }
        if (!began && ready == box_count) began = now;
        if (done == box_count) break;
    }
    report(now - began);
    return 0;
}

/* ---- a listener that stores nothing ---- */

static box *touched[65536];
static uint32_t touched_count;

static void hear_batch(void *whose, const char *topic, size_t topic_length, const uint8_t *payload, size_t length) {
    (void)whose;
    char name[128];
    if (topic_length >= sizeof name) return;
    memcpy(name, topic, topic_length);
    name[topic_length] = 0;
    ENTRY *found = hsearch((ENTRY){.key = name}, FIND);
    if (!found) return;
    box *one = found->data;
    message *next = &one->messages[one->marked];
    if (one->marked < one->count && next->length == length && !memcmp(next->payload, payload, length)) one->marked++;
    if (!one->touched && one->marked) {
        one->touched = 1;
        touched[touched_count++] = one;
    }
}

static void note_end(int number) {
    (void)number;
    ended = 1;
}

static int listen_to(int port) {
    int poller = epoll_create1(0);
    struct epoll_event event;
    line wire = {0};
    uint64_t told_at = 0;
    hcreate(box_count * 2);
    for (uint32_t i = 0; i < box_count; i++) hsearch((ENTRY){.key = boxes[i].topic, .data = &boxes[i]}, ENTER);
    join(&wire, port, "central-measurements", poller, &wire);
    put_subscribe(&wire, "up/+/+/tm");
    flush(&wire);
    signal(SIGTERM, note_end);
    while (!ended) {
        if (epoll_wait(poller, &event, 1, 5) > 0) hear(&wire, NULL, hear_batch);
        uint64_t now = now_ns();
        if (touched_count && now - told_at > MARK_NS) {
            told_at = now;
            for (uint32_t i = 0; i < touched_count; i++) {
                char topic[120], payload[120];
                snprintf(topic, sizeof topic, "down/%s/mark", touched[i]->name);
                int length = snprintf(payload, sizeof payload, "{\"session\":\"s\",\"epoch\":1,\"held\":%lu}",
                                      touched[i]->messages[touched[i]->marked - 1].last);
                put_publish(&wire, topic, payload, (size_t)length);
                touched[i]->touched = 0;
            }
            touched_count = 0;
        }
        if (wire.subscribed == 1) {
            wire.subscribed = 2;
            puts("listening");
            fflush(stdout);
        }
        keep_alive(&wire, now);
        flush(&wire);
    }
    return 0;
}

int main(int count, char **words) {
    if (count == 6 && !strcmp(words[1], "publish")) {
        read_traffic(words[3]);
        return publish(atoi(words[2]), (uint32_t)atoi(words[4]), atof(words[5]));
    }
    if (count == 4 && !strcmp(words[1], "listen")) {
        read_traffic(words[3]);
        return listen_to(atoi(words[2]));
    }
    fputs("usage: telemetry_load publish PORT TRAFFIC WINDOW WORDS_PER_SECOND | listen PORT TRAFFIC\n", stderr);
    return 64;
}
