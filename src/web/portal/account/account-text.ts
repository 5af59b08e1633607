/** What refusals mean for whatever an account holds. */
export const ACCOUNT_TEXT = {
  'CONFLICT/NO_ADMINISTRATOR_GETS_IN':
    'Without it no administrator could get in any more. Set up another way first.',
  NOT_FOUND: 'It is not there any more. Reload the page.',
};
