// What the checks in page.js stand on: a demo, browser windows of people, and a count of what holds.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

// The packages are installed in a folder of their own, not beside this file.
const require = createRequire(path.join(process.env.PACKAGES, 'package.json'));
const { chromium } = require('playwright-core');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const PATIENCE_MS = 15_000;
/** What the demo logs; kept after a failure. */
export const LOG = path.join(process.env.PACKAGES, 'demo.log');

let failed = 0;

export function check(name, holds, seen = '') {
  console.log(`${holds ? 'PASS' : 'FAIL'} browser: ${name}`);
  if (holds) return;
  failed += 1;
  console.log('    ', typeof seen === 'string' ? seen : JSON.stringify(seen, null, 2));
}

export const failures = () => failed;

/** Holds once `locator` is on the page, waiting for it; nothing is reloaded meanwhile. */
export async function appears(name, locator, timeout = PATIENCE_MS) {
  const why = await locator.first().waitFor({ timeout }).catch((error) => error.message);
  check(name, !why, why ?? '');
  return !why;
}

/** `countersign demo`, until it says where its page is. */
export async function startDemo(binary, data, listen = '127.0.0.1:0') {
  const address = (line) => line.match(/http:\/\/127\.0\.0\.1:\d+\//)?.[0];
  const { said, stop } = await start(binary, ['demo', '--listen', listen, '--data', data], address);
  return { address: said, stop };
}

/** `countersign sandbox` without an app; what an app would need, and `page`. */
export async function startSandbox(binary) {
  const workspace = new URL('../shared/workspace.toml', import.meta.url).pathname;
  const args = ['sandbox', '--listen', '127.0.0.1:0', '--json', '--workspace', workspace];
  const { said, stop } = await start(binary, args, (line) => line);
  return { ...JSON.parse(said), stop };
}

/** Starts the binary and waits for the line in which `find` finds something. */
async function start(binary, args, find) {
  const environment = { ...process.env, COUNTERSIGN_LOG: 'info' };
  delete environment.DATABASE_URL;
  const child = spawn(binary, args, { env: environment, stdio: ['ignore', 'pipe', openSync(LOG, 'a')] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const lines = createInterface({ input: child.stdout });
  const said = await Promise.race([
    new Promise((resolve) => lines.on('line', (line) => find(line) && resolve(find(line)))),
    ended.then(() => null),
    pause(60_000, null, { ref: false }),
  ]);
  const stop = async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, pause(35_000, null, { ref: false }).then(() => child.kill('SIGKILL'))]);
  };
  if (!said) {
    await stop();
    throw new Error(`${args[0]} does not say where its page is`);
  }
  return { said, stop };
}

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    chromiumSandbox: false,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A window in which `handle` sits; it notes what a good page never does. */
export async function sit(browser, address, handle, { place = 'research', ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) page.faults.push(`console: ${message.text()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) page.faults.push(`${response.status()}: ${response.url()}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== new URL(address).origin && url.protocol !== 'data:') {
      page.faults.push(`loaded from elsewhere: ${url}`);
    }
  });
  await page.goto(`${address}?as=${handle}#${place}`);
  await page.getByRole('heading', { name: place, exact: true }).waitFor();
  return page;
}

export async function shoot(page, name) {
  // Newly shown things may still be fading in.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)));
  await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `${name}.png`) });
}

/** What axe-core, which others wrote, has against the page as it is now. */
export async function accessible(page, name) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  const said = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    nodes: nodes.slice(0, 5).map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`),
  }));
  check(`axe-core has nothing against ${name}`, !said.length, said);
}

/** Nothing sticks out sideways, and what is to be touched is large enough for it. */
export async function fitsPhone(page, name) {
  const seen = await page.evaluate(() => ({
    wide: document.scrollingElement.scrollWidth - innerWidth,
    small: [...document.querySelectorAll(':is(button, a, input, textarea, select):not(:disabled)')]
      // A label around a field is touched as the field is.
      .map((node) => [node, (node.closest('label') ?? node).getBoundingClientRect()])
      .filter(([node, box]) => node.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && box.width > 1 && box.bottom > 0 && box.top < innerHeight)
      .filter(([node, box]) => (box.height < 24 || box.width < 24) && getComputedStyle(node).display !== 'inline')
      .map(([node, box]) => `${node.outerHTML.slice(0, 120)} ${Math.round(box.width)}×${Math.round(box.height)}`),
  }));
  check(`${name} is no wider than the phone`, seen.wide <= 0, seen);
  check(`${name} can be touched`, !seen.small.length, seen.small);
}
