import { parseRun } from './parse-run';

const DISKS = Array.from({ length: 26 }, (_, index) => ['-d', `${index}.img`]).flat();

function cards(count: number): string[] {
  return Array.from({ length: count }, (_, index) => ['--tap-name', `tap${index}`]).flat();
}

describe('the devices of a command line', () => {
  it('are refused if the bus has no room for them', async () => {
    await expect(parseRun([...DISKS, ...cards(4), 'vmlinux'])).rejects.toThrow(
      '32 devices on the PCI bus, which has room for 31',
    );
  });

  it('may be as many as there is room for', async () => {
    const command = await parseRun([...DISKS, ...cards(4), '--no-balloon', 'vmlinux']);

    expect(command).toMatchObject({ kind: 'run', config: { disks: { length: 26 } } });
  });
});
