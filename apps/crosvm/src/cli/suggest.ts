import { distance } from 'fastest-levenshtein';

/** One typing mistake for each three letters, or part of them, is a mistake; more, another word. */
const LETTERS_A_MISTAKE = 3;

/** The shortest beginning of a word that suggests the whole. */
const MIN_PREFIX = 2;

/**
 * The word of `known` that the user most likely meant by `word`.
 * Words of which one begins the other count as near (`memory` and `mem`), and so do those of the same
 * letters (`rnu` and `run`).
 */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  const lower = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const mistakes = distance(lower, candidate);
    const isNear = begins(lower, candidate) || sorted(lower) === sorted(candidate);
    const score = isNear ? Math.min(mistakes, 1) : mistakes;
    if (score < bestDistance && score <= allowedMistakes(candidate)) {
      best = candidate;
      bestDistance = score;
    }
  }
  return best;
}

function begins(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length);
  return shorter >= MIN_PREFIX && (a.startsWith(b) || b.startsWith(a));
}

function sorted(word: string): string {
  return Array.from(word).sort().join('');
}

function allowedMistakes(candidate: string): number {
  return Math.ceil(candidate.length / LETTERS_A_MISTAKE);
}
