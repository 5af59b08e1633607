import { sheetTexts } from '../../../src/features/notifications/sheet-text.service';

test.each([
  ['EN', 'Mobile ID for Alva Lind (alva)'],
  ['DE', 'Mobile ID für Alva Lind (alva)'],
] as const)(
  'a sheet for one person says that it holds a mobile ID, and whose: %s',
  (language, lead) => {
    expect(sheetTexts(language).personalLead('Alva Lind', 'alva')).toBe(lead);
  },
);
