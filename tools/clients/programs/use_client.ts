// The generated TypeScript client in use: a customer is opened, found, buys, and stands in the pyramid.
import createClient from "openapi-fetch";
import type { components, paths } from "./patron.js";

declare const process: { argv: string[]; exit(code: number): never };

type Problem = components["schemas"]["Problem"];

function well<T>(answer: { data?: T; error?: Problem }): T {
  if (answer.data === undefined) {
    throw new Error(`not answered: ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

function check(condition: boolean, what: string): void {
  if (!condition) {
    throw new Error(`not so: ${what}`);
  }
}

const [, , baseUrl, token] = process.argv;
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

const file: components["schemas"]["CustomerCreate"] = { kind: "organisation", names: [{ name: "Cedar & Stone" }] };
const customer = well(await client.POST("/v1/customers", { body: file }));
const matches = well(await client.GET("/v1/customers", { params: { query: { q: "Cedar" } } }));
check(matches.items.some((summary) => summary.id === customer.id), "the customer is found");
const accepted = well(
  await client.POST("/v1/orders", {
    body: {
      order_id: `order-${customer.id}`,
      customer: { id: customer.id },
      placed_at: new Date().toISOString(),
      currency: "USD",
      channel: "web",
      lines: [{ line: 1, sku: "tea", category: "drinks", quantity: 2, amount: "19.90" }],
    },
  }),
);
const path = { customer_id: customer.id };
const orders = well(await client.GET("/v1/customers/{customer_id}/orders", { params: { path } }));
check(orders.items.length === 1 && orders.items[0].id === accepted.id, "the order is listed");
const { levels } = well(await client.GET("/v1/pyramid"));
check(levels.length > 0, "the pyramid has levels");
const nobody = { customer_id: "00000000-0000-7000-8000-000000000000" };
const refused = await client.GET("/v1/customers/{customer_id}/tier", { params: { path: nobody } });
check(refused.error?.code === "customer_not_found", "nobody has no tier");
console.log(`TypeScript: opened ${customer.id}, found it, one order, ${levels.length} levels of the pyramid`);
