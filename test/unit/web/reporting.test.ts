import { reportWhenOpened } from '../../../src/web/phone/reporting.js';

const MINUTE_MS = 60_000;

/** A page that is opened at midnight, and looked at again when the test says so. */
function open({ isVisible = true, report = jest.fn().mockResolvedValue(true) } = {}) {
  let look: () => void = () => undefined;
  const page = {
    visibilityState: isVisible ? 'visible' : 'hidden',
    addEventListener: (_type: string, listener: () => void) => {
      look = listener;
    },
  };
  let minutes = 0;
  const now = (): Date => new Date(minutes * MINUTE_MS);
  reportWhenOpened({ page: page as unknown as Document, now, report });
  return {
    report,
    lookAfter: (more: number, visibility = 'visible') => {
      minutes += more;
      page.visibilityState = visibility;
      look();
    },
  };
}

test('a page reports when it is opened', () => {
  expect(open().report).toHaveBeenCalledTimes(1);
});

test('a page that is looked at within the hour says nothing more, and an hour later does', () => {
  const { report, lookAfter } = open();
  lookAfter(30);
  lookAfter(29);
  expect(report).toHaveBeenCalledTimes(1);
  lookAfter(1);
  expect(report).toHaveBeenCalledTimes(2);
});

test('a page in the background says nothing until it is looked at', () => {
  const { report, lookAfter } = open({ isVisible: false });
  lookAfter(120, 'hidden');
  expect(report).not.toHaveBeenCalled();
  lookAfter(0);
  expect(report).toHaveBeenCalledTimes(1);
});

test('what fails is left until the next hour', async () => {
  const { report, lookAfter } = open({ report: jest.fn().mockRejectedValue(new Error('No.')) });
  await Promise.resolve();
  lookAfter(1);
  expect(report).toHaveBeenCalledTimes(1);
  lookAfter(60);
  expect(report).toHaveBeenCalledTimes(2);
});
