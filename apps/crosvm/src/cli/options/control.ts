import type { PanicAction, RunConfig } from '../../config';
import type { OptionGroup } from '../option-group';
import type { OptionValues } from '../option-values';
import { quote } from '../quote';
import { UsageError } from '../usage-error';

const PANIC_ACTIONS: readonly PanicAction[] = ['exit', 'restart', 'hold'];

/** How a VM that runs can be controlled, and what happens when its guest comes to an end. */
export const controlOptions: OptionGroup<
  Pick<RunConfig, 'socket' | 'metricsSocket' | 'restart' | 'onPanic'>
> = {
  title: 'Control',
  options: [
    {
      name: 'socket',
      short: 's',
      value: 'PATH',
      help: 'Make a control socket, for crosvm stop, status, ...; in a directory it is called crosvm-PID.sock (default: none)',
    },
    {
      name: 'metrics-socket',
      value: 'PATH',
      help: 'Serve counters as Prometheus text over HTTP on this unix socket (default: none)',
    },
    {
      name: 'restart',
      help: 'Boot again, in the same process, when the guest asks for a reset',
    },
    {
      name: 'on-panic',
      value: 'ACTION',
      choices: PANIC_ACTIONS,
      help: "What to do when the guest's kernel panics, and has a driver that tells: exit, restart, or hold the VM as it is (default: exit)",
    },
  ],
  read(values) {
    const socket = values.one('socket');
    if (socket === '') {
      throw new UsageError('--socket needs a path that is not empty');
    }
    const metricsSocket = values.one('metrics-socket');
    if (metricsSocket === '') {
      throw new UsageError('--metrics-socket needs a path that is not empty');
    }
    return {
      ...(socket !== undefined && { socket }),
      ...(metricsSocket !== undefined && { metricsSocket }),
      ...(values.has('restart') && { restart: true }),
      ...readPanicAction(values),
    };
  },
};

function readPanicAction(values: OptionValues): Pick<RunConfig, 'onPanic'> {
  const given = values.one('on-panic');
  if (given === undefined) {
    return {};
  }
  const onPanic = PANIC_ACTIONS.find((action) => action === given);
  if (onPanic === undefined) {
    throw new UsageError(`--on-panic must be exit, restart or hold, not ${quote(given)}`);
  }
  return { onPanic };
}
