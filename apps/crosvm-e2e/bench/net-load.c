/*
 * Loads on streams: TCP where the host is told by its IPv4 address, vsock where by its CID, a number.
 *
 *   net-load serve tcp|vsock                       takes and gives what the others want, at ports 7101 to 7103
 *   net-load send|receive|ask HOST CONNECTIONS MS  begins, counts after half as long for MS milliseconds, and
 *                                                  prints bytes (for ask: answers of a byte) and nanoseconds
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

enum kind { SEND, RECEIVE, ASK, KINDS };
static const char *const names[KINDS] = { "send", "receive", "ask" };
static const int first_port = 7101;
static char buffer[1 << 18];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000LL + at.tv_nsec;
}

union address {
  struct sockaddr any;
  struct sockaddr_in tcp;
  struct sockaddr_vm vsock;
};

static int make_socket(const union address *to) {
  int fd = socket(to->any.sa_family, SOCK_STREAM, 0), one = 1;
  if (fd < 0) fail("socket");
  if (to->any.sa_family == AF_INET) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  return fd;
}

/* Of a host, or of a server, which is where all may connect: "tcp" or "vsock". */
static union address address(const char *host, enum kind kind) {
  int port = first_port + kind, is_server = strcmp(host, "vsock") == 0;
  union address at = { 0 };
  if (is_server || (strchr(host, '.') == NULL && strcmp(host, "tcp") != 0)) {
    at.vsock.svm_family = AF_VSOCK;
    at.vsock.svm_cid = is_server ? VMADDR_CID_ANY : (unsigned)atoi(host);
    at.vsock.svm_port = port;
  } else {
    at.tcp.sin_family = AF_INET;
    at.tcp.sin_port = htons(port);
    inet_pton(AF_INET, host, &at.tcp.sin_addr);
  }
  return at;
}

static socklen_t size_of(const union address *at) {
  return at->any.sa_family == AF_INET ? sizeof at->tcp : sizeof at->vsock;
}

/* The server's side of one step. */
static ssize_t serve_step(int fd, enum kind kind) {
  if (kind == SEND) return read(fd, buffer, sizeof buffer);
  if (kind == RECEIVE) return write(fd, buffer, sizeof buffer);
  ssize_t got = read(fd, buffer, 1);
  return got == 1 ? write(fd, buffer, 1) : got;
}

/* The client's. */
static ssize_t step(int fd, enum kind kind) {
  if (kind == SEND) return write(fd, buffer, sizeof buffer);
  if (kind == RECEIVE) return read(fd, buffer, sizeof buffer);
  return write(fd, buffer, 1) == 1 ? read(fd, buffer, 1) : -1;
}

static void serve(const char *what, enum kind kind) {
  union address at = address(what, kind);
  int fd = make_socket(&at);
  if (bind(fd, &at.any, size_of(&at)) || listen(fd, 64)) fail("bind");
  for (;;) {
    int peer = accept(fd, NULL, NULL);
    if (fork() == 0) {
      int one = 1;
      setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      while (serve_step(peer, kind) > 0) continue;
      _exit(0);
    }
    close(peer);
  }
}

static void load(const char *host, enum kind kind, int64_t from, int64_t to, int64_t *count) {
  union address at = address(host, kind);
  int fd = make_socket(&at);
  if (connect(fd, &at.any, size_of(&at))) fail("connect");
  for (;;) {
    ssize_t done = step(fd, kind);
    int64_t time = now();
    if (done <= 0) fail("load");
    if (time >= to) _exit(0);
    if (time >= from) *count += done;
  }
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc == 3 && strcmp(argv[1], "serve") == 0) {
    signal(SIGCHLD, SIG_IGN);
    for (int kind = 0; kind < KINDS; kind++)
      if (fork() == 0) serve(argv[2], kind);
    pause();
  }
  int kind = 0;
  while (argc == 5 && kind < KINDS && strcmp(argv[1], names[kind]) != 0) kind++;
  if (argc != 5 || kind == KINDS) return 2;
  int connections = atoi(argv[3]), status, failed = 0;
  int64_t span = atoll(argv[4]) * 1000000, from = now() + span / 2, total = 0;
  size_t size = connections * sizeof(int64_t);
  int64_t *counts = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < connections; i++)
    if (fork() == 0) load(argv[2], kind, from, from + span, counts + i);
  while (wait(&status) > 0) failed |= status != 0;
  for (int i = 0; i < connections; i++) total += counts[i];
  printf("%lld %lld\n", (long long)total, (long long)span);
  return failed;
}
