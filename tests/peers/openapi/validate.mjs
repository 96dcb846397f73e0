// Reads an OpenAPI document from standard input and says what is wrong with it, one JSON line each.
import { Validator } from "@seriousme/openapi-schema-validator";
import { readFileSync } from "node:fs";

const { valid, errors } = await new Validator().validate(JSON.parse(readFileSync(0, "utf8")));
for (const error of [errors ?? []].flat()) console.error(JSON.stringify(error));
process.exit(valid ? 0 : 1);
