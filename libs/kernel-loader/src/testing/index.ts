export { tinyBzImage } from './tiny-bzimage';
export {
  patchElfHeader,
  patchProgramHeader,
  type TinyElf,
  tinyElf,
  type TinySection,
  type TinySegment,
} from './tiny-elf';
