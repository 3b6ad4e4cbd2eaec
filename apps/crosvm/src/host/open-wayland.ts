import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

import type { WaylandSocket } from '@crosvm/devices';
import { MAX_SOCKET_PATH } from '@crosvm/sys-util';

import type { WaylandConfig, WaylandSocketConfig } from '../config';
import { UserError } from '../user-error';

/** What a compositor's socket is called where nothing is said. Source: wl_display_connect(3). */
const DEFAULT_DISPLAY = 'wayland-0';

/** The variables that name a compositor. */
export type WaylandEnvironment = Readonly<
  Partial<Record<'XDG_RUNTIME_DIR' | 'WAYLAND_DISPLAY', string>>
>;

/** How sockets are looked for. */
export interface WaylandOptions {
  /** Whether the device's host has a root of its own, where they are elsewhere. */
  readonly jailed: boolean;
  /** Default: that of this process. */
  readonly environment?: WaylandEnvironment;
}

/**
 * Finds the sockets of compositors that a guest can reach; none if there is to be no Wayland. That of the
 * environment is left out silently where it is not there.
 * @throws UserError that names the socket that was asked for, and what is wrong with it
 */
export function openWayland(
  config: WaylandConfig | undefined,
  { jailed, environment = process.env }: WaylandOptions,
): readonly WaylandSocket[] {
  if (config?.kind === 'off') {
    return [];
  }
  const asked = config?.sockets ?? [];
  asked.forEach(check);
  const own = asked.some(({ name }) => name === '') ? undefined : defaultSocket(environment);
  const found = [...(own === undefined ? [] : [own]), ...asked];
  return found.map(({ path, name }, index) => {
    // The host follows no links.
    const source = realpathSync(path);
    return { name, source, path: jailed ? `/wayland-${index}` : source };
  });
}

function defaultSocket({
  XDG_RUNTIME_DIR: directory = '',
  WAYLAND_DISPLAY: display = '',
}: WaylandEnvironment): WaylandSocketConfig | undefined {
  if (directory === '') {
    return undefined;
  }
  // A path that is absolute stays so.
  const path = resolve(directory, display === '' ? DEFAULT_DISPLAY : display);
  return faultOf(path) === undefined ? { path, name: '' } : undefined;
}

function check({ path }: WaylandSocketConfig): void {
  const fault = faultOf(path);
  if (fault !== undefined) {
    throw new UserError(`--wayland-sock ${path}: ${fault.what}`, { hint: fault.hint });
  }
}

interface Fault {
  readonly what: string;
  readonly hint: string;
}

/** Why a path is not the socket of a compositor that we can use. */
function faultOf(path: string): Fault | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    return {
      what: 'there is no such socket',
      hint: 'start the compositor first; its sockets are in $XDG_RUNTIME_DIR',
    };
  }
  if (!stat.isSocket()) {
    return { what: 'this is no socket', hint: 'give the path of a socket, such as wayland-0' };
  }
  if (Buffer.byteLength(realpathSync(path)) > MAX_SOCKET_PATH) {
    return {
      what: `the path of a socket has at most ${MAX_SOCKET_PATH} bytes`,
      hint: 'have the compositor make it in a directory with a shorter path',
    };
  }
  if (!mayConnect(path, stat)) {
    return {
      what: 'we may not connect to it',
      hint: 'run crosvm as the user that the compositor belongs to',
    };
  }
  return undefined;
}

/** A device's host has no privileges, also where this process is root's. */
function mayConnect(
  path: string,
  { uid, mode }: { readonly uid: number; readonly mode: number },
): boolean {
  const isRoots = process.geteuid?.() === 0;
  if (isRoots && uid !== 0 && (mode & constants.S_IWOTH) === 0) {
    return false;
  }
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
