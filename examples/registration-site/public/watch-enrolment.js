/**
 * Follows an enrolment at Signet live, in a browser, without a library. Copy this file.
 *
 * It speaks graphql-transport-ws (the protocol of the npm package graphql-ws, which does the same where there is a bundler), never
 * polls, and connects again with the last cursor: every status comes exactly once, over as many sockets as it takes.
 */

const SUBSCRIPTION = `subscription ($id: ID!, $after: String) {
  enrolmentStatus(enrolmentId: $id, after: $after) {
    cursor
    status
    detail
    enrolment { codeExpiresAt qr { png(size: 320) uri } failure { message } }
  }
}`;

const FINAL = ['ACTIVE', 'CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED'];
/** Of refused operations, those that are worth another try. */
const PASSING = ['INTERNAL', 'RATE_LIMITED'];
/** Close codes after which another try would end the same: the token does not count, or not any more. */
const HOPELESS = [4400, 4401, 4403];
const PING_EVERY_MS = 30_000;
const ANSWER_WITHIN_MS = 10_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * @param url where Signet is, such as https://id.example.org. It has to list this page's origin in ALLOWED_ORIGINS
 * @param onEvent takes each status, in order. After ACTIVE, CANCELLED, EXPIRED, FAILED or SUPERSEDED there are no more
 * @param onConnection is told LIVE, and LOST while it connects again
 * @param onRefused is told the code where Signet will not let this token watch: nothing more comes
 * @returns what stops it
 */
export function watchEnrolment({
  url,
  enrolmentId,
  watchToken,
  onEvent,
  onConnection = () => undefined,
  onRefused = () => undefined,
}) {
  let cursor = null;
  let failures = 0;
  let endAttempt = () => undefined;
  let retry;

  const finish = () => {
    clearTimeout(retry);
    window.removeEventListener('online', connect);
    endAttempt();
  };
  const refuse = (code) => {
    finish();
    onRefused(code);
  };
  const take = (event) => {
    cursor = event.cursor;
    if (FINAL.includes(event.status)) finish();
    onEvent(event);
  };
  const lose = () => {
    endAttempt();
    onConnection('LOST');
    failures += 1;
    retry = setTimeout(connect, pauseAfter(failures));
  };

  function connect() {
    clearTimeout(retry);
    endAttempt();
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
    const send = (message) => {
      socket.send(JSON.stringify(message));
    };
    // A connection that died silently is not closed by anybody: only an answer that stays away tells.
    let silence = setTimeout(lose, ANSWER_WITHIN_MS);
    const heartbeat = setInterval(() => {
      if (socket.readyState !== WebSocket.OPEN) return;
      send({ type: 'ping' });
      clearTimeout(silence);
      silence = setTimeout(lose, ANSWER_WITHIN_MS);
    }, PING_EVERY_MS);

    socket.onopen = () => {
      send({ type: 'connection_init', payload: { watchToken } });
    };
    socket.onmessage = ({ data }) => {
      clearTimeout(silence);
      const message = JSON.parse(data);
      if (message.type === 'connection_ack') {
        const variables = { id: enrolmentId, after: cursor };
        send({ id: '1', type: 'subscribe', payload: { query: SUBSCRIPTION, variables } });
        failures = 0;
        onConnection('LIVE');
      } else if (message.type === 'ping') {
        send({ type: 'pong' });
      } else if (message.type === 'next' && message.payload.data) {
        take(message.payload.data.enrolmentStatus);
      } else if (message.type === 'next' || message.type === 'error') {
        const [error] = message.type === 'next' ? message.payload.errors : message.payload;
        const { code } = error.extensions;
        if (PASSING.includes(code)) lose();
        else refuse(code);
      } else if (message.type === 'complete') {
        finish();
      }
    };
    socket.onclose = ({ code }) => {
      if (HOPELESS.includes(code)) refuse(String(code));
      else lose();
    };
    endAttempt = () => {
      clearTimeout(silence);
      clearInterval(heartbeat);
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
      endAttempt = () => undefined;
    };
  }

  window.addEventListener('online', connect);
  connect();
  return finish;
}

/** Longer each time, and not the same for all: a server that comes back is not stormed. */
function pauseAfter(failures) {
  return Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures) * (0.5 + Math.random() / 2);
}
