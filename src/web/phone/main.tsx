import { connectToServer } from '../../phone/server-api.js';
import { Phone } from '../../phone/phone.js';
import { serverUrlOf } from '../../phone/link.js';
import { serverNow } from '../shared/clock.js';
import { mount } from '../shared/mount.js';
import { App } from './app.js';
import { describeDevice } from './device.js';
import { IndexedDbKeyStore } from './indexed-db-key-store.js';
import { ScannedCode } from './scanned-code.js';
import { EnrolmentSession } from './enrolment-session.js';

// Before anything else, so that the code stands in the address bar for no longer than it must.
const scanned = new ScannedCode(window);

const serverUrl = serverUrlOf(location);
const store = new IndexedDbKeyStore();
const session = new EnrolmentSession({
  scanned,
  store,
  makePhone: async (report) =>
    new Phone({
      serverUrl,
      api: connectToServer({ serverUrl }),
      store,
      device: await describeDevice(navigator),
      now: () => new Date(serverNow()),
      pause: (ms) =>
        new Promise((resolve) => {
          setTimeout(resolve, ms);
        }),
      report,
    }),
});
window.addEventListener('hashchange', () => {
  if (scanned.take()) void session.begin();
});

mount(<App session={session} />);
void session.begin();
