import { createHash } from 'node:crypto';
import { octetsOfBitString, TAG } from '../../../src/features/certificates/x509/der';
import { type ReadOcspResponse, type SingleAnswer, STATUS } from './ocsp-response';
import { hasDuplicates, rulesOf, unless } from './rule';
import {
  extensionOf,
  ID,
  isCritical,
  keyUsagesOf,
  oidOf,
  purposesOf,
  type ReadCertificate,
  WITHIN,
} from './structure';
import { dateOf, generalizedTimeProblem } from './times';

interface Answered {
  readonly response: ReadOcspResponse;
  readonly issuer: ReadCertificate;
  /** Who has signed: the issuer, or the responder whose certificate the answer brings. */
  readonly responder: ReadCertificate;
  /** What the request's nonce was, undefined where that is not known; null where it had none. */
  readonly nonce: Buffer | null | undefined;
}

const HASHES: ReadonlyMap<string, string> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);
const BY_NAME = WITHIN(1);
const BY_KEY = WITHIN(2);
const REASONS = [1, 2, 3, 4, 5, 6, 9, 10];

export const OCSP_RULES = rulesOf<Answered>([
  {
    name: 'ocsp_version_default',
    source: 'RFC 6960 4.2.1, X.690 11.5',
    problem: ({ response }) =>
      unless(response.version === undefined, 'The default is written out.'),
  },
  {
    name: 'ocsp_responder_authorized',
    source: 'RFC 6960 4.2.2.2',
    problem: ({ issuer, responder }) => {
      const isIssuer = responder.der.equals(issuer.der);
      const isFit =
        purposesOf(responder).includes(ID.ocspSigning) &&
        responder.issuer.encoded.equals(issuer.subject.encoded);
      return unless(isIssuer || isFit, 'Neither the issuer, nor its delegate for OCSPSigning.');
    },
  },
  {
    name: 'ocsp_responder_key_usage',
    source: 'RFC 5280 4.2.1.12, OCSPSigning',
    problem: ({ issuer, responder }) => {
      const signs = keyUsagesOf(responder).some(
        (it) => it === 'digitalSignature' || it === 'nonRepudiation',
      );
      return unless(signs || responder.der.equals(issuer.der), 'Its key is not for signatures.');
    },
  },
  {
    name: 'ocsp_responder_no_check',
    source: 'RFC 6960 4.2.2.2.1',
    problem: ({ issuer, responder }) =>
      unless(
        responder.der.equals(issuer.der) || extensionOf(responder, ID.noCheck) !== undefined,
        'Who could tell that it is not revoked?',
      ),
  },
  {
    name: 'ocsp_responder_valid',
    source: 'RFC 6960 3.2 (4)',
    problem: ({ response, responder }) => {
      const at = dateOf(response.producedAt);
      return unless(
        dateOf(responder.notBefore) <= at && at <= dateOf(responder.notAfter),
        'Not then.',
      );
    },
  },
  {
    name: 'ocsp_responder_id',
    source: 'RFC 6960 4.2.1 and 4.2.2.3, SHA-1 of the key for byKey',
    problem: ({ response: { responderId }, responder }) => {
      const [value] = responderId.items;
      if (responderId.tag === BY_NAME) {
        return unless(value?.encoded.equals(responder.subject.encoded) === true, 'Another name.');
      }
      const hash = createHash('sha1').update(keyBits(responder)).digest();
      return unless(
        responderId.tag === BY_KEY && value?.content.equals(hash) === true,
        'Another key.',
      );
    },
  },
  {
    name: 'ocsp_times_encoded',
    source: 'RFC 6960 4.2.1 and 4.2.2.1: GeneralizedTime as in RFC 5280 4.1.2.5.2',
    problem: ({ response }) =>
      [response.producedAt, ...response.answers.flatMap(timesOf)]
        .map(generalizedTimeProblem)
        .find((problem) => problem),
  },
  {
    name: 'ocsp_produced_after_this_update',
    source: 'RFC 6960 2.4 and 4.2.2.1; pkilint',
    problem: everyAnswer(
      ({ thisUpdate }, { response }) => dateOf(thisUpdate) <= dateOf(response.producedAt),
    ),
  },
  {
    name: 'ocsp_next_update',
    source: 'RFC 6960 4.2.2.1; RFC 5019 2.2.4',
    problem: everyAnswer(
      ({ thisUpdate, nextUpdate }) =>
        nextUpdate !== undefined && dateOf(thisUpdate) < dateOf(nextUpdate),
    ),
  },
  {
    name: 'ocsp_answers',
    source: 'RFC 6960 4.2.1',
    problem: ({ response: { answers } }) =>
      unless(
        answers.length > 0 &&
          !hasDuplicates(answers.map(({ certId }) => certId.encoded.toString('hex'))),
        'None, or two for one certificate.',
      ),
  },
  {
    name: 'ocsp_cert_id',
    source: 'RFC 6960 4.1.1',
    problem: everyAnswer(({ certId }, { issuer }) => {
      const [algorithm, nameHash, keyHash, serial] = certId.items;
      const hash = HASHES.get(oidOf(algorithm?.items[0]));
      if (hash === undefined || serial?.tag !== TAG.INTEGER) return false;
      const isName = nameHash?.content.equals(
        createHash(hash).update(issuer.subject.encoded).digest(),
      );
      return (
        isName === true &&
        keyHash?.content.equals(createHash(hash).update(keyBits(issuer)).digest()) === true
      );
    }),
  },
  {
    name: 'ocsp_status',
    source: 'RFC 6960 4.2.1: IMPLICIT choices',
    problem: everyAnswer(({ status }) => {
      if (status.tag !== STATUS.revoked) {
        return (
          (status.tag === STATUS.good || status.tag === STATUS.unknown) &&
          status.content.length === 0
        );
      }
      return status.items[0] !== undefined;
    }),
  },
  {
    name: 'ocsp_revoked_before_produced',
    source: 'RFC 6960 4.2.2.1 and 2.2',
    problem: everyAnswer(({ status }, { response }) => {
      const [time] = status.tag === STATUS.revoked ? status.items : [];
      return time === undefined || dateOf(time) <= dateOf(response.producedAt);
    }),
  },
  {
    name: 'ocsp_reason_codes',
    source: 'RFC 5280 5.3.1, by analogy: unspecified is left out',
    problem: everyAnswer(({ status }) => {
      const reason = status.tag === STATUS.revoked ? status.items[1]?.items[0] : undefined;
      return reason === undefined || REASONS.includes(reason.content[0] ?? -1);
    }),
  },
  {
    name: 'ocsp_extensions',
    source: 'RFC 6960 4.4 and 4.2.2.1: none has to be understood',
    problem: ({ response }) => {
      const lists = [response.extensions, ...response.answers.map(({ extensions }) => extensions)];
      const isFit = lists.every(
        (list) => !hasDuplicates(list.map(({ id }) => id)) && !list.some(isCritical),
      );
      return unless(isFit, 'One is critical, or stands twice.');
    },
  },
  {
    name: 'ocsp_nonce',
    source: 'RFC 9654 2.1, RFC 6960 4.4.1',
    problem: ({ response, nonce }) => {
      const found = extensionOf(response, ID.nonce)?.value;
      const isFit =
        found === undefined ||
        (found.tag === TAG.OCTET_STRING &&
          found.content.length >= 1 &&
          found.content.length <= 128);
      if (!isFit) return 'It is no OCTET STRING of 1 to 128 octets.';
      if (nonce === undefined) return undefined;
      const isSame = nonce === null ? found === undefined : found?.content.equals(nonce) === true;
      return unless(isSame, "It is not the request's.");
    },
  },
]);

function everyAnswer(
  holds: (answer: SingleAnswer, answered: Answered) => boolean,
): (answered: Answered) => string | undefined {
  return (answered) => {
    const bad = answered.response.answers.find((answer) => !holds(answer, answered));
    return bad && `serial number ${bad.certId.items[3]?.content.toString('hex') ?? 'missing'}`;
  };
}

function timesOf({ status, thisUpdate, nextUpdate }: SingleAnswer): SingleAnswer['thisUpdate'][] {
  const [revokedAt] = status.tag === STATUS.revoked ? status.items : [];
  return [thisUpdate, nextUpdate, revokedAt].filter((time) => time !== undefined);
}

function keyBits({ spki }: ReadCertificate): Buffer {
  return octetsOfBitString(spki.items[1]);
}
