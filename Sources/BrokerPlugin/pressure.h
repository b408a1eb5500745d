#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What all users together make the broker hold for those who do not take it. Mosquitto bounds the
// queue of each session and its memory as a whole: at that limit every allocation fails, and many
// users with full queues would stop it for everybody. So nothing more is kept for who is away once
// three quarters are used, and who is there takes no more than he can be trusted to take. Pure:
// knows nothing of Mosquitto. One thread.

enum pressure { pressure_none, pressure_high, pressure_highest };

enum {
    // Bytes that a user may be given at once under pressure, and each second after that.
    pressure_burst = 256 << 10,
    pressure_rate = 64 << 10,
    // From seven eighths on: orders and statuses still go through.
    pressure_lowest_rate = 4 << 10,
};

// In bytes. A limit of 0 is none.
enum pressure pressure_of(size_t used, size_t limit);

// Of one user, all zero at first.
struct allowance {
    int64_t at, left;
};

// Whether a user may be given so many bytes; notes them if so. `now`: milliseconds of a clock that
// only goes on.
bool pressure_admits(
    enum pressure pressure, struct allowance *allowance, size_t bytes, int64_t now);

// Connections that are there; those of who went and may come back are not.
struct connections;

struct connections *connections_new(void);
void connections_free(struct connections *connections);
// Without memory for it nothing is noted.
void connections_add(struct connections *connections, const void *connection);
void connections_remove(struct connections *connections, const void *connection);
bool connections_has(const struct connections *connections, const void *connection);
