import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The first line that a process prints. */
async function firstLine(child: ChildProcess): Promise<string> {
  const { stdout } = child;
  if (stdout === null) {
    throw new Error('the output of the registry is not a pipe');
  }
  for await (const line of createInterface(stdout)) {
    return line;
  }
  throw new Error('the registry ended before it was there');
}

/** A registry of npm packages on loopback, which asks no other one. */
export class Registry implements Disposable {
  private constructor(
    readonly url: string,
    /** npm's settings for whoever publishes there, or installs from there. */
    readonly npmrc: string,
    private readonly server: ChildProcess,
  ) {}

  /** @param directory where it keeps everything; exists, and is empty */
  static async start(directory: string): Promise<Registry> {
    const server = spawn(process.execPath, [join(__dirname, 'registry-server.mjs'), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const url = await firstLine(server);
    const npmrc = join(directory, 'npmrc');
    const token = await Registry.#join(url);
    writeFileSync(
      npmrc,
      [
        `registry=${url}`,
        `${url.replace('http:', '')}:_authToken=${token}`,
        `cache=${join(directory, 'cache')}`,
        'audit=false',
        'fund=false',
        'update-notifier=false',
        '',
      ].join('\n'),
    );
    return new Registry(url, npmrc, server);
  }

  /** npm publishes only as somebody. */
  static async #join(url: string): Promise<string> {
    const name = 'publisher';
    const response = await fetch(`${url}-/user/org.couchdb.user:${name}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, password: 'a password of a test' }),
    });
    const { token } = (await response.json()) as { readonly token?: string };
    if (token === undefined) {
      throw new Error(`the registry takes no user: ${response.status}`);
    }
    return token;
  }

  /** The environment of npm and of what starts it. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, NPM_CONFIG_USERCONFIG: this.npmrc, npm_config_registry: this.url };
  }

  [Symbol.dispose](): void {
    this.server.kill();
  }
}
