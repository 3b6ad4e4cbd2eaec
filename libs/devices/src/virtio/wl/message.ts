import {
  virtio_wl_ctrl_hdr,
  virtio_wl_ctrl_vfd,
  virtio_wl_ctrl_vfd_new,
  virtio_wl_ctrl_vfd_recv,
  VIRTIO_WL_CMD_VFD_HUP,
  VIRTIO_WL_CMD_VFD_NEW,
  VIRTIO_WL_CMD_VFD_RECV,
  VIRTIO_WL_RESP_VFD_NEW,
  VIRTWL_IN_BUFFER_SIZE,
  VIRTWL_PFN_SHIFT,
  VIRTWL_SEND_MAX_ALLOCS,
} from '@crosvm/virtio-sys';

const ID_BYTES = 4;

/** Most bytes of data in a message to the driver: beside as many vfds as there may be. */
export const MAX_DATA_BYTES =
  VIRTWL_IN_BUFFER_SIZE - virtio_wl_ctrl_vfd_recv.size - VIRTWL_SEND_MAX_ALLOCS * ID_BYTES;

/** A new vfd, as the driver is told of it. */
export interface NewVfd {
  readonly id: number;
  readonly flags: number;
  /** Guest-physical; 0 if it is no memory. */
  readonly address: number;
  /** Bytes; 0 if it is no memory. */
  readonly size: number;
}

function encodeNew(type: number, { id, flags, address, size }: NewVfd): Uint8Array {
  const pfn = address / 2 ** VIRTWL_PFN_SHIFT;
  return virtio_wl_ctrl_vfd_new.from({ hdr: { type }, vfd_id: id, flags, pfn, size });
}

/** An answer of nothing but VIRTIO_WL_RESP_*. */
export function encodeAnswer(code: number): Uint8Array {
  return virtio_wl_ctrl_hdr.from({ type: code });
}

/** The answer to a command that made a vfd. */
export function encodeNewAnswer(vfd: NewVfd): Uint8Array {
  return encodeNew(VIRTIO_WL_RESP_VFD_NEW, vfd);
}

/** Tells of a vfd that came from the host. */
export function encodeNewVfd(vfd: NewVfd): Uint8Array {
  return encodeNew(VIRTIO_WL_CMD_VFD_NEW, vfd);
}

/** Tells what came for a vfd. */
export function encodeReceived(id: number, ids: readonly number[], data: Uint8Array): Uint8Array {
  const { size } = virtio_wl_ctrl_vfd_recv;
  const dataAt = size + ids.length * ID_BYTES;
  const bytes = new Uint8Array(dataAt + data.length);
  const head = { hdr: { type: VIRTIO_WL_CMD_VFD_RECV }, vfd_id: id, vfd_count: ids.length };
  bytes.set(virtio_wl_ctrl_vfd_recv.from(head));
  const view = new DataView(bytes.buffer);
  ids.forEach((each, index) => view.setUint32(size + index * ID_BYTES, each, true));
  bytes.set(data, dataAt);
  return bytes;
}

/** Tells that the other end of a vfd is gone. */
export function encodeHangUp(id: number): Uint8Array {
  return virtio_wl_ctrl_vfd.from({ hdr: { type: VIRTIO_WL_CMD_VFD_HUP }, vfd_id: id });
}
