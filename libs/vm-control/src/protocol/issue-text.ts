import { type BaseIssue, getDotPath } from 'valibot';

/** What is wrong with a value, in a line: the first thing that was found. */
export function issueText(issues: readonly BaseIssue<unknown>[]): string {
  const [issue] = issues;
  if (issue === undefined) {
    return 'not as it should be';
  }
  const path = getDotPath(issue);
  return path === null ? issue.message : `${path}: ${issue.message}`;
}
