import QRCode from 'qrcode';
import { adviceOn, type Advice } from '../../phone/advice.js';
import { noteInvitationOpened } from '../../phone/invitation-api.js';
import { isCode, serverUrlOf } from '../../phone/link.js';
import { NO_ANSWER, PhoneError, ServerError } from '../../phone/problem.js';

/** What the page shows. */
export type Invitation =
  | { readonly name: 'CODE'; readonly svg: string; readonly phonePage: string }
  | { readonly name: 'PROBLEM'; readonly advice: Advice };

/** ISO/IEC 18004 asks for four modules of light margin. */
const DRAWING = { type: 'svg', margin: 4, errorCorrectionLevel: 'M' } as const;
const NEW_INVITATION = 'Ask whoever invited you for a new invitation.';
const NEWER_INVITATION = `Use the newer one. Have you got none? ${NEW_INVITATION}`;

/** Draws the code, where it still leads somewhere. A server that does not answer keeps nobody from scanning. */
export async function readInvitation(
  page: Pick<URL, 'origin' | 'pathname'>,
  code: string | undefined,
): Promise<Invitation> {
  const serverUrl = serverUrlOf(page);
  try {
    if (code === undefined || !isCode(code)) throw new PhoneError('LINK_NOT_UNDERSTOOD');
    const isKnown = await noteInvitationOpened({ serverUrl }, code);
    if (!isKnown) throw new ServerError('CODE_UNKNOWN', 'There is no such code.');
  } catch (error) {
    const advice = adviceOn(error);
    if (advice.code !== NO_ANSWER || code === undefined) {
      return { name: 'PROBLEM', advice: { ...advice, next: nextOf(advice) } };
    }
  }
  const phonePage = `${serverUrl}/m`;
  const svg = await QRCode.toString(`${phonePage}#${code}`, DRAWING);
  return { name: 'CODE', svg, phonePage };
}

function nextOf({ code, next }: Advice): string {
  if (code === 'ENROLMENT_SUPERSEDED') return NEWER_INVITATION;
  return /^(?:CODE|ENROLMENT)_/.test(code) ? NEW_INVITATION : next;
}
