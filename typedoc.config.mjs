import { spawnSync } from 'node:child_process';

// Where the checkout has no remote repository, sources are nowhere that they could be linked to.
const { status } = spawnSync('git', ['remote', 'get-url', 'origin'], { cwd: import.meta.dirname });
const disableSources = status !== 0;

export default {
  name: 'crosvm for Node.js',
  entryPointStrategy: 'packages',
  plugin: ['./tools/typedoc-same-comments.mjs'],
  entryPoints: ['apps/crosvm', 'libs/*'],
  packageOptions: {
    entryPoints: ['src/index.ts'],
    readme: 'README.md',
    // What classes have from Node.js is in its documentation.
    excludeExternals: true,
    disableSources,
  },
  projectDocuments: ['docs/*.md', 'apps/crosvm/dist/man/crosvm.md'],
  highlightLanguages: ['bash', 'console', 'javascript', 'json', 'python', 'typescript'],
  readme: 'README.md',
  out: 'dist/site',
  treatValidationWarningsAsErrors: true,
  logLevel: 'Warn',
};
