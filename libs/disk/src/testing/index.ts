export { describeQemuImg, qemuCheck, qemuImg, WITHOUT_QEMU_IMG } from './qemu-img';
export { canOpenDirect, pattern, type TemporaryImage, temporaryImage } from './temporary-image';
