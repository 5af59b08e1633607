import { gatherCast, type Cast } from '../helpers/cast';
import { qrCodeIn, readPdf, type PrintedPdf } from '../helpers/browser/poppler';
import { createSelfRegistration, type SelfRegistrationStage } from '../helpers/self-registration';
import { startTestServer, type TestServer } from '../helpers/server';

const LINKS = [
  { label: 'Signet for Android', url: 'https://apps.example.org/android?id=signet' },
  { label: 'Signet für iPhone', url: 'https://apps.example.org/iphone' },
];

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer({ environment: { CA_KEY_ALGORITHM: 'P-256' } });
  cast = await gatherCast(server);
});
afterAll(() => server.stop());

function stageWith(settings: Readonly<Record<string, unknown>>): Promise<SelfRegistrationStage> {
  return createSelfRegistration(server, cast.admin, null, settings);
}

async function printed({ projectId }: SelfRegistrationStage): Promise<PrintedPdf> {
  const answer = await fetch(`${server.url}/projects/${projectId}/activation-code.pdf`, {
    headers: { authorization: `Bearer ${cast.admin}` },
  });
  return readPdf(Buffer.from(await answer.arrayBuffer()));
}

test('the page to print has the QR code, the instructions and the links, for eyes and for screen readers', async () => {
  const stage = await stageWith({
    instructions: 'Scan it.\nThen follow the steps, Ödön.',
    appLinks: LINKS,
    serverName: 'Gate',
  });
  const { pages, title, isTagged, text, pictures } = await printed(stage);
  expect({ pages, isTagged }).toEqual({ pages: 1, isTagged: true });
  expect(text).toContain(title);
  expect(text).toContain('Gate');
  expect(text).toContain('Then follow the steps, Ödön.');
  expect(text).toContain(stage.uri);
  for (const { label, url } of LINKS) {
    expect(text).toContain(label);
    expect(text).toContain(url);
  }
  const [picture = Buffer.alloc(0)] = pictures;
  const below = { top: 0.8, bottom: 1 };
  expect(qrCodeIn(picture, { left: 0, right: 1, top: 0, bottom: 0.7 })).toBe(stage.uri);
  expect(qrCodeIn(picture, { left: 0, right: 0.5, ...below })).toBe(LINKS[0]?.url);
  expect(qrCodeIn(picture, { left: 0.5, right: 1, ...below })).toBe(LINKS[1]?.url);
});

test('a page without links has one QR code, which phones can read', async () => {
  const stage = await stageWith({});
  const [picture = Buffer.alloc(0)] = (await printed(stage)).pictures;
  expect(qrCodeIn(picture)).toBe(stage.uri);
});

test('letters of many scripts come out as they went in', async () => {
  const instructions = 'Ödön Łukasz Ελληνικά Кириллица';
  const { text } = await printed(await stageWith({ instructions }));
  expect(text).toContain(instructions);
});

test('what is too long for the page is cut, and the page stays one', async () => {
  const appLinks = Array.from({ length: 6 }, (_, i) => ({
    label: 'W'.repeat(60),
    url: `https://apps.example.org/${String(i)}/${'w'.repeat(160)}`,
  }));
  const instructions = 'first line\n'.repeat(180);
  const stage = await stageWith({ appLinks, instructions, serverName: 'W'.repeat(100) });
  const { pages, text } = await printed(stage);
  expect(pages).toBe(1);
  expect(text).toContain(stage.uri);
  expect(text).toContain('first line');
});

test('a project in another language prints its page in it', async () => {
  const { text } = await printed(await stageWith({ language: 'DE', serverName: 'Tor' }));
  expect(text).toContain('Holen Sie sich Ihre Mobile ID von Tor');
  expect(text).toContain('Scannen Sie den QR-Code');
  expect(text).toContain('Keine Kamera zur Hand?');
  expect(text).not.toMatch(/\b(?:Get|Scan|camera|phone)\b/);
});
