import { join } from 'node:path';

import { describeAbi, readGolden } from '@crosvm/data-model/testing';

import * as virtioSys from './index';

const golden = join(__dirname, 'golden/x86_64.json');

describeAbi({
  title: 'sizes, offsets and constants',
  exports: virtioSys,
  golden,
  covers: {
    vring_desc: '16 bytes',
    'virtio_pci_common_cfg.queue_used_hi': '4 bytes at 52',
    'virtio_blk_config.write_zeroes_may_unmap': '1 bytes at 56',
  },
  atLeast: 150,
});

describe('sizes, offsets and constants', () => {
  it('are in the headers, but for what only the specification has', () => {
    const fields = Object.keys(virtioSys.virtio_pci_common_cfg_1_2.fields);
    expect([...readGolden(golden).missing].sort()).toEqual(
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
});
