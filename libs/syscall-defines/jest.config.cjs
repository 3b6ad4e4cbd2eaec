module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'syscall-defines',
  rootDir: __dirname,
};
