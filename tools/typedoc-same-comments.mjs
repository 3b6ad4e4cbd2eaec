// A plugin of TypeDoc. TypeScript has the declaration of a property twice where types that are put together
// have it, and TypeDoc warns of several comments then. It is not to where all of them are the same one.
import { Logger } from 'typedoc';

const SEVERAL = /has multiple declarations with a comment/;
const PLACES = /^The comments for .* are declared at:\n([^]*)$/;

export function load() {
  const { warn, info } = Logger.prototype;
  // What is told of the places comes right behind the warning.
  let held;
  Logger.prototype.warn = function (text, ...rest) {
    if (SEVERAL.test(text)) {
      held = () => warn.call(this, text, ...rest);
    } else {
      warn.call(this, text, ...rest);
    }
  };
  Logger.prototype.info = function (text, ...rest) {
    const [, places] = PLACES.exec(text) ?? [];
    const isOne = new Set(places?.split('\n').map((place) => place.trim())).size === 1;
    if (places === undefined || !isOne) {
      if (places !== undefined) {
        held?.();
      }
      info.call(this, text, ...rest);
    }
  };
}
