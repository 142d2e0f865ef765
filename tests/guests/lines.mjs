/**
 * The lines of a stream. Only a line feed ends one: what `readline` takes for an end too may stand in
 * JSON.
 */
export async function* linesOf(stream) {
  let pieces = [];
  for await (const piece of stream) {
    let begin = 0;
    for (let end = piece.indexOf('\n'); end !== -1; end = piece.indexOf('\n', begin)) {
      yield Buffer.concat([...pieces, piece.subarray(begin, end)]).toString();
      pieces = [];
      begin = end + 1;
    }
    pieces.push(piece.subarray(begin));
  }
}
