import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Openssl } from '../../unit/certificates/openssl';
import { asHeader } from './certificate-caller';
import { ClientAuthority, type Identity } from './client-authority';

/** A client certificate that a proxy on this machine tells of, and the settings of a server that believes it. */
export class ShownCertificate {
  private readonly folder = mkdtempSync(join(tmpdir(), 'signet-shown-certificate-'));
  private readonly openssl = new Openssl();
  private readonly identity: Identity;
  readonly environment: Readonly<Record<string, string>>;

  constructor() {
    const root = ClientAuthority.root(this.openssl, '/O=Example/CN=Client root');
    this.identity = root.issue('/CN=alva');
    const file = join(this.folder, 'client-ca.pem');
    writeFileSync(file, root.identity.pem);
    this.environment = { CLIENT_CA: file, TRUSTED_PROXIES: '127.0.0.1,::1' };
  }

  get headers(): Readonly<Record<string, string>> {
    return { 'client-cert': asHeader(this.identity) };
  }

  remove(): void {
    this.openssl.remove();
    rmSync(this.folder, { recursive: true });
  }
}
