module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'crosvm',
  rootDir: __dirname,
};
