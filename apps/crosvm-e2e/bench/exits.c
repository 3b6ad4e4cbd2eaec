/*
 * The peer of the exit benchmark: a guest in 64-bit mode that makes COUNT exits, served by the same
 * steps as in crosvm (reason, table, device), in C.
 *
 * usage: exits pio|mmio COUNT; prints nanoseconds for all exits together.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#define MEMORY_SIZE 0x200000
#define CODE 0x1000
#define PAGE_TABLES 0x2000
#define MMIO_BASE 0xd0000000ull

static void must(int ok, const char *what) {
  if (!ok) {
    perror(what);
    exit(1);
  }
}

struct device {
  void (*write)(struct device *, uint64_t offset, int width, uint32_t value);
  uint64_t base;
  uint64_t writes;
};

static void count_write(struct device *d, uint64_t offset, int width, uint32_t value) {
  (void)offset, (void)width, (void)value;
  d->writes++;
}

static struct device device = {count_write, 0, 0};
static uint8_t ports[0x10000];
static struct device *slots[256];

static void long_mode(int vcpu, uint8_t *memory) {
  uint64_t *tables = (uint64_t *)(memory + PAGE_TABLES);
  tables[0] = (PAGE_TABLES + 0x1000) | 3;
  for (int i = 0; i < 4; i++)
    tables[512 + i] = (uint64_t)(PAGE_TABLES + 0x2000 + i * 0x1000) | 3;
  for (uint64_t i = 0; i < 2048; i++)
    tables[1024 + i] = i << 21 | 0x83;
  struct kvm_sregs s;
  must(ioctl(vcpu, KVM_GET_SREGS, &s) == 0, "KVM_GET_SREGS");
  struct kvm_segment code = {.limit = ~0u, .selector = 8, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1};
  struct kvm_segment data = {.limit = ~0u, .selector = 16, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1};
  s.cs = code;
  s.ds = s.es = s.fs = s.gs = s.ss = data;
  s.cr3 = PAGE_TABLES;
  s.cr4 = 0x20;
  s.cr0 = 0x80050033;
  s.efer = 0x500;
  must(ioctl(vcpu, KVM_SET_SREGS, &s) == 0, "KVM_SET_SREGS");
}

int main(int argc, char **argv) {
  if (argc != 3)
    return 2;
  int mmio = strcmp(argv[1], "mmio") == 0;
  uint32_t count = (uint32_t)atol(argv[2]);
  int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  must(kvm >= 0, "/dev/kvm");
  int vm = ioctl(kvm, KVM_CREATE_VM, 0);
  must(vm >= 0, "KVM_CREATE_VM");
  uint8_t *memory = mmap(0, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(memory != MAP_FAILED, "mmap");
  struct kvm_userspace_memory_region region = {0, 0, 0, MEMORY_SIZE, (uint64_t)memory};
  must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) == 0, "KVM_SET_USER_MEMORY_REGION");
  int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
  must(vcpu >= 0, "KVM_CREATE_VCPU");
  int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
  struct kvm_run *run = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
  must(run != MAP_FAILED, "mmap");

  /* mov ecx, count; mov edi, MMIO_BASE; loop: out 0x80, al | mov [rdi], eax; dec ecx; jnz; hlt */
  static const uint8_t pio[] = {0xe6, 0x80}, store[] = {0x89, 0x07};
  uint8_t *code = memory + CODE;
  *code++ = 0xb9;
  memcpy(code, &count, 4), code += 4;
  uint32_t base = MMIO_BASE;
  *code++ = 0xbf;
  memcpy(code, &base, 4), code += 4;
  memcpy(code, mmio ? store : pio, 2), code += 2;
  memcpy(code, "\xff\xc9\x75\xfa\xf4", 5);

  long_mode(vcpu, memory);
  struct kvm_regs regs = {.rip = CODE, .rsp = 0xf000, .rflags = 2};
  must(ioctl(vcpu, KVM_SET_REGS, &regs) == 0, "KVM_SET_REGS");
  slots[1] = &device;
  device.base = mmio ? MMIO_BASE : 0x80;
  ports[0x80] = 1;

  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (;;) {
    must(ioctl(vcpu, KVM_RUN, 0) == 0, "KVM_RUN");
    if (run->exit_reason == KVM_EXIT_IO) {
      uint8_t *data = (uint8_t *)run + run->io.data_offset;
      struct device *d = slots[ports[run->io.port]];
      for (uint32_t i = 0; i < run->io.count; i++, data += run->io.size)
        d->write(d, run->io.port - d->base, run->io.size, *data);
    } else if (run->exit_reason == KVM_EXIT_MMIO) {
      uint32_t value;
      memcpy(&value, run->mmio.data, 4);
      if (run->mmio.phys_addr - device.base < 0x1000)
        device.write(&device, run->mmio.phys_addr - device.base, run->mmio.len, value);
    } else if (run->exit_reason == KVM_EXIT_HLT) {
      break;
    } else {
      fprintf(stderr, "exit reason %u\n", run->exit_reason);
      return 1;
    }
  }
  clock_gettime(CLOCK_MONOTONIC, &to);
  if (device.writes != count) {
    fprintf(stderr, "%lu writes seen, not %u\n", (unsigned long)device.writes, count);
    return 1;
  }
  printf("%lld\n", (to.tv_sec - from.tv_sec) * 1000000000ll + to.tv_nsec - from.tv_nsec);
  return 0;
}
