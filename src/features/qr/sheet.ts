/** A page to print: a QR code, and what belongs to it. */
export interface Sheet {
  readonly title: string;
  /** One line below the title. */
  readonly lead: string;
  /** What the QR code says; it stands below in letters, too. */
  readonly uri: string;
  /** Above `uri` in letters. */
  readonly uriLabel: string;
  /** As many paragraphs as there are lines. */
  readonly instructions: string;
  /** Each with a small QR code of its own. */
  readonly links: readonly { readonly label: string; readonly url: string }[];
}
