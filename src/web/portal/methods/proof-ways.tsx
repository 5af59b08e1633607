import { browserSupportsWebAuthn } from '@simplewebauthn/browser';
import { Button, Divider, Stack } from '@mantine/core';
import { Fragment, useRef, useState, type ReactElement } from 'react';
import type { PortalUser } from '../sign-in/documents.js';
import type { ProofWay } from '../step-up/step-up.js';
import { ProofMethod } from './proof-method.js';

interface ProofWaysProps {
  readonly ways: readonly ProofWay[];
  readonly user: PortalUser | undefined;
  readonly onProven: () => Promise<void>;
}

/** The ways to choose from; the one that was begun stands alone until another one is wanted. */
export function ProofWays({ ways, user, onProven }: ProofWaysProps): ReactElement {
  const [begun, setBegun] = useState<string>();
  const [round, setRound] = useState(0);
  const possible = withoutPasskeys(ways);
  const shown = possible.filter((way) => begun === undefined || keyOf(way) === begun);
  const group = useRef<HTMLDivElement>(null);
  const startOver = (): void => {
    setBegun(undefined);
    group.current?.focus(); // the button goes, and keyboard and screen reader go on here
    setRound((count) => count + 1);
  };
  return (
    <Stack ref={group} tabIndex={-1} style={{ outline: 'none' }}>
      {shown.map((way, index) => (
        <Fragment key={`${String(round)} ${keyOf(way)}`}>
          <ProofMethod
            way={way}
            alone={possible.length === 1}
            user={user}
            onBegin={() => {
              setBegun(keyOf(way));
            }}
            onProven={onProven}
          />
          {isOpenForm(way, user) && index < shown.length - 1 && <Divider label="or" />}
        </Fragment>
      ))}
      {begun !== undefined && possible.length > 1 && (
        <Button
          variant="subtle"
          size="compact-sm"
          onClick={startOver}
          style={{ alignSelf: 'flex-start' }}
        >
          Use another way
        </Button>
      )}
    </Stack>
  );
}

function keyOf(way: ProofWay): string {
  return `${way.kind} ${way.label}`;
}

/** At sign-in the password's form is open, and the buttons follow below it. */
function isOpenForm(way: ProofWay, user: PortalUser | undefined): boolean {
  return way.kind === 'PASSWORD' && user === undefined;
}

/** Where the browser has no passkeys they are left out, unless nothing else would do. */
function withoutPasskeys(ways: readonly ProofWay[]): readonly ProofWay[] {
  const others = ways.filter(({ kind }) => kind !== 'PASSKEY');
  return browserSupportsWebAuthn() || others.length === 0 ? ways : others;
}
