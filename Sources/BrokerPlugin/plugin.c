// What Lineside adds to Mosquitto: who may enter, which topics are whose, who is there, and an end
// for those who are to go. Fails closed: without secrets nobody may enter, without a file of users
// only the appliance. Answers at once or not at all, because the broker has one thread.

#include "access.h"
#include "pressure.h"
#include "retained.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <mqtt_protocol.h>
#include <openssl/sha.h>

#define LINK_NAME "lineside"
#define CONTROL_TOPIC "$CONTROL/lineside/v1"
#define ANSWER_TOPIC CONTROL_TOPIC "/answer"
#define PRESENCE_TOPIC CONTROL_TOPIC "/presence"
#define RETAINED_TOPIC CONTROL_TOPIC "/retained"
// The appliance and doors that have checked a certificate; `open.sock` is for those that have not.
#define TRUSTED_SOCKET "/link.sock"

enum {
    // Properties of a will are never shown to a plugin: they count as the largest packet.
    unknown_properties = 1 << 20,
    refusals_pause = 10,
    // Seconds between looks for a newer database, and between sweeps that nobody's refusal asks for.
    look_at_database = 1,
    sweep_pause = 60,
    // Of a message in a queue, beside its payload and topic.
    message_overhead = 400,
    subscription_size = 512,
    // Milliseconds: to look at the memory costs more than to pass a message on.
    look_pause = 500,
};

struct secret {
    bool is_set;
    uint8_t digest[32];
};

static struct {
    mosquitto_plugin_id_t *id;
    struct access *access;
    char *access_file, *database;
    struct secret link, certificate;
    uint64_t presence_number;
    struct retained *retained;
    uint64_t refusals;
    time_t refusal_told;
    // What is counted may have gone: compare it with the next database.
    bool wants_sweep;
    int64_t swept_at, looked_for_database;
    struct timespec swept_database;
    // The topics that are purged in this turn of the broker, or null.
    struct retained *purging;
    struct connections *connections;
    size_t memory_limit, since_look;
    int64_t looked_at;
    enum pressure pressure;
} state;

// MARK: Files

// A null pointer if it can't be read or is too large. The caller frees it.
static char *read_file(const char *path, size_t limit, size_t *count) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return 0;
    struct stat information;
    char *bytes = 0;
    if (!fstat(fd, &information) && S_ISREG(information.st_mode) && information.st_size >= 0 &&
        (size_t)information.st_size <= limit) {
        *count = (size_t)information.st_size;
        bytes = malloc(*count + 1);
    }
    size_t filled = 0;
    while (bytes && filled < *count) {
        ssize_t got = read(fd, bytes + filled, *count - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            free(bytes);
            bytes = 0;
            break;
        }
        filled += (size_t)got;
    }
    if (bytes) bytes[*count] = 0;
    close(fd);
    return bytes;
}

// Lines `link <secret>` and `certificate <secret>`.
static void read_secrets(const char *path) {
    size_t count;
    char *text = path ? read_file(path, 4096, &count) : 0, *rest = 0;
    if (!text) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "lineside: no secrets, so nobody may enter");
        return;
    }
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(0, "\n", &rest)) {
        char *blank = strchr(line, ' ');
        // A short secret is a broken file.
        if (!blank || strlen(blank + 1) < 32) continue;
        *blank = 0;
        struct secret *secret = !strcmp(line, "link")          ? &state.link
                                : !strcmp(line, "certificate") ? &state.certificate
                                                               : 0;
        if (!secret) continue;
        SHA256((const uint8_t *)blank + 1, strlen(blank + 1), secret->digest);
        secret->is_set = true;
    }
    memset(text, 0, count);
    free(text);
}

static bool is_secret(const struct secret *secret, const uint8_t digest[32]) {
    uint8_t difference = 0;
    for (size_t index = 0; index < 32; index++) difference |= secret->digest[index] ^ digest[index];
    return secret->is_set && difference == 0;
}

// MARK: To the appliance

// Not `mosquitto_broker_publish_copy`: in 2.0.11 its copy is not counted but its end is, and after
// 1,600 messages the count runs below zero, every allocation is over `memory_limit` and the broker
// turns everybody away.
static void tell(const char *topic, const char *text, size_t count, int qos) {
    char *copy = mosquitto_malloc(count);
    if (!copy) return;
    memcpy(copy, text, count);
    int code = mosquitto_broker_publish(LINK_NAME, topic, (int)count, copy, qos, false, NULL);
    if (code) mosquitto_free(copy);
}

static void kick(void *context, const char *user) {
    (void)context;
    if (strcmp(user, LINK_NAME)) mosquitto_kick_client_by_username(user, true);
}

// QoS 1, as what devices say of themselves: so nobody's last words come after his going.
// `+ <number> <user> <address>` or `- <number> <user>`; a gap in the numbers means that one is lost.
static void tell_presence(char sign, const char *user, const char *address) {
    char text[access_name_limit + 128];
    int count = snprintf(
        text, sizeof text, "%c %llu %s%s%s", sign, (unsigned long long)++state.presence_number,
        user, address ? " " : "", address ? address : "");
    if (count > 0 && (size_t)count < sizeof text) tell(PRESENCE_TOPIC, text, (size_t)count, 1);
}

struct listing {
    char text[60000];
    size_t count;
};

static void flush(struct listing *listing, char sign) {
    listing->text[0] = sign;
    tell(PRESENCE_TOPIC, listing->text, listing->count, 1);
    listing->count = 1;
}

static void list_user(void *context, const char *name) {
    struct listing *listing = context;
    size_t count = strlen(name);
    if (listing->count + count + 1 > sizeof listing->text) flush(listing, '=');
    listing->text[listing->count] = ' ';
    memcpy(listing->text + listing->count + 1, name, count);
    listing->count += count + 1;
}

// `= <user> …` as often as needed, and at last `. <number> <user> …`.
static void list_presence(void) {
    struct listing *listing = malloc(sizeof *listing);
    if (!listing) return;
    listing->count = 1;
    access_each_present(state.access, list_user, listing);
    if (listing->count > 1) flush(listing, '=');
    char text[32];
    int count =
        snprintf(text, sizeof text, ". %llu", (unsigned long long)state.presence_number);
    if (count > 0) tell(PRESENCE_TOPIC, text, (size_t)count, 1);
    free(listing);
}

// MARK: Events

static bool is_local(const struct mosquitto *client) {
    // The address of a Unix socket is its path.
    const char *address = mosquitto_client_address(client);
    size_t count = address ? strlen(address) : 0, end = sizeof TRUSTED_SOCKET - 1;
    return count >= end && *address == '/' && !strcmp(address + count - end, TRUSTED_SOCKET);
}

static bool is_link(const struct mosquitto *client) {
    const char *user = mosquitto_client_username(client);
    return user && !strcmp(user, LINK_NAME) && is_local(client);
}

static int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Whether so much may come to lie in the broker for that connection.
static bool may_hold(struct access_user *user, const struct mosquitto *client, size_t bytes) {
    if (state.memory_limit == 0) return true;
    int64_t now = milliseconds();
    state.since_look += bytes;
    if (state.since_look >= state.memory_limit / 64 || now - state.looked_at >= look_pause) {
        // Mosquitto counts the same, and shows it to nobody but subscribers.
        struct mallinfo2 memory = mallinfo2();
        state.pressure = pressure_of(memory.uordblks + memory.hblkhd, state.memory_limit);
        state.since_look = 0;
        state.looked_at = now;
    }
    if (!pressure_admits(state.pressure, access_allowance(user), bytes, now)) return false;
    return state.pressure == pressure_none || connections_has(state.connections, client);
}

static int on_auth(int event, void *data, void *context) {
    (void)event;
    (void)context;
    struct mosquitto_evt_basic_auth *auth = data;
    const char *id = mosquitto_client_id(auth->client);
    if (!auth->username || !auth->password || !id) return MOSQ_ERR_AUTH;
    uint8_t digest[32];
    SHA256((const uint8_t *)auth->password, strlen(auth->password), digest);
    if (!access_client_fits(auth->username, id)) return MOSQ_ERR_AUTH;
    if (!strcmp(auth->username, LINK_NAME))
        return is_local(auth->client) && is_secret(&state.link, digest) ? MOSQ_ERR_SUCCESS
                                                                         : MOSQ_ERR_AUTH;
    struct access_user *user = access_find(state.access, auth->username);
    if (!user) return MOSQ_ERR_AUTH;
    bool proven = access_secret_is(user, digest) ||
                  (is_local(auth->client) && access_may_use_certificate(user) &&
                   is_secret(&state.certificate, digest));
    if (!proven) return MOSQ_ERR_AUTH;
    if (access_note_session(user, id, milliseconds() / 1000)) {
        connections_add(state.connections, auth->client);
        return MOSQ_ERR_SUCCESS;
    }
    mosquitto_log_printf(MOSQ_LOG_WARNING, "lineside: %s has too many sessions", auth->username);
    return MOSQ_ERR_AUTH;
}

static void note_presence(struct access_user *user, const struct mosquitto *client) {
    const char *name = mosquitto_client_username(client), *id = mosquitto_client_id(client);
    if (!id || strcmp(id, name) || access_presence(user) == client) return;
    access_set_presence(user, client);
    const char *address = mosquitto_client_address(client);
    if (address && *address == '/') address = 0;
    tell_presence('+', name, address);
}

static int64_t nanoseconds(struct timespec time) {
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t real_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return nanoseconds(now);
}

static bool keeps(const char *user, const char *topic, size_t bytes, bool is_empty) {
    bool good = retained_admit(state.retained, user, topic, bytes, is_empty, real_nanoseconds());
    if (!good || (retained_is_tight(state.retained, user) &&
                  milliseconds() - state.swept_at > sweep_pause * 1000))
        state.wants_sweep = true;
    if (good) return true;
    state.refusals++;
    time_t now = time(0);
    // One that floods is told of once.
    if (now - state.refusal_told < refusals_pause && now >= state.refusal_told) return false;
    state.refusal_told = now;
    char text[access_name_limit + 32];
    int count = snprintf(
        text, sizeof text, "%llu %s", (unsigned long long)state.refusals, user);
    if (count > 0 && (size_t)count < sizeof text) tell(RETAINED_TOPIC, text, (size_t)count, 0);
    return false;
}

// A will is asked for here alone; of what is published `on_message` knows the size better.
static int may_publish(
    const struct mosquitto_evt_acl_check *check, const struct access_user *user) {
    if (!access_allows(user, access_publish, check->topic)) return MOSQ_ERR_ACL_DENIED;
    if (!check->retain) return MOSQ_ERR_SUCCESS;
    if (!access_allows(user, access_retain, check->topic)) return MOSQ_ERR_ACL_DENIED;
    // Without an address nobody publishes: a kept message is about to be delivered.
    if (!mosquitto_client_address(check->client)) return MOSQ_ERR_SUCCESS;
    bool has_properties = mosquitto_client_protocol_version(check->client) == 5;
    size_t bytes = check->payloadlen + (has_properties ? unknown_properties : 0);
    return keeps(
               mosquitto_client_username(check->client), check->topic, bytes,
               check->payloadlen == 0)
               ? MOSQ_ERR_SUCCESS
               : MOSQ_ERR_ACL_DENIED;
}

static size_t size_of(const mosquitto_property *properties) {
    size_t size = 0;
    for (; properties; properties = mosquitto_property_next(properties)) {
        char *name = 0, *text = 0;
        void *bytes = 0;
        uint16_t count = 0;
        size += 48;
        switch (mosquitto_property_identifier(properties)) {
        case MQTT_PROP_USER_PROPERTY:
            mosquitto_property_read_string_pair(
                properties, MQTT_PROP_USER_PROPERTY, &name, &text, false);
            size += (name ? strlen(name) : 0) + (text ? strlen(text) : 0);
            break;
        case MQTT_PROP_CONTENT_TYPE:
        case MQTT_PROP_RESPONSE_TOPIC:
            mosquitto_property_read_string(
                properties, mosquitto_property_identifier(properties), &text, false);
            size += text ? strlen(text) : 0;
            break;
        case MQTT_PROP_CORRELATION_DATA:
            mosquitto_property_read_binary(
                properties, MQTT_PROP_CORRELATION_DATA, &bytes, &count, false);
            size += count;
            break;
        default: break;
        }
        free(name);
        free(text);
        free(bytes);
    }
    return size;
}

static int on_message(int event, void *data, void *context) {
    (void)event;
    (void)context;
    struct mosquitto_evt_message *message = data;
    const char *name = mosquitto_client_username(message->client);
    if (!message->retain || !name || !message->topic || is_link(message->client))
        return MOSQ_ERR_SUCCESS;
    size_t bytes = message->payloadlen + size_of(message->properties);
    return keeps(name, message->topic, bytes, message->payloadlen == 0) ? MOSQ_ERR_SUCCESS
                                                                        : MOSQ_ERR_ACL_DENIED;
}

// Takes away what is over, which Mosquitto 2.0 keeps until somebody asks for its topic.
static bool purge(const char *topic) {
    return retained_admit(state.purging, "", topic, 0, false, 0) &&
           !mosquitto_broker_publish(NULL, topic, 0, NULL, 0, true, NULL);
}

static void sweep(void) {
    int fd = state.database ? open(state.database, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd < 0) return;
    struct stat information;
    struct timespec *former = &state.swept_database;
    int64_t now = real_nanoseconds();
    bool is_new = !fstat(fd, &information) &&
                  (information.st_mtim.tv_sec != former->tv_sec ||
                   information.st_mtim.tv_nsec != former->tv_nsec);
    // One of the future: a clock that was set back says nothing of what came first.
    FILE *file = is_new && nanoseconds(information.st_mtim) <= now ? fdopen(fd, "r") : 0;
    if (!file) {
        close(fd);
        return;
    }
    setvbuf(file, 0, _IOFBF, 1 << 18);
    state.purging = retained_new();
    if (state.purging &&
        !retained_sweep(
            state.retained, file, nanoseconds(information.st_mtim), now / 1000000000, purge))
        mosquitto_log_printf(MOSQ_LOG_WARNING, "lineside: the database could not be read in full");
    fclose(file);
    *former = information.st_mtim;
    state.wants_sweep = false;
    state.swept_at = milliseconds();
}

// The end of a turn: what is published here is passed on before anybody's next packet is read.
static int on_tick(int event, void *data, void *context) {
    (void)event;
    (void)data;
    (void)context;
    retained_free(state.purging);
    state.purging = 0;
    if (!state.wants_sweep) return MOSQ_ERR_SUCCESS;
    int64_t now = milliseconds();
    if (now - state.looked_for_database < look_at_database * 1000) return MOSQ_ERR_SUCCESS;
    state.looked_for_database = now;
    sweep();
    return MOSQ_ERR_SUCCESS;
}

static int on_acl(int event, void *data, void *context) {
    (void)event;
    (void)context;
    struct mosquitto_evt_acl_check *check = data;
    // Subscribers have had what is over; its end is no news.
    if (state.purging && check->access == MOSQ_ACL_READ && check->payloadlen == 0 &&
        check->topic && retained_has(state.purging, check->topic))
        return MOSQ_ERR_ACL_DENIED;
    if (is_link(check->client)) return MOSQ_ERR_SUCCESS;
    const char *name = mosquitto_client_username(check->client);
    struct access_user *user = name ? access_find(state.access, name) : 0;
    if (!user || !check->topic) return MOSQ_ERR_ACL_DENIED;
    switch (check->access) {
    case MOSQ_ACL_SUBSCRIBE:
        if (!access_allows(user, access_subscribe, check->topic) ||
            !may_hold(user, check->client, subscription_size))
            return MOSQ_ERR_ACL_DENIED;
        note_presence(user, check->client);
        return MOSQ_ERR_SUCCESS;
    case MOSQ_ACL_READ:
        return access_allows(user, access_receive, check->topic) &&
                       may_hold(
                           user, check->client,
                           check->payloadlen + strlen(check->topic) + message_overhead)
                   ? MOSQ_ERR_SUCCESS
                   : MOSQ_ERR_ACL_DENIED;
    case MOSQ_ACL_WRITE: return may_publish(check, user);
    case MOSQ_ACL_UNSUBSCRIBE: return MOSQ_ERR_SUCCESS;
    default: return MOSQ_ERR_ACL_DENIED;
    }
}

static int on_disconnect(int event, void *data, void *context) {
    (void)event;
    (void)context;
    struct mosquitto_evt_disconnect *gone = data;
    connections_remove(state.connections, gone->client);
    const char *name = mosquitto_client_username(gone->client);
    struct access_user *user = name ? access_find(state.access, name) : 0;
    // One that was never let in may bear any name.
    if (!user || access_presence(user) != gone->client) return MOSQ_ERR_SUCCESS;
    access_set_presence(user, 0);
    tell_presence('-', name, 0);
    return MOSQ_ERR_SUCCESS;
}

// MARK: Control

static bool load(char *why, size_t size, const struct access_calls *calls) {
    size_t count = 0;
    char *bytes = state.access_file ? read_file(state.access_file, access_file_limit, &count) : 0;
    struct access *fresh = access_new();
    snprintf(why, size, "the file of users can't be read");
    bool good =
        bytes && fresh && access_load(fresh, state.access, bytes, count, calls, why, size);
    free(bytes);
    if (!good) {
        access_free(fresh);
        return false;
    }
    access_free(state.access);
    state.access = fresh;
    return true;
}

static void answer(const char *tag, const char *word, const char *why) {
    char text[400];
    int count = snprintf(
        text, sizeof text, "%.64s %s %llu %s", tag, word,
        (unsigned long long)access_generation(state.access), why);
    if (count > 0 && (size_t)count < sizeof text) tell(ANSWER_TOPIC, text, (size_t)count, 0);
}

// First line: `<tag> load`, `<tag> presence` or `<tag> change`, behind which the change follows.
static int on_control(int event, void *data, void *context) {
    (void)event;
    (void)context;
    struct mosquitto_evt_control *control = data;
    if (!is_link(control->client)) return MOSQ_ERR_ACL_DENIED;
    static const struct access_calls calls = {.kick = kick};
    const char *bytes = control->payload;
    const char *end = bytes ? memchr(bytes, '\n', control->payloadlen) : 0;
    char tag[65], verb[16], why[256] = "";
    char line[96];
    size_t length = end ? (size_t)(end - bytes) : 0;
    if (!end || length >= sizeof line) return MOSQ_ERR_SUCCESS;
    memcpy(line, bytes, length);
    line[length] = 0;
    if (sscanf(line, "%64s %15s", tag, verb) != 2) return MOSQ_ERR_SUCCESS;
    if (!strcmp(verb, "load")) {
        answer(tag, load(why, sizeof why, &calls) ? "ok" : "bad", why);
    } else if (!strcmp(verb, "presence")) {
        list_presence();
        answer(tag, "ok", "");
    } else if (!strcmp(verb, "change")) {
        switch (access_change(
            state.access, end + 1, control->payloadlen - length - 1, &calls, why, sizeof why)) {
        case access_ok: answer(tag, "ok", why); break;
        case access_stale: answer(tag, "stale", why); break;
        case access_bad: answer(tag, "bad", why); break;
        }
    } else {
        answer(tag, "bad", "unknown");
    }
    return MOSQ_ERR_SUCCESS;
}

// MARK: Life

// A database that can't be read the broker will not take either, or it is empty.
static void read_database(const char *path) {
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd < 0) return;
    FILE *file = fdopen(fd, "r");
    if (!file) {
        close(fd);
        return;
    }
    if (!retained_read(state.retained, file, time(0)))
        mosquitto_log_printf(
            MOSQ_LOG_WARNING, "lineside: what is kept for each user could not be counted in full");
    fclose(file);
}

__attribute__((visibility("default"))) int mosquitto_plugin_version(
    int count, const int *versions) {
    for (int index = 0; index < count; index++)
        if (versions[index] == 5) return 5;
    return -1;
}

__attribute__((visibility("default"))) int mosquitto_plugin_init(
    mosquitto_plugin_id_t *id, void **data, struct mosquitto_opt *options, int count) {
    (void)data;
    state.id = id;
    state.access = access_new();
    state.retained = retained_new();
    state.connections = connections_new();
    if (!state.access || !state.retained || !state.connections) return MOSQ_ERR_NOMEM;
    const char *secrets = 0;
    for (int index = 0; index < count; index++) {
        if (!strcmp(options[index].key, "secrets")) secrets = options[index].value;
        if (!strcmp(options[index].key, "database")) state.database = strdup(options[index].value);
        if (!strcmp(options[index].key, "memory"))
            state.memory_limit = strtoull(options[index].value, 0, 10);
        if (!strcmp(options[index].key, "access")) state.access_file = strdup(options[index].value);
    }
    read_secrets(secrets);
    read_database(state.database);
    char why[256];
    if (load(why, sizeof why, 0))
        mosquitto_log_printf(MOSQ_LOG_NOTICE, "lineside: %s", why);
    else
        mosquitto_log_printf(
            MOSQ_LOG_WARNING, "lineside: only the appliance may enter: %s", why);
    const struct {
        int event;
        MOSQ_FUNC_generic_callback call;
        const char *topic;
    } calls[] = {
        {MOSQ_EVT_BASIC_AUTH, on_auth, 0},
        {MOSQ_EVT_ACL_CHECK, on_acl, 0},
        {MOSQ_EVT_MESSAGE, on_message, 0},
        {MOSQ_EVT_DISCONNECT, on_disconnect, 0},
        {MOSQ_EVT_TICK, on_tick, 0},
        {MOSQ_EVT_CONTROL, on_control, CONTROL_TOPIC},
    };
    for (size_t index = 0; index < sizeof calls / sizeof *calls; index++) {
        int code = mosquitto_callback_register(
            id, calls[index].event, calls[index].call, calls[index].topic, 0);
        if (code != MOSQ_ERR_SUCCESS) return code;
    }
    return MOSQ_ERR_SUCCESS;
}

__attribute__((visibility("default"))) int mosquitto_plugin_cleanup(
    void *data, struct mosquitto_opt *options, int count) {
    (void)data;
    (void)options;
    (void)count;
    mosquitto_callback_unregister(state.id, MOSQ_EVT_BASIC_AUTH, on_auth, 0);
    mosquitto_callback_unregister(state.id, MOSQ_EVT_ACL_CHECK, on_acl, 0);
    mosquitto_callback_unregister(state.id, MOSQ_EVT_MESSAGE, on_message, 0);
    mosquitto_callback_unregister(state.id, MOSQ_EVT_DISCONNECT, on_disconnect, 0);
    mosquitto_callback_unregister(state.id, MOSQ_EVT_TICK, on_tick, 0);
    mosquitto_callback_unregister(state.id, MOSQ_EVT_CONTROL, on_control, CONTROL_TOPIC);
    access_free(state.access);
    retained_free(state.retained);
    retained_free(state.purging);
    connections_free(state.connections);
    free(state.access_file);
    free(state.database);
    memset(&state, 0, sizeof state);
    return MOSQ_ERR_SUCCESS;
}
