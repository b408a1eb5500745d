#include "pressure.h"

#include <stdlib.h>

enum { bucket_count = 16384 };

enum pressure pressure_of(size_t used, size_t limit) {
    if (limit == 0 || used < limit / 4 * 3) return pressure_none;
    return used < limit / 8 * 7 ? pressure_high : pressure_highest;
}

bool pressure_admits(
    enum pressure pressure, struct allowance *allowance, size_t bytes, int64_t now) {
    if (pressure == pressure_none) {
        *allowance = (struct allowance){.at = now, .left = pressure_burst};
        return true;
    }
    if (allowance->at == 0) *allowance = (struct allowance){.at = now, .left = pressure_burst};
    int64_t passed = now > allowance->at ? now - allowance->at : 0;
    // More than fills it in any case; and no overflow.
    if (passed > 3600000) passed = 3600000;
    int64_t rate = pressure == pressure_high ? pressure_rate : pressure_lowest_rate;
    int64_t gained = passed * rate / 1000;
    // What is too little for one byte is not lost.
    if (gained > 0) {
        allowance->at = now;
        allowance->left += gained;
        if (allowance->left > pressure_burst) allowance->left = pressure_burst;
    }
    if (bytes > pressure_burst || allowance->left < (int64_t)bytes) return false;
    allowance->left -= (int64_t)bytes;
    return true;
}

struct node {
    struct node *next;
    const void *connection;
};

struct connections {
    struct node *buckets[bucket_count];
};

struct connections *connections_new(void) { return calloc(1, sizeof(struct connections)); }

static size_t bucket(const void *connection) {
    // The lowest bits of an address are always the same.
    uint64_t number = (uint64_t)(uintptr_t)connection >> 4;
    return (size_t)((number * 0x9E3779B97F4A7C15u) >> 50);
}

static struct node **find(const struct connections *connections, const void *connection) {
    // The caller changes the table only where he has it to change.
    struct node **link = (struct node **)&connections->buckets[bucket(connection)];
    while (*link && (*link)->connection != connection) link = &(*link)->next;
    return link;
}

void connections_add(struct connections *connections, const void *connection) {
    struct node **link = find(connections, connection);
    if (*link) return;
    struct node *node = malloc(sizeof *node);
    if (!node) return;
    *node = (struct node){.next = 0, .connection = connection};
    *link = node;
}

void connections_remove(struct connections *connections, const void *connection) {
    struct node **link = find(connections, connection);
    struct node *node = *link;
    if (!node) return;
    *link = node->next;
    free(node);
}

bool connections_has(const struct connections *connections, const void *connection) {
    return *find(connections, connection);
}

void connections_free(struct connections *connections) {
    if (!connections) return;
    for (size_t index = 0; index < bucket_count; index++) {
        while (connections->buckets[index]) {
            struct node *node = connections->buckets[index];
            connections->buckets[index] = node->next;
            free(node);
        }
    }
    free(connections);
}
