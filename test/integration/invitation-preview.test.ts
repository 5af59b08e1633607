import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createProject, sixDigitsIn } from '../helpers/people';
import { noteSecret } from '../helpers/run';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;
beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
afterAll(() => server.stop());

const PREVIEW = `query ($id: ID!, $settings: ProvisioningSettingsInput) { invitationPreview(projectId: $id, settings: $settings) {
  subject text html sms { text parts encoding } } }`;
const preview = (settings?: object, id = cast.projectId) =>
  server.graphql(PREVIEW, { id, settings }, { token: cast.admin });

test('shows the invitation as it is, in both parts, with a QR code and a link that lead nowhere', async () => {
  const { data, errors } = await preview();
  expect(errors).toEqual([]);
  const { subject, text, html, sms } = data.invitationPreview;
  expect(subject).toMatch(/^Your mobile ID for /);
  expect(text).toContain(`${server.url}/i#Example`);
  expect(html).toMatch(/<img src="data:image\/png;base64,[A-Za-z0-9+/=]{100,}"/);
  expect(html).not.toMatch(/src="cid:|src="http/);
  expect(sms).toMatchObject({ encoding: 'GSM-7', parts: 1 });
  const code = /\/i#([\w-]{22})/.exec(text as string)?.[1] ?? '';
  const answer = await server.graphql(
    'mutation ($code: String!) { noteInvitationOpened(code: $code) }',
    { code },
  );
  expect(answer.data.noteInvitationOpened).toBe(false);
});

test('shows texts that are not stored, and stores none of them', async () => {
  const settings = {
    emailSubject: '{displayName} & {projectName} until {expiresAt}',
    emailMessage: '<b>{displayName}</b>\n\n{link}',
    smsMessage: 'Привет {displayName} {link}',
    serverName: '<script>alert(1)</script>',
  };
  const { data } = await preview(settings);
  const { subject, html, text, sms } = data.invitationPreview;
  expect(subject).toMatch(/^Alva Example & .* until .* UTC$/);
  expect(text).toContain('<b>Alva Example</b>');
  expect(html).toContain('&lt;b&gt;Alva Example&lt;/b&gt;');
  expect(html).not.toContain('<script>');
  expect(sms).toMatchObject({ encoding: 'UCS-2' });
  expect(sms.text).toContain('Привет Alva Example');
  const stored = await server.graphql(
    'query ($id: ID!) { project(id: $id) { settings { emailSubject serverName } } }',
    { id: cast.projectId },
    { token: cast.admin },
  );
  expect(stored.data.project.settings).toMatchObject({ serverName: 'Signet' });
});

test('a link that the texts lack stands at their end', async () => {
  const { data } = await preview({ emailMessage: 'Hello', smsMessage: 'Hello' });
  expect(data.invitationPreview.text).toMatch(/^Hello\n\nhttp\S+\/i#/);
  expect(data.invitationPreview.sms.text).toMatch(/^Hello http\S+\/i#/);
});

test.each([
  ['an unknown placeholder', { emailMessage: '{password}' }, 'settings.emailMessage'],
  ['a link in the subject', { emailSubject: '{link}' }, 'settings.emailSubject'],
  [
    'a second header in the subject',
    { emailSubject: 'x\r\nBcc: eve@x.org' },
    'settings.emailSubject',
  ],
  ['an overlong text', { smsMessage: 'x'.repeat(481) }, 'settings.smsMessage'],
  ['no language', { language: null }, 'settings.language'],
])('%s is refused as it would be where it is stored', async (_what, settings, field) => {
  const answer = await preview(settings);
  expect(codeOf(answer)).toBe('INVALID_INPUT');
  expect(answer.errors[0]?.extensions['fields']).toEqual([
    expect.objectContaining({ field }) as unknown,
  ]);
});

test('a project that is none has no invitation', async () => {
  expect(codeOf(await preview({}, cast.adminId))).toBe('NOT_FOUND');
});

test('another language brings its texts, where the project has not worded its own', async () => {
  const TEXTS = 'settings { language emailSubject emailMessage smsMessage instructions }';
  const id = await createProject(server, cast.admin, newName('own'), { emailSubject: 'Own' });
  const set = async (language: string): Promise<any> => {
    const { data, errors } = await server.graphql(
      `mutation ($id: ID!, $language: Language!) { updateProjectSettings(id: $id, settings: { language: $language }) { ${TEXTS} } }`,
      { id, language },
      { token: cast.admin },
    );
    expect(errors).toEqual([]);
    return data.updateProjectSettings.settings;
  };
  const german = await set('DE');
  expect(german).toMatchObject({ language: 'DE', emailSubject: 'Own' });
  expect(german.emailMessage).toContain('Guten Tag {displayName}');
  expect(german.smsMessage).toContain('Ihre Mobile ID');
  expect(german.instructions).toContain('Scannen Sie');
  const english = await set('EN');
  expect(english.emailMessage).toContain('Hello {displayName}');
});

test('every placeholder is listed, with the settings that may contain it', async () => {
  const { data } = await server.graphql(
    '{ messagePlaceholders { name meaning settings } }',
    {},
    { token: cast.admin },
  );
  const byName = new Map(
    data.messagePlaceholders.map(({ name, settings }: any) => [name, settings]),
  );
  expect([...byName.keys()].sort()).toEqual([
    'displayName',
    'email',
    'expiresAt',
    'link',
    'projectName',
    'serverName',
    'username',
  ]);
  expect(byName.get('link')).toEqual(['emailMessage', 'smsMessage']);
  for (const [name, settings] of byName) {
    for (const setting of settings as string[]) {
      const text = { [setting]: `{${String(name)}}` };
      expect((await preview(text)).errors).toEqual([]);
    }
  }
});

test('where users may not order at all, none is offered anything, operators may still, and mails of no project are in its language', async () => {
  const closed = await startTestServer({
    environment: { SELF_SERVICE: 'off', DEFAULT_LANGUAGE: 'de' },
  });
  try {
    const people = await gatherCast(closed);
    const { data } = await closed.graphql(
      '{ mobileIdOffers { projectId } }',
      {},
      { token: people.alva.token },
    );
    expect(data.mobileIdOffers).toEqual([]);
    const START =
      'mutation ($input: StartEnrolmentInput!) { startEnrolment(input: $input) { watchToken } }';
    const own = await closed.graphql(
      START,
      { input: { projectId: people.projectId } },
      { token: people.alva.token },
    );
    expect(codeOf(own)).toBe('PROVISIONING_DISABLED');
    const supplied = await closed.graphql(
      `mutation ($id: ID!, $input: StartEnrolmentInput!) { startEnrolmentForUser(userId: $id, input: $input) {
         enrolment { status } } }`,
      { id: people.alva.id, input: { projectId: people.projectId } },
      { token: people.operator.token },
    );
    expect(supplied.data.startEnrolmentForUser.enrolment.status).toBe('WAITING_FOR_SCAN');
    await closed.graphql('mutation { sendEmailCode }', {}, { token: people.alva.token });
    const mail = await closed.mailTo(people.alva.email);
    noteSecret(sixDigitsIn(mail.text));
    expect(mail.subject).toBe('Ihr Signet-Code');
  } finally {
    await closed.stop();
  }
});
