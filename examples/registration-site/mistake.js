/** What a visitor cannot do, in words for him. */
export class Mistake extends Error {}
