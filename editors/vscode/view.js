// The view "Backward pass": the player's page of the pass that is stopped, beside the editor. Its step follows the
// debugger's, and its slider moves the debugger.

const crypto = require("crypto");
const vscode = require("vscode");

/** What runs in the page, beside the page's own script: it moves the slider, and says where the reader moved it. */
const BRIDGE = `
const host = acquireVsCodeApi();
const slider = document.getElementById("step");
addEventListener("message", (event) => {
  slider.value = event.data.step;
  slider.dispatchEvent(new Event("input"));
});
new MutationObserver(() => host.postMessage({ step: Number(slider.value) }))
  .observe(document.getElementById("where"), { childList: true, characterData: true, subtree: true });
`;

class PassView {
  constructor() {
    this.panel = null;
    this.session = null;
    this.shown = null; // the pass on the page
    this.at = null; // the step of the page
    this.offset = 0; // how many of the page's steps come before the first of the backward pass
  }

  /** Open the view on a session, or bring it to the front. */
  async show(session) {
    if (!session || session.type !== "autograd") {
      vscode.window.showInformationMessage("Start a debug session of a backward pass first: Debug this backward pass.");
      return;
    }
    this.session = session;
    if (this.panel) {
      this.panel.reveal(undefined, true);
    } else {
      const where = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
      this.panel = vscode.window.createWebviewPanel("autograd.pass", "Backward pass", where, {
        enableScripts: true,
        retainContextWhenHidden: true,
      });
      this.panel.onDidDispose(() => (this.panel = null));
      this.panel.webview.onDidReceiveMessage((message) => this.moved(message.step));
    }
    await this.load();
  }

  /** Watch what the adapter of a session says. */
  track(session) {
    return {
      onDidSendMessage: (message) => {
        if (message.event === "autograd/position") {
          this.session = session;
          this.follow(message.body);
        } else if (message.event === "invalidated") {
          this.load();
        }
      },
    };
  }

  /** Show the step that the debugger is at. */
  async follow(position) {
    if (!this.panel) {
      return;
    }
    if (this.shown !== `${this.session.id} ${position.pass}`) {
      await this.load();
      return;
    }
    this.at = this.offset + Math.min(position.step, position.steps);
    this.panel.webview.postMessage({ step: this.at });
  }

  /** Fetch the page of the pass, and open it at the debugger's step. */
  async load() {
    if (!this.panel || !this.session) {
      return;
    }
    try {
      const page = await this.session.customRequest("autograd/page");
      this.shown = `${this.session.id} ${page.pass}`;
      this.offset = page.offset;
      this.at = page.step;
      this.panel.webview.html = bridged(page.html);
    } catch (error) {
      this.shown = null;
      this.panel.webview.html = `<p>There is no page of this pass: ${escaped(error.message)}</p>`;
    }
  }

  /** Move the debugger to the step that the reader chose. */
  async moved(step) {
    if (step === this.at || step <= this.offset || !this.session) {
      return;
    }
    this.at = step;
    const expression = `goto step ${step - this.offset}`;
    try {
      await this.session.customRequest("evaluate", { expression, context: "repl" });
    } catch (error) {
      vscode.window.showInformationMessage(error.message); // the program runs: there is nothing to move in
    }
  }
}

/** Add the bridge to a page, and to what its content security policy lets run. */
function bridged(html) {
  const digest = crypto.createHash("sha256").update(BRIDGE, "utf8").digest("base64");
  return html
    .replace("script-src ", () => `script-src 'sha256-${digest}' `)
    .replace("</body>", () => `<script>${BRIDGE}</script>\n</body>`);
}

function escaped(text) {
  return text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
}

module.exports = { PassView };
