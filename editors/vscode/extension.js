// The debug type "autograd": which Python runs the adapter, and the view of the pass beside the editor.
// Everything about passes and gradients is in the adapter: python -m autograd.debugger --dap.

const fs = require("fs");
const path = require("path");
const vscode = require("vscode");
const { PassView } = require("./view");

const THIS_FILE = { type: "autograd", request: "launch", name: "Backward pass: this file", program: "${file}" };

function activate(context) {
  const view = new PassView();
  context.subscriptions.push(
    vscode.debug.registerDebugAdapterDescriptorFactory("autograd", { createDebugAdapterDescriptor: adapter }),
    vscode.debug.registerDebugConfigurationProvider("autograd", { resolveDebugConfiguration: resolve }),
    vscode.debug.registerDebugConfigurationProvider(
      "autograd",
      { provideDebugConfigurations: () => [THIS_FILE] },
      vscode.DebugConfigurationProviderTriggerKind.Dynamic,
    ),
    vscode.debug.registerDebugAdapterTrackerFactory("autograd", { createDebugAdapterTracker: (s) => view.track(s) }),
    vscode.commands.registerCommand("autograd.debugFile", debugFile),
    vscode.commands.registerCommand("autograd.showPass", () => view.show(vscode.debug.activeDebugSession)),
  );
}

/** Start a session on a file: the one that was clicked, or the one in the editor. */
function debugFile(uri) {
  const file = uri || vscode.window.activeTextEditor?.document.uri;
  if (!file) {
    vscode.window.showErrorMessage("Open a Python file that calls .backward(), then debug its backward pass.");
    return undefined;
  }
  const folder = vscode.workspace.getWorkspaceFolder(file);
  return vscode.debug.startDebugging(folder, { ...THIS_FILE, program: file.fsPath });
}

/** Fill in what a launch configuration leaves out; without launch.json it is that of the open file. */
function resolve(folder, configuration) {
  if (!configuration.type && !configuration.request) {
    if (vscode.window.activeTextEditor?.document.languageId !== "python") {
      return undefined;
    }
    Object.assign(configuration, THIS_FILE);
  }
  if (configuration.request === "launch" && !configuration.program && !configuration.module) {
    configuration.program = "${file}";
  }
  if (configuration.request === "launch" && !configuration.cwd && folder) {
    configuration.cwd = folder.uri.fsPath;
  }
  return configuration;
}

/** The adapter's command: it runs in the Python that runs the program. */
async function adapter(session) {
  const [command, ...options] = await interpreter(session.workspaceFolder, session.configuration.python);
  return new vscode.DebugAdapterExecutable(command, [...options, "-m", "autograd.debugger", "--dap"], {
    cwd: session.configuration.cwd || session.workspaceFolder?.uri.fsPath,
  });
}

/** The Python of launch.json, of the Python extension, of .venv in the folder, or the system's. */
async function interpreter(folder, configured) {
  if (configured) {
    return [].concat(configured);
  }
  const python = vscode.extensions.getExtension("ms-python.python");
  if (python) {
    const api = python.isActive ? python.exports : await python.activate();
    const chosen = api.environments?.getActiveEnvironmentPath(folder?.uri);
    const environment = chosen && (await api.environments.resolveEnvironment(chosen));
    const file = environment?.executable.uri?.fsPath;
    if (file) {
      return [file];
    }
  }
  const root = folder?.uri.fsPath || "";
  const candidates = [".venv/bin/python", ".venv/Scripts/python.exe"].map((name) => path.join(root, name));
  return [candidates.find((file) => fs.existsSync(file)) || (process.platform === "win32" ? "python" : "python3")];
}

module.exports = { activate, deactivate() {} };
