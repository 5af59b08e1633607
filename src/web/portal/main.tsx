import { Provider } from 'urql';
import { createClient } from '../shared/client.js';
import { mount } from '../shared/mount.js';
import { App } from './app.js';
import { createSessionEnd } from './session.js';

const sessionEnd = createSessionEnd();
const client = createClient({ onSessionEnd: sessionEnd.notify });

mount(
  <Provider value={client}>
    <App sessionEnd={sessionEnd} />
  </Provider>,
);
