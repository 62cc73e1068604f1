// An app made with Slack's SDK that does for a command and a click what Countersign does: the same
// statements in one transaction, committed before the acknowledgement.

const { randomBytes } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { App } = require('@slack/bolt');
const { Pool } = require('pg');

const statements = JSON.parse(readFileSync(process.env.STATEMENTS, 'utf8'));
const pool = new Pool({
  connectionString: process.env.DATABASE_URL,
  options: '-c role=countersign_service',
  max: Number(process.env.CONNECTIONS),
});
const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  signingSecret: process.env.SLACK_SIGNING_SECRET,
  port: Number(process.env.PORT),
  endpoints: ['/slack/commands', '/slack/interactivity'],
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});

let last = 0;

const fill = (value, known) =>
  value === null
    ? null
    : value.replace(/\{(\w+)\}/g, (_, name) =>
        name === 'hash' ? `\\x${randomBytes(32).toString('hex')}` : known[name]);

async function record(kind, known) {
  known.n = `${process.pid}${(last += 1)}`;
  const client = await pool.connect();
  try {
    for (const [number, { text, values }] of statements[kind].entries()) {
      if (values.length === 0) await client.query(text);
      else {
        const filled = values.map((value) => fill(value, known));
        const { rows } = await client.query({ name: `${kind}${number}`, text, values: filled });
        known.version ??= rows[0]?.['version!'];
      }
    }
    client.release();
  } catch (error) {
    client.release(error);
    throw error;
  }
}

app.command('/research', async ({ command, ack }) => {
  await record('command', { trigger: command.trigger_id });
  await ack(`On it: “${command.text}”. The finding will be posted in this channel.`);
});

app.action('review.approve', async ({ action, body, ack }) => {
  const [review, revision] = action.value.split('.');
  await record('click', { trigger: body.trigger_id, review, revision });
  await ack();
});

app.start();
