import { testOperations } from "./support/operations-suite";

testOperations("wasm");
