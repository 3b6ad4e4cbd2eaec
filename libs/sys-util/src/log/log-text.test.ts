import fc from 'fast-check';

import { lineText } from './log-text';

const record = { level: 'warn', component: 'block', message: 'no room' } as const;

describe('lineText', () => {
  it('has the level, the component and the message', () => {
    expect(lineText(record, false)).toBe('WARN block: no room');
    expect(lineText({ ...record, component: '' }, false)).toBe('WARN no room');
  });

  it('colours the level only', () => {
    expect(lineText(record, true)).toBe('\x1b[33mWARN\x1b[0m block: no room');
  });

  it('shows what a guest must not do to a terminal', () => {
    const message = 'a\x1b]0;title\x07b\r\nERROR fake\u202e\x9b1m\tend';
    expect(lineText({ ...record, message }, false)).toBe(
      'WARN block: a\\u{1b}]0;title\\u{7}b\\u{d}\\nERROR fake\\u{202e}\\u{9b}1m\tend',
    );
  });

  it('is one line without controls, whatever it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        expect(lineText({ ...record, message }, false)).not.toMatch(/[^\P{Cc}\t]|[\u2028\u2029]/u);
      }),
    );
  });
});
