// Loaded by NODE_OPTIONS=--require into every process of an attacked command: scale "tiny" becomes a matter of seconds.
require("tsx/cjs");
require("./settings.ts");
