import {
  MailDeliveryService,
  type ComposedMail,
} from '../../../src/features/notifications/mail-delivery.service.js';
import { MAIL_TEMPLATES } from '../../../src/features/notifications/notification.jobs.js';
import type { Mail } from '../../../src/platform/mailer.js';

const COMPOSED = { to: 'a@example.org', subject: 'Hi', text: 'Hi', html: '<p>Hi' };
const ORDER = { template: 'ENROLMENT_INVITATION', subjectId: 'f3b5' } as const;

interface Setting {
  readonly composed?: ComposedMail | null;
  readonly isServerUp?: boolean;
}

function delivery({ composed = COMPOSED, isServerUp = true }: Setting): {
  service: MailDeliveryService;
  sent: Mail[];
  told: string[];
} {
  const sent: Mail[] = [];
  const told: string[] = [];
  const tell = (what: string) => (template: string, subjectId: string) => {
    told.push(`${what} ${template} ${subjectId}`);
    return Promise.resolve();
  };
  const mailer = {
    send: (mail: Mail) => {
      if (!isServerUp) return Promise.reject(new Error('down'));
      sent.push(mail);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const compose = (): Promise<ComposedMail | null> => Promise.resolve(composed);
  const composers = {
    SIGN_IN_CODE: compose,
    PASSWORD_INVITATION: compose,
    PASSWORD_RESET: compose,
    PASSWORD_CHANGED: compose,
    ENROLMENT_INVITATION: compose,
    ENROLMENT_COMPLETED: compose,
    ENROLMENT_FAILED: compose,
    MEMBER_REMOVED: compose,
    MOBILE_ID_EXPIRES: compose,
    MOBILE_ID_RENEWED: compose,
    WEBHOOK_DISABLED: compose,
  };
  const outcome = { delivered: tell('delivered'), givenUp: tell('givenUp') };
  return { service: new MailDeliveryService(mailer, composers, outcome), sent, told };
}

test('a mail is written when it is sent, and its outcome told', async () => {
  const { service, sent, told } = delivery({});
  await service.deliver(ORDER, '7');
  expect(sent).toEqual([{ ...COMPOSED, messageId: 'signet.enrolment-invitation.f3b5.7' }]);
  expect(told).toEqual(['delivered ENROLMENT_INVITATION f3b5']);
});

test('a repeat of one job has the same Message-ID, another job another', async () => {
  const { service, sent } = delivery({});
  await service.deliver(ORDER, '7');
  await service.deliver(ORDER, '7');
  await service.deliver(ORDER, '8');
  const [first, repeat, other] = sent.map(({ messageId }) => messageId);
  expect(repeat).toBe(first);
  expect(other).not.toBe(first);
});

test('where there is nothing to say any more, nothing is sent, and that is told as given up', async () => {
  const { service, sent, told } = delivery({ composed: null });
  await service.deliver(ORDER, '7');
  expect([sent, told]).toEqual([[], ['givenUp ENROLMENT_INVITATION f3b5']]);
});

test('a mail that nobody took is a failure of the job, and no delivery', async () => {
  const { service, told } = delivery({ isServerUp: false });
  await expect(service.deliver(ORDER, '7')).rejects.toThrow('down');
  expect(told).toEqual([]);
});

test.each(MAIL_TEMPLATES)('giving up %s is told', async (template) => {
  const { service, told } = delivery({});
  await service.giveUp({ template, subjectId: 'f3b5' });
  expect(told).toEqual([`givenUp ${template} f3b5`]);
});
