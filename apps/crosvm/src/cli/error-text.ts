import { getSystemErrorMap, inspect, types } from 'node:util';

/** More causes than this are a mistake in the chain. */
const MAX_CAUSES = 16;

/** Thrown by JavaScript itself, or by a check of ours: never the user's doing. */
const INTERNAL_ERRORS = ['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError'];

const INTERNAL_HINT = 'this is a bug in crosvm; CROSVM_BACKTRACE=1 shows where';

const FEW_FILES_HINT =
  'crosvm may open too few files at a time: raise the limit of this shell, as by ulimit -n 1024';

/**
 * An error and its causes in one line, from what was tried to why it failed.
 * A text that another one of the line contains is not said again.
 */
export function errorText(error: unknown): string {
  const texts: string[] = [];
  const chain = causeChain(error);
  for (const each of chain) {
    const text = printable(ownText(each));
    const last = texts.at(-1);
    if (last !== undefined && text.startsWith(last) && contains(text, last)) {
      texts.pop();
    }
    if (text !== '' && !contains(texts.join(': '), text)) {
      texts.push(text);
    }
  }
  if (texts.length === 0) {
    texts.push(isError(error) ? error.name : 'unknown error');
  }
  return [...(isBug(chain) ? ['internal error'] : []), ...texts].join(': ');
}

/** What the user can do about an error: the first hint in its chain of causes. */
export function errorHint(error: unknown): string | undefined {
  const chain = causeChain(error);
  for (const each of chain) {
    if (isError(each) && 'hint' in each && typeof each.hint === 'string') {
      return printable(each.hint);
    }
  }
  if (chain.some(isOutOfFiles)) {
    return FEW_FILES_HINT;
  }
  return isBug(chain) ? INTERNAL_HINT : undefined;
}

/** Not all who fail of it have the code: a worker that cannot start, or native code, only says it. */
function isOutOfFiles(error: unknown): boolean {
  return (
    isError(error) &&
    (('code' in error && error.code === 'EMFILE') ||
      /\bEMFILE\b|too many open files(?! in system)/i.test(error.message))
  );
}

function causeChain(error: unknown): readonly unknown[] {
  const chain = [error];
  for (
    let last = error;
    isError(last) && last.cause !== undefined && chain.length < MAX_CAUSES;
    chain.push(last)
  ) {
    last = last.cause;
  }
  return chain;
}

/** Also of an error from another realm, such as a worker's. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

/** Whether the words of `part` are in `text`, whatever their case. */
function contains(text: string, part: string): boolean {
  const words = part.replace(/[\^$.*+?()[\]{}|/\\]/g, String.raw`\$&`);
  return new RegExp(String.raw`(?<![\p{L}\p{N}])${words}(?![\p{L}\p{N}])`, 'iu').test(text);
}

/** The text of an error without its causes. */
function ownText(error: unknown): string {
  if (!isError(error)) {
    return typeof error === 'string' ? error : inspect(error, { breakLength: Infinity, depth: 1 });
  }
  if (error instanceof AggregateError) {
    const parts = error.errors.map((part) => errorText(part)).join('; ');
    return error.message === '' ? parts : `${error.message}: ${parts}`;
  }
  return nodeSystemErrorText(error) ?? error.message;
}

/** A chain is a bug's when it ends in one and no layer knew what it means: that has its own class. */
function isBug(chain: readonly unknown[]): boolean {
  const names = chain.map((error) => (isError(error) ? error.constructor.name : ''));
  return (
    INTERNAL_ERRORS.includes(names.at(-1) ?? '') &&
    names.slice(0, -1).every((name) => name === Error.name)
  );
}

/** Node says "ENOENT: no such file or directory, open 'x'"; we say it as of our own system calls. */
function nodeSystemErrorText(error: NodeJS.ErrnoException): string | undefined {
  const { errno, syscall, path } = error;
  // Node's numbers are negative, those of SysError positive.
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  if (known === undefined || syscall === undefined) {
    return undefined;
  }
  const [code, text] = known;
  return `${syscall}${path === undefined ? '' : ` ${path}`}: ${text} (${code})`;
}

/** In one line, and without what a terminal would act on. */
function printable(text: string): string {
  return text
    .trim()
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replace(/\p{Cc}|\p{Bidi_Control}/gu, (character) => {
      const code = character.codePointAt(0) ?? 0;
      return `\\u{${code.toString(16)}}`;
    });
}
