import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint } from 'jose';
import type { KeyRing } from '../../kernel/secrets.js';
import type { ChangeScope, Sql } from '../../platform/scope.js';
import { OAuthSigningKey } from './oauth.entity.js';

const PURPOSE = 'oauth-signing-key';
const SHAPE = /^[A-Za-z0-9_-]{43}$/;

/** A key that access tokens are signed with, opened: its private part is for the signer only. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** The server's own keys for access tokens: ES256. The newest signs; a token is verified by the key that its `kid` names. */
export class SigningKeyService {
  private readonly publicKeys = new Map<string, KeyObject>();

  constructor(private readonly keys: KeyRing) {}

  /** All keys, newest first; the first one is made at the very first start. Two instances that start together make one. */
  async open(scope: ChangeScope): Promise<readonly [SigningKey, ...SigningKey[]]> {
    await scope.sql(
      'signing-key.serialize',
      `SELECT pg_advisory_xact_lock(hashtext('signet oauth signing key'))`,
      [],
    );
    const rows = await scope.db.find(OAuthSigningKey, { order: { createdAt: 'DESC', kid: 'ASC' } });
    const [newest = await this.add(scope), ...earlier] = rows;
    return [this.opened(newest), ...earlier.map((row) => this.opened(row))];
  }

  /** The key of this name, also where another instance made it a moment ago; undefined where there is none. */
  async publicKey(sql: Sql, kid: string): Promise<KeyObject | undefined> {
    const known = this.publicKeys.get(kid);
    if (known !== undefined || !SHAPE.test(kid)) return known;
    const [row] = await sql<{ jwk: Record<string, string> }>(
      'signing-key.public',
      'SELECT public_jwk AS jwk FROM oauth_signing_key WHERE kid = $1',
      [kid],
    );
    if (row === undefined) return undefined;
    const key = createPublicKey({ key: row.jwk, format: 'jwk' });
    this.publicKeys.set(kid, key);
    return key;
  }

  private opened({ kid, sealedKey }: OAuthSigningKey): SigningKey {
    const key = this.keys.open(PURPOSE, kid, sealedKey);
    return { kid, privateKey: createPrivateKey({ key, format: 'der', type: 'pkcs8' }) };
  }

  private async add(scope: ChangeScope): Promise<OAuthSigningKey> {
    const pair = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
    const publicJwk = pair.publicKey.export({ format: 'jwk' }) as Record<string, string>;
    const kid = await calculateJwkThumbprint(publicJwk); // RFC 7638
    const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
    const sealedKey = this.keys.seal(PURPOSE, kid, pkcs8);
    const row = { kid, publicJwk, sealedKey, createdAt: scope.now };
    await scope.db.insert(OAuthSigningKey, row);
    return row;
  }
}
