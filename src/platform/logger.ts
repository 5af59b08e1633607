import { pino, stdTimeFunctions, type Logger } from 'pino';

export type { Logger };

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

/** JSON lines on standard output. Fields that could hold a secret are struck out wherever they stand. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    redact: {
      paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      censor: '[redacted]',
    },
    // An error's own fields (pg's `detail` and `where`, say) can hold values of rows.
    serializers: { error: ({ name, message, stack }: Error) => ({ name, message, stack }) },
  });
}
