import { errorHint, errorText } from '../cli/error-text';
import type { Finding, Verdict } from './finding';

/** What is said of a part of the host of which `run` would say an error, with the same remedy. */
export function errorFinding(
  name: string,
  error: unknown,
  { verdict, without }: { readonly verdict: Verdict; readonly without: string },
): Finding {
  const remedy = errorHint(error);
  return {
    name,
    verdict,
    detail: errorText(error),
    without,
    ...(remedy !== undefined && { remedy }),
  };
}
