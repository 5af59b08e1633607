import { join, resolve } from 'node:path';
import { ConfigError, isLocalUrl, readEnvironment, type Environment } from './environment.js';
import type { KeyAlgorithm } from './kernel/key-algorithm.js';
import { isLoopbackAddress } from './kernel/loopback.js';
import type { Language } from './kernel/language.js';
import type { DkimKey } from './platform/mail/mailer.js';
import type { SmsRoute } from './platform/sms/sms-routes.js';
import type { SmtpServer } from './platform/mail/smtp-server.js';
import { clientCaFile, dkimKey, recoveryKeyIn, tlsFiles } from './setting-files.js';

/** Everything that the environment decides, parsed once. The README's table of settings tells the same in prose. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Null: `http://localhost:PORT`, known once the port is. */
  readonly publicUrl: string | null;
  readonly pkiUrl: string | null;
  /** Where `/pki`, and nothing else, is answered in plain http besides. */
  readonly pkiPort: number | null;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null;
  /** Certificates of the authorities whose client certificates are accepted, PEM. */
  readonly clientCa: Buffer | null;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  /** Of the role that owns the tables, where DATABASE_URL's does not. */
  readonly migrationDatabaseUrl: string | null;
  readonly production: boolean;
  readonly admin: { readonly password: string | null; readonly email: string };
  readonly masterKey: Buffer | null;
  /** Private keys, PEM, that open archived encryption keys; null where they are kept elsewhere. */
  readonly recoveryKey: string | null;
  readonly mail: {
    readonly smtp: SmtpServer | null;
    readonly from: string;
    readonly dkim: DkimKey | null;
    /** How long the server may be silent. */
    readonly timeoutSeconds: number;
    /** Of the mailbox whose mails go to `npm run bounce`. */
    readonly bounceAddress: string | null;
    readonly mailbox: boolean;
  };
  readonly sms: {
    /** In the order in which they are tried. None: messages become files, as mails do. */
    readonly routes: readonly SmsRoute[];
    /** Whether text messages are offered: in production a gateway is needed for it. */
    readonly isOffered: boolean;
    /** Messages of all users together within a day. */
    readonly dailyLimit: number;
  };
  readonly caKeyAlgorithm: KeyAlgorithm;
  /** The token in which the authorities' keys are made and used; null keeps them sealed in the database. */
  readonly pkcs11: { readonly module: string; readonly token: string; readonly pin: string } | null;
  readonly session: { readonly idleSeconds: number; readonly maxSeconds: number };
  /** Whether users may order for themselves, where projects let them. */
  readonly selfService: boolean;
  /** Of messages that belong to no project. */
  readonly language: Language;
  readonly introspection: boolean;
  readonly log: { readonly level: string; readonly file: string | null };
  /** Where webhooks may go although it is not public: addresses and CIDR blocks. */
  readonly webhookAllowedNetworks: readonly string[];
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

/** @throws ConfigError that names each variable which cannot be used */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const settings = readEnvironment(env);
  refuseContradictions(settings);
  return Object.freeze({
    port: settings.PORT,
    host: settings.HOST,
    publicUrl: settings.PUBLIC_URL ?? null,
    pkiUrl: settings.PKI_URL ?? null,
    pkiPort: settings.PKI_PORT ?? null,
    tls: tlsFiles(settings),
    clientCa: clientCaFile(settings),
    allowedOrigins: settings.ALLOWED_ORIGINS,
    trustedProxies: settings.TRUSTED_PROXIES,
    dataDir: resolve(settings.DATA_DIR),
    databaseUrl: settings.DATABASE_URL ?? null,
    migrationDatabaseUrl: settings.MIGRATION_DATABASE_URL ?? null,
    production: settings.NODE_ENV === 'production',
    admin: { password: settings.ADMIN_PASSWORD ?? null, email: settings.ADMIN_EMAIL },
    masterKey: settings.MASTER_KEY ?? null,
    recoveryKey: recoveryKeyIn(settings),
    mail: mailOf(settings),
    sms: smsOf(settings),
    caKeyAlgorithm: settings.CA_KEY_ALGORITHM,
    pkcs11: pkcs11Of(settings),
    session: {
      idleSeconds: settings.SESSION_IDLE_SECONDS,
      maxSeconds: settings.SESSION_MAX_SECONDS,
    },
    selfService: settings.SELF_SERVICE,
    language: settings.DEFAULT_LANGUAGE,
    introspection: settings.INTROSPECTION,
    log: { level: settings.LOG_LEVEL, file: settings.LOG_FILE ?? null },
    webhookAllowedNetworks: settings.WEBHOOK_ALLOWED_NETWORKS,
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
    [settings.PKI_PORT === settings.PORT, 'PKI_PORT must be another port than PORT.'],
    [
      lacksCertificates(settings),
      'CLIENT_CA needs TLS_CERT, or TRUSTED_PROXIES: no client certificate could arrive otherwise.',
    ],
    [
      settings.DATABASE_URL !== undefined && settings.MASTER_KEY === undefined,
      'MASTER_KEY is required with DATABASE_URL: 32 random bytes in base64, such as from "openssl rand -base64 32".',
    ],
    [
      isNamelessOrOwner(settings),
      'MIGRATION_DATABASE_URL needs a DATABASE_URL that names another role, as which the server works.',
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
    [bouncesNothing(settings), 'BOUNCE_ADDRESS is for mails that SMTP_URL sends.'],
    [
      settings.SESSION_IDLE_SECONDS > settings.SESSION_MAX_SECONDS,
      'SESSION_IDLE_SECONDS must not exceed SESSION_MAX_SECONDS.',
    ],
  ];
  const broken = rules.filter(([isBroken]) => isBroken).map(([, message]) => message);
  if (broken.length > 0) throw new ConfigError(broken.join('\n'));
}

/** Whether there is a URL for the owner of the tables, and none that could be for somebody else. */
function isNamelessOrOwner({ DATABASE_URL, MIGRATION_DATABASE_URL }: Environment): boolean {
  if (MIGRATION_DATABASE_URL === undefined) return false;
  const names = [DATABASE_URL, MIGRATION_DATABASE_URL].map((url) =>
    url !== undefined && URL.canParse(url) ? new URL(url).username : '',
  );
  return names[0] === '' || names[0] === names[1];
}

function pkcs11Of({ PKCS11_MODULE, PKCS11_TOKEN, PKCS11_PIN }: Environment): Config['pkcs11'] {
  const given = [PKCS11_MODULE, PKCS11_TOKEN, PKCS11_PIN];
  if (given.every((setting) => setting === undefined)) return null;
  const [module, token, pin] = given;
  if (module === undefined || token === undefined || pin === undefined) {
    throw new ConfigError('PKCS11_MODULE, PKCS11_TOKEN and PKCS11_PIN go together.');
  }
  return { module: resolve(module), token, pin };
}

function mailOf(settings: Environment): Config['mail'] {
  return {
    smtp: settings.SMTP_URL ?? null,
    from: settings.MAIL_FROM,
    dkim: dkimKey(settings),
    timeoutSeconds: settings.SMTP_TIMEOUT_SECONDS,
    bounceAddress: settings.BOUNCE_ADDRESS ?? null,
    mailbox: settings.MAILBOX,
  };
}

/** Whether mails are to come back that never leave. */
function bouncesNothing({ BOUNCE_ADDRESS, SMTP_URL }: Environment): boolean {
  return BOUNCE_ADDRESS !== undefined && SMTP_URL === undefined;
}

function smsOf({ SMS_URL, SMS_DAILY_LIMIT, NODE_ENV }: Environment): Config['sms'] {
  return {
    routes: SMS_URL ?? [],
    isOffered: SMS_URL !== undefined || NODE_ENV !== 'production',
    dailyLimit: SMS_DAILY_LIMIT,
  };
}

/** Whether client certificates are wanted that nobody could show. */
function lacksCertificates({ CLIENT_CA, TLS_CERT, TRUSTED_PROXIES }: Environment): boolean {
  return CLIENT_CA !== undefined && TLS_CERT === undefined && TRUSTED_PROXIES.length === 0;
}

/** Whether a HOST is of this machine alone. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || isLoopbackAddress(host);
}
