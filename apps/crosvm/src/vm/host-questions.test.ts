import { DeviceError, HostQuestions } from './host-questions';

const LONG_MS = 60_000;

describe('HostQuestions', () => {
  it('gives each its own answer, in whatever order they come', async () => {
    const questions = new HostQuestions();
    const ids: number[] = [];
    const send = (id: number): void => void ids.push(id);
    const asked = [questions.ask(send, LONG_MS), questions.ask(send, LONG_MS)];
    questions.answered(ids[1]!, 'second');
    questions.answered(99, 'nobody asked');
    questions.answered(ids[0]!, 'first');
    questions.answered(ids[0]!, 'again');

    expect(await Promise.all(asked)).toEqual(['first', 'second']);
  });

  it('says when a device cannot do that, or does not answer', async () => {
    const questions = new HostQuestions();
    const refused = questions.ask((id) => questions.answered(id, undefined), LONG_MS);
    const late = questions.ask(() => undefined, 1);

    await expect(refused).rejects.toThrow('it cannot do that');
    await expect(late).rejects.toThrow('it did not answer within 0.001 s');
  });

  it('is over when the host is gone', async () => {
    const questions = new HostQuestions();
    const waiting = questions.ask(() => undefined, LONG_MS);
    questions.over();

    await expect(waiting).rejects.toThrow(new DeviceError('its device host is gone'));
    await expect(questions.ask(() => undefined, LONG_MS)).rejects.toThrow(DeviceError);
  });
});
