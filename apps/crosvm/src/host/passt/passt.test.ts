import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { hangUp, type LogRecord, sinkLogger } from '@crosvm/sys-util';

import type { PasstConfig } from '../../config';
import { UserError } from '../../user-error';
import { Passt } from './passt';

const PLAIN: PasstConfig = { publish: [], hostLoopback: true };

/** Says that it is ready, and waits for the end of its stream. */
const SERVES = 'echo 1 >&4; exec 4>&-; exec /bin/cat <&3 >/dev/null';

let directory: string;
let path: string | undefined;
let records: LogRecord[];
let onRecord: (record: LogRecord) => void;
const log = sinkLogger({
  write: (record) => {
    records.push(record);
    onRecord(record);
  },
});

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'passt-'));
  path = process.env.PATH;
  process.env.PATH = `/nonexistent:${directory}`;
  records = [];
  onRecord = () => undefined;
});

afterEach(() => {
  process.env.PATH = path;
  rmSync(directory, { recursive: true });
});

/** Starts a program in the place of passt. */
function start(script: string, config = PLAIN): Passt {
  const program = join(directory, 'passt');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  return Passt.start(config, { mtu: undefined, log });
}

async function failureOf(script: string, config = PLAIN): Promise<UserError> {
  const passt = start(script, config);
  const error = await passt.ready.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  await passt.stop();
  passt.card[Symbol.dispose]();
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe('passt', () => {
  it('that is not installed is named, with its package', () => {
    expect(() => Passt.start(PLAIN, { mtu: undefined, log })).toThrow(
      expect.objectContaining({
        message: '--net passt: passt is not installed',
        hint: expect.stringContaining('sudo apt install passt') as string,
      }) as Error,
    );
  });

  it('has a card, and ends when nobody has the other end of its stream', async () => {
    const passt = start(SERVES);
    await passt.ready;
    const { config, fds, name } = passt.card;
    passt.vmEnded();
    passt.card[Symbol.dispose]();
    await passt.stop();

    expect(config).toMatchObject({ pairs: 1, mtu: 65_520, offload: 0, openChecksums: false });
    expect([fds.length, name]).toEqual([2, 'passt']);
    expect(records).toEqual([]);
  });

  it('that ends while the VM runs is named', async () => {
    const told = new Promise<LogRecord>((resolve) => (onRecord = resolve));
    const passt = start('echo 1 >&4; exec 4>&-; /bin/cat <&3 >/dev/null; exit 3');
    await passt.ready;
    // As if it had been told to end: whoever looks sees no difference.
    hangUp(passt.card.fds[0]?.raw ?? -1);
    const record = await told;
    await passt.stop();
    passt.card[Symbol.dispose]();

    expect(record).toMatchObject({
      level: 'error',
      message: "passt has ended (status 3): the guest's network card has no link any more",
    });
  });

  it('that cannot listen at a port has that named as the user gave it', async () => {
    const publish = [
      { protocol: 'tcp', host: 8080, guest: 80 },
      { protocol: 'tcp', address: '127.0.0.1', host: 22, guest: 22 },
    ] as const;
    const script = `echo 'Failed to send 9 bytes to syslog' >&2
echo "Failed to bind any port for '-t 127.0.0.1/22:22', exiting" >&2
exit 1`;

    expect(await failureOf(script, { publish, hostLoopback: true })).toMatchObject({
      message: '--publish 127.0.0.1:22:22: passt cannot listen at port 22 of this machine',
      hint: expect.stringContaining('ports below 1024') as string,
      cause: { message: "Failed to bind any port for '-t 127.0.0.1/22:22', exiting" },
    });
  });

  it('that finds no network says what it needs', async () => {
    const script = `echo 'No external routable interface for IPv4' >&2
echo 'External interface not usable' >&2
exit 1`;

    expect(await failureOf(script)).toMatchObject({
      message: '--net passt: passt did not start',
      hint: expect.stringContaining('default route') as string,
      cause: { message: 'External interface not usable' },
    });
  });

  it.each([
    ['without a word', 'exit 7', 'status 7'],
    ['by a signal', 'kill -9 $$', 'killed by SIGKILL'],
  ])('that ends %s has its end named', async (_, script, how) => {
    expect(await failureOf(script)).toMatchObject({ cause: { message: how } });
  });
});
