import type { RunConfig } from '../../config';
import type { OptionGroup } from '../option-group';
import { UsageError } from '../usage-error';

/** How a VM that runs can be controlled. */
export const controlOptions: OptionGroup<Pick<RunConfig, 'socket' | 'metricsSocket'>> = {
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
    };
  },
};
