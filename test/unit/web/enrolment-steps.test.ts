import { stepsOf } from '../../../src/web/phone/enrolment/steps.js';
import { TASK } from '../phone/fake-server';

const SERVER_KEY = { kind: 'ENCRYPTION', origin: 'SERVER', algorithms: ['RSA-2048'] } as const;
const [AUTHENTICATION] = TASK.keyRequests;
if (AUTHENTICATION === undefined) throw new Error('The task asks for a key.');

const keyRequests = [AUTHENTICATION, SERVER_KEY];

test('a key that the server makes is no step of the phone', () => {
  expect(stepsOf({ ...TASK, keyRequests }, undefined).map(({ text }) => text)).toEqual([
    'Make the authentication key',
    'Get the certificates',
    'Check and store everything',
  ]);
});

test('the certificates are next once the phone has made its keys', () => {
  const states = stepsOf({ ...TASK, keyRequests }, { step: 'ACTIVATING' });
  expect(states.map(({ state }) => state)).toEqual(['DONE', 'NOW', 'NEXT']);
});
