// People use the page of `countersign demo` in Debian's Chromium.
//
//   COUNTERSIGN=… DATA=… PACKAGES=… CHROMIUM=… SCREENSHOTS=… node page.js
//
// What is asserted is what they read: names of buttons, labels, texts. Everything that shows up later
// must do so without a reload.

import { rm } from 'node:fs/promises';

import { gallery } from './gallery.js';
import { LOG, accessible, appears, check, failures, fitsPhone, launch, shoot, sit, startDemo } from './harness.js';

const { COUNTERSIGN, DATA } = process.env;
const QUESTION = 'why do people cancel?';

const card = (page, text) => page.getByTestId('message').filter({ hasText: text }).filter({ has: page.locator('.card') }).last();
const privately = (page, text) => page.locator('[data-ephemeral=true]').filter({ hasText: text }).last();
const button = (within, name) => within.getByRole('button', { name, exact: true });

async function types(page, text) {
  await page.getByTestId('composer').fill(text);
  await page.getByTestId('composer').press('Enter');
}

async function becomes(page, name) {
  await page.getByTestId('person-switcher').click();
  await page.getByRole('menuitemradio', { name }).or(page.getByRole('menuitem', { name })).first().click();
  await page.getByTestId('person-switcher').filter({ hasText: name }).waitFor();
}

async function asksAndReads(page) {
  await page.getByTestId('channel').filter({ hasText: 'general' }).click();
  await page.getByTestId('channel').filter({ hasText: 'research' }).click();
  await types(page, `/research ${QUESTION}`);
  await appears('a command is answered privately', privately(page, 'On it'));
  await appears('the finding appears by itself', button(card(page, QUESTION), 'Approve'));
  const quotes = await card(page, QUESTION).locator('blockquote').count();
  check('it quotes', quotes > 0, `${quotes} quotes`);
  await shoot(page, 'finding');
}

async function requesterMayNotDecide(page) {
  await button(card(page, QUESTION), 'Approve').click();
  await appears('who asked is told why they cannot approve', privately(page, /yourself|someone else|somebody else|asked for/));
}

async function reviewerRequestsChanges(page, watcher) {
  await becomes(page, 'Raj Menon');
  await button(card(page, QUESTION), 'Request changes').click();
  const modal = page.getByRole('dialog', { name: 'Request changes' });
  await appears('a button opens a modal', modal);
  await modal.getByTestId('modal-submit').click();
  await appears('what is missing is said at its field', modal.locator('.input-error:not([hidden])'));
  await shoot(page, 'modal-error');
  await accessible(page, 'a modal with an error');
  await modal.getByRole('textbox').fill('Say how old the tickets are');
  await modal.getByTestId('modal-submit').click();
  await modal.waitFor({ state: 'hidden' });
  const said = 'Say how old the tickets are';
  await appears('the card says what is to change', card(page, QUESTION).getByText(said));
  await appears('someone else sees it without a reload', card(watcher, QUESTION).getByText(said));
  await appears('the agent makes the change on the same card', card(watcher, QUESTION).getByText('Revision 2.'));
  await appears('and it waits for a decision again', button(card(watcher, QUESTION), 'Approve'));
  await shoot(page, 'changes-requested');
}

async function mistypes(page) {
  await types(page, '/countersign hepl');
  await appears('a mistyped command is understood', privately(page, '/countersign help'));
  await types(page, '/countersign help');
  await appears('and help is given', privately(page, '/research'));
  await types(page, '/nonsense');
  await appears('a command of nobody is said to be none', page.getByText('/nonsense is not a valid command.'));
  await shoot(page, 'help');
}

async function secondQuestion(page, watcher, question) {
  await becomes(page, 'Maya Lindholm');
  await types(page, `/research ${question}`);
  await appears('a second question gets its own card', button(card(page, question), 'Approve'));
  await becomes(page, 'Dana Okafor');
  await page.getByTestId('channel').filter({ hasText: 'Home' }).click();
  const home = page.getByTestId('home');
  await appears('App Home shows what waits', home.getByText(question));
  await shoot(page, 'home');
  await accessible(page, 'App Home');
  await page.getByTestId('channel').filter({ hasText: 'research' }).click();
  await button(card(page, question), 'Approve').click();
  await appears('the decision stands on the card', card(page, question).getByText(/Approved/).first());
  await appears('and before everyone else', card(watcher, question).getByText(/Approved/).first());
  await shoot(watcher, 'approved');
}

async function unreadMarks(page, watcher) {
  await watcher.getByTestId('channel').filter({ hasText: 'general' }).click();
  await types(page, 'Has everyone seen this, @maya?');
  await appears('what is new is marked in the list', watcher.locator('[data-testid=channel].unread').filter({ hasText: 'research' }));
  await appears('with a count of mentions', watcher.getByTestId('channel').filter({ hasText: 'research' }).locator('.badge'));
  await watcher.getByTestId('channel').filter({ hasText: 'research' }).click();
  await watcher.locator('[data-testid=channel].unread').filter({ hasText: 'research' }).waitFor({ state: 'detached' });
  check('and no longer once it is read', true);
}

async function thread(page, watcher) {
  const message = (who) => who.getByTestId('message').filter({ hasText: 'Has everyone seen this' }).last();
  await message(page).hover();
  await message(page).getByTestId('open-thread').click();
  await page.getByTestId('thread-composer').fill('I have.');
  await page.getByTestId('thread-composer').press('Enter');
  await appears('a reply stands in its thread', page.getByTestId('thread').getByText('I have.'));
  await appears('and is counted in the channel', message(watcher).getByText('1 reply'));
  await shoot(page, 'thread');
  await accessible(page, 'a channel with a thread');
  await page.getByTestId('close-thread').click();
}

/** From the address bar to a decision, without a mouse. */
async function byKeyboard(browser, address) {
  const page = await sit(browser, address, 'maya');
  const question = 'what do people say about delivery?';
  await page.keyboard.press('Control+k');
  await page.keyboard.type('campaigns');
  await page.keyboard.press('Enter');
  await appears('keyboard: jump to a channel', page.getByRole('heading', { name: 'campaigns', exact: true }));
  await page.keyboard.press('Control+k');
  await page.keyboard.type('research');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'research', exact: true }).waitFor();
  await page.keyboard.type('/rese');
  await appears('keyboard: commands are offered', page.getByTestId('completion').getByRole('option', { name: /research/ }));
  await shoot(page, 'completion');
  await page.keyboard.press('Tab');
  await page.keyboard.type(question);
  const typed = await page.getByTestId('composer').inputValue();
  check('keyboard: and completed', typed === `/research ${question}`, typed);
  await page.keyboard.press('Enter');
  await appears('keyboard: the finding appears', button(card(page, question), 'Reject'));
  await tabTo(page, (focused) => focused === 'person-switcher', 'Shift+Tab', 'keyboard: the person switch is reached');
  await page.keyboard.press('Enter');
  await page.keyboard.type('raj');
  for (let step = 0; step < 8 && !(await focusedText(page)).includes('Raj'); step += 1) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await appears('keyboard: being another person', page.getByTestId('person-switcher').filter({ hasText: 'Raj Menon' }));
  await card(page, question).waitFor();
  await tabTo(page, (_, text) => text === 'Reject', 'Shift+Tab', 'keyboard: the buttons of a card are reached');
  await page.keyboard.press('Enter');
  const modal = page.getByRole('dialog', { name: /Reject/ });
  await appears('keyboard: a modal takes the focus', modal);
  await shoot(page, 'keyboard');
  await page.keyboard.press('Escape');
  await modal.waitFor({ state: 'hidden' });
  const back = await focusedText(page);
  check('keyboard: and gives it back when it is closed', back === 'Reject', back);
  check('keyboard: no errors', !page.faults.length, page.faults);
  await page.context().close();
}

const focusedText = (page) => page.evaluate(() => document.activeElement?.textContent.trim() ?? '');

async function tabTo(page, isThere, key, name) {
  const seen = [];
  for (let step = 0; step < 80; step += 1) {
    const [testid, text] = await page.evaluate(() => [document.activeElement?.dataset?.testid, document.activeElement?.textContent.trim()]);
    if (isThere(testid, text)) {
      const visible = await page.evaluate(() => {
        const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement);
        return outlineStyle !== 'none' || boxShadow !== 'none';
      });
      return check(`${name}, visibly`, visible, 'the focused element has no ring');
    }
    seen.push(testid ?? text?.slice(0, 30));
    await page.keyboard.press(key);
  }
  return check(name, false, seen);
}

async function onPhone(browser, address) {
  for (const colorScheme of ['light', 'dark']) {
    const page = await sit(browser, address, 'raj', {
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      hasTouch: true,
      isMobile: true,
      colorScheme,
    });
    await card(page, QUESTION).waitFor();
    await fitsPhone(page, `a channel (${colorScheme})`);
    await accessible(page, `a channel on a phone (${colorScheme})`);
    await shoot(page, `phone-channel-${colorScheme}`);
    await page.getByRole('button', { name: 'Back to the channels' }).tap();
    await fitsPhone(page, `the list of channels (${colorScheme})`);
    await shoot(page, `phone-list-${colorScheme}`);
    await page.getByTestId('channel').filter({ hasText: 'Home' }).tap();
    await page.getByTestId('home').getByText('Waiting for your decision').waitFor();
    await fitsPhone(page, `App Home (${colorScheme})`);
    await shoot(page, `phone-home-${colorScheme}`);
    await page.goto(`${address}?as=raj#research`);
    await button(page.getByTestId('message'), 'Request changes').last().tap();
    await page.getByRole('dialog', { name: 'Request changes' }).waitFor();
    await fitsPhone(page, `a modal (${colorScheme})`);
    await accessible(page, `a modal on a phone (${colorScheme})`);
    await shoot(page, `phone-modal-${colorScheme}`);
    await page.getByTestId('modal-close').tap();
    check(`phone (${colorScheme}): no errors`, !page.faults.length, page.faults);
    await page.context().close();
  }
}

async function inTheDark(browser, address) {
  const page = await sit(browser, address, 'dana', { colorScheme: 'dark' });
  await card(page, QUESTION).waitFor();
  await shoot(page, 'dark');
  await accessible(page, 'a channel in the dark');
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.getByTestId('theme-toggle').click();
  check('the theme can be chosen', (await background()) !== dark, dark);
  check('dark: no errors', !page.faults.length, page.faults);
  await page.context().close();
}

/** Everything is kept, and the page comes back by itself. */
async function restart(page, demo) {
  await demo.stop();
  await appears('the page says that the workspace is gone', page.locator('#offline:not([hidden])'));
  const again = await startDemo(COUNTERSIGN, DATA, new URL(demo.address).host);
  await page.locator('#offline').waitFor({ state: 'hidden', timeout: 30_000 });
  check('and comes back by itself', true);
  await types(page, '/countersign help');
  await appears('and works as before', privately(page, '/research').last());
  await appears('with all that was there', card(page, QUESTION));
  return again;
}

async function run(browser, demo) {
  const { address } = demo;
  const page = await sit(browser, address, 'maya');
  const watcher = await sit(browser, address, 'maya');
  await asksAndReads(page);
  await accessible(page, 'a channel');
  await requesterMayNotDecide(page);
  await reviewerRequestsChanges(page, watcher);
  await mistypes(page);
  await secondQuestion(page, watcher, 'what do people like about the linen?');
  await unreadMarks(page, watcher);
  await thread(page, watcher);
  await byKeyboard(browser, address);
  await onPhone(browser, address);
  await inTheDark(browser, address);
  for (const one of [page, watcher]) check('no errors, and nothing from elsewhere', !one.faults.length, one.faults);
  return page;
}

await rm(DATA, { recursive: true, force: true });
let demo = await startDemo(COUNTERSIGN, DATA);
const browser = await launch();
try {
  const page = await run(browser, demo);
  demo = await restart(page, demo);
  await gallery(browser, COUNTERSIGN);
} catch (error) {
  check('the journey comes to its end', false, error.stack);
  const open = browser.contexts().flatMap((context) => context.pages());
  for (const [index, page] of open.entries()) await shoot(page, `failed-${index}`).catch(() => {});
  console.log(`What the demo did is in ${LOG}`);
} finally {
  await browser.close();
  await demo.stop();
}
process.exit(failures() ? 1 : 0);
