import { test } from "node:test";
import { testOperations } from "./support/operations-suite";
import { checkTrainingRun, testAgainstTorch } from "./support/torch-suite";

testOperations("cpu");
testAgainstTorch();

test("a small training run gives PyTorch's losses", checkTrainingRun);
