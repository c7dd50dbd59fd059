// Calls of the local Discord.

/** Thrown where nothing answers: the call may be made again later. */
export class Offline extends Error {}

/** The answer's JSON.  Throws an Error whose message can be shown to the member. */
export async function call(method, url, body, headers = {}) {
  const options = { method, headers };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json", ...headers };
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(url, options).catch(() => {
    throw new Offline("The local Discord is not running. Start it again with: make up");
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(JSON.parse(text || "{}").message ?? `The local Discord answered ${answer.status}`);
  return text ? JSON.parse(text) : null;
}
