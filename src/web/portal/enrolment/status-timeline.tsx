import { Loader, Text, Timeline as Line } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { formatTime } from '../../shared/dates.js';
import {
  stagesOf,
  type StageState,
  type StageView,
  type Timeline,
} from '../../shared/enrolment-timeline.js';
import { STAGE_TEXT } from './enrolment-text.js';

interface StatusTimelineProps {
  readonly timeline: Timeline;
}

/** The way of the enrolment: what is done, what is under way, what is still to come. */
export function StatusTimeline({ timeline }: StatusTimelineProps): ReactElement {
  const stages = stagesOf(timeline);
  const done = stages.filter(({ state }) => state === 'DONE').length;
  return (
    <Line active={done - 1} bulletSize={26} lineWidth={2} aria-label="Progress">
      {stages.map((view) => (
        <Line.Item
          key={view.stage}
          bullet={<Bullet state={view.state} />}
          title={<StageTitle view={view} />}
          data-stage={view.stage}
          data-state={view.state}
          aria-current={view.state === 'CURRENT' ? 'step' : undefined}
        >
          {view.doneAt !== undefined && (
            <Text size="xs" c="dimmed">
              {formatTime(view.doneAt)}
            </Text>
          )}
        </Line.Item>
      ))}
    </Line>
  );
}

function StageTitle({ view }: { readonly view: StageView }): ReactElement {
  const text = STAGE_TEXT[view.stage];
  const words = {
    DONE: text.done,
    CURRENT: text.current,
    AHEAD: text.ahead,
    STOPPED: text.stopped,
  };
  return (
    <Text
      component="span"
      fw={view.state === 'CURRENT' ? 600 : 400}
      {...(view.state === 'AHEAD' ? { c: 'dimmed' } : {})}
    >
      {words[view.state]}
    </Text>
  );
}

function Bullet({ state }: { readonly state: StageState }): ReactElement | null {
  switch (state) {
    case 'DONE':
      return <IconCheck size={15} stroke={2.5} aria-hidden="true" />;
    case 'CURRENT':
      return <Loader size={13} color="var(--mantine-color-anchor)" aria-hidden="true" />;
    case 'STOPPED':
      return <IconX size={15} stroke={2.5} aria-hidden="true" />;
    case 'AHEAD':
      return null;
  }
}
