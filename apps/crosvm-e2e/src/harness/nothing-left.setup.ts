import { markedProcesses } from './processes';

// Of every file of tests: what they start, they end.
afterAll(() => {
  expect(markedProcesses()).toEqual([]);
});
