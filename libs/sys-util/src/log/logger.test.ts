import { LOG_LEVELS, type LogRecord, sinkLogger } from '../index';

describe('sinkLogger', () => {
  it('hands on what is urgent enough, as plain data', () => {
    const records: LogRecord[] = [];
    const log = sinkLogger({ write: (record) => records.push(record) });
    LOG_LEVELS.forEach((level) => log[level](`is ${level}`));
    expect(structuredClone(records)).toEqual([
      { level: 'error', component: '', message: 'is error' },
      { level: 'warn', component: '', message: 'is warn' },
    ]);
  });

  it('knows what it would hand on', () => {
    const log = sinkLogger({ level: 'info', write: () => undefined });
    expect(LOG_LEVELS.filter((level) => log.isEnabled(level))).toEqual(['error', 'warn', 'info']);
  });

  it('has the same level and sink for a component', () => {
    const write = jest.fn();
    const log = sinkLogger({ level: 'debug', component: 'vmm', write }).component('serial');
    log.debug('hello');
    expect(write).toHaveBeenCalledWith({ level: 'debug', component: 'serial', message: 'hello' });
  });
});
