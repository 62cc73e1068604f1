// Every block and element of Block Kit that the page can show; it cannot ask an app for options while a
// person types (external_select), and says so.

import { accessible, check, fitsPhone, shoot, sit, startSandbox } from './harness.js';

/** A chessboard of 96 by 96, as PNG. */
const IMAGE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAGAAAABgCAIAAABt+uBvAAAAtElEQVR42u3ZoQ0AIAxFQTxjItkdAwMwQjEVwCXoJpx7+WXNEb7aW/hevVMAAQ' +
  'IECBAgQIAAAQIEKAHo58+f3AEECBAgQIAAAQIECBCgDCCxquYBAQIECBAgQIAAAQJkF1PzgAABAgQIECBAgAABsouJVUCAAAECBAgQIECAAAGy' +
  'i6l5QIAAAQIECBAgQIAA2cXUPCBAgAABAgQIECBAgADZxdQ8IECAAAECBAgQIECALrmzAUCAP99kQsbSAAAAAElFTkSuQmCC',
  'base64',
);

const plain = (text) => ({ type: 'plain_text', text });
const mrkdwn = (text) => ({ type: 'mrkdwn', text });
const options = ['Alpha', 'Beta', 'Gamma'].map((name) => ({ text: plain(name), value: name.toLowerCase() }));
const described = options.map((one) => ({ ...one, description: plain(`What ${one.text.text} means`) }));
const confirm = { title: plain('Really?'), text: plain('It cannot be undone.'), confirm: plain('Yes'), deny: plain('No') };

const button = (name, more) => ({ type: 'button', text: plain(name), action_id: name.toLowerCase(), ...more });
const section = (text, accessory) => ({ type: 'section', text: mrkdwn(text), ...(accessory && { accessory }) });

const words = (text, style) => ({ type: 'text', text, ...(style && { style }) });
const line = (...elements) => ({ type: 'rich_text_section', elements });

const RICH = {
  type: 'rich_text',
  elements: [
    line(
      words('Bold', { bold: true }), words(', '), words('italic', { italic: true }), words(', '),
      words('struck', { strike: true }), words(', '), words('code', { code: true }), words(', '),
      { type: 'link', url: 'https://example.com/', text: 'a link' }, words(', '),
      { type: 'user', user_id: 'U0BENO0000' }, words(', '), { type: 'channel', channel_id: 'C0OFFICE00' }, words(', '),
      { type: 'usergroup', usergroup_id: 'S0FACILITY' }, words(', '), { type: 'broadcast', range: 'here' }, words(', '),
      { type: 'emoji', name: 'tada' }, words(', '), { type: 'color', value: '#0b6b63' }, words(', '),
      { type: 'date', timestamp: 1767225600, format: '{date_long}', fallback: '1 January 2026' },
    ),
    { type: 'rich_text_list', style: 'bullet', elements: [line(words('one')), line(words('two'))] },
    { type: 'rich_text_list', style: 'ordered', indent: 1, elements: [line(words('first')), line(words('second'))] },
    { type: 'rich_text_quote', elements: [words('A quote.')] },
    { type: 'rich_text_preformatted', elements: [words('let x = 1;\nlet y = 2;')] },
  ],
};

const menus = () => [
  { type: 'static_select', action_id: 's', placeholder: plain('Choose'), options, initial_option: options[1] },
  { type: 'static_select', action_id: 'g', placeholder: plain('Grouped'), option_groups: [{ label: plain('Group'), options }] },
  { type: 'users_select', action_id: 'u', placeholder: plain('Who') },
  { type: 'channels_select', action_id: 'c', placeholder: plain('Where') },
  { type: 'conversations_select', action_id: 'v', placeholder: plain('Conversation') },
  { type: 'datepicker', action_id: 'd', initial_date: '2026-03-31' },
  { type: 'timepicker', action_id: 't', initial_time: '14:30' },
  { type: 'datetimepicker', action_id: 'dt', initial_date_time: 1767225600 },
  { type: 'radio_buttons', action_id: 'r', options: described, initial_option: described[0] },
  { type: 'checkboxes', action_id: 'x', options: described, initial_options: [described[2]] },
  { type: 'overflow', action_id: 'o', options },
];

const chart = (type) => ({
  type: 'data_visualization',
  title: `Leads, ${type}`,
  chart: type === 'pie'
    ? { type, segments: [{ label: 'Won', value: 3 }, { label: 'Lost', value: 5 }, { label: 'Open', value: 2 }] }
    : {
        type,
        axis_config: { categories: ['Mon', 'Tue', 'Wed'], x_label: 'Day', y_label: 'Leads' },
        series: ['Web', 'Shop'].map((name, row) => ({
          name,
          data: ['Mon', 'Tue', 'Wed'].map((label, column) => ({ label, value: 4 + row * 3 - column * (row ? 2 : -1) })),
        })),
      },
});

const cell = (text) => ({ type: 'raw_text', text });
const amount = (value) => ({ type: 'raw_number', value, text: String(value) });

const messages = (file) => ({
  texts: [
    { type: 'header', text: plain('Every block') },
    section('*Bold*, _italic_, ~struck~, `code`, <https://example.com/|a link>, <@U0BENO0000>, <#C0OFFICE00>, <!subteam^S0FACILITY>, :tada:\n> quoted\n• a point\n```\npreformatted\n```'),
    { type: 'section', fields: ['*Owner*\nBeno', '*Due*\nFriday', '*Cost*\n20 €'].map(mrkdwn) },
    { type: 'divider' },
    RICH,
    { type: 'markdown', text: '## Heading\n\n1. one\n2. **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] done\n- [ ] open' },
    { type: 'context', elements: [mrkdwn('A *note*'), plain('in small print')] },
  ],
  controls: [
    { type: 'image', slack_file: { id: file }, alt_text: 'A chessboard', title: plain('An uploaded image') },
    { type: 'actions', elements: [button('Primary', { style: 'primary' }), button('Danger', { style: 'danger', confirm }), button('Link', { url: 'https://example.com/' }), ...menus()] },
    section('With a button', button('Go')),
    section('With a menu', { ...menus()[0], action_id: 'menu' }),
    section('With several', { type: 'multi_static_select', action_id: 'm', placeholder: plain('Several'), options, initial_options: options.slice(0, 2) }),
    section('With more', { ...menus().at(-1), action_id: 'more' }),
    {
      type: 'context_actions',
      elements: [
        { type: 'feedback_buttons', action_id: 'f', positive_button: { text: plain('Good'), value: 'y' }, negative_button: { text: plain('Bad'), value: 'n' } },
        { type: 'icon_button', action_id: 'i', icon: 'trash', text: plain('Delete') },
      ],
    },
  ],
  numbers: [
    { type: 'table', rows: [[cell('Name'), cell('Role')], [cell('Anna'), cell('Owner')], [cell('Beno'), cell('Janitor')]] },
    { type: 'data_table', caption: 'Leads by source', rows: [[cell('Source'), cell('Leads')], [cell('Web'), amount(12)], [cell('Shop'), amount(7)]] },
    chart('line'),
    chart('pie'),
  ],
  charts: [chart('bar'), chart('area')],
});

const inputs = () => [
  ...[
    { type: 'plain_text_input', action_id: 'a', placeholder: plain('One line') },
    { type: 'plain_text_input', action_id: 'b', multiline: true, max_length: 200, initial_value: 'Several lines' },
    { type: 'rich_text_input', action_id: 'rt' },
    { type: 'email_text_input', action_id: 'em' },
    { type: 'url_text_input', action_id: 'url' },
    { type: 'number_input', action_id: 'n', is_decimal_allowed: true, min_value: '0', max_value: '10' },
    { type: 'multi_users_select', action_id: 'mu', placeholder: plain('People') },
    { type: 'multi_channels_select', action_id: 'mc', placeholder: plain('Channels') },
    { type: 'multi_conversations_select', action_id: 'mv', placeholder: plain('Conversations') },
  ],
  ...menus().slice(0, -1),
].map((element, index) => ({
  type: 'input',
  block_id: `input-${index}`,
  label: plain(element.type.replaceAll('_', ' ')),
  hint: plain('A hint'),
  optional: index % 2 === 1,
  element,
}));

export async function gallery(browser, binary) {
  const sandbox = await startSandbox(binary);
  const call = async (method, body) => {
    const headers = { Authorization: `Bearer ${sandbox.bot_token}`, 'Content-Type': 'application/json' };
    const answer = await (await fetch(sandbox.api_url + method, { method: 'POST', headers, body: JSON.stringify(body) })).json();
    if (!answer.ok) throw new Error(`${method}: ${JSON.stringify(answer)}`);
    return answer;
  };
  try {
    const upload = await call('files.getUploadURLExternal', { filename: 'board.png', length: IMAGE.length });
    await fetch(upload.upload_url, { method: 'POST', body: IMAGE });
    await call('files.completeUploadExternal', { files: [{ id: upload.file_id }] });
    for (const colorScheme of ['light', 'dark']) {
      for (const [name, blocks] of Object.entries(messages(upload.file_id))) {
        await call('chat.postMessage', { channel: 'C0OFFICE00', text: name, blocks });
        await look(browser, sandbox.page, name, blocks.length, { colorScheme });
      }
      await call('views.publish', { user_id: 'U0ANNA0000', view: { type: 'home', blocks: inputs() } });
      await lookHome(browser, sandbox.page, { colorScheme });
    }
  } finally {
    await sandbox.stop();
  }
}

async function look(browser, address, name, count, options) {
  const about = `the blocks of "${name}" (${options.colorScheme})`;
  const page = await sit(browser, address, 'anna', { viewport: { width: 1280, height: 1400 }, place: 'office', ...options });
  const message = page.getByTestId('message').last();
  await message.locator('.block').first().waitFor();
  const shown = await message.locator('.blocks > .block').count();
  check(`${about} are all there`, shown === count, `${shown} of ${count}`);
  await clean(page, message, about);
  await shoot(page, `blocks-${name}-${options.colorScheme}`);
  await page.setViewportSize({ width: 390, height: 844 });
  await fitsPhone(page, about);
  await page.context().close();
}

async function lookHome(browser, address, options) {
  const about = `the inputs (${options.colorScheme})`;
  const page = await sit(browser, address, 'anna', { viewport: { width: 1280, height: 2600 }, place: 'office', ...options });
  await page.getByTestId('channel').filter({ hasText: 'Home' }).click();
  const home = page.getByTestId('home');
  await home.locator('.block').first().waitFor();
  const named = await home.locator('.block-input').count();
  check(`${about} are all there`, named === inputs().length, `${named}`);
  await clean(page, home, about);
  await shoot(page, `inputs-${options.colorScheme}`);
  await page.setViewportSize({ width: 390, height: 844 });
  await fitsPhone(page, about);
  await page.context().close();
}

async function clean(page, within, about) {
  const refused = await within.getByText('Cannot show').allTextContents();
  check(`${about} can all be shown`, !refused.length, refused);
  const text = await within.innerText();
  check(`${about} say nothing odd`, !/undefined|\[object|NaN/.test(text), text);
  const broken = await within.locator('img').evaluateAll((all) => all.filter((one) => one.complete && !one.naturalWidth).map((one) => one.src));
  check(`${about} have their images`, !broken.length, broken);
  await accessible(page, about);
  check(`${about}: no errors`, !page.faults.length, page.faults);
}
