#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// What the broker keeps for those who come later, counted by user: Mosquitto itself has one limit
// of memory for all, and one user could fill it for everybody. Pure: knows nothing of Mosquitto
// but the format of its database. One thread.

enum {
    // Of one user: a gateway with 20,000 points has a message for each.
    retained_user_count = 20000,
    retained_user_bytes = 32 << 20,
    // Of all together: a quarter of the broker's memory limit.
    retained_all_bytes = 256 << 20,
    // What a message costs beside its topic and payload.
    retained_overhead = 384,
};

struct retained;

struct retained *retained_new(void);
void retained_free(struct retained *retained);

// Whether a retained message may be kept, and notes it if so. `bytes`: payload and properties; the
// topic is counted by us. `is_empty`: one without payload, which takes away what is kept. `now`: in
// nanoseconds since 1970.
bool retained_admit(
    struct retained *retained, const char *user, const char *topic, size_t bytes, bool is_empty,
    int64_t now);
bool retained_has(const struct retained *retained, const char *topic);
// Whether that user, or all together, are near a limit: time for a sweep.
bool retained_is_tight(const struct retained *retained, const char *user);

// Notes what a database of Mosquitto (version 6) holds, without asking whether it may. What is over
// at `now`, in seconds since 1970, is left out. False if it ends in the middle or is none.
bool retained_read(struct retained *retained, FILE *database, int64_t now);

// Drops what a database that was written at `written` (nanoseconds since 1970) no longer holds, and
// what is over by now; what was noted since then stays. A message that is over lies in the broker's
// memory until somebody asks for its topic or `purge` has it taken away; false leaves it for the
// next time. False if the database can't be read in full: then nothing is taken for gone.
bool retained_sweep(
    struct retained *retained, FILE *database, int64_t written, int64_t now,
    bool (*purge)(const char *topic));

size_t retained_count_of(const struct retained *retained, const char *user);
size_t retained_bytes_of(const struct retained *retained, const char *user);
size_t retained_bytes(const struct retained *retained);
