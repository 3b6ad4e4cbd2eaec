import {
  virtio_wl_ctrl_vfd,
  virtio_wl_ctrl_vfd_new,
  virtio_wl_ctrl_vfd_new_ctx_named,
  virtio_wl_ctrl_vfd_send,
  VIRTIO_WL_CMD_VFD_CLOSE,
  VIRTIO_WL_CMD_VFD_NEW,
  VIRTIO_WL_CMD_VFD_NEW_CTX,
  VIRTIO_WL_CMD_VFD_NEW_CTX_NAMED,
  VIRTIO_WL_CMD_VFD_NEW_PIPE,
  VIRTIO_WL_CMD_VFD_SEND,
} from '@crosvm/virtio-sys';

/* What a driver says. */

/** Asks for memory. */
export function newMemory(id: number, size: number, flags = 0): Uint8Array {
  return virtio_wl_ctrl_vfd_new.from({
    hdr: { type: VIRTIO_WL_CMD_VFD_NEW },
    vfd_id: id,
    flags,
    size,
  });
}

/** Asks for a connection. */
export function newContext(id: number): Uint8Array {
  const hdr = { type: VIRTIO_WL_CMD_VFD_NEW_CTX };
  return virtio_wl_ctrl_vfd_new.from({ hdr, vfd_id: id });
}

/** Asks for a connection to a socket with a name. */
export function newNamedContext(id: number, name: string): Uint8Array {
  const hdr = { type: VIRTIO_WL_CMD_VFD_NEW_CTX_NAMED };
  const padded = Buffer.alloc(32);
  padded.write(name, 'latin1');
  return virtio_wl_ctrl_vfd_new_ctx_named.from({ hdr, vfd_id: id, name: padded });
}

/** Asks for a pipe. */
export function newPipe(id: number, flags: number): Uint8Array {
  const hdr = { type: VIRTIO_WL_CMD_VFD_NEW_PIPE };
  return virtio_wl_ctrl_vfd_new.from({ hdr, vfd_id: id, flags });
}

/** Closes. */
export function close(id: number): Uint8Array {
  return virtio_wl_ctrl_vfd.from({ hdr: { type: VIRTIO_WL_CMD_VFD_CLOSE }, vfd_id: id });
}

/** Sends; `count` is what the message says of the number of vfds. */
export function send(
  id: number,
  data: string | Uint8Array,
  vfds: readonly number[] = [],
  count = vfds.length,
): Uint8Array {
  const hdr = { type: VIRTIO_WL_CMD_VFD_SEND };
  const head = virtio_wl_ctrl_vfd_send.from({ hdr, vfd_id: id, vfd_count: count });
  const ids = new Uint8Array(Uint32Array.from(vfds).buffer);
  return Buffer.concat([head, ids, typeof data === 'string' ? Buffer.from(data, 'latin1') : data]);
}

/* What the device says. */

/** Types of answers. */
export const Resp = {
  ok: 0x1000,
  vfdNew: 0x1001,
  error: 0x1100,
  outOfMemory: 0x1101,
  invalidId: 0x1102,
  invalidType: 0x1103,
  invalidFlags: 0x1104,
  invalidCommand: 0x1105,
} as const;

/** Types of what the driver is told. */
export const Cmd = { vfdNew: 0x100, receive: 0x103, hangUp: 0x106 } as const;

/** Id, flags, page frame and size of a message about a new vfd. */
export function newOf({ bytes }: { readonly bytes: Buffer }): {
  readonly id: number;
  readonly flags: number;
  readonly pfn: number;
  readonly size: number;
} {
  return {
    id: bytes.readUInt32LE(8),
    flags: bytes.readUInt32LE(12),
    pfn: Number(bytes.readBigUInt64LE(16)),
    size: bytes.readUInt32LE(24),
  };
}

/** Vfd, ids and data of what was received. */
export function receivedOf({ bytes }: { readonly bytes: Buffer }): {
  readonly id: number;
  readonly ids: readonly number[];
  readonly text: string;
} {
  const count = bytes.readUInt32LE(12);
  const ids = Array.from({ length: count }, (_, index) => bytes.readUInt32LE(16 + 4 * index));
  return {
    id: bytes.readUInt32LE(8),
    ids,
    text: bytes.subarray(16 + 4 * count).toString('latin1'),
  };
}
