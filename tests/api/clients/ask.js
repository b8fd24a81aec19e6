// Asks a running service as the clients that people use do. Argument: its address; the token comes on standard input.
// Prints one JSON object.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { cacheExchange, Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { serverAudits } from "graphql-http";
import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";
import WebSocket from "ws";

const url = process.argv[2];
const token = readFileSync(0, "utf8");
const headers = { authorization: `Bearer ${token}` };
const wsUrl = url.replace("http", "ws");

const QUERY = `query Named($name: String) { persons(filter: { name: $name }) { nodes { name uuid __typename } } }`;
const DAYS = `query Days($uuid: ID!) {
  then: thing(uuid: $uuid, at: "2020-01-01") { thing { id asOf } }
  now: thing(uuid: $uuid) { thing { id asOf } } }`;
const WRONG = `query Wrong { nothing }`;
const CHANGES = `subscription Changes { changes(after: 0) { number kind } }`;
const MUTATION = `mutation Refused { setValue(from: "0001-01-01", kind: Unit, thing: "no such unit", property: "name", value: "x",
  reason: "a client tries") { uuid } }`;
const VARIABLES = { name: "Alma Testrup" };

const withToken = (address, init = {}) => fetch(address, { ...init, headers: { ...init.headers, ...headers } });
const webSocketImpl = WebSocket;

/** The first value of an observable. */
const first = (observable) =>
  new Promise((resolve, reject) => {
    const subscription = observable.subscribe({
      next: (value) => {
        resolve(value);
        setTimeout(() => subscription.unsubscribe());
      },
      error: reject,
    });
  });

const codes = (errors) => errors?.map((each) => each.extensions.code);

async function audit() {
  const found = [];
  for (const each of serverAudits({ url, fetchFn: withToken })) {
    const { status, reason } = await each.fn();
    found.push({ name: each.name, status, reason: status === "ok" ? undefined : String(reason) });
  }
  return found;
}

async function urql() {
  const ws = createWs({ url: wsUrl, webSocketImpl, connectionParams: { Authorization: headers.authorization } });
  const overSocket = subscriptionExchange({
    forwardSubscription: ({ query, variables }) => ({
      subscribe: (sink) => ({ unsubscribe: ws.subscribe({ query, variables }, sink) }),
    }),
  });
  const options = { url, fetchOptions: { headers }, preferGetMethod: false };
  const socketed = new Client({ ...options, exchanges: [cacheExchange, fetchExchange, overSocket] });
  const fetching = new Client({ ...options, exchanges: [fetchExchange], fetchSubscriptions: true });
  const read = await socketed.query(QUERY, VARIABLES).toPromise();
  const wrong = await socketed.query(WRONG, {}).toPromise();
  const written = await socketed.mutation(MUTATION, {}).toPromise();
  const changed = (client) => first({ subscribe: ({ next }) => client.subscription(CHANGES, {}).subscribe(next) });
  const answer = {
    read: read.data,
    wrong: codes(wrong.error?.graphQLErrors),
    written: codes(written.error?.graphQLErrors),
    overSocket: (await changed(socketed)).data,
    overEvents: (await changed(fetching)).data,
  };
  await ws.dispose();
  return answer;
}

async function apollo() {
  const ws = createWs({ url: wsUrl, webSocketImpl, connectionParams: { authorization: headers.authorization } });
  const hashed = new PersistedQueryLink({
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
    useGETForHashedQueries: true,
  });
  const made = (link) => new ApolloClient({ link, cache: new InMemoryCache() });
  const http = new HttpLink({ uri: url, headers });
  const plain = made(http);
  const persisted = made(ApolloLink.from([hashed, http]));
  const refused = (error) => codes(error.errors);
  const read = (await plain.query({ query: gql(QUERY), variables: VARIABLES })).data;
  const days = { query: gql(DAYS), variables: { uuid: read.persons.nodes[0].uuid } };
  await plain.query(days);
  const answer = {
    read,
    days: plain.readQuery(days),
    kept: Object.keys(plain.cache.extract()),
    hashed: (await persisted.query({ query: gql(QUERY), variables: VARIABLES })).data,
    wrong: await plain.query({ query: gql(WRONG) }).catch(refused),
    written: await plain.mutate({ mutation: gql(MUTATION) }).catch(refused),
    overSocket: (await first(made(new GraphQLWsLink(ws)).subscribe({ query: gql(CHANGES) }))).data,
    overHttp: await first(plain.subscribe({ query: gql(CHANGES) })).then(
      (result) => refused(result.error ?? result),
      refused,
    ),
  };
  await ws.dispose();
  return answer;
}

async function graphqlWs() {
  const client = createWs({ url: wsUrl, webSocketImpl, connectionParams: { Authorization: headers.authorization } });
  const found = [];
  for await (const result of client.iterate({ query: CHANGES })) {
    found.push(result.data.changes.number);
    if (found.length === 3) break;
  }
  const wrong = await new Promise((resolve, reject) =>
    client.subscribe({ query: `subscription { nothing }` }, { next: reject, error: resolve, complete: reject }),
  );
  await client.dispose();
  return { numbers: found, wrong: codes(wrong) };
}

async function graphqlSse() {
  const client = createSse({ url, headers, retryAttempts: 0 });
  const asked = async (request, count) => {
    const found = [];
    for await (const result of client.iterate(request)) {
      found.push(result);
      if (found.length === count) break;
    }
    return found;
  };
  const answer = {
    read: await asked({ query: QUERY, variables: VARIABLES }, 0),
    written: (await asked({ query: MUTATION }, 0)).map((each) => codes(each.errors)),
    changes: (await asked({ query: CHANGES }, 3)).map((each) => each.data.changes.number),
  };
  client.dispose();
  return answer;
}

const told = {};
for (const [name, ask] of Object.entries({ audit, urql, apollo, graphqlWs, graphqlSse })) {
  try {
    told[name] = await ask();
  } catch (error) {
    told[name] = { failed: error?.stack ?? JSON.stringify(error) };
  }
}
process.stdout.write(JSON.stringify(told), () => process.exit(0));
