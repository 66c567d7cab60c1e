/* MQTT 3.1.1 on a plain port of this machine, as far as telemetry_load.c needs it: connect, subscribe, publish at QoS 1,
 * acknowledge. Bytes go out and come in through buffers that grow; nothing here blocks. */

#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define PING_NS 20000000000ULL

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
