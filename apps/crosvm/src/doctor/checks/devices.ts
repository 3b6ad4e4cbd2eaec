import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { openTun } from '@crosvm/net-util';
import { VhostNet, VhostVsock } from '@crosvm/vhost';

import { errorFinding } from '../error-finding';
import type { Finding } from '../finding';

/** What is opened to see whether it can be. */
type Open = () => Disposable;

interface Part {
  readonly name: string;
  readonly works: string;
  readonly without: string;
}

function checkOpen({ name, works, without }: Part, open: Open): Finding {
  try {
    open()[Symbol.dispose]();
  } catch (error) {
    return errorFinding(name, error, { verdict: 'limited', without });
  }
  return { name, verdict: 'ok', detail: works };
}

/** Whether network cards can be had over TAP interfaces. */
export function checkTun(open: Open = openTun): Finding {
  return checkOpen(
    {
      name: 'tun',
      works: 'TAP interfaces can be opened; to make one takes root or CAP_NET_ADMIN',
      without: 'no network over TAP interfaces (--host_ip, --tap-name)',
    },
    open,
  );
}

/** Whether the kernel can move the packets of network cards. */
export function checkVhostNet(open: Open = () => VhostNet.open()): Finding {
  return checkOpen(
    { name: 'vhost-net', works: '/dev/vhost-net works', without: 'no --vhost-net' },
    open,
  );
}

/** Whether there can be sockets between guest and host. */
export function checkVsock(open: Open = () => VhostVsock.open()): Finding {
  return checkOpen(
    {
      name: 'vhost-vsock',
      works: '/dev/vhost-vsock works',
      without: 'no sockets between guest and host (--cid)',
    },
    open,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether there is a network for users without privileges. */
export function checkPasst(path = process.env.PATH ?? ''): Finding {
  const name = 'passt';
  const found = path
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find(isExecutable);
  return found === undefined
    ? {
        name,
        verdict: 'limited',
        detail: 'it is not installed',
        without: 'no network without privileges and TAP interfaces',
        remedy: 'sudo apt install passt',
      }
    : { name, verdict: 'ok', detail: found };
}

/** Whether there is a Wayland compositor for guests' windows. */
export function checkWayland(environment: NodeJS.ProcessEnv = process.env): Finding {
  const name = 'wayland';
  const { WAYLAND_DISPLAY: display = 'wayland-0', XDG_RUNTIME_DIR: directory = '' } = environment;
  // An absolute WAYLAND_DISPLAY is the socket itself.
  const socket = display.startsWith('/') ? display : join(directory, display);
  return socket.startsWith('/') && existsSync(socket)
    ? { name, verdict: 'ok', detail: `the compositor is at ${socket}` }
    : {
        name,
        verdict: 'limited',
        detail: 'no compositor runs in this session',
        without: 'no windows of guests on this desktop',
        remedy: 'start crosvm from a terminal of a Wayland session',
      };
}
