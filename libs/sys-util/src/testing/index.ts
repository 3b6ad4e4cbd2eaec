export { bundleScript, type ScriptFile } from './bundle';
