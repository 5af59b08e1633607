import type { DeviceId } from '../../kernel/ids.js';
import { newId } from '../../kernel/ids.js';
import { loaderOf } from '../../platform/loaders.js';
import type { ChangeScope, Scope } from '../../platform/scope.js';
import { Device } from './device.entity.js';
import { In } from 'typeorm';

export interface DeviceDescription {
  readonly name: string;
  readonly platform: string;
  readonly model: string | null;
}

/** Phones that have scanned a code. */
export class DeviceService {
  /** The device with this key; known from its first call on, and described as it describes itself today. */
  async recognise(
    scope: ChangeScope,
    thumbprint: string,
    description: DeviceDescription,
  ): Promise<DeviceId> {
    const [device] = await scope.sql<{ id: DeviceId }>(
      'device.recognise',
      `INSERT INTO device (id, thumbprint, name, platform, model, first_seen_at) VALUES ($1, $2, $3, $4, $5, now())
       ON CONFLICT (thumbprint) DO UPDATE SET name = excluded.name, platform = excluded.platform, model = excluded.model
       RETURNING id`,
      [newId(), thumbprint, description.name, description.platform, description.model],
    );
    if (device === undefined) throw new Error('The device was not stored.');
    return device.id;
  }

  /** Read together with the other devices that this request asks for. */
  load(scope: Scope, id: DeviceId): Promise<Device> {
    const loader = loaderOf(scope.request, 'device', async (ids: readonly DeviceId[]) => {
      const rows = await scope.db.findBy(Device, { id: In(ids) });
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((wanted) => byId.get(wanted) ?? new Error('The device is gone.'));
    });
    return loader.load(id);
  }
}
