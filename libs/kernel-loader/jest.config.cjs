module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'kernel-loader',
  rootDir: __dirname,
};
