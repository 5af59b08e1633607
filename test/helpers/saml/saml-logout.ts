import { createSign } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { KnownProvider } from './saml-stage';
import {
  newMessageId,
  PERSISTENT,
  rightSigning,
  signElement,
  type SigningKey,
} from './saml-provider';

export interface LogoutFields {
  readonly id: string;
  readonly version: string;
  readonly destination: string | null;
  readonly issuer: string;
  readonly issuedAt: Date;
  readonly notOnOrAfter: Date | null;
  readonly nameId: string;
  readonly sessionIndexes: readonly string[];
  readonly inResponseTo: string;
  readonly status: string;
}

const signOutUrlOf = ({ acsUrl }: KnownProvider): string => acsUrl.replace(/acs$/, 'logout');

export function rightLogout(provider: KnownProvider, nameId: string): LogoutFields {
  return {
    id: newMessageId(),
    version: '2.0',
    destination: signOutUrlOf(provider),
    issuer: provider.issuer,
    issuedAt: new Date(),
    notOnOrAfter: new Date(Date.now() + 60_000),
    nameId,
    sessionIndexes: [],
    inResponseTo: '',
    status: 'urn:oasis:names:tc:SAML:2.0:status:Success',
  };
}

export function logoutRequestXml(fields: LogoutFields): string {
  const end = fields.notOnOrAfter?.toISOString();
  return [
    `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"${envelope(fields)}`,
    `${end === undefined ? '' : ` NotOnOrAfter="${end}"`}><saml:Issuer>${fields.issuer}</saml:Issuer>`,
    `<saml:NameID Format="${PERSISTENT}">${fields.nameId}</saml:NameID>`,
    ...fields.sessionIndexes.map((index) => `<samlp:SessionIndex>${index}</samlp:SessionIndex>`),
    `</samlp:LogoutRequest>`,
  ].join('');
}

export function logoutResponseXml(fields: LogoutFields): string {
  return [
    `<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"${envelope(fields)}`,
    ` InResponseTo="${fields.inResponseTo}"><saml:Issuer>${fields.issuer}</saml:Issuer>`,
    `<samlp:Status><samlp:StatusCode Value="${fields.status}"/></samlp:Status></samlp:LogoutResponse>`,
  ].join('');
}

/** The query of the redirect binding. */
export function redirectQuery(
  name: 'SAMLRequest' | 'SAMLResponse',
  xml: string,
  {
    key,
    hash = 'sha256',
    relayState,
  }: { key: SigningKey; hash?: 'sha1' | 'sha256'; relayState?: string },
): string {
  const message = encodeURIComponent(deflateRawSync(xml).toString('base64'));
  const algorithm =
    hash === 'sha1'
      ? 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'
      : 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
  const state =
    relayState === undefined
      ? ''
      : `&RelayState=${encodeURIComponent(relayState).replaceAll("'", '%27')}`;
  const signed = `${name}=${message}${state}&SigAlg=${encodeURIComponent(algorithm)}`;
  const signature = createSign(hash).update(signed).sign(key.privateKey, 'base64');
  return `${signed}&Signature=${encodeURIComponent(signature)}`;
}

/** The form field of the POST binding. */
export function postedMessage(xml: string, key: SigningKey): string {
  return Buffer.from(signElement(xml, '/*', rightSigning(key))).toString('base64');
}

function envelope({ id, version, issuedAt, destination }: LogoutFields): string {
  const to = destination === null ? '' : ` Destination="${destination}"`;
  return ` ID="${id}" Version="${version}" IssueInstant="${issuedAt.toISOString()}"${to}`;
}
