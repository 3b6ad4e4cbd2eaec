module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'virtio-sys',
  rootDir: __dirname,
};
