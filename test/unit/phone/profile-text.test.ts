import { profileText } from '../../../src/phone/profile-text';

test('a mobile ID is told with its server, and once where both have one name', () => {
  expect(profileText('Staff', 'Signet')).toBe('Staff, Signet');
  expect(profileText('Library', 'Library')).toBe('Library');
});
