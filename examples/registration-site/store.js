import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** This site's own users, in one JSON file. A real site has its database here. */
export class Store {
  #file;
  #users;

  constructor(file) {
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true });
    this.#users = read(file);
  }

  find(id) {
    return this.#users.find((user) => user.id === id);
  }

  findByEmail(email) {
    return this.#users.find((user) => user.email === email);
  }

  /** @returns whether there was none with this address yet */
  add(user) {
    if (this.findByEmail(user.email) !== undefined) return false;
    this.#users.push(user);
    this.#save();
    return true;
  }

  update(user, changes) {
    Object.assign(user, changes);
    this.#save();
  }

  /** The file is there whole, old or new, whenever the power fails. */
  #save() {
    const draft = `${this.#file}.tmp`;
    writeFileSync(draft, JSON.stringify(this.#users, null, 2), { mode: 0o600, flush: true });
    renameSync(draft, this.#file);
  }
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}
