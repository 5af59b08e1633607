import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { KEY_ALGORITHMS } from './kernel/key-algorithm.js';
import { isLoopbackName } from './kernel/loopback.js';
import { StartupError } from './kernel/startup-error.js';
import { LANGUAGES } from './kernel/language.js';
import { isGuardNetwork } from './platform/address-guard.js';
import { parseSmsRoutes } from './platform/sms/sms-routes.js';
import { parseSmtpServer } from './platform/mail/smtp-server.js';

/** A setting that cannot be used. The message names the variable and never repeats its value. */
export class ConfigError extends StartupError {
  override readonly name = 'ConfigError';
}

const integer = (min: number, max: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${String(min)} to ${String(max)}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be from ${String(min)} to ${String(max)}`);

const flag = z
  .enum(['1', '0', 'on', 'off', 'true', 'false'], 'must be on or off')
  .transform((text) => text === '1' || text === 'on' || text === 'true');

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
);

const httpOrigin = z
  .string()
  .refine((text) => originOf(text) !== null, 'must be an http or https URL without a path')
  .transform((text) => originOf(text) ?? text);

const postgresUrl = z.string().regex(/^postgres(?:ql)?:\/\//, 'must be a postgres:// URL');

/** RFC 1035 section 2.3.1, as many labels as there are. */
const DNS_NAME =
  /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

const environment = z.object({
  PORT: integer(0, 65_535).default(4000),
  HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_URL: httpOrigin
    .refine(
      (url) => url.startsWith('https:') || isLocalUrl(url),
      'must be https: plain http is for loopback addresses only',
    )
    .optional(),
  PKI_URL: httpOrigin
    .refine((url) => url.startsWith('http:'), 'must be plain http (RFC 5280 section 8)')
    .optional(),
  PKI_PORT: integer(1, 65_535).optional(),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  CLIENT_CA: z.string().optional(),
  ALLOWED_ORIGINS: list.pipe(z.array(httpOrigin)).default([]),
  TRUSTED_PROXIES: list
    .pipe(
      z.array(
        z.string().refine(isNetwork, 'must hold IP addresses or CIDR blocks, separated by commas'),
      ),
    )
    .default([]),
  DATA_DIR: z.string().min(1).default('./data'),
  DATABASE_URL: postgresUrl.optional(),
  MIGRATION_DATABASE_URL: postgresUrl.optional(),
  ADMIN_PASSWORD: z.string().min(12, 'must have at least 12 characters').optional(),
  ADMIN_EMAIL: z
    .string()
    .regex(/^\S+@\S+$/, 'must be an e-mail address')
    .default('admin@localhost'),
  MASTER_KEY: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes in base64')
    .transform((text) => Buffer.from(text, 'base64'))
    .optional(),
  RECOVERY_KEY: z.string().optional(),
  SMTP_URL: z.string().transform(parsedBy(parseSmtpServer)).optional(),
  SMTP_TIMEOUT_SECONDS: integer(1, 80).default(60),
  MAIL_FROM: z
    .string()
    .regex(/^[^\r\n\0]{3,}$/, 'must be one line, such as Name <address>')
    .default('Signet <signet@localhost>'),
  DKIM_DOMAIN: z.string().regex(DNS_NAME, 'must be a domain').optional(),
  DKIM_SELECTOR: z.string().regex(DNS_NAME, 'must be letters, digits and hyphens').optional(),
  DKIM_KEY: z.string().optional(),
  BOUNCE_ADDRESS: z
    .string()
    .regex(
      /^[A-Za-z0-9._-]{1,18}@[A-Za-z0-9.-]+$/,
      'must be a mail address without +, with at most 18 letters before the @',
    )
    .optional(),
  MAILBOX: flag.default(false),
  SMS_URL: z.string().transform(parsedBy(parseSmsRoutes)).optional(),
  SMS_DAILY_LIMIT: integer(1, 10_000_000).default(1000),
  CA_KEY_ALGORITHM: z
    .enum(KEY_ALGORITHMS, `must be one of ${KEY_ALGORITHMS.join(', ')}`)
    .default('RSA-2048'),
  PKCS11_MODULE: z.string().optional(),
  PKCS11_TOKEN: z.string().optional(),
  PKCS11_PIN: z.string().optional(),
  SELF_SERVICE: flag.default(true),
  DEFAULT_LANGUAGE: z
    .string()
    .transform((text) => text.toUpperCase())
    .pipe(z.enum(LANGUAGES, `must be one of ${LANGUAGES.join(', ').toLowerCase()}`))
    .default('EN'),
  SESSION_IDLE_SECONDS: integer(60, 86_400).default(1800),
  SESSION_MAX_SECONDS: integer(60, 2_592_000).default(43_200),
  INTROSPECTION: flag.default(true),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'is no log level')
    .default('info'),
  LOG_FILE: z.string().optional(),
  NODE_ENV: z.string().optional(),
  WEBHOOK_ALLOWED_NETWORKS: list
    .pipe(
      z.array(
        z
          .string()
          .refine(isGuardNetwork, 'must hold IP addresses or CIDR blocks, separated by commas'),
      ),
    )
    .default([]),
});
/** The variables, each by itself in its right form. */
export type Environment = z.infer<typeof environment>;

/** Where one is empty, it is as if it were not there. @throws ConfigError that names each variable which cannot be used */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map(({ path, message }) => `${String(path[0])} ${message}.`).join('\n'),
  );
}

/** What the parser says of a text that it refuses. */
function parsedBy<T>(parse: (text: string) => T): (text: string, context: z.RefinementCtx) => T {
  return (text, context) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  };
}

function originOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const bare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  return bare && /^https?:$/.test(url.protocol) ? url.origin : null;
}

/** Whether it is of this machine alone, as what is not set is. */
export function isLocalUrl(url: string | undefined): boolean {
  return url === undefined || isLoopbackName(new URL(url).hostname);
}

function isNetwork(text: string): boolean {
  return ipaddr.isValid(text) || ipaddr.isValidCIDR(text);
}
