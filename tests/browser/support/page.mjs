// The web chat in a real browser, with what a test does and sees there.
import fs from 'node:fs';
import path from 'node:path';
import {chromium} from 'playwright-core';

// A C++ plugin is compiled within this time even where other work fills the machine.
export const compileDeadlineMs = 240_000;
const answerDeadlineMs = 60_000;

function browserProgram() {
  const folders = (process.env.PATH ?? '').split(path.delimiter).concat('/usr/bin');
  const found = folders.map((folder) => path.join(folder, 'chromium')).find(fs.existsSync);
  if (!found) throw new Error('chromium is missing: tools/install test installs it');
  return found;
}

// {page, hosts, complaints, plugin(), send(), close()}
export async function openPage(root) {
  const browser = await chromium.launch({
    executablePath: browserProgram(),
    args: [
      '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  });
  const page = await browser.newPage({viewport: {width: 1440, height: 900}});
  page.setDefaultTimeout(answerDeadlineMs);
  const hosts = new Set();
  const complaints = [];
  page.on('request', (request) => {
    const {protocol, hostname} = new URL(request.url());
    if (protocol !== 'data:' && protocol !== 'blob:') hosts.add(hostname);
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(root);
  await page.locator('#messages > li').first().waitFor();
  return {
    page,
    hosts,
    complaints,
    close: () => browser.close(),
    plugin: (name) => page.locator(`[data-plugin="${name}"]`),
    // Writes into the field as a person does; the answer is the message after one's own.
    send: async (text) => {
      const posted = page.waitForResponse((response) =>
          response.request().method() === 'POST' && response.url().endsWith('/api/messages'));
      await page.locator('#text').fill(text);
      await page.locator('#text').press('Enter');
      const {message_id} = await (await posted).json();
      const answer = page.locator(`#messages > li[data-id="${message_id + 1}"]`);
      await answer.waitFor();
      return answer;
    },
  };
}

// The facts of a picture that has been loaded: its width, and its first pixel as #rrggbb.
export async function pictureOf(message) {
  const image = message.locator('img');
  if (await image.count() === 0) throw new Error(`no picture: ${await message.innerText()}`);
  return image.evaluate(async (element) => {
    await element.decode();
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    context.drawImage(element, 0, 0);
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    const hex = (part) => part.toString(16).padStart(2, '0');
    return {width: element.naturalWidth, address: element.src,
            corner: `#${hex(red)}${hex(green)}${hex(blue)}`};
  });
}
