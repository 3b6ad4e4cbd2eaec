import { FdSocket, MessageTruncatedError, OwnedFd, SysError, waitReadable } from '@crosvm/sys-util';

import {
  ANSWER_TIMEOUT_MS,
  type BackEndRequest,
  decodeAnswer,
  encodeRequest,
  MAX_MESSAGE_BYTES,
} from './messages';

/** The front end's way to its back end; to be used under the device's lock. */
export interface BackEndPort {
  /** Asks and waits. False if the back end refuses, does not answer, or is gone. */
  ask(request: BackEndRequest): boolean;
  /** The last one that was asked found the back end gone: it died, or the guest is being ended. */
  readonly isGone: boolean;
}

/**
 * Numbers of requests: other than those of the other threads, whose answers may come late, with
 * all but certainty.
 */
function firstSequence(): number {
  return Math.floor(Math.random() * 0x1_0000_0000);
}

/** A back end at the other end of a `SOCK_SEQPACKET` socket; one instance a vCPU thread. */
export class SocketBackEndPort implements BackEndPort {
  readonly #socket: FdSocket;
  readonly #timeoutMs: number;
  #sequence = firstSequence();
  #isGone = false;

  /** @param fd the socket; it stays open until the process ends */
  constructor(fd: number, timeoutMs = ANSWER_TIMEOUT_MS) {
    const options = { maxBytes: MAX_MESSAGE_BYTES, maxFds: 0, nonblock: true };
    this.#socket = FdSocket.adopt(OwnedFd.adopt(fd), options);
    this.#timeoutMs = timeoutMs;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  ask(request: BackEndRequest): boolean {
    this.#sequence = (this.#sequence + 1) >>> 0;
    try {
      const sent = this.#socket.send(encodeRequest(this.#sequence, request));
      return sent && this.#answer();
    } catch (error) {
      // The back end is gone (EPIPE), or not itself: whoever watches it ends the VM.
      if (error instanceof SysError || error instanceof MessageTruncatedError) {
        this.#isGone = error instanceof SysError;
        return false;
      }
      throw error;
    }
  }

  #answer(): boolean {
    const end = performance.now() + this.#timeoutMs;
    for (let left = this.#timeoutMs; left > 0; left = end - performance.now()) {
      if (!waitReadable(this.#socket.raw, Math.ceil(left))) {
        continue;
      }
      const message = this.#socket.receive();
      if (message === 'closed') {
        this.#isGone = true;
        return false;
      }
      const answer = message === 'would-block' ? undefined : decodeAnswer(message.bytes);
      if (answer?.sequence === this.#sequence) {
        return answer.done;
      }
    }
    return false;
  }
}
