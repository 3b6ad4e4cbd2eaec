import { loadCustomModule, provideDeviceApi, sharedText, shareText } from './custom-module';

const DEVICE = `{
  name: 'mine', deviceType: 63, queueMaxSizes: () => [64], features: () => 0n,
  configSpace: () => new Uint8Array(0), create: () => undefined,
}`;

describe('the module of a device', () => {
  it('exports it as its default, or as all there is', () => {
    expect(loadCustomModule('a.js', `exports.default = ${DEVICE}`).name).toBe('mine');
    expect(loadCustomModule('a.js', `module.exports = ${DEVICE}`).name).toBe('mine');
  });

  it("imports Node's own modules and what it is provided with", () => {
    provideDeviceApi(new Map([['@crosvm/devices', { text: 'provided' }]]));
    const text = `
      const { join } = require('node:path');
      const { text } = require('@crosvm/devices');
      exports.default = { ...${DEVICE}, options: [join(text, 'x')] };
    `;
    expect(loadCustomModule('a.js', text).options).toEqual(['provided/x']);
  });

  it.each([
    ["require('left-pad')", "'left-pad' cannot be loaded in a device host"],
    ['throw new Error("of its own")', 'of its own'],
    ['exports.default = 5', 'its default export must be a device, not 5'],
    ['not javascript', 'Unexpected identifier'],
  ])('fails with its reason: %s', (text, reason) => {
    expect(() => loadCustomModule('a.js', text)).toThrow(reason);
  });

  it('comes in shared memory', () => {
    const memory = shareText('test', 'text: ä');
    expect(sharedText(memory.fd, memory.size)).toBe('text: ä');
  });
});
