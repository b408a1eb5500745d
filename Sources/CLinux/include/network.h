#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

int clinux_epoll_create(void);
int clinux_epoll_set(int epoll, int operation, int fd, uint32_t events, uint64_t key);
int clinux_eventfd(void);

/// A listening socket, or -errno. `host` is an IP address; `::` listens on IPv4 too.
int clinux_listen_tcp(const char *host, uint16_t port, int backlog);
/// A listening socket, or -errno. The path appears with its mode, never with a wider one;
/// a path on which somebody still listens is EADDRINUSE.
int clinux_listen_unix(const char *path, uint32_t mode, int backlog);
/// Non-blocking and close-on-exec; -1 with errno.
int clinux_accept(int listener);
/// A socket whose connection may still be under way, or -errno; EINVAL: not an IP address.
int clinux_connect_tcp(const char *host, uint16_t port);
int clinux_connect_unix(const char *path);
/// What `connect` came to: 0 or an errno.
int clinux_socket_error(int fd);
/// No waiting for more to send, and a peer that lost its power is noticed within two minutes.
void clinux_tune_tcp(int fd);
int clinux_set_nonblocking(int fd);
int clinux_set_close_on_exec(int fd);

struct clinux_peer {
    char address[64];    ///< IP address as text (IPv4 inside IPv6 as IPv4); empty on a Unix socket
    uint16_t port;
    uint16_t local_port; ///< 0 on a Unix socket
    int32_t user;        ///< of the process at the other end of a Unix socket, else -1
};
/// 0, or -errno.
int clinux_describe(int fd, struct clinux_peer *peer);
/// The port that a listening socket got; 0 on a Unix socket.
uint16_t clinux_local_port(int fd);
/// Raises the soft limit of open descriptors to the hard one; the limit then in force.
uint64_t clinux_raise_descriptor_limit(void);

static inline uint64_t clinux_event_key(const struct epoll_event *events, int index) {
    return events[index].data.u64;
}
static inline uint32_t clinux_event_mask(const struct epoll_event *events, int index) {
    return events[index].events;
}
