/**
 * @file Names of earlier cells in a cell: the variable `x` of an earlier cell is `exports.x` in the emitted JavaScript.
 *
 * tslab rewrites every identifier that belongs to an earlier cell, also as a property name: `{ start: a }` became `{
 * exports.start: a }`, and `{ start }` was not rewritten. Here only references to values are rewritten.
 */
"use strict";

/**
 * A transformer for TypeScript's emitter that runs on the cell as it was written.
 *
 * @param ts the TypeScript that compiles the cell
 * @param checker its type checker
 */
function earlierNames(ts, checker) {
  const { factory } = ts;
  const isEarlier = (symbol) =>
    symbol?.declarations?.some((d) => d.getSourceFile().fileName.endsWith("__prev__.d.ts")) === true;
  /** `exports.x`, at the place of `x` for the source map. */
  const ofEarlierCell = (name) =>
    ts.setTextRange(factory.createPropertyAccessExpression(factory.createIdentifier("exports"), name.text), name);

  return (context) => {
    const visit = (node) => {
      if (ts.isIdentifier(node)) {
        const isValue = ts.isExpressionNode(node) && node.parent.name !== node; // in a.x the name is x
        return isValue && isEarlier(checker.getSymbolAtLocation(node)) ? ofEarlierCell(node) : node;
      }
      if (ts.isShorthandPropertyAssignment(node) && isEarlier(checker.getShorthandAssignmentValueSymbol(node))) {
        const { name, objectAssignmentInitializer: byDefault } = node; // { x } and, in ({ x = 1 } = y), a default
        const target = ofEarlierCell(name);
        const value =
          byDefault === undefined ? target : factory.createAssignment(target, ts.visitNode(byDefault, visit));
        return ts.setTextRange(factory.createPropertyAssignment(name.text, value), node);
      }
      if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return node; // types are not emitted
      return ts.visitEachChild(node, visit, context);
    };
    return (file) => ts.visitEachChild(file, visit, context);
  };
}

module.exports = { earlierNames };
