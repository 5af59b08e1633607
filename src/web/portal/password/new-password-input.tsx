import { PasswordInput } from '@mantine/core';
import type { ReactElement, Ref } from 'react';

interface NewPasswordInputProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** What the server says about it. */
  readonly error: string | undefined;
  readonly ref?: Ref<HTMLInputElement>;
}

/** Typed once: it can be made visible, and a password manager does not need it twice. */
export function NewPasswordInput({
  value,
  onChange,
  error,
  ref,
}: NewPasswordInputProps): ReactElement {
  return (
    <PasswordInput
      ref={ref ?? null}
      label="New password"
      description="A long one that you use nowhere else. Press the eye to see what you type."
      name="new-password"
      autoComplete="new-password"
      required
      withAsterisk={false}
      value={value}
      error={error}
      aria-invalid={error !== undefined} // Mantine colours this field, and does not say it
      visibilityToggleButtonProps={{ tabIndex: 0 }}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}
