#include "retained.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

enum { owner_buckets = 4096, first_buckets = 1024, topic_limit = 65535 };

struct owner {
    struct owner *next;
    size_t count, bytes;
    char name[];
};

struct entry {
    struct entry *next;
    struct owner *owner;
    size_t bytes;
    int64_t at;
    uint32_t seen;
    // Of its topic: one of 65,535 bytes costs no more here than a short one.
    uint8_t key[16];
};

struct retained {
    struct owner *owners[owner_buckets];
    struct entry **entries;
    size_t buckets, count, bytes;
    uint32_t sweeps;
};

struct retained *retained_new(void) {
    struct retained *retained = calloc(1, sizeof *retained);
    if (!retained) return 0;
    retained->buckets = first_buckets;
    retained->entries = calloc(first_buckets, sizeof *retained->entries);
    if (retained->entries) return retained;
    free(retained);
    return 0;
}

void retained_free(struct retained *retained) {
    if (!retained) return;
    for (size_t index = 0; index < retained->buckets; index++) {
        while (retained->entries[index]) {
            struct entry *entry = retained->entries[index];
            retained->entries[index] = entry->next;
            free(entry);
        }
    }
    for (size_t index = 0; index < owner_buckets; index++) {
        while (retained->owners[index]) {
            struct owner *owner = retained->owners[index];
            retained->owners[index] = owner->next;
            free(owner);
        }
    }
    free(retained->entries);
    free(retained);
}

// MARK: Tables

static struct owner **owner_place(const struct retained *retained, const char *name) {
    uint32_t hash = 2166136261u;
    for (const char *at = name; *at; at++) hash = (hash ^ (uint8_t)*at) * 16777619u;
    // The caller changes the table only where he has it to change.
    return (struct owner **)&retained->owners[hash % owner_buckets];
}

static struct owner *find_owner(const struct retained *retained, const char *name) {
    struct owner *owner = *owner_place(retained, name);
    while (owner && strcmp(owner->name, name)) owner = owner->next;
    return owner;
}

static struct owner *take_owner(struct retained *retained, const char *name) {
    struct owner *owner = find_owner(retained, name);
    if (owner) return owner;
    owner = calloc(1, sizeof *owner + strlen(name) + 1);
    if (!owner) return 0;
    strcpy(owner->name, name);
    struct owner **place = owner_place(retained, name);
    owner->next = *place;
    *place = owner;
    return owner;
}

static size_t bucket(const uint8_t key[16], size_t buckets) {
    uint64_t number;
    memcpy(&number, key, sizeof number);
    return (size_t)(number % buckets);
}

static struct entry **find(const struct retained *retained, const uint8_t key[16]) {
    struct entry **link = &retained->entries[bucket(key, retained->buckets)];
    while (*link && memcmp((*link)->key, key, 16)) link = &(*link)->next;
    return link;
}

// Where there is no memory for more of them the old ones do.
static void widen(struct retained *retained) {
    size_t buckets = retained->buckets * 4;
    struct entry **entries = calloc(buckets, sizeof *entries);
    if (!entries) return;
    for (size_t index = 0; index < retained->buckets; index++) {
        while (retained->entries[index]) {
            struct entry *entry = retained->entries[index];
            retained->entries[index] = entry->next;
            struct entry **place = &entries[bucket(entry->key, buckets)];
            entry->next = *place;
            *place = entry;
        }
    }
    free(retained->entries);
    retained->entries = entries;
    retained->buckets = buckets;
}

static void drop(struct retained *retained, struct entry **link) {
    struct entry *entry = *link;
    *link = entry->next;
    entry->owner->count--;
    entry->owner->bytes -= entry->bytes;
    retained->bytes -= entry->bytes;
    retained->count--;
    free(entry);
}

// Null where there is no memory.
static struct entry *add(struct retained *retained, const uint8_t key[16]) {
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry) return 0;
    memcpy(entry->key, key, 16);
    if (retained->count >= retained->buckets * 2) widen(retained);
    struct entry **place = &retained->entries[bucket(key, retained->buckets)];
    entry->next = *place;
    *place = entry;
    retained->count++;
    return entry;
}

static bool put(
    struct retained *retained, const char *user, const char *topic, size_t topic_count,
    size_t bytes, bool is_empty, bool asks, int64_t now) {
    uint8_t digest[32];
    SHA256((const uint8_t *)topic, topic_count, digest);
    struct entry **link = find(retained, digest);
    struct entry *entry = *link;
    if (is_empty) {
        if (entry) drop(retained, link);
        return true;
    }
    struct owner *owner = take_owner(retained, user);
    if (!owner) return false;
    size_t size = bytes + topic_count + retained_overhead;
    size_t own = owner->bytes, all = retained->bytes, count = owner->count + 1;
    if (entry) {
        all -= entry->bytes;
        if (entry->owner == owner) {
            own -= entry->bytes;
            count--;
        }
    }
    bool fits = count <= retained_user_count && own + size <= retained_user_bytes &&
                all + size <= retained_all_bytes;
    // What takes no more than what it replaces always fits: a full table must not hold old values.
    bool shrinks = entry && entry->owner == owner && size <= entry->bytes;
    if (asks && !fits && !shrinks) return false;
    if (!entry) {
        entry = add(retained, digest);
        if (!entry) return false;
    } else {
        entry->owner->count--;
        entry->owner->bytes -= entry->bytes;
        retained->bytes -= entry->bytes;
    }
    entry->owner = owner;
    entry->bytes = size;
    entry->at = now;
    owner->count++;
    owner->bytes += size;
    retained->bytes += size;
    return true;
}

bool retained_admit(
    struct retained *retained, const char *user, const char *topic, size_t bytes, bool is_empty,
    int64_t now) {
    return put(retained, user, topic, strlen(topic), bytes, is_empty, true, now);
}

bool retained_has(const struct retained *retained, const char *topic) {
    uint8_t digest[32];
    SHA256((const uint8_t *)topic, strlen(topic), digest);
    return *find(retained, digest);
}

bool retained_is_tight(const struct retained *retained, const char *user) {
    return retained_count_of(retained, user) > retained_user_count / 8 * 7 ||
           retained_bytes_of(retained, user) > retained_user_bytes / 8 * 7 ||
           retained->bytes > retained_all_bytes / 8 * 7;
}

size_t retained_count_of(const struct retained *retained, const char *user) {
    const struct owner *owner = find_owner(retained, user);
    return owner ? owner->count : 0;
}

size_t retained_bytes_of(const struct retained *retained, const char *user) {
    const struct owner *owner = find_owner(retained, user);
    return owner ? owner->bytes : 0;
}

size_t retained_bytes(const struct retained *retained) { return retained->bytes; }

// MARK: The database

// As Mosquitto 2.0 writes them: lengths in the order of the network, the rest in the machine's.
struct stored {
    uint64_t id;
    int64_t expires;
    uint32_t payload;
    uint16_t source_mid, source_id, source_user, topic, port;
    uint8_t qos, retain;
};
_Static_assert(sizeof(struct stored) == 32, "as in the file");

enum { chunk_message = 2, chunk_retained = 4 };

static uint32_t big32(const uint8_t bytes[4]) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint16_t big16(uint16_t value) {
    uint8_t bytes[2];
    memcpy(bytes, &value, sizeof bytes);
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

// Messages that are not known to be retained yet: that is said behind them.
struct message {
    struct message *next;
    uint64_t id;
    size_t bytes, topic_count;
    int64_t expires;
    char *user, *topic;
};

struct messages {
    struct message *buckets[16384];
};

static void free_messages(struct messages *messages) {
    for (size_t index = 0; index < 16384; index++) {
        while (messages->buckets[index]) {
            struct message *message = messages->buckets[index];
            messages->buckets[index] = message->next;
            free(message->user);
            free(message->topic);
            free(message);
        }
    }
    free(messages);
}

static char *take_text(FILE *file, size_t count) {
    char *text = malloc(count + 1);
    if (!text) return 0;
    text[count] = 0;
    if (fread(text, 1, count, file) == count) return text;
    free(text);
    return 0;
}

// Leaves the file somewhere in the chunk.
static bool read_message(struct messages *messages, FILE *file, size_t length) {
    struct stored stored;
    if (length < sizeof stored || fread(&stored, 1, sizeof stored, file) != sizeof stored)
        return false;
    size_t id = big16(stored.source_id), user = big16(stored.source_user);
    size_t topic = big16(stored.topic), rest = length - sizeof stored;
    if (id + user + topic > rest) return false;
    if (!stored.retain) return true;
    if (fseek(file, (long)id, SEEK_CUR)) return false;
    struct message *message = calloc(1, sizeof *message);
    if (!message) return false;
    struct message **place = &messages->buckets[stored.id % 16384];
    message->next = *place;
    *place = message;
    message->id = stored.id;
    message->bytes = rest - id - user - topic;
    message->topic_count = topic;
    message->expires = stored.expires;
    message->user = take_text(file, user);
    message->topic = message->user ? take_text(file, topic) : 0;
    return message->topic;
}

// Of each retained message; false ends the reading.
typedef bool visitor(void *context, const struct message *message);

static bool read_all(FILE *file, visitor *visit, void *context) {
    static const uint8_t magic[15] = "\0\xB5\0mosquitto db";
    uint8_t head[23];
    if (fread(head, 1, sizeof head, file) != sizeof head || memcmp(head, magic, sizeof magic) ||
        big32(head + 19) != 6)
        return false;
    struct messages *messages = calloc(1, sizeof *messages);
    if (!messages) return false;
    bool good = true;
    uint8_t chunk[8];
    size_t got;
    while (good && (got = fread(chunk, 1, sizeof chunk, file)) == sizeof chunk) {
        size_t length = big32(chunk + 4);
        long start = ftell(file);
        if (start < 0) good = false;
        if (big32(chunk) == chunk_message) {
            good = good && read_message(messages, file, length);
        } else if (big32(chunk) == chunk_retained) {
            uint64_t id;
            good = good && length >= sizeof id && fread(&id, 1, sizeof id, file) == sizeof id;
            struct message *message = good ? messages->buckets[id % 16384] : 0;
            while (message && message->id != id) message = message->next;
            if (message) good = visit(context, message);
        }
        good = good && !fseek(file, start + (long)length, SEEK_SET);
    }
    free_messages(messages);
    return good && got == 0;
}

struct reading {
    struct retained *retained;
    int64_t now, written;
    bool (*purge)(const char *topic);
};

static bool is_over(const struct message *message, int64_t now) {
    return message->expires > 0 && message->expires <= now;
}

static bool note(void *context, const struct message *message) {
    struct reading *reading = context;
    return is_over(message, reading->now) ||
           put(reading->retained, message->user, message->topic, message->topic_count,
               message->bytes, false, false, 0);
}

bool retained_read(struct retained *retained, FILE *file, int64_t now) {
    struct reading reading = {.retained = retained, .now = now};
    return read_all(file, note, &reading);
}

static bool compare(void *context, const struct message *message) {
    struct reading *reading = context;
    uint8_t digest[32];
    SHA256((const uint8_t *)message->topic, message->topic_count, digest);
    struct entry **link = find(reading->retained, digest), *entry = *link;
    if (entry && entry->at < reading->written && is_over(message, reading->now) &&
        reading->purge(message->topic))
        drop(reading->retained, link);
    else if (entry)
        entry->seen = reading->retained->sweeps;
    return true;
}

bool retained_sweep(
    struct retained *retained, FILE *file, int64_t written, int64_t now,
    bool (*purge)(const char *topic)) {
    struct reading reading = {retained, now, written, purge};
    retained->sweeps++;
    if (!read_all(file, compare, &reading)) return false;
    for (size_t index = 0; index < retained->buckets; index++) {
        struct entry **link = &retained->entries[index];
        while (*link) {
            if ((*link)->seen != retained->sweeps && (*link)->at < written)
                drop(retained, link);
            else
                link = &(*link)->next;
        }
    }
    return true;
}
