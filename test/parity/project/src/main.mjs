import { sum } from "./sum.mjs";

console.log(sum(1, 2));
