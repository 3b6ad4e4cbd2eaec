import parse from 'parse-prometheus-text-format';

import { prometheusText } from './prometheus-text';
import { METRICS } from './testing';

const families = parse(prometheusText(METRICS));
const valuesOf = (name: string): [labels: unknown, value: string][] =>
  families
    .filter((family) => family.name === name)
    .flatMap(({ metrics }) =>
      metrics.map(({ labels, value }): [unknown, string] => [labels, value]),
    );

describe('the metrics as Prometheus reads them', () => {
  it('are counters with help, but for the uptime', () => {
    expect(families.map(({ name, type }) => [name, type])).toEqual([
      ['crosvm_uptime_seconds', 'GAUGE'],
      ['crosvm_vcpu_exits_total', 'COUNTER'],
      ['crosvm_device_kicks_total', 'COUNTER'],
      ['crosvm_device_interrupts_total', 'COUNTER'],
      ['crosvm_device_requests_total', 'COUNTER'],
      ['crosvm_device_errors_total', 'COUNTER'],
      ['crosvm_device_bytes_total', 'COUNTER'],
    ]);
    expect(families.every(({ help }) => help.length > 0)).toBe(true);
    expect(valuesOf('crosvm_uptime_seconds')).toEqual([[undefined, '2.5']]);
  });

  it('have the exits of each vCPU by reason', () => {
    const exits = valuesOf('crosvm_vcpu_exits_total');
    expect(exits).toHaveLength(14);
    expect(exits).toContainEqual([{ vcpu: '0', reason: 'port_read' }, '7']);
    expect(exits).toContainEqual([{ vcpu: '1', reason: 'mmio_write' }, '9']);
  });

  it('have what each device did, whatever it is called', () => {
    expect(valuesOf('crosvm_device_requests_total')).toEqual([
      [{ device: 'disk vda', kind: 'block' }, '5'],
      [{ device: 'network card over "a\\b"', kind: 'net' }, '5'],
    ]);
    expect(valuesOf('crosvm_device_bytes_total')).toContainEqual([
      { device: 'disk vda', kind: 'block', direction: 'to_guest' },
      '4096',
    ]);
  });
});
