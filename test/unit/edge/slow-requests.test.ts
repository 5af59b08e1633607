import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { endSlowRequest } from '../../../src/edge/http/slow-requests';
import { TIMEOUTS, UPLOADS } from '../../../src/edge/http/timeouts';

class Coming extends EventEmitter {
  complete = false;
  readonly hungUp = jest.fn();
  readonly socket = { destroySoon: this.hungUp };
}
class Going {
  headersSent = false;
  readonly status = jest.fn();
  writeHead(status: number): { end: () => void } {
    this.status(status);
    return { end: () => undefined };
  }
}

function begin(): { req: Coming; res: Going } {
  const [req, res] = [new Coming(), new Going()];
  endSlowRequest(req as unknown as IncomingMessage, res as unknown as ServerResponse);
  return { req, res };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('a request that is not whole in time is answered 408, and its connection ended', () => {
  const { req, res } = begin();
  jest.advanceTimersByTime(TIMEOUTS.requestTimeout - 1);
  expect(req.hungUp).not.toHaveBeenCalled();
  jest.advanceTimersByTime(1);
  expect(res.status).toHaveBeenCalledWith(408);
  expect(req.hungUp).toHaveBeenCalledTimes(1);
});

test('one that is answered already is only ended', () => {
  const { req, res } = begin();
  res.headersSent = true;
  jest.advanceTimersByTime(TIMEOUTS.requestTimeout);
  expect(res.status).not.toHaveBeenCalled();
  expect(req.hungUp).toHaveBeenCalledTimes(1);
});

test('one that is whole is left alone, and leaves no timer behind', () => {
  const whole = begin();
  whole.req.complete = true;
  jest.advanceTimersByTime(TIMEOUTS.requestTimeout);
  expect(whole.req.hungUp).not.toHaveBeenCalled();
  const closed = begin();
  closed.req.emit('close');
  expect(jest.getTimerCount()).toBe(0);
});

test('files have longer than all others, but not for ever', () => {
  expect(UPLOADS.requestTimeout).toBeGreaterThan(TIMEOUTS.requestTimeout);
  expect(UPLOADS.requestTimeout).toBeLessThanOrEqual(3_600_000);
});
