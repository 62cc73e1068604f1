// An ordinary Slack app, as its authors' documentation would have it written: tickets for an office.
// Its counterpart in Python is ../bolt-python/app.py; ../shared/journey.py uses both.
//
// Nothing in it is meant for the local workspace, but the address of the Web API.

const { App } = require('@slack/bolt');

const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  signingSecret: process.env.SLACK_SIGNING_SECRET,
  appToken: process.env.SLACK_APP_TOKEN,
  socketMode: process.env.SLACK_SOCKET_MODE === 'yes',
  port: Number(process.env.PORT),
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});

const text = (words) => ({ type: 'plain_text', text: words });
const option = (words, value) => ({ text: text(words), value });

const form = (place, summary) => ({
  type: 'modal',
  callback_id: 'ticket',
  title: text('New ticket'),
  submit: text('Create'),
  close: text('Cancel'),
  notify_on_close: true,
  private_metadata: JSON.stringify(place),
  blocks: [
    {
      type: 'input',
      block_id: 'summary',
      label: text('Summary'),
      element: { type: 'plain_text_input', action_id: 'value', initial_value: summary, max_length: 200 },
    },
    {
      type: 'input',
      block_id: 'urgency',
      label: text('Urgency'),
      element: {
        type: 'static_select',
        action_id: 'value',
        options: [option('Today', 'today'), option('This week', 'week')],
      },
    },
    {
      type: 'input',
      block_id: 'owner',
      label: text('Owner'),
      element: { type: 'users_select', action_id: 'value' },
    },
    {
      type: 'input',
      block_id: 'due',
      optional: true,
      label: text('Due'),
      element: { type: 'datepicker', action_id: 'value' },
    },
    {
      type: 'input',
      block_id: 'tags',
      optional: true,
      label: text('Tags'),
      element: {
        type: 'checkboxes',
        action_id: 'value',
        options: [option('Loud', 'loud'), option('Wet', 'wet')],
      },
    },
  ],
});

const card = (ticket, resolvedBy) => [
  { type: 'section', text: { type: 'mrkdwn', text: `*${ticket.summary}* for <@${ticket.owner}>` } },
  {
    type: 'context',
    elements: [
      {
        type: 'mrkdwn',
        text: `${ticket.urgency}, due ${ticket.due ?? 'never'}, tags ${ticket.tags.join('+') || 'none'}`,
      },
    ],
  },
  resolvedBy
    ? { type: 'section', text: { type: 'mrkdwn', text: `Resolved by <@${resolvedBy}>` } }
    : {
        type: 'actions',
        block_id: 'decide',
        elements: [
          {
            type: 'button',
            action_id: 'resolve',
            style: 'primary',
            text: text('Resolve'),
            value: JSON.stringify(ticket),
          },
          { type: 'button', action_id: 'details', text: text('Details'), value: ticket.summary },
        ],
      },
];

const home = (visits) => ({
  type: 'home',
  blocks: [
    { type: 'header', text: text('Your tickets') },
    { type: 'section', text: { type: 'mrkdwn', text: `Looked at ${visits} times` } },
    { type: 'actions', elements: [{ type: 'button', action_id: 'refresh', text: text('Refresh'), value: String(visits) }] },
  ],
});

app.command('/ping', async ({ ack }) => ack('pong'));

app.command('/ticket', async ({ command, ack, client, say }) => {
  switch (command.text) {
    case 'help':
      await ack({ text: 'Type /ticket to open one.', response_type: 'ephemeral' });
      break;
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, 3500));
      await ack('Too late.');
      break;
    case 'export':
      await ack();
      await client.filesUploadV2({
        channel_id: command.channel_id,
        initial_comment: 'All tickets',
        filename: 'tickets.csv',
        title: 'Tickets',
        content: 'summary,owner\nTap drips,beno\n',
      });
      break;
    case '':
      await ack();
      await client.views.open({
        trigger_id: command.trigger_id,
        view: form({ channel: command.channel_id }),
      });
      break;
    default:
      await ack();
      await say(`Heard from ${command.user_name}: ${command.text}`);
  }
});

app.view('ticket', async ({ ack, body, view, client }) => {
  const of = (block) => view.state.values[block].value;
  const ticket = {
    summary: of('summary').value,
    urgency: of('urgency').selected_option.value,
    owner: of('owner').selected_user,
    due: of('due').selected_date,
    tags: of('tags').selected_options.map((tag) => tag.value),
  };
  if (ticket.summary.length < 5) {
    await ack({ response_action: 'errors', errors: { summary: 'Say a little more.' } });
    return;
  }
  await ack();
  const { channel, thread } = JSON.parse(view.private_metadata);
  await client.chat.postMessage({
    channel,
    thread_ts: thread,
    text: `Ticket: ${ticket.summary}`,
    blocks: card(ticket),
    metadata: { event_type: 'ticket_created', event_payload: { by: body.user.id } },
  });
});

app.view({ callback_id: 'ticket', type: 'view_closed' }, async ({ ack, body, view, client }) => {
  await ack();
  const { channel } = JSON.parse(view.private_metadata);
  await client.chat.postEphemeral({ channel, user: body.user.id, text: 'No ticket, then.' });
});

app.action('resolve', async ({ ack, action, body, client, respond }) => {
  await ack();
  const ticket = JSON.parse(action.value);
  await client.chat.update({
    channel: body.channel.id,
    ts: body.message.ts,
    text: `Resolved: ${ticket.summary}`,
    blocks: card(ticket, body.user.id),
  });
  await respond({ text: 'Thank you.', response_type: 'ephemeral', replace_original: false });
});

app.action('details', async ({ ack, action, body, client }) => {
  await ack();
  await client.views.open({
    trigger_id: body.trigger_id,
    view: {
      type: 'modal',
      callback_id: 'details',
      title: text('Details'),
      blocks: [
        { type: 'section', text: text(action.value) },
        { type: 'actions', elements: [{ type: 'button', action_id: 'history', text: text('History') }] },
      ],
    },
  });
});

app.action('history', async ({ ack, body, client }) => {
  await ack();
  await client.views.push({
    trigger_id: body.trigger_id,
    view: {
      type: 'modal',
      callback_id: 'history',
      title: text('History'),
      submit: text('Close all'),
      blocks: [{ type: 'section', text: text('Nothing happened yet.') }],
    },
  });
});

app.view('history', async ({ ack }) => ack({ response_action: 'clear' }));

app.shortcut('new_ticket', async ({ ack, shortcut, client }) => {
  await ack();
  await client.views.open({
    trigger_id: shortcut.trigger_id,
    view: form({ channel: shortcut.user.id }, 'From the shortcut'),
  });
});

app.shortcut('turn_into_ticket', async ({ ack, shortcut, client }) => {
  await ack();
  await client.views.open({
    trigger_id: shortcut.trigger_id,
    view: form({ channel: shortcut.channel.id, thread: shortcut.message.ts }, shortcut.message.text),
  });
});

app.event('app_mention', async ({ event, say }) => {
  await say({ text: `Yes, <@${event.user}>?`, thread_ts: event.thread_ts ?? event.ts });
});

app.event('reaction_added', async ({ event, client }) => {
  await client.reactions.add({ channel: event.item.channel, timestamp: event.item.ts, name: 'eyes' });
});

app.message(/^hello/, async ({ message, say }) => {
  if (message.channel_type === 'im') await say(`Hello, <@${message.user}>`);
});

app.event('app_home_opened', async ({ event, client }) => {
  await client.views.publish({ user_id: event.user, view: home(1) });
});

app.action('refresh', async ({ ack, action, body, client }) => {
  await ack();
  await client.views.publish({ user_id: body.user.id, hash: body.view.hash, view: home(Number(action.value) + 1) });
});

app.start();
