// A careless SCIM server: scimmy with a store in memory. "5" as second argument: Express 5, whose paging never advances.
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [port, version] = process.argv.slice(2);
const { default: express } = await import(version === "5" ? "express5" : "express");
let last = 0;

function kept(Resource) {
  const stored = new Map();
  return Resource.ingress(async (resource, data) => {
    const id = resource.id ?? `i${++last}`;
    const now = { ...JSON.parse(JSON.stringify(data)), id };
    stored.set(id, now);
    return now;
  }).egress(async (resource) => {
    if (!resource.id) return [...stored.values()];
    if (!stored.has(resource.id)) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
    return stored.get(resource.id);
  }).degress(async (resource) => {
    if (!stored.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
  });
}

SCIMMY.Resources.declare(kept(SCIMMY.Resources.User).extend(SCIMMY.Schemas.EnterpriseUser));
SCIMMY.Resources.declare(kept(SCIMMY.Resources.Group));
const app = express();
app.use("/scim", new SCIMMYRouters({
  type: "bearer",
  handler: (request) => {
    if (request.header("Authorization") !== "Bearer t0ken-of-the-tests") throw new Error("no token");
    return "reconnect";
  },
}));
app.listen(Number(port), "127.0.0.1");
