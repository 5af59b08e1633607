import { connectToServer } from '../../phone/server-api.js';
import { Phone } from '../../phone/phone.js';
import { connectForProofs } from '../../phone/proofs/proof-api.js';
import { connectForRenewals } from '../../phone/renewal/renewal-api.js';
import { Renewer } from '../../phone/renewal/renewer.js';
import { reportIn } from '../../phone/report.js';
import { Prover } from '../../phone/proofs/prover.js';
import { noteInvitationOpened } from '../../phone/invitation-api.js';
import { serverUrlOf } from '../../phone/link.js';
import { serverNow } from '../shared/clock.js';
import { mount } from '../shared/mount.js';
import { App } from './app.js';
import { describeDevice } from './device.js';
import { IndexedDbKeyStore } from './indexed-db-key-store.js';
import { ScannedCode } from '../shared/scanned-code.js';
import { reportWhenOpened } from './reporting.js';
import { EnrolmentSession } from './enrolment/enrolment-session.js';
import { ProofSession } from './proof/proof-session.js';
import { RenewalSession } from './library/renewal-session.js';

// Before anything else, so that the code stands in the address bar for no longer than it must.
const scanned = new ScannedCode(window);

const serverUrl = serverUrlOf(location);
const store = new IndexedDbKeyStore();
const now = (): Date => new Date(serverNow());
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
const session = new EnrolmentSession({
  scanned,
  store,
  noteOpened: (code) => {
    void noteInvitationOpened({ serverUrl }, code).catch(() => undefined);
  },
  makePhone: async (report) =>
    new Phone({
      serverUrl,
      api: connectToServer({ serverUrl }),
      store,
      device: await describeDevice(navigator),
      now,
      pause,
      report,
    }),
});
const proof = new ProofSession({
  scanned,
  store,
  prover: new Prover({ serverUrl, api: connectForProofs({ serverUrl }), store, now, pause }),
});
const renewal = new RenewalSession({
  serverUrl,
  now,
  renewer: new Renewer({ serverUrl, api: connectForRenewals({ serverUrl }), store, now, pause }),
  onRenewed: () => session.showLibrary(),
});
const begin = (): void => {
  if (proof.code() === undefined) {
    proof.leave();
    void session.begin();
  } else {
    void proof.begin();
  }
};
window.addEventListener('hashchange', () => {
  if (scanned.take()) begin();
});

mount(<App session={session} proof={proof} renewal={renewal} />);
begin();
reportWhenOpened({ page: document, now, report: () => reportIn({ serverUrl, store, now }) });
