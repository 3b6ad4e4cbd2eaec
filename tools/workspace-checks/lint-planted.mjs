// Lints texts as if they stood in files of the workspace. Standard input: [[file, text], ...] as
// JSON; output: for each the list of rules that it breaks. A process of its own, because jest's
// module loader cannot load the lint configuration.
import { text } from 'node:stream/consumers';

import { createProjectGraphAsync } from '@nx/devkit';
import { ESLint } from 'eslint';

const root = new URL('../..', import.meta.url).pathname;
process.env['NX_DAEMON'] = 'false';
// Without a project graph the layering rule passes everything.
await createProjectGraphAsync({ exitOnError: true });
const eslint = new ESLint({ cwd: root });
const broken = [];
for (const [file, planted] of JSON.parse(await text(process.stdin))) {
  const [result] = await eslint.lintText(planted, { filePath: `${root}${file}` });
  broken.push(result.messages.map(({ ruleId, message }) => ruleId ?? message));
}
process.stdout.write(JSON.stringify(broken));
