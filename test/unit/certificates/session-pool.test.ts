import { SessionPool } from '../../../src/features/certificates/pkcs11/session-pool';

class Pkcs11Error extends Error {
  constructor(readonly code: number) {
    super(`CKR ${String(code)}`);
  }
}

const CODES = [
  ...['CKR_USER_ALREADY_LOGGED_IN', 'CKR_SESSION_HANDLE_INVALID', 'CKR_SESSION_CLOSED'],
  ...['CKR_USER_NOT_LOGGED_IN', 'CKR_DEVICE_REMOVED', 'CKR_DEVICE_ERROR'],
  ...['CKR_KEY_HANDLE_INVALID', 'CKR_OBJECT_HANDLE_INVALID', 'CKR_TOKEN_NOT_PRESENT'],
  ...['CKR_PIN_INCORRECT', 'CKR_PIN_INVALID', 'CKR_PIN_LEN_RANGE', 'CKR_PIN_LOCKED'],
  ...['CKR_PIN_EXPIRED', 'CKF_SERIAL_SESSION', 'CKF_RW_SESSION', 'CKU_USER'],
] as const;
const CKR = Object.fromEntries(CODES.map((name, i) => [name, i + 1])) as Record<
  (typeof CODES)[number],
  number
>;

/** A token that can be taken away, and that takes one PIN. */
class FakeToken {
  isAway = false;
  pin = '1234';
  logins = 0;
  opened = 0;

  C_OpenSession(): Buffer {
    if (this.isAway) throw new Pkcs11Error(CKR.CKR_TOKEN_NOT_PRESENT);
    this.opened += 1;
    return Buffer.of(this.opened);
  }

  C_Login(_session: Buffer, _user: number, pin: string): void {
    this.logins += 1;
    if (pin !== this.pin) throw new Pkcs11Error(CKR.CKR_PIN_INCORRECT);
  }

  C_CloseSession(): void {
    if (this.isAway) throw new Pkcs11Error(CKR.CKR_DEVICE_REMOVED);
  }

  pool(): SessionPool {
    const access = { slot: Buffer.of(0), pin: '1234' };
    return new SessionPool({ ...CKR, Pkcs11Error } as never, this as never, access);
  }
}

const settle = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));
const removed = (): Promise<never> => Promise.reject(new Pkcs11Error(CKR.CKR_DEVICE_REMOVED));

test('who waits for a session is told when the token is gone, however many wait', async () => {
  const token = new FakeToken();
  const pool = token.pool();
  let isPulled = false;
  const work = async (): Promise<void> => {
    while (!isPulled) await settle();
    await removed();
  };
  const asked = Array.from({ length: 20 }, () => pool.use(work).catch(() => 'failed'));
  await settle();
  token.isAway = true;
  isPulled = true;
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['failed']));
  token.isAway = false;
  expect(await pool.use(() => Promise.resolve('signed'))).toBe('signed');
});

test('a PIN that the token has refused is not shown to it again, so that it does not lock itself', async () => {
  const token = new FakeToken();
  const pool = token.pool();
  token.pin = '5678';
  await pool.use(removed).catch(() => undefined);
  const { logins } = token;
  for (let i = 0; i < 5; i++) {
    await expect(pool.use(() => Promise.resolve('signed'))).rejects.toThrow(
      'does not take PKCS11_PIN',
    );
  }
  expect([logins, token.logins]).toEqual([2, 2]);
});

test('a token that is away when it should take the PIN says so, and is asked again', async () => {
  const token = new FakeToken();
  const pool = token.pool();
  token.isAway = true;
  const error = await pool.use(removed).catch((cause: unknown) => cause);
  expect(error).toEqual(new Pkcs11Error(CKR.CKR_TOKEN_NOT_PRESENT));
  token.isAway = false;
  expect(await pool.use(() => Promise.resolve('signed'))).toBe('signed');
});
