/** A device that did not do what it was asked, or cannot. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: DeviceError) => void;
  readonly timer: NodeJS.Timeout;
}

/** What a device host was asked, until it has answered, or will not any more. */
export class HostQuestions {
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #isOver = false;

  /**
   * Asks, and waits for the answer.
   * @param send is given the number of the question
   * @throws DeviceError if there is none in that time, or the host is gone
   */
  ask(send: (id: number) => void, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) {
        reject(new DeviceError('its device host is gone'));
        return;
      }
      this.#lastId += 1;
      const id = this.#lastId;
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new DeviceError(`it did not answer within ${timeoutMs / 1000} s`));
      }, timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
      send(id);
    });
  }

  /** The host has answered question `id`; what nobody asked, or nobody waits for, is nothing. */
  answered(id: number, answer: unknown): void {
    const waiting = this.#take(id);
    if (answer === undefined) {
      waiting?.reject(new DeviceError('it cannot do that'));
    } else {
      waiting?.resolve(answer);
    }
  }

  /** The host is gone, or is being ended. */
  over(): void {
    this.#isOver = true;
    for (const id of [...this.#waiting.keys()]) {
      this.#take(id)?.reject(new DeviceError('its device host is gone'));
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }
}
