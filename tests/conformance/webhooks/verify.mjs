// Verifies what receive.py took in with the JavaScript libraries of Standard Webhooks and CloudEvents.
//
//     node verify.mjs RECEIVED.json
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { HTTP } from "cloudevents";
import { Webhook } from "standardwebhooks";

const { secrets, other, messages, decided } = JSON.parse(readFileSync(process.argv[2], "utf8"));
let failed = 0;

function check(name, holds, ...seen) {
  console.log(`${holds ? "PASS" : "FAIL"} webhooks, JavaScript: ${name}`);
  if (!holds) {
    failed += 1;
    seen.forEach((value) => console.log("     ", value));
  }
}

function accepts(secret, { body, headers }) {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

for (const message of messages) {
  check("both secrets verify it", secrets.every((secret) => accepts(secret, message)));
  check("another does not", !accepts(other, message));
  check("nor does a changed body", !accepts(secrets[0], { ...message, body: message.body + " " }));

  // Throws where an attribute is not as the specification has it.
  const event = HTTP.toEvent(message);
  event.validate();
  check("its id is the webhook's", event.id === message.headers["webhook-id"], event.id);
}

const [first, , revoked] = messages.map((message) => HTTP.toEvent(message));
check("its type says what it is", first.type === "countersign.finding.released", first.type);
check("and that of the last", revoked.type === "countersign.finding.revoked", revoked.type);
check("its data names the hash that was decided on", first.data.content_sha256 === decided, first.data);
const [, rest] = messages[0].body.split('"content":');
const content = rest.slice(0, rest.lastIndexOf(',"policies":'));
check("its content hashes to that", createHash("sha256").update(content).digest("hex") === decided, content);

process.exit(failed ? 1 : 0);
