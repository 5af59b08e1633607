import { Checkbox, Stack } from '@mantine/core';
import type { ReactElement } from 'react';
import { groupSerial } from '../../shared/certificates.js';
import { formatDay } from '../../shared/dates.js';
import type { Offer } from './documents.js';
import type { OrderChoice } from './order-choice.js';

interface EarlierKeysProps {
  readonly offer: Offer;
  readonly choice: OrderChoice;
  readonly onChange: (changed: Partial<OrderChoice>) => void;
}

/** Earlier encryption certificates that can come along; where there are none, nothing is asked. */
export function EarlierKeys({ offer, choice, onChange }: EarlierKeysProps): ReactElement | null {
  const { recoverableCertificates } = offer;
  if (recoverableCertificates.length === 0) return null;
  return (
    <Checkbox.Group
      label="Keys for earlier mail"
      description="With an earlier encryption certificate the new phone reads what was encrypted for you before. New mail is encrypted for the new one."
      value={[...choice.recoverCertificateIds]}
      onChange={(values: string[]) => {
        onChange({
          recoverCertificateIds: recoverableCertificates
            .map(({ id }) => id)
            .filter((id) => values.includes(id)),
        });
      }}
    >
      <Stack gap="xs" mt="sm">
        {recoverableCertificates.map(({ id, notBefore, notAfter, serialNumber }) => (
          <Checkbox
            key={id}
            value={id}
            label={`Encryption, ${formatDay(notBefore)} to ${formatDay(notAfter)}`}
            description={`No. ${groupSerial(serialNumber)}`}
            data-recoverable={id}
          />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}
