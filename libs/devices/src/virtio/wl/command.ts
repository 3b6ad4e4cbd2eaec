import {
  virtio_wl_ctrl_hdr,
  virtio_wl_ctrl_vfd,
  virtio_wl_ctrl_vfd_new,
  virtio_wl_ctrl_vfd_new_ctx_named,
  virtio_wl_ctrl_vfd_send,
  virtio_wl_ctrl_vfd_send_vfd,
  VIRTIO_WL_CMD_VFD_CLOSE,
  VIRTIO_WL_CMD_VFD_NEW,
  VIRTIO_WL_CMD_VFD_NEW_CTX,
  VIRTIO_WL_CMD_VFD_NEW_CTX_NAMED,
  VIRTIO_WL_CMD_VFD_NEW_PIPE,
  VIRTIO_WL_CMD_VFD_SEND,
  VIRTIO_WL_CMD_VFD_SEND_FOREIGN_ID,
  VIRTIO_WL_CTRL_VFD_SEND_KIND_LOCAL,
  VIRTIO_WL_RESP_INVALID_CMD,
  VIRTIO_WL_RESP_INVALID_ID,
  VIRTWL_SEND_MAX_ALLOCS,
} from '@crosvm/virtio-sys';

/** What a driver asks. */
export type Command =
  | { readonly kind: 'new'; readonly id: number; readonly flags: number; readonly size: number }
  | { readonly kind: 'close'; readonly id: number }
  | {
      readonly kind: 'send';
      readonly id: number;
      /** The vfds to go with it, at most VIRTWL_SEND_MAX_ALLOCS. */
      readonly ids: readonly number[];
      /** Where the data begin. */
      readonly dataAt: number;
    }
  /** `name` is empty for the socket without one. */
  | { readonly kind: 'new-context'; readonly id: number; readonly name: string }
  | { readonly kind: 'new-pipe'; readonly id: number; readonly flags: number }
  /** What is no command, or none that there is here; `code` is the answer. */
  | { readonly kind: 'refused'; readonly code: number };

/** Bytes of a message that have to be looked at: of all that comes before data. */
export const COMMAND_BYTES =
  virtio_wl_ctrl_vfd_send.size + VIRTWL_SEND_MAX_ALLOCS * virtio_wl_ctrl_vfd_send_vfd.size;

const ID_BYTES = 4;
const NAME_AT = virtio_wl_ctrl_vfd_new_ctx_named.offsetOf('name');

/** The part of `virtio_wl_ctrl_vfd_new` that is the same in all its versions. */
const NEW_BYTES = virtio_wl_ctrl_vfd_new.offsetOf('size') + 4;
const NAMED_BYTES = NAME_AT + virtio_wl_ctrl_vfd_new_ctx_named.fields.name.size;

const MALFORMED: Command = { kind: 'refused', code: VIRTIO_WL_RESP_INVALID_CMD };
const UNKNOWN_ID: Command = { kind: 'refused', code: VIRTIO_WL_RESP_INVALID_ID };

/**
 * Reads the message at the beginning of `bytes`, of which the first `length` came, up to COMMAND_BYTES. What
 * is cut short is malformed. DMA buffers are not known here, and a driver that hears so does without.
 */
export function parseCommand(bytes: DataView, length: number): Command {
  if (length < virtio_wl_ctrl_vfd.size) {
    return MALFORMED;
  }
  const id = bytes.getUint32(virtio_wl_ctrl_vfd.offsetOf('vfd_id'), true);
  switch (bytes.getUint32(virtio_wl_ctrl_hdr.offsetOf('type'), true)) {
    case VIRTIO_WL_CMD_VFD_NEW:
      return length < NEW_BYTES
        ? MALFORMED
        : { kind: 'new', id, flags: flagsOf(bytes), size: sizeOf(bytes) };
    case VIRTIO_WL_CMD_VFD_CLOSE:
      return { kind: 'close', id };
    case VIRTIO_WL_CMD_VFD_SEND:
      return parseSend(bytes, length, ID_BYTES);
    case VIRTIO_WL_CMD_VFD_SEND_FOREIGN_ID:
      return parseSend(bytes, length, virtio_wl_ctrl_vfd_send_vfd.size);
    case VIRTIO_WL_CMD_VFD_NEW_CTX:
      return { kind: 'new-context', id, name: '' };
    case VIRTIO_WL_CMD_VFD_NEW_CTX_NAMED:
      return length < NAMED_BYTES ? MALFORMED : { kind: 'new-context', id, name: nameOf(bytes) };
    case VIRTIO_WL_CMD_VFD_NEW_PIPE:
      return length < NEW_BYTES ? MALFORMED : { kind: 'new-pipe', id, flags: flagsOf(bytes) };
    default:
      return MALFORMED;
  }
}

function flagsOf(bytes: DataView): number {
  return bytes.getUint32(virtio_wl_ctrl_vfd_new.offsetOf('flags'), true);
}

function sizeOf(bytes: DataView): number {
  return bytes.getUint32(virtio_wl_ctrl_vfd_new.offsetOf('size'), true);
}

/** Up to the NUL, or all of it; a byte is a character. */
function nameOf(bytes: DataView): string {
  const { buffer, byteOffset } = bytes;
  const name = Buffer.from(buffer, byteOffset + NAME_AT, NAMED_BYTES - NAME_AT).toString('latin1');
  return name.split('\0', 1)[0] ?? '';
}

/** `entryBytes`: of each vfd to be sent. */
function parseSend(bytes: DataView, length: number, entryBytes: number): Command {
  const { size } = virtio_wl_ctrl_vfd_send;
  if (length < size) {
    return MALFORMED;
  }
  const id = bytes.getUint32(virtio_wl_ctrl_vfd_send.offsetOf('vfd_id'), true);
  const count = bytes.getUint32(virtio_wl_ctrl_vfd_send.offsetOf('vfd_count'), true);
  if (count > VIRTWL_SEND_MAX_ALLOCS || length < size + count * entryBytes) {
    return MALFORMED;
  }
  const ids: number[] = [];
  for (let index = 0; index < count; index += 1) {
    // With a kind before it, or alone: an id is what an entry ends with.
    const end = size + (index + 1) * entryBytes;
    const kind =
      entryBytes > ID_BYTES
        ? bytes.getUint32(end - 2 * ID_BYTES, true)
        : VIRTIO_WL_CTRL_VFD_SEND_KIND_LOCAL;
    if (kind !== VIRTIO_WL_CTRL_VFD_SEND_KIND_LOCAL) {
      // A resource of a GPU, which this VM has not.
      return UNKNOWN_ID;
    }
    ids.push(bytes.getUint32(end - ID_BYTES, true));
  }
  return { kind: 'send', id, ids, dataAt: size + count * entryBytes };
}
