import { Worker } from 'node:worker_threads';

import { EventFd, EventLoopPoller, type OwnedFd, SharedMemory, socketPair } from '@crosvm/sys-util';

import { MmioBus } from '../../bus/mmio-bus';
import { PortBus } from '../../bus/port-bus';
import {
  allocateFrontEnds,
  attachFrontEnds,
  createFrontEnds,
  request,
} from '../../front-end/allocate';
import { hostServices } from '../../front-end/host-services';
import { FRONT_ENDS } from '../../front-end/registry';
import { pci } from '../../pci/front-end';
import { bundleScript, type ScriptFile } from '../../testing/bundle';
import { RIG_WINDOW } from '../../testing/pci-rig';
import { virtioConfig } from '../../testing/virtio-rig';
import { RequestKind } from '../channel/messages';
import { RequestServer } from '../channel/server';
import { devicePageSize } from '../device-page';
import { virtioPciRequest } from './config';

/* vCPU threads as they are: workers over the same state, which wait for a back end elsewhere. */

const VCPU = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { attachFrontEnds, createFrontEnds, FRONT_ENDS, hostServices, MmioBus, PortBus } from './index';

  const { set, base, seed } = workerData;
  const ports = new PortBus();
  const mmio = new MmioBus();
  attachFrontEnds(createFrontEnds(set, FRONT_ENDS, hostServices({})), { ports, mmio });
  let random = seed;
  const next = (limit) => {
    random = (Math.imul(random, 1103515245) + 12345) & 0x7fffffff;
    return (random >> 8) % limit;
  };
  // The address register is one for all: threads may meet there, as a guest's that does not lock.
  const config = (at, value) => {
    ports.store(0xcf8, 4, 0x80000800 + at);
    ports.store(0xcfc, 4, value);
  };
  const write = (at, width, value) => mmio.store((base + at) | 0, 0, width, value);
  const setUp = () => {
    [0, 1, 3].forEach((status) => write(20, 1, status));
    write(8, 4, 1);
    write(12, 4, 1);
    write(20, 1, 0xb);
    write(22, 2, 0);
    write(32, 4, 0x1000);
    write(28, 2, 1);
  };
  const actions = [
    () => config(4, next(8)),
    () => config(4, 6),
    () => config(0x10, base + 0x10000 * next(2)),
    () => config(0x10, base),
    setUp,
    () => { config(4, 6); setUp(); write(20, 1, 0xf); },
    () => write(20, 1, 0xf),
    () => write(20, 1, 0),
    () => write(0x3000, 2, 0),
    () => write(0x8000 + 16 * next(3) + 4 * next(4), 4, next(4)),
    () => mmio.load((base + 4 * next(16)) | 0, 0, 4),
  ];
  for (let round = 0; round < 3000; round += 1) {
    actions[next(actions.length)]();
  }
  parentPort.postMessage('done');
`;

let script: ScriptFile;

beforeAll(() => {
  script = bundleScript(VCPU);
});

afterAll(() => {
  script[Symbol.dispose]();
});

function realConfig(): { config: ReturnType<typeof virtioConfig>; channel: OwnedFd } {
  const size = devicePageSize(2);
  const [mine, theirs] = socketPair();
  const event = (): number => EventFd.create().fd.release();
  const config = virtioConfig(1, {
    pageFd: SharedMemory.create('virtio-test', size).fd.release(),
    channelFd: mine.release(),
    kickFds: [event(), event()],
    wires: [24, 25, 26].map((gsi) => ({ fd: event(), gsi })),
    intx: { gsi: 16, resampleFd: event() },
  });
  return { config, channel: theirs };
}

describe('a virtio device on several vCPUs', () => {
  it('is activated and reset by turns, and works when they have all had their way', async () => {
    const { config, channel } = realConfig();
    const set = allocateFrontEnds([
      request(pci, { window: RIG_WINDOW, functions: [virtioPciRequest(config)] }),
    ]);
    const kinds: number[] = [];
    using poller = new EventLoopPoller();
    using server = new RequestServer(channel, {
      handle: ({ kind }, answer) => {
        kinds.push(kind);
        setImmediate(() => answer(true));
      },
      closed: () => undefined,
    });
    server.attach(poller);

    const workers = [1, 2].map(
      (seed) => new Worker(script.path, { workerData: { set, base: RIG_WINDOW.base, seed } }),
    );
    const messages = await Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)),
      ),
    );

    expect(messages).toEqual(['done', 'done']);
    expect(kinds.length).toBeGreaterThan(20);
    const expected = kinds.map((_, index) =>
      index % 2 === 0 ? RequestKind.Activate : RequestKind.Reset,
    );
    expect(kinds).toEqual(expected);

    const [ports, mmio] = [new PortBus(), new MmioBus()];
    const power = { reset: () => undefined, powerOff: () => undefined };
    const frontEnds = createFrontEnds(set, FRONT_ENDS, hostServices(power));
    attachFrontEnds(frontEnds, { ports, mmio });
    ports.store(0xcf8, 4, 0x8000_0810);
    ports.store(0xcfc, 4, RIG_WINDOW.base);
    ports.store(0xcf8, 4, 0x8000_0814);
    ports.store(0xcfc, 4, 0);
    ports.store(0xcf8, 4, 0x8000_0804);
    ports.store(0xcfc, 4, 6);
    expect(mmio.load((RIG_WINDOW.base + 18) | 0, 0, 2)).toBe(2);
  }, 60_000);
});
