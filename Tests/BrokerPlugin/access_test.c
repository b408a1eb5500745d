// What Sources/BrokerPlugin/access.c promises, and hostile bytes for its parser. Run by
// appliance/verify/check-broker-plugin under the address and undefined-behaviour sanitizers.
#include "../../Sources/BrokerPlugin/access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;
#define check(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
        }                                                                                          \
    } while (0)

static char why[256], kicked[4096];
static void kick(void *context, const char *user) {
    (void)context;
    if (strlen(kicked) + strlen(user) + 2 < sizeof kicked) {
        strcat(kicked, user);
        strcat(kicked, " ");
    }
}
static const struct access_calls calls = {.kick = kick};

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char good[] =
    "lineside-access 1\n"
    "g 41\n"
    "r dev 7\n"
    "s ff/v1/%t/d/%d/command\n"
    "s ff/v1/%t/a/%a/command\n"
    "p ff/v1/%t/d/%d/status\n"
    "p ff/v1/%t/p/dev:%d/out/#\n"
    "s ff/v1/%t/p/+/out/#\n"
    "p ff/v1/%t/p/+/res-*/#\n"
    "p %u/#\n"
    "u device:t1:d1 c " DIGEST " dev t=t1 d=d1\n"
    "u device:t1:d2 - " DIGEST " dev t=t1 d=d2 a=app\n"
    "u plc - - none\n"
    "e 41\n";

static bool load(struct access *access, struct access *old, const char *text) {
    return access_load(access, old, text, strlen(text), &calls, why, sizeof why);
}

static enum access_answer change(struct access *access, const char *text) {
    return access_change(access, text, strlen(text), &calls, why, sizeof why);
}

static void rules(void) {
    struct access *access = access_new();
    check(load(access, 0, good));
    check(access_generation(access) == 41 && access_users(access) == 3);
    const struct access_user *d1 = access_find(access, "device:t1:d1"),
                             *d2 = access_find(access, "device:t1:d2"),
                             *plc = access_find(access, "plc");
    check(d1 && d2 && plc && !access_find(access, "device:t1:d3"));
    if (!d1 || !d2 || !plc) return;
    const struct {
        enum access_way way;
        const char *topic;
        bool one, two;
    } cases[] = {
        {access_subscribe, "ff/v1/t1/d/d1/command", true, false},
        {access_receive, "ff/v1/t1/d/d2/command", false, true},
        {access_subscribe, "ff/v1/t1/d/+/command", false, false},
        {access_subscribe, "ff/v1/t1/d/#", false, false},
        {access_subscribe, "#", false, false},
        {access_subscribe, "ff/v1/t1/a/app/command", false, true},
        {access_subscribe, "ff/v1/t1/a/other/command", false, false},
        {access_publish, "ff/v1/t1/d/d1/status", true, false},
        {access_publish, "ff/v1/t1/d/d1/command", false, false},
        {access_publish, "ff/v1/t1/d/d1", false, false},
        {access_publish, "ff/v1/t1/d/d1/status/x", false, false},
        {access_publish, "ff/v1/t2/d/d1/status", false, false},
        {access_publish, "ff/v1/t1/p/dev:d1/out/a/b", true, false},
        {access_publish, "ff/v1/t1/p/dev:d1/out", true, false},
        {access_subscribe, "ff/v1/t1/p/+/out/x", true, true},
        {access_subscribe, "ff/v1/t1/p/any/out/#", true, true},
        {access_subscribe, "ff/v1/t1/p/#", false, false},
        {access_subscribe, "$share/d1/ff/v1/t1/p/+/out/x", true, false},
        {access_subscribe, "$share/device:t1:d2/ff/v1/t1/p/+/out/x", false, true},
        {access_subscribe, "$share/g/ff/v1/t1/p/+/out/x", false, false},
        {access_subscribe, "$share/d/ff/v1/t1/p/+/out/x", false, false},
        {access_subscribe, "$share/g", false, false},
        {access_subscribe, "$share/g/", false, false},
        {access_publish, "ff/v1/t1/p/x/res-12ab/y", true, true},
        {access_publish, "ff/v1/t1/p/x/res/y", false, false},
        {access_publish, "device:t1:d1/x", true, false},
        {access_subscribe, "$SYS/#", false, false},
        {access_publish, "$CONTROL/lineside/v1", false, false},
        {access_publish, "", false, false},
    };
    for (size_t index = 0; index < sizeof cases / sizeof *cases; index++) {
        if (access_allows(d1, cases[index].way, cases[index].topic) != cases[index].one ||
            access_allows(d2, cases[index].way, cases[index].topic) != cases[index].two) {
            failures++;
            fprintf(stderr, "rule case %zu: %s\n", index, cases[index].topic);
        }
        check(!access_allows(plc, cases[index].way, cases[index].topic));
    }
    uint8_t digest[32];
    for (size_t index = 0; index < 32; index++) digest[index] = (uint8_t)(index % 16 * 0x11);
    check(access_secret_is(d1, digest) && !access_secret_is(plc, digest));
    digest[31] ^= 1;
    check(!access_secret_is(d1, digest));
    check(access_may_use_certificate(d1) && !access_may_use_certificate(d2));
    check(access_client_fits("a", "a") && access_client_fits("a", "a:n:12"));
    check(access_client_fits("a", "a:n") && !access_client_fits("a", "a:n:12345678901234567"));
    check(!access_client_fits("a", "ab") && !access_client_fits("a", "a:x"));
    check(!access_client_fits("a", "") && !access_client_fits("a", "b"));
    access_free(access);
}

static void wild(void) {
    struct access *access = access_new();
    check(load(access, 0,
        "lineside-access 1\ng 1\nr s 3\ns +/a\ns b/+/c/#\np #\nu x - - s\ne 1\n"));
    const struct access_user *x = access_find(access, "x");
    check(access_allows(x, access_subscribe, "+/a") && access_allows(x, access_subscribe, "q/a"));
    check(!access_allows(x, access_subscribe, "+/+") && !access_allows(x, access_subscribe, "#"));
    check(!access_allows(x, access_subscribe, "+/#") && !access_allows(x, access_receive, "$a/a"));
    check(access_allows(x, access_subscribe, "b/+/c") && access_allows(x, access_receive, "b//c"));
    check(access_allows(x, access_subscribe, "b/1/c/#") && !access_allows(x, access_subscribe, "b/#"));
    check(access_allows(x, access_publish, "any") && !access_allows(x, access_publish, "$SYS/x"));
    access_free(access);
}

static void keeping(void) {
    struct access *access = access_new();
    check(load(access, 0,
        "lineside-access 1\ng 1\nr s 3\np a/#\nk b/#\ns c/#\nu x - - s\ne 1\n"));
    const struct access_user *x = access_find(access, "x");
    check(access_allows(x, access_publish, "a/1") && !access_allows(x, access_retain, "a/1"));
    check(access_allows(x, access_publish, "b/1") && access_allows(x, access_retain, "b/1"));
    check(!access_allows(x, access_publish, "c/1") && !access_allows(x, access_retain, "c/1"));
    check(!access_allows(x, access_subscribe, "b/1"));
    access_free(access);
}

static void changes(void) {
    struct access *access = access_new();
    check(load(access, 0, good));
    check(change(access, "g 43\nd plc\ne 43\n") == access_stale);
    check(access_find(access, "plc"));
    check(change(access, "g 42\nd plc\nbad\ne 42\n") == access_bad && access_find(access, "plc"));
    check(change(access, "g 42\nd plc\n") == access_bad && access_find(access, "plc"));
    check(change(access, "g 42\nd plc\ne 41\n") == access_bad);
    check(change(access, "g 42\nd plc\ne 42\nd x\n") == access_bad);
    check(change(access, "g 42\nr dev 2\np a\n") == access_bad);
    kicked[0] = 0;
    check(change(access, "g 42\nd plc\nk device:t1:d1\ne 42\n") == access_ok);
    check(!strcmp(kicked, "plc device:t1:d1 ") && !access_find(access, "plc"));
    kicked[0] = 0;
    int connection;
    access_set_presence(access_find(access, "device:t1:d1"), &connection);
    // The same secret: stays. Another: goes.
    check(change(access, "g 43\nu device:t1:d1 c " DIGEST " dev t=t1 d=d1 a=z\n"
                         "u device:t1:d2 - " OTHER " dev t=t1 d=d2\ne 43\n") == access_ok);
    check(!strcmp(kicked, "device:t1:d2 "));
    const struct access_user *d1 = access_find(access, "device:t1:d1");
    check(access_presence(d1) == &connection);
    check(access_allows(d1, access_subscribe, "ff/v1/t1/a/z/command"));
    // New rules of a set hold at once for all that have it; a set that is gone for nobody new.
    check(change(access, "g 44\nr dev 1\ns x\ne 44\n") == access_ok);
    check(access_allows(d1, access_subscribe, "x") &&
          !access_allows(d1, access_subscribe, "ff/v1/t1/a/z/command"));
    check(change(access, "g 45\nx dev\nu device:t1:d2 - - dev\ne 45\n") == access_ok);
    check(access_allows(d1, access_subscribe, "x"));
    check(!access_allows(access_find(access, "device:t1:d2"), access_subscribe, "x"));

    struct access *next = access_new();
    kicked[0] = 0;
    check(load(next, access, "lineside-access 1\ng 7\nu device:t1:d1 c " DIGEST
                             " dev\ne 7\n"));
    check(!strcmp(kicked, "device:t1:d2 "));
    check(access_presence(access_find(next, "device:t1:d1")) == &connection);
    access_free(access);
    access_free(next);
}

static void files(void) {
    const char *bad[] = {
        "", "lineside-access 2\n", "lineside-access 1\n", "lineside-access 1\ng 1\n",
        "lineside-access 1\nu x - - s\n", "lineside-access 1\ng 1\ng 2\ne 1\n",
        "lineside-access 1\ng 1\nu x - - s\ne 2\n", "lineside-access 1\ng 1\nu x y - s\ne 1\n",
        "lineside-access 1\ng 1\nu x - 00 s\ne 1\n", "lineside-access 1\ng 1\nr s 999\ne 1\n",
        "lineside-access 1\ng 1\nr s 1\ns a#\ne 1\n", "lineside-access 1\ng 1\nr s 1\ns a/#/b\ne 1\n",
        "lineside-access 1\ng 1\nr s 1\ns %1\ne 1\n", "lineside-access 1\ng 1\nr s 1\ns a*b\ne 1\n",
        "lineside-access 1\ng 1\nu a/b - - s\ne 1\n", "lineside-access 1\ng 1\nu x - - s t=a/b\ne 1\n",
        "lineside-access 1\ng 1\nu x - - s t=a t=b\ne 1\n",
        "lineside-access 1\ng 1\nu x - - s u=a\ne 1\n", "lineside-access 1\ng 1\n\ne 1\n",
        "lineside-access 1\ng 1\ne 1\ng 3\ne 3\n",
    };
    for (size_t index = 0; index < sizeof bad / sizeof *bad; index++) {
        struct access *access = access_new();
        if (load(access, 0, bad[index])) {
            failures++;
            fprintf(stderr, "file %zu was taken\n", index);
        }
        access_free(access);
    }
    // Cut anywhere: the first change whole and the second whole or not at all.
    static const char second[] = "g 42\nr n 1\ns y\nu new - - n\nd plc\ne 42\n";
    char text[sizeof good + sizeof second];
    strcpy(text, good);
    strcat(text, second);
    for (size_t count = 0; count <= strlen(text); count++) {
        struct access *access = access_new();
        bool taken = access_load(access, 0, text, count, 0, why, sizeof why);
        bool whole = count == strlen(text);
        check(taken == (count >= strlen(good)));
        if (taken) {
            check(access_generation(access) == (whole ? 42u : 41u));
            check((access_find(access, "new") != 0) == whole);
            check((access_find(access, "plc") != 0) == !whole);
        }
        access_free(access);
    }
}

static uint64_t random_state = 1;
static uint32_t number(uint32_t below) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % below;
}

static void fuzz(long rounds) {
    static const char alphabet[] = "gruxdke 0123456789\n+#/%*=tabc-";
    char bytes[2048];
    struct access *access = access_new();
    load(access, 0, good);
    long taken = 0;
    for (long round = 0; round < rounds; round++) {
        size_t count = strlen(good);
        memcpy(bytes, good, count);
        bool asChange = round % 2;
        size_t head = asChange ? strlen("lineside-access 1\n") : 0;
        for (uint32_t edits = 1 + number(6); edits; edits--) {
            size_t at = number((uint32_t)count);
            switch (number(4)) {
            case 0: bytes[at] = (char)number(256); break;
            case 1: bytes[at] = alphabet[number(sizeof alphabet - 1)]; break;
            case 2:
                memmove(bytes + at + 1, bytes + at, count - at);
                bytes[at] = alphabet[number(sizeof alphabet - 1)];
                count++;
                break;
            default:
                memmove(bytes + at, bytes + at + 1, count - at - 1);
                count--;
            }
        }
        // On the heap and of that very size, so that a read past the end is seen.
        char *heap = malloc(count - head);
        memcpy(heap, bytes + head, count - head);
        kicked[0] = 0;
        if (asChange) {
            taken += access_change(access, heap, count - head, &calls, why, sizeof why) == access_ok;
        } else {
            struct access *other = access_new();
            taken += access_load(other, access, heap, count, &calls, why, sizeof why);
            const struct access_user *user = access_find(other, "device:t1:d1");
            if (user) access_allows(user, number(3), "ff/v1/t1/d/d1/command");
            access_free(other);
        }
        free(heap);
    }
    check(taken > rounds / 100);
    access_free(access);
}

static void sessions(void) {
    struct access *access = access_new();
    check(load(access, 0, good));
    struct access_user *plc = access_find(access, "plc");
    if (!plc) return;
    const int64_t day = 86400;
    check(access_note_session(plc, "plc", 0));
    check(access_note_session(plc, "plc:n", 0) && access_note_session(plc, "plc:n:1", 10 * day));
    check(access_note_session(plc, "plc:n:2", 0) && access_note_session(plc, "plc:n:3", 0));
    check(access_note_session(plc, "plc:n:3", day) && access_note_session(plc, "plc", day));
    check(!access_note_session(plc, "plc:n:4", 14 * day));
    // Neither a change nor another file forgets them.
    check(change(access, "g 42\nu plc - " DIGEST " none\ne 42\n") == access_ok);
    struct access *other = access_new();
    check(load(other, access, good));
    access_free(access);
    plc = access_find(other, "plc");
    if (!plc) return;
    check(!access_note_session(plc, "plc:n:4", 14 * day));
    // The broker has let go of the oldest.
    check(access_note_session(plc, "plc:n:4", 14 * day + 1));
    check(access_note_session(plc, "plc:n:5", 14 * day + 1));
    check(!access_note_session(plc, "plc:n:6", 14 * day + 1));
    access_free(other);
}

int main(int count, char **arguments) {
    rules();
    sessions();
    wild();
    keeping();
    changes();
    files();
    fuzz(count > 1 ? atol(arguments[1]) : 200000);
    printf("broker plugin: %s\n", failures ? "FAILED" : "good");
    return failures != 0;
}
