import {
  VIRTIO_PCI_COMMON_Q_NDATA,
  VIRTIO_PCI_COMMON_Q_RESET,
  virtio_blk_config,
  virtio_pci_common_cfg,
  virtio_pci_common_cfg_1_2,
  vring_desc,
  vring_used,
} from './index';

describe('layouts', () => {
  it('have the fields that virtio 1.2 added where the header says', () => {
    expect(virtio_pci_common_cfg_1_2.offsetOf('queue_notify_data')).toBe(VIRTIO_PCI_COMMON_Q_NDATA);
    expect(virtio_pci_common_cfg_1_2.offsetOf('queue_reset')).toBe(VIRTIO_PCI_COMMON_Q_RESET);
    expect(virtio_pci_common_cfg_1_2.size).toBe(virtio_pci_common_cfg.size + 4);
  });

  it('hold addresses as numbers', () => {
    const bytes = vring_desc.from({ addr: 0x1_2345_6789, len: 0xffff_ffff, flags: 3, next: 7 });

    expect(Buffer.from(bytes).toString('hex')).toBe('8967452301000000ffffffff03000700');
  });

  it('hold the entries of a ring', () => {
    const used = vring_used.allocate(2 * 8);
    used.ring.get(1).id = 5;

    expect([...used.buffer.slice(12, 16)]).toEqual([5, 0, 0, 0]);
  });

  it('pack the configuration of a disk', () => {
    expect(virtio_blk_config.size).toBe(72);
  });
});
