#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pressure.h"

// Who may enter the broker, and which topics are whose. Pure: knows nothing of Mosquitto, so that
// it can be tested and fuzzed alone. One thread.
//
// The same lines make up the file that is read at start and what comes over the control topic:
//   g <generation>                 begins a change
//   r <set> <count>                a set of rules; then <count> lines: `p <filter>` may publish,
//                                  `k <filter>` may publish and let the broker keep it,
//                                  `s <filter>` may subscribe and receive
//   x <set>                        that set is gone
//   u <name> <c|-> <digest|-> <set> [<letter>=<value> …]
//                                  a user; `c`: a certificate may prove it; digest: SHA-256 of its
//                                  secret in hexadecimal; the letters stand in filters as %t …
//   d <name>                       that user is gone, with its connections
//   k <name>                       its connections end
//   e <generation>                 ends the change
// In a filter `*` at the end of a level takes any rest of it, and %u is the user's name.

enum {
    access_line_limit = 1024,
    access_name_limit = 256,
    access_rule_limit = 256,
    access_set_limit = 65536,
    access_user_limit = 200000,
    // Sessions beside the one that bears the user's name: each holds a queue of its own for 14 days.
    access_session_limit = 4,
    access_session_name_limit = 16,
    access_session_days = 14,
    access_file_limit = 64 << 20,
};

struct access;

// What is to happen outside; called while a change is applied.
struct access_calls {
    void (*kick)(void *context, const char *user);
    void *context;
};

struct access_user;

struct access *access_new(void);
void access_free(struct access *access);

// Takes over what the file holds, or nothing at all. A last change that is cut short counts as not
// made. On success every user that is gone or has another secret than in `old` (may be null) is
// kicked; presence and sessions are taken from `old`. `why` gets a sentence.
bool access_load(
    struct access *access, struct access *old, const char *bytes, size_t count,
    const struct access_calls *calls, char *why, size_t why_size);

enum access_answer { access_ok, access_stale, access_bad };

// One change, whole or not at all; it must carry the generation that follows.
enum access_answer access_change(
    struct access *access, const char *bytes, size_t count, const struct access_calls *calls,
    char *why, size_t why_size);

uint64_t access_generation(const struct access *access);
size_t access_users(const struct access *access);

struct access_user *access_find(const struct access *access, const char *name);
bool access_may_use_certificate(const struct access_user *user);
// In constant time. False for a user without a secret.
bool access_secret_is(const struct access_user *user, const uint8_t digest[32]);

enum access_way { access_publish, access_retain, access_subscribe, access_receive };

// `topic` is a filter for `access_subscribe`: allowed if all that it takes is. A group of shared
// subscriptions has the user's name, or what %d is: whoever joins another's takes its messages.
bool access_allows(const struct access_user *user, enum access_way way, const char *topic);

// Whether a connection of `user` may call itself `client`: its name, or its name with `:n…` behind,
// of which the letters after the name are at most `access_session_name_limit`.
bool access_client_fits(const char *user, const char *client);
// Notes the session of a client that fits. False if the user has `access_session_limit` others that
// the broker may still hold at `now`, in seconds of a clock that only goes on.
bool access_note_session(struct access_user *user, const char *client, int64_t now);

// What it may still be given under pressure.
struct allowance *access_allowance(struct access_user *user);

// The connection that stands for the user's presence; null while there is none.
const void *access_presence(const struct access_user *user);
void access_set_presence(struct access_user *user, const void *connection);
// Calls `each` for every user that is present.
void access_each_present(
    const struct access *access, void (*each)(void *, const char *name), void *context);
