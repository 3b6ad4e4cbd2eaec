/** Writes `!` to the first serial port and halts; the same bytes in 32-bit and in 64-bit mode. */
const CODE = [0x66, 0xba, 0xf8, 0x03, 0xb0, 0x21, 0xee, 0xf4, 0xeb, 0xfd];

const LOAD_ADDRESS = 0x10_0000;
const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const NOTE_OFFSET = ELF_HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES;
const NOTE_BYTES = 20;
const CODE_OFFSET = NOTE_OFFSET + NOTE_BYTES;
const PT_LOAD = 1;
const PT_NOTE = 4;
const XEN_ELFNOTE_PHYS32_ENTRY = 18;

/**
 * An ELF64 kernel whose first instruction can be seen from outside. crosvm enters it in 64-bit mode
 * by its entry point, QEMU in 32-bit mode by the PVH note.
 */
export function firstInstructionKernel(): Uint8Array {
  const image = Buffer.alloc(CODE_OFFSET + CODE.length);
  const entry = LOAD_ADDRESS + CODE_OFFSET;
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(image);
  image.writeUInt16LE(2, 16); // e_type: ET_EXEC
  image.writeUInt16LE(62, 18); // e_machine: EM_X86_64
  image.writeUInt32LE(1, 20);
  image.writeBigUInt64LE(BigInt(entry), 24);
  image.writeBigUInt64LE(BigInt(ELF_HEADER_BYTES), 32); // e_phoff
  image.writeUInt16LE(ELF_HEADER_BYTES, 52);
  image.writeUInt16LE(PROGRAM_HEADER_BYTES, 54);
  image.writeUInt16LE(2, 56); // e_phnum
  writeSegment(image, ELF_HEADER_BYTES, { type: PT_LOAD, offset: 0, size: image.length });
  const note = { type: PT_NOTE, offset: NOTE_OFFSET, size: NOTE_BYTES };
  writeSegment(image, ELF_HEADER_BYTES + PROGRAM_HEADER_BYTES, note);
  image.writeUInt32LE(4, NOTE_OFFSET); // bytes of the name
  image.writeUInt32LE(4, NOTE_OFFSET + 4); // bytes of the value
  image.writeUInt32LE(XEN_ELFNOTE_PHYS32_ENTRY, NOTE_OFFSET + 8);
  image.write('Xen\0', NOTE_OFFSET + 12, 'latin1');
  image.writeUInt32LE(entry, NOTE_OFFSET + 16);
  Buffer.from(CODE).copy(image, CODE_OFFSET);
  return image;
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

function writeSegment(image: Buffer, at: number, { type, offset, size }: Segment): void {
  image.writeUInt32LE(type, at);
  image.writeUInt32LE(7, at + 4); // readable, writable, executable
  image.writeBigUInt64LE(BigInt(offset), at + 8);
  image.writeBigUInt64LE(BigInt(LOAD_ADDRESS + offset), at + 16);
  image.writeBigUInt64LE(BigInt(LOAD_ADDRESS + offset), at + 24);
  image.writeBigUInt64LE(BigInt(size), at + 32);
  image.writeBigUInt64LE(BigInt(size), at + 40);
  image.writeBigUInt64LE(4n, at + 48);
}
