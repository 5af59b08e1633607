import { randomUUID } from 'node:crypto';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

test('a change whose connection is lost says why, and the next one works', async () => {
  const { work } = server.app.services;
  const request = await work.systemRequest('test', randomUUID());
  const lost = work.change(request, (scope) =>
    scope.sql('test.kill', 'SELECT pg_terminate_backend(pg_backend_pid())', []),
  );
  await expect(lost).rejects.toThrow(/terminat/);
  await expect(work.change(request, () => Promise.resolve('done'))).resolves.toBe('done');
});
