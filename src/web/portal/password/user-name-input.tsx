import { TextInput } from '@mantine/core';
import type { ReactElement, Ref } from 'react';

interface UserNameInputProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Whether the browser may offer its passkeys in this field. */
  readonly withPasskeys?: boolean;
  readonly ref: Ref<HTMLInputElement>;
}

export function UserNameInput({
  value,
  onChange,
  withPasskeys = false,
  ref,
}: UserNameInputProps): ReactElement {
  return (
    <TextInput
      ref={ref}
      label="User name"
      name="username"
      autoComplete={withPasskeys ? 'username webauthn' : 'username'}
      autoCapitalize="none"
      spellCheck={false}
      required
      withAsterisk={false}
      value={value}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}

interface KnownUserNameProps {
  readonly username: string;
}

/** Not seen: password managers keep a password by its user name, also where that need not be typed. */
export function KnownUserName({ username }: KnownUserNameProps): ReactElement {
  return (
    <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
  );
}
