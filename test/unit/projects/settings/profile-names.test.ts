import {
  expandNames,
  unassignedNames,
} from '../../../../src/features/projects/settings/profile-names.js';
import { DEFAULT_SETTINGS } from '../../../../src/features/projects/settings/settings.js';

const ALVA = { username: 'alva', displayName: 'Alva Lindqvist', email: 'alva@example.com' };

describe('names on the phone', () => {
  test('are the project and the user name by default', () => {
    expect(expandNames('Payments', DEFAULT_SETTINGS, ALVA)).toEqual({
      profileName: 'Payments',
      accountName: 'alva',
      serverName: 'Signet',
    });
  });

  test('follow the templates', () => {
    const settings = {
      ...DEFAULT_SETTINGS,
      profileNameTemplate: '{projectName} ({serverName})',
      accountNameTemplate: '{displayName}, {email}',
    };
    expect(expandNames('Payments', settings, ALVA)).toMatchObject({
      profileName: 'Payments (Signet)',
      accountName: 'Alva Lindqvist, alva@example.com',
    });
  });

  test('have the user name in place of an address that there is not', () => {
    const settings = { ...DEFAULT_SETTINGS, accountNameTemplate: '{email}' };
    expect(expandNames('Payments', settings, { ...ALVA, email: null }).accountName).toBe('alva');
  });

  test('show braces inside a value as they are', () => {
    const settings = { ...DEFAULT_SETTINGS, profileNameTemplate: '{displayName}/{projectName}' };
    const names = expandNames('$& {username}', settings, { ...ALVA, displayName: '{email}' });
    expect(names.profileName).toBe('{email}/$& {username}');
  });
});

test('before an ID is assigned, its place in the names stays empty', () => {
  const settings = { ...DEFAULT_SETTINGS, profileNameTemplate: '{projectName} {username}' };
  expect(unassignedNames('Visitors', settings)).toEqual({
    profileName: 'Visitors',
    serverName: 'Signet',
  });
  const empty = { ...DEFAULT_SETTINGS, profileNameTemplate: '{displayName}' };
  expect(unassignedNames('Visitors', empty).profileName).toBe('Visitors');
});
