import type { Finding, Verdict } from './finding';
import type { Diagnosis } from './run-doctor';

const WORDS: Readonly<Record<Verdict, string>> = { ok: 'ok', limited: 'limited', failed: 'FAILED' };

/** Columns of the names and of the verdicts. */
const NAME_WIDTH = 16;
const VERDICT_WIDTH = 9;

/** Colours of a terminal: green, yellow, red. */
const COLOURS: Readonly<Record<Verdict, string>> = {
  ok: '\u001b[32m',
  limited: '\u001b[33m',
  failed: '\u001b[31m',
};
const NO_COLOUR = '\u001b[0m';

function lines({ name, verdict, detail, without, remedy }: Finding, colour: boolean): string[] {
  const word = WORDS[verdict].padEnd(VERDICT_WIDTH);
  const shown = colour ? `${COLOURS[verdict]}${word}${NO_COLOUR}` : word;
  const indent = ' '.repeat(NAME_WIDTH + VERDICT_WIDTH);
  return [
    `${name.padEnd(NAME_WIDTH)}${shown}${detail}`,
    ...(without === undefined ? [] : [`${indent}without it: ${without}`]),
    ...(remedy === undefined ? [] : [`${indent}to mend it: ${remedy}`]),
  ];
}

function summary({ findings, healthy }: Diagnosis): string {
  const limited = findings.filter(({ verdict }) => verdict === 'limited').length;
  if (!healthy) {
    return 'crosvm does not run here as it should: see what FAILED.';
  }
  return limited === 0
    ? 'crosvm runs here, with everything there is.'
    : `crosvm runs here; ${limited} part${limited === 1 ? '' : 's'} of it ${limited === 1 ? 'is' : 'are'} limited.`;
}

/** A diagnosis for people. */
export function renderDiagnosis(diagnosis: Diagnosis, colour: boolean): string {
  const found = diagnosis.findings.flatMap((finding) => lines(finding, colour));
  return `${[...found, '', summary(diagnosis)].join('\n')}\n`;
}

/** A diagnosis for programs. */
export function diagnosisJson(diagnosis: Diagnosis): string {
  return `${JSON.stringify(diagnosis, null, 2)}\n`;
}
