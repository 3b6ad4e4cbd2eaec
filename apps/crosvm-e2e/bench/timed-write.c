/*
 * How long one write to a file takes, which is how long the kernel is at what the file stands for:
 * those of /sys/bus bind a driver, or scan a bus, before the write returns.
 *
 * usage: timed-write FILE TEXT; prints nanoseconds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 3)
    return 2;
  int fd = open(argv[1], O_WRONLY | O_CLOEXEC);
  size_t length = strlen(argv[2]);
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  if (fd < 0 || write(fd, argv[2], length) != (ssize_t)length) {
    perror(argv[1]);
    return 1;
  }
  clock_gettime(CLOCK_MONOTONIC, &to);
  printf("%lld\n", (to.tv_sec - from.tv_sec) * 1000000000ll + to.tv_nsec - from.tv_nsec);
  return 0;
}
