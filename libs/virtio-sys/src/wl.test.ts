import {
  virtio_wl_ctrl_hdr,
  virtio_wl_ctrl_vfd,
  virtio_wl_ctrl_vfd_dmabuf_sync,
  virtio_wl_ctrl_vfd_new,
  virtio_wl_ctrl_vfd_new_ctx_named,
  virtio_wl_ctrl_vfd_new_dmabuf,
  virtio_wl_ctrl_vfd_recv,
  virtio_wl_ctrl_vfd_send,
  virtio_wl_ctrl_vfd_send_vfd,
  VIRTIO_WL_CMD_VFD_NEW_CTX_NAMED,
  VIRTIO_WL_RESP_INVALID_CMD,
  VIRTIO_WL_RESP_VFD_NEW,
} from './index';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('the messages of Wayland for guests', () => {
  // The sizes and offsets that gcc finds in include/linux/virtio_wl.h, on x86-64.
  it('have the sizes that the header gives them', () => {
    const sizes = [
      virtio_wl_ctrl_hdr,
      virtio_wl_ctrl_vfd,
      virtio_wl_ctrl_vfd_new,
      virtio_wl_ctrl_vfd_new_dmabuf,
      virtio_wl_ctrl_vfd_new_ctx_named,
      virtio_wl_ctrl_vfd_send,
      virtio_wl_ctrl_vfd_recv,
      virtio_wl_ctrl_vfd_send_vfd,
      virtio_wl_ctrl_vfd_dmabuf_sync,
    ].map(({ size }) => size);

    // With its union, `virtio_wl_ctrl_vfd_new` has 64 bytes as well; without, as it was first, 32.
    expect(sizes).toEqual([8, 12, 32, 64, 64, 16, 16, 8, 16]);
  });

  it('have what follows a new vfd right behind its size', () => {
    expect(virtio_wl_ctrl_vfd_new.offsetOf('pfn')).toBe(16);
    expect(virtio_wl_ctrl_vfd_new_dmabuf.offsetOf('width')).toBe(28);
    expect(virtio_wl_ctrl_vfd_new_dmabuf.offsetOf('offset2')).toBe(60);
    expect(virtio_wl_ctrl_vfd_new_ctx_named.offsetOf('name')).toBe(28);
  });

  it('are numbered as the header counts', () => {
    expect(VIRTIO_WL_CMD_VFD_NEW_CTX_NAMED).toBe(266);
    expect([VIRTIO_WL_RESP_VFD_NEW, VIRTIO_WL_RESP_INVALID_CMD]).toEqual([4097, 4357]);
  });

  it('are little-endian', () => {
    const bytes = virtio_wl_ctrl_vfd_new.from({
      hdr: { type: VIRTIO_WL_RESP_VFD_NEW },
      vfd_id: 5,
      pfn: 0x12_3456_7890,
      size: 0x1000,
    });

    expect(hex(bytes)).toBe(
      '01100000000000000500000000000000' + '90785634120000000010000000000000',
    );
  });
});
