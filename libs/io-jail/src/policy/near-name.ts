/** Number of edits between two words: a character more, less or another, or two swapped. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = at(row - 1, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swaps = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swapped = row > 1 && column > 1 && swaps ? at(row - 2, column - 2) + 1 : replaced;
      const one = Math.min(at(row - 1, column), at(row, column - 1)) + 1;
      current.push(Math.min(replaced, swapped, one));
    }
  }
  return at(a.length, b.length);
}

/** The candidate that `name` was probably meant to be, if one is near. */
export function nearName(name: string, candidates: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) < least) {
      const edits = distance(name, candidate);
      if (edits < least) {
        least = edits;
        nearest = candidate;
      }
    }
  }
  return nearest;
}
