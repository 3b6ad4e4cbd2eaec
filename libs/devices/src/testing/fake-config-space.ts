import type { ConfigSpace } from '../virtio/backend';

/** A device's configuration whose changes a test can see. */
export class FakeConfigSpace implements ConfigSpace {
  /** What the driver was told of: offset, then bytes. */
  readonly updated: number[][] = [];
  /** What it was not told of. */
  readonly stored: number[][] = [];

  update(offset: number, content: Uint8Array): void {
    this.updated.push([offset, ...content]);
  }

  store(offset: number, content: Uint8Array): void {
    this.stored.push([offset, ...content]);
  }
}
