import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** Layers, lowest first: a package imports from its own layer and those below it. */
const LAYERS = ['core', 'sys', 'base', 'wrapper', 'devices', 'app'];

const depConstraints = LAYERS.map((layer, index) => ({
  sourceTag: `layer:${layer}`,
  onlyDependOnLibsWithTags: LAYERS.slice(0, index + 1).map((below) => `layer:${below}`),
}));

const BAN_KOFFI = {
  paths: [{ name: 'koffi', message: 'Only @crosvm/sys-util may use koffi: add the call there.' }],
};

const BAN_KOFFI_BY_CALL = ['CallExpression[callee.name="require"]', 'ImportExpression'].map(
  (node) => ({
    selector: `${node} > Literal[value="koffi"]`,
    message: BAN_KOFFI.paths[0].message,
  }),
);

export default tseslint.config(
  {
    ignores: ['**/dist/**', '**/coverage/**', '**/node_modules/**', '.nx/**', '**/jest.config.cjs'],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    plugins: { '@nx': nx },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
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
      'no-restricted-imports': ['error', BAN_KOFFI],
      'no-restricted-syntax': ['error', ...BAN_KOFFI_BY_CALL],
      'max-lines': ['error', { max: 400 }],
      'max-params': ['error', { max: 4 }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['libs/sys-util/src/ffi/**/*.ts'],
    rules: { 'no-restricted-imports': 'off', 'no-restricted-syntax': 'off' },
  },
  {
    files: ['libs/*-sys/src/**/*.ts', 'libs/syscall-defines/src/**/*.ts'],
    rules: { 'max-lines': 'off' },
  },
  {
    files: ['**/*.test.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', 'max-lines': 'off' },
  },
  {
    files: ['**/*.cts', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        module: 'writable',
        require: 'readonly',
        process: 'readonly',
        console: 'readonly',
        __dirname: 'readonly',
        URL: 'readonly',
      },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
