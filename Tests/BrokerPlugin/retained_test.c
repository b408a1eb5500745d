// What Sources/BrokerPlugin/retained.c promises, and hostile bytes for its reader of databases. Run
// by appliance/verify/check-broker-plugin under the address and undefined-behaviour sanitizers.
#include "../../Sources/BrokerPlugin/retained.h"

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

static void bounds(void) {
    struct retained *retained = retained_new();
    char topic[32];
    size_t kept = 0;
    for (int index = 0; index < retained_user_count + 10; index++) {
        snprintf(topic, sizeof topic, "c/%d", index);
        kept += retained_admit(retained, "a", topic, 10, false, 1);
    }
    check(kept == retained_user_count && retained_count_of(retained, "a") == kept);
    check(retained_admit(retained, "a", "c/7", 10, false, 1));
    check(!retained_admit(retained, "a", "c/new", 10, false, 1));
    check(retained_admit(retained, "a", "c/7", 0, true, 1));
    check(retained_admit(retained, "a", "c/new", 10, false, 1));
    // The last who wrote to a topic is whose it is.
    check(retained_admit(retained, "b", "c/8", 10, false, 1));
    check(retained_count_of(retained, "a") == kept - 1 && retained_count_of(retained, "b") == 1);
    for (int index = 0; index < retained_user_count + 10; index++) {
        snprintf(topic, sizeof topic, "c/%d", index);
        retained_admit(retained, "a", topic, 0, true, 1);
    }
    retained_admit(retained, "a", "c/new", 0, true, 1);
    check(retained_bytes(retained) == 0 && retained_bytes_of(retained, "a") == 0);
    retained_free(retained);
}

static void sizes(void) {
    struct retained *retained = retained_new();
    char topic[32], user[32];
    size_t kept = 0, big = 1000000;
    for (int index = 0; index < 40; index++) {
        snprintf(topic, sizeof topic, "c/%d", index);
        kept += retained_admit(retained, "a", topic, big, false, 1);
    }
    check(kept == retained_user_bytes / big);
    check(retained_bytes_of(retained, "a") <= retained_user_bytes);
    // What is kept may get a new value.
    check(retained_admit(retained, "a", "c/0", big, false, 1));
    check(retained_admit(retained, "b", "c/b", big, false, 1));
    for (int one = 0; one < 20; one++) {
        snprintf(user, sizeof user, "u%d", one);
        for (int index = 0; index < 40; index++) {
            snprintf(topic, sizeof topic, "u/%d/%d", one, index);
            kept += retained_admit(retained, user, topic, big, false, 1);
        }
    }
    check(kept < retained_all_bytes / big && kept > retained_all_bytes / big - 40);
    check(retained_bytes(retained) <= retained_all_bytes);
    retained_free(retained);
}

static size_t chunk(uint8_t *at, uint32_t kind, const void *bytes, uint32_t count) {
    const uint8_t head[8] = {0, 0, 0, (uint8_t)kind, (uint8_t)(count >> 24), (uint8_t)(count >> 16),
                             (uint8_t)(count >> 8), (uint8_t)count};
    memcpy(at, head, 8);
    memcpy(at + 8, bytes, count);
    return count + 8;
}

static size_t message(uint8_t *at, uint64_t id, int64_t expires, uint8_t retain, const char *user,
                      const char *topic, uint32_t payload) {
    static uint8_t bytes[4096];
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, &id, 8);
    memcpy(bytes + 8, &expires, 8);
    bytes[18] = (uint8_t)(payload >> 8);
    bytes[19] = (uint8_t)payload;
    bytes[23] = 2;
    bytes[25] = (uint8_t)strlen(user);
    bytes[27] = (uint8_t)strlen(topic);
    bytes[31] = retain;
    memcpy(bytes + 32, "id", 2);
    memcpy(bytes + 34, user, strlen(user));
    memcpy(bytes + 34 + strlen(user), topic, strlen(topic));
    return chunk(at, 2, bytes, (uint32_t)(34 + strlen(user) + strlen(topic) + payload));
}

static size_t database(uint8_t *bytes) {
    static const uint8_t head[23] = "\0\xB5\0mosquitto db\0\0\0\0\0\0\0\6";
    uint64_t ids[] = {1, 2, 3, 9};
    memcpy(bytes, head, sizeof head);
    size_t count = sizeof head;
    count += chunk(bytes + count, 1, "0123456789abcdef", 16);
    count += message(bytes + count, 1, 0, 1, "a", "c/1", 100);
    count += message(bytes + count, 2, 50, 1, "a", "c/2", 100);
    count += message(bytes + count, 3, 500, 1, "b", "c/3", 200);
    count += message(bytes + count, 4, 0, 0, "b", "c/4", 200);
    for (int index = 0; index < 4; index++) count += chunk(bytes + count, 4, &ids[index], 8);
    return count;
}

static bool read(struct retained *retained, const uint8_t *bytes, size_t count) {
    FILE *file = fmemopen((void *)bytes, count, "r");
    if (!file) return false;
    bool good = retained_read(retained, file, 100);
    fclose(file);
    return good;
}

static char purged[64];

static bool purge(const char *topic) {
    snprintf(purged + strlen(purged), sizeof purged - strlen(purged), "%s ", topic);
    return true;
}

// The database holds c/1 for ever, c/2 until 50 and c/3 until 500.
static void sweeps(void) {
    static uint8_t bytes[8192];
    size_t count = database(bytes);
    struct retained *retained = retained_new();
    check(retained_admit(retained, "a", "c/1", 100, false, 10));
    check(retained_admit(retained, "a", "c/2", 100, false, 10));
    check(retained_admit(retained, "b", "c/3", 200, false, 10));
    check(retained_admit(retained, "b", "c/gone", 200, false, 10));
    check(retained_admit(retained, "b", "c/fresh", 200, false, 20));
    // What cannot be read in full says nothing of what it lacks.
    FILE *file = fmemopen(bytes, count - 3, "r");
    check(file && !retained_sweep(retained, file, 20, 49, purge));
    if (file) fclose(file);
    check(retained_count_of(retained, "a") == 2 && retained_count_of(retained, "b") == 3);
    file = fmemopen(bytes, count, "r");
    check(file && retained_sweep(retained, file, 20, 49, purge));
    if (file) fclose(file);
    check(retained_count_of(retained, "a") == 2 && retained_count_of(retained, "b") == 2);
    check(!retained_has(retained, "c/gone") && retained_has(retained, "c/fresh"));
    check(!*purged);
    // Written anew since: the old end is not its own.
    check(retained_admit(retained, "b", "c/3", 200, false, 21));
    file = fmemopen(bytes, count, "r");
    check(file && retained_sweep(retained, file, 20, 600, purge));
    if (file) fclose(file);
    check(!strcmp(purged, "c/2 "));
    check(retained_count_of(retained, "a") == 1 && retained_has(retained, "c/3"));
    check(retained_bytes_of(retained, "a") == 100 + 3 + retained_overhead);
    retained_free(retained);
}

static void databases(long rounds) {
    static uint8_t bytes[8192], hostile[8192];
    size_t count = database(bytes);
    struct retained *retained = retained_new();
    check(read(retained, bytes, count));
    check(retained_count_of(retained, "a") == 1 && retained_count_of(retained, "b") == 1);
    check(retained_bytes_of(retained, "b") == 200 + 3 + retained_overhead);
    check(!read(retained, bytes, count - 3));
    check(!read(retained, (const uint8_t *)"no database at all, but long enough", 35));
    retained_free(retained);
    srand(7);
    for (long round = 0; round < rounds / 100; round++) {
        memcpy(hostile, bytes, count);
        for (int change = rand() % 4; change >= 0; change--)
            hostile[(size_t)rand() % count] = (uint8_t)rand();
        retained = retained_new();
        size_t taken = 1 + (size_t)rand() % count;
        read(retained, hostile, taken);
        *purged = 0;
        FILE *file = fmemopen(hostile, taken, "r");
        if (file) {
            retained_sweep(retained, file, 100, 200, purge);
            fclose(file);
        }
        retained_free(retained);
    }
}

int main(int count, char **arguments) {
    bounds();
    sizes();
    sweeps();
    databases(count > 1 ? atol(arguments[1]) : 100000);
    if (failures == 0) puts("retained: good");
    return failures != 0;
}
