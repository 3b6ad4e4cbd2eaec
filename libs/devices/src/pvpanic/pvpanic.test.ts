import { request } from '../front-end/allocate';
import { TestMachine } from '../testing/test-machine';
import { pvpanic } from './front-end';

const PORT = 0x505;
const machine = (): TestMachine => new TestMachine(request(pvpanic, { base: PORT }));

describe('the panic device', () => {
  it('says that it takes panics', () => {
    expect(machine().ports.load(PORT, 1)).toBe(1);
  });

  it('tells of a panic', () => {
    const { ports, host } = machine();

    ports.store(PORT, 1, 1);

    expect(host.panics).toBe(1);
  });

  it('ignores events that it did not offer', () => {
    const { ports, host } = machine();

    ports.store(PORT, 1, 0xfe);

    expect(host.panics).toBe(0);
  });
});
