/** What browsers tell of the device, where they do. */
export interface BrowserDevice {
  readonly userAgent: string;
  readonly maxTouchPoints: number;
  readonly userAgentData?: { readonly mobile: boolean };
}

/** Whether the mobile ID can be put on this very device. Tablets count: some call themselves a Mac, and no Mac is touched with fingers. */
export function isPhone({ userAgent, maxTouchPoints, userAgentData }: BrowserDevice): boolean {
  if (userAgentData?.mobile === true) return true;
  if (/Android|iPhone|iPad|iPod|Mobile/.test(userAgent)) return true;
  return userAgent.includes('Macintosh') && maxTouchPoints > 1;
}
