/* A board on the bench without hardware: an ATmega328P at 16 MHz in simavr, its UART0 on a pty.
 *
 * Prints the pty's path on its first line, then runs until SIGTERM or SIGINT. Arguments, signals and the words on
 * standard input are in README.md beside this file. A test program: nothing of it is imported or shipped.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <simavr/avr_adc.h>
#include <simavr/avr_uart.h>

enum { CLOCK_HZ = 16000000, MILLIVOLTS = 5000, CHANNELS = 8, STEP_US = 1000, MOST_LAG_US = 20000, SLACK = 4 };

static volatile sig_atomic_t ending, reset_asked;

static avr_t *avr;
static int line = -1; /* the master side of the pty */
static int opened;    /* how many programs have the other side open */
static int board_takes = 1;
static avr_irq_t *to_board;
static uint8_t waiting[4096]; /* bytes on their way to the board */
static size_t waiting_from, waiting_to;

static void fail(const char *what) {
    fprintf(stderr, "avr_bench: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void hear_signal(int number) {
    if (number == SIGUSR1)
        reset_asked = 1;
    else
        ending = 1;
}

static void be_quiet(avr_t *of, const int level, const char *format, va_list arguments) {
    (void)of;
    if (level <= LOG_ERROR)
        vfprintf(stderr, format, arguments);
}

/* ---- the line ---- */

static void from_board(avr_irq_t *irq, uint32_t value, void *unused) {
    (void)irq, (void)unused;
    uint8_t byte = value;
    if (opened > 0 && write(line, &byte, 1) < 0 && errno != EAGAIN && errno != EIO)
        fail("writing to the pty");
}

static void board_is_full(avr_irq_t *irq, uint32_t value, void *unused) {
    (void)irq, (void)unused;
    if (value)
        board_takes = 0;
}

static void give_to_board(avr_irq_t *irq, uint32_t value, void *unused) {
    (void)irq, (void)unused;
    if (!value)
        return;
    board_takes = 1;
    while (board_takes && waiting_from < waiting_to)
        avr_raise_irq(to_board, waiting[waiting_from++]);
}

static void read_line(void) {
    if (waiting_from < waiting_to) {
        if (board_takes)
            give_to_board(NULL, 1, NULL);
        return;
    }
    ssize_t got = read(line, waiting, sizeof waiting);
    if (got < 0 && errno != EAGAIN && errno != EIO && errno != EINTR)
        fail("reading from the pty");
    waiting_from = 0;
    waiting_to = got > 0 ? got : 0;
    if (waiting_to && board_takes)
        give_to_board(NULL, 1, NULL);
}

static void attach_line(char *path) {
    struct termios raw;
    int other;
    if (openpty(&line, &other, path, NULL, NULL) < 0)
        fail("openpty");
    tcgetattr(other, &raw);
    cfmakeraw(&raw);
    tcsetattr(other, TCSANOW, &raw);
    close(other);
    fcntl(line, F_SETFL, O_NONBLOCK);
    uint32_t flags = 0; /* no echo on our output, no sleeping inside the core */
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    to_board = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), from_board, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XON), give_to_board, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XOFF), board_is_full, NULL);
}

/* The kernel queues who opened and closed the other side: a short visit is not missed. */
static int watch_line(const char *path) {
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch < 0 || inotify_add_watch(watch, path, IN_OPEN | IN_CLOSE) < 0)
        fail("inotify");
    return watch;
}

/* Returns whether the line went from closed to open: there a real adapter's DTR pulses the reset pin. */
static int was_opened(int watch) {
    char room[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t got = read(watch, room, sizeof room);
    int begun = 0;
    for (char *at = room; got > 0 && at < room + got;) {
        const struct inotify_event *event = (const struct inotify_event *)at;
        if (event->mask & IN_OPEN)
            begun |= opened++ == 0;
        else if (event->mask & IN_CLOSE)
            opened--;
        at += sizeof *event + event->len;
    }
    return begun;
}

/* ---- the chip ---- */

/* Our own reader: the library's gives up at a start address (record 03), which the boot loader's file has.
 * Returns the lowest address. */
static uint32_t load_hex(const char *path) {
    FILE *file = fopen(path, "r");
    char record[600];
    uint32_t lowest = avr->flashend;
    if (!file)
        fail(path);
    while (fgets(record, sizeof record, file)) {
        unsigned length, address, kind, byte;
        if (sscanf(record, ":%2x%4x%2x", &length, &address, &kind) != 3 || kind != 0)
            continue;
        for (unsigned i = 0; i < length && address + i <= avr->flashend; i++)
            if (sscanf(record + 9 + 2 * i, "%2x", &byte) == 1)
                avr->flash[address + i] = byte;
        if (address < lowest)
            lowest = address;
    }
    fclose(file);
    return lowest;
}

static void load_application(const char *path) {
    const char *dot = strrchr(path, '.');
    if (dot && strcmp(dot, ".hex") == 0) {
        load_hex(path);
        return;
    }
    elf_firmware_t firmware;
    memset(&firmware, 0, sizeof firmware);
    if (elf_read_firmware(path, &firmware) != 0) {
        fprintf(stderr, "avr_bench: %s is no elf file\n", path);
        exit(2);
    }
    memcpy(avr->flash, firmware.flash, firmware.flashsize);
}

/* The flash lives in a file: it outlasts the program as it outlasts a power cut, and others may look at it.
 * Returns whether the file held one already. */
static int keep_flash(const char *path) {
    size_t size = avr->flashend + 1 + SLACK;
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0)
        fail(path);
    int held = lseek(file, 0, SEEK_END) == (off_t)size;
    if (ftruncate(file, size) < 0)
        fail(path);
    uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (map == MAP_FAILED)
        fail(path);
    close(file);
    if (!held)
        memset(map, 0xFF, size);
    free(avr->flash);
    avr->flash = map;
    return held;
}

static void set_channel(int channel, uint32_t millivolts) {
    if (channel >= 0 && channel < CHANNELS)
        avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_ADC0 + channel), millivolts);
}

static void press_reset(void) {
    avr_reset(avr);
    avr_regbit_clear(avr, avr->reset_flags.porf);
    avr_regbit_set(avr, avr->reset_flags.extrf);
    avr->state = cpu_Running;
    board_takes = 1;
}

/* ---- the bench ---- */

static uint64_t wall_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000ull + now.tv_nsec / 1000;
}

static void hear_words(void) {
    static char words[256];
    static size_t held;
    ssize_t got = read(STDIN_FILENO, words + held, sizeof words - held - 1);
    if (got <= 0)
        return;
    held += got;
    words[held] = 0;
    char *end;
    while ((end = strchr(words, '\n')) != NULL) {
        int channel;
        unsigned millivolts;
        if (sscanf(words, "adc %d %u", &channel, &millivolts) == 2) {
            set_channel(channel, millivolts);
            printf("adc %d %u\n", channel, millivolts);
            fflush(stdout);
        } else if (strncmp(words, "time\n", 5) == 0) {
            printf("time %.6f\n", avr->cycle / (double)CLOCK_HZ);
            fflush(stdout);
        }
        held -= end + 1 - words;
        memmove(words, end + 1, held + 1);
    }
    if (held == sizeof words - 1)
        held = 0;
}

static void run(int watch, int paced, int reset_on_open) {
    uint64_t begun = wall_us(), shift = 0;
    avr_cycle_count_t next = avr->cycle;
    while (!ending) {
        next += CLOCK_HZ / 1000000 * STEP_US;
        while (avr->cycle < next) {
            int state = avr_run(avr);
            if (state == cpu_Done || state == cpu_Crashed) { /* half-written code ran wild: until the next reset */
                avr->cycle = next;
                avr->state = cpu_Crashed;
            }
        }
        if (was_opened(watch) && reset_on_open)
            reset_asked = 1;
        if (reset_asked) {
            reset_asked = 0;
            press_reset();
        }
        read_line();
        hear_words();
        if (!paced)
            continue;
        uint64_t due = begun + shift + avr->cycle / (CLOCK_HZ / 1000000), now = wall_us();
        if (now < due)
            usleep(due - now);
        else if (now - due > MOST_LAG_US)
            shift += now - due; /* a busy machine makes the board slow, never fast: its time-outs stay honest */
    }
    printf("simulated/wall %.2f\n", avr->cycle / (double)CLOCK_HZ / ((wall_us() - begun) / 1e6));
}

int main(int count, char **words) {
    const char *bootloader = NULL, *flash = NULL;
    int paced = 1, reset_on_open = 0, wait = 0, millivolts[CHANNELS] = {0};
    const struct option options[] = {
        {"bootloader", required_argument, NULL, 'b'}, {"flash", required_argument, NULL, 'f'},
        {"adc", required_argument, NULL, 'a'},        {"free-run", no_argument, NULL, 'r'},
        {"reset-on-open", no_argument, NULL, 'o'},    {"wait-for-opening", no_argument, NULL, 'w'},
        {0},
    };
    for (int option; (option = getopt_long(count, words, "", options, NULL)) != -1;) {
        int channel, value;
        if (option == 'b')
            bootloader = optarg;
        else if (option == 'f')
            flash = optarg;
        else if (option == 'a' && sscanf(optarg, "%d=%d", &channel, &value) == 2 && channel >= 0 && channel < CHANNELS)
            millivolts[channel] = value;
        else if (option == 'r')
            paced = 0;
        else if (option == 'o')
            reset_on_open = 1;
        else if (option == 'w')
            wait = 1;
        else
            return 2;
    }
    avr_global_logger_set(be_quiet);
    avr = avr_make_mcu_by_name("atmega328p");
    if (!avr)
        return 2;
    avr_init(avr);
    avr->frequency = CLOCK_HZ;
    avr->vcc = avr->avcc = avr->aref = MILLIVOLTS;
    int held = flash && keep_flash(flash);
    if (!held && optind < count)
        load_application(words[optind]);
    if (bootloader)
        avr->reset_pc = load_hex(bootloader);
    avr->codeend = avr->flashend;
    avr_reset(avr);
    avr_regbit_set(avr, avr->reset_flags.porf); /* the library forgets why it began */
    char path[128];
    attach_line(path);
    int watch = watch_line(path);
    for (int channel = 0; channel < CHANNELS; channel++)
        set_channel(channel, millivolts[channel]);
    struct sigaction action = {.sa_handler = hear_signal};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    printf("%s\n", path);
    fflush(stdout);
    while (wait && !ending && !was_opened(watch))
        usleep(STEP_US);
    run(watch, paced, reset_on_open);
    return 0;
}
