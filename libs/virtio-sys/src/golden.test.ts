import { join } from 'node:path';

import { abiEntries, describeAbi, readGolden } from '@crosvm/data-model/testing';

import * as virtioSys from './index';
import * as wl from './wl';

const golden = join(__dirname, 'golden/x86_64.json');

describeAbi({
  title: 'sizes, offsets, ioctl numbers and constants',
  exports: virtioSys,
  golden,
  covers: {
    vring_desc: '16 bytes',
    'virtio_pci_common_cfg.queue_used_hi': '4 bytes at 52',
    'virtio_blk_config.write_zeroes_may_unmap': '1 bytes at 56',
    'virtio_balloon_stat.val': '8 bytes at 2',
    'virtio_net_config.max_virtqueue_pairs': '2 bytes at 8',
    'virtio_net_hdr_v1.num_buffers': '2 bytes at 10',
    'vhost_vring_addr.avail_user_addr': '8 bytes at 24',
    VHOST_SET_MEM_TABLE: '0x4008af03',
  },
  atLeast: 250,
});

describe('sizes, offsets, ioctl numbers and constants', () => {
  it('are in the headers, but for what only the specification has', () => {
    const fields = Object.keys(virtioSys.virtio_pci_common_cfg_1_2.fields);
    expect([...readGolden(golden).missing].sort()).toEqual(
      [
        'VIRTIO_F_NOTIFICATION_DATA',
        'VIRTIO_F_NOTIF_CONFIG_DATA',
        'VIRTIO_NET_F_GUEST_USO4',
        'VIRTIO_NET_F_GUEST_USO6',
        'VIRTIO_NET_F_HOST_USO',
        'VIRTIO_NET_HDR_GSO_UDP_L4',
        'VIRTIO_PCI_DEVICE_ID_BASE',
        'VIRTIO_PCI_ISR_QUEUE',
        'VIRTIO_PCI_VENDOR_ID',
        'virtio_pci_common_cfg_1_2',
        ...fields.map((field) => `virtio_pci_common_cfg_1_2.${field}`),
        // In no header but those of the Chromium OS kernel: see wl.test.ts.
        ...abiEntries(wl).map(({ name }) => name),
      ].sort(),
    );
  });
});
