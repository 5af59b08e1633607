const PLACEHOLDER = /\{([^{}]*)\}/g;

/** Puts the values in, once: braces inside a value stay as they are, as do placeholders without a value. */
export function expandTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(PLACEHOLDER, (placeholder, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? placeholder) : placeholder,
  );
}
