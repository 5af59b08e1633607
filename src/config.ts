import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { KEY_ALGORITHMS, type KeyAlgorithm } from './kernel/key-algorithm.js';
import { isLoopbackAddress, isLoopbackName } from './kernel/loopback.js';
import { StartupError } from './kernel/startup-error.js';
import { parseSmsGateway, type SmsGateway } from './platform/sms.js';

/** Everything that the environment decides, parsed once. The README's table of settings tells the same in prose. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Null: `http://localhost:PORT`, known once the port is. */
  readonly publicUrl: string | null;
  readonly pkiUrl: string | null;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null;
  /** Certificates of the authorities whose client certificates are accepted, PEM. */
  readonly clientCa: Buffer | null;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly admin: { readonly password: string | null; readonly email: string };
  readonly masterKey: Buffer | null;
  /** Private keys, PEM, that open archived encryption keys; null where they are kept elsewhere. */
  readonly recoveryKey: string | null;
  readonly mail: {
    readonly smtpUrl: string | null;
    readonly from: string;
    readonly mailbox: boolean;
  };
  readonly sms: {
    /** Null: messages become files, as mails do. */
    readonly gateway: SmsGateway | null;
    /** Whether codes are offered by text message: in production a gateway is needed for it. */
    readonly isOffered: boolean;
    /** Messages of all users together within a day. */
    readonly dailyLimit: number;
  };
  readonly caKeyAlgorithm: KeyAlgorithm;
  readonly session: { readonly idleSeconds: number; readonly maxSeconds: number };
  readonly introspection: boolean;
  readonly log: { readonly level: string; readonly file: string | null };
  /** Where the built pages are. */
  readonly webRoot: string;
  /** Connections to the database that this process keeps at most. */
  readonly poolSize: number;
}

const POOL_SIZE = 16;
/** `dist/web` beside the compiled server, which is `dist/src`, and beside `src` in tests. */
const WEB_ROOT = resolve(
  __dirname,
  __dirname.endsWith(join('dist', 'src')) ? '../web' : '../dist/web',
);

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
  DATABASE_URL: z
    .string()
    .regex(/^postgres(?:ql)?:\/\//, 'must be a postgres:// URL')
    .optional(),
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
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'must be a smtp:// or smtps:// URL')
    .optional(),
  MAIL_FROM: z.string().min(3).default('Signet <signet@localhost>'),
  MAILBOX: flag.default(false),
  SMS_URL: z.string().transform(gatewayIn).optional(),
  SMS_DAILY_LIMIT: integer(1, 10_000_000).default(1000),
  CA_KEY_ALGORITHM: z
    .enum(KEY_ALGORITHMS, `must be one of ${KEY_ALGORITHMS.join(', ')}`)
    .default('RSA-2048'),
  SESSION_IDLE_SECONDS: integer(60, 86_400).default(1800),
  SESSION_MAX_SECONDS: integer(60, 2_592_000).default(43_200),
  INTROSPECTION: flag.default(true),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'is no log level')
    .default('info'),
  LOG_FILE: z.string().optional(),
  NODE_ENV: z.string().optional(),
});
type Environment = z.infer<typeof environment>;

/** @throws ConfigError that names each variable which cannot be used */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map(({ path, message }) => `${String(path[0])} ${message}.`).join('\n'),
    );
  }
  const settings = parsed.data;
  refuseContradictions(settings);
  return Object.freeze({
    port: settings.PORT,
    host: settings.HOST,
    publicUrl: settings.PUBLIC_URL ?? null,
    pkiUrl: settings.PKI_URL ?? null,
    tls: tlsFiles(settings),
    clientCa: clientCaFile(settings),
    allowedOrigins: settings.ALLOWED_ORIGINS,
    trustedProxies: settings.TRUSTED_PROXIES,
    dataDir: resolve(settings.DATA_DIR),
    databaseUrl: settings.DATABASE_URL ?? null,
    admin: { password: settings.ADMIN_PASSWORD ?? null, email: settings.ADMIN_EMAIL },
    masterKey: settings.MASTER_KEY ?? null,
    recoveryKey: recoveryKeyIn(settings),
    mail: {
      smtpUrl: settings.SMTP_URL ?? null,
      from: settings.MAIL_FROM,
      mailbox: settings.MAILBOX,
    },
    sms: smsOf(settings),
    caKeyAlgorithm: settings.CA_KEY_ALGORITHM,
    session: {
      idleSeconds: settings.SESSION_IDLE_SECONDS,
      maxSeconds: settings.SESSION_MAX_SECONDS,
    },
    introspection: settings.INTROSPECTION,
    log: { level: settings.LOG_LEVEL, file: settings.LOG_FILE ?? null },
    webRoot: WEB_ROOT,
    poolSize: POOL_SIZE,
  });
}

/** Each rule is a setting that only makes sense, or is only safe, together with another. */
function refuseContradictions(settings: Environment): void {
  const production = settings.NODE_ENV === 'production';
  const rules: readonly (readonly [boolean, string])[] = [
    [
      (settings.TLS_CERT === undefined) !== (settings.TLS_KEY === undefined),
      'TLS_CERT and TLS_KEY go together.',
    ],
    [
      lacksCertificates(settings),
      'CLIENT_CA needs TLS_CERT, or TRUSTED_PROXIES: no client certificate could arrive otherwise.',
    ],
    [
      settings.DATABASE_URL !== undefined && settings.MASTER_KEY === undefined,
      'MASTER_KEY is required with DATABASE_URL: 32 random bytes in base64, such as from "openssl rand -base64 32".',
    ],
    [
      production && settings.SMTP_URL === undefined,
      'SMTP_URL is required with NODE_ENV=production.',
    ],
    [
      settings.MAILBOX && production,
      'MAILBOX shows secrets and cannot be on with NODE_ENV=production.',
    ],
    [
      settings.MAILBOX && !isLoopback(settings.HOST),
      'MAILBOX shows secrets and needs a HOST on loopback.',
    ],
    [
      settings.MAILBOX && (!isLocalUrl(settings.PUBLIC_URL) || settings.TRUSTED_PROXIES.length > 0),
      'MAILBOX shows secrets: PUBLIC_URL must be unset or on loopback, and TRUSTED_PROXIES empty.',
    ],
    [
      production && settings.PUBLIC_URL === undefined,
      'PUBLIC_URL is required with NODE_ENV=production.',
    ],
    [
      settings.MAILBOX && settings.SMTP_URL !== undefined,
      'MAILBOX has nothing to show with SMTP_URL.',
    ],
    [
      settings.SESSION_IDLE_SECONDS > settings.SESSION_MAX_SECONDS,
      'SESSION_IDLE_SECONDS must not exceed SESSION_MAX_SECONDS.',
    ],
  ];
  const broken = rules.filter(([isBroken]) => isBroken).map(([, message]) => message);
  if (broken.length > 0) throw new ConfigError(broken.join('\n'));
}

function smsOf({ SMS_URL, SMS_DAILY_LIMIT, NODE_ENV }: Environment): Config['sms'] {
  return {
    gateway: SMS_URL ?? null,
    isOffered: SMS_URL !== undefined || NODE_ENV !== 'production',
    dailyLimit: SMS_DAILY_LIMIT,
  };
}

/** Whether client certificates are wanted that nobody could show. */
function lacksCertificates({ CLIENT_CA, TLS_CERT, TRUSTED_PROXIES }: Environment): boolean {
  return CLIENT_CA !== undefined && TLS_CERT === undefined && TRUSTED_PROXIES.length === 0;
}

function tlsFiles({ TLS_CERT, TLS_KEY }: Environment): Config['tls'] {
  if (TLS_CERT === undefined || TLS_KEY === undefined) return null;
  const tls = { cert: readSetting('TLS_CERT', TLS_CERT), key: readSetting('TLS_KEY', TLS_KEY) };
  try {
    createSecureContext(tls);
    return tls;
  } catch (cause) {
    throw new ConfigError('TLS_CERT and TLS_KEY must be a certificate and its key, both in PEM.', {
      cause,
    });
  }
}

function clientCaFile({ CLIENT_CA }: Environment): Config['clientCa'] {
  if (CLIENT_CA === undefined) return null;
  const pem = readSetting('CLIENT_CA', CLIENT_CA);
  const blocks = pem.toString('latin1').match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g);
  if (blocks?.every(isAuthority) !== true) {
    throw new ConfigError('CLIENT_CA must hold certificates of authorities, in PEM, and no other.');
  }
  return pem;
}

/** PEM as it is, or the file that holds it. */
function recoveryKeyIn({ RECOVERY_KEY }: Environment): string | null {
  if (RECOVERY_KEY === undefined) return null;
  if (RECOVERY_KEY.trimStart().startsWith('-----BEGIN ')) return RECOVERY_KEY;
  return readSetting('RECOVERY_KEY', RECOVERY_KEY).toString('utf8');
}

function isAuthority(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch {
    return false;
  }
}

function readSetting(variable: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ConfigError(`${variable} names a file that cannot be read.`, { cause });
  }
}

function gatewayIn(text: string, context: z.RefinementCtx): SmsGateway {
  try {
    return parseSmsGateway(text);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
}

function originOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const bare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  return bare && /^https?:$/.test(url.protocol) ? url.origin : null;
}

function isLocalUrl(url: string | undefined): boolean {
  return url === undefined || isLoopbackName(new URL(url).hostname);
}

function isNetwork(text: string): boolean {
  return ipaddr.isValid(text) || ipaddr.isValidCIDR(text);
}

/** Whether a HOST is of this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || isLoopbackAddress(host);
}
