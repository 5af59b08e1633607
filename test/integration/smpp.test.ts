import { SmppGateway } from '../../src/platform/sms/smpp/smpp-gateway.js';
import type { ReceiptOutcome } from '../../src/platform/sms/sms-gateway.js';
import { createSmsSender, type SmsSender } from '../../src/platform/sms/sms.js';
import { eventually } from '../helpers/server';
import { TestSmppServer, type SmppMood } from '../helpers/receivers/smpp-server';
import { TestSmsGateway } from '../helpers/receivers/sms-gateway';

const MESSAGE = { to: '+41441234567', text: 'Grüezi: 012345', messageId: 'm1' };

let smsc: TestSmppServer;
let gateway: SmppGateway | SmsSender | undefined;
beforeEach(async () => {
  smsc = await new TestSmppServer().start();
});
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  await smsc.stop();
});

const route = (from: string | null = 'Signet', password = 'secret') => ({
  ...{ kind: 'SMPP' as const, host: '127.0.0.1', port: smsc.port, tls: false, from },
  ...{ systemId: 'signet', password },
});

function bind(from?: string | null, password?: string): SmppGateway {
  const bound = new SmppGateway(route(from, password), { answerMs: 400, enquireMs: 100 });
  gateway = bound;
  return bound;
}

async function failureOf(sent: Promise<unknown>): Promise<{ kind: string; message: string }> {
  return sent.then(
    () => ({ kind: 'NONE', message: '' }),
    (error: unknown) => error as { kind: string; message: string },
  );
}

test('a text is taken as it is, from the sender that was set', async () => {
  expect(await bind().send(MESSAGE)).toBe('m1');
  expect(smsc.binds).toEqual([{ systemId: 'signet', password: 'secret' }]);
  expect(smsc.parts).toEqual([
    {
      id: 'm1',
      to: '41441234567',
      from: 'Signet',
      fromTon: 5,
      text: 'Grüezi: 012345',
      header: null,
      coding: 0,
      wantsReceipt: true,
    },
  ]);
});

test.each([
  ['+41791112233', '41791112233', 1],
  ['9292', '9292', 0],
  [null, '', 0],
])('the sender %j is told with its type of number', async (from, told, ton) => {
  await bind(from).send(MESSAGE);
  expect(smsc.parts[0]).toMatchObject({ from: told, fromTon: ton });
});

test('a long text goes in parts that name each other, alike in a repeat', async () => {
  const text = `${'Ihre Mobile ID. '.repeat(20)}😀`;
  const bound = bind();
  const reference = await bound.send({ ...MESSAGE, text });
  const parts = [...smsc.parts];
  expect(parts.map((part) => part.text).join('')).toBe(text);
  expect(parts.map(({ header }) => header?.slice(1))).toEqual(
    parts.map((_part, i) => [parts.length, i + 1]),
  );
  expect(parts.map(({ coding }) => coding)).toEqual(parts.map(() => 8));
  expect(parts.map(({ wantsReceipt }) => wantsReceipt)).toEqual(
    parts.map((_part, i) => i === parts.length - 1),
  );
  expect(reference).toBe(parts.at(-1)?.id);
  await bound.send({ ...MESSAGE, text });
  expect(smsc.parts.at(-1)?.header).toEqual(parts.at(-1)?.header);
});

test.each<[SmppMood, kind: string, said: string]>([
  ['THROTTLES', 'UNREACHABLE', 'SMPP 0x58'],
  ['REFUSES', 'REFUSED', 'SMPP 0x0b'],
  ['HANGS', 'UNREACHABLE', 'it does not answer'],
  ['DROPS', 'UNREACHABLE', 'it closed the connection'],
  ['SPEAKS NONSENSE', 'UNREACHABLE', 'its connection broke'],
])('a server that %s takes no message, and the next one is taken', async (mood, kind, said) => {
  const bound = bind();
  await bound.send(MESSAGE);
  smsc.mood = mood;
  const failure = await failureOf(bound.send(MESSAGE));
  expect(failure.kind).toBe(kind);
  expect(failure.message).toContain(said);
  expect(failure.message).not.toContain('012345');
  smsc.mood = 'WELL';
  await eventually(async () => (await failureOf(bound.send(MESSAGE))).kind === 'NONE' || undefined);
  expect(smsc.parts.length).toBeGreaterThanOrEqual(2);
});

test('a wrong password lets nobody in', async () => {
  const failure = await failureOf(bind('Signet', 'wrong').send(MESSAGE));
  expect(failure).toMatchObject({ kind: 'UNREACHABLE' });
  expect(failure.message).toContain('SMPP 0x0e');
  expect(failure.message).not.toContain('wrong');
});

test('a server that is not there is told, and found once it is', async () => {
  const { port } = smsc;
  await smsc.stop();
  const bound = new SmppGateway({ ...routeAt(port) }, { answerMs: 400, enquireMs: 100 });
  gateway = bound;
  expect((await failureOf(bound.send(MESSAGE))).kind).toBe('UNREACHABLE');
  smsc = await new TestSmppServer().start(port);
  await eventually(async () => (await failureOf(bound.send(MESSAGE))).kind === 'NONE' || undefined);
});

function routeAt(port: number): ReturnType<typeof route> {
  return {
    ...{ kind: 'SMPP' as const, host: '127.0.0.1', port, tls: false, from: null },
    ...{ systemId: 'signet', password: 'secret' },
  };
}

test('the connection is kept alive, and bound again where it is lost', async () => {
  const bound = bind();
  bound.listen(() => Promise.resolve(true));
  await eventually(() => Promise.resolve(smsc.enquiries > 2 || undefined));
  smsc.cut();
  await eventually(() => Promise.resolve(smsc.binds.length > 1 || undefined));
  expect(await bound.send(MESSAGE)).toBe('m1');
});

test('a server that does not say that it is there is left, and bound again', async () => {
  const bound = bind();
  bound.listen(() => Promise.resolve(true));
  await eventually(() => Promise.resolve(smsc.boundSessions > 0 || undefined));
  smsc.mood = 'HANGS';
  await eventually(() => Promise.resolve(smsc.boundSessions === 0 || undefined));
  smsc.mood = 'WELL';
  await eventually(() => Promise.resolve(smsc.boundSessions > 0 || undefined));
  expect(await bound.send(MESSAGE)).toBe('m1');
});

describe('a receipt', () => {
  const heard: [string, ReceiptOutcome][] = [];
  async function bound(take: () => Promise<boolean>): Promise<void> {
    heard.length = 0;
    bind().listen((reference, outcome) => {
      heard.push([reference, outcome]);
      return take();
    });
    await eventually(() => Promise.resolve(smsc.boundSessions > 0 || undefined));
  }
  const answers = (): Promise<number[]> =>
    eventually(() =>
      Promise.resolve(smsc.receiptAnswers.length > 0 ? smsc.receiptAnswers : undefined),
    );

  test.each<[string, number | undefined, ReceiptOutcome]>([
    ['DELIVRD', undefined, 'DELIVERED'],
    ['UNDELIV', undefined, 'UNDELIVERABLE'],
    ['REJECTD', undefined, 'UNDELIVERABLE'],
    ['ACCEPTD', 2, 'DELIVERED'],
    ['ACCEPTD', 5, 'UNDELIVERABLE'],
  ])('that says %s, state %p, is heard and answered', async (stat, state, outcome) => {
    await bound(() => Promise.resolve(true));
    smsc.tell('abc-1', stat, state);
    expect(await answers()).toEqual([0]);
    expect(heard).toEqual([['abc-1', outcome]]);
  });

  test.each(['ENROUTE', 'ACCEPTD', 'UNKNOWN'])('that says %s ends nothing', async (stat) => {
    await bound(() => Promise.resolve(true));
    smsc.tell('abc-1', stat);
    expect(await answers()).toEqual([0]);
    expect(heard).toEqual([]);
  });

  test('of a message that is not known yet, or that cannot be stored, is asked for again', async () => {
    await bound(() => Promise.resolve(false));
    smsc.tell('abc-1', 'DELIVRD');
    expect(await answers()).toEqual([0x64]);
    await gateway?.close();
    await eventually(() => Promise.resolve(smsc.boundSessions === 0 || undefined));
    smsc.receiptAnswers.length = 0;
    await bound(() => Promise.reject(new Error('the database is away')));
    smsc.tell('abc-1', 'DELIVRD');
    expect(await answers()).toEqual([0x64]);
  });
});

describe('gateways in order', () => {
  let http: TestSmsGateway;
  let sender: SmsSender;
  beforeEach(async () => {
    http = await new TestSmsGateway().start();
    sender = createSmsSender({
      routes: [{ kind: 'HTTP', url: `http://${http.host}/`, authorization: null }, route()],
      mailboxDir: '/nowhere',
    });
    gateway = sender;
  });
  afterEach(() => http.stop());

  test('the first that works has all', async () => {
    expect(await sender.send(MESSAGE)).toBeNull();
    expect([http.calls.length, smsc.parts.length]).toEqual([1, 0]);
  });

  test('the next one has it where the first fails, which is left alone for a while', async () => {
    http.answers = [503];
    expect(await sender.send(MESSAGE)).toBe(`signet@127.0.0.1:${String(smsc.port)} m1`);
    expect(await sender.send(MESSAGE)).toContain('m2');
    expect([http.calls.length, smsc.parts.length]).toEqual([1, 2]);
  });

  test('a message that one refuses is offered to the other, and the first is not left alone for it', async () => {
    http.answers = [400];
    await sender.send(MESSAGE);
    await sender.send(MESSAGE);
    expect([http.calls.length, smsc.parts.length]).toEqual([2, 1]);
  });

  test('it is refused for good where each refuses it, and else tried again', async () => {
    smsc.mood = 'REFUSES';
    http.answers = [400];
    expect(await failureOf(sender.send(MESSAGE))).toMatchObject({ kind: 'REFUSED' });
    http.answers = [503];
    expect(await failureOf(sender.send(MESSAGE))).toMatchObject({ kind: 'UNREACHABLE' });
  });

  test('a text of more than ten messages goes nowhere', async () => {
    const send = (text: string): Promise<{ kind: string }> =>
      failureOf(sender.send({ ...MESSAGE, text }));
    expect(await send('a'.repeat(1531))).toMatchObject({ kind: 'REFUSED' });
    expect([http.calls.length, smsc.parts.length]).toEqual([0, 0]);
    expect(await send('a'.repeat(1530))).toMatchObject({ kind: 'NONE' });
  });

  test('where all have failed, the one that works again takes it', async () => {
    http.answers = [503, 503];
    smsc.mood = 'THROTTLES';
    const failure = await failureOf(sender.send(MESSAGE));
    expect(failure.kind).toBe('UNREACHABLE');
    expect(failure.message).toMatch(/^1\. .*\(503\)\. 2\. .*\(SMPP 0x58\)\.$/);
    smsc.mood = 'WELL';
    await sender.send(MESSAGE);
    expect([http.calls.length, smsc.parts.length]).toEqual([2, 1]);
  });
});
