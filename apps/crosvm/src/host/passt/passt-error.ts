import type { PublishedPort } from '../../config';
import { UserError } from '../../user-error';
import { portArgument } from './passt-arguments';

/** What passt says that is nothing to worry about: there is no syslog, or only one version of IP. */
const NOISE = new RegExp(
  [
    '^$',
    '^Failed to send \\d+ bytes to syslog$',
    "^Don't run as root\\.",
    '^No external routable interface for IPv[46]$',
  ].join('|'),
);

/** What passt said, without what means nothing. */
export function passtLines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => !NOISE.test(line));
}

/** How a process ended. */
export function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `status ${code}` : `killed by ${signal}`;
}

function isPort(line: string, port: PublishedPort): boolean {
  return line.includes(`port`) && line.includes(` ${portArgument(port)}'`);
}

/**
 * Why passt did not start, for the user.
 * @param text what it wrote to its standard error
 * @param how its end
 */
export function passtError(
  text: string,
  how: string,
  publish: readonly PublishedPort[],
): UserError {
  const lines = passtLines(text);
  const said = lines.at(-1) ?? how;
  const port = publish.find((each) => lines.some((line) => isPort(line, each)));
  if (port !== undefined) {
    const where = port.address === undefined ? '' : `${port.address}:`;
    return new UserError(
      `--publish ${where}${port.host}:${port.guest}: passt cannot listen at port ${port.host} of this machine`,
      {
        cause: new Error(said),
        hint:
          port.host < 1024
            ? 'ports below 1024 take a privilege: choose another, or see net.ipv4.ip_unprivileged_port_start'
            : `choose another port, or see who has it: ss -lnp 'sport = ${port.host}'`,
      },
    );
  }
  const isOffline = lines.some((line) => line.includes('not usable'));
  return new UserError('--net passt: passt did not start', {
    cause: new Error(said),
    ...(isOffline && {
      hint: 'passt gives the guest the network of this machine, which needs a default route: ip route',
    }),
  });
}
