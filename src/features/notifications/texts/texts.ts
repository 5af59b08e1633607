import type { Language } from '../../../kernel/language.js';
import { ENGLISH } from './english.js';
import { GERMAN } from './german.js';
import type { Texts } from './text-shape.js';

const TEXTS: Readonly<Record<Language, Texts>> = { EN: ENGLISH, DE: GERMAN };

export function textsIn(language: Language): Texts {
  return TEXTS[language];
}
