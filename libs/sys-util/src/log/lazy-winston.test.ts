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
});
