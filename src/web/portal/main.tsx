import { Provider } from 'urql';
import { createClient } from '../shared/client.js';
import { mount } from '../shared/mount.js';
import { Portal } from './portal.js';
import { Arrival } from './sign-in/arrival.js';
import { createSessionEnd } from './sign-in/session-end.js';

// Before anything else, so that a mailed secret stands in the address bar for no longer than it must.
const arrival = new Arrival(window);
window.addEventListener('hashchange', () => {
  arrival.take();
});

const sessionEnd = createSessionEnd();
const client = createClient({ onSessionEnd: sessionEnd.notify });

mount(
  <Provider value={client}>
    <Portal arrival={arrival} sessionEnd={sessionEnd} />
  </Provider>,
);
