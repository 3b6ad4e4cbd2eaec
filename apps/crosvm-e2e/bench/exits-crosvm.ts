/*
 * The exit benchmark's own side: the guest of exits.c, served by crosvm's vCPU loop and buses.
 *
 * usage: exits-crosvm pio|mmio COUNT; COUNT is more than 10,000. Prints nanoseconds for all exits together,
 * and the bytes that the heap grew by for each. Run it with --expose-gc and a young generation that is large enough to
 * need no collection, else the bytes mean nothing.
 */

import { type BusDevice, MmioBus, PortBus } from '@crosvm/devices';
import { machineCode, TestGuest } from '@crosvm/kvm/testing';
import { RunState, SharedRunState, VcpuCounters, VcpuLoop } from 'crosvm/testing';

const MMIO_BASE = 0xd000_0000;
const DEBUG_PORT = 0x80;
/** Exits before the clock starts, so that the loop is compiled. */
const WARM_UP = 20_000;

/**
 * Exits of a run before the heap is looked at: what a run needs once, such as code that is compiled
 * anew after a garbage collection, is not what an exit needs.
 */
const SETTLING = 10_000;

class Counter implements BusDevice {
  writes = 0;
  grown = 0;

  constructor(private readonly last: number) {}

  read(): number {
    return 0;
  }

  write(): void {
    this.writes += 1;
    if (this.writes === SETTLING || this.writes === this.last) {
      this.grown = process.memoryUsage().heapUsed - this.grown;
    }
  }
}

function littleEndian(value: number): string {
  const bytes = new Uint8Array(new Uint32Array([value]).buffer);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

function guestCode(kind: string, count: number): Uint8Array {
  return machineCode(
    `b9 ${littleEndian(count)} ; mov ecx, count`,
    `bf ${littleEndian(MMIO_BASE)} ; mov edi, MMIO_BASE`,
    kind === 'mmio' ? '89 07 ; mov [rdi], eax' : 'e6 80 ; out 0x80, al',
    'ff c9 ; dec ecx',
    '75 fa ; jnz to the access',
    'f4 ; hlt',
  );
}

/** Runs the guest to its end; returns nanoseconds for all exits, and heap growth in bytes an exit. */
function run(kind: string, count: number): { nanoseconds: number; bytesPerExit: number } {
  using guest = TestGuest.create({ mode: 'long', code: guestCode(kind, count) });
  const counter = new Counter(count);
  const ports = new PortBus();
  const mmio = new MmioBus();
  ports.insert({ base: DEBUG_PORT, length: 1, device: counter });
  mmio.insert({ base: MMIO_BASE, length: 0x1000, device: counter });
  const runState = SharedRunState.create(1);
  runState.state = RunState.Running;
  const loop = new VcpuLoop({
    index: 0,
    vcpu: guest.vcpu,
    ports,
    mmio,
    postedWrites: new SharedArrayBuffer(4),
    runState,
    consumeKick: () => undefined,
    exits: new VcpuCounters(VcpuCounters.create(1), 0),
  });

  globalThis.gc?.();
  const from = process.hrtime.bigint();
  const end = loop.run();
  const nanoseconds = Number(process.hrtime.bigint() - from);
  if (counter.writes !== count || end?.kind !== 'crash' || !end.detail.includes('KVM_EXIT_HLT')) {
    throw new Error(`${counter.writes} of ${count} writes, then ${JSON.stringify(end)}`);
  }
  return { nanoseconds, bytesPerExit: counter.grown / (count - SETTLING) };
}

const [kind = 'pio', count = '100000'] = process.argv.slice(2);
run(kind, WARM_UP);
console.log(JSON.stringify(run(kind, Number(count))));
