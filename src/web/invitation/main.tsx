import { mount } from '../shared/mount.js';
import { ScannedCode } from '../shared/scanned-code.js';
import { App } from './app.js';
import { isPhone } from './device-kind.js';
import { readInvitation } from './invitation.js';

// Before anything else, so that the code stands in the address bar for no longer than it must. The phone page finds it in this tab.
const scanned = new ScannedCode(window);

if (scanned.current() !== undefined && isPhone(navigator)) {
  location.replace(location.pathname.replace(/\/i\/?$/, '/m'));
} else {
  const read = (): ReturnType<typeof readInvitation> => readInvitation(location, scanned.current());
  window.addEventListener('hashchange', () => {
    if (scanned.take()) location.reload();
  });
  mount(<App read={read} />);
}
