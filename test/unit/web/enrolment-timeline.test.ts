import {
  append,
  EMPTY_TIMELINE,
  isFinal,
  resumeAfter,
  stagesOf,
  statusOf,
  type EnrolmentStatus,
  type Timeline,
} from '../../../src/web/shared/enrolment-timeline.js';

function timelineOf(...statuses: EnrolmentStatus[]): Timeline {
  return {
    events: statuses.map((status, index) => ({
      cursor: `c${String(index + 1)}`,
      status,
      at: `2026-01-01T00:00:0${String(index)}Z`,
    })),
  };
}
function statesOf(timeline: Timeline): string[] {
  return stagesOf(timeline).map(({ stage, state }) => `${stage} ${state}`);
}

describe('the history', () => {
  test('an event that comes twice, from history and stream, stands once', () => {
    const { events } = timelineOf('WAITING_FOR_SCAN', 'SCANNED', 'ISSUING');
    const history = append(EMPTY_TIMELINE, events.slice(0, 2));
    const resumed = append(history, events.slice(1));
    expect(resumed.events.map(({ cursor }) => cursor)).toEqual(['c1', 'c2', 'c3']);
  });

  test('nothing new changes nothing, so nothing is drawn again', () => {
    const timeline = timelineOf('WAITING_FOR_SCAN');
    expect(append(timeline, timeline.events)).toBe(timeline);
  });

  test('the same status under another cursor is another event', () => {
    const renewed = timelineOf('WAITING_FOR_SCAN', 'CODE_EXPIRED', 'WAITING_FOR_SCAN');
    expect(append(EMPTY_TIMELINE, renewed.events).events).toHaveLength(3);
  });

  test('it resumes after the last event, and from the start where there is none', () => {
    expect(resumeAfter(timelineOf('WAITING_FOR_SCAN', 'SCANNED'))).toBe('c2');
    expect(resumeAfter(EMPTY_TIMELINE)).toBeUndefined();
  });

  test('the last event tells the status', () => {
    expect(statusOf(timelineOf('WAITING_FOR_SCAN', 'CODE_EXPIRED'))).toBe('CODE_EXPIRED');
  });

  test('an enrolment ends active, cancelled, expired, failed or superseded, and not before', () => {
    const all: EnrolmentStatus[] = [
      'DELIVERING',
      'WAITING_FOR_SCAN',
      'CODE_EXPIRED',
      'SCANNED',
      'AWAITING_CONFIRMATION',
      'CONFIRMED',
      'ISSUING',
      'ACTIVE',
      'CANCELLED',
      'EXPIRED',
      'FAILED',
      'SUPERSEDED',
    ];
    expect(all.filter(isFinal)).toEqual(['ACTIVE', 'CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED']);
  });
});

describe('the stages', () => {
  test('a code on screen waits for the phone first', () => {
    expect(statesOf(timelineOf('WAITING_FOR_SCAN'))).toEqual([
      'SCAN CURRENT',
      'ISSUE AHEAD',
      'ACTIVE AHEAD',
    ]);
  });

  test('a mailed code is sent first', () => {
    expect(statesOf(timelineOf('DELIVERING', 'WAITING_FOR_SCAN'))).toEqual([
      'SEND DONE',
      'SCAN CURRENT',
      'ISSUE AHEAD',
      'ACTIVE AHEAD',
    ]);
  });

  test('confirmation is a stage only where the enrolment asks for it', () => {
    const scanned = timelineOf('WAITING_FOR_SCAN', 'SCANNED');
    expect(statesOf(scanned)).toEqual(['SCAN DONE', 'ISSUE CURRENT', 'ACTIVE AHEAD']);
    const asked = append(scanned, [
      { cursor: 'c3', status: 'AWAITING_CONFIRMATION', at: '2026-01-01T00:00:02Z' },
    ]);
    expect(statesOf(asked)).toEqual([
      'SCAN DONE',
      'CONFIRM CURRENT',
      'ISSUE AHEAD',
      'ACTIVE AHEAD',
    ]);
  });

  test('a renewed code goes back to waiting for the phone', () => {
    expect(statesOf(timelineOf('WAITING_FOR_SCAN', 'CODE_EXPIRED', 'WAITING_FOR_SCAN'))[0]).toBe(
      'SCAN CURRENT',
    );
  });

  test('an active mobile ID has every stage behind it', () => {
    expect(statesOf(timelineOf('WAITING_FOR_SCAN', 'SCANNED', 'ISSUING', 'ACTIVE'))).toEqual([
      'SCAN DONE',
      'ISSUE DONE',
      'ACTIVE DONE',
    ]);
  });

  test.each(['CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED'] as const)(
    '%s stops the stage that was under way',
    (end) => {
      expect(statesOf(timelineOf('WAITING_FOR_SCAN', 'SCANNED', end))).toEqual([
        'SCAN DONE',
        'ISSUE STOPPED',
        'ACTIVE AHEAD',
      ]);
    },
  );

  test('a stage is done when the next one began', () => {
    const [scan] = stagesOf(timelineOf('WAITING_FOR_SCAN', 'SCANNED', 'ISSUING'));
    expect(scan?.doneAt).toBe('2026-01-01T00:00:01Z');
  });
});
