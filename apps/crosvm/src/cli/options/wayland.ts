import type { RunConfig, WaylandSocketConfig } from '../../config';
import { type KeyValueRule, parseKeyValues } from '../key-values';
import type { OptionGroup } from '../option-group';
import { quote } from '../quote';
import { UsageError } from '../usage-error';

const OPTION = '--wayland-sock';
const RULE: KeyValueRule = { option: OPTION, keys: ['name'], first: 'path' };

/** As long as the guest can say it (`virtio_wl_ctrl_vfd_new.name`). */
const MAX_NAME_BYTES = 32;

/** Compositors of the host that the guest can reach. */
export const waylandOptions: OptionGroup<Pick<RunConfig, 'wayland'>> = {
  title: 'Wayland',
  options: [
    {
      name: 'wayland-sock',
      value: 'PATH[,...]',
      repeatable: true,
      keys: ['name'],
      first: 'path',
      help: [
        "The socket of a Wayland compositor, for a guest with Chromium OS's virtio_wl; may be repeated",
        'PATH is for display; PATH,name=NAME is for who asks for it by name',
        'Default for display: $XDG_RUNTIME_DIR/$WAYLAND_DISPLAY (or wayland-0), where that is',
      ].join('\n'),
    },
    { name: 'no-wl', help: 'No Wayland for the guest, whatever the environment says' },
  ],
  read(values) {
    const sockets = values.all('wayland-sock').map(parseWaylandSocket);
    if (values.has('no-wl')) {
      if (sockets.length > 0) {
        throw new UsageError('--no-wl and --wayland-sock are both given', {
          hint: 'leave one of them away',
        });
      }
      return { wayland: { kind: 'off' } };
    }
    const names = sockets.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) < index);
    if (twice !== undefined) {
      const which = twice === '' ? 'without a name' : `with the name ${quote(twice)}`;
      throw new UsageError(`two sockets ${which} are given by ${OPTION}`, {
        hint: `give others a name of their own: ${OPTION} PATH,name=NAME`,
      });
    }
    return sockets.length === 0 ? {} : { wayland: { kind: 'sockets', sockets } };
  },
};

/**
 * Reads the value of the option, such as `/run/user/1000/wayland-0,name=other`.
 * @throws UsageError
 */
function parseWaylandSocket(value: string): WaylandSocketConfig {
  const pairs = parseKeyValues(value, RULE);
  const path = pairs.get('path') ?? '';
  if (path === '') {
    throw new UsageError(`${OPTION} needs a path that is not empty`);
  }
  const name = pairs.get('name') ?? '';
  if (pairs.has('name') && name === '') {
    throw new UsageError(`${OPTION}: name must not be empty`, {
      hint: 'leave it away for the socket that is for display',
    });
  }
  if (!/^[\x21-\x7e]*$/.test(name) || name.length > MAX_NAME_BYTES) {
    throw new UsageError(
      `${OPTION}: name must be up to ${MAX_NAME_BYTES} printable ASCII characters without spaces, not ${quote(name)}`,
    );
  }
  return { path, name };
}
