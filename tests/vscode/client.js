// Microsoft's own test client for debug adapters walks a pass forwards and back. Run by test_protocol.py.

const { spawn } = require("node:child_process");
const { DebugClient } = require("@vscode/debugadapter-testsupport");

const [python, adapter, program, console_] = process.argv.slice(2);
const here = async (client) => (await client.stackTraceRequest({ threadId: 1, levels: 1 })).body.stackFrames[0];

// The client leaves reverse requests to whoever drives it: this one starts a program as an editor's terminal does.
function openTerminal(client) {
  const dispatch = client.dispatch.bind(client);
  client.dispatch = (body) => {
    const request = JSON.parse(body);
    if (request.type !== "request") return dispatch(body);
    const { args, cwd, env } = request.arguments;
    const child = spawn(args[0], args.slice(1), { cwd, env: { ...process.env, ...env }, stdio: ["pipe", "inherit", "inherit"] });
    child.stdin.end("3\n");
    const answer = { type: "response", seq: 0, request_seq: request.seq, command: request.command, success: true };
    const text = JSON.stringify({ ...answer, body: { processId: child.pid } });
    client.outputStream.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  };
}

async function walk() {
  const client = new DebugClient(python, adapter, "autograd", { env: process.env });
  await client.start();
  openTerminal(client);
  const capabilities = (await client.initializeRequest()).body;
  if (!capabilities.supportsStepBack) throw new Error("no step back");
  await Promise.all([
    client.waitForEvent("initialized").then(() => client.configurationDoneRequest()),
    client.launchRequest({ program, console: console_ }),
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
