import { inflateSync } from 'node:zlib';

/** A picture: of each pixel red, green and blue, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Buffer;
}

const SIGNATURE_BYTES = 8;
/** Channels of the colour types RGB and RGBA. */
const CHANNELS: ReadonlyMap<number, number> = new Map([
  [2, 3],
  [6, 4],
]);

/** PNG's Paeth predictor. Source: PNG (third edition), 9.4. */
function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((value) => Math.abs(guess - value)) as [
    number,
    number,
    number,
  ];
  return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
}

/** Undoes the filters of rows. Source: PNG (third edition), 9. */
function unfilter(data: Buffer, rowBytes: number, pixelBytes: number): Buffer {
  const rows = data.length / (rowBytes + 1);
  const plain = Buffer.alloc(rows * rowBytes);
  for (let row = 0; row < rows; row += 1) {
    const filter = data[row * (rowBytes + 1)] ?? 0;
    for (let index = 0; index < rowBytes; index += 1) {
      const at = row * rowBytes + index;
      const left = index >= pixelBytes ? (plain[at - pixelBytes] ?? 0) : 0;
      const up = row > 0 ? (plain[at - rowBytes] ?? 0) : 0;
      const corner = row > 0 && index >= pixelBytes ? (plain[at - rowBytes - pixelBytes] ?? 0) : 0;
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      plain[at] = (data[row * (rowBytes + 1) + 1 + index] ?? 0) + predicted;
    }
  }
  return plain;
}

/**
 * Reads a PNG file of 8 bits a channel that is not interlaced.
 * @throws Error if it is another one
 */
export function decodePng(file: Buffer): Picture {
  const parts: Buffer[] = [];
  let head: Buffer = Buffer.alloc(0);
  for (let at = SIGNATURE_BYTES; at < file.length;) {
    const length = file.readUInt32BE(at);
    const kind = file.toString('latin1', at + 4, at + 8);
    const data = file.subarray(at + 8, at + 8 + length);
    if (kind === 'IHDR') {
      head = data;
    } else if (kind === 'IDAT') {
      parts.push(data);
    }
    at += length + 12;
  }
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const channels = CHANNELS.get(head[9] ?? -1);
  if (head[8] !== 8 || channels === undefined || head[12] !== 0) {
    throw new Error(`a PNG file of another kind: ${head.toString('hex')}`);
  }
  const plain = unfilter(inflateSync(Buffer.concat(parts)), width * channels, channels);
  const rgb = Buffer.alloc(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    plain.copy(rgb, pixel * 3, pixel * channels, pixel * channels + 3);
  }
  return { width, height, rgb };
}
