import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { inNetworkNamespace, WITHOUT_NETWORK } from './testing';

const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
const example = /```ts\n([^]*?)```/.exec(readme)?.[1] ?? '';

describe('README.md', () => {
  (WITHOUT_NETWORK === '' ? it : it.skip)(`has an example that works${WITHOUT_NETWORK}`, () => {
    const source = example.replace('@crosvm/net-util', './index');
    const report = 'const { name, address } = tap.interface;';

    const seen = inNetworkNamespace(`${source}\n${report} report([name, ...address]);`, __dirname);

    expect(seen).toEqual(['vmtap0', 10, 9, 8, 1]);
  });
});
