import type { IncomingHttpHeaders } from 'node:http';

/** What the headers of a request say of its body. */
export interface Content {
  /** In lower case, without parameters; empty where there is none. */
  readonly type: string;
  /** In lower case. */
  readonly charset: string | undefined;
  /** Not compressed: what is sent is what is counted. */
  readonly isPlain: boolean;
}

export function contentOf(headers: IncomingHttpHeaders): Content {
  const [type = '', ...parameters] = (headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replace(/^"(.*)"$/, '$1');
  return { type, charset, isPlain: (headers['content-encoding'] ?? 'identity') === 'identity' };
}
