import { type BusDevice, MmioBus, PortBus } from '@crosvm/devices';
import type { Vm } from '@crosvm/kvm';
import { machineCode, TestGuest } from '@crosvm/kvm/testing';

import { RunState, SharedRunState } from './run-state';
import { VcpuCounters } from './vcpu-counters';
import { VcpuLoop } from './vcpu-loop';
import type { VmEnd } from './vm-end';

/** Remembers what is written, and answers reads with what was written last, plus one. */
class Recorder implements BusDevice {
  readonly writes: string[] = [];
  onWrite: () => void = () => undefined;
  #last = 0;

  read(): number {
    return this.#last + 1;
  }

  write(offset: number, width: number, value: number): void {
    this.writes.push(`${offset}/${width}=${value.toString(16)}`);
    this.#last = value;
    this.onWrite();
  }
}

interface Run {
  readonly end: VmEnd | undefined;
  readonly device: Recorder;
  readonly runState: SharedRunState;
  readonly exits: VcpuCounters;
}

interface Hooks {
  readonly prepare?: (vm: Vm) => void;
  readonly onWrite?: (loop: VcpuLoop, runState: SharedRunState) => void;
}

/** Runs code in 64-bit mode with a recorder on ports 0x40 to 0x43 and at 0xd0000000. */
function run(lines: readonly string[], { prepare, onWrite }: Hooks = {}): Run {
  using guest = TestGuest.create({ mode: 'long', code: machineCode(...lines) });
  const { vcpu, vm } = guest;
  const device = new Recorder();
  const ports = new PortBus();
  const mmio = new MmioBus();
  ports.insert({ base: 0x40, length: 4, device });
  mmio.insert({ base: 0xd000_0000, length: 16, device });
  const runState = SharedRunState.create(1);
  runState.state = RunState.Running;
  const consumeKick = (): void => undefined;
  const postedWrites = new SharedArrayBuffer(4);
  prepare?.(vm);
  const onResume = (ticks: bigint): void => void device.writes.push(`resumed after ${ticks}`);
  const exits = new VcpuCounters(VcpuCounters.create(4), 3);
  const services = { postedWrites, runState, consumeKick, onResume, exits };
  const parts = { index: 3, vcpu, ports, mmio, ...services };
  const loop = new VcpuLoop(parts);
  device.onWrite = () => onWrite?.(loop, runState);
  return { end: loop.run(), device, runState, exits };
}

/** Does it the first time. */
function once<Args extends unknown[]>(action: (...args: Args) => void): (...args: Args) => void {
  let left = 1;
  return (...args) => {
    for (; left > 0; left -= 1) {
      action(...args);
    }
  };
}

/** What a crash says; the kind of any other end. */
const describeEnd = (end: VmEnd | undefined): string | undefined =>
  end?.kind === 'crash' ? end.detail : end?.kind;

/** Lets KVM collect what is written to the recorder. */
const prepare = (vm: Vm): void => vm.coalesceWrites({ port: 0x40 }, 4);

const HALT = 'f4 ; hlt';

describe('VcpuLoop', () => {
  it('serves port accesses of every width, and answers reads', () => {
    const { device, end } = run([
      'b8 44 33 22 11 ; mov eax, 0x11223344',
      'e6 40 ; out 0x40, al',
      '66 e7 42 ; out 0x42, ax',
      'e7 40 ; out 0x40, eax',
      'e5 40 ; in eax, 0x40',
      'e7 40 ; out 0x40, eax',
      HALT,
    ]);
    expect(device.writes).toEqual(['0/1=44', '2/2=3344', '0/4=11223344', '0/4=11223345']);
    expect(describeEnd(end)).toContain('KVM_EXIT_HLT');
  });

  it('serves every element of a string instruction', () => {
    const { device } = run([
      'be 00 10 00 00 ; mov esi, 0x1000: this code',
      'b9 03 00 00 00 ; mov ecx, 3',
      'ba 41 00 00 00 ; mov edx, 0x41',
      'f3 6e ; rep outsb',
      HALT,
    ]);
    expect(device.writes).toEqual(['1/1=be', '1/1=0', '1/1=10']);
  });

  it('serves memory-mapped accesses, eight bytes in two', () => {
    const { device } = run([
      'bf 00 00 00 d0 ; mov edi, 0xd0000000',
      'b8 78 56 34 12 ; mov eax, 0x12345678',
      '88 47 01 ; mov [rdi + 1], al',
      '48 89 47 08 ; mov [rdi + 8], rax',
      '8b 07 ; mov eax, [rdi]',
      '89 47 04 ; mov [rdi + 4], eax',
      HALT,
    ]);
    expect(device.writes).toEqual(['1/1=78', '8/4=12345678', '12/4=0', '4/4=1']);
  });

  it('answers all ones where nobody is', () => {
    const { device } = run(['e5 50 ; in eax, 0x50', 'e7 40 ; out 0x40, eax', HALT]);
    expect(device.writes).toEqual(['0/4=ffffffff']);
  });

  it('delivers writes that KVM collected before it serves the exit behind them', () => {
    const lines = [
      'b8 44 33 22 11 ; mov eax, 0x11223344',
      'e7 40 ; out 0x40, eax',
      '66 e7 42 ; out 0x42, ax',
      'e5 40 ; in eax, 0x40',
      'e6 41 ; out 0x41, al',
      HALT,
    ];
    const { device, end } = run(lines, { prepare });
    expect(device.writes).toEqual(['0/4=11223344', '2/2=3344', '1/1=45']);
    expect(describeEnd(end)).toContain('KVM_EXIT_HLT');
  });

  it('ends by a write that KVM collected rather than by the exit behind it', () => {
    const { end } = run(['e6 40 ; out 0x40, al', HALT], {
      prepare,
      onWrite: (loop) => loop.endWith({ kind: 'reset' }),
    });
    expect(end).toEqual({ kind: 'reset' });
  });

  it('ends after the exit that a device ends it in', () => {
    const lines = ['e6 40 ; out 0x40, al', 'e6 40 ; out 0x40, al', HALT];
    const { end, device } = run(lines, { onWrite: (loop) => loop.endWith({ kind: 'poweroff' }) });
    expect(end).toEqual({ kind: 'poweroff' });
    expect(device.writes).toHaveLength(1);
  });

  it('keeps the first reason to end', () => {
    const { end } = run(['e6 40 ; out 0x40, al', HALT], {
      onWrite: (loop) => {
        loop.endWith({ kind: 'reset' });
        loop.endWith({ kind: 'poweroff' });
      },
    });
    expect(end).toEqual({ kind: 'reset' });
  });

  it('leaves without a reason when the VM stops', () => {
    const { end, device } = run(['e6 40 ; out 0x40, al', 'eb fc ; jmp to it'], {
      onWrite: (_loop, runState) => {
        runState.state = RunState.Stopping;
      },
    });
    expect(end).toBeUndefined();
    expect(device.writes).toHaveLength(1);
  });

  it('goes on after a pause, and is told how long it was', () => {
    const lines = ['e6 40 ; out 0x40, al', 'e6 41 ; out 0x41, al', HALT];
    const resume = (_loop: VcpuLoop, runState: SharedRunState): void => {
      runState.state = RunState.Paused;
      jest.spyOn(Atomics, 'wait').mockImplementationOnce(() => {
        runState.resume(17n);
        return 'ok';
      });
    };
    const { device, runState } = run(lines, { onWrite: once(resume) });
    expect(device.writes).toEqual(['0/1=0', 'resumed after 17', '1/1=0']);
    expect(runState.parked).toBe(0);
  });

  it('says that the guest has done something', () => {
    expect(run(['e6 80 ; out 0x80, al', HALT]).runState.guestActed).toBe(true);
  });

  it('counts exits by their reason', () => {
    const lines = [
      'bf 00 00 00 d0 ; mov edi, 0xd0000000',
      'e6 40 ; out 0x40, al',
      'e6 40 ; out 0x40, al',
      'e4 40 ; in al, 0x40',
      '88 07 ; mov [rdi], al',
      '8a 07 ; mov al, [rdi]',
      HALT,
    ];
    expect(run(lines).exits.read()).toEqual({
      portReads: 1,
      portWrites: 2,
      mmioReads: 1,
      mmioWrites: 1,
      signals: 0,
      systemEvents: 0,
      others: 1,
    });
  });

  it('tells of a triple fault with its place', () => {
    const { end } = run([
      '0f 01 1c 25 00 05 00 00 ; lidt [0x500]: zeros, an empty table',
      '0f 0b ; ud2',
    ]);
    expect(describeEnd(end)).toMatch(/^vCPU 3: .*triple fault.*RIP 0x/);
  });
});
