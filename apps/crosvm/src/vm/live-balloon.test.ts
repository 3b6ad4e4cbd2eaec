import type { DeviceCommand } from '@crosvm/devices';

import type { Commander } from './commander';
import { DeviceError } from './host-questions';
import { LiveBalloon } from './live-balloon';

const MEMORY = 1024 ** 2;
const STATE = { target: 2, actual: 1, hasDriver: true };

/** A device host that answers as the test says, and the balloon over it. */
function rig(answers: Partial<Record<DeviceCommand['kind'], unknown>>) {
  const told: DeviceCommand[] = [];
  const hosts: Commander = {
    command: async (_device, command) => {
      told.push(command);
      const answer = answers[command.kind];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    processOf: async () => Promise.resolve(undefined),
  };
  return { told, balloon: new LiveBalloon(hosts, MEMORY) };
}

describe('the balloon of a VM that runs', () => {
  it('is asked for whole pages, and tells bytes', async () => {
    const { told, balloon } = rig({ 'set-balloon': STATE });

    expect(await balloon.set(8192 + 4095)).toEqual({
      target: 8192,
      actual: 4096,
      hasDriver: true,
    });
    expect(told).toEqual([{ kind: 'set-balloon', pages: 2 }]);
  });

  it('takes no more than the guest has', () => {
    const { told, balloon } = rig({});
    expect(() => balloon.set(MEMORY + 1)).toThrow(
      'the guest has 1048576 bytes of memory, and not 1048577',
    );
    expect(told).toEqual([]);
  });

  it('tells what the guest says of its memory', async () => {
    const report = { ...STATE, statistics: { freeMemory: 7 } };
    const { balloon } = rig({ 'balloon-state': STATE, 'balloon-report': report });

    expect(await balloon.info()).toMatchObject({ actual: 4096, statistics: { freeMemory: 7 } });
  });

  it('does not wait for a guest that says nothing', async () => {
    const silent = rig({
      'balloon-state': STATE,
      'balloon-report': new DeviceError('it did not answer within 2 s'),
    });
    const without = rig({ 'balloon-state': { ...STATE, hasDriver: false } });

    expect(await silent.balloon.info()).toEqual({ target: 8192, actual: 4096, hasDriver: true });
    expect(await without.balloon.info()).toMatchObject({ hasDriver: false });
    expect(without.told).toHaveLength(1);
  });

  it.each([[{}], [7], [{ ...STATE, actual: 'x' }]])('does not believe %j', async (answer) => {
    const { balloon } = rig({ 'balloon-state': answer });

    await expect(balloon.info()).rejects.toThrow('its answer makes no sense');
  });
});
