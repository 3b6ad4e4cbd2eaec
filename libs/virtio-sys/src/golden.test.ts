import { join } from 'node:path';

import {
  factsWithout,
  goldenEntries,
  hasHeaders,
  measureAbi,
  readGolden,
} from '@crosvm/data-model/testing';

import * as virtioSys from './index';

const golden = readGolden(join(__dirname, 'golden/x86_64.json'));
const entries = goldenEntries(virtioSys, golden);

describe('sizes, offsets and constants', () => {
  it('are those of the C headers, as the golden file keeps them', () => {
    expect(factsWithout(entries, golden.missing)).toEqual(golden.facts);
  });

  it('are in the headers, but for what only the specification has', () => {
    const fields = Object.keys(virtioSys.virtio_pci_common_cfg_1_2.fields);
    expect([...golden.missing].sort()).toEqual(
      [
        'VIRTIO_F_NOTIFICATION_DATA',
        'VIRTIO_F_NOTIF_CONFIG_DATA',
        'VIRTIO_PCI_DEVICE_ID_BASE',
        'VIRTIO_PCI_ISR_QUEUE',
        'VIRTIO_PCI_VENDOR_ID',
        'virtio_pci_common_cfg_1_2',
        ...fields.map((field) => `virtio_pci_common_cfg_1_2.${field}`),
      ].sort(),
    );
  });

  it('cover every struct that is exported, with its members', () => {
    expect(golden.facts).toMatchObject({
      vring_desc: '16 bytes',
      'virtio_pci_common_cfg.queue_used_hi': '4 bytes at 52',
      'virtio_blk_config.write_zeroes_may_unmap': '1 bytes at 56',
    });
  });
});

const canMeasure = process.arch === golden.arch && hasHeaders(golden.headers);
const measured = canMeasure ? measureAbi(golden.headers, entries) : { facts: {}, missing: [] };
const title = canMeasure
  ? `are those of this machine's headers, which have no ${measured.missing.join(', ') || 'gaps'}`
  : `are those of this machine's headers [skipped: no x86_64, gcc or ${golden.headers.join(' ')}]`;

describe('sizes, offsets and constants', () => {
  (canMeasure ? it : it.skip)(title, () => {
    expect(factsWithout(entries, measured.missing)).toEqual(measured.facts);
    expect(Object.keys(measured.facts).length).toBeGreaterThan(150);
  });
});
