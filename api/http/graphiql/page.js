const question = `# Units by a part of their name, with the first who work in each.
query Units($name: String!) {
  units(filter: { nameContains: $name }, first: 5) {
    nodes { uuid name parent { name } employments(first: 5) { number title person { name } } }
    pageInfo { hasNextPage endCursor }
  }
}`;
const field = document.getElementById("token");
let root = null;
let socket = null;

function show() {
  const access = { Authorization: "Bearer " + field.value };
  sessionStorage.setItem("token", field.value);
  if (root) {
    root.unmount();
    socket.dispose();
  }
  // Subscriptions only; it connects when the first of them is asked.
  socket = graphqlWs.createClient({
    url: location.origin.replace(/^http/, "ws") + "/graphql",
    connectionParams: access,
  });
  root = ReactDOM.createRoot(document.getElementById("editor"));
  const fetcher = GraphiQL.createFetcher({ url: "/graphql", headers: access, wsClient: socket });
  root.render(
    React.createElement(GraphiQL, { fetcher, defaultQuery: question, variables: '{ "name": "skole" }' }),
  );
}

field.value = sessionStorage.getItem("token") || "";
document.getElementById("access").addEventListener("submit", (event) => {
  event.preventDefault();
  show();
});
if (field.value) show();
