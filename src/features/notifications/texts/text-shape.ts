/** Every sentence that Signet itself writes into a mail or a text message. */
export interface Texts {
  readonly product: string;
  readonly facts: Readonly<Record<'profile' | 'device' | 'project' | 'reason', string>>;
  readonly signInCode: {
    readonly subject: string;
    readonly opening: ByName;
    readonly validity: (minutes: number) => string;
    readonly unasked: string;
  };
  /** Characters of GSM 7-bit alone: others would halve what fits into one message. */
  readonly codeBySms: (code: string, host: string, minutes: number) => string;
  readonly passwordLink: {
    readonly button: string;
    readonly userName: string;
    readonly validity: (until: string) => string;
    readonly secrecy: string;
  };
  readonly passwordInvitation: { readonly subject: string; readonly opening: ByName };
  readonly passwordReset: {
    readonly subject: string;
    readonly opening: ByName;
    readonly unasked: string;
  };
  readonly passwordChanged: {
    readonly subject: string;
    readonly opening: ByName;
    readonly unasked: string;
  };
  readonly invitation: {
    readonly qrAlternative: string;
    readonly button: string;
    readonly secrecy: string;
  };
  readonly completed: {
    readonly subject: (projectName: string) => string;
    readonly opening: ByName;
    readonly unasked: string;
  };
  readonly failed: {
    readonly subject: (projectName: string) => string;
    readonly opening: ByName;
    readonly advice: string;
    /** By the code of the failure; where there is none, it is said in English. */
    readonly reasons: Readonly<Record<string, string>>;
  };
  readonly expires: {
    readonly subject: (projectName: string, days: number) => string;
    readonly opening: (displayName: string, until: string) => string;
    readonly howTo: (deviceName: string, link: string) => string;
    readonly button: string;
    readonly otherwise: string;
  };
  readonly renewed: {
    readonly subject: (projectName: string) => string;
    readonly opening: (displayName: string, until: string) => string;
    readonly unasked: string;
  };
  readonly memberRemoved: {
    readonly subject: (projectName: string) => string;
    readonly opening: (displayName: string, projectName: string) => string;
    readonly advice: string;
  };
  readonly webhooksOff: {
    readonly subject: (projectName: string) => string;
    /** By why they are turned off. */
    readonly reasons: Readonly<Record<'FAILING' | 'GONE' | 'ADMINISTRATOR', string>>;
    readonly facts: Readonly<Record<'receiver' | 'description', string>>;
    readonly advice: string;
  };
  /** Of a QR code on paper. */
  readonly sheet: {
    readonly lead: (serverName: string) => string;
    readonly personalLead: (displayName: string, username: string) => string;
    readonly uriLabel: string;
    readonly validity: (displayName: string, until: string) => string;
  };
}
type ByName = (displayName: string) => string;
