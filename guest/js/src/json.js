// JSON whose errors read as V8's, which is what Workers shows. The engine's own parser parses; only
// text that it refuses is looked through again, for the place of the fault and the words.

/** @param {string} text */
export function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(faultOf(text) ?? /** @type {Error} */ (error).message);
  }
}

/**
 * The first fault of a text; undefined when there is none.
 *
 * @param {string} text
 */
function faultOf(text) {
  try {
    new Scanner(text).document();
  } catch (fault) {
    if (fault instanceof SyntaxError) return fault.message;
    throw fault;
  }
}

const WHITE_SPACE = ' \t\n\r';
const LITERALS = { t: 'true', f: 'false', n: 'null' };
/** How much of a long text a message shows on each side of the fault. */
const CONTEXT = 10;
/** Texts that come of something that is no JSON text being parsed as one. */
const NO_TEXTS = ['[object Object]', 'NaN', 'Infinity', 'undefined'];

/** Goes through a text up to its first fault, which it throws. */
class Scanner {
  #text;
  #at = 0;

  /** @param {string} text */
  constructor(text) {
    this.#text = text;
  }

  document() {
    /** @type {string[]} What closes the containers that are open, innermost last. */
    const closers = [];
    do {
      this.#skip(WHITE_SPACE);
      const closer = this.#begin();
      if (closer !== undefined) closers.push(closer);
      else this.#end(closers);
    } while (closers.length > 0);
  }

  /** Reads a scalar or an empty container whole; of another container, what closes it. */
  #begin() {
    const first = this.#peek();
    if (first !== '[' && first !== '{') {
      this.#scalar(first);
      return undefined;
    }
    this.#at += 1;
    const closer = first === '[' ? ']' : '}';
    this.#skip(WHITE_SPACE);
    if (this.#accept(closer)) return undefined;
    if (closer === '}') this.#name("Expected property name or '}'");
    return closer;
  }

  /**
   * Behind a value: closes containers up to where the next value begins.
   *
   * @param {string[]} closers
   */
  #end(closers) {
    for (;;) {
      this.#skip(WHITE_SPACE);
      const closer = closers.at(-1);
      if (closer === undefined) {
        if (this.#at === this.#text.length) return;
        this.#failAt('Unexpected non-whitespace character after JSON');
      }
      if (this.#accept(',')) {
        this.#skip(WHITE_SPACE);
        if (closer === '}') this.#name('Expected double-quoted property name');
        return;
      }
      if (!this.#accept(closer)) {
        const value = closer === ']' ? 'array element' : 'property value';
        this.#fail(`Expected ',' or '${closer}' after ${value}`);
      }
      closers.pop();
    }
  }

  /** @param {string} otherwise */
  #name(otherwise) {
    if (this.#peek() !== '"') this.#fail(otherwise);
    this.#string();
    this.#skip(WHITE_SPACE);
    if (!this.#accept(':')) this.#fail("Expected ':' after property name");
  }

  /** @param {string | undefined} first */
  #scalar(first) {
    if (first === '"') this.#string();
    else if (first === '-' || isDigit(first)) this.#number();
    else this.#literal(LITERALS[/** @type {'t'} */ (first)]);
  }

  /** @param {string | undefined} literal */
  #literal(literal) {
    if (literal === undefined) this.#unexpected();
    for (const letter of literal) if (!this.#accept(letter)) this.#unexpected();
  }

  #number() {
    if (this.#accept('-') && !isDigit(this.#peek())) this.#fail('No number after minus sign');
    if (this.#accept('0')) {
      if (isDigit(this.#peek())) this.#unexpected();
    } else {
      this.#digits('');
    }
    if (this.#accept('.')) this.#digits('Unterminated fractional number');
    if (!this.#accept('e') && !this.#accept('E')) return;
    if (!this.#accept('+')) this.#accept('-');
    this.#digits('Exponent part is missing a number');
  }

  /** @param {string} otherwise */
  #digits(otherwise) {
    if (!isDigit(this.#peek())) this.#fail(otherwise);
    this.#skip('0123456789');
  }

  #string() {
    this.#at += 1;
    while (!this.#accept('"')) {
      const letter = this.#peek();
      if (letter === undefined) this.#fail('Unterminated string');
      if (letter < ' ') this.#fail('Bad control character in string literal');
      this.#at += 1;
      if (letter === '\\') this.#escape();
    }
  }

  #escape() {
    const letter = this.#peek();
    if (letter === undefined || letter > '\u00ff') this.#unexpected();
    if (!'"\\/bfnrtu'.includes(letter)) this.#fail('Bad escaped character');
    this.#at += 1;
    if (letter !== 'u') return;
    for (let digit = 0; digit < 4; digit += 1) {
      if (!/^[0-9a-f]$/i.test(this.#peek() ?? '')) this.#fail('Bad Unicode escape');
      this.#at += 1;
    }
  }

  /** @returns {string | undefined} */
  #peek() {
    return this.#text[this.#at];
  }

  /** @param {string} letter */
  #accept(letter) {
    if (this.#peek() !== letter) return false;
    this.#at += 1;
    return true;
  }

  /** @param {string} letters */
  #skip(letters) {
    for (let letter = this.#peek(); letter && letters.includes(letter); letter = this.#peek()) {
      this.#at += 1;
    }
  }

  /**
   * @param {string} what
   * @returns {never}
   */
  #fail(what) {
    this.#failAt(`${what} in JSON`);
  }

  /**
   * @param {string} what
   * @returns {never}
   */
  #failAt(what) {
    const before = this.#text.slice(0, this.#at).split(/\r\n|\n|\r/);
    const place = `line ${before.length} column ${(before.at(-1) ?? '').length + 1}`;
    throw new SyntaxError(`${what} at position ${this.#at} (${place})`);
  }

  /**
   * For what V8 has no words of its own.
   *
   * @returns {never}
   */
  #unexpected() {
    const [text, at] = [this.#text, this.#at];
    const letter = this.#peek();
    if (letter === undefined) throw new SyntaxError('Unexpected end of JSON input');
    if (letter === '"') this.#fail('Unexpected string');
    if (letter === '-' || isDigit(letter)) this.#fail('Unexpected number');
    if (NO_TEXTS.includes(text)) throw new SyntaxError(`"${text}" is not valid JSON`);
    const long = text.length > 2 * CONTEXT;
    const cutBefore = long && at >= CONTEXT;
    const cutAfter = long && at < text.length - CONTEXT;
    const part = text.slice(cutBefore ? at - CONTEXT : 0, cutAfter ? at + CONTEXT : undefined);
    const shown = `${cutBefore ? '...' : ''}"${part}"${cutAfter ? '...' : ''}`;
    throw new SyntaxError(`Unexpected token '${letter}', ${shown} is not valid JSON`);
  }
}

/** @param {string | undefined} letter */
function isDigit(letter) {
  return letter !== undefined && letter >= '0' && letter <= '9';
}
