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
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <search.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RETRY_NS 2000000000ULL
#define PING_NS 20000000000ULL
#define MARK_NS 20000000ULL

typedef struct {
    uint64_t last, sent_at;
    uint32_t words, length;
    const uint8_t *payload;
    float took_ms;
} message;

typedef struct {
    uint8_t *bytes;
    size_t from, to, room;
} buffer;

typedef struct {
    int link, subscribed;
    uint16_t next_id;
    buffer in, out;
    uint64_t pinged_at;
} line;

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

static void stop_with(const char *what) {
    perror(what);
    exit(2);
}

static uint64_t now_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000ULL + (uint64_t)at.tv_nsec;
}

static void *need(void *memory) {
    if (!memory) stop_with("memory");
    return memory;
}

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

/* ---- MQTT 3.1.1 ---- */

static void put(buffer *one, const void *bytes, size_t length) {
    if (one->to + length > one->room) {
        memmove(one->bytes, one->bytes + one->from, one->to - one->from);
        one->to -= one->from;
        one->from = 0;
        while (one->to + length > one->room) one->room = one->room ? one->room * 2 : 16384;
        one->bytes = need(realloc(one->bytes, one->room));
    }
    memcpy(one->bytes + one->to, bytes, length);
    one->to += length;
}

static void put_byte(buffer *one, uint8_t value) { put(one, &value, 1); }

static void put_short(buffer *one, uint16_t value) {
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    put(one, bytes, 2);
}

static void put_text(buffer *one, const char *words) {
    put_short(one, (uint16_t)strlen(words));
    put(one, words, strlen(words));
}

static void put_head(buffer *one, uint8_t kind, size_t length) {
    put_byte(one, kind);
    do {
        uint8_t digit = length & 0x7f;
        length >>= 7;
        put_byte(one, length ? digit | 0x80 : digit);
    } while (length);
}

static uint16_t new_id(line *wire) {
    if (++wire->next_id == 0) wire->next_id = 1;
    return wire->next_id;
}

static void put_publish(line *wire, const char *topic, const void *payload, size_t length) {
    put_head(&wire->out, 0x32, 2 + strlen(topic) + 2 + length);
    put_text(&wire->out, topic);
    put_short(&wire->out, new_id(wire));
    put(&wire->out, payload, length);
}

static void put_subscribe(line *wire, const char *wanted) {
    put_head(&wire->out, 0x82, 2 + 2 + strlen(wanted) + 1);
    put_short(&wire->out, new_id(wire));
    put_text(&wire->out, wanted);
    put_byte(&wire->out, 1);
}

static void join(line *wire, int port, const char *name, int poller, void *whose) {
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    wire->link = socket(AF_INET, SOCK_STREAM, 0);
    if (wire->link < 0 || connect(wire->link, (struct sockaddr *)&there, sizeof there) < 0) stop_with("connect");
    int yes = 1;
    setsockopt(wire->link, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(wire->link, F_SETFL, O_NONBLOCK);
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = whose};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, wire->link, &wanted) < 0) stop_with("epoll_ctl");
    put_head(&wire->out, 0x10, 10 + 2 * (2 + strlen(name)));
    put_text(&wire->out, "MQTT");
    put_byte(&wire->out, 4);
    put_byte(&wire->out, 0x82); /* clean session, a user name */
    put_short(&wire->out, 60);
    put_text(&wire->out, name);
    put_text(&wire->out, name);
}

static void flush(line *wire) {
    while (wire->out.from < wire->out.to) {
        ssize_t sent = write(wire->link, wire->out.bytes + wire->out.from, wire->out.to - wire->out.from);
        if (sent < 0) {
            if (errno == EAGAIN) return;
            stop_with("write");
        }
        wire->out.from += (size_t)sent;
    }
    wire->out.from = wire->out.to = 0;
}

static void keep_alive(line *wire, uint64_t now) {
    if (now - wire->pinged_at > PING_NS) {
        wire->pinged_at = now;
        put_head(&wire->out, 0xc0, 0);
    }
}

typedef void (*hearer)(void *whose, const char *topic, size_t topic_length, const uint8_t *payload, size_t length);

static void hear(line *wire, void *whose, hearer told) {
    uint8_t fresh[65536];
    ssize_t got;
    while ((got = read(wire->link, fresh, sizeof fresh)) > 0) put(&wire->in, fresh, (size_t)got);
    if (got == 0 || errno != EAGAIN) stop_with("the broker closed a connection");
    for (;;) {
        const uint8_t *at = wire->in.bytes + wire->in.from;
        size_t have = wire->in.to - wire->in.from, length = 0, head = 1;
        int shift = 0, whole = 0;
        while (head < have && shift < 28 && !whole) {
            length |= (size_t)(at[head] & 0x7f) << shift;
            shift += 7;
            whole = !(at[head++] & 0x80);
        }
        if (!whole || have < head + length) break;
        const uint8_t *body = at + head;
        if (at[0] >> 4 == 3) {
            size_t topic = (size_t)body[0] << 8 | body[1], skip = 2 + topic;
            if (at[0] & 0x06) {
                put_head(&wire->out, 0x40, 2);
                put(&wire->out, body + skip, 2);
                skip += 2;
            }
            told(whose, (const char *)body + 2, topic, body + skip, length - skip);
        } else if (at[0] >> 4 == 2 && body[1] != 0) {
            stop_with("the broker refuses the connection");
        } else if (at[0] >> 4 == 9) {
            wire->subscribed++;
        }
        wire->in.from += head + length;
    }
    if (wire->in.from == wire->in.to) wire->in.from = wire->in.to = 0;
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
