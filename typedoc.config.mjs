{
  "$schema": "https://typedoc.org/schema.json",
  "name": "crosvm for Node.js",
  "entryPointStrategy": "packages",
  "entryPoints": ["libs/*"],
  "packageOptions": {
    "entryPoints": ["src/index.ts"],
    "readme": "README.md"
  },
  "projectDocuments": ["docs/*.md", "apps/crosvm/dist/man/crosvm.md"],
  "highlightLanguages": ["bash", "console", "javascript", "json", "python", "typescript"],
  "readme": "README.md",
  "out": "dist/site",
  "treatValidationWarningsAsErrors": true,
  "logLevel": "Warn"
}
