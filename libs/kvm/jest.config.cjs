module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'kvm',
  rootDir: __dirname,
};
