import type { Command } from '../cli/command';
import { EXIT_FAILURE } from '../cli/print-error';
import { printText } from '../cli/print-text';
import { diagnosisJson, renderDiagnosis } from './render-diagnosis';
import { runDoctor } from './run-doctor';

/** `crosvm doctor`: tells what it finds, and returns the exit status: 0 where VMs run. */
export async function doctorCommand({ json }: Command & { kind: 'doctor' }): Promise<number> {
  const diagnosis = runDoctor();
  const { stdout, env } = process;
  const coloured = stdout.isTTY && (env.NO_COLOR ?? '') === '';
  const text = json ? diagnosisJson(diagnosis) : renderDiagnosis(diagnosis, coloured);
  await printText(stdout, text);
  return diagnosis.healthy ? 0 : EXIT_FAILURE;
}
