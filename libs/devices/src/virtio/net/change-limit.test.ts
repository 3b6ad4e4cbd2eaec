import { ChangeLimit } from './change-limit';

const count = (limit: ChangeLimit, attempts: number): number =>
  Array.from({ length: attempts }, () => limit.allows()).filter(Boolean).length;

describe('changes of the host that a guest asks for', () => {
  it('are so many a second, and no more', () => {
    let now = 7;
    const limit = new ChangeLimit(() => now);
    const first = count(limit, 1000);
    now = 8;

    expect([first, count(limit, 10), count(limit, 1000)]).toEqual([64, 10, 54]);
  });
});
