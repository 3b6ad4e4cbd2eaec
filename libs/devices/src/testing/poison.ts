/**
 * From now on, what is read by `DataView` as signed 32-bit or unsigned 16-bit words, as queues read
 * guest memory, is overwritten right after: a second read of a field gives something else. To be
 * undone by `jest.restoreAllMocks`.
 */
export function poisonAfterEachRead(): void {
  const real = { int32: DataView.prototype.getInt32, uint16: DataView.prototype.getUint16 };
  const int32 = jest.spyOn(DataView.prototype, 'getInt32');
  int32.mockImplementation(function (this: DataView, at, littleEndian) {
    const value = real.int32.call(this, at, littleEndian);
    this.setInt32(at, -1, true);
    return value;
  });
  const uint16 = jest.spyOn(DataView.prototype, 'getUint16');
  uint16.mockImplementation(function (this: DataView, at, littleEndian) {
    const value = real.uint16.call(this, at, littleEndian);
    this.setUint16(at, 0xffff, true);
    return value;
  });
}
