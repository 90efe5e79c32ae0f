/* The floor: what the main jobs cost at the least. One thread, no signature, no database, no way to go on after a power
 * cut; only the work that nobody is spared: zstd, SHA-256 by OpenSSL, the system calls that a file needs, one flush.
 *
 *   floor create TREE ARCHIVE LEVEL [LIST]  pack a tree; with LIST only the paths that stand in it, one a line
 *   floor verify ARCHIVE                    expand it and hash every file
 *   floor install ARCHIVE ROOT              expand it into an empty folder
 *   floor update ARCHIVE ROOT STAGE         write what it holds into STAGE, a new folder, and exchange it with what
 * ROOT has floor rollback ROOT STAGE               exchange it back
 *
 * An archive is the line "FLOOR 1" and one zstd stream of records, integers in the machine's byte order:
 *   kind u8 ('d' directory, 'f' file, 'l' symbolic link, 'e' the end), mode u32, modified i64 (seconds), size u64,
 * length of the path u16, the path, `size` bytes of content or of a link's target, and for a file their SHA-256 (32
 * bytes). A directory stands before what it holds. ARCHIVEs for `update` hold files alone. STAGE holds the files by
 * number, and "list": their paths, each ended by a zero byte. */
#include <openssl/evp.h>
#include <zstd.h>

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { part_bytes = 128 * 1024, digest_bytes = 32, number_bytes = 16 };
static const char magic[8] = "FLOOR 1\n";

_Noreturn static void fail(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, errno != 0 ? strerror(errno) : "is not as it should be");
    exit(1);
}

static int must(int result, const char *what) {
    if (result < 0)
        fail(what);
    return result;
}

static void *must_have(void *pointer) {
    if (pointer == NULL)
        fail("memory");
    return pointer;
}

static size_t zstd_must(size_t result) {
    if (ZSTD_isError(result)) {
        errno = 0;
        fail(ZSTD_getErrorName(result));
    }
    return result;
}

static void write_all(int fd, const void *bytes, size_t count) {
    const char *at = bytes;
    while (count > 0) {
        const ssize_t written = write(fd, at, count);
        if (written <= 0)
            fail("write");
        at += written;
        count -= (size_t)written;
    }
}

/* ---- digests ---- */

static EVP_MD *sha256;
static EVP_MD_CTX *hash;

static void hash_begin(void) {
    if (hash == NULL) {
        sha256 = must_have(EVP_MD_fetch(NULL, "SHA256", NULL)); /* once: looking it up takes longer than a small file */
        hash = must_have(EVP_MD_CTX_new());
    }
    EVP_DigestInit_ex(hash, sha256, NULL);
}

static void hash_end(unsigned char digest[digest_bytes]) { EVP_DigestFinal_ex(hash, digest, NULL); }

/* ---- records ---- */

struct record {
    char kind;
    uint32_t mode;
    int64_t modified;
    uint64_t size;
    uint16_t path_length;
    char path[4096];
};

/* ---- writing an archive ---- */

struct writer {
    int fd;
    ZSTD_CCtx *context;
    unsigned char packed[part_bytes];
};

static void put(struct writer *writer, const void *bytes, size_t count, ZSTD_EndDirective how) {
    ZSTD_inBuffer in = {bytes, count, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {writer->packed, sizeof writer->packed, 0};
        left = zstd_must(ZSTD_compressStream2(writer->context, &out, &in, how));
        write_all(writer->fd, writer->packed, out.pos);
    } while (how == ZSTD_e_end ? left != 0 : in.pos < in.size);
}

static void put_head(struct writer *writer, char kind, const struct stat *is, uint64_t size, const char *path) {
    const uint32_t mode = is->st_mode & 07777;
    const int64_t modified = is->st_mtime;
    const uint16_t path_length = (uint16_t)strlen(path);
    put(writer, &kind, sizeof kind, ZSTD_e_continue);
    put(writer, &mode, sizeof mode, ZSTD_e_continue);
    put(writer, &modified, sizeof modified, ZSTD_e_continue);
    put(writer, &size, sizeof size, ZSTD_e_continue);
    put(writer, &path_length, sizeof path_length, ZSTD_e_continue);
    put(writer, path, path_length, ZSTD_e_continue);
}

static void put_content(struct writer *writer, const char *path, uint64_t size) {
    static unsigned char part[part_bytes];
    unsigned char digest[digest_bytes];
    const int fd = must(open(path, O_RDONLY | O_CLOEXEC), path);
    hash_begin();
    while (size > 0) {
        const ssize_t count = read(fd, part, sizeof part);
        if (count <= 0 || (uint64_t)count > size)
            fail(path);
        EVP_DigestUpdate(hash, part, (size_t)count);
        put(writer, part, (size_t)count, ZSTD_e_continue);
        size -= (uint64_t)count;
    }
    close(fd);
    hash_end(digest);
    put(writer, digest, sizeof digest, ZSTD_e_continue);
}

/* `path` is relative to the working directory, which is the tree. */
static void put_entry(struct writer *writer, const char *path) {
    struct stat is;
    char target[4096];
    must(lstat(path, &is), path);
    if (S_ISDIR(is.st_mode)) {
        put_head(writer, 'd', &is, 0, path);
    } else if (S_ISLNK(is.st_mode)) {
        const ssize_t length = readlink(path, target, sizeof target);
        if (length < 0)
            fail(path);
        put_head(writer, 'l', &is, (uint64_t)length, path);
        put(writer, target, (size_t)length, ZSTD_e_continue);
    } else {
        put_head(writer, 'f', &is, (uint64_t)is.st_size, path);
        put_content(writer, path, (uint64_t)is.st_size);
    }
}

static int by_name(const FTSENT **left, const FTSENT **right) { return strcmp((*left)->fts_name, (*right)->fts_name); }

static void put_tree(struct writer *writer) {
    char *const here[] = {".", NULL};
    FTS *walk = must_have(fts_open(here, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, by_name));
    for (FTSENT *entry = fts_read(walk); entry != NULL; entry = fts_read(walk)) {
        if (entry->fts_info != FTS_DP && entry->fts_level > 0)
            put_entry(writer, entry->fts_path + strlen("./"));
    }
    fts_close(walk);
}

static void put_listed(struct writer *writer, FILE *list) {
    char line[4097];
    while (fgets(line, sizeof line, list) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        put_entry(writer, line);
    }
}

static void create(const char *tree, const char *archive, const char *level, const char *list_path) {
    static struct writer writer;
    static const struct stat nothing;
    FILE *list = list_path == NULL ? NULL : must_have(fopen(list_path, "re"));
    writer.fd = must(open(archive, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644), archive);
    writer.context = must_have(ZSTD_createCCtx());
    zstd_must(ZSTD_CCtx_setParameter(writer.context, ZSTD_c_compressionLevel, (int)strtol(level, NULL, 10)));
    write_all(writer.fd, magic, sizeof magic);
    must(chdir(tree), tree);
    if (list == NULL)
        put_tree(&writer);
    else
        put_listed(&writer, list);
    put_head(&writer, 'e', &nothing, 0, "");
    put(&writer, NULL, 0, ZSTD_e_end);
    must(fsync(writer.fd), archive);
}

/* ---- reading an archive ---- */

struct reader {
    int fd;
    ZSTD_DCtx *context;
    ZSTD_inBuffer in;
    size_t begin, end; /* of what is expanded and not yet taken */
    unsigned char stored[part_bytes];
    unsigned char plain[part_bytes];
};

/* At least one byte is there afterwards. */
static void fill(struct reader *reader) {
    reader->begin = reader->end = 0;
    while (reader->end == 0) {
        ZSTD_outBuffer out = {reader->plain, sizeof reader->plain, 0};
        if (reader->in.pos == reader->in.size) {
            const ssize_t count = read(reader->fd, reader->stored, sizeof reader->stored);
            if (count <= 0)
                fail("read");
            reader->in = (ZSTD_inBuffer){reader->stored, (size_t)count, 0};
        }
        zstd_must(ZSTD_decompressStream(reader->context, &out, &reader->in));
        reader->end = out.pos;
    }
}

/* The next bytes, at most `most` of them, where they lie. */
static size_t next(struct reader *reader, uint64_t most, const unsigned char **bytes) {
    if (reader->begin == reader->end)
        fill(reader);
    const size_t there = reader->end - reader->begin;
    const size_t count = there < most ? there : (size_t)most;
    *bytes = reader->plain + reader->begin;
    reader->begin += count;
    return count;
}

static void take(struct reader *reader, void *into, size_t count) {
    unsigned char *at = into;
    while (count > 0) {
        const unsigned char *bytes;
        const size_t part = next(reader, count, &bytes);
        memcpy(at, bytes, part);
        at += part;
        count -= part;
    }
}

static struct reader *open_archive(const char *path) {
    static struct reader reader;
    char found[sizeof magic];
    reader.fd = must(open(path, O_RDONLY | O_CLOEXEC), path);
    reader.context = must_have(ZSTD_createDCtx());
    if (read(reader.fd, found, sizeof found) != sizeof found || memcmp(found, magic, sizeof magic) != 0)
        fail(path);
    return &reader;
}

/* False at the end. */
static bool take_head(struct reader *reader, struct record *record) {
    take(reader, &record->kind, sizeof record->kind);
    take(reader, &record->mode, sizeof record->mode);
    take(reader, &record->modified, sizeof record->modified);
    take(reader, &record->size, sizeof record->size);
    take(reader, &record->path_length, sizeof record->path_length);
    if (record->path_length >= sizeof record->path)
        fail("a path");
    take(reader, record->path, record->path_length);
    record->path[record->path_length] = '\0';
    return record->kind != 'e';
}

/* Hashes the content, and writes it unless `fd` is -1. */
static void take_content(struct reader *reader, const struct record *record, int fd) {
    unsigned char expected[digest_bytes];
    unsigned char found[digest_bytes];
    hash_begin();
    for (uint64_t left = record->size; left > 0;) {
        const unsigned char *bytes;
        const size_t count = next(reader, left, &bytes);
        EVP_DigestUpdate(hash, bytes, count);
        if (fd >= 0)
            write_all(fd, bytes, count);
        left -= count;
    }
    hash_end(found);
    take(reader, expected, sizeof expected);
    errno = 0;
    if (memcmp(found, expected, sizeof expected) != 0)
        fail(record->path);
}

static void take_target(struct reader *reader, const struct record *record, char target[4096]) {
    if (record->size >= 4096)
        fail(record->path);
    take(reader, target, (size_t)record->size);
    target[record->size] = '\0';
}

static void make_file(struct reader *reader, const struct record *record, int folder, const char *name) {
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = record->modified}};
    const int fd = must(openat(folder, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600), name);
    take_content(reader, record, fd);
    must(fchmod(fd, record->mode), name);
    must(futimens(fd, times), name);
    close(fd);
}

/* ---- the commands ---- */

static void verify(const char *archive) {
    struct reader *reader = open_archive(archive);
    struct record record;
    char target[4096];
    while (take_head(reader, &record)) {
        if (record.kind == 'f')
            take_content(reader, &record, -1);
        else
            take_target(reader, &record, target);
    }
}

/* A folder gets its mode and time when all that it holds is there. */
struct folder {
    struct folder *before;
    uint32_t mode;
    int64_t modified;
    char path[];
};

static struct folder *remember(struct folder *before, const struct record *record) {
    struct folder *folder = must_have(malloc(sizeof *folder + record->path_length + 1U));
    folder->before = before;
    folder->mode = record->mode;
    folder->modified = record->modified;
    memcpy(folder->path, record->path, record->path_length + 1U);
    return folder;
}

static void settle_folders(int root, struct folder *last) {
    while (last != NULL) {
        struct folder *const before = last->before;
        const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = last->modified}};
        must(fchmodat(root, last->path, last->mode, 0), last->path);
        must(utimensat(root, last->path, times, 0), last->path);
        free(last);
        last = before;
    }
}

static void install(const char *archive, const char *root_path) {
    struct reader *reader = open_archive(archive);
    const int root = must(open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), root_path);
    struct folder *last = NULL;
    struct record record;
    char target[4096];
    while (take_head(reader, &record)) {
        if (record.kind == 'f') {
            make_file(reader, &record, root, record.path);
        } else if (record.kind == 'l') {
            const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = record.modified}};
            take_target(reader, &record, target);
            must(symlinkat(target, root, record.path), record.path);
            must(utimensat(root, record.path, times, AT_SYMLINK_NOFOLLOW), record.path);
        } else {
            must(mkdirat(root, record.path, 0700), record.path);
            last = remember(last, &record);
        }
    }
    settle_folders(root, last);
    must(syncfs(root), root_path);
}

/* Each path of the list changes places with the file of its number in the stage. */
static void exchange(int root, int stage, FILE *list) {
    char *path = NULL;
    size_t capacity = 0;
    for (unsigned number = 0; getdelim(&path, &capacity, '\0', list) > 0; ++number) {
        char name[number_bytes];
        snprintf(name, sizeof name, "%u", number);
        must(renameat2(stage, name, root, path, RENAME_EXCHANGE), path);
    }
    free(path);
}

/* The lines of a file, sorted. */
struct lines {
    char **each;
    size_t count;
};

static int by_text(const void *left, const void *right) { return strcmp(*(char *const *)left, *(char *const *)right); }

static struct lines read_lines(const char *path) {
    struct lines lines = {NULL, 0};
    FILE *file = must_have(fopen(path, "re"));
    char line[4097];
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        lines.each = must_have(realloc(lines.each, (lines.count + 1) * sizeof *lines.each));
        lines.each[lines.count++] = must_have(strdup(line));
    }
    fclose(file);
    if (lines.count > 0)
        qsort(lines.each, lines.count, sizeof *lines.each, by_text);
    return lines;
}

static bool has_line(const struct lines *lines, const char *text) {
    return lines->count > 0 && bsearch(&text, lines->each, lines->count, sizeof *lines->each, by_text) != NULL;
}

/* Of what stays as it is. */
static void pass_content(struct reader *reader, const struct record *record) {
    const unsigned char *bytes;
    uint64_t left = record->size + (record->kind == 'f' ? digest_bytes : 0);
    while (left > 0)
        left -= next(reader, left, &bytes);
}

static void update(const char *archive, const char *root_path, const char *stage_path, const char *list_path) {
    struct reader *reader = open_archive(archive);
    const struct lines wanted = list_path == NULL ? (struct lines){NULL, 0} : read_lines(list_path);
    const int root = must(open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), root_path);
    must(mkdir(stage_path, 0700), stage_path);
    const int stage = must(open(stage_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), stage_path);
    FILE *list = must_have(fdopen(must(openat(stage, "list", O_CREAT | O_RDWR | O_CLOEXEC, 0600), "list"), "w+"));
    struct record record;
    for (unsigned number = 0; take_head(reader, &record);) {
        char name[number_bytes];
        if (record.kind != 'f' || (list_path != NULL && !has_line(&wanted, record.path))) {
            pass_content(reader, &record);
            continue;
        }
        snprintf(name, sizeof name, "%u", number++);
        make_file(reader, &record, stage, name);
        fwrite(record.path, 1, record.path_length + 1U, list);
    }
    rewind(list);
    exchange(root, stage, list);
    must(syncfs(root), root_path);
}

static void roll_back(const char *root_path, const char *stage_path) {
    const int root = must(open(root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), root_path);
    const int stage = must(open(stage_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), stage_path);
    FILE *list = must_have(fdopen(must(openat(stage, "list", O_RDONLY | O_CLOEXEC), "list"), "r"));
    exchange(root, stage, list);
    must(syncfs(root), root_path);
}

int main(int count, char **words) {
    const char *command = count > 1 ? words[1] : "";
    if (strcmp(command, "create") == 0 && (count == 5 || count == 6))
        create(words[2], words[3], words[4], words[5]);
    else if (strcmp(command, "verify") == 0 && count == 3)
        verify(words[2]);
    else if (strcmp(command, "install") == 0 && count == 4)
        install(words[2], words[3]);
    else if (strcmp(command, "update") == 0 && (count == 5 || count == 6))
        update(words[2], words[3], words[4], words[5]);
    else if (strcmp(command, "rollback") == 0 && count == 4)
        roll_back(words[2], words[3]);
    else {
        fputs("usage: floor create TREE ARCHIVE LEVEL [LIST] | verify ARCHIVE | install ARCHIVE ROOT | "
              "update ARCHIVE ROOT STAGE [LIST] | rollback ROOT STAGE\n",
              stderr);
        return 1;
    }
    return 0;
}
