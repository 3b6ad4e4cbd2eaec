import { constants, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { fileSize, Iovecs, Mapping, openFile, type OwnedFd } from '@crosvm/sys-util';

import { createQcow2, type NewQcow2 } from '../qcow2/create-qcow2';
import { ImageFile } from '../qcow2/image-file';
import { inspectQcow2, readHeader } from '../qcow2/inspect-qcow2';
import { openQcow2, type OpenQcow2Options } from '../qcow2/open-qcow2';
import { Qcow2Disk } from '../qcow2/qcow2-disk';
import type { Backing } from '../qcow2/run-reader';
import { RawDisk } from '../raw-disk';
import { RecordingDisk } from './recording-disk';

/** Most bytes of a request of a test. */
const REQUEST_BYTES = 2 * 2 ** 20;

/** Most ranges of a request: they are of odd lengths. */
const RANGES = 64;

/** A directory of images, which goes with it. */
export class ImageDirectory implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'qcow2-test-'));

  /** The path of an image. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Makes an image that is empty. */
  create(name: string, image: NewQcow2): string {
    const path = this.file(name);
    const { bytes, fileBytes } = createQcow2(image);
    writeFileSync(path, bytes);
    truncateSync(path, fileBytes);
    return path;
  }

  /** Makes a file with these bytes. */
  write(name: string, content: Uint8Array): string {
    const path = this.file(name);
    writeFileSync(path, content);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** How a test opens an image. */
export interface RigOptions {
  /** Remembers what is done to the file. */
  readonly record?: boolean;
  readonly readOnly?: boolean;
  /** A raw image under it. */
  readonly backing?: string;
}

/** Opens an image over a file of a test. */
function openOver(recording: RecordingDisk, options: OpenQcow2Options): Qcow2Disk {
  const { facts, backing, sparse, image, zero } = options;
  const { maxFileBytes, compressed } = facts;
  const file = new ImageFile(recording, fileSize(image));
  const header = readHeader(file);
  const zeroes = new RawDisk({ image: zero, sparse: false });
  const disk = new Qcow2Disk({ header, file, zeroes, backing, sparse, maxFileBytes, compressed });
  expect(disk.load()).toBe(0);
  return disk;
}

/** An image that is open, and memory for requests. */
export class Qcow2Rig implements Disposable {
  readonly disk: Qcow2Disk;
  readonly bytes: number;
  readonly maxFileBytes: number;
  /** With `record`. */
  readonly recording: RecordingDisk | undefined;
  readonly #fds: OwnedFd[] = [];
  readonly #memory = Mapping.anonymous(REQUEST_BYTES);
  readonly #iovecs = new Iovecs(RANGES);

  /** @throws ImageError */
  constructor(path: string, { readOnly = false, backing, record = false }: RigOptions = {}) {
    try {
      const image = this.#open(path, readOnly ? constants.O_RDONLY : constants.O_RDWR);
      const facts = inspectQcow2(image.raw, { readOnly });
      this.bytes = facts.virtualBytes;
      this.maxFileBytes = facts.maxFileBytes;
      this.recording = record ? new RecordingDisk(image.raw) : undefined;
      const zero = this.#open('/dev/zero', constants.O_RDONLY);
      const under = backing === undefined ? undefined : this.#under(backing);
      const options = { image: image.raw, zero: zero.raw, facts, sparse: true, backing: under };
      this.disk =
        this.recording === undefined ? openQcow2(options) : openOver(this.recording, options);
    } catch (error) {
      this.#fds.forEach((fd) => fd.close());
      throw error;
    }
  }

  /** Reads a part of the disk, into several places; the result in place of the bytes if it fails. */
  read(offset: number, length: number): Buffer | number {
    this.#memory.bytes.fill(0xdd, 0, length);
    const result = this.disk.read(this.#ranges(length), offset);
    return result === 0 ? Buffer.from(this.#memory.bytes.subarray(0, length)) : result;
  }

  /** Writes to the disk, from several places. */
  write(offset: number, content: Uint8Array): number {
    this.#memory.bytes.set(content);
    return this.disk.write(this.#ranges(content.length), offset);
  }

  /** All of the disk. */
  content(): Buffer {
    const parts: Buffer[] = [];
    for (let at = 0; at < this.bytes; at += REQUEST_BYTES) {
      const part = this.read(at, Math.min(REQUEST_BYTES, this.bytes - at));
      if (typeof part === 'number') {
        throw new Error(`read: ${part}`);
      }
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  /** Leaves the image as a crash would: what is in memory is lost. */
  abandon(): void {
    this.#fds.forEach((fd) => fd.close());
  }

  [Symbol.dispose](): void {
    this.disk[Symbol.dispose]();
    this.abandon();
    this.#memory.unmap();
  }

  #under(path: string): Backing {
    const fd = this.#open(path, constants.O_RDONLY);
    const disk = new RawDisk({ image: fd.raw, sparse: false });
    return { disk, bytes: fileSize(fd.raw) };
  }

  #open(path: string, flags: number): OwnedFd {
    const fd = openFile(path, flags);
    this.#fds.push(fd);
    return fd;
  }

  /** The first bytes of the memory, in ranges that end in the middle of clusters and sectors. */
  #ranges(length: number): Iovecs {
    this.#iovecs.clear();
    const most = Math.max(777, Math.ceil(length / (RANGES - 1)));
    for (let at = 0; at < length; at += most) {
      this.#iovecs.push(this.#memory.address + at, Math.min(most, length - at));
    }
    return this.#iovecs;
  }
}
