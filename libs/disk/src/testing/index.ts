export { canOpenDirect, pattern, type TemporaryImage, temporaryImage } from './temporary-image';
