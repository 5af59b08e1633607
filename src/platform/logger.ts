import { destination, pino, stdTimeFunctions, type Logger, type LoggerOptions } from 'pino';

export type { Logger };

export interface LogSettings {
  readonly level: string;
  /** Null: standard output. */
  readonly file: string | null;
}

const SECRET_FIELDS = [
  'password',
  'token',
  'code',
  'secret',
  'key',
  'authorization',
  'cookie',
  'csr',
  'proof',
  'deviceToken',
  'watchToken',
];

const OPTIONS: LoggerOptions = {
  base: null,
  timestamp: stdTimeFunctions.isoTime,
  redact: {
    paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]),
    censor: '[redacted]',
  },
  // An error's own fields (pg's `detail` and `where`, say) can hold values of rows.
  serializers: { error: ({ name, message, stack }: Error) => ({ name, message, stack }) },
};

/** JSON lines. Fields that could hold a secret are struck out wherever they stand. */
export function createLogger({ level, file }: LogSettings): Logger {
  const options = { ...OPTIONS, level };
  return file === null
    ? pino(options)
    : pino(options, destination({ dest: file, sync: true, mode: 0o600 }));
}
