/** What a mobile ID is called, and by whom it is given; a site that calls both the same is named once. */
export function profileText(name: string, serverName: string): string {
  return name === serverName ? name : `${name}, ${serverName}`;
}
