module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'vm-control',
  rootDir: __dirname,
};
