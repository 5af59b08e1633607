import { Input, PinInput, Stack } from '@mantine/core';
import { useEffect, useId, useRef, useState, type ReactElement } from 'react';

interface SixDigitsProps {
  readonly label: string;
  readonly busy: boolean;
  /** Counts the codes that were refused: each new one empties the boxes and puts the cursor into the first. */
  readonly refusals: number;
  readonly onComplete: (code: string) => void;
}

/** Six boxes for a one-time code; pasting and the phone's own suggestion work. */
export function SixDigits(props: SixDigitsProps): ReactElement {
  return <Boxes key={props.refusals} {...props} />;
}

function Boxes({ label, busy, refusals, onComplete }: SixDigitsProps): ReactElement {
  const [value, setValue] = useState('');
  const labelId = useId();
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => {
    first.current?.focus();
  }, []);
  return (
    <Stack gap={6}>
      <Input.Label id={labelId} labelElement="div">
        {label}
      </Input.Label>
      <PinInput
        id={`${labelId}-digits`} // without one, Mantine makes it after the first render and mounts the boxes anew
        aria-labelledby={labelId}
        ref={first}
        length={6}
        type="number"
        inputMode="numeric"
        oneTimeCode
        size="lg"
        gap="xs"
        maw={340}
        styles={{ pinInput: { flex: '1 1 0', minWidth: 0, width: 'auto' } }}
        value={value}
        readOnly={busy}
        error={refusals > 0 && value === ''}
        getInputProps={(index) => ({ 'aria-label': `Digit ${String(index + 1)} of 6` })}
        onChange={setValue}
        onComplete={onComplete}
      />
    </Stack>
  );
}
