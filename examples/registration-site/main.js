import { createServer } from 'node:http';
import { createSite } from './site.js';

const {
  HOST = '127.0.0.1',
  PORT = '4100',
  SITE_URL = `http://localhost:${PORT}`,
  SITE_DATA = 'data/site.json',
  SIGNET_URL = 'http://localhost:4000',
} = process.env;

const missing = ['SIGNET_CLIENT_ID', 'SIGNET_CLIENT_SECRET', 'SIGNET_PROJECT'].filter(
  (name) => !process.env[name],
);
if (missing.length > 0) {
  process.stderr.write(`Set ${missing.join(', ')}: README.md says where they come from.\n`);
  process.exit(2);
}

const site = createSite({
  url: SITE_URL,
  dataFile: SITE_DATA,
  signet: {
    url: SIGNET_URL,
    clientId: process.env.SIGNET_CLIENT_ID,
    clientSecret: process.env.SIGNET_CLIENT_SECRET,
    projectId: process.env.SIGNET_PROJECT,
  },
});

const server = createServer(site);
server.listen(Number(PORT), HOST, () => {
  process.stdout.write(`The site is at ${SITE_URL}, and takes mobile IDs from ${SIGNET_URL}.\n`);
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}
