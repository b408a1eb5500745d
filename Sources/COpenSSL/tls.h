#pragma once
#include <openssl/ssl.h>

// Macros with casts or arguments, which Swift cannot import.

/// TLS 1.2 or later, no renegotiation, no session cache (tickets hold what is needed), buffers
/// given back while a connection is idle, writes that may stop half-way and move.
static inline void copenssl_harden(SSL_CTX *context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(
        context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
                     | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);
}

static inline int copenssl_add_chain(SSL_CTX *context, X509 *certificate) {
    return SSL_CTX_add1_chain_cert(context, certificate);
}

static inline int copenssl_add_chain_of_one(SSL *session, X509 *certificate) {
    return SSL_add1_chain_cert(session, certificate);
}

/// Sessions are told of and kept nowhere else.
static inline void copenssl_tell_sessions(
    SSL_CTX *context, int (*kept)(SSL *session, SSL_SESSION *kept)) {
    SSL_CTX_set_session_cache_mode(
        context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, kept);
}

static inline int copenssl_ask_for_name(SSL *session, const char *name) {
    return SSL_set_tlsext_host_name(session, name);
}
