/* Runs one command and writes what it cost: measure REPORT COMMAND [ARGUMENT...]
 *
 * REPORT gets a line "name value" each: status, wall_ns, cpu_us (user and system, of all its processes that were waited
 * for), peak_bytes (of the largest of them), read_bytes and written_bytes (that went through system calls), and
 * disk_read_bytes and disk_written_bytes (that went to or were put down for the disk). Ends as the command does.
 *
 * A program of its own, since the kernel counts the memory of whoever forked as the child's, and Python has much. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

_Noreturn static void fail(const char *what) {
    fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
    exit(125);
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static long long microseconds(struct timeval time) { return (long long)time.tv_sec * 1000000 + time.tv_usec; }

/* Of a process that has ended and was not waited for yet; what its own children did is in its counts. */
static void report_bytes(FILE *report, pid_t child) {
    static const struct {
        const char *kernel, *ours;
    } names[] = {{"rchar", "read_bytes"},
                 {"wchar", "written_bytes"},
                 {"read_bytes", "disk_read_bytes"},
                 {"write_bytes", "disk_written_bytes"}};
    char path[64];
    char line[128];
    snprintf(path, sizeof path, "/proc/%d/io", (int)child);
    FILE *io = fopen(path, "re");
    if (io == NULL)
        fail(path);
    while (fgets(line, sizeof line, io) != NULL) {
        char *value = strchr(line, ':');
        if (value == NULL)
            continue;
        *value++ = '\0';
        for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
            if (strcmp(line, names[i].kernel) == 0)
                fprintf(report, "%s %lld\n", names[i].ours, strtoll(value, NULL, 10));
        }
    }
    fclose(io);
}

int main(int count, char **words) {
    if (count < 3) {
        fputs("usage: measure REPORT COMMAND [ARGUMENT...]\n", stderr);
        return 125;
    }
    FILE *report = fopen(words[1], "we");
    if (report == NULL)
        fail(words[1]);
    const int64_t begin = now_ns();
    const pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        execvp(words[2], words + 2);
        fail(words[2]);
    }
    siginfo_t ended;
    if (waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT) < 0)
        fail("waitid");
    const int64_t wall = now_ns() - begin;
    report_bytes(report, child);
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) < 0)
        fail("wait4");
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    fprintf(report, "status %d\nwall_ns %lld\ncpu_us %lld\npeak_bytes %lld\n", code, (long long)wall,
            microseconds(usage.ru_utime) + microseconds(usage.ru_stime), (long long)usage.ru_maxrss * 1024);
    if (fclose(report) != 0)
        fail(words[1]);
    return code;
}
