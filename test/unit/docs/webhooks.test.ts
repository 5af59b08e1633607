import { ASSIGNED_ID_EVENT_KINDS } from '../../../src/features/assigned-ids/assigned-id';
import { ENROLMENT_STATUSES } from '../../../src/features/enrolment/enrolment-status';
import type { ProjectEvent } from '../../../src/features/events/project-stream.service';
import { PROFILE_STATES } from '../../../src/features/profiles/profile-state';
import { PATIENCE_SECONDS, PAUSES_SECONDS } from '../../../src/features/webhooks/sending/back-off';
import { TEST_EVENT, WEBHOOK_EVENTS } from '../../../src/features/webhooks/webhook-event-types';
import {
  WEBHOOK_LOGS,
  type WebhookLog,
} from '../../../src/features/webhooks/endpoints/webhook-logs.service';
import { payloadOf } from '../../../src/features/webhooks/sending/webhook-payload';
import { sectionOf, tableIn } from './documents';

const section = sectionOf('docs/integrating.md', 'Webhooks');
const TEST_MEMBERS = ['projectId', 'endpointId'];

/** The rows of the table whose head begins so. */
function tableOf(head: string): string[][] {
  const from = section.slice(section.indexOf(head));
  return tableIn(from.slice(0, from.indexOf('\n\n')));
}

const bare = (cell = ''): string => cell.replaceAll('`', '');

/** What is told of an event of this log. */
async function toldOf(
  { tell }: WebhookLog,
  columns: object,
): Promise<{ type: string; data: object }> {
  const event = {
    projectId: 'p',
    at: new Date(0),
    cursor: 'c',
    ...columns,
  } as unknown as ProjectEvent;
  const [told] = await tell(() => Promise.resolve([]), [event]);
  if (told === undefined) throw new Error('Nothing was told.');
  return told;
}

function logNamed(name: string): WebhookLog {
  const log = WEBHOOK_LOGS.find((one) => one.name === name);
  if (log === undefined) throw new Error(`There is no log ${name}.`);
  return log;
}

test('the guide tells every type of event, and when it is sent', () => {
  const told = tableOf('| `type`').map(([type, when]) => [bare(type), when]);
  expect(told).toEqual([
    ...Object.entries(WEBHOOK_EVENTS),
    [TEST_EVENT, 'An administrator tries the endpoint.'],
  ]);
});

test('each status of an order and each state of a mobile ID has its event', async () => {
  const types: string[] = [];
  for (const status of ENROLMENT_STATUSES) {
    types.push((await toldOf(logNamed('enrolment'), { enrolmentId: 'e', status, step: 1 })).type);
  }
  for (const kind of ASSIGNED_ID_EVENT_KINDS) {
    types.push((await toldOf(logNamed('assigned-id'), { assignedIdId: 'a', kind })).type);
  }
  for (const state of PROFILE_STATES) {
    types.push((await toldOf(logNamed('profile'), { profileId: 'm', state })).type);
  }
  const known = Object.keys(WEBHOOK_EVENTS);
  expect(types.sort()).toEqual(known.sort());
});

test.each([
  ['enrolment', { enrolmentId: 'e', status: 'ACTIVE', step: 4 }],
  ['assigned-id', { assignedIdId: 'a', kind: 'CONFIRMED', profileId: 'm' }],
  ['profile', { profileId: 'm', state: 'REVOKED' }],
])(
  'messages about %s have those members that the guide tells, and no other',
  async (name, columns) => {
    const { data } = await toldOf(logNamed(name), columns);
    const told = tableOf('| Member of `data`')
      .filter(([, groups = '']) => groups === 'all' || groups.split(', ').includes(name))
      .map(([member]) => bare(member));
    expect(told.sort()).toEqual(Object.keys(data).sort());
  },
);

test('so has a test', () => {
  const told = tableOf('| Member of `data`')
    .filter(([, groups = '']) => groups === 'all' || groups === 'webhook')
    .map(([member]) => bare(member));
  expect(told.sort()).toEqual([...TEST_MEMBERS].sort());
});

test('the example in the guide is a message', async () => {
  const example = JSON.parse(/```json\n([^`]+)```/.exec(section)?.[1] ?? '') as {
    type: string;
    timestamp: string;
    data: object;
  };
  const { type, data } = await toldOf(logNamed('enrolment'), {
    enrolmentId: 'e',
    status: 'ACTIVE',
    step: 4,
  });
  const made = JSON.parse(
    payloadOf({ type, at: new Date(example.timestamp), data: { ...data } }),
  ) as object;
  expect(Object.keys(example)).toEqual(Object.keys(made));
  expect(example).toMatchObject({ type, timestamp: (made as typeof example).timestamp });
  expect(Object.keys(example.data)).toEqual(Object.keys(data));
});

test('the guide tells the pauses between attempts', () => {
  const units = [
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ] as const;
  const told = PAUSES_SECONDS.map((seconds) => {
    const [size, name] = units.find(([unit]) => seconds >= unit) ?? [1, 's'];
    return `${String(seconds / size)} ${name}`;
  });
  expect(section.replaceAll('\n', ' ')).toContain(`after ${told.join(', ')}, then every 12 h`);
  expect(PATIENCE_SECONDS / 86_400).toBe(3);
  expect(section).toContain('after three days');
});
