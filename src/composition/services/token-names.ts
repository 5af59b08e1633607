/** In access tokens (RFC 9068): who gives them out, and for which API. */
export function tokenNamesOf(publicUrl: string): { issuer: string; audience: string } {
  return { issuer: publicUrl, audience: `${publicUrl}/graphql` };
}
