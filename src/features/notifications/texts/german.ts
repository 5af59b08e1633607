import type { Texts } from './text-shape.js';

export const GERMAN: Texts = {
  product: 'Signet',
  facts: { profile: 'Mobile ID', device: 'Telefon', project: 'Projekt', reason: 'Grund' },
  signInCode: {
    subject: 'Ihr Signet-Code',
    opening: (displayName) => `Guten Tag ${displayName},\n\ndas ist Ihr Code:`,
    validity: (minutes) =>
      `Er gilt ${minutesOf(minutes)} und nur einmal. Geben Sie ihn auf der Seite ein, die danach gefragt hat, und nirgends sonst.`,
    unasked:
      'Wenn Sie keinen Code angefordert haben, kennt vielleicht jemand Ihr Passwort: Melden Sie sich bei Ihrer Administration und geben Sie diesen Code niemandem.',
  },
  codeBySms: (code, host, minutes) =>
    `${code} ist Ihr Signet-Code für ${host}. Er gilt ${minutesOf(minutes)} und nur einmal. Geben Sie ihn niemandem.`,
  passwordLink: {
    button: 'Passwort setzen',
    userName: 'Benutzername',
    validity: (until) => `Der Link gilt einmal, bis ${until}.`,
    secrecy: 'Wer ihn öffnet, kann Ihr Passwort setzen: Leiten Sie diese E-Mail nicht weiter.',
  },
  passwordInvitation: {
    subject: 'Setzen Sie Ihr Signet-Passwort',
    opening: (displayName) =>
      `Guten Tag ${displayName},\n\nfür Sie wurde ein Konto eingerichtet. Öffnen Sie diesen Link, um Ihr Passwort zu setzen:`,
  },
  passwordReset: {
    subject: 'Setzen Sie ein neues Signet-Passwort',
    opening: (displayName) =>
      `Guten Tag ${displayName},\n\njemand hat ein neues Passwort für Ihr Konto angefordert. Wenn Sie es waren, öffnen Sie diesen Link, um es zu setzen:`,
    unasked:
      'Wenn Sie es nicht angefordert haben, beachten Sie diese E-Mail nicht: Ihr Passwort bleibt, wie es ist, und der Link läuft von selbst ab.',
  },
  passwordChanged: {
    subject: 'Ihr Signet-Passwort wurde geändert',
    opening: (displayName) =>
      `Guten Tag ${displayName},\n\ndas Passwort Ihres Kontos wurde neu gesetzt, und alle anderen Sitzungen wurden beendet.`,
    unasked:
      'Wenn Sie das nicht waren, fordern Sie auf der Anmeldeseite ein neues Passwort an und melden Sie sich sofort bei Ihrer Administration.',
  },
  invitation: {
    qrAlternative: 'QR-Code: Scannen Sie ihn mit dem Telefon, das Ihre Mobile ID tragen soll.',
    button: 'Auf diesem Telefon öffnen',
    secrecy:
      'Wer diesen Code zuerst scannt, bekommt die Mobile ID. Leiten Sie diese E-Mail nicht weiter, und melden Sie sich bei Ihrer Administration, wenn Sie sie nicht erwartet haben.',
  },
  completed: {
    subject: (projectName) => `Ihre Mobile ID für ${projectName} ist aktiv`,
    opening: (displayName) => `Guten Tag ${displayName},\n\nIhre Mobile ID ist aktiv:`,
    unasked: 'Wenn Sie das nicht waren, melden Sie sich sofort bei Ihrer Administration.',
  },
  failed: {
    subject: (projectName) => `Ihre Mobile ID für ${projectName} wurde nicht eingerichtet`,
    opening: (displayName) =>
      `Guten Tag ${displayName},\n\nIhre Mobile ID konnte nicht eingerichtet werden:`,
    advice:
      'Sie können sie erneut bestellen. Wenn es wieder nicht geht, fragen Sie Ihre Administration.',
    reasons: {
      CHANNEL_NOT_AVAILABLE: 'Der Code kann auf diesem Weg nicht zugestellt werden.',
      CONFIRMATION_WRONG: 'Der Bestätigungscode ist falsch.',
      CSR_REJECTED: 'Der Zertifikatsantrag wurde abgelehnt.',
      PROFILE_LIMIT_REACHED: 'Es sind bereits so viele Mobile IDs vorhanden wie erlaubt.',
      USER_NOT_ACTIVE: 'Dieses Benutzerkonto ist nicht aktiv.',
    },
  },
  expires: {
    subject: (projectName, days) => `Ihre Mobile ID für ${projectName} läuft ${inDays(days)} ab`,
    opening: (displayName, until) =>
      `Guten Tag ${displayName},\n\nIhre Mobile ID kann bis ${until} benutzt werden. Erneuern Sie sie vorher: Es bleibt dieselbe Mobile ID, mit neuen Schlüsseln und Zertifikaten.`,
    howTo: (deviceName, link) =>
      `Öffnen Sie auf dem Telefon, das sie trägt (${deviceName}), diese Adresse und wählen Sie «Renew»:\n\n${link}`,
    button: 'Auf diesem Telefon erneuern',
    otherwise:
      'Wenn Sie dieses Telefon nicht mehr haben, melden Sie sich an, widerrufen Sie diese Mobile ID und bestellen Sie eine neue. Ist sie einmal abgelaufen, kann sie nicht mehr erneuert werden.',
  },
  renewed: {
    subject: (projectName) => `Ihre Mobile ID für ${projectName} wurde erneuert`,
    opening: (displayName, until) =>
      `Guten Tag ${displayName},\n\nIhre Mobile ID hat neue Schlüssel und Zertifikate und kann bis ${until} benutzt werden:`,
    unasked:
      'Wenn Sie das nicht waren, widerrufen Sie sie und melden Sie sich sofort bei Ihrer Administration.',
  },
  memberRemoved: {
    subject: (projectName) => `Sie gehören nicht mehr zu ${projectName}`,
    opening: (displayName, projectName) =>
      `Guten Tag ${displayName},\n\nSie wurden aus ${projectName} entfernt. Ihre Mobile IDs dafür können nicht mehr benutzt werden, und offene Einladungen sind beendet.`,
    advice:
      'Wenn Sie das nicht erwartet haben, fragen Sie Ihre Administration. Werden Sie wieder aufgenommen, gelten Ihre Mobile IDs wie zuvor.',
  },
  webhooksOff: {
    subject: (projectName) => `Die Webhooks von ${projectName} sind ausgeschaltet`,
    reasons: {
      FAILING: 'Diese Adresse hat drei Tage lang nichts angenommen, was an sie gesandt wurde:',
      GONE: 'Der Empfänger an dieser Adresse hat geantwortet, dass er nichts mehr will (410):',
      ADMINISTRATOR: 'Die Administration hat ausgeschaltet, was an diese Adresse gesandt wurde:',
    },
    facts: { receiver: 'Empfänger', description: 'Beschreibung' },
    advice:
      'Nichts ist verloren: Sobald die Administration den Empfänger wieder einschaltet, erfährt er alles, was inzwischen geschehen ist.',
  },
  sheet: {
    lead: (serverName) => `Holen Sie sich Ihre Mobile ID von ${serverName}`,
    personalLead: (displayName, username) => `Mobile ID für ${displayName} (${username})`,
    uriLabel: 'Keine Kamera zur Hand? Öffnen Sie diese Adresse auf Ihrem Telefon:',
    validity: (displayName, until) =>
      `Dieser Code ist allein für ${displayName} und kann bis ${until} gescannt werden.`,
  },
};

function minutesOf(minutes: number): string {
  return minutes === 1 ? 'eine Minute' : `${String(minutes)} Minuten`;
}

function inDays(days: number): string {
  return days === 1 ? 'innerhalb eines Tages' : `in ${String(days)} Tagen`;
}
