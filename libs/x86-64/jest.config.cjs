module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'x86-64',
  rootDir: __dirname,
};
