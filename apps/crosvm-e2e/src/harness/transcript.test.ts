import { Transcript } from './transcript';

const MOMENT_MS = 50;
const LIMIT_MS = 5_000;

function transcriptOf(text: string): Transcript {
  const transcript = new Transcript('output');
  transcript.add(Buffer.from(text));
  return transcript;
}

test('finds what is already there', async () => {
  const transcript = transcriptOf('login: ');
  const [found] = await transcript.expect(/log(in|out)/, LIMIT_MS);
  expect(found).toBe('login');
});

test('finds what comes later, in pieces', async () => {
  const transcript = transcriptOf('lo');
  const found = transcript.expect('login', LIMIT_MS);
  transcript.add(Buffer.from('gin'));
  expect((await found)[0]).toBe('login');
});

test('finds each match once, in order', async () => {
  const transcript = transcriptOf('a1 a2 a3');
  const found = [
    await transcript.expect(/a(\d)/, LIMIT_MS),
    await transcript.expect(/a(\d)/, LIMIT_MS),
  ];
  expect(found.map(([, digit]) => digit)).toEqual(['1', '2']);
});

test('takes a string for what it says, not for a pattern', async () => {
  const transcript = transcriptOf('axb a.b');
  await transcript.expect('a.b', LIMIT_MS);
  await expect(transcript.expect('a', MOMENT_MS)).rejects.toThrow(/did not come/);
});

test('fails with the end of the output when nothing comes in time', async () => {
  const transcript = transcriptOf('some\x1b[6n output');
  await expect(transcript.expect('login', MOMENT_MS)).rejects.toThrow('some\\x1b[6n output');
});

test('fails at once when nothing can come any more', async () => {
  const transcript = transcriptOf('some output');
  const found = transcript.expect('login', LIMIT_MS);
  transcript.end('it ended');
  await expect(found).rejects.toThrow(/^it ended before \/login\/ came\n[^]*some output/);
});

test('keeps characters whole that come in two pieces', () => {
  const transcript = new Transcript('output');
  const bytes = Buffer.from('größe');
  transcript.add(bytes.subarray(0, 3));
  transcript.add(bytes.subarray(3));
  expect(transcript.text).toBe('größe');
  expect(transcript.bytes).toEqual(bytes);
});
