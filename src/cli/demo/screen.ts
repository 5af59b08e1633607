import { styleText } from 'node:util';

/** What still stands well on a terminal of a hundred columns. */
const WIDTH = 98;
const MARGIN = 2;
const ACTION_WIDTH = 30;

type Style = Parameters<typeof styleText>[0];

/** Writes the demo's lines, none wider than a hundred columns, coloured only where the terminal wants it. */
export class Screen {
  private readonly coloured: boolean;

  constructor(private readonly stream: NodeJS.WriteStream) {
    this.coloured = stream.isTTY && stream.hasColors(); // hasColors() knows NO_COLOR
  }

  /** An empty line. */
  gap(): void {
    this.stream.write('\n');
  }

  /** One line; what does not fit is cut. */
  line(text: string, options: { readonly indent?: number; readonly style?: Style } = {}): void {
    const { indent = MARGIN, style } = options;
    const room = WIDTH - indent;
    const shown = text.length > room ? `${text.slice(0, room - 1)}…` : text;
    this.stream.write(`${' '.repeat(indent)}${this.paint(style, shown)}\n`);
  }

  /** As it is, however long: for what is copied, such as a link or a QR code. */
  verbatim(text: string, indent = MARGIN): void {
    for (const line of text.split('\n')) this.stream.write(`${' '.repeat(indent)}${line}\n`);
  }

  /** Prose, broken between words. */
  prose(text: string, indent = MARGIN): void {
    for (const line of wrap(text, WIDTH - indent)) this.line(line, { indent });
  }

  heading(text: string): void {
    this.gap();
    this.line(text, { style: ['bold', 'underline'] });
    this.gap();
  }

  good(text: string): void {
    this.marked('✓', 'green', text);
  }

  /** Not as planned, but it goes on. */
  note(text: string): void {
    this.marked('!', 'yellow', text);
  }

  bad(text: string): void {
    this.marked('✗', 'red', text);
  }

  /** One step of the play: who does what, and how it ends. */
  step(
    number: number,
    action: string,
    outcome: { text: string; style: Style; more?: string },
  ): void {
    const { text, style, more = '' } = outcome;
    const head = this.paint('bold', String(number));
    const tail = more === '' ? '' : `   ${this.paint('dim', more)}`;
    const left = `${' '.repeat(MARGIN)}${head}  ${action.padEnd(ACTION_WIDTH)}`;
    this.stream.write(`${left} ${this.paint(style, text)}${tail}\n`);
  }

  paint(style: Style | undefined, text: string): string {
    return this.coloured && style !== undefined ? styleText(style, text) : text;
  }

  private marked(mark: string, style: Style, text: string): void {
    const [first = '', ...others] = wrap(text, WIDTH - MARGIN - 2);
    this.stream.write(`${' '.repeat(MARGIN)}${this.paint(style, mark)} ${first}\n`);
    for (const line of others) this.line(line, { indent: MARGIN + 2 });
  }
}

/** Lines of at most `width` characters; a word that is longer stands alone. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > width && line !== '') {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}
