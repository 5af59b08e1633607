import { Arg, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { invalidInput } from '../../kernel/errors.js';
import { qrPng, qrSvg, qrText } from './qr.service.js';
import { QrCode } from './qr.types.js';

const DEFAULT_PIXELS = 320;
const MIN_PIXELS = 64;
const MAX_PIXELS = 2048;

/** Draws only what the query asks for. */
@Resolver(() => QrCode)
export class QrCodeResolver {
  @FieldResolver(() => String, { description: 'PNG, base64, without the data: prefix.' })
  async png(
    @Root() { uri }: QrCode,
    @Arg('size', () => Int, {
      nullable: true,
      defaultValue: DEFAULT_PIXELS,
      description: 'Width and height in pixels, from 64 to 2048.',
    })
    size: number | null,
  ): Promise<string> {
    const pixels = size ?? DEFAULT_PIXELS;
    if (pixels < MIN_PIXELS || pixels > MAX_PIXELS) {
      throw invalidInput(
        'size',
        `It must be between ${String(MIN_PIXELS)} and ${String(MAX_PIXELS)}.`,
      );
    }
    return (await qrPng(uri, pixels)).toString('base64');
  }

  @FieldResolver(() => String, { description: 'A complete SVG document.' })
  svg(@Root() { uri }: QrCode): Promise<string> {
    return qrSvg(uri);
  }

  @FieldResolver(() => String, {
    description: 'The same in block characters, for a terminal.',
  })
  text(@Root() { uri }: QrCode): string {
    return qrText(uri);
  }
}
