import { Writable } from 'node:stream';

import { UserError } from '../user-error';
import { printText } from './print-text';

function failing(code: string): Writable {
  const error = Object.assign(new Error(`${code}: write`), { code });
  return new Writable({ write: (_chunk, _encoding, callback) => callback(error) });
}

describe('printText', () => {
  test('is done when the text is written', async () => {
    const written: string[] = [];
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, callback) => {
        written.push(chunk.toString());
        setImmediate(callback);
      },
    });
    await printText(stream, 'a text\n');
    expect(written).toEqual(['a text\n']);
  });

  test('does not mind a reader that has gone', async () => {
    await expect(printText(failing('EPIPE'), 'a')).resolves.toBeUndefined();
  });

  test('tells of a full disk once', async () => {
    const error: unknown = await printText(failing('ENOSPC'), 'a').catch((it: unknown) => it);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ cause: { code: 'ENOSPC' } });
  });
});
