import { randomBytes, webcrypto } from 'node:crypto';
import 'reflect-metadata';
import { X509CertificateGenerator } from '@peculiar/x509';
import { SignedXml } from 'xml-crypto';

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
const C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';
export const PASSWORD_CONTEXT = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport';
export const WEAKER_CONTEXT = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PreviousSession';
export const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';

export interface SigningKey {
  /** PEM. */
  readonly privateKey: string;
  readonly certificate: string;
}

/** A key with a self-signed certificate, as a provider has it. */
export async function signingKey(modulusLength = 2048): Promise<SigningKey> {
  const algorithm = { ...RSA, modulusLength };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${randomBytes(8).toString('hex')}`,
    name: 'CN=Test provider',
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
    signingAlgorithm: algorithm,
    keys,
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const lines = pkcs8.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    privateKey: ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join(
      '\n',
    ),
    certificate: certificate.toString('pem'),
  };
}

/** Everything that a response says. Each attack changes one of these, and signs what it then says. */
export interface ResponseFields {
  readonly responseId: string;
  readonly assertionId: string;
  readonly version: string;
  readonly destination: string | null;
  readonly inResponseTo: string | null;
  readonly confirmedRequest: string | null;
  readonly responseIssuer: string;
  readonly assertionIssuer: string;
  readonly status: string;
  readonly nameId: string;
  readonly nameIdFormat: string;
  readonly method: string;
  readonly recipient: string;
  readonly confirmedUntil: Date | null;
  readonly notBefore: Date;
  readonly notOnOrAfter: Date;
  readonly audience: string;
  readonly authenticatedAt: Date;
  readonly sessionEndsAt: Date | null;
  readonly sessionIndex: string;
  readonly context: string;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** XML behind the AudienceRestriction. */
  readonly moreConditions: string;
  /** XML behind the assertion. */
  readonly moreParts: string;
}

/** How it is signed. */
export interface Signing {
  readonly key: SigningKey;
  readonly assertion: boolean;
  readonly response: boolean;
  readonly signature: string;
  readonly digest: string;
  readonly canonicalization: string;
}

export interface Addressee {
  readonly entityId: string;
  readonly acsUrl: string;
}

export function rightFields(
  { entityId, acsUrl }: Addressee,
  { issuer, requestId, nameId }: { issuer: string; requestId: string | null; nameId: string },
): ResponseFields {
  const now = Date.now();
  return {
    responseId: newMessageId(),
    assertionId: newMessageId(),
    version: '2.0',
    destination: acsUrl,
    inResponseTo: requestId,
    confirmedRequest: requestId,
    responseIssuer: issuer,
    assertionIssuer: issuer,
    status: SUCCESS,
    nameId,
    nameIdFormat: PERSISTENT,
    method: BEARER,
    recipient: acsUrl,
    confirmedUntil: new Date(now + 120_000),
    notBefore: new Date(now - 5000),
    notOnOrAfter: new Date(now + 120_000),
    audience: entityId,
    authenticatedAt: new Date(now - 1000),
    sessionEndsAt: null,
    sessionIndex: newMessageId(),
    context: PASSWORD_CONTEXT,
    attributes: {},
    moreConditions: '',
    moreParts: '',
  };
}

export function rightSigning(key: SigningKey): Signing {
  return {
    key,
    assertion: true,
    response: true,
    signature: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    digest: 'http://www.w3.org/2001/04/xmlenc#sha256',
    canonicalization: C14N,
  };
}

export function newMessageId(): string {
  return `_${randomBytes(16).toString('hex')}`;
}

export function responseXml(fields: ResponseFields): string {
  const { responseId, version, destination, inResponseTo, status } = fields;
  return [
    `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="${responseId}" Version="${version}" IssueInstant="${new Date().toISOString()}"`,
    `${attribute('Destination', destination)}${attribute('InResponseTo', inResponseTo)}>`,
    issuerXml(fields.responseIssuer),
    `<samlp:Status><samlp:StatusCode Value="${status}"/></samlp:Status>`,
    assertionXml(fields),
    fields.moreParts,
    `</samlp:Response>`,
  ].join('');
}

function assertionXml(fields: ResponseFields): string {
  const { nameId, nameIdFormat, notBefore, notOnOrAfter, attributes, sessionEndsAt } = fields;
  return [
    `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${fields.assertionId}" Version="2.0" IssueInstant="${new Date().toISOString()}">`,
    issuerXml(fields.assertionIssuer),
    `<saml:Subject><saml:NameID Format="${nameIdFormat}">${nameId}</saml:NameID>`,
    `<saml:SubjectConfirmation Method="${fields.method}"><saml:SubjectConfirmationData Recipient="${fields.recipient}"`,
    `${attribute('NotOnOrAfter', fields.confirmedUntil?.toISOString() ?? null)}${attribute('InResponseTo', fields.confirmedRequest)}/>`,
    `</saml:SubjectConfirmation></saml:Subject>`,
    `<saml:Conditions NotBefore="${notBefore.toISOString()}" NotOnOrAfter="${notOnOrAfter.toISOString()}">`,
    `<saml:AudienceRestriction><saml:Audience>${fields.audience}</saml:Audience></saml:AudienceRestriction>${fields.moreConditions}</saml:Conditions>`,
    `<saml:AuthnStatement AuthnInstant="${fields.authenticatedAt.toISOString()}" SessionIndex="${fields.sessionIndex}"${attribute('SessionNotOnOrAfter', sessionEndsAt?.toISOString() ?? null)}>`,
    `<saml:AuthnContext><saml:AuthnContextClassRef>${fields.context}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`,
    attributesXml(attributes),
    `</saml:Assertion>`,
  ].join('');
}

/** Signs the assertion, then the response around it. */
export function signResponse(xml: string, signing: Signing): string {
  const withAssertion = signing.assertion
    ? signElement(xml, `//*[local-name(.)='Assertion']`, signing)
    : xml;
  return signing.response
    ? signElement(withAssertion, `/*[local-name(.)='Response']`, signing)
    : withAssertion;
}

/** An enveloped signature behind the element's Issuer. */
export function signElement(xml: string, xpath: string, signing: Signing): string {
  const signer = new SignedXml({
    privateKey: signing.key.privateKey,
    publicCert: signing.key.certificate,
    signatureAlgorithm: signing.signature,
    canonicalizationAlgorithm: signing.canonicalization,
  });
  const transforms = [ENVELOPED, signing.canonicalization];
  signer.addReference({ xpath, transforms, digestAlgorithm: signing.digest });
  const location = {
    reference: `${xpath}/*[local-name(.)='Issuer']`,
    action: 'after' as const,
  };
  signer.computeSignature(xml, { location });
  return signer.getSignedXml();
}

export function encoded(xml: string): string {
  return Buffer.from(xml).toString('base64');
}

function issuerXml(issuer: string): string {
  return `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${issuer}</saml:Issuer>`;
}

function attribute(name: string, value: string | null): string {
  return value === null ? '' : ` ${name}="${value}"`;
}

function attributesXml(attributes: ResponseFields['attributes']): string {
  const all = Object.entries(attributes).map(
    ([name, values]) =>
      `<saml:Attribute Name="${name}">${values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join('')}</saml:Attribute>`,
  );
  return all.length === 0
    ? ''
    : `<saml:AttributeStatement>${all.join('')}</saml:AttributeStatement>`;
}
