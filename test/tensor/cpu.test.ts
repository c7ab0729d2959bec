import { testOperations } from "./support/operations-suite";

testOperations("cpu");
