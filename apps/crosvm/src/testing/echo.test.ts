import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { VirtQueue } from '@crosvm/devices';
import { MockDriver } from '@crosvm/devices/testing';
import { GuestMemory, PollLoop, sinkLogger } from '@crosvm/sys-util';

import echo from './echo';

const page = readFileSync(join(__dirname, '../../../../docs/write-a-device.md'), 'utf8');

/** A block of the page, by the words it begins with and its number among these. */
function blocks(begin: string): string[] {
  return page
    .split(`\n\`\`\`${begin}\n`)
    .map((text) => text.split('```')[0] ?? '')
    .slice(1);
}

describe('the device of write-a-device.md', () => {
  it('is the one that is tested', () => {
    expect(blocks('ts echo.ts')).toEqual([readFileSync(join(__dirname, 'echo.ts'), 'utf8')]);
  });

  it('has a test on that page', () => {
    const lines = readFileSync(__filename, 'utf8')
      .split('\n')
      .map((line) => line.trim());
    const [test = ''] = blocks('ts');
    const missing = test
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => !lines.includes(line) && !line.startsWith('console.log'));
    expect(missing).toEqual([]);
  });

  it('gives back what it is sent', () => {
    const resources = {
      fds: [],
      configSpace: { update: () => undefined, store: () => undefined },
      poller: new PollLoop(),
      logger: sinkLogger({ write: () => undefined }),
    };
    const unused = () => undefined;
    const context = {
      memory: GuestMemory.create([{ at: 0, size: 4096 }]),
      features: 0n,
      interrupt: unused,
      serve: unused,
      handOver: unused,
      fail: unused,
      updateConfig: unused,
    };

    const driver = new MockDriver(GuestMemory.create([{ at: 0, size: 1024 ** 2 }]));
    const queue = new VirtQueue(driver.memory, driver.config, { features: 0n });
    const device = echo.create({ shout: true }, resources);
    device.activate({ ...context, queues: [queue] });
    driver.memory.write(0x4000, Buffer.from('hello'));
    driver.add([
      { at: 0x4000, length: 5 },
      { at: 0x5000, length: 100, writable: true },
    ]);
    device.handleQueue(0);

    expect(driver.collectUsed()).toEqual([{ id: 0, len: 5 }]);
    expect(Buffer.from(driver.memory.read(0x5000, 5)).toString()).toBe('HELLO');
  });
});
