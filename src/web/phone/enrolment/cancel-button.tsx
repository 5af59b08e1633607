import type { ReactElement } from 'react';
import { isShared, type DeviceTask } from '../../../phone/contract.js';
import { NotMeButton } from '../not-me-button.js';

interface CancelButtonProps {
  readonly task: DeviceTask;
  readonly onCancel: () => void;
}

/** A code that is for all phones names nobody whom it could not be. */
export function CancelButton({ task, onCancel }: CancelButtonProps): ReactElement {
  return isShared(task) ? (
    <NotMeButton label="No, cancel" onCancel={onCancel} />
  ) : (
    <NotMeButton onCancel={onCancel} />
  );
}
