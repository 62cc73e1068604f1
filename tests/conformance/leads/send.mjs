// Sends leads that the JavaScript libraries of Standard Webhooks and HubSpot sign.
//
//     node send.mjs URL PUBLIC_URL SECRET HUBSPOT_SECRET
import { Signature } from "@hubspot/api-client";
import { Webhook } from "standardwebhooks";

const [url, publicUrl, secret, clientSecret] = process.argv.slice(2);
let failed = 0;

function check(name, holds, ...seen) {
  console.log(`${holds ? "PASS" : "FAIL"} leads, JavaScript: ${name}`);
  if (!holds) {
    failed += 1;
    seen.forEach((value) => console.log("     ", JSON.stringify(value)));
  }
}

async function post(body, headers) {
  const answer = await fetch(url, { method: "POST", body, headers });
  return { status: answer.status, ...(await answer.json()) };
}

function standard(body, at = new Date()) {
  return {
    "webhook-id": "msg_2",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("msg_2", at, body),
  };
}

function hubspot(body, timestamp = Date.now()) {
  const signature = Signature.getSignature("POST", "v3", {
    signatureVersion: "v3",
    method: "POST",
    clientSecret,
    requestBody: body,
    url: `${publicUrl}/ingest/leads`,
    timestamp,
  });
  return { "x-hubspot-request-timestamp": String(timestamp), "x-hubspot-signature-v3": signature };
}

const records = JSON.stringify({ system: "shop", records: [{ id: "2", email: "bo@bolt.example", company: "Bolt" }] });
let seen = await post(records, standard(records));
check("a delivery signed after Standard Webhooks is taken", seen.status === 200 && seen.new === 1, seen);
seen = await post(records.replace("Bolt", "Volt"), standard(records));
check("a tampered one is refused", seen.status === 401, seen);

const change = { subscriptionType: "contact.propertyChange", objectId: 501, occurredAt: Date.now() };
const events = JSON.stringify([{ ...change, propertyName: "email", propertyValue: "zoë@larch.example" }]);
seen = await post(events, hubspot(events));
check("what HubSpot's helper signs is taken", seen.status === 200 && seen.new === 1, seen);
seen = await post(events.replace("larch", "birch"), hubspot(events));
check("a tampered one is refused", seen.status === 401 && seen.error.includes("not HubSpot's"), seen);
seen = await post(events, hubspot(events, Date.now() - 6 * 60_000));
check("a stale one is refused", seen.status === 401 && seen.error.includes("five minutes"), seen);

process.exit(failed ? 1 : 0);
