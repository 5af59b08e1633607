/** The part of the page that gets a mobile ID: orders at this site's server, then watches and steers at Signet. */
import { watchEnrolment } from './watch-enrolment.js';

const section = document.getElementById('mobile-id');
const parts = Object.fromEntries(
  [
    ...['status', 'problem', 'code', 'qr', 'until', 'link', 'confirmation'],
    ...['order', 'renew', 'cancel', 'none'],
  ].map((id) => [id, document.getElementById(id)]),
);
const signetUrl = section.dataset.signet;

const TEXTS = {
  WAITING_FOR_SCAN: 'Scan the code with the camera of your phone.',
  CODE_EXPIRED: 'This code has run out.',
  SCANNED: 'Scanned. Follow the steps on the phone.',
  AWAITING_CONFIRMATION: 'Type in the six digits that the phone shows.',
  CONFIRMED: 'Confirmed. Follow the steps on the phone.',
  ISSUING: 'Your mobile ID is being made.',
  ACTIVE: 'Your mobile ID is active.',
  CANCELLED: 'Cancelled. No phone has got anything.',
  EXPIRED: 'This took too long.',
  FAILED: 'This did not work.',
  SUPERSEDED: 'You have begun anew elsewhere.',
};
/** While nobody has scanned it is an order to cancel; afterwards it may be somebody else's phone. */
const CANCEL_LABELS = {
  WAITING_FOR_SCAN: 'Cancel',
  CODE_EXPIRED: 'Cancel',
  SCANNED: 'Not my phone',
  AWAITING_CONFIRMATION: 'Not my phone',
  CONFIRMED: 'Not my phone',
};
const ENDED_UNDONE = ['CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED'];

/** What is watched now: `{ enrolment: { id }, watchToken }`. */
let current;

function show({ status, detail, enrolment }) {
  section.dataset.status = status;
  parts.status.textContent = [
    TEXTS[status],
    status === 'SCANNED' && detail ? `Phone: ${detail}.` : '',
    enrolment.failure?.message ?? '',
  ]
    .filter((text) => text)
    .join(' ');
  const qr = status === 'WAITING_FOR_SCAN' ? enrolment.qr : null;
  parts.code.hidden = !qr;
  if (qr) {
    parts.until.textContent = new Date(enrolment.codeExpiresAt).toLocaleTimeString();
    parts.qr.src = `data:image/png;base64,${qr.png}`;
    parts.link.href = qr.uri;
  } else {
    parts.qr.removeAttribute('src');
    parts.link.removeAttribute('href');
  }
  if (parts.none) parts.none.hidden = !ENDED_UNDONE.includes(status);
  parts.renew.hidden = status !== 'CODE_EXPIRED';
  parts.confirmation.hidden = status !== 'AWAITING_CONFIRMATION';
  parts.cancel.hidden = CANCEL_LABELS[status] === undefined;
  parts.cancel.textContent = CANCEL_LABELS[status] ?? '';
  parts.order.hidden = !ENDED_UNDONE.includes(status);
}

function complain(message = '') {
  parts.problem.textContent = message;
  parts.problem.hidden = message === '';
}

async function order() {
  complain();
  parts.order.hidden = true;
  try {
    current = await postToSite('/mobile-id/orders');
  } catch (error) {
    parts.order.hidden = false;
    complain(error.message);
    return;
  }
  show({ ...current.enrolment, enrolment: current.enrolment });
  watchEnrolment({
    url: signetUrl,
    enrolmentId: current.enrolment.id,
    watchToken: current.watchToken,
    onEvent: (event) => {
      complain();
      show(event);
      if (event.status === 'ACTIVE') void arrive();
    },
    onConnection: (connection) => {
      section.dataset.connection = connection;
    },
    onRefused: () => {
      complain('This page is no longer up to date. Please load it again.');
    },
  });
}

/** The server looks for itself, keeps what it finds, and shows that. */
async function arrive() {
  try {
    await postToSite('/mobile-id/arrivals');
    window.location.reload();
  } catch (error) {
    complain(error.message);
  }
}

async function postToSite(path) {
  const response = await fetch(path, { method: 'POST' });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

/** Changes the one enrolment that the watch token stands for. What comes of it is seen by the watch. */
async function steer(mutation, variables = {}) {
  complain();
  const response = await fetch(`${signetUrl}/graphql`, {
    method: 'POST',
    credentials: 'omit',
    headers: { 'content-type': 'application/json', 'x-watch-token': current.watchToken },
    body: JSON.stringify({
      query: mutation,
      variables: { id: current.enrolment.id, ...variables },
    }),
  });
  const { errors } = await response.json();
  if (errors?.length > 0) complain(errors[0].message);
}

const RENEW = 'mutation ($id: ID!) { renewEnrolmentCode(id: $id) { id } }';
const CANCEL = 'mutation ($id: ID!) { cancelEnrolment(id: $id) { id } }';
const CONFIRM =
  'mutation ($id: ID!, $code: String!) { confirmDevice(id: $id, code: $code) { id } }';

/** One click, one call. */
function onPress(button, action) {
  button.addEventListener('click', () => {
    button.disabled = true;
    action()
      .catch(() => complain('The server of the mobile IDs cannot be reached. Please try again.'))
      .finally(() => {
        button.disabled = false;
      });
  });
}

onPress(parts.order, order);
onPress(parts.renew, () => steer(RENEW));
onPress(parts.cancel, () => steer(CANCEL));
parts.confirmation.addEventListener('submit', (event) => {
  event.preventDefault();
  const code = new FormData(parts.confirmation).get('code');
  parts.confirmation.reset();
  steer(CONFIRM, { code }).catch(() => complain('Please try again.'));
});

// An order that was not finished when the page was left goes on.
if (section.dataset.order === 'open') void order();
