import { Errno, SysError } from '@crosvm/sys-util';
import { RefusedError } from '@crosvm/vm-control/refused-error';

import type { Commander } from './commander';
import { DeviceError } from './host-questions';
import { LiveDevices } from './live-devices';
import type { LiveDisk } from './live-disk';

const RESIZE = { bytes: 512, shrink: false };

function devices(failure: Error, hasBalloon = true): LiveDevices {
  const hosts: Commander = {
    command: async () => Promise.reject(failure),
    processOf: async () => Promise.resolve(undefined),
  };
  const disk = { resize: async () => Promise.reject(failure) } as unknown as LiveDisk;
  return new LiveDevices({ hosts, disks: [disk, disk], memory: 4096, hasBalloon });
}

describe('the devices of a VM that runs', () => {
  it('refuse what they cannot do, by their names', async () => {
    const late = devices(new DeviceError('it did not answer within 5 s'));
    const full = devices(new SysError('ftruncate', Errno.EFBIG));

    await expect(late.setBalloon(0)).rejects.toThrow('balloon: it did not answer within 5 s');
    await expect(late.balloonInfo()).rejects.toThrow(RefusedError);
    await expect(full.resizeDisk(1, RESIZE)).rejects.toThrow(/^disk vdb: ftruncate: .*EFBIG/);
  });

  it('say what is wrong with what was asked for, and what helps', async () => {
    const live = devices(new Error('not asked'), false);

    await expect(live.setBalloon(0)).rejects.toMatchObject({
      name: 'RefusedError',
      message: 'the VM has no balloon',
      hint: 'start it without --no-balloon',
    });
    await expect(live.resizeDisk(2, RESIZE)).rejects.toMatchObject({
      message: 'there is no disk 2',
      hint: 'the disks are 0 to 1, in the order of its command line',
    });
  });

  it('do not hide a bug', async () => {
    await expect(devices(new TypeError('bug')).balloonInfo()).rejects.toThrow(TypeError);
  });
});
