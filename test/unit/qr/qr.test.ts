import 'reflect-metadata';
import { assertObjectType, graphql, printType } from 'graphql';
import jsQR from 'jsqr';
import { PNG } from 'pngjs';
import { Query, Resolver, buildSchema } from 'type-graphql';
import { qrPng, qrSvg, qrText } from '../../../src/features/qr/qr.service.js';
import { QrCodeResolver } from '../../../src/features/qr/qr.resolver.js';
import { QrCode } from '../../../src/features/qr/qr.types.js';

const LINK = 'https://id.example.org:8443/m#AbCdEfGhIjKlMnOpQrStUv';

@Resolver()
class CodeResolver {
  @Query(() => QrCode)
  code(): QrCode {
    return { uri: LINK };
  }
}

interface Answer {
  readonly data: { readonly code: { readonly png: string } };
  readonly errors: readonly { readonly originalError: unknown }[];
}

async function query(source: string): Promise<Answer> {
  const schema = await buildSchema({
    resolvers: [CodeResolver, QrCodeResolver],
    emitSchemaFile: false,
    validate: false,
  });
  return (await graphql({ schema, source })) as unknown as Answer;
}

/** Draws the text as a terminal does, four pixels to a module. */
function bitmapOf(text: string, inverted: boolean): { data: Uint8ClampedArray; size: number } {
  const modules = text.split('\n').flatMap((line) => {
    const blocks = Array.from(line);
    return ['█▀', '█▄'].map((lit) => blocks.map((char) => lit.includes(char) !== inverted));
  });
  const scale = 4;
  const size = (modules[0]?.length ?? 0) * scale;
  const data = new Uint8ClampedArray(size * size * 4).fill(255);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const isLit = modules[Math.floor(y / scale)]?.[Math.floor(x / scale)] ?? !inverted;
      data.fill(isLit ? 255 : 0, (y * size + x) * 4, (y * size + x) * 4 + 3);
    }
  }
  return { data, size };
}

describe('the drawing of a QR code', () => {
  test.each([64, 320, 801])('a PNG of %i pixels has that size and says the link', async (size) => {
    const png = PNG.sync.read(await qrPng(LINK, size));
    expect([png.width, png.height]).toEqual([size, size]);
    expect(jsQR(new Uint8ClampedArray(png.data), size, size)?.data).toBe(LINK);
  });

  test.each([
    ['dark', false],
    ['light', true],
  ])('the text says the link on a %s terminal', (_ground, inverted) => {
    const { data, size } = bitmapOf(qrText(LINK), inverted);
    expect(jsQR(data, size, size, { inversionAttempts: 'attemptBoth' })?.data).toBe(LINK);
  });

  test('the text is drawn with four characters only, and has a quiet zone of four modules', () => {
    const lines = qrText(LINK).split('\n');
    const width = lines[0]?.length ?? 0;
    expect(lines.join('')).toMatch(/^[█▀▄ ]+$/);
    expect(lines.slice(0, 2)).toEqual(['█'.repeat(width), '█'.repeat(width)]);
    for (const line of lines) expect(line).toMatch(/^████.*████$/);
  });

  test('the SVG is a document without script and scales with its surroundings', async () => {
    const svg = await qrSvg(LINK);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+"/);
    expect(svg).not.toMatch(/script|href|width="/);
  });
});

test('a PNG grows where it has fewer pixels than the code has modules', async () => {
  const long = `https://id.example.org/m#${'x'.repeat(400)}`;
  const png = PNG.sync.read(await qrPng(long, 64));
  const enlarged = PNG.sync.read(await qrPng(long, png.width * 4));
  const { width } = enlarged;
  expect(png.width).toBeGreaterThan(64);
  expect(jsQR(new Uint8ClampedArray(enlarged.data), width, width)?.data).toBe(long);
});

test('the largest PNG keeps its size', async () => {
  const png = await qrPng(LINK, 2048);
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2048, 2048]);
});

describe('the GraphQL type QrCode', () => {
  test('has the fields of the contract', async () => {
    const schema = await buildSchema({
      resolvers: [CodeResolver, QrCodeResolver],
      validate: false,
    });
    const type = printType(assertObjectType(schema.getType('QrCode')));
    const bare = type.replace(/"""[^"]*"""/g, '').replace(/\s+/g, ' ');
    for (const field of [
      'uri: String!',
      'size: Int = 320 ): String!',
      'svg: String!',
      'text: String!',
    ])
      expect(bare).toContain(field);
  });

  test.each([
    ['left out', 'png', 320],
    ['null', 'png(size: null)', 320],
    ['100', 'png(size: 100)', 100],
  ])('a size of %s gives a PNG of the right size', async (_name, field, size) => {
    const { data } = await query(`{ code { ${field} } }`);
    expect(PNG.sync.read(Buffer.from(data.code.png, 'base64')).width).toBe(size);
  });

  test.each([63, 2049, 0, -320, 2147483647])('a size of %i is INVALID_INPUT', async (size) => {
    const { errors } = await query(`{ code { png(size: ${String(size)}) } }`);
    expect(errors[0]?.originalError).toMatchObject({
      code: 'INVALID_INPUT',
      facts: { fields: [{ field: 'size' }] },
    });
  });
});
