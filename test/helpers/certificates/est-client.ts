import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noteSecret } from '../run';

export interface ToolAnswer {
  readonly isOk: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface EstCall {
  readonly operation: string;
  /** Body, as the client sends it. */
  readonly body?: string | Buffer | undefined;
  readonly code?: string | undefined;
  readonly bearer?: string | undefined;
  /** Names of files: `NAME.crt`, `NAME.key`. */
  readonly identity?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

export interface EstAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A device with nothing but curl, openssl and strongSwan's pki, in a folder of its own. */
export class EstClient {
  readonly folder = mkdtempSync(join(tmpdir(), 'signet-est-'));
  private calls = 0;

  /** @param tlsCa certificate that the server's TLS certificate is checked against, PEM; none for plain http */
  constructor(
    readonly base: string,
    tlsCa?: string,
  ) {
    if (tlsCa !== undefined) this.write('tls-ca.pem', tlsCa);
  }

  write(name: string, content: string | Buffer): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  read(name: string): Buffer {
    return readFileSync(join(this.folder, name));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  async run(tool: string, args: readonly string[]): Promise<ToolAnswer> {
    return new Promise((resolve, reject) => {
      execFile(tool, args, { cwd: this.folder }, (error, stdout, stderr) => {
        const isMissing = error !== null && error.code === 'ENOENT';
        if (isMissing) reject(new Error(`Install Debian's package of ${tool}.`, { cause: error }));
        else resolve({ isOk: error === null, stdout, stderr });
      });
    });
  }

  /** What a tool prints, when it must succeed. */
  async print(tool: string, ...args: readonly string[]): Promise<string> {
    const { isOk, stdout, stderr } = await this.run(tool, args);
    if (!isOk) throw new Error(`${tool} ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** A key `NAME.key` and a certificate that it has signed for itself, `NAME.crt`. */
  async selfMade(name: string, newKey: readonly string[] = EC): Promise<void> {
    await this.print(
      'openssl',
      ...['req', '-x509', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.crt`],
      ...[...newKey, '-subj', `/CN=${name}`, '-days', '2'],
    );
    this.noteKey(name);
  }

  /** A key `NAME.key` and a request `NAME.csr`, DER. @returns the request in base64 */
  async request(
    name: string,
    { newKey = EC, challenge }: { newKey?: readonly string[]; challenge?: string | undefined } = {},
  ): Promise<string> {
    const attributes = challenge === undefined ? '' : `challengePassword = ${challenge}`;
    this.write(
      `${name}.cnf`,
      `[req]\ndistinguished_name = dn\nprompt = no\nattributes = attrs\n[dn]\nCN = ${name}\n[attrs]\n${attributes}\n`,
    );
    await this.print(
      'openssl',
      ...['req', '-new', '-config', `${name}.cnf`, '-nodes', '-keyout', `${name}.key`],
      ...['-outform', 'DER', '-out', `${name}.csr`, ...newKey],
    );
    this.noteKey(name);
    return this.read(`${name}.csr`).toString('base64');
  }

  /** A request for the key `NAME.key` that stands already. @returns the request in base64 */
  async requestFor(name: string): Promise<string> {
    await this.print(
      'openssl',
      ...['req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`],
      ...['-outform', 'DER', '-out', `${name}.csr`],
    );
    return this.read(`${name}.csr`).toString('base64');
  }

  async call(call: EstCall): Promise<EstAnswer> {
    this.calls += 1;
    const files = { head: `head-${String(this.calls)}`, body: `body-${String(this.calls)}` };
    const isSecure = this.base.startsWith('https:');
    await this.print(
      'curl',
      ...['--silent', '--show-error', '--dump-header', files.head, '--output', files.body],
      ...(isSecure ? ['--cacert', 'tls-ca.pem'] : []),
      ...credentialsOf(call),
      ...this.bodyOf(call),
      ...Object.entries(call.headers ?? {})
        .filter(([name]) => name !== 'content-type')
        .flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
      ...(call.method === undefined ? [] : ['--request', call.method]),
      `${this.base}/.well-known/est/${call.operation}`,
    );
    const [statusLine = '', ...lines] = lastHeadOf(this.read(files.head).toString());
    return {
      status: Number(statusLine.split(' ')[1]),
      headers: Object.fromEntries(
        lines.map((line) => {
          const colon = line.indexOf(':');
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
        }),
      ),
      body: this.bodyIn(files.body),
    };
  }

  /** Certificates in a certs-only answer, as openssl reads them; also as `NAME.crt`, PEM. */
  async certificatesIn(answer: EstAnswer, name: string): Promise<string[]> {
    this.write(`${name}.p7`, Buffer.from(answer.body, 'base64'));
    const pem = await this.print(
      'openssl',
      ...['pkcs7', '-inform', 'DER', '-in', `${name}.p7`, '-print_certs'],
    );
    const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];
    this.write(`${name}.crt`, found.join(''));
    return [...found];
  }

  private bodyOf({ body, headers }: EstCall): string[] {
    if (body === undefined) return [];
    const sent = `sent-${String(this.calls)}`;
    this.write(sent, body);
    const type = headers?.['content-type'] ?? 'application/pkcs10';
    return ['--data-binary', `@${sent}`, '--header', `Content-Type: ${type}`];
  }

  private bodyIn(name: string): string {
    try {
      return this.read(name).toString();
    } catch {
      return ''; // curl writes no file for an empty body
    }
  }

  private noteKey(name: string): void {
    for (const line of this.read(`${name}.key`).toString().trim().split('\n').slice(1, -1)) {
      noteSecret(line);
    }
  }
}

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
export const RSA = ['-newkey', 'rsa:2048'];

function credentialsOf({ code, bearer, identity }: EstCall): string[] {
  return [
    ...(code === undefined ? [] : ['--user', `est:${code}`]),
    ...(bearer === undefined ? [] : ['--header', `Authorization: Bearer ${bearer}`]),
    ...(identity === undefined ? [] : ['--cert', `${identity}.crt`, '--key', `${identity}.key`]),
  ];
}

/** Without that of an interim answer. */
function lastHeadOf(text: string): string[] {
  const heads = text.trim().split(/\r\n\r\n/);
  return (heads.at(-1) ?? '').split('\r\n');
}
