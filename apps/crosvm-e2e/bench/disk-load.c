/*
 * Load on a disk from inside a guest: the same program, whoever serves the disk.
 *
 * usage: disk-load DEVICE read|write|randread|randwrite BLOCK DEPTH MILLISECONDS
 *
 * Keeps DEPTH requests of BLOCK bytes in flight, past the guest's page cache, by the kernel's own
 * asynchronous interface: at first half of MILLISECONDS that do not count, then MILLISECONDS that do.
 * Random offsets are the same in every run. Prints how many requests were done, and nanoseconds.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_DEPTH 256

static void must(int ok, const char *what) {
  if (!ok) {
    perror(what);
    exit(1);
  }
}

static uint64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct load {
  int fd;
  int writes;
  int random;
  uint64_t block;
  uint64_t blocks;
  uint64_t next;
  aio_context_t context;
  struct iocb requests[MAX_DEPTH];
};

/* The offset of the next request: xorshift64, or one after another. */
static uint64_t next_offset(struct load *l) {
  if (!l->random)
    return l->next++ % l->blocks * l->block;
  l->next ^= l->next << 13;
  l->next ^= l->next >> 7;
  l->next ^= l->next << 17;
  return l->next % l->blocks * l->block;
}

static void submit(struct load *l, struct iocb **list, long count) {
  for (long i = 0; i < count; i++)
    list[i]->aio_offset = (int64_t)next_offset(l);
  for (long done = 0; done < count;) {
    long taken = syscall(SYS_io_submit, l->context, count - done, list + done);
    must(taken > 0, "io_submit");
    done += taken;
  }
}

/* Waits for what is done, and returns how many requests that is; they are in `list` again. */
static long reap(struct load *l, struct iocb **list, long depth) {
  struct io_event events[MAX_DEPTH];
  long count = syscall(SYS_io_getevents, l->context, 1L, depth, events, NULL);
  must(count > 0, "io_getevents");
  for (long i = 0; i < count; i++) {
    if (events[i].res != (int64_t)l->block) {
      fprintf(stderr, "a request of %llu bytes ended with %lld\n", (unsigned long long)l->block,
              (long long)events[i].res);
      exit(1);
    }
    list[i] = (struct iocb *)(uintptr_t)events[i].obj;
  }
  return count;
}

static void prepare(struct load *l, struct iocb **list, long depth) {
  size_t bytes = (size_t)depth * l->block;
  uint8_t *buffers = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(buffers != MAP_FAILED, "mmap");
  memset(buffers, 0x5a, bytes);
  for (long i = 0; i < depth; i++) {
    struct iocb *request = list[i] = &l->requests[i];
    request->aio_lio_opcode = l->writes ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
    request->aio_fildes = (uint32_t)l->fd;
    request->aio_buf = (uintptr_t)(buffers + (uint64_t)i * l->block);
    request->aio_nbytes = l->block;
  }
  must(syscall(SYS_io_setup, depth, &l->context) == 0, "io_setup");
}

struct figures {
  uint64_t requests;
  uint64_t nanoseconds;
};

/* Keeps the load up for so many nanoseconds. */
static struct figures run(struct load *l, struct iocb **list, long depth, uint64_t duration) {
  uint64_t done = 0, from = nanoseconds(), now;
  do {
    long count = reap(l, list, depth);
    submit(l, list, count);
    done += (uint64_t)count;
    now = nanoseconds();
  } while (now - from < duration);
  return (struct figures){done, now - from};
}

int main(int argc, char **argv) {
  static struct load l;
  struct iocb *list[MAX_DEPTH];
  if (argc != 6)
    return 2;
  const char *operation = argv[2];
  long depth = atol(argv[4]);
  uint64_t duration = strtoull(argv[5], NULL, 10) * 1000000u;
  l.random = strncmp(operation, "rand", 4) == 0;
  l.writes = strstr(operation, "write") != NULL;
  l.block = strtoull(argv[3], NULL, 10);
  l.next = l.random ? 0x9e3779b97f4a7c15u : 0;
  l.fd = open(argv[1], (l.writes ? O_RDWR : O_RDONLY) | O_DIRECT | O_CLOEXEC);
  must(l.fd >= 0, argv[1]);
  uint64_t size;
  must(ioctl(l.fd, BLKGETSIZE64, &size) == 0, "BLKGETSIZE64");
  if (l.block == 0 || size < l.block || depth < 1 || depth > MAX_DEPTH)
    return 2;
  l.blocks = size / l.block;
  prepare(&l, list, depth);
  submit(&l, list, depth);
  run(&l, list, depth, duration / 2);
  struct figures f = run(&l, list, depth, duration);
  printf("%llu %llu\n", (unsigned long long)f.requests, (unsigned long long)f.nanoseconds);
  return 0;
}
