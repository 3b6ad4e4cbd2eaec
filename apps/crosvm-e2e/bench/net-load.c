/*
 * Loads on a network, over TCP:
 *
 *   net-load serve                               takes and gives what the others want, at ports 7101 to 7103
 *   net-load send|receive|ask IP CONNECTIONS MS  begins, counts after half as long for MS milliseconds, and
 *                                                prints bytes (for ask: answers of a byte) and nanoseconds
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

static int make_socket(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  if (fd < 0) fail("socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static struct sockaddr_in address(const char *ip, enum kind kind) {
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(first_port + kind) };
  if (ip != NULL) inet_pton(AF_INET, ip, &at.sin_addr);
  return at;
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

static void serve(enum kind kind) {
  struct sockaddr_in at = address(NULL, kind);
  int fd = make_socket();
  if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 64)) fail("bind");
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

static void load(const char *ip, enum kind kind, int64_t from, int64_t to, int64_t *count) {
  struct sockaddr_in at = address(ip, kind);
  int fd = make_socket();
  if (connect(fd, (struct sockaddr *)&at, sizeof at)) fail("connect");
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
  if (argc == 2 && strcmp(argv[1], "serve") == 0) {
    signal(SIGCHLD, SIG_IGN);
    for (int kind = 0; kind < KINDS; kind++)
      if (fork() == 0) serve(kind);
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
