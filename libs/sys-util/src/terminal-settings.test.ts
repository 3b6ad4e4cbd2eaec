import { constants, openSync } from 'node:fs';

import { isTerminal, OwnedFd, RawTerminal, sttyText, terminalSettings } from './index';
import { TestTerminal } from './testing/terminal';

describe('terminal settings', () => {
  it('are written as stty writes them', async () => {
    using terminal = new TestTerminal('true');
    const path = await terminal.shown(/(\/dev\/pts\/\d+)/);
    using fd = OwnedFd.adopt(openSync(path, constants.O_RDWR | constants.O_NOCTTY));
    expect(isTerminal(fd.raw)).toBe(true);
    expect(sttyText(terminalSettings(fd.raw))).toBe(terminal.settings());
  });

  it('are nothing that another file has', () => {
    using fd = OwnedFd.adopt(openSync('/dev/null', 'r'));
    expect(isTerminal(fd.raw)).toBe(false);
    expect(RawTerminal.enter(fd.raw)).toBeUndefined();
    expect(() => terminalSettings(fd.raw)).toThrow('tcgetattr: inappropriate ioctl');
  });
});
