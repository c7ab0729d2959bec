/** @file The part of the package mathjax that is used; it has no types of its own. */

declare module "mathjax" {
  const mathJax: { init(settings: object): Promise<unknown> };
  export default mathJax;
}
