import {
  VIRTIO_PCI_COMMON_Q_NDATA,
  VIRTIO_PCI_COMMON_Q_RESET,
  vhost_memory,
  virtio_blk_config,
  virtio_net_config,
  virtio_net_ctrl_mac,
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

  it('pack the configuration of a network card, and tables of MAC addresses', () => {
    expect(virtio_net_config.offsetOf('speed')).toBe(12);
    expect(virtio_net_config.size).toBe(24);
    const table = virtio_net_ctrl_mac.allocate(2 * 6);
    expect(table.macs.length).toBe(2);
    expect(table.macs.get(1).length).toBe(6);
  });

  it('hold the memory of a vhost device', () => {
    const regions = [
      { guest_phys_addr: 0, memory_size: 0x1000, userspace_addr: 2 ** 46 },
      { guest_phys_addr: 2 ** 32, memory_size: 0x2000, userspace_addr: 2 ** 46 + 0x1000 },
    ];
    const bytes = vhost_memory.from({ nregions: 2, regions });

    expect(bytes.length).toBe(8 + 2 * 32);
    expect(vhost_memory.at(bytes.buffer).regions.get(1).userspace_addr).toBe(2 ** 46 + 0x1000);
  });
});
