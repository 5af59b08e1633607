import { endOf, startBatch } from '../helpers/batches';
import { gatherCast, type Cast } from '../helpers/cast';
import { newName } from '../helpers/orders';
import { createProject } from '../helpers/people';
import { readPdf } from '../helpers/browser/poppler';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;
beforeAll(async () => {
  server = await startTestServer({ environment: { CA_KEY_ALGORITHM: 'P-256' } });
  cast = await gatherCast(server);
});
afterAll(() => server.stop());

const LINKS = [{ label: 'Signet for Android', url: 'https://apps.example.org/android?id=signet' }];

async function sheetOf(settings: Readonly<Record<string, unknown>>): Promise<string> {
  const { token } = cast.operator;
  const projectId = await createProject(server, cast.admin, newName('project'), settings);
  const { id } = await startBatch(server, token, projectId, { userIds: [cast.alva.id] });
  await endOf(server, token, id);
  const answer = await fetch(`${server.url}/batches/${id}.pdf`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { text } = readPdf(Buffer.from(await answer.arrayBuffer()));
  return text.replace(/\s+/g, ' ');
}

test('a sheet says for whom its code is, until when, and where the apps are', async () => {
  const text = await sheetOf({ appLinks: LINKS });
  expect(text).toContain('Scan the QR code with the camera of your phone');
  expect(text).toMatch(
    /This code is for .+ alone, and can be scanned until \d+ \w+ 20\d\d at \d\d:\d\d UTC\./,
  );
  for (const { label, url } of LINKS) {
    expect(text).toContain(label);
    expect(text).toContain(url);
  }
});

test('the sheets of a project in another language are in it', async () => {
  const text = await sheetOf({ language: 'DE' });
  expect(text).toContain('Scannen Sie den QR-Code');
  expect(text).toContain('Keine Kamera zur Hand?');
  expect(text).toMatch(/Dieser Code ist allein für .+ und kann bis .+ UTC gescannt werden\./);
});
