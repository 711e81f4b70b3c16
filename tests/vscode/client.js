// Microsoft's own test client for debug adapters walks a pass forwards and back. Run by test_protocol.py.

const { DebugClient } = require("@vscode/debugadapter-testsupport");

const [python, adapter, program] = process.argv.slice(2);
const here = async (client) => (await client.stackTraceRequest({ threadId: 1, levels: 1 })).body.stackFrames[0];

async function walk() {
  const client = new DebugClient(python, adapter, "autograd", { env: process.env });
  await client.start();
  const capabilities = (await client.initializeRequest()).body;
  if (!capabilities.supportsStepBack) throw new Error("no step back");
  await Promise.all([
    client.waitForEvent("initialized").then(() => client.configurationDoneRequest()),
    client.launchRequest({ program }),
    client.assertStoppedLocation("entry", { path: program, line: 4 }),
  ]);
  const first = await here(client);
  await Promise.all([client.nextRequest({ threadId: 1 }), client.assertStoppedLocation("step", { path: program, line: 3 })]);
  await Promise.all([client.stepBackRequest({ threadId: 1 }), client.waitForEvent("stopped")]);
  if ((await here(client)).name !== first.name) throw new Error("a step back leads elsewhere");
  await Promise.all([client.continueRequest({ threadId: 1 }), client.waitForEvent("terminated")]);
  await client.disconnectRequest();
  console.log("walked", first.name);
}

walk().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
