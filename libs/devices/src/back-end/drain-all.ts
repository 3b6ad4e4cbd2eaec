import type { BackEnd } from './back-end';

/** Drains all of these back ends at once; calls `done` when the last has passed on what it had. */
export function drainAll(backEnds: readonly Pick<BackEnd, 'drain'>[], done: () => void): void {
  let left = backEnds.length;
  if (left === 0) {
    done();
  }
  backEnds.forEach((backEnd) =>
    backEnd.drain(() => {
      left -= 1;
      if (left === 0) {
        done();
      }
    }),
  );
}
