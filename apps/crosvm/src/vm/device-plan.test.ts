import { packSerialFds, packVirtioFds, unpackSerialFds, unpackVirtioFds } from './device-plan';

describe('the descriptors of a virtio device', () => {
  it.each([0, 1, 4])('travel in an order from which they are found again: %d queues', (queues) => {
    const numbers = (from: number, count: number): number[] =>
      Array.from({ length: count }, (_, index) => from + index);
    const fds = {
      page: 1,
      channel: 2,
      resample: 3,
      kicks: numbers(100, queues),
      wires: numbers(200, queues + 1),
      resources: [300, 301],
    };
    expect(unpackVirtioFds(packVirtioFds(fds), queues)).toEqual(fds);
  });

  it('must be there', () => {
    expect(() => unpackVirtioFds([1, 2], 0)).toThrow(RangeError);
  });
});

describe('the descriptors of a serial port', () => {
  const REQUIRED = { page: 1, kick: 2, irq: 3 };

  it.each([
    [true, true, { output: 4, input: 5 }],
    [true, false, { output: 4 }],
    [false, true, { input: 5 }],
  ])('travel in an order from which they are found again: %p, %p', (output, input, rest) => {
    const fds = { ...REQUIRED, ...rest };
    expect(unpackSerialFds(packSerialFds(fds), { output, input })).toEqual(fds);
  });

  it.each([
    [[1, 2], false, false],
    [[1, 2, 3], true, false],
    [[1, 2, 3], false, true],
    [[1, 2, 3, 4], true, true],
  ])('must be there: %j', (fds, output, input) => {
    expect(() => unpackSerialFds(fds, { output, input })).toThrow(RangeError);
  });
});
