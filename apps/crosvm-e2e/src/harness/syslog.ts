import { createServer } from 'node:net';

import { Scratch } from './scratch';
import { withSyslog } from './wrappers';

/** One message: `<PRIORITY>DATE TAG[PID]: TEXT`. */
export interface SyslogRecord {
  /** Facility and level, as RFC 3164, 4.1.1 adds them. */
  readonly priority: number;
  readonly tag: string;
  readonly pid: number;
  readonly text: string;
}

const RECORD = /^<(\d+)>\w{3} [ \d]\d \d\d:\d\d:\d\d (\S+)\[(\d+)\]: (.*)$/;

/**
 * A syslog daemon for one VM. It listens to a stream, which libc takes where there is none for
 * datagrams: Node has no sockets of that kind.
 */
export class Syslog implements Disposable {
  readonly #scratch = new Scratch();
  readonly #dev = new Scratch();
  readonly #server = createServer((connection) => {
    connection.setEncoding('latin1');
    connection.on('data', (text: string) => (this.#text += text));
  });
  #text = '';

  private constructor() {
    this.#server.unref();
  }

  static async listen(): Promise<Syslog> {
    const syslog = new Syslog();
    await new Promise<void>((resolve) => {
      syslog.#server.listen(syslog.#scratch.file('log'), resolve);
    });
    return syslog;
  }

  /** What starts a program for which this is the syslog. */
  get wrapper(): readonly string[] {
    return withSyslog(this.#scratch.file('log'), this.#dev.path);
  }

  /**
   * What was logged so far.
   * @throws Error for anything that has not the form of a message
   */
  get records(): readonly SyslogRecord[] {
    const texts = this.#text.split('\0').slice(0, -1);
    return texts.map((record) => {
      const [, priority, tag, pid, text] = RECORD.exec(record) ?? [];
      if (tag === undefined || text === undefined) {
        throw new Error(`not a message to the syslog: ${JSON.stringify(record)}`);
      }
      return { priority: Number(priority), tag, pid: Number(pid), text };
    });
  }

  [Symbol.dispose](): void {
    this.#server.close();
    this.#scratch[Symbol.dispose]();
    this.#dev[Symbol.dispose]();
  }
}
