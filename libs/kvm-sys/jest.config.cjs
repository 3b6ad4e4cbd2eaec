module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'kvm-sys',
  rootDir: __dirname,
};
