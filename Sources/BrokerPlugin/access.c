#include "access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { bucket_count = 16384 };

struct rule {
    struct rule *next;
    bool publishes, keeps;
    char filter[];
};

struct set {
    struct set *next;
    struct rule *rules;
    size_t users;
    bool gone;
    char name[];
};

// Of one client id with letters behind the user's name.
struct session {
    int64_t seen;
    char name[access_session_name_limit + 1];
};

struct access_user {
    struct access_user *next;
    struct set *set;
    const void *presence;
    // Null before the first; `access_session_limit` of them.
    struct session *sessions;
    struct allowance allowance;
    // "t=…\0d=…\0\0"
    char *values;
    uint8_t digest[32];
    bool has_digest;
    bool may_use_certificate;
    char name[];
};

struct access {
    struct access_user *users[bucket_count];
    struct set *sets[bucket_count];
    size_t user_count, set_count;
    uint64_t generation;
};

// MARK: Tables

// FNV-1a. Names come from the appliance alone; a stranger's name is only looked for.
static uint32_t bucket(const char *name) {
    uint32_t hash = 2166136261u;
    while (*name) hash = (hash ^ (uint8_t)*name++) * 16777619u;
    return hash % bucket_count;
}

struct access *access_new(void) { return calloc(1, sizeof(struct access)); }

static void free_set(struct set *set) {
    while (set->rules) {
        struct rule *rule = set->rules;
        set->rules = rule->next;
        free(rule);
    }
    free(set);
}

static void release_set(struct set *set) {
    if (--set->users == 0 && set->gone) free_set(set);
}

static void free_user(struct access_user *user) {
    if (user->set) release_set(user->set);
    free(user->sessions);
    free(user->values);
    free(user);
}

void access_free(struct access *access) {
    if (!access) return;
    for (size_t index = 0; index < bucket_count; index++) {
        while (access->users[index]) {
            struct access_user *user = access->users[index];
            access->users[index] = user->next;
            free_user(user);
        }
    }
    for (size_t index = 0; index < bucket_count; index++) {
        while (access->sets[index]) {
            struct set *set = access->sets[index];
            access->sets[index] = set->next;
            free_set(set);
        }
    }
    free(access);
}

uint64_t access_generation(const struct access *access) { return access->generation; }
size_t access_users(const struct access *access) { return access->user_count; }

struct access_user *access_find(const struct access *access, const char *name) {
    struct access_user *user = access->users[bucket(name)];
    while (user && strcmp(user->name, name)) user = user->next;
    return user;
}

static struct set *find_set(const struct access *access, const char *name) {
    struct set *set = access->sets[bucket(name)];
    while (set && strcmp(set->name, name)) set = set->next;
    return set;
}

static void remove_user(struct access *access, const char *name) {
    struct access_user **link = &access->users[bucket(name)];
    while (*link && strcmp((*link)->name, name)) link = &(*link)->next;
    if (!*link) return;
    struct access_user *user = *link;
    *link = user->next;
    access->user_count--;
    free_user(user);
}

// Users that have it keep it until they get another.
static void remove_set(struct access *access, const char *name) {
    struct set **link = &access->sets[bucket(name)];
    while (*link && strcmp((*link)->name, name)) link = &(*link)->next;
    if (!*link) return;
    struct set *set = *link;
    *link = set->next;
    access->set_count--;
    set->gone = true;
    if (set->users == 0) free_set(set);
}

// MARK: Words

struct reader {
    const char *at, *end;
    size_t line;
    // What a change needs is in the copy; tokens point into it.
    char text[access_line_limit + 1];
    char *rest;
    char *why;
    size_t why_size;
};

static bool fail(struct reader *reader, const char *reason) {
    snprintf(reader->why, reader->why_size, "line %zu: %s", reader->line, reason);
    return false;
}

// False at the end, and for a line that has no end.
static bool next_line(struct reader *reader, bool *bad) {
    *bad = false;
    if (reader->at == reader->end) return false;
    reader->line++;
    const char *end = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
    if (!end) return false;
    size_t count = (size_t)(end - reader->at);
    if (count == 0 || count > access_line_limit || memchr(reader->at, 0, count)) {
        *bad = true;
        fail(reader, "empty, too long or with a zero");
        return false;
    }
    memcpy(reader->text, reader->at, count);
    reader->text[count] = 0;
    reader->at = end + 1;
    reader->rest = reader->text;
    return true;
}

// The next word of the line; an empty one is none.
static char *word(struct reader *reader) {
    if (!reader->rest || !*reader->rest) return 0;
    char *word = reader->rest;
    char *end = strchr(word, ' ');
    if (end) *end = 0;
    reader->rest = end ? end + 1 : 0;
    return *word ? word : 0;
}

static bool is_last(const struct reader *reader) { return !reader->rest; }

static bool number(const char *text, uint64_t limit, uint64_t *value) {
    if (!text || !*text || strlen(text) > 19) return false;
    *value = 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return false;
        *value = *value * 10 + (uint64_t)(*text - '0');
    }
    return *value <= limit;
}

static bool is_name(const char *name) {
    if (!name || strlen(name) > access_name_limit) return false;
    for (; *name; name++)
        if ((unsigned char)*name <= ' ' || *name == '+' || *name == '#' || *name == '/' ||
            *name == '%' || *name == '*' || *name == 127)
            return false;
    return true;
}

static bool digest(const char *text, uint8_t bytes[32]) {
    if (!text || strlen(text) != 64) return false;
    for (size_t index = 0; index < 64; index++) {
        char digit = text[index];
        int value = digit >= '0' && digit <= '9'   ? digit - '0'
                    : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                                                   : -1;
        if (value < 0) return false;
        bytes[index / 2] = (uint8_t)(index % 2 ? bytes[index / 2] | value : value << 4);
    }
    return true;
}

// Wildcards stand alone in their level, `#` at the end; %x has a letter, `*` ends its level.
static bool is_filter(const char *filter) {
    if (!filter || !*filter) return false;
    const char *start = filter;
    for (const char *at = filter; *at; at++) {
        bool first = at == start, last = at[1] == 0 || at[1] == '/';
        switch (*at) {
        case '/': start = at + 1; break;
        case '#':
            if (!first || at[1]) return false;
            break;
        case '+':
            if (!first || !last) return false;
            break;
        case '*':
            if (!last) return false;
            break;
        case '%':
            if (at[1] < 'a' || at[1] > 'z') return false;
            at++;
            break;
        default:
            if ((unsigned char)*at < ' ' || *at == 127) return false;
        }
    }
    return true;
}

// MARK: One line each

static bool read_set(struct reader *reader, struct access *access, bool apply) {
    char *name = word(reader);
    uint64_t count;
    if (!is_name(name) || !number(word(reader), access_rule_limit, &count) || !is_last(reader))
        return fail(reader, "not a set of rules");
    struct set *set = 0;
    if (apply) {
        set = calloc(1, sizeof *set + strlen(name) + 1);
        if (!set) return fail(reader, "out of memory");
        strcpy(set->name, name);
    }
    struct rule **link = set ? &set->rules : 0;
    bool bad = false;
    for (uint64_t index = 0; index < count; index++) {
        if (!next_line(reader, &bad)) {
            if (set) free_set(set);
            return bad ? false : fail(reader, "a set of rules is cut short");
        }
        char *kind = word(reader);
        // A filter may hold blanks.
        char *filter = reader->rest;
        bool is_kind = kind && strlen(kind) == 1 && strchr("pks", *kind);
        if (!is_kind || !is_filter(filter)) {
            if (set) free_set(set);
            return fail(reader, "not a rule");
        }
        if (!link) continue;
        struct rule *rule = calloc(1, sizeof *rule + strlen(filter) + 1);
        if (!rule) {
            free_set(set);
            return fail(reader, "out of memory");
        }
        rule->publishes = *kind != 's';
        rule->keeps = *kind == 'k';
        strcpy(rule->filter, filter);
        *link = rule;
        link = &rule->next;
    }
    if (!set) return true;
    struct set *old = find_set(access, set->name);
    if (old) {
        // Whoever has the set gets the new rules at once.
        struct rule *rules = old->rules;
        old->rules = set->rules;
        set->rules = rules;
        free_set(set);
        return true;
    }
    if (access->set_count >= access_set_limit) {
        free_set(set);
        return fail(reader, "too many sets of rules");
    }
    uint32_t index = bucket(set->name);
    set->next = access->sets[index];
    access->sets[index] = set;
    access->set_count++;
    return true;
}

// The letters and values behind a user, as one block.
static bool read_values(struct reader *reader, char block[access_line_limit + 2], size_t *size) {
    *size = 0;
    bool seen[26] = {false};
    while (reader->rest) {
        char *pair = word(reader);
        if (!pair || pair[0] < 'a' || pair[0] > 'z' || pair[0] == 'u' || pair[1] != '=' ||
            !pair[2] || !is_name(pair + 2) || seen[pair[0] - 'a'])
            return false;
        seen[pair[0] - 'a'] = true;
        size_t count = strlen(pair) + 1;
        memcpy(block + *size, pair, count);
        *size += count;
    }
    block[(*size)++] = 0;
    return true;
}

// Whether whoever came in as `was` could come in as `is`.
static bool is_same_proof(const struct access_user *was, const struct access_user *is) {
    return is->has_digest == was->has_digest && !memcmp(is->digest, was->digest, 32) &&
           (is->may_use_certificate || !was->may_use_certificate);
}

static bool read_user(
    struct reader *reader, struct access *access, const struct access_calls *calls, bool apply) {
    char *name = word(reader), *certificate = word(reader), *secret = word(reader),
         *set_name = word(reader);
    uint8_t bytes[32] = {0};
    bool has_digest = secret && strcmp(secret, "-");
    char values[access_line_limit + 2];
    size_t size;
    if (!is_name(name) || !certificate || (strcmp(certificate, "c") && strcmp(certificate, "-")) ||
        !secret || (has_digest && !digest(secret, bytes)) || !is_name(set_name) ||
        !read_values(reader, values, &size))
        return fail(reader, "not a user");
    if (!apply) return true;
    struct access_user *old = access_find(access, name);
    if (!old && access->user_count >= access_user_limit) return fail(reader, "too many users");
    struct access_user *user = calloc(1, sizeof *user + strlen(name) + 1);
    char *block = malloc(size);
    if (!user || !block) {
        free(user);
        free(block);
        return fail(reader, "out of memory");
    }
    strcpy(user->name, name);
    memcpy(block, values, size);
    user->values = block;
    memcpy(user->digest, bytes, sizeof bytes);
    user->has_digest = has_digest;
    user->may_use_certificate = *certificate == 'c';
    // A set that is not there allows nothing.
    user->set = find_set(access, set_name);
    if (user->set) user->set->users++;
    if (old) {
        // A kick ends the presence of the old one, so it comes first.
        if (calls && !is_same_proof(old, user)) calls->kick(calls->context, name);
        user->presence = old->presence;
        user->sessions = old->sessions;
        user->allowance = old->allowance;
        old->sessions = 0;
        remove_user(access, name);
    }
    uint32_t index = bucket(user->name);
    user->next = access->users[index];
    access->users[index] = user;
    access->user_count++;
    return true;
}

static bool read_line(
    struct reader *reader, struct access *access, const struct access_calls *calls, bool apply) {
    char *kind = word(reader);
    if (!kind || strlen(kind) != 1) return fail(reader, "unknown");
    if (*kind == 'r') return read_set(reader, access, apply);
    if (*kind == 'u') return read_user(reader, access, calls, apply);
    char *name = word(reader);
    if ((*kind != 'x' && *kind != 'd' && *kind != 'k') || !is_name(name) || !is_last(reader))
        return fail(reader, "unknown");
    if (!apply) return true;
    if (*kind == 'x') remove_set(access, name);
    if (*kind != 'x' && calls) calls->kick(calls->context, name);
    // After the kick, which may still look at who was present.
    if (*kind == 'd') remove_user(access, name);
    return true;
}

enum block { block_done, block_end, block_cut, block_bad };

// From `g` to `e`, with a `g` that is larger than `after`.
static enum block read_block(
    struct reader *reader, struct access *access, const struct access_calls *calls,
    uint64_t *generation, bool apply) {
    bool bad;
    if (!next_line(reader, &bad))
        return bad ? block_bad : reader->at == reader->end ? block_end : block_cut;
    char *kind = word(reader);
    uint64_t closing;
    if (!kind || strcmp(kind, "g") || !number(word(reader), UINT64_MAX, generation) ||
        !is_last(reader)) {
        fail(reader, "a change begins with its generation");
        return block_bad;
    }
    while (next_line(reader, &bad)) {
        if (reader->text[0] == 'e' && reader->text[1] == ' ') {
            word(reader);
            if (!number(word(reader), UINT64_MAX, &closing) || closing != *generation) {
                fail(reader, "a change ends with its generation");
                return block_bad;
            }
            return block_done;
        }
        if (!read_line(reader, access, calls, apply))
            return reader->at == reader->end ||
                           !memchr(reader->at, '\n', (size_t)(reader->end - reader->at))
                       ? block_cut
                       : block_bad;
    }
    return bad ? block_bad : block_cut;
}

enum access_answer access_change(
    struct access *access, const char *bytes, size_t count, const struct access_calls *calls,
    char *why, size_t why_size) {
    uint64_t generation = 0;
    for (int apply = 0; apply < 2; apply++) {
        struct reader reader = {
            .at = bytes, .end = bytes + count, .why = why, .why_size = why_size};
        snprintf(why, why_size, "cut short");
        if (read_block(&reader, access, calls, &generation, apply) != block_done)
            return access_bad;
        if (reader.at != reader.end) {
            fail(&reader, "something behind the change");
            return access_bad;
        }
        if (generation != access->generation + 1) {
            snprintf(why, why_size, "not the next generation");
            return access_stale;
        }
    }
    access->generation = generation;
    snprintf(why, why_size, "done");
    return access_ok;
}

bool access_load(
    struct access *access, struct access *old, const char *bytes, size_t count,
    const struct access_calls *calls, char *why, size_t why_size) {
    static const char head[] = "lineside-access 1\n";
    size_t head_count = sizeof head - 1;
    snprintf(why, why_size, "not a file of this kind");
    if (count > access_file_limit || count < head_count || memcmp(bytes, head, head_count))
        return false;
    struct reader reader = {
        .at = bytes + head_count, .end = bytes + count, .line = 1, .why = why,
        .why_size = why_size};
    size_t changes = 0;
    while (true) {
        // Looked through before it is taken: what is cut short must leave nothing behind.
        struct reader ahead = reader;
        uint64_t generation;
        enum block first = read_block(&ahead, access, 0, &generation, false);
        if (first == block_end) break;
        if (first == block_cut) {
            if (changes == 0) return false;
            break;
        }
        if (first == block_bad) return false;
        if (changes > 0 && generation != access->generation + 1) {
            fail(&reader, "a generation is missing");
            return false;
        }
        if (read_block(&reader, access, 0, &generation, true) != block_done) return false;
        access->generation = generation;
        changes++;
    }
    if (changes == 0) return false;
    for (size_t index = 0; old && index < bucket_count; index++) {
        for (struct access_user *was = old->users[index]; was; was = was->next) {
            struct access_user *is = access_find(access, was->name);
            // A kick ends the presence of the old one, so it comes first.
            if (calls && !(is && is_same_proof(was, is))) calls->kick(calls->context, was->name);
            if (!is) continue;
            is->presence = was->presence;
            is->sessions = was->sessions;
            was->sessions = 0;
        }
    }
    snprintf(why, why_size, "%zu users", access->user_count);
    return true;
}

// MARK: Questions

bool access_may_use_certificate(const struct access_user *user) {
    return user->may_use_certificate;
}

bool access_secret_is(const struct access_user *user, const uint8_t bytes[32]) {
    uint8_t difference = 0;
    for (size_t index = 0; index < 32; index++) difference |= user->digest[index] ^ bytes[index];
    return user->has_digest && difference == 0;
}

static const char *value(const struct access_user *user, char letter) {
    if (letter == 'u') return user->name;
    for (const char *at = user->values; *at; at += strlen(at) + 1)
        if (*at == letter) return at + 2;
    return 0;
}

static bool is_text(const char *text, const char *start, size_t count) {
    return text && strlen(text) == count && !memcmp(text, start, count);
}

static const char *level_end(const char *topic) {
    while (*topic && *topic != '/') topic++;
    return topic;
}

static bool is_wildcard(const char *level) {
    return (*level == '+' || *level == '#') && level_end(level) == level + 1;
}

// One level of a rule that is not a wildcard; both move to their end. Null: it does not fit.
static const char *fit_level(
    const char **rule, const char *topic, const struct access_user *user) {
    if (is_wildcard(topic)) return 0;
    const char *at = *rule;
    while (*at && *at != '/') {
        if (*at == '*') {
            at++;
            topic = level_end(topic);
        } else if (*at == '%') {
            const char *text = value(user, at[1]);
            if (!text) return 0;
            size_t count = strlen(text);
            if (strncmp(topic, text, count)) return 0;
            topic += count;
            at += 2;
        } else if (*at++ != *topic++) {
            return 0;
        }
    }
    *rule = at;
    return topic;
}

static bool covers(const char *rule, const char *topic, const struct access_user *user) {
    // What begins with `$` is the broker's own: no wildcard reaches it (MQTT §4.7.2).
    if (*topic == '$' && is_wildcard(rule)) return false;
    while (true) {
        if (*rule == '#') return true;
        if (*topic == '#' && !topic[1]) return false;
        if (*rule == '+') {
            rule++;
            topic = level_end(topic);
        } else {
            topic = fit_level(&rule, topic, user);
            if (!topic) return false;
        }
        if (!*rule) return !*topic;
        // `a/#` takes `a` too.
        if (!*topic) return rule[1] == '#' && !rule[2];
        if (*topic != '/') return false;
        rule++;
        topic++;
    }
}

bool access_allows(const struct access_user *user, enum access_way way, const char *topic) {
    if (!user->set || !*topic) return false;
    if (way == access_subscribe && !strncmp(topic, "$share/", 7)) {
        const char *group = topic + 7;
        topic = strchr(group, '/');
        if (!topic) return false;
        size_t count = (size_t)(topic++ - group);
        if (!*topic || !(is_text(user->name, group, count) || is_text(value(user, 'd'), group, count)))
            return false;
    }
    bool publishes = way == access_publish || way == access_retain;
    for (const struct rule *rule = user->set->rules; rule; rule = rule->next)
        if (rule->publishes == publishes && (rule->keeps || way != access_retain) &&
            covers(rule->filter, topic, user))
            return true;
    return false;
}

bool access_client_fits(const char *user, const char *client) {
    size_t count = strlen(user);
    if (strncmp(user, client, count)) return false;
    const char *rest = client + count;
    return !*rest || (!strncmp(rest, ":n", 2) && strlen(rest) <= access_session_name_limit);
}

bool access_note_session(struct access_user *user, const char *client, int64_t now) {
    const char *name = client + strlen(user->name);
    if (!*name) return true;
    if (!user->sessions) user->sessions = calloc(access_session_limit, sizeof *user->sessions);
    if (!user->sessions) return false;
    struct session *place = 0;
    for (size_t index = 0; index < access_session_limit; index++) {
        struct session *session = &user->sessions[index];
        if (!strcmp(session->name, name)) {
            place = session;
            break;
        }
        bool is_over = now - session->seen > (int64_t)access_session_days * 86400;
        if (!place && (!*session->name || is_over)) place = session;
    }
    if (!place) return false;
    strcpy(place->name, name);
    place->seen = now;
    return true;
}

struct allowance *access_allowance(struct access_user *user) { return &user->allowance; }

const void *access_presence(const struct access_user *user) { return user->presence; }

void access_set_presence(struct access_user *user, const void *connection) {
    user->presence = connection;
}

void access_each_present(
    const struct access *access, void (*each)(void *, const char *), void *context) {
    for (size_t index = 0; index < bucket_count; index++)
        for (struct access_user *user = access->users[index]; user; user = user->next)
            if (user->presence) each(context, user->name);
}
