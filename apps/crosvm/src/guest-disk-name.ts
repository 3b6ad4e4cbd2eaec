const LETTERS = 26;

/** What Linux calls the virtio disk of an index: vda to vdz, then vdaa. */
export function guestDiskName(index: number): string {
  let letters = '';
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / LETTERS)) {
    letters = String.fromCharCode('a'.charCodeAt(0) + ((rest - 1) % LETTERS)) + letters;
  }
  return `vd${letters}`;
}
