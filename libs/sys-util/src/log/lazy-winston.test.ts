import { Writable } from 'node:stream';

import { createLogger } from '../index';

jest.mock('winston', () => {
  throw new Error('winston was loaded');
});

describe('createLogger', () => {
  it('loads winston only when it has something to show', () => {
    const log = createLogger();
    log.info('nobody wants to know');
    expect(() => log.error('everybody wants to know')).toThrow('winston was loaded');
  });

  it('does without it where nothing can be loaded any more', () => {
    let shown = '';
    const stream = new Writable({
      write(chunk, _encoding, done) {
        shown += String(chunk);
        done();
      },
    });
    const log = createLogger({ stream });
    log.settle();
    log.info('nobody wants to know');
    log.component('net').error('no tap');
    expect(shown).toBe('ERROR net: no tap\n');
  });
});
