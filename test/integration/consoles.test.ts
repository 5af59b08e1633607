import { runConsole, runUnread } from '../helpers/processes/console';

const CONSOLES = ['access', 'audit', 'ca', 'phone', 'recovery'] as const;

describe.each(CONSOLES)('%s', (name) => {
  test('asked for help, says how it is used, and that is no failure', async () => {
    const asked = await runConsole(name, {}, '--help');
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect(asked.stdout).toContain(`${name} -- `);
    expect(await runConsole(name, {}, '-h')).toEqual(asked);
    const { stdout: stderr } = asked;
    expect(await runConsole(name, {})).toEqual({ code: 2, stdout: '', stderr });
  });

  test('a reader that has seen enough is no failure', async () => {
    expect(await runUnread(name, {}, '--help')).toEqual({ code: 0, stderr: '' });
  });
});

const INSTANT = 'an instant such as 2026-11-22T01:50:00Z';

test.each([
  ['access start', 'The first word must be one of reset.'],
  ['access reset now', 'reset takes no word behind it.'],
  ['audit export --from yesterday', `--from takes ${INSTANT}.`],
  ['audit export --to', `--to takes ${INSTANT}.`],
  ['audit export --from --to x', `--from takes ${INSTANT}.`],
  ['audit verify --anchor 3', '--anchor takes NUMBER:SEAL, as verify tells it.'],
  ['audit verify --actor x', 'verify has no option --actor.'],
  ['audit export --format xml', 'There is no option --format.'],
  [
    'ca roll-over --key-algorithm RSA-1024',
    '--key-algorithm takes one of RSA-2048, RSA-3072, RSA-4096, P-256, P-384.',
  ],
  ['ca revoke --reason cACompromise', 'revoke needs the ID of an authority behind it.'],
  ['ca revoke x', expect.stringMatching(/^revoke needs --reason: one of .*cACompromise/)],
  ['ca revoke x --reason cACompromise --anyway=yes', '--anyway takes no value.'],
  ['ca export x y', 'export takes no more than one word behind it.'],
  ['recovery init', 'init needs either --out or --public, the name of a file.'],
  [
    'recovery init --out a --algorithm P-521',
    expect.stringMatching(/^--algorithm takes one of .*P-384\./),
  ],
  ['phone renew --algorithm P-521', expect.stringMatching(/^--algorithm takes one of .*\./)],
  ['phone renew --keep', '--keep takes the name of a file.'],
  ['phone decrypt', 'decrypt needs exactly one MESSAGE behind it.'],
])('%s: one line says what is wrong', async (command, told) => {
  const [name = '', ...args] = command.split(' ');
  const { code, stdout, stderr } = await runConsole(name, {}, ...args);
  const help = ` Help: npm run ${name} -- --help\n`;
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.match(/\n/g)).toHaveLength(1);
  expect([stderr.slice(0, -help.length), stderr.slice(-help.length)]).toEqual([told, help]);
});
