/** How this site's server talks to Signet: OAuth 2.0 client credentials, then GraphQL over HTTP. */

const TIMEOUT_MS = 10_000;
/** A token is not used in its last moments: it would run out on the way. */
const MARGIN_MS = 30_000;

/** A refusal. Decide by `code`, which is of a closed table (docs/integrating.md); `message` is for people. */
export class SignetError extends Error {
  constructor(code, message) {
    super(message);
    this.name = 'SignetError';
    this.code = code;
  }
}

export class Signet {
  #url;
  #credentials;
  /** The token in use, or the request for it: many calls at once ask for one token only. */
  #token;

  constructor({ url, clientId, clientSecret }) {
    this.#url = url;
    // RFC 6749 2.3.1: both are form-urlencoded before they are joined.
    const pair = [clientId, clientSecret].map(encodeURIComponent).join(':');
    this.#credentials = `Basic ${Buffer.from(pair).toString('base64')}`;
  }

  /** @returns the answer's data. @throws SignetError; what fetch throws where Signet cannot be reached */
  async call(query, variables) {
    const token = await this.#accessToken();
    try {
      return await this.#post(query, variables, token);
    } catch (error) {
      // Tokens end before their time when an administrator disables the client, or changes what it may reach.
      if (error.code !== 'UNAUTHENTICATED') throw error;
      this.#token = undefined;
      return this.#post(query, variables, await this.#accessToken());
    }
  }

  async #post(query, variables, token) {
    const response = await fetch(`${this.#url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { data, errors } = await response.json();
    if (errors?.length > 0) throw new SignetError(errors[0].extensions.code, errors[0].message);
    return data;
  }

  async #accessToken() {
    this.#token ??= this.#newToken();
    const request = this.#token;
    try {
      const { value, useUntil } = await request;
      if (performance.now() < useUntil) return value;
    } catch (error) {
      if (this.#token === request) this.#token = undefined;
      throw error;
    }
    if (this.#token === request) this.#token = undefined;
    return this.#accessToken();
  }

  async #newToken() {
    const asked = performance.now();
    const response = await fetch(`${this.#url}/oauth/token`, {
      method: 'POST',
      headers: { authorization: this.#credentials },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = await response.json();
    if (!response.ok) throw new SignetError(answer.error, answer.error_description ?? answer.error);
    return {
      value: answer.access_token,
      useUntil: asked + answer.expires_in * 1000 - MARGIN_MS,
    };
  }
}
