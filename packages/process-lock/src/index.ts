export { hasCode } from './error-code.ts';
export {
  takeLockFile,
  type LockFile,
  type LockFileOptions,
  type LockFileResult,
  type LockText,
} from './lock-file.ts';
export { commandLine, processStart } from './process-info.ts';
