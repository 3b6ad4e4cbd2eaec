import type { LogLevel, LoggingConfig } from '../../config';
import type { OptionGroup } from '../option-group';
import { quote } from '../quote';
import { suggest } from '../suggest';
import { UsageError } from '../usage-error';

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

const DEFAULT_LEVEL: LogLevel = 'warn';

/** What the messages of crosvm itself are like and where they go. */
export const loggingOptions: OptionGroup<LoggingConfig> = {
  title: 'Messages',
  options: [
    {
      name: 'log-level',
      value: 'LEVEL',
      choices: LEVELS,
      help: `What to log: ${LEVELS.join(', ')} (default: ${DEFAULT_LEVEL})`,
    },
    {
      name: 'syslog-tag',
      value: 'TAG',
      help: 'Log to the syslog too, under this name',
    },
  ],
  read(values) {
    const syslogTag = values.one('syslog-tag');
    // RFC 5424, 6.2.5: printable ASCII, 48 at most; a colon or bracket ends it in the older format.
    if (syslogTag !== undefined && !/^(?![^]*[:[\]])[!-~]{1,48}$/.test(syslogTag)) {
      throw new UsageError(
        `--syslog-tag must be 1 to 48 letters, digits and signs but ':[]', not ${quote(syslogTag)}`,
      );
    }
    return {
      level: parseLevel(values.one('log-level') ?? DEFAULT_LEVEL),
      ...(syslogTag !== undefined && { syslogTag }),
    };
  },
};

function parseLevel(name: string): LogLevel {
  const level = LEVELS.find((candidate) => candidate === name);
  if (level === undefined) {
    const meant = suggest(name, LEVELS);
    throw new UsageError(`--log-level must be one of ${LEVELS.join(', ')}, not ${quote(name)}`, {
      ...(meant !== undefined && { hint: `did you mean ${meant}?` }),
    });
  }
  return level;
}
