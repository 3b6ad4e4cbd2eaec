import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** Layers, lowest first: a package imports from its own layer and those below it. */
const LAYERS = ['core', 'sys', 'base', 'wrapper', 'devices', 'app'];

const depConstraints = LAYERS.map((layer, index) => ({
  sourceTag: `layer:${layer}`,
  onlyDependOnLibsWithTags: LAYERS.slice(0, index + 1).map((below) => `layer:${below}`),
}));

/** koffi, a part of it, or the packages that hold its binaries. */
const KOFFI = String.raw`/^(koffi|@koromix\u002Fkoffi[^\u002F]*)(\u002F|$)/`;

/** Whatever is done with the name of the module, but for the lists of names that bundlers take. */
const BAN_KOFFI = [
  `:not(ArrayExpression) > Literal[value=${KOFFI}]`,
  `TemplateElement[value.cooked=${KOFFI}]`,
].map((selector) => ({
  selector,
  message: 'Only @crosvm/sys-util may use koffi: add the call there.',
}));

const BOUNDARIES = {
  plugins: { '@nx': nx },
  rules: {
    '@nx/enforce-module-boundaries': [
      'error',
      {
        depConstraints,
        allow: [],
        enforceBuildableLibDependency: false,
        // A test that bundles a script with an import in it is no lazy loading.
        checkDynamicDependenciesExceptions: ['.*'],
      },
    ],
    'no-restricted-syntax': ['error', ...BAN_KOFFI],
  },
};

/** Comments in the files lift no rule: they could lift the bans above, too. */
const EXCEPTIONS = [
  {
    why: 'the bindings themselves',
    files: ['libs/sys-util/src/ffi/**/*.ts'],
    rules: ['no-restricted-syntax'],
  },
  {
    why: 'only its path, for scripts that lie where no node_modules are',
    files: ['libs/sys-util/src/testing/bundle.ts'],
    rules: ['no-restricted-syntax'],
  },
  {
    why: 'it plants what is forbidden',
    files: ['tools/workspace-checks/src/lint-rules.test.ts'],
    rules: ['no-restricted-syntax'],
  },
  {
    why: 'modules that cost milliseconds are loaded when needed, not by a static import at start',
    files: [
      'apps/crosvm/src/host/passt/passt.ts',
      'apps/crosvm/src/cli/parse-{run,config-schema,completion}.ts',
      'apps/crosvm/src/vm/{early-zygote,zygote-process}.ts',
      'libs/sys-util/src/ffi/koffi.ts',
      'libs/sys-util/src/log/create-logger.ts',
      'libs/sys-util/src/terminal-guard.ts',
    ],
    rules: ['@typescript-eslint/no-require-imports'],
  },
  {
    why: 'they stand on the preset of the whole workspace',
    files: ['*/*/jest{,.packages}.config.cjs'],
    rules: ['@nx/enforce-module-boundaries'],
  },
  {
    why: 'the class that winston is told to make loggers of is the class it makes',
    files: ['libs/sys-util/src/log/create-logger.ts'],
    rules: ['@typescript-eslint/no-unsafe-class-instance-assignment'],
  },
  {
    why: 'the texts hold names that were checked and numbers computed there; or the README',
    files: ['libs/data-model/src/{elements,codegen}.ts', 'libs/data-model/src/readme.test.ts'],
    rules: ['@typescript-eslint/no-implied-eval'],
  },
  {
    why: 'it calls what it made of the README',
    files: ['libs/data-model/src/readme.test.ts'],
    rules: ['@typescript-eslint/no-unsafe-call'],
  },
  {
    why: 'control characters are what is looked for',
    files: [
      'apps/crosvm-e2e/src/harness/transcript.ts',
      'apps/crosvm/src/vm/line-splitter.ts',
      'libs/sys-util/src/log/log-text.ts',
    ],
    rules: ['no-control-regex'],
  },
  {
    why: 'the methods are called with a `this`',
    files: ['libs/devices/src/testing/poison.ts'],
    rules: ['@typescript-eslint/unbound-method'],
  },
].map(({ files, rules }) => ({
  files,
  rules: Object.fromEntries(rules.map((rule) => [rule, 'off'])),
}));

export default tseslint.config(
  { ignores: ['**/dist/**', '**/coverage/**', '**/node_modules/**', '.nx/**'] },
  { linterOptions: { noInlineConfig: true } },
  js.configs.recommended,
  { files: ['**/*.{ts,mts,cts,js,mjs,cjs}'], ...BOUNDARIES },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // The kernel's spelling (`kvm_run`, `KVM_EXIT_IO`) is kept on purpose.
      '@typescript-eslint/naming-convention': 'off',
      // `using _it` holds something until the end of its block.
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      'max-lines': ['error', { max: 400 }],
      'max-params': ['error', { max: 4 }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['libs/*-sys/src/**/*.ts', 'libs/syscall-defines/src/**/*.ts'],
    rules: { 'max-lines': 'off' },
  },
  {
    files: ['**/*.test.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['**/*.{mts,cts}'], languageOptions: { parser: tseslint.parser } },
  {
    files: ['**/*.{mts,cts,js,mjs,cjs}'],
    languageOptions: {
      globals: {
        module: 'writable',
        require: 'readonly',
        process: 'readonly',
        console: 'readonly',
        __dirname: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
      },
    },
  },
  ...EXCEPTIONS,
);
