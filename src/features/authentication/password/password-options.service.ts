import type { OptionSource } from '../sign-in-options.service.js';

/** Everybody may try. */
export const passwordOptions: OptionSource = () =>
  Promise.resolve([
    { method: 'PASSWORD', provider: null, label: 'User name and password', url: null },
  ]);
