#include "archive_calls.h"
#include <dlfcn.h>
#include <sys/stat.h>

/* The few calls of libarchive 3 (libarchive.so.13) that are used, by hand: its headers are not
   needed to build. Numbers from archive.h and archive_entry.h. */
struct archive;
struct archive_entry;
enum { ARCHIVE_EOF = 1, ARCHIVE_OK = 0, ARCHIVE_WARN = -20 };

#define CALLS(call)                                                                              \
    call(struct archive *, archive_read_new, (void))                                             \
    call(int, archive_read_support_filter_gzip, (struct archive *))                              \
    call(int, archive_read_support_format_tar, (struct archive *))                               \
    call(int, archive_read_support_format_zip, (struct archive *))                               \
    call(int, archive_read_open_fd, (struct archive *, int, size_t))                             \
    call(int, archive_read_next_header, (struct archive *, struct archive_entry **))             \
    call(long, archive_read_data, (struct archive *, void *, size_t))                            \
    call(int, archive_read_free, (struct archive *))                                             \
    call(const char *, archive_error_string, (struct archive *))                                 \
    call(int64_t, archive_filter_bytes, (struct archive *, int))                                 \
    call(const char *, archive_entry_pathname, (struct archive_entry *))                         \
    call(const char *, archive_entry_hardlink, (struct archive_entry *))                         \
    call(unsigned, archive_entry_filetype, (struct archive_entry *))                             \
    call(unsigned, archive_entry_perm, (struct archive_entry *))                                 \
    call(int, archive_entry_size_is_set, (struct archive_entry *))                               \
    call(int64_t, archive_entry_size, (struct archive_entry *))

#define DECLARE(result, name, arguments) static result(*name) arguments;
CALLS(DECLARE)

int carchive_load(void) {
    static void *library;
    if (library) return 1;
    library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
    if (!library) return 0;
#define FIND(result, name, arguments)                                                            \
    *(void **)&name = dlsym(library, #name);                                                     \
    if (!name) return 0;
    CALLS(FIND)
    return 1;
}

void *carchive_open(int descriptor, int zip) {
    struct archive *archive = archive_read_new();
    if (!archive) return NULL;
    archive_read_support_filter_gzip(archive);
    archive_read_support_format_tar(archive);
    if (zip) archive_read_support_format_zip(archive);
    // A failure here is told by the first carchive_next.
    archive_read_open_fd(archive, descriptor, 65536);
    return archive;
}

int carchive_next(void *archive, struct carchive_entry *entry) {
    struct archive_entry *raw = NULL;
    int result = archive_read_next_header(archive, &raw);
    if (result == ARCHIVE_EOF) return 0;
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return -1;
    unsigned type = archive_entry_filetype(raw);
    entry->path = archive_entry_pathname(raw);
    entry->kind = archive_entry_hardlink(raw) ? CARCHIVE_OTHER
                  : type == S_IFREG           ? CARCHIVE_FILE
                  : type == S_IFDIR           ? CARCHIVE_DIRECTORY
                                              : CARCHIVE_OTHER;
    entry->size = archive_entry_size_is_set(raw) ? archive_entry_size(raw) : -1;
    entry->mode = archive_entry_perm(raw);
    return 1;
}

long carchive_read(void *archive, void *buffer, size_t count) {
    long result = archive_read_data(archive, buffer, count);
    return result < 0 ? -1 : result;
}

const char *carchive_error(void *archive) {
    const char *text = archive_error_string(archive);
    return text ? text : "unknown";
}

int64_t carchive_bytes_in(void *archive) { return archive_filter_bytes(archive, -1); }
int64_t carchive_bytes_out(void *archive) { return archive_filter_bytes(archive, 0); }
void carchive_close(void *archive) { archive_read_free(archive); }
