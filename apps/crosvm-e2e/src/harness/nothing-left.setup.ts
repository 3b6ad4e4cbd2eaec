import { keepOrphans, markedProcesses, orphans } from './processes';

keepOrphans();

// Of every file of tests: what they start, they end.
afterAll(() => {
  expect([...markedProcesses(), ...orphans()]).toEqual([]);
});
