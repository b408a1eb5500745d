#define _GNU_SOURCE
#include "network.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int clinux_epoll_set(int epoll, int operation, int fd, uint32_t events, uint64_t key) {
    struct epoll_event event = {.events = events, .data.u64 = key};
    return epoll_ctl(epoll, operation, fd, &event);
}

int clinux_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static int open_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int fail(int fd, int code) {
    if (fd >= 0) close(fd);
    return -code;
}

static socklen_t inet_address(const char *host, uint16_t port, struct sockaddr_storage *storage) {
    memset(storage, 0, sizeof *storage);
    struct sockaddr_in *four = (struct sockaddr_in *)storage;
    if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        return sizeof *four;
    }
    memset(storage, 0, sizeof *storage);
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)storage;
    if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        return sizeof *six;
    }
    return 0;
}

static int unix_address(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) return ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return 0;
}

int clinux_listen_tcp(const char *host, uint16_t port, int backlog) {
    struct sockaddr_storage address;
    socklen_t length = inet_address(host, port, &address);
    if (length == 0) return -EINVAL;
    int fd = open_socket(address.ss_family);
    if (fd < 0) return -errno;
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, (struct sockaddr *)&address, length) || listen(fd, backlog))
        return fail(fd, errno);
    return fd;
}

int clinux_listen_unix(const char *path, uint32_t mode, int backlog) {
    int living = clinux_connect_unix(path);
    if (living >= 0) return fail(living, EADDRINUSE);
    if (living == -EAGAIN) return -EADDRINUSE;
    char temporary[sizeof(((struct sockaddr_un *)0)->sun_path)];
    int count = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (count < 0 || (size_t)count >= sizeof temporary) return -ENAMETOOLONG;
    struct sockaddr_un address;
    unix_address(temporary, &address);
    int fd = open_socket(AF_UNIX);
    if (fd < 0) return -errno;
    unlink(temporary);
    if (bind(fd, (struct sockaddr *)&address, sizeof address)) return fail(fd, errno);
    if (chmod(temporary, mode) || listen(fd, backlog) || rename(temporary, path)) {
        int code = errno;
        unlink(temporary);
        return fail(fd, code);
    }
    return fd;
}

int clinux_accept(int listener) { return accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC); }

int clinux_connect_tcp(const char *host, uint16_t port) {
    struct sockaddr_storage address;
    socklen_t length = inet_address(host, port, &address);
    if (length == 0) return -EINVAL;
    int fd = open_socket(address.ss_family);
    if (fd < 0) return -errno;
    if (connect(fd, (struct sockaddr *)&address, length) && errno != EINPROGRESS)
        return fail(fd, errno);
    return fd;
}

int clinux_connect_unix(const char *path) {
    struct sockaddr_un address;
    int code = unix_address(path, &address);
    if (code) return -code;
    int fd = open_socket(AF_UNIX);
    if (fd < 0) return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) return fail(fd, errno);
    return fd;
}

int clinux_socket_error(int fd) {
    int code = 0;
    socklen_t length = sizeof code;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) ? errno : code;
}

void clinux_tune_tcp(int fd) {
    int on = 1, idle = 60, interval = 15, count = 4;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on)) return;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

int clinux_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? flags : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int clinux_set_close_on_exec(int fd) { return fcntl(fd, F_SETFD, FD_CLOEXEC); }

static uint16_t text_of(const struct sockaddr_storage *storage, char *text, socklen_t capacity) {
    text[0] = 0;
    if (storage->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)storage;
        inet_ntop(AF_INET, &four->sin_addr, text, capacity);
        return ntohs(four->sin_port);
    }
    if (storage->ss_family != AF_INET6) return 0;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)storage;
    if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        inet_ntop(AF_INET, &six->sin6_addr.s6_addr[12], text, capacity);
    else
        inet_ntop(AF_INET6, &six->sin6_addr, text, capacity);
    return ntohs(six->sin6_port);
}

int clinux_describe(int fd, struct clinux_peer *peer) {
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    memset(peer, 0, sizeof *peer);
    peer->user = -1;
    if (getpeername(fd, (struct sockaddr *)&address, &length)) return -errno;
    if (address.ss_family == AF_UNIX) {
        struct ucred credentials;
        length = sizeof credentials;
        if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length))
            peer->user = (int32_t)credentials.uid;
        return 0;
    }
    peer->port = text_of(&address, peer->address, sizeof peer->address);
    peer->local_port = clinux_local_port(fd);
    return 0;
}

uint16_t clinux_local_port(int fd) {
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    char text[64];
    if (getsockname(fd, (struct sockaddr *)&address, &length)) return 0;
    return text_of(&address, text, sizeof text);
}

uint64_t clinux_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) return 1024;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur;
}
