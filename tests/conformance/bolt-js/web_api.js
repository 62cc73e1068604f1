// The corners of the Web API as @slack/web-api meets them: errors, retries, pages, files, streams.
// ../bolt-python/web_api.py looks at more of them.
//
//   SLACK_API_URL=… SLACK_BOT_TOKEN=… SANDBOX_PAGE=… node web_api.js

const { WebClient } = require('@slack/web-api');

const { SLACK_API_URL, SLACK_BOT_TOKEN, SANDBOX_PAGE } = process.env;
const [OFFICE, KITCHEN] = ['C0OFFICE00', 'C0KITCHEN0'];
const client = new WebClient(SLACK_BOT_TOKEN, { slackApiUrl: SLACK_API_URL, logLevel: 'error' });
let failed = 0;

function check(name, holds, seen) {
  console.log(`${holds ? 'PASS' : 'FAIL'} @slack/web-api: ${name}`);
  if (!holds) {
    failed += 1;
    console.log('     seen:', seen);
  }
}

async function refusalOf(call) {
  try {
    return await call;
  } catch (error) {
    return error.data ?? error;
  }
}

async function fault(body) {
  const headers = { 'Content-Type': 'application/json' };
  await fetch(`${SANDBOX_PAGE}sandbox/fault`, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function count(text) {
  const { messages } = await client.conversations.history({ channel: OFFICE, limit: 100 });
  return messages.filter((message) => message.text === text).length;
}

async function errors() {
  const who = await client.auth.test();
  check('auth.test says whose token it is', who.user_id === 'U0TICKETS0', who);
  check('and which scopes it has', who.response_metadata.scopes.includes('chat:write'), who);
  let answer = await refusalOf(client.chat.postMessage({ channel: KITCHEN, text: 'x' }));
  check('posting where the app is not', answer.error === 'not_in_channel', answer);
  answer = await refusalOf(client.chat.postMessage({ channel: OFFICE, blocks: [{ type: 'section' }], text: 'x' }));
  check('blocks that Slack would refuse', answer.error === 'invalid_blocks', answer);
  const said = answer.response_metadata?.messages ?? [];
  check('and it is said where', said.some((one) => one.includes('json-pointer:/blocks/0')), said);
  answer = await refusalOf(new WebClient('xoxb-of-another', { slackApiUrl: SLACK_API_URL }).auth.test());
  check('another token is refused', answer.error === 'invalid_auth', answer);
}

async function pages() {
  const sent = [];
  for (let number = 0; number < 12; number += 1) {
    sent.unshift((await client.chat.postMessage({ channel: OFFICE, text: `Line ${number}` })).ts);
  }
  const seen = [];
  const options = { channel: OFFICE, oldest: sent.at(-1), inclusive: true, limit: 5 };
  for await (const page of client.paginate('conversations.history', options)) {
    seen.push(page.messages.map((message) => message.ts));
  }
  check('history comes in pages', seen.map((page) => page.length).join() === '5,5,2', seen);
  check('newest first, each once', seen.flat().join() === sent.join(), seen);
}

async function limits() {
  const waited = [];
  client.on('rate_limited', (seconds) => waited.push(seconds));
  await fault({ kind: 'rate_limited', method: 'chat.postMessage', times: 2, retry_after: 1 });
  const began = Date.now();
  await client.chat.postMessage({ channel: OFFICE, text: 'After the limit' });
  const took = Date.now() - began;
  check('the SDK waits as Retry-After says', took >= 2000 && waited.join() === '1,1', { took, waited });
  check('and posts once', (await count('After the limit')) === 1);
  const hasty = new WebClient(SLACK_BOT_TOKEN, { slackApiUrl: SLACK_API_URL, rejectRateLimitedCalls: true });
  await fault({ kind: 'rate_limited', method: 'chat.postMessage', retry_after: 7 });
  const refusal = await refusalOf(hasty.chat.postMessage({ channel: OFFICE, text: 'x' }));
  check('or is told how long to wait', refusal.retryAfter === 7, refusal);
}

async function outages() {
  const retryConfig = { retries: 2, minTimeout: 10, maxTimeout: 100 };
  const patient = new WebClient(SLACK_BOT_TOKEN, { slackApiUrl: SLACK_API_URL, retryConfig });
  for (const kind of ['server_error', 'drop_before']) {
    await fault({ kind, method: 'chat.postMessage' });
    await patient.chat.postMessage({ channel: OFFICE, text: `After ${kind}` });
    check(`the SDK gets over ${kind}`, (await count(`After ${kind}`)) === 1);
  }
}

async function files() {
  const upload = await client.filesUploadV2({
    channel_id: OFFICE,
    initial_comment: 'Two of them',
    file_uploads: [
      { file: Buffer.from('first'), filename: 'a.txt' },
      { file: Buffer.from([0, 13, 10, 255]), filename: 'b.bin' },
    ],
  });
  check('files are uploaded', upload.ok, upload);
  const { messages } = await client.conversations.history({ channel: OFFICE, limit: 3 });
  const shared = messages.flatMap((message) => message.files ?? []);
  check('and shared', shared.map((file) => file.name).sort().join() === 'a.txt,b.bin', messages);
  const binary = shared.find((file) => file.name === 'b.bin');
  const headers = { Authorization: `Bearer ${SLACK_BOT_TOKEN}` };
  const bytes = new Uint8Array(await (await fetch(binary.url_private, { headers })).arrayBuffer());
  check('byte for byte', bytes.join() === '0,13,10,255', bytes);
}

async function streams() {
  const { ts } = await client.chat.postMessage({ channel: OFFICE, text: 'Write!' });
  const stream = client.chatStream({
    channel: OFFICE,
    thread_ts: ts,
    recipient_team_id: 'T0OFFICE00',
    recipient_user_id: 'U0ANNA0000',
    buffer_size: 4,
  });
  for (const word of ['Once ', 'upon ', 'a ', 'time']) await stream.append({ markdown_text: word });
  await stream.stop();
  const { messages } = await client.conversations.replies({ channel: OFFICE, ts });
  check('a streamed message is whole in the end', messages.at(-1).text === 'Once upon a time', messages);
}

(async () => {
  for (const part of [errors, pages, limits, outages, files, streams]) {
    await part().catch((error) => check(`${part.name} comes to its end`, false, error));
  }
  process.exit(failed ? 1 : 0);
})();
