import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, Router } from 'express';
import { DomainError } from '../../src/kernel/errors';
import { startEdge, stopEdges, type TestEdge } from '../helpers/edge/edge-server';

const webRoot = mkdtempSync(join(tmpdir(), 'signet-web-'));
const router = Router();
router.post('/echo', json(), (_req, res) => res.json({}));
router.get('/taken', () => {
  throw new DomainError('CONFLICT', { why: 'because' });
});
router.get('/bug', () => {
  throw new Error('inner detail');
});
router.get('/half', async (_req, res) => {
  await new Promise<void>((written) =>
    res.write('one half', () => {
      written();
    }),
  );
  throw new Error('no other half');
});
let ready = true;
let broken = false;
let edge: TestEdge;

beforeAll(async () => {
  for (const folder of ['portal', 'phone', 'assets']) mkdirSync(join(webRoot, folder));
  writeFileSync(join(webRoot, 'portal', 'index.html'), '<title>Portal</title>');
  writeFileSync(join(webRoot, 'phone', 'index.html'), '<title>Phone</title>');
  writeFileSync(join(webRoot, 'assets', 'app-1a2b.js'), 'void 0;');
  edge = await startEdge({
    webRoot,
    mounts: [{ path: '/extra', handler: router }],
    ready: () => (broken ? Promise.reject(new Error('no database')) : Promise.resolve(ready)),
  });
});
afterAll(async () => {
  await stopEdges();
  rmSync(webRoot, { recursive: true });
});

const get = (path: string): Promise<Response> => fetch(`${edge.origin}${path}`);

test('the portal stands at / and where mails lead to, the phone page at /m', async () => {
  for (const [path, title] of [
    ['/', 'Portal'],
    ['/set-password', 'Portal'],
    ['/m', 'Phone'],
  ] as const) {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await response.text()).toContain(title);
  }
});

test('assets may be kept for ever', async () => {
  const response = await get('/assets/app-1a2b.js');
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
});

test('pages run no script but our own, in no frame', async () => {
  const { headers } = await get('/');
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain(`connect-src 'self' ${edge.origin.replace('http', 'ws')}`);
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('strict-transport-security')).toBeNull();
});

test('an https server asks to be called by https only', async () => {
  const secure = await startEdge({ webRoot, publicUrl: () => 'https://id.example.org' });
  const { headers } = await fetch(`${secure.origin}/`);
  expect(headers.get('strict-transport-security')).toContain('max-age=');
});

test('paths outside the built pages lead nowhere', async () => {
  for (const path of [
    '/assets/../portal/index.html',
    '/assets/%2e%2e/portal/index.html',
    '/.env',
  ]) {
    expect((await get(path)).status).toBe(404);
  }
});

test('problems outside GraphQL are problem details', async () => {
  const missing = await get('/nowhere');
  expect(missing.status).toBe(404);
  expect(missing.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(await missing.json()).toEqual({
    type: 'urn:signet:problem:NOT_FOUND',
    title: 'It does not exist, or you may not see it.',
    status: 404,
    code: 'NOT_FOUND',
    requestId: missing.headers.get('x-request-id'),
  });
  const conflict = await get('/extra/taken');
  expect(await conflict.json()).toMatchObject({ status: 409, code: 'CONFLICT', why: 'because' });
  const malformed = await fetch(`${edge.origin}/extra/echo`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{',
  });
  expect(malformed.status).toBe(400);
  expect(await malformed.json()).toMatchObject({ code: 'INVALID_INPUT' });
});

test('a bug outside GraphQL tells its request id and nothing else', async () => {
  const response = await get('/extra/bug');
  expect(response.status).toBe(500);
  const text = await response.text();
  expect(text).toContain(response.headers.get('x-request-id'));
  expect(text).not.toContain('inner detail');
  expect(JSON.stringify(edge.logged)).toContain('inner detail');
});

test('an answer that breaks off is not taken for whole, and why stands in the log', async () => {
  const response = await get('/extra/half');
  await expect(response.text()).rejects.toThrow();
  expect(JSON.stringify(edge.logged)).toContain('no other half');
  expect(JSON.stringify(edge.logged)).toContain(response.headers.get('x-request-id'));
});

test('health says that the process runs, readiness that it may be sent work', async () => {
  expect((await get('/healthz')).status).toBe(200);
  expect((await get('/readyz')).status).toBe(200);
  broken = true;
  expect((await get('/readyz')).status).toBe(503);
  broken = false;
  ready = false;
  expect((await get('/readyz')).status).toBe(503);
  expect((await get('/healthz')).status).toBe(200);
  ready = true;
});

describe('GraphiQL', () => {
  test('stands at /graphql for a browser, and loads nothing from elsewhere', async () => {
    const response = await fetch(edge.url, {
      headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
    });
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await response.text();
    const script = html.slice(html.indexOf('<script>') + 8, html.lastIndexOf('</script>'));
    const markup = html.replace(script, '').replace(/<style>[^]*<\/style>/, '');
    expect(markup).not.toMatch(/(?:src|href)="(?!data:)/);
    const policy = response.headers.get('content-security-policy') ?? '';
    const hash = createHash('sha256').update(script).digest('base64');
    expect(policy).toContain(`script-src 'sha256-${hash}'`);
    expect(policy).toContain("default-src 'none'");
    expect(policy.replace(/connect-src [^;]*/, '')).not.toMatch(/https?:|wss?:|\*/);
  });

  test('is not sent twice to a browser that has it', async () => {
    const headers = { accept: 'text/html' };
    const etag = (await fetch(edge.url, { headers })).headers.get('etag') ?? '';
    const again = await fetch(edge.url, { headers: { ...headers, 'if-none-match': etag } });
    expect(again.status).toBe(304);
  });
});
