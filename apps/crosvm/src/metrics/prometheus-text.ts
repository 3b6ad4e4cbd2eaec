import type { DeviceMetrics, VcpuMetrics, VmMetrics } from './vm-metrics';

/** The media type of the text. */
export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const SECOND_MS = 1000;

/** A value with what tells it from others of its name. */
interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What is measured, and all values of it. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly samples: readonly Sample[];
}

const EXIT_REASONS = {
  portReads: 'port_read',
  portWrites: 'port_write',
  mmioReads: 'mmio_read',
  mmioWrites: 'mmio_write',
  signals: 'signal',
  systemEvents: 'system_event',
  others: 'other',
} as const;

function exitSamples({ index, exits }: VcpuMetrics): Sample[] {
  return Object.entries(EXIT_REASONS).map(([key, reason]) => ({
    labels: { vcpu: String(index), reason },
    value: exits[key as keyof typeof EXIT_REASONS],
  }));
}

function labelsOf({ name, kind }: DeviceMetrics): Readonly<Record<string, string>> {
  return { device: name, kind };
}

function byteSamples(device: DeviceMetrics): Sample[] {
  const { toGuestBytes, fromGuestBytes } = device.counts;
  return [
    { labels: { ...labelsOf(device), direction: 'to_guest' }, value: toGuestBytes },
    { labels: { ...labelsOf(device), direction: 'from_guest' }, value: fromGuestBytes },
  ];
}

function families({ uptimeMs, vcpus, devices }: VmMetrics): Family[] {
  const counter = (name: string, help: string, samples: readonly Sample[]): Family => {
    return { name: `crosvm_${name}_total`, help, type: 'counter', samples };
  };
  const ofDevices = (key: 'kicks' | 'interrupts' | 'requests' | 'errors', help: string): Family =>
    counter(
      `device_${key}`,
      help,
      devices.map((device) => ({ labels: labelsOf(device), value: device.counts[key] })),
    );
  return [
    {
      name: 'crosvm_uptime_seconds',
      help: 'Seconds since the devices of the VM were made.',
      type: 'gauge',
      samples: [{ labels: {}, value: uptimeMs / SECOND_MS }],
    },
    counter('vcpu_exits', 'How often a vCPU came out of its guest.', vcpus.flatMap(exitSamples)),
    ofDevices('kicks', 'How often a back end was woken by its driver, or went on.'),
    ofDevices('interrupts', 'Interrupts that a back end sent.'),
    ofDevices('requests', 'Requests of the driver that were answered.'),
    ofDevices('errors', 'Requests that failed, and frames that were dropped.'),
    counter('device_bytes', 'Bytes of data.', devices.flatMap(byteSamples)),
  ];
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

function labelText([name, value]: readonly [string, string]): string {
  return `${name}="${value.replace(/[\\"\n]/g, (character) => ESCAPES[character] ?? '')}"`;
}

function sampleText(name: string, { labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(labelText).join(',');
  return `${name}${pairs === '' ? '' : `{${pairs}}`} ${value}\n`;
}

/** What a VM has done, in Prometheus' text format, version 0.0.4. */
export function prometheusText(metrics: VmMetrics): string {
  return families(metrics)
    .map(
      ({ name, help, type, samples }) =>
        `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n` +
        samples.map((sample) => sampleText(name, sample)).join(''),
    )
    .join('');
}
