import type { DiskConfig, OpenDisk } from '@crosvm/devices';
import { limitFileSize } from '@crosvm/io-jail';
import { fileKind, fileSize, type OwnedFd, resizeFile } from '@crosvm/sys-util';

import { UserError } from '../user-error';
import type { Commander } from './commander';
import { diskName } from './virtio-devices';

const SECTOR_BYTES = 512;

/** How long the device host may take: requests of the guest that are on their way come first. */
const HOST_MS = 30_000;

/** How a disk is to be resized. */
export interface Resize {
  /** What it is to have then. */
  readonly bytes: number;
  /** Whether it may become smaller, which cuts off what the guest has there. */
  readonly shrink: boolean;
}

/** A disk of a VM that runs, for what is done with it from outside. */
export class LiveDisk implements Disposable {
  readonly #index: number;
  readonly #blockSize: number;
  /** Why it keeps its size; undefined if it does not. */
  readonly #refusal: UserError | undefined;
  /** The image, which its device host cannot resize itself. */
  readonly #image: OwnedFd | undefined;
  /** What was asked last: one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param disk open, and not handed over yet */
  constructor({ config, fds: [image] }: OpenDisk, index: number) {
    this.#index = index;
    this.#blockSize = config.blockSize;
    this.#refusal = refusalOf(index, config, image);
    this.#image = this.#refusal === undefined ? image?.dup() : undefined;
  }

  /**
   * Makes the disk larger or smaller; when it is done the guest has been told. Nothing is changed if it
   * cannot be done, but where a device host does not answer.
   * @throws UserError that says why not
   * @throws DeviceError, SysError
   */
  resize(hosts: Commander, resize: Resize): Promise<{ readonly bytes: number }> {
    const done = this.#last.then(() => this.#resize(hosts, resize));
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** The image is let go of; its device host has its own. */
  [Symbol.dispose](): void {
    this.#image?.close();
  }

  async #resize(hosts: Commander, { bytes, shrink }: Resize): Promise<{ readonly bytes: number }> {
    if (this.#refusal !== undefined || this.#image === undefined) {
      throw this.#refusal ?? new Error('a disk without an image');
    }
    const image = this.#image.raw;
    const before = fileSize(image);
    this.#check(bytes, before, shrink);
    const pid = await hosts.processOf(diskName(this.#index));
    if (bytes < before) {
      // First the guest goes without, then the image.
      await this.#tell(hosts, bytes);
    }
    resizeFile(image, bytes);
    if (pid !== undefined) {
      limitFileSize(pid, bytes);
    }
    if (bytes >= before) {
      await this.#tell(hosts, bytes);
    }
    return { bytes };
  }

  #check(bytes: number, before: number, shrink: boolean): void {
    const name = diskName(this.#index);
    if (bytes === 0 || bytes % this.#blockSize !== 0) {
      throw new UserError(`${name} cannot have ${bytes} bytes`, {
        hint: `it needs one block at least, and whole blocks, of ${this.#blockSize} bytes`,
      });
    }
    if (bytes < before && !shrink) {
      throw new UserError(`${name} has ${before} bytes, and would lose what is behind ${bytes}`, {
        hint: 'make file systems on it smaller first, and then say --shrink',
      });
    }
  }

  async #tell(hosts: Commander, bytes: number): Promise<void> {
    await hosts.command(diskName(this.#index), { kind: 'resize-disk', bytes }, HOST_MS);
  }
}

function refusalOf(
  index: number,
  { readOnly, sectors, qcow2 }: DiskConfig,
  image: OwnedFd | undefined,
): UserError | undefined {
  const name = diskName(index);
  if (image !== undefined && fileKind(image.raw) === 'block device') {
    return new UserError(`${name} is a block device, whose size the guest follows`, {
      hint: 'resize the block device itself',
    });
  }
  if (readOnly) {
    return new UserError(`${name} is read-only`, {
      hint: 'give it to the VM with --rwdisk or --rwroot',
    });
  }
  // Another format has more, or less, in its file than the guest sees.
  const isOther = image !== undefined && fileSize(image.raw) !== sectors * SECTOR_BYTES;
  return qcow2 !== undefined || isOther
    ? new UserError(`${name} is not a raw image, and keeps its size while the VM runs`, {
        hint: 'end the VM, and resize the image by qemu-img resize',
      })
    : undefined;
}
