import { safeParse } from 'valibot';

import { issueText } from '../protocol/issue-text';
import type { Response } from '../protocol/messages';
import { type MethodName, METHODS, type Result } from '../protocol/methods';
import { ControlError } from './control-error';
import { errorOfAnswer } from './errors';

/** A call whose answer has not come. */
interface Pending {
  readonly method: MethodName;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: ControlError) => void;
  readonly timer: NodeJS.Timeout;
}

/** The calls of a client whose answers have not come, by their ids. */
export class PendingCalls {
  readonly #calls = new Map<number, Pending>();
  #lastId = 0;

  /** A new call: its id, and what comes of it. */
  add<Name extends MethodName>(
    method: Name,
    timeoutMs: number,
  ): { readonly id: number; readonly result: Promise<Result<Name>> } {
    this.#lastId += 1;
    const id = this.#lastId;
    const result = new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#calls.delete(id);
        reject(new ControlError('TIMEOUT', `no answer to ${method} within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#calls.set(id, { method, resolve, reject, timer });
    });
    return { id, result: result as Promise<Result<Name>> };
  }

  /**
   * Takes an answer. One to a call that waits no longer is ignored.
   * @throws ControlError if it is an error that is not about a call of ours
   */
  settle(response: Response): void {
    const { id } = response;
    if (id === null && 'error' in response) {
      throw errorOfAnswer(response.error);
    }
    const call = typeof id === 'number' ? this.#take(id) : undefined;
    if (call === undefined) {
      return;
    }
    if ('error' in response) {
      call.reject(errorOfAnswer(response.error));
      return;
    }
    const result = safeParse(METHODS[call.method].result, response.result);
    if (result.success) {
      call.resolve(result.output);
    } else {
      const text = issueText(result.issues);
      const message = `the answer to ${call.method} makes no sense: ${text}`;
      call.reject(new ControlError('INTERNAL', message));
    }
  }

  /** No more answers will come. */
  rejectAll(error: ControlError): void {
    [...this.#calls.keys()].forEach((id) => this.#take(id)?.reject(error));
  }

  #take(id: number): Pending | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    clearTimeout(call?.timer);
    return call;
  }
}
