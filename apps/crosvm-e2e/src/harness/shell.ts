import type { Crosvm } from './crosvm';
import { ANSWER_MS, BOOT_MS } from './time';

/** What a command in the guest did. */
export interface ShellResult {
  /** What it printed, lines ended by `\n`, without the last line end. */
  readonly output: string;
  readonly status: number;
}

/** The shell that the initramfs starts on the guest's console, used as a user would. */
export class Shell {
  #commands = 0;

  /** Waits for the shell to come up. Returns it with its greeting. */
  static async on(vm: Crosvm): Promise<{ readonly shell: Shell; readonly greeting: string }> {
    const [greeting] = await vm.expect(/Welcome to the crosvm guest[^\n]*\n/, BOOT_MS);
    const shell = new Shell(vm);
    await shell.prompt();
    return { shell, greeting };
  }

  private constructor(readonly vm: Crosvm) {}

  /** Waits for the prompt. */
  async prompt(): Promise<void> {
    await this.vm.expect(/crosvm:[^\r\n]*# /, ANSWER_MS);
  }

  /**
   * Types a command of one line, and waits for what it prints and the next prompt.
   * The marks around its output are typed in another form than they are printed in, so the echo is no match.
   */
  async run(command: string, limitMs = ANSWER_MS): Promise<ShellResult> {
    const id = (this.#commands += 1);
    this.vm.type(`printf '<%s<\\n' ${id}; ${command}; printf '>%s %s>\\n' ${id} $?\r`);
    await this.vm.expect(new RegExp(`<${id}<\\r*\\n`), limitMs);
    const [whole, status] = await this.vm.expect(new RegExp(`>${id} (\\d+)>\\r*\\n`), limitMs);
    await this.prompt();
    return { output: this.#before(whole, id), status: Number(status) };
  }

  #before(mark: string, id: number): string {
    const { text } = this.vm.stdout;
    const start = new RegExp(`<${id}<\\r*\\n`).exec(text);
    const end = text.indexOf(mark, start?.index);
    const from = start === null ? 0 : start.index + start[0].length;
    return text.slice(from, end).replace(/\r+\n/g, '\n').replace(/\n$/, '');
  }
}
