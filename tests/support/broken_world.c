/* For LD_PRELOAD: a machine whose clock jumps, whose names cannot be resolved and whose disk hangs,
 * as the file that BROKEN_WORLD names says at each moment: "SECONDS NAMES DISK", the first added to
 * the time of day, names failing where the second is 1 and hanging where it is 2, and what SQLite
 * writes hanging where the third is 1; a file of that name with ".hangs" says that something does.
 * The monotonic clock goes on as it is: it has no jumps by contract. The name telegram.test is this
 * machine. (tests/support/world.py)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { hanging = 2, hanging_disk = 1, hang_ms = 300000 };

struct state {
    long long seconds;
    int names;
    int disk;
};

static struct state now(void) {
    struct state state = {0, 0, 0};
    const char* path = getenv("BROKEN_WORLD");
    FILE* file = path ? fopen(path, "re") : NULL;
    if (file == NULL) return state;
    if (fscanf(file, "%lld %d %d", &state.seconds, &state.names, &state.disk) != 3)
        state = (struct state){0, 0, 0};
    fclose(file);
    return state;
}

int clock_gettime(clockid_t clock, struct timespec* time) {
    static int (*real)(clockid_t, struct timespec*);
    if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "clock_gettime");
    const int result = real(clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        time->tv_sec += now().seconds;
    return result;
}

int gettimeofday(struct timeval* restrict time, void* restrict zone) {
    (void)zone;
    struct timespec precise;
    const int result = clock_gettime(CLOCK_REALTIME, &precise);
    time->tv_sec = precise.tv_sec;
    time->tv_usec = precise.tv_nsec / 1000;
    return result;
}

time_t time(time_t* kept) {
    struct timespec precise;
    clock_gettime(CLOCK_REALTIME, &precise);
    if (kept != NULL) *kept = precise.tv_sec;
    return precise.tv_sec;
}

int getaddrinfo(const char* restrict node, const char* restrict service,
                const struct addrinfo* restrict hints, struct addrinfo** restrict found) {
    static int (*real)(const char*, const char*, const struct addrinfo*, struct addrinfo**);
    if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (now().names == hanging) poll(NULL, 0, hang_ms);
    if (now().names != 0) return EAI_AGAIN;
    return real(node != NULL && strcmp(node, "telegram.test") == 0 ? "127.0.0.1" : node, service,
                hints, found);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
    static ssize_t (*real)(int, const void*, size_t, off64_t);
    if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "pwrite64");
    if (now().disk == hanging_disk) {
        char sign[4096];
        snprintf(sign, sizeof sign, "%s.hangs", getenv("BROKEN_WORLD"));
        close(open(sign, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        poll(NULL, 0, hang_ms);
    }
    return real(fd, data, size, offset);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
    return pwrite64(fd, data, size, offset);
}
