import { X509Certificate } from 'node:crypto';
import {
  exactItemsOf,
  octetsOfBitString,
  parseDer,
  positiveInteger,
  TAG,
} from '../../../src/features/certificates/x509/der';
import type { Identity } from './client-authority';

/** Order of the group of P-256 (SEC 2 section 2.4.2). */
const N = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/** The same certificate with the other signature (r, n−s) that whoever sees it can compute: its issuer must sign with P-256. */
export function bent(identity: Identity): Identity {
  const [toBeSigned, algorithm, signature] = exactItemsOf(parseDer(identity.der), TAG.SEQUENCE, 3);
  const [r, s] = exactItemsOf(parseDer(octetsOfBitString(signature)), TAG.SEQUENCE, 2);
  if (!toBeSigned || !algorithm || !r) throw new Error('no certificate');
  const other = N - BigInt(`0x${positiveInteger(s).toString('hex')}`);
  const bits = value(TAG.SEQUENCE, r.encoded, value(TAG.INTEGER, magnitude(other)));
  const der = value(
    TAG.SEQUENCE,
    toBeSigned.encoded,
    algorithm.encoded,
    value(TAG.BIT_STRING, Buffer.of(0), bits),
  );
  const certificate = new X509Certificate(der);
  return { ...identity, der, pem: certificate.toString(), fingerprint: certificate.fingerprint256 };
}

function value(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...(length < 0x80 ? [length] : long)), content]);
}

function magnitude(number: bigint): Buffer {
  const hex = number.toString(16);
  const octets = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return octets.readUInt8(0) < 0x80 ? octets : Buffer.concat([Buffer.of(0), octets]);
}
